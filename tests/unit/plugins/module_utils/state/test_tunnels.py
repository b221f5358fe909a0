# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What wg(8) tells of a device, as its source prints it (wireguard-tools, show.c)."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.state import tunnels
from ansible_collections.containerhost.network.plugins.module_utils.state.tunnels import Device, Peer

PRIVATE, MINE, OTHER, THIRD = (f"{letter * 42}A=" for letter in "PXYZ")
DUMP = (
    f"{PRIVATE}\t{MINE}\t51820\toff\n"
    f"{OTHER}\t(none)\t198.18.7.12:51820\tfd00:42:0:1::/64,10.42.1.0/24\t1764159000\t348\t404\toff\n"
    f"{THIRD}\t{PRIVATE}\t(none)\t(none)\t0\t0\t0\t25\n"
)


def test_a_device_is_read_without_its_private_key():
    device = tunnels._read(DUMP)
    assert device == Device(
        MINE,
        51820,
        0,
        {
            OTHER: Peer("198.18.7.12:51820", ["10.42.1.0/24", "fd00:42:0:1::/64"], 1764159000, 0, False),
            THIRD: Peer(None, (), 0, 25, True),
        },
    )
    assert PRIVATE not in repr(device)


def test_a_device_without_a_key_and_with_a_mark_is_one_too():
    assert tunnels._read("(none)\t(none)\t40000\t0x7\n") == Device(None, 40000, 7, {})
    assert tunnels._read("") is None


def test_a_key_file_says_whose_it_is():
    text = tunnels.key_text("plan/fabric", PRIVATE)
    assert tunnels._parted(text) == ("plan/fabric", PRIVATE)
    assert tunnels._parted(PRIVATE) == (None, PRIVATE)
    assert tunnels._parted("# containerhost:task\nrubbish\n") == ("task", None)


def test_what_wg_complains_of_tells_no_key(monkeypatch, tmp_path):
    wg = tmp_path / "wg"
    wg.write_text(f"#!/bin/sh\necho \"Key is not the correct length or format: '{PRIVATE}'\" >&2; exit 1\n")
    wg.chmod(0o755)
    monkeypatch.setattr(tunnels, "_FOLDERS", (str(tmp_path), "/bin", "/usr/bin"))
    done = tunnels.run_wg(["set", "ch-fabric", "private-key", "/dev/stdin"], f"{PRIVATE}\n")
    assert done.returncode == 1
    assert done.stderr == "Key is not the correct length or format: '(a key)'"
    assert PRIVATE not in repr(done)
