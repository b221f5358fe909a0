# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is meant by a word that somebody asks with: a container, a host, or an address. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Document, End


@dataclass(frozen=True)
class WayEnd:
    """Where a way begins or ends: a container, a host, or an address of elsewhere."""

    end: End | None = None
    host: str = ""
    address: str = ""

    @property
    def label(self) -> str:
        return self.end.label if self.end else self.host or self.address


@dataclass(frozen=True)
class Known:
    """``underlay``: each host's own address; ``addresses``: others that it has. ``every``: all containers'
    attachments."""

    documents: Mapping[str, Document]
    underlay: Mapping[str, str]
    addresses: Mapping[str, Sequence[str]]
    every: Sequence[End]

    def places(self, option: str, name: str, begins: WayEnd | None) -> list[WayEnd]:
        """A container's, one for each of its networks; else one. An address may be a container's, or a host's. Raises
        Refusal."""
        found = [each for each in self.every if name in (each.label, each.name)] or self._joined(name)
        labels = sorted({each.label for each in found})
        if len(labels) > 1:
            raise Refusal(f"`{option}` is `{name}`, which is {' and '.join(labels)}", "Say which one, with its host")
        if found:
            return [WayEnd(each, each.host) for each in found]
        if name in self.documents:
            return [WayEnd(host=name)]
        address = address_of(name) or self._of_name(name, begins)
        if address is None:
            raise Refusal(
                f"`{option}` is `{name}`, and no container with an address and no host is called so",
                schema.suggestion(name, {each.label for each in self.every} | {*self.documents}),
            )
        owners = [each for each in self.every if address in each.addresses]
        near = [each for each in owners if begins is None or begins.end is None or each.host == begins.host]
        if owners:
            return [WayEnd(each, each.host, address) for each in (near or owners)[:1]]
        return [WayEnd(host=self._host_at(address, begins), address=address)]

    def _joined(self, name: str) -> list[End]:
        """Of a container that is in another one's network stack: what that one has."""
        partners = {
            (host, row["joins"]["engine"], row["joins"]["ref"])
            for host, document in self.documents.items()
            for row in document.get("joined", ())
            if name in (row["container"]["ref"], f"{host}/{row['container']['ref']}")
        }
        return [each for each in self.every if (each.host, each.sandbox["engine"], each.name) in partners]

    def _host_at(self, address: str, begins: WayEnd | None) -> str:
        if begins is not None and begins.end is None and ipaddress.ip_address(address).is_loopback:
            return begins.host
        own = (each.host for each in self.every if begins and each == begins.end and address in each.own)
        first = (host for host, at in self.underlay.items() if at == address)
        more = (host for host, some in self.addresses.items() if address in some)
        return next(own, "") or next(first, "") or next(more, "")

    def _of_name(self, name: str, begins: WayEnd | None) -> str | None:
        """An address that a container finds by a name: of its networks, as the plan tells its host of them."""
        rows = self.documents.get(begins.host, {}).get("name_table", ()) if begins is not None and begins.end else ()
        names = {each.network for each in self.every if begins and each.label == begins.label}
        lines = [line.split() for row in rows if row["name"] in names for line in row["entries"]]
        return next((words[0] for words in lines if name in words[1:]), None)


def address_of(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
