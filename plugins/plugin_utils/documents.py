# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents: each host's part of the plan, made when it is asked for."""

from __future__ import annotations

import itertools
import json
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils import objects
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.joining import partner_of
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Fleet, Network
from ansible_collections.containerhost.network.plugins.plugin_utils.networks import foreign_firewalls, naming

VERSION = 1
Document = dict[str, Any]


class SharedObjects:
    """The objects that one network puts into the documents of all members but the one they are about."""

    def __init__(self, by_host: Mapping[str, Iterable[Object]]) -> None:
        self._lists: dict[str, list[dict[str, Any]]] = {}
        self._own: dict[str, dict[str, tuple[int, int]]] = {}
        for host, found in by_host.items():
            starts = {kind: len(items) for kind, items in self._lists.items()}
            for kind, fields in found:
                self._lists.setdefault(kind, []).append(fields)
            self._own[host] = {kind: (starts.get(kind, 0), len(items)) for kind, items in self._lists.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return itertools.chain.from_iterable(self._lists.values())

    def without(self, host: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """By kind, all that are not about this host: the very same objects in each document."""
        for kind, items in self._lists.items():
            first, last = self._own.get(host, {}).get(kind, (len(items), len(items)))
            yield kind, items[:first] + items[last:]


class Documents(Mapping[str, Document]):
    """Documents by host. ``drivers``: only networks of these, with the namespaces that their endpoints need."""

    def __init__(self, fleet: Fleet, drivers: Iterable[str] | None = None) -> None:
        chosen = None if drivers is None else set(drivers)
        self._fleet, self._all = fleet, chosen is None
        self.networks = {
            name: network for name, network in fleet.networks.items() if chosen is None or network.spec.driver in chosen
        }
        self._on: dict[str, list[Network]] = {host: [] for host in fleet.hosts}
        for _name, network in sorted(self.networks.items()):
            for host in network.members:
                self._on[host].append(network)
        self._shared: dict[tuple[str, Hashable], SharedObjects] = {}
        self._names = naming.Names(fleet)
        self._lines: dict[int, str] = {}  # by id: shared objects as JSON, as each is in nearly every document

    def __iter__(self) -> Iterator[str]:
        return iter(self._on)

    def __len__(self) -> int:
        return len(self._on)

    def __getitem__(self, host: str) -> Document:
        document: dict[str, list[dict[str, Any]]] = {}
        for kind, fields in self._objects(host):
            document.setdefault(kind, []).append(fields)
        for network in self._on[host]:
            for kind, found in self._shared_of(network, host).without(host):
                document.setdefault(kind, []).extend(found)
        return {"version": VERSION, **{kind: document[kind] for kind in sorted(document) if document[kind]}}

    def _objects(self, host: str) -> Iterator[Object]:
        yield from self._namespaces(host)
        yield from self._joined(host)
        for network in self._on[host]:
            found = list(driver_of(network.spec).objects(network, host, self._fleet))
            yield from found
            if self._fleet.hosts[host].adapts_firewalls:
                yield from foreign_firewalls.objects(network, host, found)
            yield from self._names.objects(network, host)
        yield from self._names.resolv_confs(host, None if self._all else self.networks)

    def _namespaces(self, host: str) -> Iterator[Object]:
        seen = set()
        for container in self._fleet.containers.get(host, {}).values():
            if container.engine != "netns" or container.network_mode not in (None, "none") or container.ref in seen:
                continue
            if self._all or any(each.network in self.networks for each in container.endpoints):
                seen.add(container.ref)
                yield objects.netns(container, self._fleet)

    def _joined(self, host: str) -> Iterator[Object]:
        own = self._fleet.containers.get(host, {})
        seen = set()
        for container in own.values():
            partner = partner_of(container, own) if container.partner else None
            if partner is None or partner.network_mode == "host":
                continue
            sandboxes = (container.engine, container.ref), (partner.engine, partner.ref)
            chosen = self._all or any(each.network in self.networks for each in partner.endpoints)
            if chosen and sandboxes[0] != sandboxes[1] and sandboxes not in seen:
                seen.add(sandboxes)
                yield objects.joined(container, partner, self._fleet)

    def _shared_of(self, network: Network, host: str) -> SharedObjects:
        driver = driver_of(network.spec)
        view = driver.viewpoint(network, host, self._fleet)
        found = self._shared.get((network.name, view))
        if found is None:
            make = driver.shared_objects
            found = SharedObjects(make(network, self._fleet, view) if make else {})
            self._shared[network.name, view] = found
            self._lines.update((id(fields), json.dumps(fields)) for fields in found)
        return found

    def text(self, host: str, head: Mapping[str, Any]) -> str:
        """A plan file's text: JSON with one object per line, to be read and diffed by people."""
        kinds = []
        for kind, value in self[host].items():
            if isinstance(value, list):
                kinds.append(f"{json.dumps(kind)}: [\n" + ",\n".join(map(self._line, value)) + "\n]")
            else:
                kinds.append(f"{json.dumps(kind)}: {json.dumps(value)}")
        top = "".join(f"{json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
        return f'{{\n{top}"document": {{\n' + ",\n".join(kinds) + "\n}\n}\n"

    def _line(self, fields: dict[str, Any]) -> str:
        return self._lines.get(id(fields)) or json.dumps(fields)
