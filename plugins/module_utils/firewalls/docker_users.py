# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker's chain for rules of users: what is accepted there does not meet Docker's own rules, nor its policy.

Ours come last there, so that what its users drop stays dropped. They are written by nft, with conditions that iptables
shows and keeps as its own (Docker 20.10 to 28; its chains of nftables proper, in 29, have no such place).
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.firewalls.openings import (
    FAMILIES,
    Opening,
    Uplinks,
    nft,
    of_nft,
    openings,
)
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.place import (
    HostView,
    Line,
    Part,
    Request,
)
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.ufw import UFW
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.docker_daemon import USERS
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import label_of, mark, owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import foreign_chains
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.foreign_chains import Rows
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import (
    NftError,
    NftMissing,
    run,
)


class DockersUsers:
    name = "docker"
    chains: t.Sequence[str] = (USERS,)

    def is_there(self, host: HostView) -> bool:
        return any(host.foreign_chain(_place(version)) is not None for version in FAMILIES)

    def wanted(self, host: HostView, values: t.Mapping[str, t.Any], uplinks: Uplinks) -> list[Line]:
        """Docker lets answers pass only to its own bridges: so whatever leads elsewhere is an uplink.

        Where ufw filters as well, Docker leaves to it what is not for a bridge of Docker's: one place is enough.
        """
        there = [
            version
            for version in FAMILIES
            if host.foreign_chain(_place(version)) is not None and not UFW.filters(host, version)
        ]
        some = [each for each in openings(values, uplinks.all) if each.hook == "forward" and each.version in there]
        return [Line(_text(each.version, nft(each)), each) for each in some]

    def found(self, host: HostView) -> list[Part]:
        by_device: dict[tuple[str, str], list[Line]] = {}
        for version in FAMILIES:
            for row in host.foreign_chain(_place(version)) or ():
                owner, device = _whose(row)
                if owner is not None:
                    opening = of_nft(row, version, "forward")
                    text = nft(opening) if opening is not None else f"rule {row['handle']}"
                    by_device.setdefault((owner, device), []).append(Line(_text(version, text), opening))
        return [Part(*key, tuple(lines)) for key, lines in by_device.items()]

    def chain_of(self, opening: Opening) -> foreign_chains.Place:
        return _place(opening.version)

    def write(self, requests: t.Sequence[Request]) -> t.Iterator[tuple[int, str]]:
        for position, request in enumerate(requests):
            try:
                commands = [each for version in FAMILIES for each in _commands(version, request)]
                if commands:
                    run("; ".join(commands))
            except (NftError, NftMissing) as error:
                yield position, str(error)


def _place(version: int) -> foreign_chains.Place:
    return FAMILIES[version], "filter", USERS


def _text(version: int, conditions: str) -> str:
    return f"{' '.join(_place(version))}: {conditions}"


def _whose(row: t.Mapping[str, t.Any]) -> tuple[str | None, str]:
    """Without a device, it is one of kind ``docker_network``."""
    comment = row.get("comment", "")
    device = label_of(comment)
    return (owner_of(comment) if device else None), device


def _commands(version: int, request: Request) -> t.Iterator[str]:
    rows = foreign_chains.rules(_place(version))
    if rows is None:
        return
    place = " ".join(_place(version))
    for row in rows:
        if _whose(row)[1] == request.device and _whose(row)[0] is not None:
            yield f"delete rule {place} handle {row['handle']}"
    before = _last(rows)
    where = f"insert rule {place} handle {before}" if before is not None else f"add rule {place}"
    comment = mark(request.owner, request.device, "comment")
    for line in request.lines or ():
        if line.opening is not None and line.opening.version == version:
            yield f'{where} {nft(line.opening)} counter accept comment "{comment}"'


def _last(rows: Rows) -> int | None:
    """The rule that ends the chain for everything, which Docker writes when it makes the chain."""
    ends = (row for row in rows if not any("match" in each or "xt" in each for each in row["expr"]))
    return next((row["handle"] for row in ends if any("return" in each for each in row["expr"])), None)


DOCKERS_USERS = DockersUsers()
