# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the variables of all hosts to one Inventory: joined, compared, checked key by key.

Ansible replaces dictionaries, so ``containerhost_networks`` is joined with every ``containerhost_networks_*``, and
the same for containers. What two variables or two hosts say differently about one thing is a problem.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.startup import without_garbage_collection
from ansible_collections.containerhost.network.plugins.plugin_utils.checks import coverage
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import (
    Problems,
    Refusal,
    Where,
    at,
    listed,
    on,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import containers, schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.readers import NAME, read_name
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.stand_ins import NAMESPACES, VARIABLE
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import (
    BITS,
    Address,
    Block,
    block_around,
    parse_address,
    parse_interface,
    special,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import ANY_HOST
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Host, Inventory, NetworkSpec

# What the play says counts for the whole fleet; it appears in messages under this name.
PLAY = "the play"
RESERVED_NETWORKS = ("none", "host")
LAB = "containerhost.network.lab"  # the connection to a host of a lab

Variables = Mapping[str, Mapping[str, Any]]
_HOST = schema.Section(schema.HOST)
_FLEET = schema.Section(schema.FLEET)
_CONTAINER_OPTIONS = tuple(option.name for option in schema.CONTAINER)


def _nowhere(host: str, variable: str, path: tuple[Any, ...]) -> str | None:
    return None


def _nobody(pattern: str) -> Sequence[str]:
    raise Refusal(f"the host pattern {pattern!r} can't be resolved here", "Leave `hosts` out")


@dataclass(frozen=True)
class Sources:
    """The inventory as Ansible has it, templated.

    ``variables``: of each host, by name. ``play``: what the play itself says, which is the fleet's.
    ``origin``: the "file:line" of what a path (keys, numbers in lists) leads to in a variable, if known.
    ``resolve``: the hosts of a host pattern.
    ``ignored``: sentences for what does not count, as it comes from elsewhere.
    ``definers``, ``other_hosts``: as ``coverage_of`` takes them.
    """

    variables: Variables
    play: Mapping[str, Any] = field(default_factory=dict)
    origin: Callable[[str, str, tuple[Any, ...]], str | None] = _nowhere
    resolve: Callable[[str], Sequence[str]] = _nobody
    ignored: Sequence[str] = ()
    definers: Mapping[str, coverage.Definer] = field(default_factory=dict)
    other_hosts: Collection[str] = ()

    def where(self, what: str, host: str) -> Where:
        """The beginning of messages about a host's variables; the variable is the first part of a path inside."""
        return Where(what, lambda path: self.origin(host, path[0], path[1:]) if path else None)


@dataclass(frozen=True)
class Definition:
    """One entry of a joined variable: its value, and who said it. ``shared``: others have said the same."""

    name: str
    value: Any
    host: str
    variable: str
    shared: bool = False

    def where(self, what: str, sources: Sources) -> Where:
        otherwise = self.variable if self.shared else f"{self.variable} of {on(self.host)}"
        return Where(what, lambda path: sources.origin(self.host, self.variable, (self.name, *path)), otherwise)


@without_garbage_collection
def gather(sources: Sources) -> Inventory:
    """Merge and normalise. Raises PlanError with every problem of the inventory's form."""
    problems = Problems()
    _check_variable_names(sources, problems)
    _check_host_names(sources, problems)
    fleet = _read_fleet(sources, problems)
    hosts = {name: _read_host(name, sources, problems) for name in sorted(sources.variables)}
    networks = _read_networks(sources, problems)
    members = {host: _read_containers(host, sources, problems) for host in hosts}
    problems.stop_if_any()
    return Inventory(
        hosts=hosts,
        networks=networks,
        containers={host: found for host, found in members.items() if found},
        pools=fleet["containerhost_pools"],
        ledger_path=fleet["containerhost_ledger"],
        ledger_read_only=fleet["containerhost_ledger_read_only"],
        confirm_renumbered=fleet["containerhost_confirm_renumbered"],
        confirm_vanished=fleet["containerhost_confirm_vanished"],
        recreate=fleet["containerhost_recreate"],
        coverage=_coverage(sources),
    )


def _coverage(sources: Sources) -> coverage.Coverage:
    play = {name: value for name, value in sources.play.items() if is_ours(name, schema.NETWORKS)}
    return coverage.coverage_of(play, sources.variables.values(), sources.definers, sources.other_hosts)


def is_ours(variable: str, joined: str) -> bool:
    """Whether a variable is ``containerhost_networks`` or one of ``containerhost_networks_*``, say."""
    return variable == joined or variable.startswith(f"{joined}_")


def _check_variable_names(sources: Sources, problems: Problems) -> None:
    known = [option.name for option in schema.HOST + schema.FLEET]
    known += [schema.NETWORKS, schema.CONTAINERS, *schema.OTHERS]
    hosts: dict[str, list[str]] = {}
    for host, variables in [(PLAY, sources.play), *sources.variables.items()]:
        for name in variables:
            hosts.setdefault(name, []).append(host)
    for name, those in sorted(hosts.items()):
        if name in known or is_ours(name, schema.NETWORKS) or is_ours(name, schema.CONTAINERS):
            continue
        near = schema.nearest(name, known) if name.startswith(schema.PREFIX) else None
        if near and _resembles(name, near):
            for host in those:
                where = sources.where(on(host), host).inside(name)
                fix = f"Write `{near}` if that is meant, or rename yours"
                problems.add(f"{where}there is no variable `{name}`", fix)


def _check_host_names(sources: Sources, problems: Problems) -> None:
    for host in sources.variables:
        if "/" in host or host in (PLAY, ANY_HOST):
            problems.add(f"the host {host!r} has a name that the ledger can't keep", "Name it without '/' and '*'")
    for name in sources.play:
        if is_ours(name, schema.CONTAINERS):
            problems.add(
                f"`{name}`{sources.where('', PLAY).inside(name).written} is set by the play, where other hosts' can't"
                " be seen",
                "Move it to host_vars or group_vars: only networks may come from the play",
            )


def _resembles(name: str, known: str) -> bool:
    """Whether one is likely a slip of the other: the part after the common prefix must be close as well."""
    start = len(schema.PREFIX)
    return schema.nearest(name[start:], [known[start:]], cutoff=0.75) is not None


def _read_fleet(sources: Sources, problems: Problems) -> dict[str, Any]:
    """The fleet's variables: the play's, or what all hosts agree on."""
    seen: dict[str, tuple[str, Any]] = {
        name: (PLAY, sources.play[name]) for name in _FLEET.options if name in sources.play
    }
    for host, variables in sources.variables.items():
        for name in _FLEET.options:
            if name not in variables:
                continue
            other, value = seen.setdefault(name, (host, variables[name]))
            if other != PLAY and value != variables[name]:
                places = [sources.where("", each).inside(name).written for each in (other, host)]
                problems.add(
                    f"`{name}` is {value!r} for {other}{places[0]} and {variables[name]!r} for {on(host)}{places[1]},"
                    " and it is the whole fleet's",
                    "Set it once, for the group all",
                )
    where = Where("", lambda path: sources.origin(seen[path[0]][0], path[0], path[1:]) if path else None)
    return _FLEET.read({name: value for name, (host, value) in seen.items()}, where, problems)


def _read_host(name: str, sources: Sources, problems: Problems) -> Host:
    variables = sources.variables[name]
    mine = {key: variables[key] for key in _HOST.options if key in variables}
    where = sources.where(on(name), name)
    values = _HOST.read(mine, where, problems) if mine else _HOST.defaults
    named = values["containerhost_underlay_address"]
    return Host(
        name=name,
        underlay=named[0][0] if named else _guess_underlay(variables.get("ansible_host")),
        underlays=named or (), underlay_named=named is not None,
        known=_known(variables),
        underlay_interface=values["containerhost_underlay_interface"],
        underlay_mtu=values["containerhost_underlay_mtu"], underlay_endpoint=values["containerhost_underlay_endpoint"],
        keep=values["containerhost_keep"],
        adapts_firewalls=values["containerhost_foreign_firewall"] == "adapt",
        metrics_folder=values["containerhost_metrics_dir"],
        guard_timeout=values["containerhost_guard_timeout"],
        stand_ins=variables.get("ansible_connection") == LAB and values[VARIABLE] == NAMESPACES,
        publish_addresses=values["containerhost_publish_address"],
        publish_range=values["containerhost_publish_range"],
        pins=values["containerhost_slices"],
        where=where,
    )  # fmt: skip


def _known(variables: Mapping[str, Any]) -> tuple[Block, ...]:
    """The networks that a host is on, as far as its addresses in the inventory say so."""
    found = []
    for name in ("ansible_host", "containerhost_underlay_address"):
        with contextlib.suppress(Refusal):
            address, prefix = parse_interface(str(variables.get(name)))
            found.append(block_around(address, BITS[address.version] if prefix is None else prefix))
    return tuple(found)


def _guess_underlay(ansible_host: Any) -> Address | None:
    """``ansible_host`` where it is an address that others can reach."""
    try:
        address = parse_address(str(ansible_host))
    except Refusal:
        return None
    return None if special(address) else address


def _entries(
    sources: Sources, host: str, variables: Mapping[str, Any], joined: str, problems: Problems
) -> Iterator[Definition]:
    """The entries of all variables that are joined under one name, as one host sees them."""
    first: dict[str, str] = {}
    for variable in sorted(name for name in variables if is_ours(name, joined)):
        entries = variables[variable]
        if entries is None:
            continue
        where = sources.where(on(host), host).inside(variable)
        if not isinstance(entries, Mapping):
            problems.add(f"{where}`{variable}` is not a mapping of names", _as_mapping(joined, entries))
            continue
        entries = _without_options(entries, joined, where, problems)
        for name, value in entries.items():
            try:
                read_name(name)
            except Refusal as refusal:
                problems.refuse(f"{where.inside(name)}{variable}: ", refusal)
                continue
            if name in first:
                _defined_twice(name, first[name], variable, host, sources, problems)
                continue
            first[name] = variable
            yield Definition(name, value, host, variable)


def _as_mapping(joined: str, entries: Any) -> str:
    """What to write instead: names as keys, with those names that have been given otherwise."""
    rest = "{driver: bridge}" if joined == schema.NETWORKS else "{networks: {…}}"
    items = entries if isinstance(entries, (list, tuple)) else [entries]
    names = [item.get("name") if isinstance(item, Mapping) else item for item in items]
    named = [name for name in names if isinstance(name, str) and NAME.match(name)] or ["web"]
    return f"Write the names as keys, as in {{{', '.join(f'{name}: {rest}' for name in named[:2])}}}"


def _without_options(entries: Mapping, joined: str, where: Where, problems: Problems) -> Mapping:
    """The entries; options among them, which are indented too little, are one problem, and are left out."""
    options = schema.every_network_option() if joined == schema.NETWORKS else _CONTAINER_OPTIONS
    slipped = [name for name, value in entries.items() if name in options and _is_option(name, value, entries)]
    if not slipped:
        return entries
    what = "a network" if joined == schema.NETWORKS else "a container"
    names = listed(f"`{name}`" for name in slipped)
    problems.add(
        f"{where.inside(slipped[0])}{names} in `{joined}`, where names of {what[2:]}s stand: an option of {what}",
        f"Indent it, so that it is below the name of {what}",
    )
    return {name: value for name, value in entries.items() if name not in slipped and value is not None}


def _is_option(name: str, value: Any, entries: Mapping[str, Any]) -> bool:
    """Whether it is no name that someone has chosen: a network and a container are mappings, or nothing."""
    if not isinstance(value, Mapping):
        return value is not None
    return name == "networks" and None in entries.values() and not set(value) <= set(_CONTAINER_OPTIONS)


def _defined_twice(
    name: str, variable: str, other: str, host: str, sources: Sources, problems: Problems, first: str = ""
) -> None:
    """``first`` is the host that has it by ``variable``, if that is another one."""
    # Without the host's name for what groups say to many hosts, so that it is one problem.
    kind = "the network" if is_ours(variable, schema.NETWORKS) else f"{on(host)}: the container"
    one, two = (
        sources.where("", where).inside(named, name).written
        for where, named in ((first or host, variable), (host, other))
    )
    problems.add(
        f"{kind} `{name}` is defined twice, in `{variable}`{one} and in `{other}`{two}",
        "Remove one of them: they are joined, not merged",
    )


def _read_networks(sources: Sources, problems: Problems) -> dict[str, NetworkSpec]:
    found: dict[str, Definition] = {}
    differing: dict[str, tuple[Definition, Definition]] = {}
    play = {name: value for name, value in sources.play.items() if is_ours(name, schema.NETWORKS)}
    for definition in _entries(sources, PLAY, play, schema.NETWORKS, problems):
        found[definition.name] = definition
    for host, variables in sources.variables.items():
        # A variable of the play takes the place of the inventory's, as it does in Ansible.
        own = {name: value for name, value in variables.items() if name not in play and is_ours(name, schema.NETWORKS)}
        for definition in _entries(sources, host, own, schema.NETWORKS, problems):
            other = found.setdefault(definition.name, definition)
            if other.variable != definition.variable:
                twice = definition.name, other.variable, definition.variable
                _defined_twice(*twice, host, sources, problems, other.host)
            elif other.value != definition.value:
                differing.setdefault(definition.name, (other, definition))
            elif other.host != host and not other.shared:
                found[definition.name] = replace(other, shared=True)
    for one, another in differing.values():
        _differ(one, another, sources, problems)
    specs = (_read_network(definition, sources, problems) for name, definition in sorted(found.items()))
    return {spec.name: spec for spec in specs if spec}


def _differ(one: Definition, other: Definition, sources: Sources, problems: Problems) -> None:
    one, other = replace(one, shared=False), replace(other, shared=False)
    said = [f"{each.value!r} for {each.host} ({at(each.where('', sources).place)})" for each in (one, other)]
    problems.add(
        f"the network `{one.name}` is {said[0]} and {said[1]}, and it is the whole fleet's",
        "Define it once, or under two names",
    )


def _read_network(definition: Definition, sources: Sources, problems: Problems) -> NetworkSpec | None:
    where = definition.where(f"network `{definition.name}`", sources)
    value = {} if definition.value is None else definition.value
    if not isinstance(value, Mapping):
        problems.add(f"{where}it is {value!r}, not a mapping", "Write its options as keys, such as driver: bridge")
        return None
    if definition.name in RESERVED_NETWORKS:
        problems.add(f"{where}`{definition.name}` is what `network_mode` calls no network", "Choose another name")
        return None
    try:
        driver_name = schema.read_driver(value.get("driver"))
    except Refusal as refusal:
        problems.refuse(where.inside("driver"), refusal)
        return None
    values = schema.Section(schema.network_options(driver_name)).read(value, where, problems)
    driver_ = driver(driver_name)
    own = driver_.complete({option.name: values[option.name] for option in driver_.options})
    return NetworkSpec(
        name=definition.name,
        driver=driver_name,
        subnets=values["subnets"],
        mtu=values["mtu"],
        internal=values["internal"],
        members=_resolve(values["hosts"], sources, where.inside("hosts"), problems),
        per_host_names=values["per_host_names"],
        names=values["names"],
        dns=values["dns"],
        present=values["state"] == "present",
        options=own,
        where=where,
    )


def _resolve(pattern: str | None, sources: Sources, where: Where, problems: Problems) -> tuple[str, ...] | None:
    if pattern is None:
        return None
    try:
        found = {host for host in sources.resolve(pattern) if host in sources.variables}
    except Refusal as refusal:
        problems.refuse(where, refusal)
        return None
    if not found:
        problems.add(
            f"{where}`hosts` is {pattern!r}, which matches no host of the fleet", "Name a group or host that exists"
        )
    return tuple(sorted(found))


def _read_containers(host: str, sources: Sources, problems: Problems) -> dict[str, Any]:
    found = {}
    for definition in _entries(sources, host, sources.variables[host], schema.CONTAINERS, problems):
        where = definition.where(f"container `{definition.name}` on {on(host)}", sources)
        spec = containers.read_container(definition.name, definition.value, host, where, problems)
        if spec:
            found[definition.name] = spec
    return dict(sorted(found.items()))
