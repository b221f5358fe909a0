# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes an object that one and no other, how it is called, and that its options are its own."""

from __future__ import annotations

import re

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.device import DEVICE_OPTIONS, DeviceKind
from ansible_collections.containerhost.network.plugins.module_utils.bases.nft import NftKind
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
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.bridge_frame import BRIDGE_FRAME
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import FRAME
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    changed,
    kernel_of,
)
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kind_faults import faults

BY_NAME = {kind.name: kind for kind in KINDS}
SUBNET = {"subnet": "10.0.0.0/24", "gateway": "10.0.0.1"}
SHOP = {"engine": "netns", "ref": "shop"}
# One of each kind, with what it needs and no more.
OBJECTS = {
    "netns": {"name": "shop"},
    "dummy": {"name": "inner0"},
    "vlan": {"parent": "eth0", "id": 7},
    "bridge": {"name": "ch-web"},
    "uplink": {"device": "eth0", "bridge": "ch-lan"},
    "veth": {"name": "chv1", "sandbox": SHOP, "master": "ch-web"},
    "rate": {"device": "chv1", "in": "100mbit"},
    "macvlan": {"parent": "eth0", "sandbox": SHOP},
    "ipvlan": {"parent": "eth0", "sandbox": SHOP},
    "vxlan": {"name": "ch-fabric", "vni": 42},
    "wireguard_key": {"name": "ch-vault"},
    "wireguard": {"name": "ch-vault"},
    "wireguard_peer": {
        "device": "ch-vault",
        "public_key": "yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA=",
        "allowed_ips": ["10.42.1.0/24"],
    },
    "vxlan_fdb": {"device": "ch-fabric", "lladdr": "02:00:00:00:00:01", "dst": "10.0.0.1"},
    "neighbour": {"device": "ch-fabric", "address": "10.42.1.0", "lladdr": "02:00:00:00:00:01"},
    "route": {"dst": "10.42.1.0/24", "device": "ch-fabric"},
    "isolation": {"device": "ch-web"},
    "sender_filter": {"port": "chv1", "mac": "02:00:00:00:00:0a", "sources": ["10.0.0.2"]},
    "vtep_filter": {"vni": 42, "accept_from": ["10.0.0.1"]},
    "open_port": {"address": "10.0.0.2", "port": 80},
    "source_address": {"port": 51820, "address": "10.0.0.1"},
    "sysctl": {"key": "net.ipv4.conf.ch-web.route_localnet", "value": "1"},
    "forwarding": {"device": "ch-web"},
    "nat_rule": {"rule": "publish", "host_port": 80, "address": "10.0.0.2"},
    "foreign_firewall": {"device": "ch-web", "subnets": ["10.0.0.0/24"]},
    "joined": {"container": {"engine": "netns", "ref": "side"}, "joins": SHOP},
    "name_table": {"name": "web", "entries": ["10.0.0.2 shop"]},
    "name_server": {"name": "web", "device": "ch-web", "table": "web"},
    "resolv_conf": {"sandbox": SHOP, "servers": ["10.0.0.1"]},
    "hosts_file": {"sandbox": SHOP, "table": "web"},
    "cni_network": {"name": "web", "bridge": "ch-web", "subnets": [SUBNET]},
    "docker_network": {"name": "web", "bridge": "ch-web", "subnets": [{"subnet": "10.0.0.0/24"}]},
    "podman_network": {
        "name": "web",
        "bridge": "ch-web",
        "subnets": [SUBNET],
    },
}


LINKS = [
    *(Link(name, "bridge", owner="plan/web") for name in ("ch-web", "ch-lan")),
    Link("chv1", "veth", owner="plan/web", peer=(None, "ch-web")),
    Link("eth0", mac="02:00:00:00:00:01"),
]
SETS = re.findall(r"^ *(?:set|map) (\w+)", FRAME + BRIDGE_FRAME, re.MULTILINE)


def key(kind: str, owner: str = "plan/web", **values):
    return wanted_object(BY_NAME[kind], {**OBJECTS[kind], **values}, owner).key


def named(kind: str, **values) -> str:
    object_ = wanted_object(BY_NAME[kind], {**OBJECTS[kind], **values}, "plan/web")
    return describe(BY_NAME[kind], object_.values, object_.owner)


@pytest.mark.parametrize("kind", sorted(OBJECTS))
def test_the_same_object_in_another_namespace_is_another(kind):
    try:
        key(kind, netns="shop")
    except Problem as problem:  # a namespace, a file, and what is a daemon's
        assert re.search("no place in another|leave `netns` out", str(problem))
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
def test_a_kinds_table_is_consistent(kind):
    assert [*faults(kind, BY_NAME)] == []


def test_each_kind_is_tried_here_by_an_object():
    assert {kind.name for kind in KINDS} - {*OBJECTS} == set(), "give it an object in OBJECTS, with what it needs"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if isinstance(kind, NftKind)], ids=lambda kind: kind.name)
def test_a_rule_is_found_again_in_the_sets_of_our_table(kind):
    wanted = wanted_object(kind, OBJECTS[kind.name], "plan/web")
    table: dict[str, dict[str, tuple[str | None, str]]] = {}
    for element in kind.elements(wanted.values):
        assert element.set in SETS, f"{element.set} is no set or map of state/nftables/nft_frame.py"
        comment = mark(wanted.owner, kind.label_of_elements(wanted.values), "comment")
        table.setdefault(element.set, {})[element.key] = (element.value, comment)
    assert changed(kernel_of(Namespace(links=LINKS, elements=table)), wanted) == []


ENDS = [kind for kind in KINDS if kind.ends_in_sandbox and kind.kernel_kind]  # and not a file there


class Asked(dict):
    """What the kernel says of a device's own attributes: nothing; and what it is asked for."""

    def __init__(self) -> None:
        super().__init__(SAID=1)  # or there would be nothing to look into
        self.names: set[str] = set()

    def get(self, name, default=None):
        self.names.add(name)
        return super().get(name, default)

    def __getitem__(self, name):
        self.names.add(name)
        return super().__getitem__(name)

    def __contains__(self, name):
        self.names.add(name)
        return super().__contains__(name)


def kernel_with(kind, wanted, data):
    """A host that has the device of an object, of ours, with these attributes of its own."""
    inside, name = kind.device_of(wanted.values) is None, wanted.values.get("name") or wanted.values["interface"]
    lower = {"peer": (None, "eth0")} if inside else {"lower": "eth0"}
    link = Link(name, kind.kernel_kind, "02:00:00:00:00:07", owner="plan/web", data=data, **lower)
    shop = Namespace(links=[link] if inside else [])
    kernel = kernel_of(Namespace(links=[*LINKS, *([] if inside else [link])]), shop=shop)
    kernel.records.set_owner(kind.name, wanted.key, "plan/web")
    return kernel


def found_with(kind, wanted, data):
    """What is read of it."""
    return next((each for each in kind.read(kernel_with(kind, wanted, data), [wanted]) if each.key == wanted.key), None)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.kernel_kind], ids=lambda kind: kind.name)
def test_what_a_kind_reads_of_its_devices_is_laid_out_by_what_it_declares(kind):
    """An attribute of a name that nobody knows would be read as missing, in each run."""
    wanted, data = wanted_object(kind, OBJECTS[kind.name], "plan/web"), Asked()
    found = [*kind.read(kernel_with(kind, wanted, data), [wanted])]
    name = wanted.values.get("name") or wanted.values["interface"]
    assert name in {each.values.get("name") or each.values.get("interface") for each in found}
    layouts = Layouts(link_data_of([kind]))
    for asked in data.names:
        info = {"IFLA_INFO_KIND": kind.kernel_kind, "IFLA_INFO_DATA": {asked: b""}}
        layouts.link.pack({"header": {}, "IFLA_LINKINFO": info})


def sent(kind, wanted):
    """A device's own attributes, as it makes one; what is of its other end is not among them."""
    steps = [step for round_ in kind.add(wanted) for step in round_ if isinstance(step, m.Message)]
    infos = [dict(step.attributes).get("IFLA_LINKINFO") or {} for step in steps]
    data = next((info["IFLA_INFO_DATA"] for info in infos if info.get("IFLA_INFO_DATA")), {})
    return {name: value for name, value in data.items() if not isinstance(value, dict)}


def with_another_value(kind, shortest):
    """An object for each option that is one of a few, or a number, or a switch, with another value than the shortest
    one's: in it, what differs is told to the kernel as an attribute of the kind's own."""
    for option, spec in kind.options.items():
        if option in (*kind.key, *OBJECTS[kind.name]):
            continue
        for value in (*spec.get("choices", ()), *{"int": (1400, 7), "bool": (True, False)}.get(spec.get("type"), ())):
            try:
                wanted = wanted_object(kind, {**OBJECTS[kind.name], option: value}, "plan/web")
            except Problem:  # not without another one beside it
                continue
            if sent(kind, wanted) != sent(kind, shortest):
                yield option, wanted
                break


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.kernel_kind], ids=lambda kind: kind.name)
def test_an_option_that_the_kernel_is_told_of_is_read_again_and_can_be_changed(kind):
    shortest = wanted_object(kind, OBJECTS[kind.name], "plan/web")
    for option, wanted in with_another_value(kind, shortest):
        same, other = (found_with(kind, wanted, sent(kind, each)) for each in (wanted, shortest))
        always = kind.differences(wanted, same)
        assert option not in always, f"`{option}` is set and not read: it would be changed in each run"
        differences = {name: pair for name, pair in kind.differences(wanted, other).items() if name not in always}
        assert differences, f"`{option}` is sent when it is made, and nobody sees that it is another"
        told = kind.change(wanted, other, differences) != kind.change(wanted, other, {})
        assert told or kind.fixed_of(differences), f"`{option}` is not in what a change sends, nor in `fixed`"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "parent" in kind.options], ids=lambda kind: kind.name)
def test_what_has_a_parent_stands_on_it_and_comes_after_all_that_may_be_one(kind):
    values = wanted_object(kind, OBJECTS[kind.name], "plan/web").values
    assert ("link", None, values["parent"]) in [*kind.stands_on(values)], "`stands_on` does not name its parent"
    assert {*kind.after} & {ANY_PARENT, ANY_DEVICE}, "`after` lacks ANY_PARENT: it would be made before its parent"


@pytest.mark.parametrize("kind", ENDS, ids=lambda kind: kind.name)
def test_what_ends_in_a_sandbox_holds_it_and_comes_after_it(kind):
    values = wanted_object(kind, OBJECTS[kind.name], "plan/web").values
    assert ("netns", "shop") in [*kind.holds(values)], "`holds` does not name its sandbox, which could go before it"
    assert "netns" in kind.after, "`after` lacks netns: it would be made before its sandbox"


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


def test_a_device_that_another_kind_has_made_for_an_object_is_no_leftover_of_a_new_kind():
    beside = Link("chr2f0b", "unheard", owner="plan/web", label="chv1")
    own = Link("red", "unheard", owner="plan/web")
    found = Unheard().read(kernel_of(Namespace(links=[beside, own])), [])
    assert [each.key for each in found] == [(None, "red")]


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
    wanted = wanted_object(kind, OBJECTS[kind.name], "plan/web")
    layouts = Layouts(link_data_of([kind]))
    steps = [step for round_ in kind.add(wanted) for step in round_]
    assert steps
    for step in steps:
        if isinstance(step, m.Message):
            layouts.of(step.type).pack({**as_sent(dict(step.attributes)), "header": as_sent(dict(step.header))})
