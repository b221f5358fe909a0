# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of containers as text: lines of a hosts file (hosts(5)), and blocks of such lines that are ours.

A table is a file of ours in whole. In the hosts file of a container each table is a block between two lines of ours,
with its owner's mark in both; what is between no such lines is not ours.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import PREFIX, label_of, owner_of

FOLDER = "/run/containerhost-names"  # a folder for each table, which a name server can watch
NETNS_FILES = "/etc/netns"  # what ip-netns(8) lays over /etc in a named namespace
_HEADER = "# written by containerhost.network: what is changed here is lost"
EMPTY = f"{_HEADER}\n"  # a file of ours that says nothing yet
_BEGIN, _END = "# ", "# end of "
# As Docker begins a container's.
LOOPBACK = (
    "127.0.0.1 localhost",
    "::1 localhost ip6-localhost ip6-loopback",
    "fe00:: ip6-localnet",
    "ff00:: ip6-mcastprefix",
    "ff02::1 ip6-allnodes",
    "ff02::2 ip6-allrouters",
)
# RFC 1123, section 2.1, and the underscore of services' names, which resolvers take as well.
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LONGEST = 253  # RFC 1035, section 2.3.4, without the root's dot
_TABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

# A block by its owner and the name of its table.
Blocks = t.Dict[t.Tuple[str, str], t.List[str]]


def name_fault(name: str) -> str | None:
    """Why a name is no hostname, in words; None where it is one."""
    if len(name) > _LONGEST:
        return f"it has {len(name)} characters, and DNS takes {_LONGEST}"
    labels = name.split(".")
    if not all(map(_LABEL.fullmatch, labels)):
        return "parts between dots are 1 to 63 letters, digits, '_' and '-', with no '-' at either end"
    if labels[-1].isdigit():
        return "it is read as an address, as its last part is a number" if len(labels) > 1 else "it is a number"
    return "it is each container's own" if name.lower() == "localhost" else None


def table_name(name: str) -> str:
    """The name of a table, which becomes a folder's. Raises Problem."""
    if not _TABLE.fullmatch(name):
        raise Problem(f"{name!r} is no name for a table: use letters, digits, '_', '.' and '-', up to 128")
    return name


def entry(text: str) -> str:
    """A line of a hosts file, an address and its names, in one spelling. Raises Problem."""
    words = text.split()
    if len(words) < 2:
        raise Problem(f"{text!r} is no address with its names: write it as in 10.80.0.2 shop")
    for name in words[1:]:
        fault = name_fault(name)
        if fault is not None:
            raise Problem(f"{name!r} is no hostname ({fault})")
    return " ".join([canonical.address(words[0]), *words[1:]])


def table_path(name: str) -> str:
    return f"{FOLDER}/{name}/names"


def draft_of(path: str) -> str:
    """Where a file is written first: that of a table outside of its folder, of which a name server reads every file."""
    folder, _slash, file = path.rpartition("/")
    of_a_table = path.startswith(f"{FOLDER}/") and file == "names"
    return f"{FOLDER}/.{folder.rpartition('/')[2]}" if of_a_table else f"{path}.new"


def is_draft(path: str) -> bool:
    """Is it called as a file that is being written?"""
    folder, _slash, file = path.rpartition("/")
    if folder == FOLDER:
        return file.startswith(".") or file.endswith(".new")
    return folder.startswith(f"{NETNS_FILES}/") and file in ("hosts.new", "resolv.conf.new")


def table_text(owner: str, entries: t.Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in (_HEADER, f"{_BEGIN}{PREFIX}{owner}", *entries))


def read_table(text: str) -> tuple[str | None, list[str]]:
    """Whose a table is (None: nobody's of ours), and its entries."""
    lines = text.splitlines()
    owner = next((_owner(line) for line in lines if _owner(line) is not None), None)
    return owner, [line for line in lines if line and not line.startswith("#")]


def until_all_turn(before: t.Sequence[str], after: t.Sequence[str]) -> list[str]:
    """Entries while hosts exchange a network's subnets: names lead to the new addresses when all hosts have them."""
    old, new = ([line.partition(" ")[::2] for line in entries] for entries in (before, after))
    there = {(":" in address, rest): address for address, rest in old}
    if not {*there.values()}.isdisjoint(address for address, _rest in new):
        return list(after)
    return [f"{there.get((':' in address, rest), address)} {rest}" for address, rest in new]


def _owner(line: str) -> str | None:
    return owner_of(line[len(_BEGIN) :]) if line.startswith(_BEGIN) else None


# -- blocks ----------------------------------------------------------------------------------------------------


def new_hosts() -> str:
    """A hosts file that is ours in whole, without any block yet."""
    return "".join(f"{line}\n" for line in (_HEADER, *LOOPBACK))


def is_ours(text: str) -> bool:
    """Is the whole file one of ours?"""
    return text.startswith(f"{_HEADER}\n")


def blocks(text: str) -> Blocks:
    """What is between lines of ours. A block whose end is missing has nothing in it."""
    return {key: lines for key, lines, _first, _last in _found(text.splitlines())}


def with_block(text: str, owner: str, table: str, entries: t.Sequence[str] | None) -> str:
    """The text with a block as it is to be, in its place or at the end; None: without it."""
    lines = text.splitlines()
    mark = f"{PREFIX}{owner} {table}"
    block = [] if entries is None else [f"{_BEGIN}{mark}", *entries, f"{_END}{mark}"]
    there = [(first, last) for key, _lines, first, last in _found(lines) if key == (owner, table)]
    for first, last in reversed(there[1:]):
        del lines[first:last]
    first, last = there[0] if there else (len(lines), len(lines))
    lines[first:last] = block
    return "".join(f"{line}\n" for line in lines)


def _found(lines: t.Sequence[str]) -> t.Iterator[tuple[tuple[str, str], list[str], int, int]]:
    """Blocks: owner and table, what is in them, and which lines they are."""
    begun: tuple[tuple[str, str], int] | None = None
    for number, line in enumerate(lines):
        if line.startswith(f"{_END}{PREFIX}") and begun is not None and _key(line[len(_END) :]) == begun[0]:
            yield begun[0], list(lines[begun[1] + 1 : number]), begun[1], number + 1
            begun = None
        elif line.startswith(f"{_BEGIN}{PREFIX}"):
            if begun is not None:
                yield begun[0], [], begun[1], begun[1] + 1
            begun = (_key(line[len(_BEGIN) :]), number)
    if begun is not None:
        yield begun[0], [], begun[1], begun[1] + 1


def _key(text: str) -> tuple[str, str]:
    return owner_of(text) or "", label_of(text)
