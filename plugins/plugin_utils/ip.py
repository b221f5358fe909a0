# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses and blocks of them, as values: strict parsing (netaddr), and integer arithmetic where many are walked.

netaddr's own ``subnet()`` and ``IPSet`` take seconds for ten thousand slices, so what is done per slice or per
container is done on plain integers.
"""

from __future__ import annotations

import functools
import re
import socket
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal

try:
    import netaddr
except ImportError as error:
    netaddr = None
    NETADDR_ERROR: ImportError | None = error
else:
    NETADDR_ERROR = None

BITS = {4: 32, 6: 128}


class Address(NamedTuple):
    """One IPv4 or IPv6 address. Sorts by family, then by value."""

    version: int
    value: int

    def __str__(self) -> str:
        return _text(self.version, self.value)


class Block(NamedTuple):
    """A CIDR block without host bits: ``first`` is its lowest address as an integer."""

    version: int
    first: int
    prefix: int

    @property
    def size(self) -> int:
        return 1 << (BITS[self.version] - self.prefix)

    @property
    def last(self) -> int:
        return self.first + self.size - 1

    def __str__(self) -> str:
        return f"{_text(self.version, self.first)}/{self.prefix}"

    def __contains__(self, other: object) -> bool:
        if isinstance(other, Address):
            shift = BITS[self.version] - self.prefix
            return other.version == self.version and other.value >> shift == self.first >> shift
        if isinstance(other, Block):
            return other.version == self.version and self.first <= other.first and other.last <= self.last
        return False

    def nth(self, index: int) -> Address:
        return Address(self.version, self.first + index)


class Span(NamedTuple):
    """Consecutive addresses, both ends included."""

    version: int
    first: int
    last: int

    def __str__(self) -> str:
        return f"{_text(self.version, self.first)}-{_text(self.version, self.last)}"


def _text(version: int, value: int) -> str:
    if version == 4:
        return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"
    return socket.inet_ntop(socket.AF_INET6, value.to_bytes(16, "big"))


def missing_library() -> str | None:
    """Why addressing can't work on this controller, as one sentence, or None if it can."""
    if NETADDR_ERROR is not None:
        return "netaddr 1.0 or newer is missing in the controller's Python: `pip install 'netaddr>=1.0'`"
    if int(netaddr.__version__.split(".")[0]) < 1:
        return f"netaddr {netaddr.__version__} on the controller is too old: `pip install 'netaddr>=1.0'`"
    return None


# What means something of its own (RFC 6890): "this host", loopback, link-local, multicast and above; of IPv6 also
# addresses that stand for IPv4's.
SPECIAL = tuple(
    Block(version, first << BITS[version] - prefix, prefix)
    for version, first, prefix in (
        (4, 0, 8),
        (4, 127, 8),
        (4, 0xA9FE, 16),
        (4, 0b111, 3),
        (6, 0, 8),
        (6, 0xFE80 >> 6, 10),
        (6, 0xFF, 8),
    )
)
_MOST_DIGITS = 20  # more than any number here; Python converts no more than 4,300


def special(thing: Address | Block) -> Block | None:
    """The block with a meaning of its own that an address or block lies in, or has in it."""
    inside = (block for block in SPECIAL if thing in block or isinstance(thing, Block) and block in thing)
    return next(inside, None)


def whole_number(text: str) -> int | None:
    """The number that decimal digits stand for; None for other text, other scripts' digits (`²`) among it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


@functools.lru_cache(maxsize=1 << 17)
def parse_address(text: str) -> Address:
    """``10.0.0.1`` or ``fd00::1`` in full: no short forms, octal, zones or prefixes. Raises Refusal."""
    quick = _parse_canonical(text)
    if quick:
        return quick
    try:
        # INET_PTON: netaddr 0.x read '10' as 0.0.0.10 and '010.0.0.1' as 8.0.0.1.
        parsed = netaddr.IPAddress(text, flags=netaddr.INET_PTON)
    except (netaddr.AddrFormatError, ValueError, TypeError):
        raise Refusal(f"{text!r} is not an IP address", f"{_why_not_an_address(str(text))}") from None
    return Address(parsed.version, parsed.value)


def _parse_canonical(text: str) -> Address | None:
    """An address as we write it ourselves: a ledger has ten thousands, and netaddr takes ten times as long."""
    try:
        version, family = (6, socket.AF_INET6) if ":" in text else (4, socket.AF_INET)
        value = int.from_bytes(socket.inet_pton(family, text), "big")
    except (OSError, TypeError, ValueError):
        return None
    return Address(version, value) if _text(version, value) == text else None


def _why_not_an_address(text: str) -> str:
    if "/" in text:
        return f"Write it without the prefix length: {text.split('/')[0]}"
    if "%" in text:
        return "Write it without a zone: link-local addresses can't be planned for a fleet"
    bare = text.strip().strip("[]").strip()
    if bare != text and _parse_canonical(bare):
        return f"Write it without brackets and spaces: {bare}"
    if re.search("[g-zG-Z]", text):
        return "Write an address, as in 10.80.1.5 or fd00:80::5: names are not looked up"
    return "Write it in full, as in 10.80.1.5 or fd00:80::5"


@functools.lru_cache(maxsize=1 << 17)
def parse_block(text: str) -> Block:
    """``10.80.0.0/16``: a prefix length, no netmask, no host bits. Raises Refusal that says the right CIDR."""
    address_text, slash, prefix_text = text.partition("/")
    address = parse_address(address_text)
    bits = BITS[address.version]
    if not slash:
        raise Refusal(f"{text!r} has no prefix length", f"Write it as in {text}/{24 if bits == 32 else 64}")
    prefix = _parse_prefix(text, prefix_text, bits)
    block = block_around(address, prefix)
    if block.first != address.value:
        raise Refusal(f"{text!r} is an address inside a subnet, not a subnet", f"Write it as {block}")
    return block


def _length_of_mask(text: str) -> int | None:
    """24 for 255.255.255.0."""
    mask = _parse_canonical(text)
    return netaddr.IPAddress(text).netmask_bits() if mask and netaddr.IPAddress(text).is_netmask() else None


def _parse_prefix(text: str, prefix: str, bits: int) -> int:
    number = whole_number(prefix)
    if number is None or str(number) != prefix or number > bits:
        length = _length_of_mask(prefix) or (24 if bits == 32 else 64)
        raise Refusal(
            f"{text!r} has no prefix length between 0 and {bits}", f"Write it as in /{length}"
        )
    return number


def parse_interface(text: str) -> tuple[Address, int | None]:
    """An address with or without a prefix length: ``198.18.7.11/24`` gives (address, 24)."""
    address_text, slash, prefix_text = text.partition("/")
    address = parse_address(address_text)
    return address, _parse_prefix(text, prefix_text, BITS[address.version]) if slash else None


def parse_span(text: str) -> Span:
    """``10.0.0.7``, ``10.0.0.0/28`` or ``10.0.0.10-10.0.0.20`` as a span. Raises Refusal."""
    if "-" in text:
        first, last = (parse_address(part.strip()) for part in text.split("-", 1))
        if first.version != last.version or first.value > last.value:
            raise Refusal(f"{text!r} is not a range", "Write the lower address first, both of one family")
        return Span(first.version, first.value, last.value)
    if "/" in text:
        return span_of(parse_block(text))
    address = parse_address(text)
    return Span(address.version, address.value, address.value)


def span_of(block: Block) -> Span:
    return Span(block.version, block.first, block.last)


def block_around(address: Address, prefix: int) -> Block:
    shift = BITS[address.version] - prefix
    return Block(address.version, address.value >> shift << shift, prefix)


def slice_count(block: Block, prefix: int) -> int:
    """How many slices of this prefix length the block has (0 if it is smaller than one)."""
    return 1 << (prefix - block.prefix) if prefix >= block.prefix else 0


def nth_slice(block: Block, prefix: int, index: int) -> Block:
    """The slice number ``index`` (from 0) of a block. Raises Refusal when there is none."""
    count = slice_count(block, prefix)
    if not 0 <= index < count:
        raise Refusal(f"{block} has no slice number {index} of /{prefix}: it has {count}", "Take a lower number")
    return Block(block.version, block.first + (index << (BITS[block.version] - prefix)), prefix)


def slice_index(block: Block, slice_: Block) -> int:
    """Which slice of ``block`` this one is, from 0."""
    return (slice_.first - block.first) >> (BITS[block.version] - slice_.prefix)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same addresses as the fewest spans, sorted."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and result[-1].version == span.version and span.first <= result[-1].last + 1:
            result[-1] = result[-1]._replace(last=max(result[-1].last, span.last))
        else:
            result.append(span)
    return result


def overlapping(blocks: Iterable[tuple[Block, str]]) -> Iterator[tuple[tuple[Block, str], tuple[Block, str]]]:
    """Pairs of labelled blocks that share addresses, found by sorting: each block once, with one that covers it."""
    widest: tuple[Block, str] | None = None
    for block, label in sorted(blocks, key=lambda item: (item[0].version, item[0].first, item[0].prefix, item[1])):
        if widest and widest[0].version == block.version and block.first <= widest[0].last:
            yield widest, (block, label)
        else:
            widest = (block, label)


def lowest_free_block(area: Block, prefix: int, taken: Iterable[Span]) -> Block | None:
    """The lowest block of this prefix in ``area`` that touches no taken span (``taken`` as ``merged`` gives it)."""
    step = 1 << (BITS[area.version] - prefix)
    candidate = area.first
    for span in taken:
        if span.version != area.version or span.last < candidate:
            continue
        if candidate + step <= span.first:
            break
        candidate = -(-(span.last + 1) // step) * step
    block = Block(area.version, candidate, prefix)
    return block if prefix >= area.prefix and block.last <= area.last else None
