# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a file may be asked for anything, by what is mounted where it is."""

from __future__ import annotations

import os

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem import mount_tables

OWN = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:50 / /srv/far rw shared:1 - fuse.sshfs far rw\n"
ROOT = "/proc/4711/root"


@pytest.fixture
def tell(monkeypatch):
    """What is said of a file on mount 90, where the container's table has this line for it."""

    def telling(line, root=ROOT, device=(0, 99)):
        files = {"/proc/self/mountinfo": OWN, "/proc/4711/mountinfo": line, "/proc/self/fd/7/mountinfo": line}
        files["/proc/self/fdinfo/5"] = "pos:\t0\nflags:\t012100000\nmnt_id:\t90\nino:\t1\n"
        monkeypatch.setattr(mount_tables, "read_text", lambda path: files[path])
        monkeypatch.setattr(mount_tables, "unasked", lambda place: (os.makedev(*device), 1))
        return mount_tables.fault(5, root)

    return telling


@pytest.mark.parametrize("kind", ["fuse", "fuse.sshfs", "fuseblk", "9p", "nfs4", "cifs", "autofs"])
@pytest.mark.parametrize("root", [ROOT, "/proc/self/fd/7/root"])
def test_nobody_is_asked_who_may_never_answer(tell, kind, root):
    said = tell(f"90 80 0:77 / /etc/hosts rw,relatime - {kind} it rw\n", root)
    assert said == f"a file system of type {kind} is mounted there, which may never answer"


@pytest.mark.parametrize(
    "line",
    [
        "90 80 0:77 / / rw,relatime master:3 shared:9 - overlay overlay rw,lowerdir=/a\n",
        "90 80 8:1 /var/lib/x/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n",
        "90 80 0:50 / /data rw - fuse.sshfs far rw\n",  # the host's own
        "90 80 0:77 / /a\\040b rw - tmpfs tmpfs rw\n",
    ],
)
def test_all_others_are(tell, line):
    assert tell(line) is None


def test_a_root_that_is_no_mount_is_told_by_its_device(tell):
    assert tell("91 80 0:77 / / rw - tmpfs tmpfs rw\n", device=(0, 77)) is None
    assert tell("91 80 0:77 / / rw - tmpfs tmpfs rw\n", device=(8, 1)) is None
    assert "type fuse is" in tell("91 80 0:77 / /mnt rw - fuse x rw\n", device=(0, 77))


def test_what_cannot_be_told_is_not_asked(tell, monkeypatch):
    said = "what is mounted there cannot be told"
    assert tell("91 80 0:77 / / rw - tmpfs tmpfs rw\n") == said
    assert tell("90 80 0:77 / / rw - tmpfs tmpfs rw\n", "/var/lib/machines/db") == said

    def ended(path):
        raise FileNotFoundError(path)

    tell(OWN)
    monkeypatch.setattr(mount_tables, "_read", lambda path: {} if path.startswith("/proc/self") else ended(path))
    assert mount_tables.fault(5, ROOT) == "its container has ended"
