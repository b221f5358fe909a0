# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may stand on a parent beside what stands there already: macvlan, ipvlan."""

from __future__ import annotations

from collections import Counter

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
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

LAN = Namespace(links=[Link("lan0"), Link("lan1")])
L2 = {"IFLA_IPVLAN_MODE": 0, "IFLA_IPVLAN_FLAGS": 0}


def mode(name):
    return {"IFLA_MACVLAN_MODE": KIND["macvlan"].modes[name]}


def on(kind, parent="lan0", name="eth0", **more):
    return Link(name, kind, peer=(None, parent), **more)


def holding(*links):
    return Namespace(links=links)


def macvlan(ref, number=1, **more):
    return want(
        "macvlan",
        sandbox={"ref": ref},
        parent="lan0",
        mac=f"02:00:00:00:{number // 256:02x}:{number % 256:02x}",
        **more,
    )


def ipvlan(ref, **more):
    return want("ipvlan", sandbox={"ref": ref}, parent="lan0", **more)


def test_one_in_mode_passthru_is_alone_on_its_parent():
    theirs = holding(on("macvlan", data=mode("passthru")))
    assert len(refused(kernel_of(LAN, shop=Namespace(), other=theirs), macvlan("shop"))) == 1
    beside = holding(on("macvlan", "lan1", data=mode("passthru")))
    assert len(changed(kernel_of(LAN, shop=Namespace(), other=beside), macvlan("shop"))) == 1


@pytest.mark.parametrize("kind", ["macvtap", "ipvlan"])
def test_of_others_than_macvlans_the_kernel_says_what_is_wrong(kind):
    beside = holding(on(kind, data={**mode("passthru"), **L2}))
    assert len(changed(kernel_of(LAN, shop=Namespace(), other=beside), macvlan("shop"))) == 1


def test_a_mac_is_on_a_parent_once():
    itself = Namespace(links=[Link("lan0", mac="02:00:00:00:00:01")])
    assert refused(kernel_of(itself, shop=Namespace()), macvlan("shop")) == [
        "macvlan shop eth0 (web): lan0 has the MAC 02:00:00:00:00:01 itself: give this one another `mac`"
    ]
    theirs = on("macvlan", name="x", mac="02:00:00:00:00:01", data=mode("bridge"))
    assert refused(kernel_of(LAN, shop=Namespace(), other=holding(theirs)), macvlan("shop")) == [
        "macvlan shop eth0 (web): lan0 has a macvlan with the MAC 02:00:00:00:00:01 already, which is not ours: give"
        " this one another `mac`"
    ]
    beside = on("macvlan", "lan1", mac="02:00:00:00:00:01", data=mode("bridge"))
    assert len(changed(kernel_of(LAN, shop=Namespace(), other=holding(beside)), macvlan("shop"))) == 1
    assert len(changed(kernel_of(LAN, shop=Namespace(), other=holding(theirs)), macvlan("shop", 2))) == 1


def test_one_of_ours_may_leave_its_mac_to_another():
    ours = on("macvlan", mac="02:00:00:00:00:01", owner="plan/web", data=mode("bridge"))
    kernel = kernel_of(LAN, shop=Namespace(), old=holding(ours))
    kernel.records.set_owner("macvlan", (None, "netns", "old", "eth0"), "plan/web")
    lines = changed(kernel, macvlan("shop"), macvlan("old", 2))
    assert [line.partition(":")[0] for line in lines] == ["macvlan shop eth0 (web)", "macvlan old eth0 (web)"]


@pytest.mark.parametrize(("kind", "data"), [("macvlan", mode("bridge")), ("ipvlan", L2)])
@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"parent": "gone"}, "there is no interface gone on this host; name its interface on the LAN as `parent`"),
        ({"vlan": 7}, "there is no VLAN 7 of lan0 on this host; make it first (module vlan)"),
    ],
)
def test_one_stays_where_it_is_while_there_is_nothing_that_it_could_be_recreated_on(kind, data, other, why):
    ours = on(kind, owner="plan/web", data=data)
    kernel = kernel_of(LAN, shop=holding(ours))
    kernel.records.set_owner(kind, (None, "netns", "shop", "eth0"), "plan/web")
    moved = want(kind, sandbox={"ref": "shop"}, recreate=True, **{"parent": "lan0", **other})
    assert refused(kernel, moved) == [f"{kind} shop eth0 (web): {why}"]


def test_one_that_leaves_in_the_same_run_is_in_nobodys_way():
    kernel = kernel_of(LAN, shop=Namespace(), old=holding(on("macvlan", owner="plan/web", data=mode("passthru"))))
    kernel.records.set_owner("macvlan", (None, "netns", "old", "eth0"), "plan/web")
    assert len(changed(kernel, macvlan("shop"), leaves=everything_leaves)) == 2


def test_what_a_container_makes_on_its_own_devices_is_not_on_the_hosts():
    """Whatever their indexes are: those of each namespace begin anew."""
    own = Namespace(links=[Link("dummy0"), Link("mine", "macvlan", lower="dummy0", data=mode("passthru"))])
    kernel = kernel_of(LAN, shop=Namespace(), other=own)
    kernel.links()["lan0"] = kernel.link("lan0")._replace(index=kernel.link("dummy0", "/run/netns/other").index)
    assert len(changed(kernel, macvlan("shop"))) == 1


@pytest.mark.parametrize(
    "theirs",
    [
        on("ipvlan", data={**L2, "IFLA_IPVLAN_MODE": 1}),
        on("ipvtap", data=L2),
        on("macvlan", data=mode("bridge")),
    ],
)
def test_ipvlans_of_a_parent_are_all_alike(theirs):
    assert len(refused(kernel_of(LAN, shop=Namespace(), other=holding(theirs)), ipvlan("shop"))) == 1


@pytest.mark.parametrize(
    "theirs", [on("ipvlan", data=L2), on("ipvlan", data={**L2, "IFLA_IPVLAN_MODE": 1}, group=m.GROUP)]
)
def test_an_ipvlan_stands_beside_one_that_is_alike_or_changes_along(theirs):
    assert len(changed(kernel_of(LAN, shop=Namespace(), other=holding(theirs)), ipvlan("shop"))) == 1


def test_two_new_ipvlans_of_a_parent_have_one_mode():
    kernel = kernel_of(LAN, shop=Namespace(), db=Namespace())
    assert len(refused(kernel, ipvlan("shop"), ipvlan("db", mode="l3"))) == 1


@pytest.mark.parametrize(("kind", "data"), [("macvlan", mode("bridge")), ("ipvlan", L2)])
def test_however_many_are_added_each_namespace_is_looked_through_once_more(kind, data, monkeypatch):
    """That is by one look for all of them, beside the one for each interface itself."""
    names = [f"c{number}" for number in range(40)]
    namespaces = {name: holding(on(kind, name="eth1", group=m.GROUP, data=data)) for name in names}
    looked: Counter[str | None] = Counter()
    look = Kernel.links_that_can_be_read

    def counted(kernel, netns):
        looked[netns] += 1
        return look(kernel, netns)

    monkeypatch.setattr(Kernel, "links_that_can_be_read", counted)
    new = [
        {"macvlan": macvlan, "ipvlan": lambda ref, _number: ipvlan(ref)}[kind](name, 1 + at)
        for at, name in enumerate(names)
    ]
    assert len(planned(kernel_of(LAN, **namespaces), *new).make) == 40
    assert looked == {None: 1, **{f"/run/netns/{name}": 1 for name in names}}
