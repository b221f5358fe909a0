# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes an object that one and no other, how it is called, and that its options are its own."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.device import DEVICE_OPTIONS, DeviceKind
from ansible_collections.containerhost.network.plugins.module_utils.engine.dependence import by_dependence
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import (
    ANY_DEVICE,
    ANY_PARENT,
    link_data_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import (
    describe,
    wanted_object,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.attributes import Layouts
from ansible_collections.containerhost.network.plugins.module_utils.netlink.codec import ATOMS

BY_NAME = {kind.name: kind for kind in KINDS}
SHOP = {"engine": "netns", "ref": "shop"}
OBJECTS = {
    "netns": {"name": "shop"},
    "dummy": {"name": "inner0"},
    "vlan": {"parent": "eth0", "id": 7},
    "bridge": {"name": "ch-web"},
    "uplink": {"device": "eth0", "bridge": "ch-lan"},
    "veth": {"name": "chv1", "sandbox": SHOP, "master": "ch-web"},
    "macvlan": {"parent": "eth0", "sandbox": SHOP},
    "ipvlan": {"parent": "eth0", "sandbox": SHOP},
    "vxlan": {"name": "ch-fabric", "vni": 42},
    "wireguard": {"name": "ch-vault"},
    "vxlan_fdb": {"device": "ch-fabric", "lladdr": "02:00:00:00:00:01", "dst": "10.0.0.1"},
    "neighbour": {"device": "ch-fabric", "address": "10.42.1.0", "lladdr": "02:00:00:00:00:01"},
    "route": {"dst": "10.42.1.0/24", "device": "ch-fabric"},
    "isolation": {"device": "ch-web"},
    "sysctl": {"key": "net.ipv4.conf.ch-web.route_localnet", "value": "1"},
    "forwarding": {"device": "ch-web"},
    "nat_rule": {"rule": "publish", "host_port": 80, "address": "10.0.0.2"},
}


def key(kind: str, owner: str = "plan/web", **values):
    return wanted_object(BY_NAME[kind], {**OBJECTS[kind], **values}, owner).key


def named(kind: str, **values) -> str:
    object_ = wanted_object(BY_NAME[kind], {**OBJECTS[kind], **values}, "plan/web")
    return describe(BY_NAME[kind], object_.values, object_.owner)


@pytest.mark.parametrize("kind", sorted(OBJECTS))
def test_the_same_object_in_another_namespace_is_another(kind):
    if kind == "netns":
        with pytest.raises(Problem, match="no place in another"):
            key("netns", netns="shop")
    else:
        assert key(kind, netns="shop") != key(kind)
        assert key(kind, netns="shop") == key(kind, netns="/run/netns/shop")


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bridge", {"mtu": 1400}),
        ("veth", {"interface": "eth9", "master": "other"}),
        ("vxlan", {"vni": 43}),
        ("vxlan_fdb", {"dst": "10.0.0.2"}),
        ("neighbour", {"lladdr": "02:00:00:00:00:02"}),
        ("route", {"via": "10.0.0.1", "device": "eth0"}),
        ("nat_rule", {"address": "10.0.0.3", "port": 81}),
        ("isolation", {"internal": True}),
    ],
)
def test_what_can_change_is_no_part_of_the_identity(kind, values):
    assert key(kind, **values) == key(kind)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("vxlan_fdb", {"lladdr": "02:00:00:00:00:02"}),
        ("vxlan_fdb", {"device": "other"}),
        ("neighbour", {"address": "10.42.1.1"}),
        ("route", {"metric": 7}),
        ("route", {"table": 100}),
        ("nat_rule", {"protocol": "udp"}),
        ("nat_rule", {"host_address": "127.0.0.1"}),
        ("nat_rule", {"address": "fd00::2"}),
        ("forwarding", {"family": "ipv6"}),
    ],
)
def test_what_tells_two_apart_is_part_of_the_identity(kind, values):
    assert key(kind, **values) != key(kind)


def test_the_zero_mac_is_one_object_a_vtep():
    zero = {"lladdr": "00:00:00:00:00:00"}
    assert key("vxlan_fdb", **zero, dst="10.0.0.1") != key("vxlan_fdb", **zero, dst="10.0.0.2")


@pytest.mark.parametrize("kind", ["sysctl", "forwarding"])
def test_a_borrowed_setting_is_each_owners_own(kind):
    assert key(kind, "plan/web") != key(kind, "plan/fabric")


def test_an_ipv6_route_without_a_metric_is_the_one_that_the_kernel_makes():
    six = {"dst": "fd00::/64"}
    assert key("route", **six) == key("route", **six, metric=1024) != key("route", **six, metric=1)


def test_a_key_with_slashes_holds_a_device_with_a_dot():
    slashes = wanted_object(BY_NAME["sysctl"], {"key": "net/ipv4/conf/ch-a.b/rp_filter", "value": "1"}, "plan/web")
    assert slashes.values["key"] == "net/ipv4/conf/ch-a.b/rp_filter"
    assert key("sysctl", key="net.ipv4.conf.eth0.rp_filter") == key("sysctl", key="net/ipv4/conf/eth0/rp_filter")


@pytest.mark.parametrize(
    ("kind", "values", "name"),
    [
        ("veth", {}, "veth shop eth0 (web)"),
        ("vxlan_fdb", {}, "vxlan_fdb 02:00:00:00:00:01 on ch-fabric (web)"),
        ("route", {"table": 100}, "route 10.42.1.0/24 in table 100 (web)"),
        ("forwarding", {"device": None, "uplink": "auto"}, "forwarding ipv4 on uplink auto (web)"),
    ],
)
def test_an_object_is_called_by_what_people_know_it_by(kind, values, name):
    assert named(kind, **values) == name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kinds_table_names_only_what_there_is(kind):
    assert set(kind.fixed) <= set(kind.options)
    assert set(kind.key) <= set(kind.options)
    assert set(kind.after) <= {*BY_NAME, ANY_DEVICE, ANY_PARENT}
    assert kind.name not in kind.after
    # Of an unknown type an attribute is bytes.
    assert {type_ for _number, type_ in kind.data_attributes.values()} <= {*ATOMS, "hex"}


ENDS = [kind for kind in KINDS if kind.ends_in_sandbox and kind.kernel_kind]  # and not a file there


@pytest.mark.parametrize("kind", ENDS, ids=lambda kind: kind.name)
def test_verify_is_told_what_to_try_on_what_ends_in_a_container(kind):
    attachment = kind.attachment({**OBJECTS[kind.name], "addresses": ["10.0.0.2/24"]})
    assert (attachment.sandbox, attachment.addresses) == (SHOP, ("10.0.0.2",))


def test_kinds_depend_on_each_other_in_no_circle():
    order = [kind.name for kind in by_dependence(KINDS)]
    for kind in KINDS:
        assert all(order.index(needed) < order.index(kind.name) for needed in kind.after if needed in BY_NAME)


def test_whatever_may_be_a_parent_is_made_before_what_stands_on_one():
    order = [kind.name for kind in by_dependence(reversed(KINDS))]
    assert all(order.index(parent) < order.index("macvlan") for parent in ("bridge", "veth", "vxlan"))


class Unheard(DeviceKind):
    """A device that none of the others has heard of."""

    name = "unheard"
    kernel_kind = "unheard"
    options = DEVICE_OPTIONS


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "device" in kind.options], ids=lambda kind: kind.name)
def test_what_is_about_a_device_is_made_after_it_whatever_kind_it_is(kind):
    last = Unheard()
    order = [each.name for each in by_dependence((kind, *(each for each in KINDS if each is not kind), last))]
    # These are about the interface that leads to the LAN, which is there, and about devices of their own kind alone.
    assert order.index("unheard") < order.index(kind.name) or kind.name in ("uplink", "wireguard_peer")


@pytest.mark.parametrize("kind", sorted(OBJECTS))
def test_an_object_spelled_by_us_stays_as_it_is(kind):
    once = wanted_object(BY_NAME[kind], OBJECTS[kind], "plan/web")
    again = wanted_object(BY_NAME[kind], dict(once.values), "plan/web")
    assert (again.key, again.values) == (once.key, once.values)


def as_sent(value):
    """What a message says in words as a number, as the wire would put it."""
    if isinstance(value, (m.Index, m.VlanIndex, m.NewIndex, m.NetnsFd)):
        return 7
    return {name: as_sent(inner) for name, inner in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.kernel_kind], ids=lambda kind: kind.name)
def test_what_a_kind_sends_is_laid_out_by_what_it_declares(kind):
    assert kind.name in OBJECTS, f"give {kind.name} an object in OBJECTS, with what it needs and no more"
    wanted = wanted_object(kind, OBJECTS[kind.name], "plan/web")
    layouts = Layouts(link_data_of([kind]))
    steps = [step for round_ in kind.add(wanted) for step in round_]
    assert steps
    for step in steps:
        if isinstance(step, m.Message):
            layouts.of(step.type).pack({**as_sent(dict(step.attributes)), "header": as_sent(dict(step.header))})
