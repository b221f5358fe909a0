# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report tells of a fleet, as values: of a plan, and of what verifying it has found. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ansible_collections.containerhost.network.plugins.module_utils.startup import without_garbage_collection
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import driver_of
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.joining import partner_of
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Network
from ansible_collections.containerhost.network.plugins.plugin_utils.networks.parents import is_bridged
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import Plan
from ansible_collections.containerhost.network.plugins.plugin_utils.report import usage
from ansible_collections.containerhost.network.plugins.plugin_utils.report.hops import Hop, broken_hops
from ansible_collections.containerhost.network.plugins.plugin_utils.show import show
from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import Holder
from ansible_collections.containerhost.network.plugins.plugin_utils.verify import notes, probes
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Heard, Try
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.report import Findings, problems_of


@dataclass(frozen=True)
class ShownHost:
    name: str
    underlay: str = ""
    underlay_mtu: int = 1500


@dataclass(frozen=True)
class ShownNetwork:
    """``about``: what it is, in a few words. ``is_shared``: one for its hosts together, else one on each of them.

    ``mtu`` None is the kernel's default.
    """

    name: str
    driver: str
    about: str
    subnets: tuple[str, ...]
    members: tuple[str, ...]
    is_shared: bool
    mtu: int | None = None


@dataclass(frozen=True)
class ShownFleet:
    """A fleet as it is planned. ``tries`` are what verifying it would try, or has tried.

    ``found`` is None where no host was asked. ``problems``: a sentence for each cause of what is wrong. ``joined``: by
    host and container, who is in its network namespace as well.
    """

    hosts: tuple[ShownHost, ...]
    networks: tuple[ShownNetwork, ...]
    holders: tuple[Holder, ...]
    usage: tuple[usage.Usage, ...] = ()
    warnings: tuple[str, ...] = ()
    digest: str = ""
    joined: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    tries: tuple[Try, ...] = ()
    found: Findings | None = None
    problems: tuple[str, ...] = ()
    hops: tuple[Hop, ...] = ()
    when: str = ""

    @property
    def containers(self) -> Mapping[tuple[str, str], list[Holder]]:
        """By host and container, what each is on."""
        found: dict[tuple[str, str], list[Holder]] = {}
        for each in self.holders:
            if each.container:
                found.setdefault((each.host, each.container), []).append(each)
        return found


@without_garbage_collection
def of_plan(
    plan: Plan, before: Ledger, hosts: Sequence[str], warnings: Sequence[str] = (), asked: bool = False
) -> ShownFleet:
    """What is planned for these hosts. ``before`` is the ledger as it is, ``warnings`` are of reading the inventory.

    ``asked``: hosts have said what can be tried, so what could be by the plan alone is not worked out.
    """
    chosen = set(hosts)
    documents = {host: plan.documents[host] for host in plan.documents if host in chosen}
    about = notes.about(documents, plan.networks)
    used = usage.of_plan(plan, chosen)
    told = [each for each in show.holders(plan, before, documents) if each.host in chosen]
    networks = (plan.fleet.networks[name] for name in plan.networks)
    underlay = {name: str(host.underlay) for name, host in plan.fleet.hosts.items() if host.underlay}
    shown = [_network(network, about[network.name], chosen) for network in networks]
    return ShownFleet(
        hosts=tuple(_host(plan, host, underlay) for host in documents),
        networks=tuple(each for each in shown if each.members),
        holders=tuple(told),
        usage=tuple(used),
        warnings=(*warnings, *plan.warnings, *usage.warnings(used), *_unknown(told)),
        digest=plan.digest(),
        joined=_joined(plan),
        tries=() if asked else tuple(probes.tries(documents, plan.networks, underlay, Heard())),
    )


def _joined(plan: Plan) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = {}
    for host, containers in plan.fleet.containers.items():
        for name, container in sorted(containers.items()):
            partner = partner_of(container, containers) if container.partner else None
            if partner is not None:
                found.setdefault((host, partner.name), []).append(name)
    return {key: tuple(names) for key, names in found.items()}


def _host(plan: Plan, host: str, underlay: Mapping[str, str]) -> ShownHost:
    return ShownHost(host, underlay.get(host, ""), plan.fleet.hosts[host].underlay_mtu)


def _network(network: Network, about: str, hosts: set[str]) -> ShownNetwork:
    kind = driver_of(network.spec)
    return ShownNetwork(
        name=network.name,
        driver=network.spec.driver,
        about=", ".join([about, *_more(network, about)]),
        subnets=tuple(str(subnet.cidr) for subnet in network.subnets),
        members=tuple(host for host in network.members if host in hosts),
        is_shared=kind.spans_hosts or not kind.has_gateway,
        mtu=network.mtu,
    )


def _more(network: Network, about: str) -> Iterator[str]:
    """What else a reader asks of a network."""
    options = network.spec.options
    if options.get("backend") and options["backend"] not in about:
        yield options["backend"]
    lower = options["uplink"] or options["bridge"] if is_bridged(network.spec) else options.get("parent")
    if lower:
        yield f"on {lower}" + (f" by VLAN {options['vlan']}" if options.get("vlan") else "")
    if network.spec.internal:
        yield "internal"
    if not driver_of(network.spec).has_gateway:
        yield from (f"router {subnet.gateway}" for subnet in network.subnets if subnet.gateway)


def _unknown(told: Sequence[Holder]) -> list[str]:
    new = sum(each.new for each in told)
    which = "1 attachment is" if new == 1 else f"{new} attachments are"
    told_ = f"{which} not in the ledger yet: run containerhost.network.site, which gives these addresses."
    return [told_] if new else []


@without_garbage_collection
def verified(
    fleet: ShownFleet, tries: Sequence[Try], found: Findings, asked: Sequence[str], when: str
) -> ShownFleet:
    """The fleet with what hosts have answered. ``when``: date and time of it, as it is to be read."""
    hosts = set(asked)
    some = [each for each in tries if each.host in hosts]
    return replace(
        fleet,
        tries=tuple(some),
        found=found,
        problems=tuple(problems_of(some, found)),
        hops=tuple(broken_hops(some, found)),
        warnings=(*fleet.warnings, *found.pending, *found.notes),
        when=when,
    )
