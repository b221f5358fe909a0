# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import rounds_of
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    BOOT,
    KIND,
    Link,
    Namespace,
    Route,
    changed,
    everything_leaves,
    kernel_of,
    planned,
    refused,
    waiting,
    want,
)

SHOP = {"engine": "netns", "ref": "shop"}
INSIDE = "/run/netns/shop"
IPV6_OFF = "net/ipv6/conf/eth0/disable_ipv6"


def wanted(**more):
    values = {
        "name": "chv1", "master": "ch-web", "sandbox": SHOP, "mac": "02:00:00:00:00:02", "addresses": ["10.80.0.2/24"],
        "routes": [{"dst": "0.0.0.0/0", "via": "10.80.0.1"}], "sysctls": {"net.ipv6.conf.IFNAME.disable_ipv6": "1"},
    }  # fmt: skip
    return want("veth", **{**values, **more})


def kernel(outside=None, inside=None, shop=None, **more_inside):
    """The container shop on ch-web, as ``wanted`` has it; each end may differ, or what is in the namespace."""
    end = {"owner": "plan/web", "label": "netns:shop/eth0", "peer": (INSIDE, "eth0"), "master": "ch-web"}
    host = [Link("ch-web", "bridge", owner="plan/web"), Link("chv1", "veth", **{**end, **(outside or {})})]
    peer = {"mac": "02:00:00:00:00:02", "peer": (None, "chv1"), **(inside or {})}
    there = {
        "links": [Link("eth0", "veth", **peer)],
        "addresses": {"eth0": ["10.80.0.2/24"]},
        "routes": [Route("0.0.0.0/0", "eth0", via="10.80.0.1"), Route("10.80.0.0/24", "eth0", protocol=2)],
        "sysctls": {IPV6_OFF: "1"},
        **more_inside,
    }
    return kernel_of(Namespace(links=host), shop=shop or Namespace(**there))


def bridge_alone(**named):
    return kernel_of(Namespace(links=[Link("ch-web", "bridge", owner="plan/web")]), **named)


@pytest.mark.parametrize(("routes", "goes_first"), [
    ([{"dst": "0.0.0.0/0", "via": "10.9.0.1"}], True),
    ([{"dst": "0.0.0.0/0", "via": "10.9.0.1", "metric": 50}], False),
    ([{"dst": "::/0", "via": "fd00:9::1"}], False),
])  # fmt: skip
def test_one_whose_route_an_interface_of_another_kind_is_to_have_goes_first(routes, goes_first):
    there = kernel()
    there.links(None)["eth7"] = there.link("ch-web")._replace(name="eth7", kind=None, alias=None)
    values = {"interface": "eth1", "parent": "eth7", "addresses": ["10.9.0.2/24", "fd00:9::2/64"], "routes": routes}
    lan = want("macvlan", owner="plan/lan", sandbox=SHOP, **values)
    assert [change.kind for change in planned(there, lan).clear] == ["veth"] * goes_first


@pytest.mark.parametrize(("more", "goes_first"), [
    ({}, True),
    ({"master": "ch-lan"}, False),
    ({"mac": "02:00:00:00:00:09"}, False),
])  # fmt: skip
def test_one_whose_mac_another_one_on_its_bridge_is_to_have_goes_first(more, goes_first):
    there = kernel()
    there.links(None)["ch-lan"] = there.link("ch-web")._replace(name="ch-lan")
    there.will_make_netns("/run/netns/cart")
    todo = planned(there, wanted(name="chv2", sandbox={"ref": "cart"}, sysctls={}, **more))
    assert [change.key for change in todo.clear] == [(None, "chv1")] * goes_first
    assert [change.action for change in todo.make] == ["add"]


def test_one_of_a_task_stays_whoever_is_to_have_its_mac():
    there = kernel(outside={"owner": "task"})
    there.will_make_netns("/run/netns/cart")
    assert planned(there, wanted(name="chv2", sandbox={"ref": "cart"}, sysctls={})).clear == []


def test_a_missing_one_is_added():
    assert changed(bridge_alone(shop=Namespace()), wanted(mtu=1450)) == [
        "veth shop eth0 (web): absent → 10.80.0.2/24 as eth0 in netns shop, on ch-web, mtu 1450,"
        " route: 0.0.0.0/0 via 10.80.0.1"
    ]


def test_one_that_is_as_wanted_stays_as_it_is():
    assert changed(kernel(), wanted()) == []


@pytest.mark.parametrize(
    ("there", "line"),
    [
        ({"outside": {"master": None}}, " → master: ch-web"),
        ({"outside": {"port": {"IFLA_BRPORT_MODE": 1}}}, "hairpin: yes → hairpin: no"),
        ({"outside": {"up": False}}, "up: no → up: yes"),
        ({"inside": {"up": False}}, "up: no → up: yes"),
        ({"inside": {"mac": "02:00:00:00:00:09"}}, "mac: 02:00:00:00:00:09 → mac: 02:00:00:00:00:02"),
        ({"addresses": {"eth0": ["10.80.0.3/24"]}}, "addresses: 10.80.0.3/24 → addresses: 10.80.0.2/24"),
        ({"routes": [Route("0.0.0.0/0", "eth0", via="10.80.0.9")]},
         "routes: 0.0.0.0/0 via 10.80.0.9 → routes: 0.0.0.0/0 via 10.80.0.1"),
        ({"routes": []}, " → routes: 0.0.0.0/0 via 10.80.0.1"),
        ({"sysctls": {IPV6_OFF: "0"}}, f"sysctls: {IPV6_OFF}=0 → sysctls: {IPV6_OFF}=1"),
    ],
)  # fmt: skip
def test_what_differs_at_either_end_is_shown_and_nothing_else(there, line):
    assert changed(kernel(**there), wanted()) == [f"veth shop eth0 (web): {line}"]


def test_an_mtu_that_only_one_end_has_is_none():
    assert changed(kernel(inside={"mtu": 1400}), wanted(mtu=1500)) == [
        "veth shop eth0 (web): mtu: 1500 and 1400 → mtu: 1500"
    ]


def test_the_link_local_address_of_a_former_mac_has_gone_before_anybody_is_given_a_mac():
    own = ["fd00:80::2/64", "fe80::ff:fe00:2/64"]
    there = kernel(addresses={"eth0": own}, sysctls={})
    wanted_ = wanted(mac="02:00:00:00:00:03", addresses=own[:1], sysctls={}, routes=[])
    (change,) = planned(there, wanted_).make
    rounds = rounds_of(KIND["veth"], change)
    gone = [number for number, steps in enumerate(rounds) if m.delete_address("eth0", own[1], INSIDE) in steps]
    given = [number for number, steps in enumerate(rounds) if any("IFLA_ADDRESS" in each.attributes for each in steps
             if isinstance(each, m.Message))]  # fmt: skip
    assert (gone, given) == ([0], [2])


@pytest.mark.parametrize("option", ["hairpin", "isolated"])
def test_what_only_a_port_has_needs_a_bridge_be_it_the_one_that_it_is_on(option):
    (line,) = changed(kernel(), wanted(master=None, **{option: True}))
    assert f" → {option}: yes" in line
    alone = kernel(outside={"master": None})
    assert refused(alone, wanted(master=None, **{option: True})) == [
        f"veth shop eth0 (web): `{option}` is a setting of a bridge's port: name the bridge as `master`, or leave it"
        " out"
    ]
    assert changed(alone, wanted(master=None, **{option: False})) == []


def test_a_route_of_the_container_s_own_is_its_own():
    own = [Route("0.0.0.0/0", "eth0", via="10.80.0.1"), Route("192.0.2.0/24", "eth0", via="10.80.0.7", protocol=BOOT)]
    assert changed(kernel(routes=own), wanted()) == []


RUNNING, CARRIED = m.IFF_RUNNING, m.IFF_RUNNING | m.IFF_LOWER_UP
UNKNOWN, DOWN, UP = 0, 2, 6  # IF_OPER_*, linux/if.h


@pytest.mark.parametrize(
    ("flags", "operstate", "carrier_changes", "missed"),
    [
        (0, DOWN, 1, False),  # its other end is down
        (RUNNING, UNKNOWN, 1, False),  # the same, which the kernel has not seen to yet
        (CARRIED, UNKNOWN, 2, False),  # the other end has come up, which it has not seen to yet
        (m.IFF_LOWER_UP, DOWN, 2, False),  # or after it had seen to its being down
        (CARRIED, UP, 2, True),
        (CARRIED, UNKNOWN, 0, True),  # a device that always has a carrier, such as an ipvlan
    ],
)
def test_a_link_local_address_is_missed_once_the_kernel_has_seen_to_the_carrier(
    flags, operstate, carrier_changes, missed
):
    more = {"IFLA_OPERSTATE": operstate, "IFLA_CARRIER_CHANGES": carrier_changes}
    there = kernel(inside={"flags": flags, "more": more}, addresses={"eth0": ["fd00:80::2/64"]}, routes=[])
    with_ipv6 = wanted(addresses=["fd00:80::2/64"], routes=[], sysctls={})
    assert any("link.link_local=0" in line for line in changed(there, with_ipv6)) is missed


@pytest.mark.parametrize(("has", "gone", "missed"), [
    ("fe80::ff:fe00:2", [], False),  # of its MAC
    ("fe80::ff:fe00:9", ["fe80::ff:fe00:9/64"], True),  # of another one, which it had before
    ("fe80::1234:5678:9abc:def0", [], False),  # of none: an RFC 7217 address, say
])  # fmt: skip
@pytest.mark.parametrize("mac_now", ["02:00:00:00:00:02", "02:00:00:00:00:09"])
def test_a_link_local_address_follows_the_mac_that_an_end_is_to_have(has, gone, missed, mac_now):
    with_ipv6 = wanted(addresses=["fd00::2/64"], routes=[], sysctls={})
    inside = {"mac": mac_now, "flags": CARRIED, "more": {"IFLA_OPERSTATE": UP, "IFLA_CARRIER_CHANGES": 2}}
    there = kernel(inside=inside, addresses={"eth0": ["fd00::2/64", f"{has}/64"]}, routes=[])
    lines = changed(there, with_ipv6)
    assert any("link.link_local=0" in line for line in lines) is missed
    assert [line for line in gone if any(f"addresses: {line}" in each for each in lines)] == gone
    assert any("fe80:" in line for line in lines) is bool(gone)


def test_an_end_that_is_gone_with_its_namespace_is_made_again():
    assert changed(kernel(outside={"peer": (None, "ch-web")}, shop=Namespace()), wanted()) == [
        "veth shop eth0 (web) (re-created):  → sandbox: engine=netns, sandbox: ref=shop, mac: 02:00:00:00:00:02,"
        f" addresses: 10.80.0.2/24, routes: 0.0.0.0/0 via 10.80.0.1, sysctls: {IPV6_OFF}=1, interface: eth0"
    ]


def test_an_end_in_another_sandbox_moves_only_when_allowed():
    elsewhere = wanted(sandbox={"engine": "netns", "ref": "cart"})
    there = kernel_of(
        Namespace(
            links=[
                Link("ch-web", "bridge", owner="plan/web"),
                Link("chv1", "veth", owner="plan/web", label="netns:shop/eth0", peer=(INSIDE, "eth0"), master="ch-web"),
            ]
        ),
        shop=Namespace(links=[Link("eth0", "veth", peer=(None, "chv1"))]),
        cart=Namespace(),
    )
    (sentence,) = refused(there, elsewhere)
    assert sentence.startswith("veth cart eth0 (web) would have to be re-created to change sandbox (")
    assert "recreate: true" in sentence


def test_it_needs_its_bridge():
    shop = Namespace()
    assert refused(kernel_of(shop=shop), wanted()) == [
        "veth shop eth0 (web): there is no bridge ch-web; make it first (module bridge), or name another `master`"
    ]
    assert refused(kernel_of(Namespace(links=[Link("ch-web", "dummy")]), shop=shop), wanted()) == [
        "veth shop eth0 (web): ch-web is no bridge (dummy); name another `master`"
    ]
    assert len(changed(kernel_of(shop=shop), want("bridge", name="ch-web"), wanted())) == 2
    assert refused(kernel(), wanted(master="ch-other")) == [
        "veth shop eth0 (web): there is no bridge ch-other; make it first (module bridge), or name another `master`"
    ]
    assert refused(kernel(), wanted(sysctls={"net.ipv4.odd": "1"})) == [
        "veth shop eth0 (web): its sandbox has no sysctl net/ipv4/odd: look below /proc/sys in it"
    ]


def test_it_needs_its_namespace():
    assert changed(bridge_alone(), wanted()) == []
    assert waiting(bridge_alone(), wanted()) == [
        "there is no network namespace shop; make it first (module netns), or start its container"
    ]
    assert len(changed(bridge_alone(), want("netns", name="shop"), wanted())) == 2


def test_an_interface_of_somebody_else_s_is_in_the_way():
    taken = Namespace(links=[Link("eth0", "dummy")])
    assert changed(bridge_alone(shop=taken), wanted()) == []
    assert waiting(bridge_alone(shop=taken), wanted()) == [
        "eth0 in shop is there already (dummy) and not ours: name another `interface`, or"
        " remove it"
    ]


def test_a_leftover_is_called_by_its_container():
    assert changed(kernel(), leaves=everything_leaves)[0].startswith(
        "veth shop eth0 (web): absent ← eth0 in netns shop"
    )
