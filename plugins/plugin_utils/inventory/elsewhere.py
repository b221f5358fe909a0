# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that are right somewhere else: at another level of the inventory, or in another program.

What Docker, Compose, Podman, LXC, netplan and iproute2 call by another name is answered with ours.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence

# By their name, ours: an option of whichever level.
NAMES: Mapping[str, str] = {
    **dict.fromkeys(("ports", "port_bindings", "published_ports", "portmappings", "expose"), "publish"),
    **dict.fromkeys(("ip", "ipv4", "ipv6", "ipv4_address", "ipv6_address", "ip_address", "static_ip"), "address"),
    **dict.fromkeys(("ips", "static_ips", "ip_addresses", "ipv4_addresses"), "addresses"),
    **dict.fromkeys(("mac_address", "hwaddr", "hwaddress", "macaddress", "lladdr"), "mac"),
    **dict.fromkeys(("links", "alias", "network_aliases", "hostname", "hostnames"), "aliases"),
    **dict.fromkeys(("iface", "ifname", "interface_name", "dev"), "interface"),
    **dict.fromkeys(("net", "nets", "network"), "networks"),
    **dict.fromkeys(("runtime", "container_engine"), "engine"),
    **dict.fromkeys(("container_name", "container", "pid"), "ref"),
    **dict.fromkeys(("net_mode", "network_mode_", "networkmode"), "network_mode"),
    **dict.fromkeys(("default_gateway", "defaultroute"), "default_route"),
    **dict.fromkeys(("gw_priority", "gateway_priority"), "priority"),
    **dict.fromkeys(("ipam", "subnet", "subnet_v4", "subnet_v6", "ipam_config", "ip4_subnets", "prefixes"), "subnets"),
    **dict.fromkeys(("type", "network_driver", "net_driver"), "driver"),
    **dict.fromkeys(("parent_interface", "master", "nic", "lower", "host_interface"), "parent"),
    **dict.fromkeys(("vlan_id", "vid", "vlanid", "tag"), "vlan"),
    **dict.fromkeys(("vxlan_id", "vnid", "segment_id", "id"), "vni"),
    **dict.fromkeys(("dstport", "vxlan_port", "udp_port"), "port"),
    **dict.fromkeys(("bridge_name", "bridge_device"), "bridge"),
    **dict.fromkeys(("enable_icc", "inter_container_communication"), "icc"),
    **dict.fromkeys(("nat", "masquerade", "enable_ip_masquerade", "ip_masq", "ipmasq"), "gateway_mode"),
    **dict.fromkeys(("ip_range", "iprange", "allocation_range", "pool"), "range"),
    **dict.fromkeys(("aux_addresses", "aux_address", "reserved", "excluded"), "exclude"),
    **dict.fromkeys(("gw", "router"), "gateway"),
    **dict.fromkeys(("prefix_length", "prefixlen", "hostprefix", "host_prefix_length", "subnet_len"), "host_prefix"),
    **dict.fromkeys(("hosts_pattern", "members", "nodes"), "hosts"),
    **dict.fromkeys(("sysctl",), "sysctls"),
    **dict.fromkeys(("static_routes", "route"), "routes"),
    **dict.fromkeys(("to", "dest", "destination"), "dst"),
    **dict.fromkeys(("host", "published", "public_port", "hostport"), "host_port"),
    **dict.fromkeys(("target", "container_port_", "private_port", "containerport"), "container_port"),
    **dict.fromkeys(("proto",), "protocol"),
    **dict.fromkeys(("allow_from", "source", "source_ranges"), "sources"),
}
# What means one thing in a subnet, in a route, or in a published port, and another elsewhere.
_IN_PARTS: Mapping[str, str] = {
    **dict.fromkeys(("gateway", "gw", "nexthop", "next_hop"), "via"),
    **dict.fromkeys(("subnet", "network", "address"), "cidr"),
    "prefix": "host_prefix",
    "container": "container_port",
}

# What a container's engine is told, and we are not.
OF_THE_ENGINE = frozenset(
    "image command entrypoint volumes environment env restart restart_policy privileged cap_add cap_drop user"
    " working_dir healthcheck depends_on labels devices tmpfs ulimits memory cpus build logging secrets configs"
    " network_disabled detach pull recreate".split()
)

# What `docker network create` and Compose say of networks, and a network here does not have.
OF_DOCKER_NETWORKS = frozenset(
    "driver_opts driver_options options opts opt attachable external ingress scope enable_ipv4 enable_ipv6 ipv6"
    " check_duplicate labels label".split()
)


# What others call drivers that are here, or no driver at all.
_DRIVERS: Mapping[str, str] = {
    **dict.fromkeys(("vxlan", "flannel", "geneve", "swarm", "weave", "calico", "wireguard", "host-gw"), "overlay"),
    **dict.fromkeys(("nat", "default", "br", "linuxbridge", "veth", "ovs", "isolated", "internal"), "bridge"),
    **dict.fromkeys(("macvtap", "vlan", "lan", "sriov"), "macvlan"),
}


def driver_of(name: object, known: Collection[str]) -> str | None:
    """What to write for the name of a driver that there is not."""
    word = str(name).lower()
    if word in ("host", "none", "null"):
        mode = "host" if word == "host" else "none"
        return f"Leave the network out, and write `network_mode: {mode}` for the containers"
    found = _DRIVERS.get(word)
    return f"Write `{found}` if that is meant" if found in known else None


def meant(key: object, keys: Sequence[str]) -> str:
    """What to write for a key that a part, such as a subnet or a route, does not have."""
    word = str(key)
    name = _IN_PARTS.get(word)
    if name not in keys:
        name = known_as(word, keys) or next(iter(difflib.get_close_matches(word, keys, n=1)), None)
    return f"Write `{name}` if that is meant" if name else f"It has {', '.join(keys)}"


def known_as(key: str, options: Collection[str]) -> str | None:
    """Our name for a key, if these options have it."""
    name = NAMES.get(key.lower().replace("-", "_"))
    return name if name in options else None
