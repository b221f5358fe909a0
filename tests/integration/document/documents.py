# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents as the plan makes them, and what a module's answer says, in short."""

from __future__ import annotations

import copy
from typing import Any

NOTHING: dict[str, Any] = {"version": 1}

# A bridge network with two containers and an overlay with one other host: an object of every kind but name servers.
_WEB_AND_FABRIC: dict[str, Any] = {
    "version": 1,
    "netns": [{"network": "web", "name": "shop"}, {"network": "web", "name": "db"}],
    "bridge": [
        {"network": "web", "name": "ch-web", "mac": "02:00:00:00:00:01", "mtu": 1500,
         "addresses": ["10.80.1.1/24", "fd00:80:1::1/64"]},
    ],
    "veth": [
        {"network": "web", "name": "chvshop", "master": "ch-web", "mtu": 1500, "host_mac": "02:00:00:00:01:01",
         "sandbox": {"engine": "netns", "ref": "shop"}, "interface": "eth0", "mac": "02:00:00:00:00:02",
         "addresses": ["10.80.1.2/24", "fd00:80:1::2/64"],
         "routes": [{"dst": "0.0.0.0/0", "via": "10.80.1.1"}, {"dst": "::/0", "via": "fd00:80:1::1"}],
         "sysctls": {"net.ipv6.conf.IFNAME.accept_ra": "0"}},
        {"network": "web", "name": "chvdb", "master": "ch-web", "mtu": 1500, "host_mac": "02:00:00:00:01:02",
         "sandbox": {"engine": "netns", "ref": "db"}, "interface": "eth0", "mac": "02:00:00:00:00:03",
         "addresses": ["10.80.1.3/24"], "routes": [{"dst": "0.0.0.0/0", "via": "10.80.1.1"}],
         "sysctls": {"net.ipv6.conf.IFNAME.disable_ipv6": "1"}},
    ],
    "vxlan": [
        {"network": "fabric", "name": "ch-fabric", "vni": 42, "port": 4789, "local": "198.18.0.1",
         "mac": "02:00:00:00:09:01", "mtu": 1450, "addresses": ["10.42.1.0/32", "fd00:42:0:1::/128"]},
    ],
    "vxlan_fdb": [{"network": "fabric", "device": "ch-fabric", "lladdr": "02:00:00:00:09:02", "dst": "198.18.0.2"}],
    "neighbour": [
        {"network": "fabric", "device": "ch-fabric", "address": "10.42.2.0", "lladdr": "02:00:00:00:09:02"},
        {"network": "fabric", "device": "ch-fabric", "address": "fd00:42:0:2::", "lladdr": "02:00:00:00:09:02"},
    ],
    "route": [
        {"network": "fabric", "dst": "10.42.2.0/24", "via": "10.42.2.0", "onlink": True, "metric": 1026,
         "device": "ch-fabric"},
        {"network": "fabric", "dst": "fd00:42:0:2::/64", "via": "fd00:42:0:2::", "onlink": True, "metric": 1026,
         "device": "ch-fabric"},
    ],
    "isolation": [{"network": "web", "device": "ch-web", "accept_from": ["ch-web"], "internal": False}],
    "nat_rule": [
        {"network": "web", "rule": "masquerade", "source": "10.80.1.0/24", "unless": "10.80.1.0/24"},
        {"network": "web", "rule": "publish", "protocol": "tcp", "host_port": 8080, "address": "10.80.1.2", "port": 80},
    ],
    "name_table": [
        {"network": "web", "name": "web",
         "entries": ["10.80.1.2 shop www shop.web www.web", "10.80.1.3 db db.web", "fd00:80:1::2 shop www"]},
        {"network": "fabric", "name": "fabric", "entries": ["10.42.2.2 cache cache.fabric"]},
    ],
    "hosts_file": [
        {"network": "web", "sandbox": {"engine": "netns", "ref": "shop"}, "table": "web"},
        {"network": "fabric", "sandbox": {"engine": "netns", "ref": "shop"}, "table": "fabric"},
        {"network": "web", "sandbox": {"engine": "netns", "ref": "db"}, "table": "web"},
    ],
    "sysctl": [{"network": "web", "key": "net.ipv4.conf.ch-web.route_localnet", "value": "1"}],
    "forwarding": [
        {"network": "web", "device": "ch-web", "family": "ipv4"},
        {"network": "web", "device": "ch-web", "family": "ipv6"},
        {"network": "web", "uplink": "auto", "family": "ipv4"},
        {"network": "web", "uplink": "auto", "family": "ipv6"},
    ],
}  # fmt: skip


def web_and_fabric() -> dict[str, Any]:
    return copy.deepcopy(_WEB_AND_FABRIC)


def only(network: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """The part of a document that is one network's."""
    whole = document or web_and_fabric()
    kinds = {
        kind: [row for row in rows if row["network"] == network] for kind, rows in whole.items() if kind != "version"
    }
    return {"version": 1, **{kind: rows for kind, rows in kinds.items() if rows}}


def joined(*documents: dict[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {"version": 1}
    for document in documents:
        for kind, rows in document.items():
            if kind != "version":
                whole.setdefault(kind, []).extend(copy.deepcopy(rows))
    return whole


def bridge_network(
    name: str, number: int, containers: int = 1, internal: bool = False, icc: bool = True, hexes: str = ""
) -> dict[str, Any]:
    """A network of the driver ``bridge`` on one host: 10.NUMBER.1.0/24 and fd00:NUMBER:1::/64, containers NAME-1…"""
    hexes = hexes or f"{number:02x}"
    device = f"ch-{name}"
    document: dict[str, Any] = {
        "version": 1,
        "netns": [],
        "bridge": [
            {"network": name, "name": device, "mac": f"02:{hexes}:00:00:00:01", "mtu": 1500,
             "addresses": [f"10.{number}.1.1/24", f"fd00:{number}:1::1/64"]},
        ],
        "veth": [],
        "isolation": [
            {"network": name, "device": device, "accept_from": [device] if icc else [], "internal": internal},
        ],
    }  # fmt: skip
    for index in range(1, containers + 1):
        own = index + 1
        document["netns"].append({"network": name, "name": f"{name}-{index}"})
        document["veth"].append(
            {"network": name, "name": f"v-{name}-{index}", "master": device, "mtu": 1500,
             "host_mac": f"02:{hexes}:01:00:{own >> 8:02x}:{own & 255:02x}",
             "sandbox": {"engine": "netns", "ref": f"{name}-{index}"}, "interface": "eth0",
             "mac": f"02:{hexes}:02:00:{own >> 8:02x}:{own & 255:02x}", "isolated": None if icc else True,
             "addresses": [f"10.{number}.1.{own}/24", f"fd00:{number}:1::{own:x}/64"],
             "routes": [{"dst": "0.0.0.0/0", "via": f"10.{number}.1.1"}, {"dst": "::/0", "via": f"fd00:{number}:1::1"}],
             "sysctls": {"net.ipv6.conf.IFNAME.accept_ra": "0"}},
        )  # fmt: skip
    if not internal:
        document["nat_rule"] = [
            {"network": name, "rule": "masquerade", "source": source, "unless": source}
            for source in (f"10.{number}.1.0/24", f"fd00:{number}:1::/64")
        ]
        document["forwarding"] = [
            {"network": name, **where, "family": family}
            for where in ({"device": device}, {"uplink": "auto"})
            for family in ("ipv4", "ipv6")
        ]
    return document


def publish(network: str, host_port: int, address: str, port: int, **options: Any) -> dict[str, Any]:
    rule = {
        "network": network,
        "rule": "publish",
        "protocol": "tcp",
        "host_port": host_port,
        "address": address,
        "port": port,
    }
    device = f"ch-{network}"
    setting = {"network": network, "key": f"net.ipv4.conf.{device}.route_localnet", "value": "1"}
    return {"version": 1, "nat_rule": [{**rule, **options}], "sysctl": [] if ":" in address else [setting]}


# -- answers --------------------------------------------------------------------------------------------------------


def said(answer: dict[str, Any]) -> list[str]:
    """Each change of an answer's diff: ``+`` added, ``-`` removed, ``~`` changed, ``!`` re-created."""
    assert not answer.get("failed"), answer.get("msg")
    return [_said(row) for row in answer["diff"]]


def _said(row: dict[str, str]) -> str:
    before, after = row["before_header"], row["after_header"]
    if before.endswith(": absent"):
        return f"+ {after}"
    if after.endswith(": absent"):
        return f"- {before}"
    return f"! {before}" if after.endswith(" (re-created)") else f"~ {before}"


def details(answer: dict[str, Any]) -> list[str]:
    """The lines of an answer's diff, headers included."""
    rows = []
    for row in answer["diff"]:
        rows.append(_said(row))
        rows += [f"  - {line}" for line in row["before"].splitlines()]
        rows += [f"  + {line}" for line in row["after"].splitlines()]
    return rows
