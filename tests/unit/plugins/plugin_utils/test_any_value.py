# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any value in any place of any of our variables: a plan that hosts take, or problems in sentences; nothing else.

``CONTAINERHOST_FUZZ=10000`` tries so many instead of a few hundred; which ones is always the same.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import read_document
from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan

EXAMPLES = int(os.environ.get("CONTAINERHOST_FUZZ", "400"))
FUZZ = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

SHOP = {
    "engine": "netns",
    "ref": "shop",
    "network_mode": None,
    "default_route": "web",
    "networks": {
        "web": {
            "address": "10.80.0.5",
            "mac": "02:00:00:00:00:05",
            "interface": "eth5",
            "mtu": 1400,
            "aliases": ["www"],
            "publish": [
                "8080:80/tcp",
                {
                    "host_port": 53,
                    "container_port": 53,
                    "protocol": "udp",
                    "host_ip": "198.18.7.11",
                    "sources": ["10.0.0.0/8"],
                },
            ],
            "routes": [
                {"dst": "10.9.0.0/16", "via": "10.80.0.1", "metric": 7},
                {"dst": "10.8.0.0/16", "type": "prohibit"},
            ],
            "sysctls": {"net.ipv4.conf.IFNAME.rp_filter": 2},
        },
        "fabric": {"addresses": ["10.42.0.7", "fd00:42::7"]},
    },
}
FLEET = {
    "h1": {
        "ansible_host": "198.18.7.11",
        "containerhost_underlay_interface": "eth0",
        "containerhost_underlay_mtu": 1500,
        "containerhost_slices": {"fabric": ["10.42.0.0/24"]},
        "containerhost_containers": {
            "shop": SHOP,
            "lone": {"network_mode": "none"},
            "side": {"network_mode": "container:shop"},
        },
    },
    "h2": {
        "containerhost_underlay_address": "198.18.7.12/24",
        "containerhost_containers": {
            "db": {"engine": "docker", "networks": {"fabric": {}, "lan": {"mac": "02:00:00:00:00:09"}}},
            "old": {"engine": "pid", "ref": 4711, "networks": {"open": {}}},
            "own": {"engine": "path", "ref": "/run/netns/x", "networks": {"api": {}}},
        },
    },
}
NETWORKS = {
    "web": {
        "driver": "bridge",
        "subnets": [{"cidr": "10.80.0.0/16", "host_prefix": 24, "range": "10.80.0.0/17", "exclude": ["10.80.3.0/24"]}],
        "bridge": "br-web",
        "gateway_mode": "nat",
        "icc": True,
        "allow_networks": ["api"],
        "uplink": "eth0",
        "mtu": 1400,
        "internal": False,
        "hosts": "h1",
        "state": "present",
        "per_host_names": False,
    },
    "api": {"driver": "bridge", "subnets": ["10.81.0.0/24", "fd00:81::/64"], "internal": True},
    "open": {"driver": "bridge", "gateway_mode": "routed"},
    "fabric": {
        "driver": "overlay",
        "mode": "routed",
        "backend": "vxlan",
        "vni": 42,
        "port": 4789,
        "anti_spoofing": True,
        "subnets": [{"cidr": "10.42.0.0/16", "host_prefix": 24}, {"cidr": "fd00:42::/48", "host_prefix": 64}],
    },
    "lan": {
        "driver": "macvlan",
        "parent": "eth1",
        "mode": "bridge",
        "host_shim": {"addresses": {"h2": "192.168.7.200"}},
        "subnets": [{"cidr": "192.168.7.0/24", "gateway": "192.168.7.1", "range": "192.168.7.128/25"}],
    },
}
EVERYWHERE = {
    "containerhost_networks": NETWORKS,
    "containerhost_pools": ["10.64.0.0/12", "fd64::/40"],
    "containerhost_recreate": False,
    "containerhost_ledger": "x.ledger",
    "containerhost_ledger_read_only": False,
    "containerhost_confirm_vanished": False,
}
# What the first fleet has no place for: on the LAN, between sites, handed to engines, found by name.
SITES = {
    "h1": {
        "containerhost_underlay_address": ["198.18.7.11/24", "fd00:7::11/64"],
        "containerhost_underlay_interface": "eth0",
        "containerhost_underlay_endpoint": "203.0.113.7",
        "containerhost_publish_address": ["198.18.7.11", "fd00:7::11"],
        "containerhost_publish_range": "61000-61999",
        "containerhost_keep": True,
        "containerhost_foreign_firewall": "adapt",
        "containerhost_metrics_dir": "/var/lib/node_exporter",
        "containerhost_guard_timeout": 30,
        "containerhost_lab_engines": "namespaces",
        "containerhost_containers": {
            "ask": {
                "dns": {"search": ["example.org"], "options": ["ndots:2"]},
                "networks": {
                    "safe": {"rate": {"in": "100mbit", "out": "50mbit", "burst": "64kb"}, "priority": 3},
                    "shared": {"publish": ["53/udp", "8000-8003:9000-9003"]},
                },
            },
            "pal": {"network_mode": "container:ask", "publish": ["9100"], "aliases": ["mate"]},
            "cam": {"networks": {"plain": {}, "phys": {"address": "192.168.9.140"}}},
        },
    },
    "h2": {
        "containerhost_underlay_address": ["198.18.7.12/24", "fd00:7::12/64"],
        "containerhost_containers": {
            "ask2": {"networks": {"safe": {}, "shared": {}, "wires": {}}},
            "l3": {"networks": {"flat": {"address": "192.168.8.130"}}},
        },
    },
}
SITES_NETWORKS = {
    "safe": {
        "driver": "overlay",
        "mode": "bridged",
        "vni": 77,
        "port": 51900,
        "encrypted": True,
        "subnets": ["10.77.0.0/24", "fd00:77::/64"],
        "names": ["hosts", "on_host"],
    },
    "plain": {"driver": "overlay", "mode": "bridged", "vni": 78, "multicast_group": "239.0.0.78"},
    "wires": {"driver": "overlay", "backend": "wireguard", "port": 51821, "direct_routing": True, "hosts": "h1,h2"},
    "straight": {"driver": "overlay", "backend": "host-gw", "hosts": "h1,h2", "host_access": [9100, "53/udp"]},
    "shared": {
        "driver": "bridge",
        "handoff": {"docker": True, "cni": True},
        "outbound_address": {"h1": "198.18.7.11"},
        "host_access": "dns",
        "names": "resolver",
        "dns": {"servers": ["198.18.7.53"], "search": ["shop.example.org"]},
        "icc": False,
        "gateway_mode": {"ipv4": "nat", "ipv6": "routed"},
    },
    "phys": {"driver": "bridge", "gateway_mode": "bridged", "uplink": "eth2", "vlan": 9, "subnets": ["192.168.9.0/24"]},
    "flat": {
        "driver": "ipvlan",
        "parent": "eth1",
        "vlan": 8,
        "mode": "l2",
        "flag": "bridge",
        "slaac": False,
        "per_host_names": True,
        "subnets": [{"cidr": "192.168.8.0/24", "gateway": "192.168.8.1"}],
    },
}
SITES_EVERYWHERE = {
    "containerhost_networks": SITES_NETWORKS,
    "containerhost_pools": ["10.64.0.0/12", "fd64::/40"],
    "containerhost_hosts": "h1,h2",
    "containerhost_confirm_renumbered": False,
}
FLEETS = ({**FLEET, "*": EVERYWHERE}, {**SITES, "*": SITES_EVERYWHERE})

# What has been wrong somewhere, and what is at the edge of being right.
WORDS = """
    0 1 -1 1.0 1e3 0x10 64 ² 1² ٣ １ yes null . .. / // a/b a:b % br%d all default lo none host * (h1) sixteen-letters-
    à ä " a"b ' \\ 127.0.0.1 127.1.2.3 0.0.0.0 0.0.0.0/0 0.0.0.0/32 224.0.0.5 239.255.0.1/32 255.255.255.255 240.0.0.1
    169.254.1.1 198.18.7.0/24 198.18.7.255/24 198.18.7.11 198.18.7.12/32 198.18.7.13/31 10.80.0.1 10.80.0.0 10.80.0.0/16
    10.80.0.0/30 10.80.0.0/32 10.80.0.4-10.80.0.2 10.80.0.2- -10.80.0.2 10.80.0.9-fd00::1 10.0.0.0/8 10.42.0.0/24
    10.42.0.0/33 10.42.0.0/-1 10.42.0.0/² 010.1.1.1 :: ::/0 ::1 ::1/128 ff02::1 fe80::1 fe80::1%eth0 fd00::/127
    fd00::/128 fd00:42::/64 fd00:42::7 ::ffff:198.18.7.12 ::ffff:10.0.0.0/104
    02:00:00:00:00:05 01:00:5e:00:00:01 00:00:00:00:00:00
    ff:ff:ff:ff:ff:ff 8080:80 80 :80 80: 0:0 70000:80 ²:² 127.0.0.1:53:53/udp [::1]:53:53 [fd00::1]:1-3:4-6/sctp
    1-65535:1-65535 8080-8070:80-90 8080:80/icmp 224.0.0.1:53:53 bridge overlay macvlan ipvlan docker netns pid path
    container:shop container: container:² h1 h1,h2 h1:& nobody web api lan fabric net.ipv4.ip_forward
    net.ipv4.conf.IFNAME.forwarding net/ipv4/../../kernel/panic net..x kernel.panic
"""
PICKED = [
    *(None, True, False, 0, 1, -1, 2, 24, 53, 64, 68, 1280, 4711, 65535, 65536, 133342, 2**32, 2**64, 1.5),
    *(float("nan"), float("inf"), [], {}, [[]], [None], {"": ""}, {None: None}, {1: 2}, {"cidr": None}, [{}]),
    *("", " ", "a b", "a\0b", "\0", "\n", "\ud800", "\x1b[31m", "x" * 300, "9" * 5000, "10.42.0.0/" + "9" * 5000),
    *WORDS.split(),
]
scalars = st.one_of(
    st.sampled_from(PICKED),
    st.text(max_size=12),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.ip_addresses().map(str),
    st.tuples(st.ip_addresses(), st.integers(0, 130)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
)
NETWORK_PARTS = [schema.NETWORK, *(driver.options for driver in drivers().values())]
KEYS = sorted(
    {option.name for part in (*NETWORK_PARTS, schema.CONTAINER, schema.ENDPOINT) for option in part}
    | {"cidr", "host_prefix", "gateway", "range", "exclude", "dst", "via", "metric", "type", "host_ip", "sources"}
    | {"web", "db"}
)
keys = st.one_of(st.sampled_from(KEYS), scalars.filter(lambda key: not isinstance(key, (list, dict))))
anything = st.recursive(
    scalars,
    lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(keys, part, max_size=3)),
    max_leaves=5,
)


def places(value, path=()):
    """Every place of a structure, and one more in each mapping and list."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def inner(value, path):
    for key in path:
        value = value[key]
    return value


PLACES = [sorted(places(fleet), key=repr) for fleet in FLEETS]


@st.composite
def fleets(draw):
    """A fleet with one or two values replaced, and sometimes a key more."""
    which = draw(st.integers(0, len(FLEETS) - 1))
    fleet = copy.deepcopy(FLEETS[which])
    for _number in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(PLACES[which]))
        try:
            parent = inner(fleet, path[:-1])
            key = draw(keys) if isinstance(parent, dict) and len(path) > 2 and draw(st.booleans()) else path[-1]
            parent[key] = draw(anything)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # a place in what has just been replaced
    return variables(fleet)


def variables(fleet):
    """Of each host; a variable's name is text, whatever its value is."""
    parts = {name: part if isinstance(part, dict) else {} for name, part in fleet.items()}
    everywhere = parts.pop("*")
    return {
        host: {name: value for name, value in {**everywhere, **own}.items() if isinstance(name, str)}
        for host, own in parts.items()
    }


def resolve(pattern):
    if not set(pattern) <= set("h12,"):
        raise Refusal(f"the host pattern {pattern!r} can't be resolved", "Name a group or host")
    return [host for host in FLEET if host in pattern]


def plan_of(fleet, ledger=None):
    inventory = gather(Sources(fleet, resolve=resolve))
    return make_plan(inventory, ledger or Ledger(), "2026-11-20")


def check(fleet):
    try:
        plan = plan_of(fleet)
    except PlanError as error:
        assert error.problems and all(isinstance(problem, str) and problem for problem in error.problems)
        str(error).encode(errors="backslashreplace")
        return
    for host in plan.documents:
        read_document(KINDS, plan.documents[host], False)
        plan.documents.text(host, {"version": 1})
    assert ledgers.parse(ledgers.render(plan.ledger), "x") == plan.ledger
    assert plan_of(fleet, plan.ledger).ledger == plan.ledger


@pytest.mark.parametrize("fleet", FLEETS, ids=["containers", "sites"])
def test_the_fleet_itself_is_planned(fleet):
    check(variables(fleet))
    assert plan_of(variables(fleet)).documents["h1"]["bridge"]


def test_every_option_is_somewhere_in_them():
    """One that is added later is tried with any value as well."""
    parts = [*NETWORK_PARTS, schema.CONTAINER, schema.JOINED, schema.ENDPOINT, schema.HOST, schema.FLEET]
    written = {path[-1] for each in PLACES for path in each}
    assert not {option.name for part in parts for option in part} - written


@FUZZ
@given(fleets())
def test_any_value_is_planned_or_refused_in_a_sentence(fleet):
    check(fleet)


def test_picked_values_in_each_place():
    """All of them where there is the time for it, else some in each place."""
    pairs = [(which, path, value) for which, each in enumerate(PLACES) for path in each for value in PICKED]
    for which, path, value in pairs[:: max(1, len(pairs) // EXAMPLES)]:
        fleet = copy.deepcopy(FLEETS[which])
        inner(fleet, path[:-1])[path[-1]] = copy.deepcopy(value)
        try:
            check(variables(fleet))
        except Exception as error:
            raise AssertionError(f"{value!r} at {'.'.join(map(str, path))}") from error


LEDGER = {
    "networks/web": {"driver": "bridge", "subnets": ["10.64.0.0/24"], "absent_since": "2026-11-20"},
    "slices/web/h1": {"slices": ["10.80.0.0/24"]},
    "endpoints/web/h1/shop": {"addresses": ["10.80.0.2"], "interface": "eth0"},
    "salts/device/ch-web": 1,
}


@FUZZ
@given(st.sampled_from(sorted(places(LEDGER))), anything)
def test_any_value_in_the_ledger_is_read_or_refused_in_a_sentence(path, value):
    entries = copy.deepcopy(LEDGER)
    inner(entries, path[:-1])[path[-1]] = value
    try:
        ledger = ledgers.parse(json.dumps({ledgers.HEADER: 1, **entries}, skipkeys=True), "x")
    except Refusal:
        return
    with contextlib.suppress(PlanError):
        plan_of(variables(FLEETS[0]), ledger)


@FUZZ
@given(st.text(max_size=300))
def test_any_text_is_a_ledger_or_refused_in_a_sentence(text):
    with contextlib.suppress(Refusal):
        ledgers.parse(text, "x")
