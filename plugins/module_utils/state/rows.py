# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the kernel's tables in the words of the kinds."""

from __future__ import annotations

import functools
import socket
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.devconf import attributes
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import owner_of, uplink_of

# What is read of each table.
LINK = frozenset(
    "IFLA_IFNAME IFLA_ADDRESS IFLA_MTU IFLA_LINK IFLA_MASTER IFLA_GROUP IFLA_IFALIAS IFLA_LINKINFO"
    " IFLA_LINK_NETNSID IFLA_PROTO_DOWN IFLA_AF_SPEC IFLA_PROP_LIST IFLA_OPERSTATE IFLA_CARRIER_CHANGES".split()
)
ADDRESS = frozenset("IFA_ADDRESS IFA_LOCAL IFA_FLAGS IFA_BROADCAST".split())
ROUTE = frozenset("RTA_DST RTA_GATEWAY RTA_OIF RTA_PRIORITY RTA_PREFSRC RTA_TABLE RTA_MULTIPATH RTA_METRICS".split())
NEIGHBOUR = frozenset(f"NDA_{name}" for name in "DST LLADDR PORT VNI NH_ID MASTER PROTOCOL IFINDEX SRC_VNI".split())
# IFLA_EXT_MASK RTEXT_FILTER_SKIP_STATS: counters are of no use here
SKIP_STATS = {"IFLA_EXT_MASK": 8}

ROUTE_TYPES = {m.RTN_UNICAST: None, **{number: name for name, number in m.ROUTE_TYPES.items()}}
FOR_A_TIME, DEPRECATED = "for a time", "deprecated"
IF_OPER_UNKNOWN = 0  # linux/if.h
_CARRIED = m.IFF_RUNNING | m.IFF_LOWER_UP


class Link(t.NamedTuple):
    """A device as a dump shows it."""

    name: str
    index: int
    kind: str | None
    mac: str | None
    mtu: int
    up: bool
    flags: int
    master: str | None
    lower: int | None  # IFLA_LINK: a veth's peer, a macvlan's parent
    lower_netnsid: int | None
    group: int
    alias: str | None
    data: t.Mapping[str, t.Any]
    port: t.Mapping[str, t.Any]
    af_spec: bytes
    altnames: t.Collection[str] = ()
    held_down: bool = False  # without a carrier, as a program has asked for (IFLA_PROTO_DOWN)
    carried: bool = False  # it has a carrier, and the kernel has done what follows from that

    @property
    def owner(self) -> str | None:
        return owner_of(self.alias)

    @property
    def leads_out(self) -> bool:
        """A bridge of ours by which the host itself is on a LAN (kind ``uplink``): what it has is the host's own."""
        return uplink_of(self.alias) is not None


def link_of(row: t.Mapping[str, t.Any], names: t.Mapping[int, str]) -> Link:
    info = row.get("IFLA_LINKINFO", {})
    return Link(
        name=row["IFLA_IFNAME"],
        index=row["index"],
        kind=info.get("IFLA_INFO_KIND"),
        mac=row.get("IFLA_ADDRESS"),
        mtu=row.get("IFLA_MTU", 0),
        up=bool(row["flags"] & m.IFF_UP),
        flags=row["flags"],
        master=names.get(row.get("IFLA_MASTER", 0)),
        lower=row.get("IFLA_LINK"),
        lower_netnsid=row.get("IFLA_LINK_NETNSID"),
        group=row.get("IFLA_GROUP", 0),
        alias=row.get("IFLA_IFALIAS"),
        data=info.get("IFLA_INFO_DATA", {}),
        port=info.get("IFLA_INFO_SLAVE_DATA", {}),
        af_spec=row.get("IFLA_AF_SPEC", b""),
        altnames=_altnames(row.get("IFLA_PROP_LIST", b"")),
        held_down=bool(row.get("IFLA_PROTO_DOWN")),
        carried=_is_carried(row),
    )


def _is_carried(row: t.Mapping[str, t.Any]) -> bool:
    """A change of a carrier is seen to a moment later, in work that waits for its turn (net/core/link_watch.c).

    Until its first one is, a device's state is unknown, which counts as running. Of one whose carrier never changes, as
    an ipvlan's, it stays so.
    """
    unseen = row.get("IFLA_OPERSTATE") == IF_OPER_UNKNOWN and bool(row.get("IFLA_CARRIER_CHANGES"))
    return row["flags"] & _CARRIED == _CARRIED and not unseen


def renamed(names: dict[int, str], moves: t.Iterable[tuple[str, str]]) -> dict[int, str]:
    """Names by index, after each of these has become the other one of its pair."""
    for before, after in moves:
        names = {index: after if name == before else name for index, name in names.items()}
    return names


class AddressRows(t.NamedTuple):
    """Addresses by device: as CIDR and sorted, without link-local ones and those that the kernel made itself; and all
    but link-local ones, without prefix lengths; the link-local ones, and those of them that the kernel does not use, as
    somebody else on the segment had them. CIDRs that brought no route, and those that have
    none for broadcasts. By device, CIDRs that are otherwise than ours are, each with how."""

    lasting: dict[str, list[str]]
    given: dict[str, set[str]]
    link_local: dict[str, set[str]]
    unused: dict[str, set[str]]
    without_route: set[str]
    without_broadcast: set[str]
    altered: dict[str, dict[str, str]]


def addresses_of(rows: t.Iterable[t.Mapping[str, t.Any]], names: t.Mapping[int, str]) -> AddressRows:
    found = AddressRows({}, {}, {}, {}, set(), set(), {})
    for row in rows:
        address, device = row.get("IFA_LOCAL") or row.get("IFA_ADDRESS"), names.get(row["index"], "")
        flags = row.get("IFA_FLAGS", row["flags"])
        if address is None:
            continue
        if address.startswith("fe80:"):
            found.link_local.setdefault(device, set()).add(address)
            if flags & m.IFA_F_DADFAILED:
                found.unused.setdefault(device, set()).add(address)
            continue
        found.given.setdefault(device, set()).add(address)
        cidr = f"{address}/{row['prefixlen']}"
        word = _altered(row, flags, cidr)
        if word is not None:
            found.altered.setdefault(device, {})[cidr] = word
        if flags & m.IFA_F_PERMANENT:
            found.lasting.setdefault(device, []).append(cidr)
            if flags & m.IFA_F_NOPREFIXROUTE:
                found.without_route.add(cidr)
            if row.get("IFA_BROADCAST") is None:
                found.without_broadcast.add(cidr)
    for cidrs in found.lasting.values():
        cidrs.sort()
    return found


def _altered(row: t.Mapping[str, t.Any], flags: int, cidr: str) -> str | None:
    """How an address is otherwise than we give one; None where it is not."""
    if not flags & m.IFA_F_PERMANENT:
        return FOR_A_TIME
    if flags & m.IFA_F_DEPRECATED:
        return DEPRECATED
    if ":" in cidr:
        return None
    if row.get("scope"):
        return f"scope {row['scope']}"
    if row.get("IFA_LOCAL") not in (None, row.get("IFA_ADDRESS")):
        return f"peer {row['IFA_ADDRESS']}"
    broadcast = row.get("IFA_BROADCAST")
    return None if broadcast in (None, broadcast_of(cidr)) else f"broadcast {broadcast}"


@functools.cache
def broadcast_of(cidr: str) -> str:
    """Of an address of IPv4 with its prefix length."""
    address, _slash, length = cidr.partition("/")
    number = int.from_bytes(socket.inet_aton(address), "big") | (1 << 32 - int(length)) - 1
    return socket.inet_ntoa(number.to_bytes(4, "big"))


def vlans_of(links: t.Iterable[Link]) -> dict[tuple[int | None, int | None], str]:
    """Devices of VLANs (802.1Q) by the index of their parent, in the same namespace, and their number."""
    return {
        (link.lower, link.data.get("IFLA_VLAN_ID")): link.name
        for link in links
        if link.kind == "vlan"
        and link.lower_netnsid is None
        and link.data.get("IFLA_VLAN_PROTOCOL") == m.ETH_P_8021Q
    }


def _altnames(properties: bytes) -> list[str]:
    return [body.rstrip(b"\0").decode("utf-8", "replace") for _number, body in attributes(properties)]


def routes_of(rows: t.Iterable[t.Mapping[str, t.Any]], names: t.Mapping[int, str]) -> list[dict[str, t.Any]]:
    return [route_of(row, names) for row in rows if row["type"] in ROUTE_TYPES]


def route_of(row: t.Mapping[str, t.Any], names: t.Mapping[int, str]) -> dict[str, t.Any]:
    nowhere = "::" if row["family"] == m.socket.AF_INET6 else "0.0.0.0"
    return {
        "dst": f"{row.get('RTA_DST', nowhere)}/{row['dst_len']}",
        "device": names.get(row.get("RTA_OIF", 0), ""),
        "via": row.get("RTA_GATEWAY"),
        "metric": row.get("RTA_PRIORITY", 0),
        "src": row.get("RTA_PREFSRC"),
        "table": row.get("RTA_TABLE", row["table"]),
        "onlink": bool(row["flags"] & m.RTNH_F_ONLINK),
        "protocol": row["proto"],
        "type": ROUTE_TYPES[row["type"]],
        "metrics": True if row.get("RTA_METRICS") else None,
    }
