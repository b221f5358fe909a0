# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says in tables: who reaches whom, drift, MTUs, addresses, attachments. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import listed
from ansible_collections.containerhost.network.plugins.plugin_utils.report import reach
from ansible_collections.containerhost.network.plugins.plugin_utils.report.markup import Markup, element, prose
from ansible_collections.containerhost.network.plugins.plugin_utils.report.rows import bad, good, scrolled, table
from ansible_collections.containerhost.network.plugins.plugin_utils.report.svg import FilterKeys
from ansible_collections.containerhost.network.plugins.plugin_utils.report.usage import Usage
from ansible_collections.containerhost.network.plugins.plugin_utils.report.values import ShownFleet, ShownNetwork
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.causes import reason_of
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Try

ETHERNET = 1500  # what the kernel gives a device that is told no MTU
_PATHS = 132  # of 12 hosts to each other: of more, those that fail are named


def titles(fleet: ShownFleet) -> Iterator[tuple[str, str]]:
    """Ids and headings of a report's sections, in their order."""
    if fleet.found is not None:
        yield "problems", "What is wrong" if fleet.problems else "Verdict"
    if fleet.warnings:
        yield "warnings", "Warnings"
    yield from (
        ("topology", "Topology"), ("reach", "Who reaches whom"), ("drift", "Drift"), ("mtu", "MTU"),
        ("addresses", "Addresses"), ("attachments", "Containers"),
    )  # fmt: skip


def sections(fleet: ShownFleet, keys: FilterKeys) -> Iterator[Markup]:
    """All but the drawing and what is wrong."""
    yield element("section", element("h2", "Who reaches whom", id="reach"), *reach.parts(fleet, keys))
    yield element("section", element("h2", "Drift against the plan", id="drift"), *_drift(fleet, keys))
    yield element("section", element("h2", "MTU per path", id="mtu"), *_mtu(fleet, keys))
    yield element("section", element("h2", "Addresses used and free", id="addresses"), *_usage(fleet, keys))
    yield element("section", element("h2", "Containers and their addresses", id="attachments"), _held(fleet, keys))


def _drift(fleet: ShownFleet, keys: FilterKeys) -> Iterator[Markup]:
    found = fleet.found
    if found is None:
        yield element("p", prose("No host was asked. The same playbook without `--tags plan` compares them."))
        return
    rows = []
    for host, objects in sorted(found.drift.items()):
        rows += [(keys.hosts.get(host), None, None, [host, bad(each)]) for each in objects]
    rows += [
        (keys.hosts.get(host), None, None, [host, bad(f"has not been asked: {why}")])
        for host, why in sorted(found.silent.items())
    ]
    same = [host for host, objects in sorted(found.drift.items()) if not objects and host not in found.silent]
    if rows:
        yield scrolled(table(["Host", "What differs"], rows))
        hosts = ",".join(host for host, objects in sorted(found.drift.items()) if objects)
        if hosts:
            command = f"ansible-playbook -i inventory -b containerhost.network.site --limit {hosts}"
            yield element("p", "This mends it: ", element("code", command))
    if same:
        which = "is as planned" if len(same) == 1 else "are as planned"
        yield element("p", good(f"{listed(same, 12)} {which}."))


# -- MTUs --------------------------------------------------------------------------------------------------------------


def _mtu(fleet: ShownFleet, keys: FilterKeys) -> Iterator[Markup]:
    hosts = {each.name: each for each in fleet.hosts}
    rows = []
    for network in fleet.networks:
        for host in network.members:
            mtu = network.mtu or ETHERNET
            underlay = hosts[host].underlay_mtu
            rest = f"{underlay - mtu} for headers" if network.is_shared and mtu < underlay else ""
            cells = [network.name, host, _path(network), mtu, underlay, rest]
            rows.append((keys.hosts[host], keys.networks[network.name], None, cells))
    yield scrolled(table(["Network", "Host", "Path", "MTU", "Host's underlay", "Left"], rows, numeric=(3, 4)))
    tried = [each for each in fleet.tries if each.about == "mtu"]
    if tried:
        yield element("h3", "From container to container")
        yield from _proven(fleet, tried, keys)


def _path(network: ShownNetwork) -> str:
    return "container to containers of other hosts" if network.is_shared else "container to host and outside"


def _proven(fleet: ShownFleet, tried: Sequence[Try], keys: FilterKeys) -> Iterator[Markup]:
    """Of few hosts each path, of many those that fail."""
    results = fleet.found.results if fleet.found else {}
    paths: dict[tuple[str, str, str], list[Try]] = {}
    for each in tried:
        paths.setdefault((each.network, each.source, each.target), []).append(each)
    failed = {key for key, some in paths.items() if any(reason_of(each, results) for each in some)}
    if len(paths) > _PATHS:
        word = "proven" if fleet.found else "to be proven"
        yield element("p", f"{len(paths) - len(failed)} of {len(paths)} paths {word} in their full size.")
        paths = {key: paths[key] for key in paths if key in failed}
    rows = [
        (
            keys.hosts.get(some[0].host), keys.networks.get(network), None,
            [network, source, target, some[0].probe["size"], _outcome(some, fleet)],
        )
        for (network, source, target), some in paths.items()
    ]  # fmt: skip
    if rows:
        yield scrolled(table(["Network", "From", "To", "MTU", "Outcome"], rows, numeric=(3,)))


def _outcome(some: Iterable[Try], fleet: ShownFleet) -> Markup | str:
    if fleet.found is None:
        return "planned"
    told = {each.version: reason_of(each, fleet.found.results) for each in some}
    families = [f"IPv{version}" for version, reason in told.items() if reason == ""]
    wrong = [f"{reason} by IPv{version}" for version, reason in told.items() if reason]
    if wrong:
        return bad(", ".join(wrong))
    return good(f"proven by {' and '.join(families)}") if families else "not tried"


# -- addresses ---------------------------------------------------------------------------------------------------------


def _usage(fleet: ShownFleet, keys: FilterKeys) -> Iterator[Markup]:
    heads = ["Network", "Subnet", "Slice", "Hosts", "Gateway", "Used", "Held", "Free", "Of", ""]
    rows = [
        (
            keys.hosts.get(each.hosts[0]) if len(each.hosts) == 1 else None,
            keys.networks.get(each.network), None,
            [
                each.network, each.subnet, each.slice if each.slice != each.subnet else "whole", listed(each.hosts, 6),
                each.gateway, each.used, each.held, _count(each.free), _count(each.total), _meter(each),
            ],
        )
        for each in fleet.usage
    ]  # fmt: skip
    yield scrolled(table(heads, rows, numeric=(5, 6, 7, 8)))
    held = "Held: the ledger keeps the address of what has left the inventory until it is released."
    yield element("p", held, class_="soft")


def _count(number: int) -> str:
    """In full as far as anybody counts; of larger subnets, the power of two."""
    return f"{number:,}" if number < 1 << 24 else f"about 2^{number.bit_length() - (number.bit_count() == 1)}"


def _meter(each: Usage) -> Markup:
    taken, total = min(each.used + each.held, each.total), max(each.total, 1)
    return element("meter", min=0, max=total, value=taken, high=total * 0.9, optimum=0, aria_label="used")


# -- attachments -------------------------------------------------------------------------------------------------------


def _held(fleet: ShownFleet, keys: FilterKeys) -> Markup:
    """The same as ``show`` tells, in the same order."""
    heads = ["Network", "Host", "Container", "Engine", "Interface", "Addresses", "MAC", "Ports", "Aliases"]
    rows = [
        (
            keys.hosts[each.host], keys.networks[each.network], each.container,
            [
                each.network, each.host, each.container or "(host)", each.engine, each.interface,
                " ".join(each.addresses), each.mac, " ".join(each.publish), " ".join(each.names[1:]),
            ],
        )
        for each in fleet.holders
    ]  # fmt: skip
    return scrolled(table(heads, rows)) if rows else element("p", "No container is on a network.")
