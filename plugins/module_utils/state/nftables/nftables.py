# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our nftables table, through libnftables in this process: read whole, and changed in one transaction.

It is one of family inet, and another of the same name of family bridge while a bridge's ports are guarded. Whoever uses
them has one table with the sets of both.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import NftElement
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.bridge_frame import (
    BRIDGE_FRAME,
    BRIDGE_SETS,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.former_elements import (
    of_this_version,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_derived import derived, is_enough
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import (
    FRAME,
    FROM_DEVICES,
    OF_DEVICES,
    TABLE,
    Elements,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_listing import Listing, read

_OUTPUT_NUMERIC = 0x780  # NFT_CTX_OUTPUT_NUMERIC_ALL, nftables/libnftables.h
_OUTPUT_HANDLE = 0x08
_OUTPUT_JSON = 0x10
_OUTPUT_TERSE = 0x800  # NFT_CTX_OUTPUT_TERSE: sets without their elements, which are not even read

_DERIVED_SETS = tuple(derived({}))
# Sets that every version's frame has had, by the table's family.
_IN_EVERY_FRAME = {
    "inet": frozenset(("ours", "guarded", "internal", "accepted")),
    "bridge": frozenset(("ports", "macs")),
}
# No such table; or the kernel has not been built with this family, and so has no table of it.
_NOT_THERE = {
    "inet": [os.strerror(errno.ENOENT)],
    "bridge": [os.strerror(number) for number in (errno.ENOENT, errno.EAFNOSUPPORT, errno.EOPNOTSUPP)],
}
FOREIGN = (
    "there is an nftables table {0} already that is not ours: rename it, or delete it (nft delete table {0})"
)


class NftMissing(Exception):
    """libnftables is not installed."""


class NftError(Exception):
    """libnftables refused, in its own words."""


class NftTable(t.NamedTuple):
    """Our table as it was found: is it there, are its rules as we wrote them, and its elements.

    ``elements`` is by set, without the derived sets: an element's key, in nft's words, to its value (of a map) and its
    comment. ``lack`` is raised by whoever needs the table: somebody else's has its name, or it cannot be read.
    ``exists`` is of the table of family inet, ``bridge`` of the other one. ``followed`` is what is in the derived sets,
    which may be more than follows where it was found there.
    """

    exists: bool
    intact: bool
    elements: Elements
    lack: t.Optional[Exception] = None
    bridge: bool = False
    followed: Elements = {}

    @property
    def whole(self) -> bool:
        """Can it take elements as it is?"""
        return self.exists and self.intact


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


def run(command: str, json_output: bool = False, terse: bool = False, handles: bool = False) -> str:
    """Run nft commands as one transaction, in the namespace that the process is in."""
    library = _load()
    context = library.nft_ctx_new(0)
    if not context:
        raise NftError("libnftables gave no context")
    try:
        flags = _OUTPUT_JSON * json_output | _OUTPUT_TERSE * terse | _OUTPUT_HANDLE * handles
        library.nft_ctx_output_set_flags(context, _OUTPUT_NUMERIC | flags)
        library.nft_ctx_buffer_output(context)
        library.nft_ctx_buffer_error(context)
        failed = library.nft_run_cmd_from_buffer(context, command.encode("utf-8", "surrogateescape"))
        if failed:
            text = (library.nft_ctx_get_error_buffer(context) or b"").decode("utf-8", "replace")
            raise NftError(" ".join(text.split()) or "libnftables refused without a word")
        return (library.nft_ctx_get_output_buffer(context) or b"").decode("utf-8", "surrogateescape")
    finally:
        library.nft_ctx_free(context)


# -- reading ---------------------------------------------------------------------------------------------------


def read_table(digest: str | None) -> NftTable:
    """Our table in this namespace. ``digest`` is that of its rules when we last wrote them."""
    try:
        listings = _listings()
    except (NftMissing, Problem) as error:
        return NftTable(False, False, {}, error)
    for family, listing in listings.items():
        if not _is_ours(family, listing, digest):
            return NftTable(False, False, {}, Problem(FOREIGN.format(f"{family} {TABLE}")))
    has_bridge = "bridge" in listings
    found = {name: rows for each in listings.values() for name, rows in each.elements.items()}
    followed = {name: found.pop(name, {}) for name in _DERIVED_SETS}
    elements = of_this_version(found)
    is_ours_alone = not _take_out_strays(elements)
    enough = all(is_enough(name, followed[name].keys(), rows.keys()) for name, rows in derived(elements).items())
    intact = is_ours_alone and enough and guards_ports(elements) == has_bridge and _digest(listings) == digest
    return NftTable("inet" in listings, intact, elements, None, has_bridge, followed if listings else {})


def _take_out_strays(elements: Elements) -> bool:
    """Elements that somebody has put into our sets: no object has them, and they open what nobody has asked for."""
    strays = [(name, key) for name, rows in elements.items() for key, row in rows.items() if not owner_of(row[1])]
    for name, key in strays:
        del elements[name][key]
    return bool(strays)


def _listings() -> dict[str, Listing]:
    """What libnftables says of our tables, by family: of those that are there. Raises NftMissing and Problem."""
    found = {}
    for family in _IN_EVERY_FRAME:
        try:
            found[family] = read(run(f"list table {family} {TABLE}"), without=("seen",))
        except NftError as error:
            if not any(words in str(error) for words in _NOT_THERE[family]):
                raise Problem(f"nftables cannot be read: {error}") from error
    return found


def guards_ports(elements: Elements) -> bool:
    """Does the table of family bridge have anything to do?"""
    return any(elements.get(name) for name in BRIDGE_SETS)


def _is_ours(family: str, listing: Listing, digest: str | None) -> bool:
    """By its elements, which carry our mark, or by the sets that the frames of all versions have.

    A table with nothing in it is ours if we have had one: somebody has emptied it.
    """
    if listing.elements.keys() >= _IN_EVERY_FRAME[family]:
        return True
    comments = (comment for rows in listing.elements.values() for _value, comment in rows.values())
    return any(owner_of(comment) for comment in comments) or (listing.is_empty and digest is not None)


def digest_now() -> str:
    """The digest of our table's rules as this version of libnftables lists them."""
    return _digest(_listings())


def _digest(listings: t.Mapping[str, Listing]) -> str:
    """Of everything but elements; and of the frame, which versions differ in."""
    frames = [FRAME, BRIDGE_FRAME] if "bridge" in listings else [FRAME]
    rules = [listing.rules for listing in listings.values()]
    return hashlib.sha256("\n".join([*frames, *rules]).encode("utf-8", "surrogateescape")).hexdigest()[:32]


# -- writing ---------------------------------------------------------------------------------------------------


def transaction(table: NftTable, steps: t.Sequence[NftElement], then: NftTable) -> str:
    """The commands for one transaction: steps, and before them the frame if it is missing or damaged, with all that was
    in it. ``then`` is the table ``after`` them."""
    if table.lack is not None:
        raise NftError(str(table.lack))
    if not table.whole:
        parts = [*deletion(table), FRAME, *([BRIDGE_FRAME] if then.bridge else [])]
        for name, rows in [*then.elements.items(), *then.followed.items()]:
            parts.extend(_add(name, [(key, value, comment) for key, (value, comment) in rows.items()]))
        return "\n".join(parts)
    parts = [BRIDGE_FRAME] if then.bridge and not table.bridge else []
    steps = [*steps, *_following(table, then)]
    if table.bridge and not then.bridge:
        parts.append(f"delete table bridge {TABLE}")
        steps = [step for step in steps if step.set not in BRIDGE_SETS]
    for delete in (True, False):
        by_set: dict[str, list[NftElement]] = {}
        for step in steps:
            if step.delete is delete:
                by_set.setdefault(step.set, []).append(step)
        for name, some in by_set.items():
            if delete:
                keys = ", ".join(_quote(name, step.key) for step in some)
                parts.append(f"delete element {_place(name)} {{ {keys} }}")
            else:
                parts.extend(_add(name, [(step.key, step.value, step.comment) for step in some]))
    return "\n".join(parts)


def deletion(table: NftTable) -> list[str]:
    """The commands that take it away."""
    there = {"inet": table.exists, "bridge": table.bridge}
    return [f"delete table {family} {TABLE}" for family, is_there in there.items() if is_there]


def _place(name: str) -> str:
    """A set or map, with the table that it is in."""
    return f"{'bridge' if name in BRIDGE_SETS else 'inet'} {TABLE} {name}"


def _following(table: NftTable, then: NftTable) -> t.Iterator[NftElement]:
    """What changes in the derived sets."""
    for name, rows in then.followed.items():
        old = table.followed.get(name, {})
        for key in old.keys() - rows.keys():
            yield NftElement(None, name, key, None, "", True)
        for key in rows.keys() - old.keys():
            yield NftElement(None, name, key, *rows[key])


def _add(name: str, rows: t.Sequence[tuple[str, str | None, str]]) -> t.Iterator[str]:
    if rows:
        inner = ", ".join(
            f'{_quote(name, key)} comment "{comment}"' + (f" : {value}" if value is not None else "")
            for key, value, comment in rows
        )
        yield f"add element {_place(name)} {{ {inner} }}"


def _quote(name: str, key: str) -> str:
    """Device names in quotes: nft would take some of them for its own words."""
    if name in FROM_DEVICES:
        *devices, address = key.split(" . ", FROM_DEVICES[name])
        return " . ".join([*map(_quoted, devices), address])
    if name in OF_DEVICES:
        return " . ".join(map(_quoted, key.split(" . ")))
    return key


def can_name(device: str) -> bool:
    """Can nft write and read the name of this device? It knows no quote within quotes, and its JSON only UTF-8."""
    return '"' not in device and device.isprintable()


def _quoted(device: str) -> str:
    """A star at the end would stand for any other end."""
    return f'"{device[:-1]}\\*"' if device.endswith("*") else f'"{device}"'


def after(table: NftTable, steps: t.Sequence[NftElement]) -> NftTable:
    """The table as it is once the steps are done."""
    elements = {name: dict(rows) for name, rows in table.elements.items()}
    for step in [s for s in steps if s.delete] + [s for s in steps if not s.delete]:
        if step.delete:
            elements.get(step.set, {}).pop(step.key, None)
        else:
            elements.setdefault(step.set, {})[step.key] = (step.value, step.comment)
    return NftTable(True, True, elements, bridge=guards_ports(elements), followed=derived(elements))
