# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab host's root: this machine's own, under an overlay that the host writes to, with what a boot makes fresh."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.lab import syscalls as sys_

# Mounted below /, these hold somebody's files (an interpreter, a checkout); all others belong to the machine alone.
_DISKS = frozenset("ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs 9p virtiofs nfs nfs4 overlay".split())
_FRESH = ("/proc", "/sys", "/dev", "/run", "/tmp")
# What this machine's own engines and this collection remember. A fresh machine has none of it, and dockerd in a
# host would start this machine's containers. On a tmpfs, Docker's overlay2 works as well (not on an overlay).
_STATE = ("/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/containerhost")

_DEVICES = {
    "null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "kmsg": (1, 11),
    "tty": (5, 0), "net/tun": (10, 200), "fuse": (10, 229),
}  # fmt: skip
_DEVICE_LINKS = {
    "ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2",
}  # fmt: skip


class Mount(t.NamedTuple):
    kind: str
    flags: int = sys_.MS_NOSUID | sys_.MS_NODEV | sys_.MS_NOEXEC
    options: str = ""


_MOUNTS: dict[str, Mount] = {
    "/proc": Mount("proc"),
    "/sys": Mount("sysfs"),
    "/dev": Mount("tmpfs", sys_.MS_NOSUID, "mode=755"),
    "/dev/pts": Mount("devpts", sys_.MS_NOSUID | sys_.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5"),
    "/dev/shm": Mount("tmpfs", sys_.MS_NOSUID | sys_.MS_NODEV, "mode=1777"),
    "/dev/mqueue": Mount("mqueue"),
    "/run": Mount("tmpfs", sys_.MS_NOSUID | sys_.MS_NODEV, "mode=755"),
    "/tmp": Mount("tmpfs", sys_.MS_NOSUID | sys_.MS_NODEV, "mode=1777"),
}


def enter(hostname: str, identity: str, place: str, has_cgroup: bool) -> None:
    """Build the root and go there. The caller has a mount namespace of its own and is PID 1 of its own.

    ``identity`` is what the machine-id is made of; ``place`` an empty folder, where nothing stays mounted.
    """
    sys_.mount(None, "/", None, sys_.MS_REC | sys_.MS_PRIVATE)
    disks = list(_disks())
    sys_.mount("containerhost-lab", place, "tmpfs", 0, "mode=755")
    root = os.path.join(place, "root")
    os.mkdir(root)
    _overlay("/", root, os.path.join(place, "0"))
    for number, disk in enumerate(disks, 1):
        _add_disk(disk, root + disk, os.path.join(place, str(number)))
    _mount_fresh(root, has_cgroup)
    _write_files(root, hostname, identity)
    sys_.pivot_root(root)
    # A network namespace that is bound below /run in one entry is seen in the next, and by what unshares mounts.
    sys_.mount(None, "/", None, sys_.MS_REC | sys_.MS_SHARED)


def _overlay(lower: str, target: str, upper: str) -> None:
    os.mkdir(upper)
    for name in ("upper", "work"):
        os.mkdir(os.path.join(upper, name))
    # The root of an overlay takes its mode and owner from the upper folder.
    inherited = os.stat(lower)
    os.chmod(os.path.join(upper, "upper"), stat.S_IMODE(inherited.st_mode))
    os.chown(os.path.join(upper, "upper"), inherited.st_uid, inherited.st_gid)
    escaped = lower.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")
    sys_.mount(
        "overlay", target, "overlay", 0, f"lowerdir={escaped},upperdir={upper}/upper,workdir={upper}/work"
    )


def _add_disk(disk: str, target: str, upper: str) -> None:
    """Another file system of this machine: an overlay again, or, where none can be (vfat, depth), read-only."""
    if not os.path.isdir(target):
        return
    try:
        _overlay(disk, target, upper)
    except OSError:
        with contextlib.suppress(OSError):
            sys_.mount(disk, target, None, sys_.MS_BIND)
            sys_.mount(None, target, None, sys_.MS_REMOUNT | sys_.MS_BIND | sys_.MS_RDONLY)


def _disks() -> t.Iterator[str]:
    """Where other disks of this machine are mounted, parents first (proc_pid_mountinfo(5))."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
        rows = [line.split() for line in lines]
    for row in rows:
        point = row[4].encode("latin-1", "surrogateescape").decode("unicode_escape", "surrogateescape")
        kind = row[row.index("-") + 1]
        hidden = any(point == top or point.startswith(top + "/") for top in (*_FRESH, *_STATE))
        if kind in _DISKS and point != "/" and not hidden:
            yield point


def _mount_fresh(root: str, has_cgroup: bool) -> None:
    for path, what in _MOUNTS.items():
        os.makedirs(root + path, exist_ok=True)
        try:
            sys_.mount(what.kind, root + path, what.kind, what.flags, what.options)
        except OSError:
            # A kernel without POSIX message queues has everything else that a host needs.
            if what.kind != "mqueue":
                raise
    if has_cgroup:
        sys_.mount("cgroup2", root + "/sys/fs/cgroup", "cgroup2", sys_.MS_NOSUID | sys_.MS_NODEV | sys_.MS_NOEXEC)
    for path in _STATE:
        if os.path.isdir(root + path):
            sys_.mount("tmpfs", root + path, "tmpfs", 0, "mode=711")
    _fill_dev(root + "/dev")
    os.mkdir(root + "/run/lock")
    os.chmod(root + "/run/lock", 0o1777)
    _guard_sysctls(root + "/proc/sys")


def _fill_dev(dev: str) -> None:
    os.mkdir(dev + "/net")
    for name, numbers in _DEVICES.items():
        os.mknod(f"{dev}/{name}", stat.S_IFCHR | 0o666, os.makedev(*numbers))
        os.chmod(f"{dev}/{name}", 0o666)
    for name, target in _DEVICE_LINKS.items():
        os.symlink(target, f"{dev}/{name}")


def _guard_sysctls(path: str) -> None:
    """Only net.* belongs to a namespace; the rest (vm.*, kernel.*) is this machine's, and is read-only in a host."""
    sys_.mount(path, path, None, sys_.MS_BIND)
    sys_.mount(path + "/net", path + "/net", None, sys_.MS_BIND)
    flags = sys_.MS_NOSUID | sys_.MS_NODEV | sys_.MS_NOEXEC
    sys_.mount(None, path, None, sys_.MS_REMOUNT | sys_.MS_BIND | sys_.MS_RDONLY | flags)


def _write_files(root: str, hostname: str, identity: str) -> None:
    machine_id = hashlib.sha256(identity.encode()).hexdigest()[:32]
    _write(root + "/etc/hostname", hostname + "\n", 0o644)
    _write(root + "/etc/machine-id", machine_id + "\n", 0o444)
    # As Debian does it: the name has an address of its own that does not change with the interfaces.
    _write(
        root + "/etc/hosts",
        f"127.0.0.1 localhost\n127.0.1.1 {hostname}\n::1 localhost ip6-localhost ip6-loopback\n",
        0o644,
    )


def _write(path: str, text: str, mode: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
        os.fchmod(stream.fileno(), mode)
