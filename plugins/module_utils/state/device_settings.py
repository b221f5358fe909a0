# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the devices of ours are set below ``net.ipv4.conf`` and ``net.ipv6.conf``, whatever the host's defaults are.

Containers can send to each of them. So none takes addresses or routes from router advertisements, follows redirects,
answers ARP for other addresses than its own, or has IPv6 where its network has none. Every setting is written before
the device is up, compared in each run, and mended. Most of IPv4 travels in a message that is sent anyway
(IFLA_AF_SPEC); IPv6 has files only, below ``/proc/sys``.

A setting that somebody has borrowed (kind ``sysctl``) is theirs for as long.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state import devconf

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

# By names such as ``ipv4.rp_filter``; what they mean is in the kernel's networking/ip-sysctl.
Settings = t.Dict[str, int]

IPV6_MIN_MTU = 1280  # linux/ipv6.h: below it, the kernel takes IPv6 off a device, with all of its settings

# Reverse paths are checked loosely: an answer may come from a container by another of its networks than the one that
# leads back to it. The kernel takes the larger of a device's number and the host's, and loose is the largest.
_HARMLESS = {"ipv4.accept_redirects": 0, "ipv4.accept_source_route": 0, "ipv4.rp_filter": 2}
# Each address is known on the segment where it is, by the MAC of the interface that has it.
_OWN_ADDRESSES = {"ipv4.arp_announce": 2, "ipv4.arp_ignore": 1}
# Reverse paths are looked for under the mark that a packet has: without one our networks lead nowhere (state/fence.py).
_HOST_4 = {
    "ipv4.src_valid_mark": 1,
    **_HARMLESS,
    **_OWN_ADDRESSES,
    **{f"ipv4.{name}": 0 for name in "accept_local arp_accept arp_filter proxy_arp proxy_arp_pvlan".split()},
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
# IN6_ADDR_GEN_MODE_*, linux/if_link.h: from the MAC; or no link-local address, hence no DAD and no MLD reports.
_EUI64, _NONE = 0, 1


def of_host_device(six: bool | None, link_local: bool = False) -> Settings:
    """A bridge, a VTEP, a shim. ``six``: whether it has IPv6, None for what the host has as its default.

    ``link_local``: containers talk to it by such an address, as to a gateway.
    """
    if six is None:
        return {**_HOST_4, **_CLOSED_6, **({} if link_local else {"ipv6.addr_gen_mode": _NONE})}
    if not six:
        return {**_HOST_4, **_WITHOUT_6}
    return {**_HOST_4, **_WITH_6, "ipv6.addr_gen_mode": _EUI64 if link_local else _NONE}


def of_port() -> Settings:
    """A bridge's port is no interface of the host's: nothing that comes in by it is for the host's own IP."""
    return {**_PORT, **_WITHOUT_6}


def of_sandbox_end(addresses: t.Collection[str], sysctls: t.Collection[str]) -> Settings:
    """A container's own interface: what its owner has asked for (``sysctls``: paths) is left to that.

    Without any address it is for somebody else to set up, with IPv6 as he likes.
    """
    six = _WITH_6 if any(":" in cidr for cidr in addresses) else _WITHOUT_6 if addresses else {}
    asked = {".".join((path.split("/")[1], path.split("/")[-1])) for path in sysctls if path.count("/") == 4}
    return {name: number for name, number in {**_HARMLESS, **_OWN_ADDRESSES, **six}.items() if name not in asked}


def read(kernel: Kernel, netns: str | None, link: Link, wanted: Settings, mtu: int | None) -> dict[str, int | None]:
    """The same settings as the device has them.

    One without a family takes nothing of it, which is as good as closed, unless IPv6 is to come back with its ``mtu``.
    """
    there = devconf.numbers(link.af_spec, wanted)
    if there != wanted:
        returns = link.mtu < IPV6_MIN_MTU <= (mtu or 0)
        for name, number in wanted.items():
            closed = there[name] is None and not returns and not (name == "ipv6.disable_ipv6" and number == 0)
            if closed or there[name] != number and kernel.records.loan(netns, path(link.name, name)) is not None:
                there[name] = number
    return there


def is_closed(family: str, setting: str, value: str) -> bool:
    """Is it what every device of the host's that is ours has?"""
    return str({**_HOST_4, **_CLOSED_6}.get(f"{family}.{setting}")) == value


def has_ipv6(link: Link) -> bool:
    return devconf.numbers(link.af_spec, ("ipv6.disable_ipv6",))["ipv6.disable_ipv6"] == 0


def path(device: str, name: str) -> str:
    """Below /proc/sys."""
    family, _dot, setting = name.partition(".")
    return f"net/{family}/conf/{device}/{setting}"


def in_message(settings: Settings) -> bytes:
    """IFLA_AF_SPEC for those that a message can carry."""
    return devconf.af_spec(tuple(settings.items()))
