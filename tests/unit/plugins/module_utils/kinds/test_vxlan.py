# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import compare
from ansible_collections.containerhost.network.plugins.module_utils.kinds.vxlan import Vxlan
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    changed,
    kernel_of,
    nothing_leaves,
    refused,
    want,
)

DATA = {"IFLA_VXLAN_ID": 42, "IFLA_VXLAN_PORT": 4789, "IFLA_VXLAN_LOCAL": "192.0.2.11", "IFLA_VXLAN_LEARNING": 0}


def vtep(name="ch-fabric", owner="plan/web", data=None, **more):
    return Link(name, "vxlan", owner=owner, data={**DATA, **(data or {})}, **more)


ETH0 = Namespace(links=[Link("eth0")])


def host(*links):
    return kernel_of(Namespace(links=[Link("eth0"), *links]))


def wanted(**values):
    return want("vxlan", **{"name": "ch-fabric", "vni": 42, "local": "192.0.2.11", **values})


def test_one_that_is_as_wanted_stays_as_it_is():
    assert changed(host(vtep()), wanted()) == []


def test_a_missing_one_is_added():
    assert changed(host(), wanted(addresses=["10.42.0.0/32"])) == [
        "vxlan ch-fabric (web): absent → vni: 42, local: 192.0.2.11, addresses: 10.42.0.0/32, port: 4789"
    ]


@pytest.mark.parametrize(
    ("data", "values", "line"),
    [
        ({"IFLA_VXLAN_LEARNING": 1}, {}, "learning: yes → learning: no"),
        ({"IFLA_VXLAN_LOCAL": "192.0.2.12"}, {}, "local: 192.0.2.12 → local: 192.0.2.11"),
        ({}, {"link": "eth0"}, " → link: eth0"),
    ],
)
def test_what_the_kernel_can_change_is_changed(data, values, line):
    assert changed(host(vtep(data=data)), wanted(**values)) == [f"vxlan ch-fabric (web): {line}"]


@pytest.mark.parametrize(
    ("values", "what"), [({"vni": 43}, "vni (42 → 43)"), ({"port": 8472}, "port (4789 → 8472)")]
)
def test_what_it_cannot_is_asked_for_first(values, what):
    assert refused(host(vtep()), wanted(**values)) == [
        f"vxlan ch-fabric (web) would have to be re-created to change {what}: allow it with recreate: true"
        " (for site: containerhost_recreate=true)"
    ]
    (line,) = changed(host(vtep()), wanted(recreate=True, **values))
    assert line.startswith("vxlan ch-fabric (web) (re-created): ")


def test_a_stranger_s_vni_is_taken():
    assert refused(host(vtep("flannel.42", None)), wanted()) == [
        "vxlan ch-fabric (web): flannel.42, which is not ours, has VNI 42 on port 4789 already: give this one another"
    ]
    assert len(changed(host(vtep("flannel.42", None)), wanted(port=8472))) == 1
    assert len(changed(host(vtep("flannel.42", None)), wanted(vni=43))) == 1


def test_so_is_that_of_one_that_was_taken_to_another_namespace():
    away = vtep("vx9", None)
    away.peer = (None, "lo")
    (sentence,) = refused(kernel_of(ETH0, swarm=Namespace(links=[away])), wanted())
    assert sentence == (
        "vxlan ch-fabric (web): vx9, which is not ours and was taken to namespace swarm, has VNI 42 on port 4789 of"
        " this host: give this one another"
    )
    for values in ({"vni": 43}, {"port": 8472}):
        assert len(changed(kernel_of(ETH0, swarm=Namespace(links=[away])), wanted(**values))) == 1


def test_but_not_that_of_one_that_was_made_elsewhere(monkeypatch):
    """Made in the namespace that it is in, or in a third one."""
    there = vtep("vx9", None)
    assert len(changed(kernel_of(ETH0, swarm=Namespace(links=[there])), wanted())) == 1
    there.peer = (None, "lo")
    kernel = kernel_of(ETH0, swarm=Namespace(links=[there]))
    monkeypatch.setattr(kernel._readings, "host_id", lambda netns: 1)
    assert len(changed(kernel, wanted())) == 1


def test_a_vni_of_ours_passes_from_one_network_to_the_next():
    def leaves(found):
        return found.values.get("name") == "ch-old"

    lines = changed(host(vtep("ch-old")), wanted(), leaves=leaves)
    assert [line.split(" →")[0].split(" ←")[0] for line in lines] == [
        "vxlan ch-old (web): absent", "vxlan ch-fabric (web): absent",
    ]  # fmt: skip


def test_it_needs_what_it_is_built_on():
    assert refused(host(), wanted(link="eth9", master="chb-fabric")) == [
        "vxlan ch-fabric (web): there is no bridge chb-fabric; make it first (module bridge), or name another `master`"
        "\n"
        "vxlan ch-fabric (web): there is no device eth9; name another `link`"
    ]
    assert refused(host(vtep()), wanted(link="eth9")) == [
        "vxlan ch-fabric (web): there is no device eth9; name another `link`"
    ]
    assert refused(host(vtep()), wanted(master="chb-fabric")) == [
        "vxlan ch-fabric (web): there is no bridge chb-fabric; make it first (module bridge), or name another `master`"
    ]


def test_one_that_is_recreated_needs_all_that_a_new_one_does():
    there = Namespace(links=[Link("eth0", mtu=1400), vtep(mtu=1350)], programs={8472: "dnsmasq (process 7)"})
    assert refused(kernel_of(there), wanted(port=8472, link="eth0", mtu=1351, recreate=True))[0].splitlines() == [
        "vxlan ch-fabric (web): dnsmasq (process 7) has UDP port 8472 on this host: stop it, or give this one another"
        " `port`",
        "vxlan ch-fabric (web): mtu 1351 does not fit eth0, whose 1400 leaves 1350: raise that of eth0, or say what the"
        " underlay carries (containerhost_underlay_mtu: 1400), or take 1350 or less",
    ]


@pytest.mark.parametrize("vni", [None, -1, 1 << 24])
def test_a_vni_has_24_bits(vni):
    with pytest.raises(Problem, match="vni"):
        wanted(vni=vni)


def test_one_whose_underlay_is_of_the_other_family_by_now_is_told_of_a_way_that_interrupts_nothing():
    (told,) = refused(host(vtep()), wanted(local="2001:db8::7"))
    assert "to change local (192.0.2.11 → 2001:db8::7): allow it with recreate: true" in told
    assert told.endswith(", or give the network another `port` or `vni` along with it, which interrupts nothing")


def test_a_group_needs_to_be_one_and_a_link():
    for values, text in [
        ({"group": "10.1.1.1", "link": "eth0"}, "group 10.1.1.1 is no multicast address"),
        ({"group": "239.1.1.1"}, "group 239.1.1.1 needs a `link`"),
        ({"group": "ff05::1", "link": "eth0"}, "group ff05::1 and local 192.0.2.11 are not of one family"),
        ({"neigh_suppress": True}, "`neigh_suppress` is a setting of a bridge's port"),
    ]:
        with pytest.raises(Problem, match=text):
            wanted(**values)


@pytest.mark.parametrize("before", ["239.4.4.4", None])
@pytest.mark.parametrize("after", ["239.4.4.5", None])
def test_a_host_leaves_a_group_when_all_turn_and_joins_a_first_one_at_once(before, after):
    """Who still sends to the old one would not be heard, nor who sends to a new one that nobody has joined yet."""
    new = wanted(link="eth0", group=after)
    there = Found("vxlan", new.key, {**new.values, "group": before}, "plan/web")
    assert Vxlan().meanwhile(new, there, "switch").values.get("group") == (before or after)
    assert Vxlan().meanwhile(new, there, "remove").values.get("group") == after


@pytest.mark.parametrize("there", ["ch-old", None], ids=["beside another", "alone"])
def test_a_second_one_on_a_segment_waits_for_all_to_turn_also_where_no_other_host_is_on_it(there):
    """It is made silent, and floods from then on: a run without that phase would do it in a later one, unpredicted."""
    port = vtep(there, master="chb-web", data={"IFLA_VXLAN_PORT": 8472}) if there else Link("eth1")
    kernel = host(Link("chb-web", "bridge", owner="plan/web"), port)
    bridge, tunnel = want("bridge", name="chb-web"), wanted(name="ch-new", master="chb-web", addresses=[])
    todo = compare(KINDS, kernel, [bridge, tunnel], nothing_leaves, holds=lambda wanted: "switch")
    assert [(each.until, each.change.key[-1]) for each in todo.held] == [("switch", "ch-new")] * bool(there)
