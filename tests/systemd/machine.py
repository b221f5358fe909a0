# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process behind a host: it lays out the host's root, and boots systemd there by systemd-nspawn.

It runs as PID 1 of namespaces of its own (mount, network, UTS, IPC, PID, cgroup), so nothing outlives it. Its first
line of input is a ``Machine`` as JSON. Each further line boots the host, which then reboots as often as it likes; its
files stay. It prints ``booted`` when every job of a boot is done, and ``off`` when the host has been powered off or
killed.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.lab import syscalls as sys_

REBOOT = 133  # systemd-nspawn(1), "Exit status"
NOTIFY = "/run/notify"  # hears of each boot that has finished (systemd-nspawn(1), --notify-ready)
# What a fresh machine does not have: units that are enabled here, and what this collection remembers.
EMPTY = (
    "etc/containerhost", "etc/docker", "etc/systemd/network", "etc/systemd/system", "var/lib/containerhost",
    "var/lib/systemd", "var/log", "var/tmp",
)  # fmt: skip
# Nor what engines remember. It is kept beside the overlay, as their own overlays cannot lie on one.
BESIDE = ("var/lib/containerd", "var/lib/containers", "var/lib/docker")
NSPAWN = """
systemd-nspawn --boot --register=no --keep-unit --notify-ready=yes --capability=all --console=pipe --settings=no
--resolv-conf=off --timezone=off --link-journal=no
"""


class Interface(t.NamedTuple):
    """An interface of the host, which is made again for each boot, and its port at the switch."""

    name: str
    mac: str
    port: str
    bridge: str


class Machine(t.NamedTuple):
    name: str
    place: str  # an empty folder
    switch: str  # a network namespace, as a path
    interfaces: tuple[Interface, ...]
    files: t.Mapping[str, str]
    wanted: tuple[str, ...]  # units that a boot starts


def main() -> None:
    given = json.loads(sys.stdin.readline())
    machine = Machine(**{**given, "interfaces": tuple(Interface(*each) for each in given["interfaces"])})
    switch = os.open(machine.switch, os.O_RDONLY)
    surround()
    root = lay_out(machine)
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(NOTIFY)
    while sys.stdin.readline():
        while watch(start(machine, root, switch), notify) == REBOOT:
            pass
        print("off", flush=True)


def watch(nspawn: subprocess.Popen[bytes], notify: socket.socket) -> int:
    """Say once when the host has booted. Returns its exit status."""
    end = os.pidfd_open(nspawn.pid)
    booted = False
    while True:
        ready, _writable, _failed = select.select([notify, end], [], [])
        if notify in ready:
            # systemd says so again, after `daemon-reexec` for one.
            if b"READY=1" in notify.recv(4096).splitlines() and not booted:
                print("booted", flush=True)
                booted = True
        else:
            os.close(end)
            return nspawn.wait()


def surround() -> None:
    """What systemd-nspawn wants to find: a pure cgroup2, no udev (a /sys that is read-only), a /run in memory."""
    subprocess.run(["umount", "--recursive", "--lazy", "/sys"], check=True)
    sys_.mount("sysfs", "/sys", "sysfs", sys_.MS_RDONLY)
    sys_.mount("cgroup2", "/sys/fs/cgroup", "cgroup2")
    sys_.mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
    sys_.mount("proc", "/proc", "proc")


def lay_out(machine: Machine) -> str:
    """An overlay on this machine's own root, with what tells the host from it. It lies in memory."""
    sys_.mount("tmpfs", machine.place, "tmpfs", 0, "mode=755")
    upper, work, root = (os.path.join(machine.place, name) for name in ("upper", "work", "root"))
    for folder in (upper, work, root):
        os.mkdir(folder)
    for path in EMPTY:
        folder = os.path.join(upper, path)
        os.makedirs(folder)
        os.setxattr(folder, "trusted.overlay.opaque", b"y")
    for path in BESIDE:
        os.makedirs(os.path.join(machine.place, path))
    os.chmod(os.path.join(upper, "var/tmp"), 0o1777)
    sys_.mount("overlay", root, "overlay", 0, f"lowerdir=/,upperdir={upper},workdir={work}")
    for path, text in machine.files.items():
        put(root + path, text)
    subprocess.run(["systemctl", f"--root={root}", "add-wants", "multi-user.target", *machine.wanted], check=True)
    return root


def put(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(path, 0o644)


def start(machine: Machine, root: str, switch: int) -> subprocess.Popen[bytes]:
    for interface in machine.interfaces:
        plug_in(interface, switch)
    given = [f"--network-interface={interface.name}" for interface in machine.interfaces]
    given += [f"--bind={os.path.join(machine.place, path)}:/{path}" for path in BESIDE]
    # Its filter of system calls is for containers; a host has none.
    environment = {**os.environ, "SYSTEMD_SECCOMP": "0", "NOTIFY_SOCKET": NOTIFY}
    command = [*NSPAWN.split(), f"--machine={machine.name}", f"--directory={root}", *given]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def plug_in(interface: Interface, switch: int) -> None:
    """The one that the last boot had may have come back here, with whatever was set on it."""
    subprocess.run(["ip", "link", "delete", interface.name], stderr=subprocess.DEVNULL, check=False)
    port = f"name {interface.port} master {interface.bridge} up type veth".split()
    # PID 1 is this process.
    peer = f"peer name {interface.name} address {interface.mac} netns 1".split()
    subprocess.run(
        ["nsenter", f"--net=/proc/self/fd/{switch}", "ip", "link", "add", *port, *peer], pass_fds=[switch], check=True
    )


if __name__ == "__main__":
    main()
