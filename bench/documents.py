# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both sides are asked to make: hosts' documents, in the shape in which the plan writes them."""

from __future__ import annotations

import typing as t

BRIDGES = 2
CONTAINER_IP = "10.80.0.2"
VNI, VTEP_PORT, VTEP_DEVICE = 42, 8472, "ch-fabric"
SEGMENT_DEVICE, SEGMENT_BRIDGE = "ch-pond", "chb-pond"

Document = dict[str, t.Any]


class Endpoint(t.NamedTuple):
    """A container's attachment to one of the bridges, counted from zero."""

    number: int
    bridges: int

    @property
    def bridge(self) -> int:
        return self.number % self.bridges

    @property
    def master(self) -> str:
        return f"ch-n{self.bridge}"

    @property
    def sandbox(self) -> str:
        return f"c{self.number}"

    @property
    def host_end(self) -> str:
        return f"chv{self.number}"

    @property
    def host_mac(self) -> str:
        return f"02:01:00:00:{self.number >> 8:02x}:{self.number & 255:02x}"

    @property
    def mac(self) -> str:
        return f"02:02:00:00:{self.number >> 8:02x}:{self.number & 255:02x}"

    @property
    def ip(self) -> str:
        place = self.number // self.bridges + 2
        return f"10.{80 + self.bridge}.{place >> 8}.{place & 255}"

    @property
    def cidr(self) -> str:
        return f"{self.ip}/16"

    @property
    def gateway(self) -> str:
        return f"10.{80 + self.bridge}.0.1"


def endpoints(count: int, bridges: int = BRIDGES) -> list[Endpoint]:
    return [Endpoint(number, bridges) for number in range(count)]


def namespaces(count: int, bridges: int = BRIDGES) -> list[dict[str, t.Any]]:
    return [{"network": f"n{each.bridge}", "name": each.sandbox} for each in endpoints(count, bridges)]


def bridges(count: int) -> list[dict[str, t.Any]]:
    return [
        {
            "network": f"n{number}",
            "name": f"ch-n{number}",
            "mac": f"02:00:00:00:ff:{number:02x}",
            "addresses": [f"10.{80 + number}.0.1/16"],
            "mtu": 1500,
        }
        for number in range(count)
    ]


def veth(each: Endpoint, without_ipv6: bool, mtu: int = 1500) -> dict[str, t.Any]:
    return {
        "network": f"n{each.bridge}",
        "name": each.host_end,
        "host_mac": each.host_mac,
        "master": each.master,
        "mtu": mtu,
        "sandbox": {"engine": "netns", "ref": each.sandbox},
        "interface": "eth0",
        "mac": each.mac,
        "addresses": [each.cidr],
        "routes": [{"dst": "0.0.0.0/0", "via": each.gateway}],
        **({"sysctls": {"net.ipv6.conf.IFNAME.disable_ipv6": "1"}} if without_ipv6 else {}),
    }


def sender_filter(each: Endpoint) -> dict[str, t.Any]:
    return {"network": f"n{each.bridge}", "port": each.host_end, "mac": each.mac, "sources": [each.ip]}


def stage(count: int, number_of_bridges: int = BRIDGES) -> Document:
    """What exists before containers are attached."""
    return {"version": 1, "netns": namespaces(count, number_of_bridges), "bridge": bridges(number_of_bridges)}


def attached(count: int, number_of_bridges: int = BRIDGES, without_ipv6: bool = False) -> Document:
    some = endpoints(count, number_of_bridges)
    return {**stage(count, number_of_bridges), "veth": [veth(each, without_ipv6) for each in some]}


def with_one_changed(document: Document) -> Document:
    """One container in the middle has another address."""
    rows = [dict(row) for row in document["veth"]]
    middle = rows[len(rows) // 2]
    middle["addresses"] = [middle["addresses"][0].replace(".0.", ".200.").replace(".1.", ".201.")]
    return {**document, "veth": rows}


def published(ports: int) -> Document:
    """Ports of one container; a port of the host leads to the one of the same number."""
    rows = [
        {
            "network": "n0",
            "rule": "publish",
            "protocol": "tcp",
            "host_port": 10000 + number,
            "address": CONTAINER_IP,
            "port": 10000 + number,
        }
        for number in range(ports)
    ]
    return {**stage(1, 1), "nat_rule": rows}


def one_container() -> Document:
    """Behind the ports: its attachment, and what the plan has against packets that nobody asked for."""
    closed = {"network": "n0", "device": "ch-n0", "accept_from": ["ch-n0"], "internal": False}
    return {"veth": [veth(Endpoint(0, 1), False)], "isolation": [closed]}


def overlay(peers: int) -> Document:
    """A VTEP's host with that many others."""
    entries: dict[str, list[dict[str, t.Any]]] = {"vxlan_fdb": [], "neighbour": [], "route": []}
    common = {"network": "fabric", "device": VTEP_DEVICE}
    for number in range(1, peers + 1):
        lladdr = f"02:8c:00:00:{number >> 8:02x}:{number & 255:02x}"
        underlay, slice_ = f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}", _slice(number)
        entries["vxlan_fdb"].append({**common, "lladdr": lladdr, "dst": underlay})
        entries["neighbour"].append({**common, "address": slice_, "lladdr": lladdr})
        entries["route"].append(
            {**common, "dst": f"{slice_}/24", "via": slice_, "onlink": True, "metric": 1000 + number}
        )
    device = {
        "network": "fabric",
        "name": VTEP_DEVICE,
        "vni": VNI,
        "port": VTEP_PORT,
        "local": "198.18.255.1",
        "mac": "02:8c:ff:00:00:01",
        "mtu": 1450,
        "addresses": [f"{_slice(0)}/32"],
    }
    return {"version": 1, "vxlan": [device], **entries}


def segment(containers: int) -> Document:
    """A host of a bridged overlay, with that many containers elsewhere, 64 on each other host."""
    entries: dict[str, list[dict[str, t.Any]]] = {"vxlan_fdb": [], "neighbour": []}
    for number in range(containers):
        lladdr = f"02:8d:00:00:{number >> 8:02x}:{number & 255:02x}"
        host = number // 64 + 2
        common = {"network": "pond", "device": SEGMENT_DEVICE, "lladdr": lladdr}
        entries["vxlan_fdb"].append({**common, "dst": f"198.18.{host >> 8}.{host & 255}"})
        entries["vxlan_fdb"].append({**common, "table": "master", "fdb_state": "static"})
        address = f"10.{64 + (number + 2 >> 16)}.{number + 2 >> 8 & 255}.{number + 2 & 255}"
        entries["neighbour"].append({**common, "device": SEGMENT_BRIDGE, "address": address})
    bridge = {"network": "pond", "name": SEGMENT_BRIDGE, "mac": "02:8d:ff:00:00:01", "mtu": 1450, "addresses": []}
    device = {
        "network": "pond",
        "name": SEGMENT_DEVICE,
        "vni": VNI,
        "port": VTEP_PORT,
        "local": "198.18.255.1",
        "mac": "02:8d:ff:00:00:02",
        "mtu": 1450,
        "master": SEGMENT_BRIDGE,
        "port_learning": False,
        "unicast_flood": False,
        "neigh_suppress": True,
    }
    return {"version": 1, "bridge": [bridge], "vxlan": [device], **entries}


def _slice(number: int) -> str:
    return f"10.{64 + (number >> 8)}.{number & 255}.0"
