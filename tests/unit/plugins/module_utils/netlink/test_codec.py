# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is packed is what is unpacked, and it is what pyroute2 itself reads and writes."""

from __future__ import annotations

import ipaddress
import os
import platform
import socket
import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.module_utils import startup
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import link_data_of
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.attributes import Layouts
from ansible_collections.containerhost.network.plugins.module_utils.netlink.codec import (
    UnknownAttribute,
)
from ansible_collections.containerhost.network.plugins.module_utils.startup import import_definitions

LINK_DATA = link_data_of(KINDS)
LAYOUTS = Layouts(LINK_DATA)

u8, u16, u32 = (st.integers(0, (1 << bits) - 1) for bits in (8, 16, 32))
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=15)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=80)
macs = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))
four = st.ip_addresses(v=4).map(str)
# Within these, Python and the C library spell every address alike (they do not agree on ::ffff:0:0).
six = st.sampled_from(("2000::/3", "fc00::/7", "fe80::/10", "ff00::/8")).flatmap(
    lambda network: st.ip_addresses(v=6, network=network).map(str)
)


def some(**attributes):
    """Any of these attributes, and a header."""
    header = attributes.pop("header")
    optional = {name.replace("__", "."): strategy for name, strategy in attributes.items()}
    return st.tuples(st.fixed_dictionaries({}, optional=header), st.fixed_dictionaries({}, optional=optional))


links = some(
    header={"family": u8, "ifi_type": u16, "index": st.integers(0, (1 << 31) - 1), "flags": u32, "change": u32},
    IFLA_IFNAME=names, IFLA_ADDRESS=macs, IFLA_MTU=u32, IFLA_MASTER=u32, IFLA_GROUP=u32, IFLA_IFALIAS=texts,
    IFLA_NET_NS_FD=u32, IFLA_LINK=u32,
)  # fmt: skip
addresses = some(
    header={"family": u8, "prefixlen": u8, "flags": u8, "scope": u8, "index": u32},
    IFA_ADDRESS=four | six, IFA_LOCAL=four | six, IFA_BROADCAST=four, IFA_FLAGS=u32, IFA_PROTO=u8,
)  # fmt: skip
routes = some(
    header={"family": u8, "dst_len": u8, "src_len": u8, "tos": u8, "table": u8, "proto": u8, "scope": u8, "type": u8,
            "flags": u32},
    RTA_DST=four | six, RTA_GATEWAY=four | six, RTA_PREFSRC=four | six, RTA_OIF=u32, RTA_PRIORITY=u32, RTA_TABLE=u32,
)  # fmt: skip
neighbours = some(
    header={"family": u8, "ifindex": st.integers(0, (1 << 31) - 1), "state": u16, "flags": u8, "ndm_type": u8},
    NDA_DST=four | six, NDA_LLADDR=macs, NDA_PORT=u16, NDA_VNI=u32, NDA_NH_ID=u32, NDA_PROTOCOL=u8, NDA_MASTER=u32,
)  # fmt: skip


@pytest.mark.parametrize(
    ("layout", "messages"),
    [(LAYOUTS.link, links), (LAYOUTS.address, addresses), (LAYOUTS.route, routes), (LAYOUTS.neighbour, neighbours)],
    ids=["link", "address", "route", "neighbour"],
)
def test_what_is_packed_is_what_is_unpacked(layout, messages):
    @given(messages)
    def check(message):
        header, attributes = message
        raw = layout.pack({"header": header, **attributes})
        assert len(raw) % 4 == 0
        found = layout.unpack(raw)
        assert {name: found[name] for name in header} == header
        assert {name: found[name] for name in attributes} == attributes
        assert set(found) == {*layout.header_names, *attributes}

    check()


vxlans = st.fixed_dictionaries(
    {"IFLA_VXLAN_ID": st.integers(0, (1 << 24) - 1)},
    optional={"IFLA_VXLAN_PORT": u16, "IFLA_VXLAN_LOCAL": four, "IFLA_VXLAN_LOCAL6": six, "IFLA_VXLAN_LEARNING": u8,
              "IFLA_VXLAN_LINK": u32},
)  # fmt: skip
bridges = st.fixed_dictionaries(
    {}, optional={"IFLA_BR_STP_STATE": u32, "IFLA_BR_AGEING_TIME": u32, "IFLA_BR_PRIORITY": u16}
)
peers = st.fixed_dictionaries({"VETH_INFO_PEER": st.fixed_dictionaries(
    {"IFLA_IFNAME": names}, optional={"IFLA_ADDRESS": macs, "IFLA_MTU": u32, "IFLA_NET_NS_FD": u32}
)})  # fmt: skip
kinds = st.one_of(
    st.tuples(st.just("vxlan"), vxlans), st.tuples(st.just("bridge"), bridges), st.tuples(st.just("veth"), peers)
)


@given(names, kinds)
def test_what_belongs_to_a_kind_of_device_is_packed_within_its_link(name, kind):
    kind, own = kind
    message = {"IFLA_IFNAME": name, "IFLA_LINKINFO": {"IFLA_INFO_KIND": kind, "IFLA_INFO_DATA": own}}
    info = LAYOUTS.link.unpack(LAYOUTS.link.pack({"header": {}, **message}))["IFLA_LINKINFO"]
    assert info["IFLA_INFO_KIND"] == kind
    found = info["IFLA_INFO_DATA"]
    if kind == "veth":
        found, own = found["VETH_INFO_PEER"], own["VETH_INFO_PEER"]
    assert {name: found[name] for name in own} == own


@given(u8, u8)
def test_a_ports_own_settings_are_packed_within_its_link(isolated, mode):
    own = {"IFLA_BRPORT_ISOLATED": isolated, "IFLA_BRPORT_MODE": mode}
    message = {"IFLA_LINKINFO": {"IFLA_INFO_SLAVE_KIND": "bridge", "IFLA_INFO_SLAVE_DATA": own}}
    info = LAYOUTS.link.unpack(LAYOUTS.link.pack({"header": {}, **message}))["IFLA_LINKINFO"]
    assert info["IFLA_INFO_SLAVE_DATA"] == own


@given(st.sampled_from([four, six]).flatmap(lambda family: st.tuples(family, family)), macs)
def test_pyroute2_reads_what_we_write(pair, mac):
    """Its own decoder of the same classes is the other witness."""
    _ifinfmsg, ifaddrmsg, rtmsg, ndmsg = import_definitions()
    address, via = pair
    family = m.family_of(address)
    header = {"family": family, "prefixlen": 20, "index": 7}
    decoded = decode(ifaddrmsg, LAYOUTS.address.pack({"header": header, "IFA_LOCAL": address, "IFA_FLAGS": 0x82}))
    assert (decoded["index"], decoded.get_attr("IFA_LOCAL"), decoded.get_attr("IFA_FLAGS")) == (7, address, 0x82)
    raw = LAYOUTS.route.pack({"header": {"family": family}, "RTA_GATEWAY": via, "RTA_OIF": 9})
    assert decode(rtmsg, raw).get_attr("RTA_GATEWAY") == via
    raw = LAYOUTS.neighbour.pack(
        {"header": {"family": family}, "NDA_DST": address, "NDA_LLADDR": mac, "NDA_PORT": 4790}
    )
    decoded = decode(ndmsg, raw)
    assert (decoded.get_attr("NDA_DST"), decoded.get_attr("NDA_LLADDR"), decoded.get_attr("NDA_PORT")) == (
        address, mac, 4790,
    )  # fmt: skip


def decode(definition, raw: bytes):
    """By pyroute2: it wants the netlink header before it."""
    framed = (len(raw) + 16).to_bytes(4, "little") + bytes(12) + raw
    message = definition(framed)
    message.decode()
    return message


@pytest.mark.parametrize(
    ("layout", "attributes"),
    [
        (LAYOUTS.link, {"IFLA_MTUU": 1500}),
        (LAYOUTS.link, {"header": {"indx": 1}}),
        (LAYOUTS.link, {"IFLA_LINKINFO": {"IFLA_INFO_KIND": "vxlan", "IFLA_INFO_DATA": {"IFLA_VXLAN_VNI": 1}}}),
        (LAYOUTS.link, {"IFLA_LINKINFO": {"IFLA_INFO_KIND": "gre", "IFLA_INFO_DATA": {"IFLA_GRE_TTL": 1}}}),
        (LAYOUTS.link, {"IFLA_LINKINFO": {"IFLA_INFO_SLAVE_KIND": "bridge", "IFLA_INFO_SLAVE_DATA": {"ISOLATED": 1}}}),
        (LAYOUTS.route, {"RTA_GATEWAYY": "10.0.0.1"}),
        (LAYOUTS.neighbour, {"NDA_DSTT": "10.0.0.1"}),
    ],
)
def test_an_attribute_that_no_message_has_is_refused_and_not_ignored(layout, attributes):
    with pytest.raises(UnknownAttribute):
        layout.pack(attributes)


def test_what_is_not_given_is_not_sent():
    bare = LAYOUTS.link.pack({"header": {}})
    assert LAYOUTS.link.pack({"header": {}, "IFLA_ADDRESS": None, "IFLA_MASTER": False}) == bare


def test_bytes_are_sent_as_they_are():
    no_link_local = struct.pack("=HHHHB3x", 12, socket.AF_INET6, 5, 8, 1)
    raw = LAYOUTS.link.pack({"header": {}, "IFLA_AF_SPEC": no_link_local})
    assert raw.endswith(no_link_local)


def test_of_a_dump_only_what_is_asked_for_is_unpacked():
    raw = LAYOUTS.link.pack({"header": {}, "IFLA_IFNAME": "eth0", "IFLA_MTU": 1500})
    assert "IFLA_MTU" not in LAYOUTS.link.unpack(raw, 0, frozenset({"IFLA_IFNAME"}))


@given(st.binary(max_size=200))
def test_what_is_cut_off_or_nonsense_ends_the_reading_and_nothing_worse(tail):
    raw = LAYOUTS.link.pack({"header": {"index": 3}, "IFLA_IFNAME": "eth0"}) + tail
    assert LAYOUTS.link.unpack(raw)["index"] == 3


# -- messages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cidr", "broadcast"),
    [("10.1.2.3/20", "10.1.15.255"), ("10.1.2.3/31", None), ("10.1.2.3/32", None), ("fd00::1/64", None)],
)
def test_an_ipv4_address_of_a_segment_has_a_broadcast_address(cidr, broadcast):
    assert m.new_address("eth0", cidr).attributes.get("IFA_BROADCAST") == broadcast


@given(st.ip_addresses())
def test_a_lone_address_is_a_hosts(address):
    assert m.prefix(str(address)) == (m.family_of(str(address)), str(address), ipaddress.ip_network(address).prefixlen)


def test_a_default_route_has_no_destination():
    assert "RTA_DST" not in m.route({"dst": "0.0.0.0/0", "device": "eth0", "via": "10.0.0.1"}).attributes


def test_our_routes_carry_our_protocol_and_any_can_be_deleted():
    route = {"dst": "10.0.0.0/8", "device": "eth0"}
    assert m.route(route).header["proto"] == m.PROTOCOL
    assert m.route(route, delete=True).header["proto"] == 0


def test_the_zero_mac_takes_one_entry_a_vtep():
    entry = {"device": "vx", "lladdr": "00:00:00:00:00:00", "dst": "10.0.0.1", "state": 0x80, "flags": 2}
    assert m.fdb(entry).flags & m.NLM_F_APPEND
    assert not m.fdb({**entry, "lladdr": "02:00:00:00:00:01"}).flags & m.NLM_F_APPEND


def test_the_definitions_are_imported_without_starting_a_process():
    """pyroute2 0.7 asks both when it is imported, and wants an answer of several words."""
    started = []

    def notice(event: str, arguments: tuple) -> None:
        if event == "subprocess.Popen":
            started.append(arguments[0])

    sys.addaudithook(notice)
    before = platform.uname, platform.architecture
    with startup._platform_without_processes():
        name = platform.uname()
        assert tuple(name)[:3] == (name.system, name.node, name.release) == tuple(os.uname())[:3]
        assert platform.machine() == os.uname().machine
        assert platform.architecture()[0] == platform.architecture(executable="")[0] == before[1](executable="")[0]
    assert (platform.uname, platform.architecture) == before
    assert started == []
