# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the devices of ours are set: below ``net.ipv4.conf`` and ``net.ipv6.conf``, whatever the host's defaults are, and
in what the kernel gives every new device, for as long as nobody has asked for anything else.

Containers can send to each of them. So none takes addresses or routes from router advertisements, follows redirects,
answers ARP for other addresses than its own, or has IPv6 where its network has none. Every setting is written before
the device is up, compared in each run, and mended. Most of IPv4 travels in a message that is sent anyway
(IFLA_AF_SPEC); IPv6 has files only, below ``/proc/sys``.

A setting that somebody has borrowed (kind ``sysctl``) is theirs for as long.
"""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import derived
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import devconf, harm

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Wanted
    from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

# By names such as ``ipv4.rp_filter``; what they mean is in the kernel's networking/ip-sysctl. ``link`` is what every
# device has; ``bridge``, ``vxlan`` and ``port`` (of a bridge) are attributes of those names in linux/if_link.h.
Settings = t.Dict[str, int]
_PREFIXES = {"bridge": "IFLA_BR_", "vxlan": "IFLA_VXLAN_", "port": "IFLA_BRPORT_"}

IPV6_MIN_MTU = 1280  # linux/ipv6.h: below it, the kernel takes IPv6 off a device, with all of its settings

# Reverse paths are checked loosely: an answer may come from a container by another of its networks than the one that
# leads back to it. The kernel takes the larger of a device's number and the host's, and loose is the largest.
_HARMLESS = {"ipv4.accept_redirects": 0, "ipv4.accept_source_route": 0, "ipv4.rp_filter": 2}
# Each address is known on the segment where it is, by the MAC of the interface that has it.
_OWN_ADDRESSES = {"ipv4.arp_announce": 2, "ipv4.arp_ignore": 1}
# Reverse paths are looked for under the mark that a packet has: without one our networks lead nowhere (``fence.py``).
_HOST_4 = {
    "ipv4.src_valid_mark": 1,
    **_HARMLESS,
    **_OWN_ADDRESSES,
    **{f"ipv4.{name}": 0 for name in "accept_local arp_accept arp_filter proxy_arp proxy_arp_pvlan".split()},
    "ipv4.drop_unicast_in_l2_multicast": 0,  # as a port that becomes one of these no longer has it
}
# Other kinds decide on it later on, for as long as they want it: until then, not the host's default.
AT_FIRST = {"ipv4.route_localnet": 0}
# A bridge hands frames for 01:80:c2:00:00:02…0f to its host as coming from the port (802.1D), with whatever is in them,
# so that they pass by all that is said about the bridge: a port takes no packets for an address of the host's, and
# answers no ARP at all (8).
_PORT = {**_HOST_4, "ipv4.arp_ignore": 8, "ipv4.drop_unicast_in_l2_multicast": 1}
_CLOSED_6 = {f"ipv6.{name}": 0 for name in "accept_ra accept_redirects accept_source_route autoconf proxy_ndp".split()}
_WITH_6 = {"ipv6.disable_ipv6": 0, **_CLOSED_6}
_WITHOUT_6 = {"ipv6.disable_ipv6": 1}
# What traffic depends on and a new device has: whoever has changed it by hand finds it changed back.
_AS_MADE = {"link.arp": 1, "link.multicast": 1, "link.proto_down": 0}
_OF_OURS = {**_AS_MADE, "link.group": m.GROUP}
_BRIDGE_AS_MADE = {
    "bridge.stp_state": 0,
    "bridge.ageing_time": 30000,  # in hundredths of a second
    "bridge.mcast_snooping": 1,
    "bridge.mcast_querier": 0,
    "bridge.group_fwd_mask": 0,
    "bridge.vlan_filtering": 0,
    "bridge.nf_call_iptables": 0,
    "bridge.nf_call_ip6tables": 0,
    "bridge.nf_call_arptables": 0,
}
_VXLAN_AS_MADE = {"vxlan.ttl": 0, "vxlan.tos": 0, "vxlan.df": 0, "vxlan.label": 0, "vxlan.ageing": 300}
_PORT_AS_MADE = {
    **{f"port.{name}": 1 for name in "learning unicast_flood mcast_flood bcast_flood".split()},
    **{f"port.{name}": 0 for name in "guard protect fast_leave proxyarp proxyarp_wifi neigh_suppress".split()},
    **{f"port.{name}": 0 for name in "locked mab mcast_to_ucast vlan_tunnel group_fwd_mask".split()},
    "port.state": 3,  # BR_STATE_FORWARDING, linux/if_bridge.h
}
# Those of them that an object may say itself.
_PORT_OPTIONS = {
    "port.learning": "port_learning",
    "port.unicast_flood": "unicast_flood",
    "port.neigh_suppress": "neigh_suppress",
}
# IN6_ADDR_GEN_MODE_*, linux/if_link.h: from the MAC; or no link-local address, hence no DAD and no MLD reports.
_EUI64, _NONE = 0, 1


# Neighbours ask for each other from their link-local addresses: whoever has lost his, or its route, answers nobody.
_LINK_LOCAL = {"link.link_local": 1, "link.link_local_route": 1}
# Without it nobody is asked for his MAC, nor answered.
_GROUPS = {"link.groups_route": 1}
# So does a host that forwards to a container, and cannot while its address is tentative. The address follows from a
# MAC that the plan gives out once: to look for a second one only loses what is sent in the first two seconds.
_AT_ONCE = {"ipv6.addr_gen_mode": _EUI64, "ipv6.accept_dad": 0, **_LINK_LOCAL}


def of_host_device(six: bool | None, link_local: bool = False) -> Settings:
    """A bridge, a VTEP, a shim. ``six``: whether it has IPv6, None for what the host has as its default.

    ``link_local``: containers talk to it by such an address, as to a gateway.
    """
    if six is None:
        return {**_OF_OURS, **_HOST_4, **_CLOSED_6, **({} if link_local else {"ipv6.addr_gen_mode": _NONE})}
    if not six:
        return {**_OF_OURS, **_HOST_4, **_WITHOUT_6}
    mode = _AT_ONCE if link_local else {"ipv6.addr_gen_mode": _NONE}
    return {**_OF_OURS, **_HOST_4, **_WITH_6, **_GROUPS, **mode}


def not_routing(kernel: Kernel, wanted: Wanted) -> Wanted:
    """A shim is for the host alone: no neighbour's packets are routed on from it, whatever new devices are given.

    Unless the host is a router: who says that of all devices says it of this one, too.
    """
    settings, netns = wanted.values.get("end_settings"), wanted.netns
    if settings is None or wanted.values.get("sandbox") or "ipv4.forwarding" in asked_for(wanted.values["sysctls"]):
        return wanted
    if kernel.sysctl("net/ipv4/conf/all/forwarding", netns) == "1":
        return wanted
    return wanted._replace(values={**wanted.values, "end_settings": {**settings, "ipv4.forwarding": 0}})


def of_lan() -> Settings:
    """A bridge that the host itself is on a LAN by: its IP is set as its uplink's was."""
    return dict(_OF_OURS)


def of_port() -> Settings:
    """A bridge's port is no interface of the host's: nothing that comes in by it is for the host's own IP."""
    return {**_OF_OURS, **_PORT, **_WITHOUT_6}


def of_queue() -> Settings:
    """A device that packets only wait in: the host has no address on it, and tells nobody of itself."""
    return dict(_WITHOUT_6)


def asked_for(sysctls: t.Collection[str]) -> set[str]:
    """Settings that somebody has asked for by the path of their files."""
    return {".".join((path.split("/")[1], path.split("/")[-1])) for path in sysctls if path.count("/") == 4}


def of_sandbox_end(addresses: t.Collection[str], sysctls: t.Collection[str]) -> Settings:
    """A container's own interface: what its owner has asked for (``sysctls``: paths) is left to that.

    Without any address it is for somebody else to set up, with IPv6 as he likes.
    """
    six = _WITH_6 if any(":" in cidr for cidr in addresses) else _WITHOUT_6 if addresses else {}
    asked = asked_for(sysctls)
    if six is _WITH_6:
        six = {**six, **_GROUPS, **({} if "ipv6.addr_gen_mode" in asked else _LINK_LOCAL)}
    whole = {**_AS_MADE, **_HARMLESS, **_OWN_ADDRESSES, **six}
    return {name: number for name, number in whole.items() if name not in asked}


def as_made(kind: str, values: t.Mapping[str, t.Any]) -> Settings:
    """What a plan's device of this kind has where its document says nothing. A task leaves that alone."""
    alone = {} if values.get("master") else {"link.master": 0}
    if kind == "bridge":
        asked = {f"bridge.{_BRIDGE_NAMES.get(option, option)}" for option, value in values.items() if value is not None}
        return {**alone, **{name: number for name, number in _BRIDGE_AS_MADE.items() if name not in asked}}
    port = _PORT_AS_MADE if values.get("master") else {}
    port = {name: number for name, number in port.items() if values.get(_PORT_OPTIONS.get(name, "")) is None}
    # Beside another tunnel of its network it is isolated from that (kinds/vxlan.py).
    tunnel = {**_VXLAN_AS_MADE, **({"port.isolated": 0} if values.get("master") else {})}
    return {**alone, **tunnel, **port} if kind == "vxlan" else port


def read(
    kernel: Kernel, netns: str | None, link: Link, wanted: Settings, mtu: int | None, mac: str | None = None
) -> tuple[dict[str, int | None], harm.Harm]:
    """The same settings as the device has them, which is to have this ``mac``, or keeps its own; and what does harm.

    One without a family takes nothing of it, which is as good as closed, unless IPv6 is to come back with its ``mtu``.
    """
    six, asks = "link.groups_route" in wanted, wanted.get("ipv4.arp_ignore") == 1
    watched = (*(harm.WATCHED_4 if asks else ()), *(harm.WATCHED_6 if six else ()))
    there = _numbers(link, (*wanted, *watched))
    found = harm.of_ipv6(there, link, mtu or link.mtu) if six else {}
    found.update(harm.of_the_deaf(kernel, netns, link.name, there) if asks else {})
    if asks and wanted.get("ipv4.src_valid_mark"):
        found.update(harm.of_neighbours(kernel, netns, link, ("ipv4", "ipv6") if six else ("ipv4",)))
    if found:
        found = {name: pair for name, pair in found.items() if not _is_let_be(kernel, netns, link, name)}
    for name in watched:
        if name not in wanted:
            del there[name]
    return _read(kernel, netns, link, wanted, mtu, mac, there), found


def _read(
    kernel: Kernel,
    netns: str | None,
    link: Link,
    wanted: Settings,
    mtu: int | None,
    mac: str | None,
    there: dict[str, int | None],
) -> dict[str, int | None]:
    if has_link_local(there):
        some = kernel.link_local(link.name, netns)
        route = not some or kernel.has_route("fe80::/64", link.name, netns)
        address = bool(some.difference(stale_link_local(kernel, netns, link, mac)))
        there.update({"link.link_local": int(address), "link.link_local_route": int(route)})
    if "link.groups_route" in there and _is_asked_by_groups(link):
        there["link.groups_route"] = int(kernel.local.of(netns).sends_to_groups(link.index))
    if there != wanted:
        returns = link.mtu < IPV6_MIN_MTU <= (mtu or 0)
        for name, number in wanted.items():
            if there[name] is None:
                missing = name.startswith("ipv6.") and (returns or (name == "ipv6.disable_ipv6" and number == 0))
            else:
                missing = there[name] != number and not _is_let_be(kernel, netns, link, name)
            if not missing:
                there[name] = number
    return there


def _is_asked_by_groups(link: Link) -> bool:
    """Has it IPv6, on a segment, and its routes in the namespace's own table? A VRF has one of its own."""
    return has_ipv6(link) and bool(link.flags & m.IFF_BROADCAST) and link.master is None and link.index > 0


def has_link_local(settings: t.Collection[str]) -> bool:
    """Is it to have one that the kernel gives it?"""
    return "link.link_local" in settings


def stale_link_local(kernel: Kernel, netns: str | None, link: Link, mac: str | None) -> list[str]:
    """Link-local addresses that the kernel has made of another MAC than this one, or the device's own; and of that, one
    that somebody else had when it looked (RFC 4862, 5.4): it looks once, and does not use it ever after."""
    some, unused = kernel.link_local(link.name, netns), kernel.address_rows(netns).unused.get(link.name, ())
    own = derived.link_local(mac or link.mac) if mac or link.mac else None
    made = filter(derived.is_of_a_mac, some)
    return sorted(address for address in made if address != own or address in unused)


def _is_let_be(kernel: Kernel, netns: str | None, link: Link, name: str) -> bool:
    """Somebody has borrowed it, or it follows from something else: without a carrier, or while its bridge is down, a
    port forwards nothing, and a device gives itself no address."""
    bridge = kernel.link(link.master, netns)
    if name == "port.state" and bridge is not None and not bridge.up:
        return True
    if name in ("port.state", *_LINK_LOCAL, *_GROUPS):
        return not link.carried
    return name.startswith("ipv") and kernel.records.loan(netns, path(link.name, name)) is not None


def _numbers(link: Link, names: t.Iterable[str]) -> dict[str, int | None]:
    found = devconf.numbers(link.af_spec, [name for name in names if name.startswith("ipv")])
    for name in names:
        if name not in found:
            found[name] = _LINK[name](link) if name in _LINK else _attribute(link, name)
    return found


def _attribute(link: Link, name: str) -> int | None:
    place, attribute = attribute_of(name)
    return (link.port if place == "port" else link.data).get(attribute)


@functools.cache
def attribute_of(name: str) -> tuple[str, str]:
    """Where a setting is, and its attribute: ``port.learning`` is IFLA_BRPORT_LEARNING."""
    place, _dot, rest = name.partition(".")
    return place, _PREFIXES[place] + rest.upper()


_LINK: dict[str, t.Callable[[Link], int | None]] = {
    "link.arp": lambda link: int(not link.flags & m.IFF_NOARP),
    # A device without broadcast (a tunnel, a loopback) has no multicast to be switched off.
    "link.multicast": lambda link: int(bool(link.flags & m.IFF_MULTICAST)) if link.flags & m.IFF_BROADCAST else None,
    "link.group": lambda link: link.group,
    "link.proto_down": lambda link: int(link.held_down),
    **dict.fromkeys((*_LINK_LOCAL, *_GROUPS), lambda link: None),  # they are in other tables
    "link.master": lambda link: 0 if link.master is None else 1,
}
_BRIDGE_NAMES = {"stp": "stp_state", "multicast_snooping": "mcast_snooping"}


def is_closed(family: str, setting: str, value: str) -> bool:
    """Is it what every device of the host's that is ours has?"""
    return str({**_HOST_4, **_CLOSED_6}.get(f"{family}.{setting}")) == value


def has_ipv6(link: Link) -> bool:
    return devconf.numbers(link.af_spec, ("ipv6.disable_ipv6",))["ipv6.disable_ipv6"] == 0


def gives_no_link_local(link: Link) -> bool:
    """Does the kernel give the device no link-local address, and so no way to be talked to by IPv6?"""
    return devconf.numbers(link.af_spec, ("ipv6.addr_gen_mode",))["ipv6.addr_gen_mode"] == _NONE


def path(device: str, name: str) -> str:
    """Below /proc/sys."""
    family, _dot, setting = name.partition(".")
    place, _dot, rest = setting.rpartition(".")
    return f"net/{family}/{place or 'conf'}/{device}/{rest}"


def in_message(settings: Settings) -> bytes:
    """IFLA_AF_SPEC for those that a message can carry."""
    return devconf.af_spec(tuple(settings.items()))
