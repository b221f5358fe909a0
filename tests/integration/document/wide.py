# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that is on networks of all kinds that it can make by itself, as the plan has it."""

from __future__ import annotations

import re
from typing import Any

import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources, gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan

_NETWORKS = """
shared:
  driver: bridge
  subnets: [10.80.0.0/24, "fd00:80::/64"]
  names: [hosts, resolver, on_host]
  dns: {servers: [198.18.0.2], search: [shop.example.org]}
  host_access: [53/udp, 53/tcp, 9100]
  gateway_mode: {ipv4: nat, ipv6: routed}
  handoff: {cni: true}
inner: {driver: bridge, subnets: [10.81.0.0/24], internal: true, allow_networks: [shared]}
office: {driver: bridge, gateway_mode: bridged, uplink: eth2, subnets: [192.168.9.0/24]}
segment: {driver: overlay, mode: bridged, vni: 77, subnets: [10.77.0.0/24, "fd00:77::/64"], names: hosts}
straight: {driver: overlay, backend: host-gw, subnets: [{cidr: 10.43.0.0/16, host_prefix: 24}], hosts: "h1,h2"}
fabric: {driver: overlay, vni: 42, subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}], hosts: "h1,h2"}
lan: {driver: macvlan, parent: eth1, subnets: [192.168.7.0/24], host_shim: true}
"""
_CONTAINERS = {
    "h1": """
ask:
  dns: {options: ["ndots:2"]}
  networks:
    shared:
      rate: {in: 100mbit, out: 50mbit}
      publish: ["53/udp", "8000-8003:9000-9003", {host_port: 80, container_port: 80, sources: [198.18.0.0/24]}]
    segment: {}
    inner: {}
pal: {network_mode: "container:ask", publish: ["9100:9100"], aliases: [mate]}
cam: {networks: {lan: {routes: [{dst: 10.99.0.0/16, type: prohibit}]}, straight: {}, fabric: {}}}
desk: {networks: {office: {address: 192.168.9.7}}}
""",
    "h2": "far: {networks: {segment: {}, straight: {}, fabric: {}}}",
}
# What the host has to have for it.
INTERFACES = "\n".join(
    f"ip link add {name} type veth peer name {name}-far; ip link set {name} up; ip link set {name}-far up"
    for name in ("eth1", "eth2")
)


def wide() -> dict[str, Any]:
    """The document of h1."""
    hosts = {
        name: {
            "ansible_host": f"198.18.0.{number}",
            "containerhost_underlay_address": f"198.18.0.{number}/24",
            "containerhost_networks": yaml.safe_load(_NETWORKS),
            "containerhost_containers": yaml.safe_load(_CONTAINERS[name]),
        }
        for number, name in enumerate(_CONTAINERS, start=1)
    }
    sources = Sources(hosts, resolve=lambda pattern: [host for host in hosts if host in pattern])
    return make_plan(gather(sources), Ledger(), "2026-11-20").documents["h1"]


def comparable(snapshot: str) -> str:
    """Without what the kernel makes up: an ifb's MAC, and the order in which it lists a set's elements."""
    lines = re.sub(r"(?m)^(chr\w+: .*link/ether )\S+", r"\1…", snapshot).replace("elements = {", "").splitlines()
    return "\n".join(sorted(line.strip("\t ,}") for line in lines))
