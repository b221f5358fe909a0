# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any value of any option of any module: an answer, or problems in sentences; nothing else.

Each module runs as Ansible runs it, in this process, on a host that has something of ours and of somebody else's. What
check mode accepts is done for good: the kernel takes it or refuses it in its own words, as one without VLANs does, a
second run has nothing to do, and all of it goes again. ``CONTAINERHOST_FUZZ=10000`` tries so many of each kind; which
ones is always the same.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.module_utils import document_module
from ansible_collections.containerhost.network.plugins.module_utils import module as modules
from ansible_collections.containerhost.network.plugins.module_utils.document_module import run_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import COMMON_OPTIONS, Kind
from ansible_collections.containerhost.network.plugins.module_utils.module import run_kind
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.test_kinds import OBJECTS

pytestmark = pytest.mark.long

EXAMPLES = int(os.environ.get("CONTAINERHOST_FUZZ", "30"))
FUZZ = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
HOST = """
ip link set lo up
ip link add eth0 type veth peer name far
ip addr add 198.18.0.1/24 dev eth0
ip link set eth0 up
ip link set far up
ip link add theirs type bridge
ip netns add shop
ip netns add db
"""
OURS = {
    "version": 1,
    "bridge": [{"network": "w", "name": "br0", "addresses": ["10.1.0.1/24", "fd00:1::1/64"]}],
    "vxlan": [{"network": "w", "name": "vx0", "vni": 42, "local": "198.18.0.1"}],
    "name_table": [{"network": "w", "name": "w", "entries": ["10.1.0.7 seven"]}],
}
# A device's owner has its entries.
OF_TASKS = {"name": "vx1", "vni": 43, "local": "198.18.0.1"}

# -- values -----------------------------------------------------------------------------------------------------------

DEVICES = """br0 vx0 vx1 eth0 far theirs lo new0 a-b.c_d aaaaaaaaaaaaaaa aaaaaaaaaaaaaaaa . .. br%d all default
    auto""".split()
PLACES = "shop db nobody /run/netns/shop /proc/self/ns/uts / ../netns/shop".split()
ADDRESSES = """10.1.0.7 10.1.0.1 10.1.0.0 10.1.0.255 198.18.0.2 198.18.0.1 0.0.0.0 127.0.0.1 127.9.9.9
    224.0.0.1 240.0.0.1
    255.255.255.255 169.254.1.1 fd00:1::7 fd00:1::1 :: ::1 ff02::1 fe80::1 ::ffff:10.0.0.1 2001:DB8::00 1.2.3
    010.1.0.1 10.1.0.1/ 10.1.0.1% fe80::1%eth0 \u0661\u0660.0.0.1""".split()
NETWORKS = """10.1.0.1/24 10.1.0.0/24 10.9.0.0/16 10.9.1.0/24 10.2.0.1/32 10.1.0.255/24 0.0.0.0/0
    127.0.0.1/8 224.0.0.0/4
    255.255.255.255/32 fd00:1::7/64 fd00:1::/64 fd00::/16 ::/0 ::1/128 fe80::1/64 fe80::/10 ff00::/8
    ::ffff:10.0.0.1/120 10.1.0.1/33 fd00::/129 10.0.0.1/\u00b2 10.1.0.1/024 10.1.0.0/255.255.255.0
    10.0.0.0/-1""".split()
MACS = """02:00:00:00:00:07 02-00-00-00-00-08 02:00:00:00:00:0A 00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 01:00:5e:00:00:01
    02:00:00:00:00 02:00:00:00:00:0G 0200.0000.0007""".split()
KEYS = """net.ipv4.conf.br0.rp_filter net/ipv4/conf/br0/arp_ignore net.ipv4.ip_forward net.ipv4.conf.\u00e9.x net.
    net.ipv6.conf.IFNAME.accept_ra net.ipv4.conf.IFNAME.rp_filter net.ipv4.conf.new0.rp_filter
    net/../kernel/panic net net.ipv4.route.flush net.ipv4.conf net/ipv4/conf//x kernel.panic
    net.ipv4.neigh.br0.gc_stale_time""".split()
ODD = (
    *("", " ", "a b", "a/b", "a:b", 'a"b', "a'b", "eth*", "x\0y", "x\ny", "\t", "{}", "-x"),
    *("\u00e9", "\u65e5\u672c" * 3, "\U0001f600"),
)
DIGITS = "0 1 2 -1 \u00b2 \u0663 1500 65536 4294967296 1e3 0x10 1_000".split()
WORDS = st.sampled_from((*DEVICES, *PLACES, *ADDRESSES, *NETWORKS, *MACS, *KEYS, *ODD, *DIGITS))
PUBLIC = "yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA="
# What an option of this name, or of such a list, is likely to be.
LIKELY = {
    **dict.fromkeys("name device master interface parent link uplink via".split(), [*DEVICES, "veth7", *ODD]),
    **dict.fromkeys("netns ref".split(), PLACES),
    **dict.fromkeys("address host_address local src via dst group remote gateway".split(), ADDRESSES),
    **dict.fromkeys("addresses source unless sources".split(), NETWORKS),
    **dict.fromkeys("mac lladdr host_mac".split(), MACS),
    **dict.fromkeys("accept_from".split(), [*DEVICES, *ADDRESSES]),
    "entries": ["10.1.0.7 shop", "FD00::7  db db.shop", "10.1.0.7", "10.1.0.7 a..b", *ADDRESSES, *ODD],
    **dict.fromkeys(("local", "search"), ["w", "example.org", *ODD]),
    **dict.fromkeys(("servers",), ADDRESSES),
    "reverse": NETWORKS,
    "options": ["ndots:2", "rotate", *ODD],
    "key": KEYS,
    "table": ["w", "shop", "../w", *ODD],
    "value": DIGITS,
    "public_key": [PUBLIC, PUBLIC[1:], *ODD],
    "endpoint": ["198.18.0.2:51820", "[fd00:1::7]:1", "[198.18.0.2]:1", "198.18.0.2:0", ":1", *ADDRESSES],
    "allowed_ips": NETWORKS,
}
NUMBERS = st.sampled_from(
    (0, 1, -1, 2, 7, 30, 67, 68, 80, 254, 255, 256, 1024, 1279, 1280, 1500, 4789, 9000, 65535, 65536, 2**24 - 1, 2**24)
    + (2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64, 10**30)
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=4) | st.just(1.5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def values(name: str, spec: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Mostly of the right type, as only those get far."""
    type_ = spec.get("type", "str")
    if spec.get("choices"):
        right: st.SearchStrategy[Any] = st.sampled_from(spec["choices"])
    elif type_ == "int":
        right = NUMBERS | st.integers(0, 70000)
    elif type_ == "bool":
        right = st.booleans()
    elif type_ == "list":
        inner = {"type": spec.get("elements", "str"), "options": spec.get("options")}
        right = st.lists(values(name, inner), max_size=2)
    elif type_ == "dict" and spec.get("options"):
        right = options(spec["options"])
    elif type_ == "dict":
        right = st.dictionaries(st.sampled_from(KEYS), NUMBERS | st.sampled_from(DIGITS), max_size=2)
    else:
        likely = [*LIKELY.get(name, ()), *(NETWORKS if name == "dst" else ())]
        right = st.one_of(*[st.sampled_from(likely)] * 9, WORDS) if likely else WORDS
    return st.one_of(*[right] * 12, ANYTHING)


@st.composite
def options(draw: st.DrawFn, spec: dict[str, Any]) -> dict[str, Any]:
    """What is required, mostly, and a few of the rest."""
    required = [name for name, one in spec.items() if one.get("required") and draw(st.integers(0, 19))]
    rest = draw(st.lists(st.sampled_from(sorted(spec)), max_size=4, unique=True))
    return {name: draw(values(name, spec[name])) for name in dict.fromkeys((*required, *rest))}


# What works, for other values to be put into. Of a kind that is not here it is the object of it in the unit tests.
SANDBOX = {"engine": "netns", "ref": "shop"}
TYPICAL: dict[str, list[dict[str, Any]]] = {
    "netns": [{"name": "new"}],
    "bridge": [{"name": "new0", "addresses": ["10.3.0.1/24", "fd00:3::1/64"]}],
    "vxlan": [{"name": "new0", "vni": 7, "local": "198.18.0.1"}, {"name": "new0", "vni": 7, "master": "br0"}],
    "veth": [{"name": "veth7", "sandbox": SANDBOX, "master": "br0", "addresses": ["10.1.0.7/24"]}],
    "macvlan": [{"sandbox": SANDBOX, "parent": "eth0"}, {"interface": "shim", "parent": "eth0", "mode": "bridge"}],
    "ipvlan": [
        {"sandbox": SANDBOX, "parent": "eth0", "addresses": ["198.18.0.7/24"]},
        {"interface": "shim", "parent": "eth0", "mode": "l3", "flag": "private"},
    ],
    "vlan": [{"parent": "eth0", "id": 7}, {"parent": "br0", "id": 4094, "protocol": "802.1ad", "name": "new0"}],
    "uplink": [{"device": "far", "bridge": "br0"}, {"device": "eth0", "bridge": "theirs", "vlan": 7, "mtu": 1400}],
    "dummy": [{"name": "new0", "addresses": ["10.3.0.1/24", "fd00:3::1/64"]}],
    "wireguard_key": [{"name": "new0"}],
    "wireguard": [{"name": "new0", "key": "vx1", "local": "198.18.0.1", "mtu": 1440}],
    "wireguard_peer": [
        {"device": "vx1", "public_key": PUBLIC, "endpoint": "198.18.0.2:51820", "allowed_ips": ["10.9.0.0/16"]}
    ],
    "vxlan_fdb": [
        {"device": "vx1", "lladdr": "02:00:00:00:00:07", "dst": "198.18.0.2"},
        {"device": "vx1", "lladdr": "00:00:00:00:00:00", "dst": "198.18.0.2"},
    ],
    "neighbour": [{"device": "br0", "address": "10.1.0.7", "lladdr": "02:00:00:00:00:07"}],
    "route": [{"dst": "10.9.0.0/16", "device": "br0", "via": "10.1.0.7"}, {"dst": "fd00:9::/32", "device": "br0"}],
    "isolation": [{"device": "br0", "accept_from": ["vx0"]}],
    "nat_rule": [
        {"rule": "masquerade", "source": "10.1.0.0/24"},
        {"rule": "publish", "host_port": 80, "address": "10.1.0.7", "port": 8080, "protocol": "tcp"},
    ],
    "open_port": [{"address": "10.1.0.7", "port": 80, "sources": ["10.9.0.0/16"]}],
    "sender_filter": [
        {"port": "chv1", "mac": "02:00:00:00:00:0a", "sources": ["10.1.0.7", "fd00::7"], "relays": ["10.9.0.0/16"]}
    ],
    "source_address": [{"port": 51820, "address": "198.18.0.1"}],
    "vtep_filter": [{"vni": 42, "accept_from": ["198.18.0.2"]}],
    "foreign_firewall": [
        {"device": "br0", "subnets": ["10.1.0.0/24"], "host_access": ["53/udp"], "tunnel_address": "198.18.0.1"}
    ],
    "cni_network": [
        {"name": "new", "bridge": "br0", "subnets": [{"subnet": "10.1.0.0/24", "gateway": "10.1.0.1"}], "mtu": 1400}
    ],
    "podman_network": [{"name": "new", "bridge": "br0", "subnets": [{"subnet": "10.1.0.0/24", "gateway": "10.1.0.1"}]}],
    "docker_network": [{"name": "new", "bridge": "br0", "subnets": [{"subnet": "10.1.0.0/24", "gateway": "10.1.0.1"}]}],
    "name_table": [{"name": "shop", "entries": ["10.1.0.7 shop", "fd00:1::7 db db.shop"]}],
    "hosts_file": [{"sandbox": SANDBOX, "table": "w"}],
    "joined": [{"container": {"engine": "netns", "ref": "side"}, "joins": SANDBOX}],
    "rate": [{"device": "br0", "in": "100mbit", "out": "1.5gbit", "burst": "64kb"}],
    "name_server": [{"name": "shop", "device": "br0", "table": "w", "servers": [], "local": ["shop"]}],
    "resolv_conf": [{"sandbox": SANDBOX, "servers": ["10.1.0.1"], "search": ["w"], "options": ["ndots:2"]}],
    "sysctl": [{"key": "net.ipv4.conf.br0.rp_filter", "value": "2"}],
    "forwarding": [{"device": "br0"}, {"uplink": "eth0", "family": "ipv6"}],
}


@st.composite
def objects(draw: st.DrawFn, kind: Kind) -> dict[str, Any]:
    """Any options, or what works but for a few of them."""
    spec = {**kind.options, **COMMON_OPTIONS}
    if not draw(st.integers(0, 4)):
        return _kept_here(draw(options(spec)))
    row = copy.deepcopy(draw(st.sampled_from(TYPICAL.get(kind.name) or [OBJECTS[kind.name]])))
    for name in draw(st.lists(st.sampled_from(sorted(spec)), max_size=3, unique=True)):
        row[name] = draw(values(name, spec[name]))
    return _kept_here(row)


def _kept_here(row: dict[str, Any]) -> dict[str, Any]:
    """No numbers of processes: those are not of this host only, and what is accepted is done."""
    sandbox = row.get("sandbox")
    if isinstance(sandbox, dict) and sandbox.get("engine") not in (None, "netns"):
        return {**row, "sandbox": {**sandbox, "ref": "nobody"}}
    return row


# -- a module's answer ------------------------------------------------------------------------------------------------


class Answer(Exception):
    """What a module has said, instead of the end of its process."""


class Said(modules.HostModule):
    def exit_json(self, **result: Any) -> Any:
        raise Answer(result)

    @staticmethod
    def refuse(text: str) -> Any:
        raise Answer({"failed": True, "msg": text})

    def fail_json(self, msg: Any, **result: Any) -> Any:
        raise Answer({"failed": True, "msg": msg, **result})


def said(run: Any, check: bool, **arguments: Any) -> dict[str, Any]:
    """Its answer, which Ansible can carry: text is text."""
    with patch_module_args({**arguments, "_ansible_check_mode": check, "_ansible_diff": True}):
        try:
            run()
        except Answer as answer:
            result = answer.args[0]
            json.dumps(modules._printable(result)).encode()
            if result.get("failed"):
                message = str(result["msg"])
                assert message.strip() and "Traceback" not in message and "[Errno" not in message, message
                assert "exception" not in result
            return result
    raise AssertionError("a module has ended without an answer")


@pytest.fixture
def furnished(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Called in the test's own namespaces: a host with two namespaces, devices of ours and of others."""
    for file in (modules, document_module):
        monkeypatch.setattr(file, "HostModule", Said)

    def _furnished(kind: Kind) -> None:
        subprocess.run(["sh", "-ec", HOST], check=True)
        assert said(lambda: run_document(KINDS), False, document=copy.deepcopy(OURS))["changed"]
        if kind.name == "vxlan_fdb":
            vxlan = next(each for each in KINDS if each.name == "vxlan")
            assert said(lambda: run_kind(vxlan), False, **OF_TASKS)["changed"]

    return _furnished


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_any_value_of_a_modules_options_is_an_answer(kind, furnished):
    furnished(kind)

    @FUZZ
    @given(st.data())
    def tried(data: st.DataObject) -> None:
        row = data.draw(objects(kind))
        answer = said(lambda: run_kind(kind), True, **row)
        # Of what is to be on a device that is not there, a check says that it cannot know.
        if answer.get("failed") or answer.get("skipped") or row.get("state") == "absent":
            return
        done = said(lambda: run_kind(kind), False, **row)
        if not done.get("failed"):
            assert done["diff"] == answer["diff"]
            again = said(lambda: run_kind(kind), True, **row)
            assert not again.get("failed"), again
            assert again["diff"] == [], (row, again["diff"])
        gone = said(lambda: run_kind(kind), False, config=[], purge=True)
        assert not gone.get("failed"), gone

    tried()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_any_value_in_a_document_is_an_answer(kind, furnished):
    furnished(kind)

    @FUZZ
    @given(st.lists(objects(kind) | ANYTHING, max_size=3) | ANYTHING, ANYTHING)
    def tried(rows: Any, more: Any) -> None:
        if isinstance(rows, list):
            rows = [{"network": "w", **row} if isinstance(row, dict) else row for row in rows]
        document = {**OURS, kind.name: [*OURS.get(kind.name, ()), *rows] if isinstance(rows, list) else rows}
        if isinstance(more, dict):
            document.update(more)
        said(lambda: run_document(KINDS), True, document=document)

    tried()
