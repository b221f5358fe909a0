# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which interfaces cannot be a bridge's port, and whose addresses would not stay away."""

from __future__ import annotations

import struct

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.kinds.uplink import side_of
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    changed,
    everything_leaves,
    kernel_of,
    refused,
    want,
)

MAC = "02:00:c6:12:00:01"
ETH0 = Link("eth0", None, MAC, mtu=9000)
INDEX = 2  # of eth0: the first after lo
FOREVER = 0xFFFFFFFF


def address(text: str, prefixlen: int = 24, valid: int = FOREVER, origin: int | None = None) -> dict:
    """A row of addresses as the kernel tells it: IFA_ADDRESS, IFA_LOCAL, IFA_CACHEINFO, IFA_PROTO."""
    six = ":" in text
    raw = m.socket.inet_pton(m.family_of(text), text)
    attributes = {1: raw, 6: struct.pack("=IIII", valid, valid, 0, 0)}
    attributes.update({} if six else {2: raw})
    attributes.update({} if origin is None else {11: bytes([origin])})
    header = {"family": m.family_of(text), "prefixlen": prefixlen, "flags": 0x80, "scope": 0, "index": INDEX}
    return {**header, "attributes": attributes}


def host(*more: Link, eth0: Link = ETH0, addresses=()) -> Namespace:
    return Namespace(links=[eth0, *more], whole={m.RTM_GETADDR: addresses})


def wanted(**more):
    options = {"device": "eth0", "bridge": "ch-web", **more}
    bridge = want("bridge", name="ch-web", uplink=options["device"], vlan=options.get("vlan"))
    return bridge, want("uplink", **options)


def test_the_bridge_is_as_its_uplink_and_what_that_has_moves():
    assert changed(kernel_of(host(addresses=[address("192.0.2.11")])), *wanted()) == [
        f"bridge ch-web (web): absent → mac: {MAC}, mtu: 9000",
        "uplink eth0 (web): absent → port of ch-web, which has what the interface had, moves: 192.0.2.11/24",
    ]


@pytest.mark.parametrize(
    ("there", "sentence"),
    [
        (host(eth0=Link("eth1", None, MAC)), "there is no interface eth0 on this host"),
        (host(eth0=Link("eth0", "bridge", MAC)), "eth0 is a bridge itself: name it as `bridge`, and no `uplink`"),
        (host(eth0=Link("eth0", "tun")), "eth0 is no Ethernet interface"),
        (
            host(Link("br1", "bridge", MAC), eth0=Link("eth0", None, MAC, master="br1")),
            "eth0 is a port of br1 already: name another as `uplink`, or take it out of br1",
        ),
        (
            host(Link("bond0", "bond", MAC), eth0=Link("eth0", None, MAC, master="bond0")),
            "eth0 is a port of bond0 already",
        ),
        (host(eth0=Link("eth0", "ipvlan", MAC)), "eth0 sends under one MAC only"),
        (host(Link("mac0", "macvlan", MAC, lower="eth0")), "mac0 (macvlan) stands on eth0, whose frames it gets"),
        (host(Link("ipv0", "ipvlan", MAC, lower="eth0")), "ipv0 (ipvlan) stands on eth0"),
        (host(addresses=[address("192.0.2.11", 24, 3600)]), "a DHCP client (its address 192.0.2.11/24 is for a time)"),
        (host(addresses=[address("2001:db8::7", 128, 3600)]), "a DHCP client (its address 2001:db8::7/128"),
        (host(addresses=[address("2001:db8::7", 64, 3600, 0)]), "a DHCP client"),
    ],
)
def test_an_interface_that_cannot_be_a_port_is_refused(there, sentence):
    problems = refused(kernel_of(there), *wanted())
    assert any(sentence in problem for problem in problems), problems


@pytest.mark.parametrize(
    "given",
    [
        address("192.0.2.11"),
        address("2001:db8::7", 64, 3600, 2),  # IFAPROT_KERNEL_RA
        address("2001:db8::7", 64, 3600),  # before Linux 5.18, which does not say by whom it is
    ],
)
def test_addresses_that_stay_or_that_a_router_advertises_move(given):
    assert any("moves: " in line for line in changed(kernel_of(host(addresses=[given])), *wanted()))


NETWORKD, MANAGER = f"/run/systemd/netif/links/{INDEX}", f"/run/NetworkManager/devices/{INDEX}"
PROCESS = "/proc/4194305/cmdline"  # above all numbers that a process has


@pytest.mark.parametrize(
    ("path", "text", "holder"),
    [
        (NETWORKD, "ADMIN_STATE=configured\nOPER_STATE=routable\n", f"systemd-networkd ({NETWORKD})"),
        (NETWORKD, "ADMIN_STATE=unmanaged\n", None),
        (MANAGER, "[device]\nmanaged=true\nconnection-uuid=1\n", f"NetworkManager ({MANAGER})"),
        (MANAGER, "[device]\nmanaged=false\n", None),
        (PROCESS, "dhclient\0-4\0-pf\0/run/dhclient.eth0.pid\0eth0\0", "dhclient (process 4194305)"),
        (PROCESS, "/sbin/dhclient\0-4\0eth1\0", None),
        (PROCESS, "/sbin/dhcpcd\0-q\0-b\0", "dhcpcd (process 4194305)"),
        (PROCESS, "dhcpcd: eth0 [ip4] [ip6]\0", "dhcpcd (process 4194305)"),
        (PROCESS, "/sbin/dhcpcd\0eth1\0", None),
        (PROCESS, "udhcpc\0-i\0eth0\0-b\0", "udhcpc (process 4194305)"),
        (PROCESS, "udhcpc\0--interface=eth0\0", "udhcpc (process 4194305)"),
        (PROCESS, "udhcpc\0-ieth1\0", None),
        (PROCESS, "vim\0dhclient\0eth0\0", None),
    ],
)
def test_who_would_give_it_its_addresses_back_is_named(path, text, holder):
    kernel = kernel_of(host(Link("eth1", None, "02:00:c6:12:00:02")), {path: text})
    if holder is None:
        assert changed(kernel, *wanted())
    else:
        assert any(f"eth0 is held by {holder}, which would give" in problem for problem in refused(kernel, *wanted()))


@pytest.mark.parametrize(
    ("uids", "capabilities", "held"),
    [("0 0 0 0", "0", True), ("101 101 101 101", "400", True), ("1000 1000 1000 1000", "0", False)],
)
def test_it_is_held_by_programs_of_roots_alone(uids, capabilities, held):
    """Whoever else calls his process a DHCP client gives no interface anything."""
    status = f"Name:\tdhclient\nUid:\t{uids}\nCapPrm:\t{capabilities.zfill(16)}\n"
    files = {PROCESS: "dhclient\0eth0\0", PROCESS.replace("cmdline", "status"): status}
    kernel = kernel_of(host(Link("eth1", None, "02:00:c6:12:00:02")), files)
    said = refused(kernel, *wanted()) if held else changed(kernel, *wanted())
    assert any("held by dhclient" in each for each in said) is held


def test_what_is_plugged_in_beside_sends_no_more_than_the_interface_takes():
    assert "mtu 9001 is more than the 9000 of eth0" in refused(kernel_of(host()), *wanted(mtu=9001))[0]
    assert changed(kernel_of(host()), *wanted(mtu=9000))


def test_one_that_is_a_port_already_is_found_by_the_mark_of_its_bridge():
    bridge = Link("ch-web", "bridge", MAC, mtu=9000, owner="plan/web", label="uplink eth0")
    there = host(bridge, eth0=Link("eth0", None, MAC, mtu=9000, master="ch-web"))
    assert changed(kernel_of(there), *wanted()) == []
    assert changed(kernel_of(there), leaves=everything_leaves) == [
        "uplink eth0 (web): absent ← port of ch-web, which has what the interface had",
        f"bridge ch-web (web): absent ← mac: {MAC}, mtu: 9000",
    ]


def test_what_is_on_loan_moves_as_it_was_before():
    kernel = kernel_of(Namespace(links=[ETH0], sysctls={"net/ipv4/conf/eth0/forwarding": "1"}))
    loan = {"value": "1", "before": "0", "owners": ["plan/other"], "kind": "forwarding", "guard": None, "others": []}
    kernel.records.loan = lambda netns, key: loan if key == "net/ipv4/conf/eth0/forwarding" else None
    assert dict(side_of(kernel, kernel.link("eth0"), None).settings)["ipv4.forwarding"] == "0"


def test_a_container_gets_no_address_that_the_host_has_itself():
    there = Namespace(
        links=[Link("br0", "bridge", MAC), Link("eth1", None, "02:00:c6:12:00:02")],
        addresses={"br0": ["192.0.2.11/24"], "eth1": ["198.51.100.1/24"]},
    )
    shop = {"engine": "netns", "ref": "shop"}

    def end(address: str):
        options = {"name": "chv1", "sandbox": shop, "mac": "02:00:00:00:00:05", "master": "br0"}
        return want("netns", name="shop"), want("veth", **options, addresses=[address])

    assert "192.0.2.11 is this host's own, on br0" in refused(kernel_of(there), *end("192.0.2.11/24"))[0]
    assert "198.51.100.1 is this host's own, on eth1" in refused(kernel_of(there), *end("198.51.100.1/24"))[0]
    assert changed(kernel_of(there), *end("192.0.2.12/24"))


def test_a_vlan_of_the_hosts_own_is_the_port_whatever_it_is_called():
    data = {"IFLA_VLAN_ID": 20, "IFLA_VLAN_PROTOCOL": m.ETH_P_8021Q}
    office = Link("office", "vlan", "02:00:c6:12:00:20", mtu=1400, lower="eth0", data=data)
    there = host(office, addresses=[{**address("192.0.2.11"), "index": INDEX + 1}])
    assert changed(kernel_of(there), *wanted(vlan=20)) == [
        "bridge ch-web (web): absent → mac: 02:00:c6:12:00:20, mtu: 1400",
        "uplink VLAN 20 of eth0 (web): absent → port of ch-web, which has what the interface had, moves: 192.0.2.11/24",
    ]
    assert "there is no VLAN 21 of eth0 on this host" in refused(kernel_of(there), *wanted(vlan=21))[0]


def test_a_bridge_that_is_made_for_no_interface_or_another_is_none_for_it():
    """By its mark it is found again, and what it has goes back."""
    for bridge in (
        Link("ch-web", "bridge", MAC, owner="plan/web"),
        Link("ch-web", "bridge", MAC, owner="plan/web", label="uplink eth1"),
        Link("ch-web", "bridge", MAC, owner="task", label="uplink eth0"),
        Link("ch-web", "bridge", MAC),
    ):
        uplink = want("uplink", device="eth0", bridge="ch-web")
        assert "ch-web has not eth0 as its `uplink`" in refused(kernel_of(host(bridge)), uplink)[0]
