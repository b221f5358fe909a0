# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All places in which other firewalls let their users add to them, and what their chains are with what we add."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Wanted
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.docker_users import DOCKERS_USERS
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.firewalld import FIREWALLD
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.openings import Uplinks, is_plain, rule_of
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.place import Place
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.rules import JUMP, RETURN, Chain, Rule
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.ufw import UFW
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.foreign_chains import (
    Place as ChainPlace,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.foreign_chains import Rows

PLACES: dict[str, Place] = {each.name: each for each in (DOCKERS_USERS, UFW, FIREWALLD)}
_DEFAULT = {"0.0.0.0/0": 4, "::/0": 6}
# Kinds of devices that lead to other machines, and not to somebody's containers; None is hardware.
_LEADING = (None, "vlan", "bond", "team")


def watched_chains() -> list[str]:
    """Chains whose rules come and go without a run: re-created, filled, and emptied by their owners."""
    return [name for place in PLACES.values() for name in place.chains]


class HostPicture:
    """What places look at, each chain and file once a run: a host may have a hundred networks."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._chains: dict[ChainPlace, Rows | None] = {}
        self._texts: dict[str, str | None] = {}

    def foreign_chain(self, place: ChainPlace) -> Rows | None:
        if place not in self._chains:
            self._chains[place] = self._kernel.foreign_chain(place)
        return self._chains[place]

    def text(self, path: str) -> str | None:
        if path not in self._texts:
            self._texts[path] = self._kernel.files.text(path)
        return self._texts[path]

    def folder(self, path: str) -> list[str]:
        return self._kernel.files.folder(path)


def picture_of(kernel: Kernel) -> HostPicture:
    notes = kernel.notes("other firewalls")
    if not notes:
        notes.append(HostPicture(kernel))
    return t.cast(HostPicture, notes[0])


def with_ours(chains: t.Sequence[Chain], kernel: Kernel, wanted: t.Sequence[Wanted]) -> list[Chain]:
    """The chains that filter on this host, with what objects of kind ``foreign_firewall`` put there."""
    host = picture_of(kernel)
    added: dict[ChainPlace | None, list[Rule]] = {}
    for object_ in wanted:
        if object_.kind == "foreign_firewall" and object_.present:
            for place in filter(lambda each: each.is_there(host), PLACES.values()):
                for line in place.wanted(host, object_.values, uplinks(kernel)):
                    if line.opening is not None:
                        added.setdefault(place.chain_of(line.opening), []).append(rule_of(line.opening))
    return [_with(chain, added.get((chain.family, chain.table, chain.name), [])) for chain in chains]


def _with(chain: Chain, rules: t.Sequence[Rule]) -> Chain:
    """Before the rule that leads everything elsewhere: back, or to what is said on a command line."""
    ends = (at for at, rule in enumerate(chain.rules) if not rule.conditions and _leads_elsewhere(rule))
    at = next(ends, len(chain.rules))
    return chain._replace(rules=(*chain.rules[:at], *rules, *chain.rules[at:])) if rules else chain


def _leads_elsewhere(rule: Rule) -> bool:
    return rule.verdict == RETURN or (rule.verdict == JUMP and "-user-" in rule.target)


def uplinks(kernel: Kernel) -> Uplinks:
    """By which devices this host leads elsewhere, looked at once a run."""
    notes = kernel.notes("uplinks")
    if not notes:
        notes.append(_uplinks(kernel))
    return t.cast(Uplinks, notes[0])


def _uplinks(kernel: Kernel) -> Uplinks:
    """An interface of ours is none."""
    default: dict[int, list[str]] = {}
    for row in kernel.routes(None):
        version, device = _DEFAULT.get(row["dst"]), row["device"]
        if version and device and not kernel.is_ours(device) and device not in default.setdefault(version, []):
            default[version].append(device)
    every = {version: list(devices) for version, devices in default.items()}
    for device, some in sorted(kernel.given_addresses(None).items()):
        link = kernel.link(device)
        leads = link is not None and (link.kind in _LEADING or link.leads_out)
        if not leads or device == "lo" or kernel.is_ours(device):
            continue
        for version in {6 if ":" in address else 4 for address in some}:
            if device not in every.setdefault(version, []):
                every[version].append(device)
    return Uplinks(_plain(default), _plain(every))


def _plain(devices: t.Mapping[int, t.Sequence[str]]) -> dict[int, list[str]]:
    return {version: [each for each in some if is_plain(each)] for version, some in devices.items()}
