# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which interfaces cannot be a bridge's port, and whose addresses would not stay away."""

from __future__ import annotations

import struct

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.outside_bridge import turned
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Record
from ansible_collections.containerhost.network.plugins.module_utils.kinds.uplink import side_of
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    KIND,
    Link,
    Namespace,
    changed,
    everything_leaves,
    kernel_of,
    planned,
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


def test_a_bridge_on_a_lan_takes_the_name_of_a_device_that_goes():
    data = {"IFLA_VXLAN_ID": 42, "IFLA_VXLAN_PORT": 4789}
    there = host(Link("ch-web", "vxlan", MAC, mtu=1450, owner="plan/web", data=data), addresses=[address("192.0.2.11")])
    shop = {"engine": "netns", "ref": "shop"}
    end = want("veth", name="chv1", sandbox=shop, master="ch-web", mac="02:00:00:00:00:05", addresses=["192.0.2.12/24"])
    lines = changed(kernel_of(there), *wanted(), want("netns", name="shop"), end, leaves=everything_leaves)
    assert [line.split(":")[0] for line in lines if not line.startswith("netns")] == [
        "vxlan ch-web (web)",
        "bridge ch-web (web)",
        "veth shop eth0 (web)",
        "uplink eth0 (web)",
    ]
    assert any("mtu 9000" in line for line in lines if line.startswith("veth"))


LEADING_OUT = {"mtu": 9000, "owner": "plan/web", "label": "uplink eth0"}


def test_a_bridge_that_gets_on_a_lan_has_nothing_of_its_own_when_it_is_marked_so():
    """Whatever one has that is marked so is taken for the host's, also by the run after one that was killed."""
    bridge = Link("ch-web", "bridge", "02:00:00:00:00:09", owner="plan/other")
    there = Namespace(links=[ETH0, bridge], addresses={"ch-web": ["10.80.1.1/24"]})
    (change,) = (each for each in planned(kernel_of(there), *wanted()).make if each.kind == "bridge")
    steps = [step.operation for some in KIND["bridge"].change(*change[2:]) for step in some]
    assert steps.index("delete address 10.80.1.1/24 of ch-web") < steps.index("set the mark of ch-web")
    assert steps.count("set the mark of ch-web") == 1


def test_what_is_left_over_on_a_bridge_that_gets_on_a_lan_goes_first():
    """Another way to other hosts would be a loop; guards and settings would keep the host from its LAN."""
    bridge = Link("ch-web", "bridge", MAC, owner="plan/web")
    port = Link("chx", "vxlan", "02:00:00:00:00:08", owner="plan/web", master="ch-web")
    todo = planned(kernel_of(host(bridge, port)), *wanted())
    assert [(change.action, change.kind) for change in todo.clear] == [("remove", "vxlan")]
    assert ("isolation", None, "ch-web") in KIND["bridge"].needs(wanted()[0].values)


@pytest.mark.parametrize("name", ["web", "other"])
def test_what_the_host_has_leaves_a_bridge_before_that_goes_or_is_another_networks(name):
    """``name``: of the network that gets the bridge."""
    there = host(Link("ch-web", "bridge", MAC, **LEADING_OUT), eth0=Link("eth0", None, MAC, mtu=9000, master="ch-web"))
    other = want("bridge", name="ch-web", owner=f"plan/{name}", addresses=["10.80.1.1/24"])
    moved = want("bridge", name="br-lan", uplink="eth0"), want("uplink", device="eth0", bridge="br-lan")
    todo = planned(kernel_of(there), other, *moved)
    assert [change.kind for change in todo.leave] == ["uplink"]
    todo = planned(kernel_of(there), want("vxlan", name="ch-web", vni=42), *moved, leaves=everything_leaves)
    assert [change.kind for change in todo.leave] == ["uplink"]
    rounds, after = KIND["uplink"].leave(todo.leave[0].wanted, todo.leave[0].found)
    operations = [step.operation for steps in rounds for step in steps]
    assert "end the bridge's port of eth0" in operations
    again = KIND["uplink"].change(todo.leave[0].wanted, after, todo.leave[0].differences)
    assert "end the bridge's port of eth0" not in [step.operation for steps in again for step in steps]


def test_an_interface_that_was_down_is_so_again_whichever_bridge_it_was_a_port_of():
    there = host(Link("ch-web", "bridge", MAC, **LEADING_OUT), eth0=Link("eth0", None, MAC, mtu=9000, master="ch-web"))
    kernel = kernel_of(there)
    key = (None, "eth0", None)
    kernel.records.owner = lambda kind, asked: "plan/web" if (kind, asked) == ("uplink", key) else None
    moved = want("bridge", name="br-lan", uplink="eth0"), want("uplink", device="eth0", bridge="br-lan")
    (change,) = (each for each in planned(kernel, *moved).make if each.kind == "uplink")
    steps = [step for some in KIND["uplink"].change(change.wanted, change.found, change.differences) for step in some]
    assert [step.owner for step in steps if isinstance(step, Record) and step.key == key] == [None, "plan/web"]


@pytest.mark.parametrize(
    ("there", "objects", "networks"),
    [
        ((), wanted(), {"web"}),
        ((Link("ch-web", "bridge", MAC, **LEADING_OUT),), wanted(), set()),
        ((Link("ch-web", "bridge", MAC, **LEADING_OUT),), (), {"web"}),
        ((Link("ch-web", "bridge", MAC, owner="plan/web"),), wanted(), {"web"}),
        ((Link("ch-web", "bridge", MAC, owner="plan/web"),), (), set()),
        ((Link("br0", "bridge"), Link("chv1", "veth", owner="plan/web", master="br0")), (), {"web"}),
    ],
)
def test_a_network_that_turns_from_a_lan_or_to_one_is_told(there, objects, networks):
    assert turned(kernel_of(host(*there)), objects) == networks


def test_what_is_on_loan_moves_as_it_was_before():
    kernel = kernel_of(Namespace(links=[ETH0], sysctls={"net/ipv4/conf/eth0/forwarding": "1"}))
    loan = {"value": "1", "before": "0", "owners": ["plan/other"], "kind": "forwarding", "guard": None, "others": []}
    kernel.records.loan = lambda netns, key: loan if key == "net/ipv4/conf/eth0/forwarding" else None
    assert dict(side_of(kernel, kernel.link("eth0"), None).settings)["ipv4.forwarding"] == "0"


def test_a_container_gets_no_address_that_the_host_has_itself():
    there = Namespace(
        links=[
            Link("br0", "bridge", MAC),
            Link("eth1", None, "02:00:c6:12:00:02"),
            Link("chs-web", "macvlan", "02:00:c6:12:00:03", owner="plan/web"),
            Link("chs-lan", "macvlan", "02:00:c6:12:00:04", owner="plan/lan"),
        ],
        addresses={
            "br0": ["192.0.2.11/24"],
            "eth1": ["198.51.100.1/24"],
            "chs-web": ["192.0.2.13/32"],
            "chs-lan": ["192.0.2.14/32"],
        },
    )
    shop = {"engine": "netns", "ref": "shop"}

    def end(address: str):
        options = {"name": "chv1", "sandbox": shop, "mac": "02:00:00:00:00:05", "master": "br0"}
        return want("netns", name="shop"), want("veth", **options, addresses=[address])

    assert "192.0.2.11 is this host's own, on br0" in refused(kernel_of(there), *end("192.0.2.11/24"))[0]
    assert "198.51.100.1 is this host's own, on eth1" in refused(kernel_of(there), *end("198.51.100.1/24"))[0]
    assert "192.0.2.14 is this host's own, on chs-lan" in refused(kernel_of(there), *end("192.0.2.14/24"))[0]
    assert changed(kernel_of(there), *end("192.0.2.12/24"))
    assert changed(kernel_of(there), *end("192.0.2.13/24")), "the network's own shim leaves it"


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
