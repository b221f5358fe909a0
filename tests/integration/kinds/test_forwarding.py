# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Before Linux 6.17 IPv6 has one switch for all interfaces: on such a kernel it is borrowed, and guarded."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import apply
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import leaving, read_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import link_data_of
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import compare
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.lock import lock
from ansible_collections.containerhost.network.plugins.module_utils.state.records import Records

LINK_DATA = link_data_of(KINDS)
pytestmark = pytest.mark.quick

EVERYWHERE = "ipv6/conf/all/forwarding"
# Since Linux 6.17.
EACH_INTERFACE = os.path.exists("/proc/sys/net/ipv6/conf/lo/force_forwarding")
ACCEPT_RA = "ipv6/conf/eth0/accept_ra"


class OldKernel(Kernel):
    """Has no ``force_forwarding``."""

    def sysctl(self, key: str, netns: str | None = None) -> str | None:
        return None if key.endswith("force_forwarding") else super().sysctl(key, netns)


def sh(text: str) -> str:
    return subprocess.run(["sh", "-ec", text], check=True, capture_output=True, text=True).stdout


def value(key: str) -> str:
    return sh(f"cat /proc/sys/net/{key}").strip()


def run(*forwarding: dict[str, Any], kernel: type[Kernel] = OldKernel) -> int:
    """How many changes there were."""
    with lock(), Wire(LINK_DATA) as wire:
        picture = kernel(wire, Records())
        rows = [{"network": "web", "family": "ipv6", **row} for row in forwarding]
        wanted = read_document(KINDS, {"version": 1, "forwarding": rows}, False)
        todo = compare(KINDS, picture, wanted, leaving(["*"], [], False))
        apply(KINDS, Executor(picture), todo)
        return len(todo.changes)


@pytest.fixture
def uplink():
    """Set up by the test itself, in its own namespaces."""
    return (
        "ip link add eth0 type veth peer name p; ip link set eth0 up; ip link set p up;"
        " ip addr add 198.18.0.1/24 dev eth0; ip addr add fd00:18::1/64 dev eth0 nodad;"
    )


WANTED = {"uplink": "auto"}


def test_the_one_switch_is_borrowed_and_guarded_and_given_back(uplink):
    sh(uplink)
    assert run(WANTED) == 1
    assert value(EVERYWHERE) == "1"
    assert "elements = { ipv6" in sh("nft list set inet containerhost borrowed_families")
    assert run(WANTED) == 0
    assert run() == 1
    assert value(EVERYWHERE) == "0"
    assert sh("nft list ruleset; ls /run") == ""


def test_an_interface_that_lives_on_router_advertisements_keeps_listening_to_them(uplink):
    sh(uplink + "ip -6 route add default via fd00:18::9 dev eth0 proto ra")
    before = value(ACCEPT_RA)
    assert run(WANTED) == 1
    assert (value(ACCEPT_RA), value(EVERYWHERE)) == ("2", "1")
    assert "default via fd00:18::9" in sh("ip -6 route")
    assert run(WANTED) == 0
    run()
    assert (value(ACCEPT_RA), value(EVERYWHERE)) == (before, "0")


def test_a_router_is_left_as_it_is(uplink):
    sh(uplink + f"echo 1 > /proc/sys/net/{EVERYWHERE}")
    for kernel in (OldKernel, Kernel):
        run(WANTED, {"device": "eth0"}, kernel=kernel)
        assert sh("nft list ruleset; ls /run") == ""
        run(kernel=kernel)
    assert value(EVERYWHERE) == "1"


def test_a_guard_that_nobody_remembers_is_still_ours(uplink):
    sh(uplink)
    run(WANTED)
    sh("rm -r /run/containerhost")
    assert run(WANTED) == 1
    run()
    assert value(EVERYWHERE) == "0"
    assert sh("nft list ruleset; ls /run") == ""


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_an_address_that_dhcp_or_a_router_gave_for_a_time_makes_an_uplink(uplink, family):
    sh(uplink + "ip addr flush dev eth0")
    sh("ip addr add 198.18.0.1/24 dev eth0 valid_lft 3600 preferred_lft 3600")
    sh("ip addr add fd00:18::1/64 dev eth0 nodad valid_lft 3600 preferred_lft 3600")
    assert run({**WANTED, "family": family}, kernel=Kernel) == 1
    six = "ipv6/conf/eth0/force_forwarding" if EACH_INTERFACE else EVERYWHERE
    assert value("ipv4/conf/eth0/forwarding" if family == "ipv4" else six) == "1"


def test_only_interfaces_with_an_address_of_the_family_are_switched_on(uplink):
    sh(uplink + "ip link add eth1 type veth peer name p1; ip link set eth1 up; ip addr add 198.19.0.1/24 dev eth1;")
    run(WANTED, {**WANTED, "family": "ipv4"}, kernel=Kernel)
    devices = ("eth0", "eth1", "p", "lo")
    if EACH_INTERFACE:
        assert [value(f"ipv6/conf/{device}/force_forwarding") for device in devices] == ["1", "0", "0", "0"]
    else:
        assert value(EVERYWHERE) == "1"
    assert [value(f"ipv4/conf/{device}/forwarding") for device in devices] == ["1", "1", "0", "0"]
