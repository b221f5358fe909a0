# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes as they happen to networks, containers and hosts: what an inventory is before, and what it is after.

Each maps paths of the fleet below to values; None takes a key away. ``BEFORE`` is changed first where a change has two.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

FLEET: dict[str, Any] = {
    "networks": {
        "web": {"driver": "bridge", "subnets": [{"cidr": "10.80.0.0/16", "host_prefix": 24}]},
        "fab": {
            "driver": "overlay",
            "vni": 42,
            "subnets": [{"cidr": "10.42.0.0/16", "host_prefix": 24}, {"cidr": "fd00:42::/48", "host_prefix": 64}],
        },
    },
    "containers": {
        "h1": {
            "a": {"networks": {"web": {"publish": ["8080:80"]}, "fab": {}}},
            "b": {"networks": {"web": {}}},
        },
        "h2": {"c": {"networks": {"fab": {}}}},
        "h3": {},
    },
    "hosts": {
        "h1": {"containerhost_underlay_address": "198.18.0.1"},
        "h2": {"containerhost_underlay_address": "198.18.0.2"},
        "h3": {"containerhost_underlay_address": "198.18.0.3"},
    },
}

DUAL = [{"cidr": "10.80.0.0/16", "host_prefix": 24}, {"cidr": "fd00:80::/48", "host_prefix": 64}]
LAN = {"driver": "macvlan", "parent": "eth0", "subnets": [{"cidr": "192.168.7.0/24", "gateway": "192.168.7.1"}]}
ON_LAN = {"driver": "bridge", "gateway_mode": "bridged", "uplink": "eth0", "subnets": LAN["subnets"]}
ON_LAN_6 = {**ON_LAN, "subnets": [*LAN["subnets"], {"cidr": "fd00:7::/64", "gateway": "fd00:7::1"}]}
SHIMMED = {**LAN, "host_shim": True, "subnets": [*LAN["subnets"], "fd00:7::/64"]}
ANSWERED = {"driver": "bridge", "subnets": DUAL, "names": "resolver"}
OTHER = {"driver": "bridge", "subnets": ["10.90.0.0/24"]}
FIRST = {"driver": "bridge", "subnets": ["10.70.0.0/24", "fd00:70::/64"]}
OVERLAY = {"driver": "overlay", "vni": 77, "subnets": [{"cidr": "10.77.0.0/16", "host_prefix": 24}]}
POND = {**OVERLAY, "mode": "bridged", "subnets": ["10.77.0.0/24", "fd00:77::/64"]}
A, B = "containers.h1.a", "containers.h1.b"

Edit = dict[str, Any]


class Everyday(NamedTuple):
    """``recreate``: the error without it is right, as something that stays is interrupted."""

    name: str
    after: Edit
    before: Edit = {}
    recreate: bool = False


def martians(value: int) -> dict[str, Any]:
    return {"sysctls": {"net.ipv4.conf.IFNAME.log_martians": value}}


CHANGES = (
    # containers come, go and move
    Everyday("a container comes", {"containers.h1.d": {"networks": {"web": {}}}}),
    Everyday("a container on all networks comes", {"containers.h1.d": {"networks": {"web": {}, "fab": {}}}}),
    Everyday("a container goes", {B: None}),
    Everyday("a container that publishes goes", {A: None}),
    Everyday("all containers go", {"containers.h1": {}}),
    Everyday("a container comes to another host", {"containers.h2.d": {"networks": {"fab": {}}}}),
    Everyday("a container of another host goes", {"containers.h2.c": None}),
    Everyday("a container is called another name", {B: None, "containers.h1.bb": {"networks": {"web": {}}}}),
    Everyday("a container moves away", {B: None, "containers.h3.b": {"networks": {"web": {}}}}),
    # a container's networks
    Everyday("a network is added to a container", {f"{B}.networks.fab": {}}),
    Everyday("a network is taken from a container", {f"{A}.networks.fab": None}),
    Everyday("the first network is taken from a container", {f"{A}.networks.web": None}),
    Everyday("another network becomes the way out by its name",
             {"networks.cafe": FIRST, f"{A}.networks.cafe": {}}),
    Everyday("another network becomes the way out by choice",
             {"networks.other": OTHER, f"{B}.networks.other": {}, f"{B}.default_route": "other"}),
    Everyday("the way out changes between two networks", {f"{B}.default_route": "other"},
             {"networks.other": OTHER, f"{B}.networks.other": {}, f"{B}.default_route": "web"}),
    Everyday("the way out goes", {f"{B}.networks.other": None, f"{B}.default_route": None},
             {"networks.other": OTHER, f"{B}.networks.other": {}, f"{B}.default_route": "other"}),
    Everyday("two containers change their ways out at once",
             {f"{A}.default_route": "web", f"{B}.default_route": "other"},
             {"networks.other": OTHER, f"{A}.networks.other": {}, f"{B}.networks.other": {},
              f"{A}.default_route": "other", f"{B}.default_route": "web"}),
    Everyday("ways out of two families change places",
             {"networks.web.subnets": DUAL, "networks.other": OTHER},
             {"networks.web.subnets": [DUAL[0]], "networks.other": FIRST, f"{B}.networks.other": {},
              f"{B}.default_route": "web"}),
    Everyday("a container moves from a bridge to another",
             {"networks.other": OTHER, f"{B}.networks": {"other": {}}}),
    Everyday("a container moves from a bridge to the LAN", {"networks.lan": LAN, f"{B}.networks": {"lan": {}}}),
    Everyday("a container moves from the LAN to a bridge", {f"{B}.networks": {"web": {}}},
             {"networks.lan": LAN, f"{B}.networks": {"lan": {}}}),
    Everyday("a container moves from a bridge to an overlay", {f"{B}.networks": {"fab": {}}}),
    Everyday("a container is put on the LAN as well", {"networks.lan": LAN, f"{B}.networks.lan": {}}),
    Everyday("two containers change networks", {f"{A}.networks": {"other": {}}, f"{B}.networks": {"web": {}}},
             {"networks.other": OTHER, f"{A}.networks": {"web": {}}, f"{B}.networks": {"other": {}}}),
    Everyday("two containers change interfaces of the LAN",
             {f"{A}.networks": {"lan": {}}, f"{B}.networks": {"web": {}}},
             {"networks.lan": LAN, f"{A}.networks": {"web": {}}, f"{B}.networks": {"lan": {}}}),
    # an endpoint
    Everyday("an address is pinned", {f"{B}.networks.web.address": "10.80.0.77"}),
    Everyday("two addresses are changed with each other",
             {f"{A}.networks.web.address": "10.80.0.11", f"{B}.networks.web.address": "10.80.0.10"},
             {f"{A}.networks.web.address": "10.80.0.10", f"{B}.networks.web.address": "10.80.0.11"}),
    Everyday("two addresses of the LAN are changed with each other",
             {f"{A}.networks.lan.address": "192.168.7.11", f"{B}.networks.lan.address": "192.168.7.10"},
             {"networks.lan": LAN, f"{A}.networks": {"lan": {"address": "192.168.7.10"}},
              f"{B}.networks": {"lan": {"address": "192.168.7.11"}}}),
    Everyday("a MAC is chosen", {f"{B}.networks.web.mac": "02:00:00:00:00:77"}),
    Everyday("two MACs of the LAN are changed with each other",
             {f"{A}.networks.lan.mac": "02:00:00:00:00:0b", f"{B}.networks.lan.mac": "02:00:00:00:00:0a"},
             {"networks.lan": LAN, f"{A}.networks": {"lan": {"mac": "02:00:00:00:00:0a"}},
              f"{B}.networks": {"lan": {"mac": "02:00:00:00:00:0b"}}}),
    Everyday("an interface is called another name", {f"{B}.networks.web.interface": "lan0"}),
    Everyday("two interfaces change names",
             {f"{A}.networks.web.interface": "eth1", f"{A}.networks.fab.interface": "eth0"},
             {f"{A}.networks.web.interface": "eth0", f"{A}.networks.fab.interface": "eth1"}),
    Everyday("a bridge's and the LAN's interface change names",
             {f"{B}.networks.web.interface": "eth1", f"{B}.networks.lan.interface": "eth0"},
             {"networks.lan": LAN, f"{B}.networks": {"web": {"interface": "eth0"}, "lan": {"interface": "eth1"}},
              f"{B}.default_route": "web"}),
    Everyday("two interfaces change names, with a sysctl each",
             {f"{A}.networks.web": {"interface": "eth1", **martians(1)},
              f"{A}.networks.fab": {"interface": "eth0", **martians(0)}},
             {f"{A}.networks.web": {"interface": "eth0", **martians(0)},
              f"{A}.networks.fab": {"interface": "eth1", **martians(1)}}),
    Everyday("an endpoint gets a smaller MTU", {f"{B}.networks.web.mtu": 1400, f"{A}.networks.web.mtu": 1400}),
    Everyday("an endpoint gets a route", {f"{B}.networks.web.routes": [{"dst": "10.9.0.0/16", "via": "10.80.0.1"}]}),
    Everyday("a route moves to another endpoint",
             {f"{A}.networks.web.routes": None,
              f"{A}.networks.fab.routes": [{"dst": "10.9.0.0/16", "via": "10.42.0.1"}]},
             {f"{A}.networks.web.routes": [{"dst": "10.9.0.0/16", "via": "10.80.0.1"}]}),
    Everyday("an endpoint gets a sysctl", {f"{B}.networks.web.sysctls": {"net.ipv4.conf.IFNAME.rp_filter": 1}}),
    # ports
    Everyday("a port is published", {f"{B}.networks.web.publish": ["8081:80"]}),
    Everyday("a port is published no more", {f"{A}.networks.web.publish": []}),
    Everyday("a port leads to another port", {f"{A}.networks.web.publish": ["8080:81"]}),
    Everyday("a port moves to another container",
             {f"{A}.networks.web.publish": [], f"{B}.networks.web.publish": ["8080:80"]}),
    Everyday("a port is limited", {f"{A}.networks.web.publish":
             [{"host_port": 8080, "container_port": 80, "sources": ["10.1.0.0/16"]}]}),
    Everyday("a port is published on one address", {f"{A}.networks.web.publish": ["198.18.0.1:8080:80"]}),
    Everyday("two ports change containers",
             {f"{A}.networks.web.publish": ["8081:80"], f"{B}.networks.web.publish": ["8080:80"]},
             {f"{B}.networks.web.publish": ["8081:80"]}),
    Everyday("a range of ports moves by some, over a port of another",
             {f"{A}.networks.web.publish": ["8000-8010:8000-8010"], f"{B}.networks.web.publish": ["8012:80"]},
             {f"{A}.networks.web.publish": ["8005-8015:8005-8015"]}),
    # networks come, go and change
    Everyday("a network comes", {"networks.other": OTHER, f"{B}.networks.other": {}}),
    Everyday("a network goes", {"networks.fab": None, f"{A}.networks.fab": None, "containers.h2": {}}),
    Everyday("a bridge network goes", {"networks.web": None, f"{A}.networks.web": None, B: None}),
    Everyday("a network is called another name",
             {"networks.web": None, "networks.www": FLEET["networks"]["web"], f"{A}.networks": {"www": {}, "fab": {}},
              f"{B}.networks": {"www": {}}}),
    Everyday("an overlay is called another name",
             {"networks.fab": None, "networks.cloth": FLEET["networks"]["fab"],
              f"{A}.networks": {"web": {}, "cloth": {}}, "containers.h2.c.networks": {"cloth": {}}}),
    Everyday("a network with a name server is called another name",
             {"networks.web": None, "networks.www": ANSWERED, f"{A}.networks": {"www": {}},
              f"{B}.networks": {"www": {}}},
             {"networks.web": ANSWERED, f"{A}.networks": {"web": {}}}),
    Everyday("a network takes over from one with a name server, which becomes another",
             {"networks.web": {**FLEET["networks"]["fab"], "names": "resolver"}, "networks.fab": OTHER,
              f"{A}.networks.web": {}},
             {"networks.fab.names": "resolver"}),
    Everyday("two networks with name servers change subnets",
             {"networks.web.subnets": OTHER["subnets"], "networks.other.subnets": DUAL},
             {"networks.web": ANSWERED, "networks.other": {**OTHER, "names": "resolver"},
              f"{B}.networks": {"other": {}}}),
    Everyday("a network gets IPv6", {"networks.web.subnets": DUAL}),
    Everyday("a network loses IPv6", {"networks.web.subnets": [DUAL[0]]}, {"networks.web.subnets": DUAL}),
    Everyday("an overlay loses IPv6", {"networks.fab.subnets": FLEET["networks"]["fab"]["subnets"][:1]}),
    Everyday("a network gets another subnet", {"networks.web.subnets": [{"cidr": "10.81.0.0/16", "host_prefix": 24}]}),
    Everyday("a network becomes internal", {"networks.web.internal": True, f"{A}.networks.web.publish": []}),
    Everyday("a network is internal no more", {"networks.web.internal": None},
             {"networks.web.internal": True, f"{A}.networks.web.publish": []}),
    Everyday("containers of a network are kept apart", {"networks.web.icc": False}),
    Everyday("a network is routed instead of translated", {"networks.web.gateway_mode": "routed"}),
    Everyday("a network is unprotected", {"networks.web.gateway_mode": "unprotected"}),
    Everyday("a network lets another one in", {"networks.other": {**OTHER, "allow_networks": ["web"]},
             f"{B}.networks.other": {}}),
    Everyday("a bridge is called another name", {"networks.web.bridge": "br-web"}),
    Everyday("two bridges change names",
             {"networks.web.bridge": "br-b", "networks.other.bridge": "br-a"},
             {"networks.web.bridge": "br-a", "networks.other": {**OTHER, "bridge": "br-b"}, f"{B}.networks.other": {}}),
    Everyday("a network gets a smaller MTU", {"networks.web.mtu": 1400}),
    Everyday("a network loses IPv6, and gets an MTU that is too small for it",
             {"networks.web.mtu": 1200, "networks.web.subnets": [DUAL[0]]}, {"networks.web.subnets": DUAL}),
    Everyday("an overlay gets a smaller MTU", {"networks.fab.mtu": 1400}),
    Everyday("a network names its uplink", {"networks.web.uplink": "eth0"}),
    # overlays
    Everyday("an overlay gets another VNI", {"networks.fab.vni": 43}, recreate=True),
    Everyday("an overlay gets another port", {"networks.fab.port": 8472}, recreate=True),
    Everyday("an overlay takes the VNI that another one leaves",
             {"networks.fab.vni": 43, "networks.fob": {**OVERLAY, "vni": 42}, f"{A}.networks.fob": {}}, recreate=True),
    Everyday("an overlay takes the VNI of one that goes",
             {"networks.fab": None, "networks.fob": {**OVERLAY, "vni": 42}, f"{A}.networks": {"web": {}, "fob": {}},
              "containers.h2.c.networks": {"fob": {}}}),
    Everyday("two overlays change VNIs", {"networks.fab.vni": 77, "networks.fob.vni": 42},
             {"networks.fob": OVERLAY, f"{A}.networks.fob": {}}, recreate=True),
    Everyday("a bridged overlay and a routed one change VNIs", {"networks.fab.vni": 77, "networks.pond.vni": 42},
             {"networks.pond": {**OVERLAY, "mode": "bridged", "subnets": ["10.77.0.0/24", "fd00:77::/64"]},
              f"{B}.networks.pond": {}}, recreate=True),
    Everyday("a bridged overlay becomes a bridge", {"networks.pond": {**OTHER, "subnets": ["10.78.0.0/24"]}},
             {"networks.pond": {**OVERLAY, "mode": "bridged", "subnets": ["10.77.0.0/24", "fd00:77::/64"]},
              f"{B}.networks.pond": {}}),
    Everyday("a bridged overlay gets IPv6", {"networks.pond.subnets": ["10.77.0.0/24", "fd00:77::/64"]},
             {"networks.pond": {**OVERLAY, "mode": "bridged", "subnets": ["10.77.0.0/24"]}, f"{B}.networks.pond": {}}),
    Everyday("an overlay gets other subnets, and IPv6",
             {"networks.fab.subnets": [{"cidr": "10.43.0.0/16", "host_prefix": 24}, DUAL[1]]},
             {"networks.fab.subnets": FLEET["networks"]["fab"]["subnets"][:1],
              "networks.fab.names": ["hosts", "on_host"]}),
    Everyday("anti-spoofing is switched off", {"networks.fab.anti_spoofing": False}),
    # drivers
    Everyday("a bridge becomes an overlay", {"networks.web.driver": "overlay", "networks.web.vni": 80,
             f"{A}.networks.web": {}}),
    Everyday("an overlay becomes a bridge", {"networks.fab.driver": "bridge", "networks.fab.vni": None}),
    Everyday("a bridge becomes the LAN", {"networks.web": LAN, f"{A}.networks.web": {}}),
    Everyday("the LAN becomes a bridge", {"networks.web": OTHER}, {"networks.web": LAN, f"{A}.networks.web": {}}),
    Everyday("an overlay becomes the LAN", {"networks.fab": LAN}),
    Everyday("the LAN becomes an overlay", {"networks.fab": OVERLAY}, {"networks.fab": LAN}),
    Everyday("two networks change drivers",
             {"networks.web": {**OVERLAY, "vni": 42}, "networks.fab": OTHER, f"{A}.networks.web": {}}),
    # the LAN
    Everyday("the LAN gets a shim", {"networks.lan.host_shim": True},
             {"networks.lan": LAN, f"{B}.networks": {"lan": {}}}),
    Everyday("the LAN loses its shim", {"networks.lan.host_shim": None},
             {"networks.lan": {**LAN, "host_shim": True}, f"{B}.networks": {"lan": {}}}),
    Everyday("the LAN with a shim is called another name",
             {"networks.lan": None, "networks.wire": SHIMMED, f"{B}.networks": {"wire": {}}},
             {"networks.lan": SHIMMED, f"{B}.networks": {"lan": {}}}),
    Everyday("the LAN's mode changes", {"networks.lan.mode": "vepa"},
             {"networks.lan": LAN, f"{B}.networks": {"lan": {}}}),
    Everyday("the LAN's parent is another one's alone", {"networks.lan.mode": "passthru"},
             {"networks.lan": LAN, f"{B}.networks": {"lan": {}}}, recreate=True),
    Everyday("a host gets on the LAN by a bridge, beside networks that leave by its interface",
             {"networks.lan": ON_LAN, f"{B}.networks": {"web": {}, "lan": {}}}),
    Everyday("a bridge on the LAN becomes one of its host's own under its name",
             {"networks.web": FLEET["networks"]["web"]}, {"networks.web": ON_LAN, f"{A}.networks.web": {}}),
    Everyday("a bridge on the LAN goes, and others leave by its interface again",
             {"networks.lan": None, f"{B}.networks": {"web": {}}},
             {"networks.lan": ON_LAN, f"{B}.networks": {"web": {}, "lan": {}}}),
    Everyday("a bridge on the LAN becomes the LAN of another name",
             {"networks.lan": None, "networks.wire": LAN, f"{B}.networks": {"wire": {}}},
             {"networks.lan": ON_LAN, f"{B}.networks": {"lan": {}}}),
    Everyday("a bridge on the LAN gives way to one of its host's own of another name",
             {"networks.lan": {**OTHER, "bridge": "br-own"}}, {"networks.lan": ON_LAN, f"{B}.networks.lan": {}}),
    Everyday("a bridge of its host's own gets on the LAN under its name",
             {"networks.web": ON_LAN_6}, {"networks.web.subnets": DUAL, f"{A}.networks.web": {}}),
    Everyday("a routed overlay becomes a bridge on the LAN", {"networks.fab": ON_LAN}),
    Everyday("a bridge on the LAN becomes a routed overlay", {"networks.fab": FLEET["networks"]["fab"]},
             {"networks.fab": ON_LAN}),
    Everyday("the LAN becomes a bridge on it", {"networks.lan": ON_LAN_6},
             {"networks.lan": LAN, f"{B}.networks.lan": {}, f"{B}.default_route": "web"}),
    Everyday("a bridge on the LAN and one of its host's own change places",
             {"networks.lan": {**OTHER, "subnets": DUAL[:1]}, "networks.web": ON_LAN_6},
             {"networks.lan": ON_LAN_6, f"{A}.networks.web": {}, f"{B}.networks": {"lan": {}}}),
    Everyday("a bridge on the LAN and a bridged overlay change places",
             {"networks.lan": POND, "networks.pond": ON_LAN},
             {"networks.lan": ON_LAN, "networks.pond": POND, f"{B}.networks": {"web": {}, "lan": {}, "pond": {}},
              f"{B}.default_route": "web"}),
    Everyday("a bridge on the LAN and interfaces that stand on it change places",
             {"networks.lan": {**LAN, "parent": "ch-wire", "subnets": ["192.168.8.0/24"]}, "networks.wire": ON_LAN},
             {"networks.lan": ON_LAN, "networks.wire": {**LAN, "parent": "ch-lan", "subnets": ["192.168.8.0/24"]},
              f"{B}.networks": {"lan": {}, "wire": {}}, f"{B}.default_route": "lan"}),
    # hosts
    Everyday("a host comes", {"hosts.h4": {"containerhost_underlay_address": "198.18.0.4"},
             "containers.h4": {"d": {"networks": {"fab": {}}}}}),
    Everyday("a host goes", {"hosts.h3": None, "containers.h3": None},
             {"containers.h3": {"d": {"networks": {"fab": {}}}}}),
    Everyday("another host gets another address", {"hosts.h2.containerhost_underlay_address": "198.18.0.22"}),
    Everyday("two hosts change addresses",
             {"hosts.h2.containerhost_underlay_address": "198.18.0.3",
              "hosts.h3.containerhost_underlay_address": "198.18.0.2"},
             {"containers.h3": {"d": {"networks": {"fab": {}}}}}),
    Everyday("a slice is pinned", {"hosts.h1.containerhost_slices": {"web": ["10.80.99.0/24"]}}),
)  # fmt: skip


def edited(fleet: dict[str, Any], edit: Edit) -> dict[str, Any]:
    """A fleet in which values stand at paths such as ``networks.web.mtu``."""
    result = copy.deepcopy(fleet)
    for path, value in edit.items():
        *above, last = path.split(".")
        place = result
        for name in above:
            place = place.setdefault(name, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = copy.deepcopy(value)
    return result
