# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names by which services of a Compose project find each other, beyond aliases on networks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost, is_hostname


def link_aliases(services: Mapping[str, Mapping[str, Any]], found: DiscoveredHost) -> dict[str, list[str]]:
    """By service, the names that ``links`` of others give it, as far as each leads to one service alone.

    A link's name is known to the one that has the link; an alias is known to all on the network.
    """
    targets: dict[str, set[str]] = {}
    for name, each in services.items():
        for target, alias in _links(each):
            targets.setdefault(alias, set()).add(target)
            if target not in services:
                found.left.append(f"service `{name}`: `links` names `{target}`, which is no service of the project")
    aliases: dict[str, list[str]] = {}
    for alias, leads_to in targets.items():
        [*known] = leads_to & set(services)
        if alias in services and leads_to != {alias} or len(known) > 1:
            listed = " and ".join(f"`{one}`" for one in sorted({*known, *({alias} & set(services))}))
            found.left.append(f"`links` call several services `{alias}` ({listed}): give each a name of its own")
        elif known and known != [alias]:
            aliases.setdefault(known[0], []).append(alias)
    return aliases


def _links(each: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for link in each.get("links") or ():
        target, _colon, alias = str(link).partition(":")
        yield target, alias or target


def aliases_of(
    what: str, service: str, each: Mapping[str, Any], told: Iterable[Any], linked: Iterable[str], left: list[str]
) -> list[str]:
    """The service's name is one of each of its containers', and so is its ``hostname``."""
    hostname = [str(each["hostname"])] if each.get("hostname") else []
    names = dict.fromkeys([service, *map(str, told), *linked, *hostname])
    names.pop(str(each.get("container_name")), None)
    for name in (name for name in names if not is_hostname(name)):
        left.append(f"{what}: its alias {name!r} is no name here")
    return [name for name in names if is_hostname(name)]


def left_to_docker(what: str, each: Mapping[str, Any]) -> Iterator[str]:
    """What Docker goes on doing for the container, where somebody has to see to it that it still can."""
    asked = {key: each[key] for key in ("dns", "dns_search", "dns_opt") if each.get(key)}
    if asked:
        told = "; ".join(f"`{key}`: {', '.join(map(str, _listed(value)))}" for key, value in asked.items())
        yield f"{what}: {told} is Docker's to write into resolv.conf; leave it in the file when it is re-created"
    if "127.0.0.11" in map(str, _listed(each.get("dns"))):
        yield f"{what}: `dns` names 127.0.0.11, which Docker answers on its own networks only"
    for entry in _hosts(each.get("extra_hosts")):
        if "host-gateway" in entry:
            yield (
                f"{what}: `extra_hosts` has {entry}, an address of Docker's own bridge; write the gateway of one of its"
                " networks in its place"
            )
    for link in _listed(each.get("external_links")):
        yield f"{what}: `external_links` has {link}; give the other one an alias on a network that they share"


def _hosts(told: Any) -> list[str]:
    if isinstance(told, Mapping):
        return [f"{name}={address}" for name, address in told.items()]
    return [str(each) for each in told or ()]


def _listed(told: Any) -> list[Any]:
    return [told] if isinstance(told, (str, int)) else list(told or ())
