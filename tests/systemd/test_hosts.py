# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts themselves: they boot, reboot, lose power, and leave nothing on this machine."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.lab import cgroups, members
from ansible_collections.containerhost.network.plugins.module_utils.lab.registry import TOP
from ansible_collections.containerhost.network.tests.integration.lab.conftest import Lab, remove
from ansible_collections.containerhost.network.tests.systemd import fleet as fleets
from ansible_collections.containerhost.network.tests.systemd.conftest import assert_same, differences, states
from ansible_collections.containerhost.network.tests.systemd.fleet import SystemdFleet

# What a run, a unit and an engine leave in a host.
BUSY = """
ip netns add shop
ip link add ch-web type bridge
nft add table inet containerhost
touch /run/of-this-boot /var/lib/of-all-boots
mount -t tmpfs none /mnt
systemd-run --quiet sleep 1000
setsid sleep 1000 </dev/null >/dev/null 2>&1 &
"""
# A fleet in a process of its own, which says what its first host's is, and waits.
ALONE = f"""
import sys
import time
from pathlib import Path
from {fleets.__name__} import SystemdFleet
fleet = SystemdFleet(Path(sys.argv[1]), ["h1"])
print(fleet.lab.name, flush=True)
sys.stdin.read()
"""


def test_hosts_boot_and_reach_each_other(pair):
    for host, other in (("h1", 12), ("h2", 11)):
        assert pair[host].run("systemctl", "is-system-running").stdout == "running\n"
        assert pair[host].pings(f"192.0.2.{other}")
        assert pair[host].pings(f"2001:db8::{other}")
        assert pair[host].pings("192.0.2.1")
    pair.outside("ping", "-c", "1", "-W", "2", "2001:db8::12")


def test_a_reboot_leaves_the_files_and_an_empty_kernel(pair):
    before, boot_id = states(pair), pair["h1"].boot_id()
    pair["h1"].run("sh", "-ec", BUSY)
    assert differences(before, states(pair)) != []
    # systemd says afterwards that it is ready, as after a boot.
    pair["h1"].run("systemctl", "daemon-reexec")
    pair["h1"].reboot()
    assert pair["h1"].boot_id() != boot_id
    assert_same(before, states(pair))
    assert pair["h1"].run("ls", "/run/of-this-boot", "/var/lib/of-all-boots", check=False).stdout.split() == [
        "/var/lib/of-all-boots"
    ]


def test_a_crash_is_a_reboot_that_nobody_announced(pair):
    before = states(pair)
    pair["h1"].run("sh", "-ec", BUSY)
    pair["h1"].crash()
    assert not pair["h2"].pings("192.0.2.11")
    pair["h1"].boot()
    assert pair["h2"].pings("192.0.2.11")
    assert_same(before, states(pair))


def test_a_lan_is_an_interface_more_without_an_address(tmp_path):
    fleet = SystemdFleet(tmp_path, ["h1"], lans=["lan0"])
    try:
        shown = fleet["h1"].run("ip", "-o", "-br", "address", "show", "dev", "lan0").stdout.split()
    finally:
        fleet.end()
    assert shown[1:] == ["UP"]


def processes_below(group: Path) -> dict[int, int | None]:
    """Their numbers, and when they started."""
    numbers = [int(number) for file in group.rglob("cgroup.procs") for number in file.read_text().split()]
    return {number: members.started(number) for number in numbers}


def namespaces_of(pids: dict[int, int | None]) -> set[str]:
    kinds = ("net", "mnt", "uts", "ipc", "pid", "cgroup")
    return {os.readlink(f"/proc/{pid}/ns/{kind}") for pid in pids for kind in kinds}


def ends(pid: int, seconds: float = 10) -> bool:
    try:
        end = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([end], [], [], seconds)[0])
    finally:
        os.close(end)


def test_hosts_go_without_a_trace(tmp_path):
    fleet = SystemdFleet(tmp_path, ["h1", "h2"])
    lab, machine = fleet.lab, fleet.lab.machine()
    try:
        fleet["h1"].run("sh", "-ec", BUSY)
        pids = processes_below(Path(cgroups.top(lab.name)))
        namespaces = namespaces_of(pids) - namespaces_of({os.getpid(): None})
    finally:
        fleet.end()
    assert len(pids) > 10
    assert [pid for pid, started in pids.items() if members.started(pid) == started] == []
    # What is dead holds its PID namespace until this machine's PID 1 has reaped it.
    deadline = time.monotonic() + 10
    while namespaces & lab.all_namespaces() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert namespaces & lab.all_namespaces() == set()
    assert lab.traces() == []
    assert lab.machine() == machine


def test_hosts_that_do_not_boot_go_as_well(tmp_path, monkeypatch):
    monkeypatch.setattr(fleets, "PATIENCE", 0)
    before = labs_of_this_process()
    with pytest.raises(AssertionError, match="h1: nothing within 0 s"):
        SystemdFleet(tmp_path, ["h1"])
    assert labs_of_this_process() == before


def labs_of_this_process() -> list[Path]:
    """Their folders and their control groups."""
    places = (Path(TOP), Path(cgroups.top("any")).parent)
    return sorted(path for place in places for path in place.glob(f"systemd-{os.getpid()}-*"))


def test_hosts_end_with_whoever_made_them(tmp_path):
    environment = Lab(tmp_path, "any").environment
    owner = subprocess.Popen(
        [sys.executable, "-c", ALONE, str(tmp_path)], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    lab = Lab(tmp_path, owner.stdout.readline().strip())
    pids = processes_below(Path(cgroups.top(lab.name)))
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    try:
        assert len(pids) > 5
        assert all(ends(pid) for pid in pids)
    finally:
        remove(lab)
