# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ufw's rules that go before those of its command line: blocks of ours in two of its files (ufw-framework(8)).

A block stands at the end of a file's filter table, between two lines that say whose it is; everything else in the file
stays as it is, byte by byte. ufw loads the files when it starts and is reloaded; until then the same rules are put into
its chains by nft, which are chains of nftables.
"""

from __future__ import annotations

import os
import re
import stat
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.firewalls.openings import (
    FAMILIES,
    Opening,
    Uplinks,
    iptables,
    nft,
    of_iptables,
    of_nft,
    openings,
)
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.place import (
    NOT_LOADED,
    HostView,
    Line,
    Part,
    Request,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import replace_file
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import label_of, mark, owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import foreign_chains
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.foreign_chains import Rows
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import (
    NftError,
    NftMissing,
    run,
)

FILES = {4: "/etc/ufw/before.rules", 6: "/etc/ufw/before6.rules"}
_BEFORE = {4: "ufw-before-", 6: "ufw6-before-"}
_USERS = {4: "ufw-user-", 6: "ufw6-user-"}
_HOOKS = ("forward", "input", "output")
_BLOCK = re.compile(rb"^# BEGIN (?P<mark>containerhost:[^\r\n]+)\n(?P<lines>(?:.*\n)*?)# END (?P=mark)\n", re.MULTILINE)
# The end of the filter table: from its beginning no other line says COMMIT.
_FILTER = re.compile(rb"^\*filter[ \t\r]*\n(?:(?!COMMIT).*\n)*?(?=COMMIT[ \t\r]*$)", re.MULTILINE)


class Ufw:
    name = "ufw"
    chains: t.Sequence[str] = tuple(f"{begin}forward" for begin in _BEFORE.values())

    def filters(self, host: HostView, version: int) -> bool:
        """Its chains stay when it is disabled, but lead nowhere."""
        return _leads_on(host.foreign_chain(_place(version, "forward")), version)

    def is_there(self, host: HostView) -> bool:
        return any(self.filters(host, version) for version in FILES)

    def wanted(self, host: HostView, values: t.Mapping[str, t.Any], uplinks: Uplinks) -> list[Line]:
        there = [version for version in FILES if self.filters(host, version)]
        return [_line(each) for each in openings(values, uplinks.default) if each.version in there]

    def found(self, host: HostView) -> list[Part]:
        by_device: dict[tuple[str, str], list[Line]] = {}
        for version, path in FILES.items():
            blocks = [*_blocks((host.text(path) or "").encode("utf-8", "surrogateescape"))]
            filters = bool(blocks) and self.filters(host, version)
            hooks = _HOOKS if filters else ()
            loaded = {hook: _openings(host.foreign_chain(_place(version, hook)), version, hook) for hook in hooks}
            for owner, device, rows in blocks:
                for row in rows:
                    opening = _of_line(row, version)
                    is_loaded = not filters or opening is None or opening in loaded[opening.hook]
                    text = _text(version, row) + ("" if is_loaded else NOT_LOADED)
                    by_device.setdefault((owner, device), []).append(Line(text, opening))
        return [Part(*key, tuple(lines)) for key, lines in by_device.items()]

    def chain_of(self, opening: Opening) -> foreign_chains.Place:
        return _place(opening.version, opening.hook)

    def write(self, requests: t.Sequence[Request]) -> t.Iterator[tuple[int, str]]:
        for position, request in enumerate(requests):
            try:
                for version in FILES:
                    _write(version, request)
            except (NftError, NftMissing) as error:
                yield position, str(error)
            except OSError as error:
                yield position, f"{error.filename}: {error.strerror}" if error.filename else str(error)


def _place(version: int, hook: str) -> foreign_chains.Place:
    return FAMILIES[version], "filter", f"{_BEFORE[version]}{hook}"


def _text(version: int, row: str) -> str:
    return f"{os.path.basename(FILES[version])}: {row}"


def _line(opening: Opening) -> Line:
    row = iptables(opening, f"{_BEFORE[opening.version]}{opening.hook}")
    return Line(_text(opening.version, row), opening)


def _of_line(row: str, version: int) -> Opening | None:
    words = row.split()
    hook = words[1][len(_BEFORE[version]) :] if len(words) > 1 else ""
    return of_iptables(row, version, hook) if hook in _HOOKS else None


def _openings(rows: Rows | None, version: int, hook: str) -> list[Opening | None]:
    return [of_nft(row, version, hook) for row in rows or ()]


def _leads_on(rows: Rows | None, version: int) -> bool:
    return _end(rows, version, "forward") is not None


def _end(rows: Rows | None, version: int, hook: str) -> int | None:
    """The rule that leads on to those of the command line: ufw adds it last, when it has loaded its files."""
    jumps = {row["handle"]: each["jump"] for row in rows or () for each in row["expr"] if "jump" in each}
    target = f"{_USERS[version]}{hook}"
    return next((handle for handle, jump in jumps.items() if jump.get("target") == target), None)


# -- files -----------------------------------------------------------------------------------------------------


def _blocks(content: bytes) -> t.Iterator[tuple[str, str, list[str]]]:
    """Owner, device, and lines of each."""
    for block in _BLOCK.finditer(content):
        told = block["mark"].decode("utf-8", "surrogateescape")
        owner, device = owner_of(told), label_of(told)
        if owner and device:
            yield owner, device, block["lines"].decode("utf-8", "surrogateescape").splitlines()


def with_block(content: bytes, owner: str, device: str, rows: t.Sequence[str]) -> bytes:
    """A file with these lines for a device, or without any. Raises OSError where it has no filter table.

    A block that is there already stays where it is, so that whatever is written again leaves the file as it was.
    """
    told = mark(owner, device)
    block = "".join(f"{row}\n" for row in (f"# BEGIN {told}", *rows, f"# END {told}"))
    whole = block.encode("utf-8", "surrogateescape") if rows else b""
    table = _FILTER.search(content)
    placed = False

    def renewed(there: re.Match[bytes]) -> bytes:
        nonlocal placed
        if label_of(there["mark"].decode("utf-8", "surrogateescape")) != device:
            return there[0]
        if placed or table is None or not table.start() < there.start() < table.end():
            return b""
        placed = True
        return whole

    content = _BLOCK.sub(renewed, content)
    if placed or not rows:
        return content
    table = _FILTER.search(content)
    if table is None:
        raise OSError(f"it has no table `*filter` that ends with COMMIT, where the rules for {device} belong")
    return content[: table.end()] + whole + content[table.end() :]


def _write(version: int, request: Request) -> None:
    """The file first: whoever is killed then leaves a rule that is not loaded, which the next run sees."""
    lines = [each for each in request.lines or () if each.opening is not None and each.opening.version == version]
    path = os.path.realpath(FILES[version])
    try:
        with open(path, "rb") as file:
            before = file.read()
            status = os.fstat(file.fileno())
    except FileNotFoundError:
        return
    old = [_of_line(row, version) for _o, device, rows in _blocks(before) if device == request.device for row in rows]
    rows = [iptables(each.opening, _place(version, each.opening.hook)[2]) for each in lines if each.opening]
    try:
        after = with_block(before, request.owner, request.device, rows)
    except OSError as error:
        raise OSError(f"{FILES[version]}: {error}") from error
    if after != before:
        replace_file(path, after, stat.S_IMODE(status.st_mode), sync=True)
        os.chown(path, status.st_uid, status.st_gid)
    _load(version, [each for each in old if each], [each.opening for each in lines if each.opening])


def _load(version: int, old: t.Sequence[Opening], new: t.Sequence[Opening]) -> None:
    """Into the chains, where ufw is at work; what is there already stays where it is."""
    if not _leads_on(foreign_chains.rules(_place(version, "forward")), version):
        return
    commands = []
    for hook in _HOOKS:
        rows = foreign_chains.rules(_place(version, hook))
        if rows is None:
            continue
        place, there = " ".join(_place(version, hook)), _openings(rows, version, hook)
        for row, opening in zip(rows, there):
            if opening in old and opening not in new:
                commands.append(f"delete rule {place} handle {row['handle']}")
        end = _end(rows, version, hook)
        where = f"insert rule {place} handle {end}" if end is not None else f"add rule {place}"
        commands += [f"{where} {nft(each)} counter accept" for each in new if each.hook == hook and each not in there]
    if commands:
        run("; ".join(commands))


UFW = Ufw()
