# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has which address where, told of a plan: as a table, JSON, CSV, or a hosts file. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.shims import is_shim
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import ANY_HOST, Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Endpoint, Network
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import Plan

Documents = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Holder:
    """Who has addresses on a network: a container, or the host itself (``container`` is empty).

    ``addresses`` have prefix lengths. ``names`` are all that it is known by there, its own first. ``publish`` are its
    ports with those of the host that lead there. ``new``: the ledger does not know its addresses yet, the next run does
    it.
    """

    network: str
    driver: str
    host: str
    container: str
    engine: str
    ref: str
    interface: str
    addresses: tuple[str, ...]
    mac: str
    publish: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    new: bool = False


def holders(plan: Plan, before: Ledger, documents: Documents | None = None) -> list[Holder]:
    """All of a fleet, by network, host and container; a host's own devices come before its containers'.

    ``documents``: the plan's, where somebody has made them already; of another selection, hosts' own devices are told
    of its hosts.
    """
    found = [*_hosts(plan, plan.documents if documents is None else documents), *_containers(plan, before)]
    return sorted(found, key=lambda each: (each.network, each.host, each.container, each.interface))


def _hosts(plan: Plan, documents: Documents) -> Iterator[Holder]:
    """Devices with addresses outside of sandboxes: bridges with a gateway's, VTEPs, shims."""
    for host, document in documents.items():
        for objects in document.values():
            for each in objects if isinstance(objects, list) else ():
                if each.get("addresses") and not each.get("sandbox") and "network" in each:
                    device = str(each.get("name") or each.get("interface"))
                    driver = plan.networks[each["network"]]["driver"]
                    addresses, mac = tuple(each["addresses"]), str(each.get("mac") or "")
                    yield Holder(each["network"], driver, host, "", "", "", device, addresses, mac)


def _containers(plan: Plan, before: Ledger) -> Iterator[Holder]:
    for name in plan.networks:
        network = plan.fleet.networks[name]
        for host, endpoints in network.endpoints.items():
            yield from (_container(network, host, each, before) for each in endpoints if not is_shim(each.container))


def _container(network: Network, host: str, endpoint: Endpoint, before: Ledger) -> Holder:
    container, addresses = endpoint.container, tuple(str(address) for address, _slice in endpoint.addresses)
    known = [before.endpoints.get((network.name, where, container.name)) for where in (host, ANY_HOST)]
    return Holder(
        network=network.name,
        driver=network.spec.driver,
        host=host,
        container=container.name,
        engine=container.engine,
        ref=container.ref,
        interface=endpoint.interface,
        addresses=tuple(slice_.address(address) for address, slice_ in endpoint.addresses),
        mac=endpoint.mac,
        publish=tuple(map(str, endpoint.publish)),
        names=(container.name, *endpoint.spec.aliases),
        new=not any(entry and tuple(entry.addresses) == addresses for entry in known),
    )


# -- choosing ----------------------------------------------------------------------------------------------------------


def choose(
    found: Sequence[Holder], networks: Sequence[str], hosts: Sequence[str], containers: Sequence[str]
) -> list[Holder]:
    """Those of these networks, hosts and containers (each: all, where none is named). Raises Refusal for a slip."""
    _check("network", networks, {each.network for each in found})
    _check("host", hosts, {each.host for each in found})
    _check("container", containers, {each.container for each in found} - {""})
    return [
        each
        for each in found
        if (not networks or each.network in networks)
        and (not hosts or each.host in hosts)
        and (not containers or each.container in containers)
    ]


def _check(what: str, named: Iterable[str], known: set[str]) -> None:
    for name in named:
        if name not in known:
            fix = schema.suggestion(name, known)
            raise Refusal(f"no address is planned for a {what} `{name}`", fix)


# -- formats -----------------------------------------------------------------------------------------------------------


def table(found: Sequence[Holder]) -> str:
    """For people: columns that nobody has something for are left out."""
    heads = ("NETWORK", "HOST", "CONTAINER", "INTERFACE", "ADDRESSES", "MAC", "PORTS", "ALIASES")
    rows = [heads, *(_row(each) for each in found)]
    kept = [column for column in range(len(heads)) if any(row[column] for row in rows[1:])]
    widths = {column: max(len(row[column]) for row in rows) for column in kept}
    lines = ["  ".join(row[column].ljust(widths[column]) for column in kept).rstrip() for row in rows]
    new = sum(each.new for each in found)
    if new:
        which = "One line is" if new == 1 else f"{new} lines are"
        lines += ["", f"{which} not in the ledger yet: the next run of site gives these addresses."]
    return "\n".join(lines) + "\n" if found else "No container is on a network.\n"


def _row(each: Holder) -> tuple[str, ...]:
    return (
        each.network,
        each.host,
        each.container or "(host)",
        each.interface,
        " ".join(each.addresses),
        each.mac,
        " ".join(each.publish),
        " ".join(each.names[1:]),
    )


def as_json(found: Sequence[Holder]) -> str:
    """A list of mappings, with the fields of ``Holder``."""
    return json.dumps([asdict(each) for each in found], indent=1) + "\n"


def as_csv(found: Sequence[Holder]) -> str:
    """A line for each, under a line of names; several values of a field are divided by spaces (RFC 4180 otherwise)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(Holder.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    for each in found:
        fields = {**asdict(each), "new": str(each.new).lower()}
        writer.writerow(
            {name: " ".join(value) if isinstance(value, tuple) else value for name, value in fields.items()}
        )
    return text.getvalue()


def hosts_file(found: Sequence[Holder]) -> str:
    """Lines of hosts(5) for containers: a name of its own, ``CONTAINER.NETWORK``, and those that it shares."""
    lines = []
    for each in (one for one in found if one.container):
        names = [f"{each.container}.{each.network}", *dict.fromkeys(each.names)]
        for address in each.addresses:
            lines.append(f"{address.partition('/')[0]}\t{' '.join(names)}\t# on {each.host}")
    return "\n".join(lines) + "\n" if lines else ""


FORMATS: Mapping[str, Callable[[Sequence[Holder]], str]] = {
    "table": table,
    "json": as_json,
    "csv": as_csv,
    "hosts": hosts_file,
}
