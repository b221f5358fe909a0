# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of namespaces are looked at through a file system that nobody else sees."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink import proc_sys
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire
from ansible_collections.containerhost.network.plugins.module_utils.state.readings import Readings

KEY = "net/ipv4/conf/lo/arp_announce"
pytestmark = pytest.mark.quick


def sh(script: str) -> str:
    return subprocess.run(["sh", "-ec", script], check=True, capture_output=True, text=True).stdout


def procs() -> list[str]:
    """Where a /proc is mounted, and what this process has open."""
    mounts = pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    return [*(line for line in mounts if " - proc " in line), *sorted(os.listdir("/proc/self/fd"))]


@pytest.mark.parametrize("own", [True, False])
def test_each_namespace_has_its_own_settings_however_many_there_are(
    own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if own:  # more than one such file system serves
        monkeypatch.setattr(proc_sys, "_LOOKS", 4)
    else:  # as Linux before 5.8 has it
        monkeypatch.setattr(proc_sys, "_FSOPEN", 1_000_000)
    names = [f"n{number}" for number in range(9)]
    wanted = [str(number % 3) for number in range(9)]
    sh("\n".join(f"ip netns add {name}" for name in names))
    places = [f"/run/netns/{name}" for name in names]
    before, here = procs(), sh(f"cat /proc/sys/{KEY}")
    with Wire() as wire:
        readings = Readings(wire)
        for place, value in zip(places, wanted, strict=True):
            with wire.inside(place), open(wire.namespaces.open_sysctl(KEY, os.O_WRONLY, place), "w") as file:
                file.write(value)
        assert [readings.sysctl(KEY, place) for place in places] == wanted
        assert readings.sysctl(KEY, None) == here.strip()
        assert readings.sysctl("net/ipv4/conf/nobody/arp_announce", places[0]) is None
    assert sh("\n".join(f"ip netns exec {name} cat /proc/sys/{KEY}" for name in names)).split() == wanted
    assert procs() == before


def test_what_is_closed_to_everybody_is_closed_in_namespaces_as_well() -> None:
    sh("ip netns add shop; mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys")
    with Wire() as wire, wire.inside("/run/netns/shop"), pytest.raises(OSError, match="Read-only"):
        wire.namespaces.open_sysctl(KEY, os.O_WRONLY, "/run/netns/shop")
