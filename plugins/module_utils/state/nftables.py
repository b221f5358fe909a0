# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our nftables table, through libnftables in this process: a fixed frame of chains, and elements in sets and maps.

The rules never change; what a network needs is elements. So a packet's way is a few look-ups however many ports
are published, one more port is one element, and a host's whole change is one transaction.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import NftElement

TABLE = "containerhost"

# Sets by what is in them:
#   ours       devices of ours that packets are routed through
#   borrowed*  interfaces that are not ours whose forwarding we switched on (4, 6), or families that we did
#   guarded    devices of ours that nothing unasked for may be forwarded to
#   internal   devices of ours whose containers have no way out
#   accepted   pairs of devices (in, out) that may reach each other
#   local*     source and destination that keep their addresses
#   masquerade*  sources that leave under the host's address
#   publish*   protocol and port of the host (…_at: and its address) to a container's address and port
#   restricted*  containers' published ports that are not for everybody
#   permitted*   who may reach them, from outside this host
#   open*, permitted_open*  containers' ports that may be reached under their own address, by anybody or by some
#   filtered_vnis  VXLAN networks, by UDP port and VNI, that take packets from vteps* only
FRAME = """
table inet containerhost {
    set ours { type ifname; }
    set borrowed4 { type ifname; }
    set borrowed6 { type ifname; }
    set borrowed_families { type nf_proto; }
    set guarded { type ifname; }
    set internal { type ifname; }
    set accepted { type ifname . ifname; }
    set local4 { type ipv4_addr . ipv4_addr; flags interval; }
    set local6 { type ipv6_addr . ipv6_addr; flags interval; }
    set masquerade4 { type ipv4_addr; flags interval; }
    set masquerade6 { type ipv6_addr; flags interval; }
    map publish4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
    map publish6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
    map publish4_at { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }
    map publish6_at { type inet_proto . ipv6_addr . inet_service : ipv6_addr . inet_service; }
    set open4 { type ipv4_addr . inet_proto . inet_service; }
    set open6 { type ipv6_addr . inet_proto . inet_service; }
    set permitted_open4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags interval; }
    set permitted_open6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags interval; }
    set restricted4 { type ipv4_addr . inet_proto . inet_service; }
    set restricted6 { type ipv6_addr . inet_proto . inet_service; }
    set permitted4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags interval; }
    set permitted6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags interval; }

    set filtered_vnis { typeof udp dport . @th,96,24; }
    set vteps4 { typeof ip saddr . udp dport . @th,96,24; }
    set vteps6 { typeof ip6 saddr . udp dport . @th,96,24; }

    # @th,96,24 is the VNI of a VXLAN header (RFC 7348): a port alone would meet other overlays on the host, too.
    chain arriving {
        type filter hook input priority raw; policy accept;
        udp dport . @th,96,24 @filtered_vnis ip saddr . udp dport . @th,96,24 != @vteps4 drop
        udp dport . @th,96,24 @filtered_vnis ip6 saddr . udp dport . @th,96,24 != @vteps6 drop
    }

    # A bridge with route_localnet must not let its containers reach what the host serves to itself.
    chain loopback_is_private {
        type filter hook prerouting priority raw; policy accept;
        iifname @ours ip daddr 127.0.0.0/8 drop
    }

    chain published {
        meta nfproto ipv4 dnat ip to meta l4proto . ip daddr . th dport map @publish4_at
        meta nfproto ipv4 dnat ip to meta l4proto . th dport map @publish4
        meta nfproto ipv6 dnat ip6 to meta l4proto . ip6 daddr . th dport map @publish6_at
        meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @publish6
    }
    chain from_elsewhere {
        type nat hook prerouting priority dstnat; policy accept;
        fib daddr type local jump published
    }
    chain from_this_host {
        type nat hook output priority -100; policy accept;
        fib daddr type local jump published
    }

    # Hairpins first: a container that reaches a published port of its own network, and this host on its loopback.
    chain leaving {
        type nat hook postrouting priority srcnat; policy accept;
        ct status dnat ip saddr 127.0.0.0/8 masquerade
        ct status dnat ip saddr . ip daddr @local4 masquerade
        ct status dnat ip6 saddr . ip6 daddr @local6 masquerade
        ip saddr . ip daddr @local4 return
        ip6 saddr . ip6 daddr @local6 return
        ip daddr 224.0.0.0/4 return
        ip6 daddr ff00::/8 return
        ip saddr @masquerade4 masquerade
        ip6 saddr @masquerade6 masquerade
    }

    # What was not routed before we came is not routed now, unless one end is ours.
    chain passing {
        type filter hook forward priority filter; policy accept;
        meta nfproto ipv4 iifname @borrowed4 oifname != @ours drop
        meta nfproto ipv6 iifname @borrowed6 oifname != @ours drop
        meta nfproto @borrowed_families iifname != @ours oifname != @ours drop
        iifname . oifname @accepted accept
        iifname @internal drop
        oifname != @guarded accept
        ct state established,related accept
        ip daddr . meta l4proto . th dport @restricted4 \
            ip saddr . ip daddr . meta l4proto . th dport != @permitted4 drop
        ip6 daddr . meta l4proto . th dport @restricted6 \
            ip6 saddr . ip6 daddr . meta l4proto . th dport != @permitted6 drop
        ct status dnat accept
        ip daddr . meta l4proto . th dport @open4 accept
        ip6 daddr . meta l4proto . th dport @open6 accept
        ip saddr . ip daddr . meta l4proto . th dport @permitted_open4 accept
        ip6 saddr . ip6 daddr . meta l4proto . th dport @permitted_open6 accept
        drop
    }
}
"""

_OUTPUT_NUMERIC = 0x780  # NFT_CTX_OUTPUT_NUMERIC_ALL, nftables/libnftables.h
_OUTPUT_JSON = 0x10
_OUTPUT_TERSE = 0x800  # NFT_CTX_OUTPUT_TERSE: sets without their elements, which are not even read

Elements = t.Dict[str, t.Dict[str, t.Tuple[t.Optional[str], str]]]


class NftMissing(Exception):
    """libnftables is not installed."""


class NftError(Exception):
    """libnftables refused, in its own words."""


class NftTable(t.NamedTuple):
    """Our table as it was found: is it there, are its rules as we wrote them, and its elements.

    ``elements`` is by set: an element's key, in nft's words, to its value (of a map) and its comment.
    """

    exists: bool
    intact: bool
    elements: Elements


_library: t.Any = None


def _load() -> t.Any:
    global _library
    if _library is None:
        try:
            library = ctypes.CDLL("libnftables.so.1")
        except OSError as error:
            raise NftMissing(
                "libnftables is needed for NAT and isolation: install the package libnftables1 (Debian, Ubuntu) or"
                " nftables (others)"
            ) from error
        library.nft_ctx_new.restype = ctypes.c_void_p
        library.nft_ctx_new.argtypes = [ctypes.c_uint32]
        library.nft_ctx_free.argtypes = [ctypes.c_void_p]
        library.nft_ctx_output_set_flags.argtypes = [ctypes.c_void_p, ctypes.c_uint]
        for name in ("nft_ctx_buffer_output", "nft_ctx_buffer_error"):
            getattr(library, name).argtypes = [ctypes.c_void_p]
        for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
            getattr(library, name).restype = ctypes.c_char_p
            getattr(library, name).argtypes = [ctypes.c_void_p]
        library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        _library = library
    return _library


def require() -> None:
    """Raises NftMissing where the library is not installed: before anything is done that needs it."""
    _load()


def run(command: str, json_output: bool = False, terse: bool = False) -> str:
    """Run nft commands as one transaction, in the namespace that the process is in."""
    library = _load()
    context = library.nft_ctx_new(0)
    if not context:
        raise NftError("libnftables gave no context")
    try:
        library.nft_ctx_output_set_flags(context, _OUTPUT_NUMERIC | _OUTPUT_JSON * json_output | _OUTPUT_TERSE * terse)
        library.nft_ctx_buffer_output(context)
        library.nft_ctx_buffer_error(context)
        failed = library.nft_run_cmd_from_buffer(context, command.encode())
        if failed:
            text = (library.nft_ctx_get_error_buffer(context) or b"").decode("utf-8", "replace")
            raise NftError(" ".join(text.split()) or "libnftables refused without a word")
        return (library.nft_ctx_get_output_buffer(context) or b"").decode("utf-8", "replace")
    finally:
        library.nft_ctx_free(context)


# -- reading ---------------------------------------------------------------------------------------------------


def read_table(digest: str | None) -> NftTable:
    """Our table in this namespace. ``digest`` is that of its rules when we last wrote them."""
    try:
        listing = json.loads(run(f"list table inet {TABLE}", json_output=True))["nftables"]
    except (NftError, NftMissing):
        # Without the library there can be no table of ours; whoever wants elements in it is told then.
        return NftTable(False, False, {})
    elements: Elements = {}
    for entry in listing:
        for what in ("set", "map"):
            if what in entry:
                elements[entry[what]["name"]] = dict(_element(row) for row in entry[what].get("elem", ()))
    return NftTable(True, _digest(listing) == digest, elements)


def digest_now() -> str:
    """The digest of our table's rules as this version of libnftables lists them."""
    return _digest(json.loads(run(f"list table inet {TABLE}", json_output=True, terse=True))["nftables"])


def _digest(listing: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """Of everything but elements, handles and the library's version; and of the frame, which versions differ in."""
    rows = [FRAME]
    for entry in listing:
        for what, content in entry.items():
            if what != "metainfo":
                kept = {name: value for name, value in content.items() if name not in ("handle", "elem", "index")}
                rows.append(json.dumps([what, kept], sort_keys=True))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:32]


def _element(row: t.Any) -> tuple[str, tuple[str | None, str]]:
    key, value = row if isinstance(row, list) else (row, None)
    comment = ""
    if isinstance(key, dict) and "elem" in key:
        comment = key["elem"].get("comment", "")
        key = key["elem"]["val"]
    return _word(key), (None if value is None else _word(value), comment)


_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 132: "sctp"}


def _word(value: t.Any) -> str:
    """A key or value of an element as nft writes it."""
    if isinstance(value, dict):
        if "concat" in value:
            # A protocol is the number that is not last; the last one is a port, or the VNI behind a port.
            *front, last = value["concat"]
            return " . ".join([*(_PROTOCOLS.get(part) or _word(part) for part in map(_hashable, front)), _word(last)])
        if "prefix" in value:
            return f"{value['prefix']['addr']}/{value['prefix']['len']}"
        if "range" in value:
            return "-".join(map(str, value["range"]))
    return str(value)


def _hashable(part: t.Any) -> t.Any:
    return _word(part) if isinstance(part, dict) else part


# -- writing ---------------------------------------------------------------------------------------------------


def transaction(table: NftTable, steps: t.Sequence[NftElement]) -> str:
    """The commands for one transaction: the frame if it is missing or damaged (with all that was in it), then steps."""
    parts = []
    if not (table.exists and table.intact):
        if table.exists:
            parts.append(f"delete table inet {TABLE}")
        parts.append(FRAME)
        for name, elements in table.elements.items():
            if not re.search(rf"(set|map) {name} ", FRAME):
                continue  # a set of an older version's
            parts.extend(_add(name, [(key, value, comment) for key, (value, comment) in elements.items()]))
    for delete in (True, False):
        by_set: dict[str, list[NftElement]] = {}
        for step in steps:
            if step.delete is delete:
                by_set.setdefault(step.set, []).append(step)
        for name, some in by_set.items():
            if delete:
                keys = ", ".join(_quote(name, step.key) for step in some)
                parts.append(f"delete element inet {TABLE} {name} {{ {keys} }}")
            else:
                parts.extend(_add(name, [(step.key, step.value, step.comment) for step in some]))
    return "\n".join(parts)


def _add(name: str, rows: t.Sequence[tuple[str, str | None, str]]) -> t.Iterator[str]:
    if rows:
        inner = ", ".join(
            f'{_quote(name, key)} comment "{comment}"' + (f" : {value}" if value is not None else "")
            for key, value, comment in rows
        )
        yield f"add element inet {TABLE} {name} {{ {inner} }}"


_OF_DEVICES = frozenset(("ours", "borrowed4", "borrowed6", "guarded", "internal", "accepted"))


def _quote(name: str, key: str) -> str:
    """Device names in quotes: nft would take some of them for its own words."""
    if name not in _OF_DEVICES:
        return key
    return " . ".join(f'"{part}"' for part in key.split(" . "))


def after(table: NftTable, steps: t.Sequence[NftElement]) -> NftTable:
    """The table as it is once the steps are done."""
    elements = {name: dict(rows) for name, rows in table.elements.items()}
    for step in [s for s in steps if s.delete] + [s for s in steps if not s.delete]:
        if step.delete:
            elements.get(step.set, {}).pop(step.key, None)
        else:
            elements.setdefault(step.set, {})[step.key] = (step.value, step.comment)
    return NftTable(True, True, elements)
