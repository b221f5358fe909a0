# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rehearsals in a lab: network namespaces that stand in for containers of engines, which a lab's hosts do not run.

The plan does it, and not the host: a document that names namespaces can be applied, saved and restored as any other,
and no file on a host decides where a container is. Addresses, MACs and names of interfaces depend on the container's
name alone, so they are those of production, and the ledger is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES
from ansible_collections.containerhost.network.plugins.plugin_utils.model import ContainerSpec, Inventory

VARIABLE = "containerhost_lab_engines"
NAMESPACES = "namespaces"
_BARE = "netns"


def with_stand_ins(inventory: Inventory) -> tuple[Inventory, list[ContainerSpec]]:
    """The inventory with ``engine: netns`` on hosts that are rehearsed so, and the containers that were others'."""
    replaced: list[ContainerSpec] = []
    containers = dict(inventory.containers)
    for host, own in inventory.containers.items():
        if not inventory.hosts[host].stand_ins:
            continue
        names = _names(own)
        containers[host] = {
            name: replace(spec, engine=_BARE, ref=names[spec.engine, spec.ref]) for name, spec in own.items()
        }
        replaced += [spec for spec in own.values() if spec.engine != _BARE]
    return (replace(inventory, containers=containers), replaced) if replaced else (inventory, [])


def _names(own: Mapping[str, ContainerSpec]) -> dict[tuple[str, str], str]:
    """A namespace for each sandbox of a host: of the same name, unless a sandbox of another engine has it already."""
    bare = [spec for spec in own.values() if spec.engine == _BARE]
    others = [spec for spec in own.values() if spec.engine != _BARE]
    found = {(spec.engine, spec.ref): spec.ref for spec in bare}
    taken = set(found.values())
    for spec in others:
        if (spec.engine, spec.ref) not in found:
            engine = ENGINES[spec.engine]
            wished = spec.ref if engine.known_by_name and engine.plain_names else spec.name
            name = next(each for each in _candidates(spec.engine, wished) if each not in taken)
            found[spec.engine, spec.ref] = name
            taken.add(name)
    return found


def _candidates(engine: str, name: str) -> Iterator[str]:
    yield name
    yield f"{engine}-{name}"
    number = 2
    while True:
        yield f"{engine}-{name}-{number}"
        number += 1


def sentence(replaced: Sequence[ContainerSpec]) -> str:
    """What is told of it, in one line."""
    first = replaced[0]
    engines = " and ".join(sorted({spec.engine for spec in replaced}))
    which = f"{first.name} on {first.host}"
    which += f" and {len(replaced) - 1} more" if len(replaced) > 1 else ""
    return (
        f"This is a lab: network namespaces stand in for containers of {engines} ({which})."
        f" For engines that run in its hosts: -e {VARIABLE}=real"
    )
