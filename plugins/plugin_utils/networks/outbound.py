# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way out of a network that is translated: under the address of the interface, or under one that is said."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils import objects as new
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Object
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Address
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Network, Slice

OPTION = Option(
    "outbound_address",
    "by_host",
    "The host's address that its containers leave under: C({h1: 192.0.2.71, h2: [192.0.2.72, \"2001:db8::72\"]}), or"
    " one address where the network has one host. It must be an address of the host.",
    default={},
    default_note="that of the interface which they leave by",
)


def masquerade(network: Network, host: str, slice_: Slice, unless: str) -> Object:
    """The rule for a host's slice, whose containers keep their addresses towards ``unless``."""
    own = str(slice_.block)
    to_address = _of(network, host, slice_.block.version)
    return new.object_of(
        "nat_rule",
        network.name,
        rule="masquerade",
        source=own,
        unless=unless,
        to_address=None if to_address is None else str(to_address),
    )


def _of(network: Network, host: str, version: int) -> Address | None:
    by_host = network.spec.options[OPTION.name]
    return next((each for each in by_host.get(host, by_host.get("", ())) if each.version == version), None)


def check(network: Network, translated: frozenset[int], problems: Problems) -> None:
    """``translated``: the families whose packets leave under an address of the host's."""
    by_host, where = network.spec.options[OPTION.name], network.spec.where
    if by_host and "" in by_host and len(network.members) > 1:
        problems.add(
            f"{where}`{OPTION.name}` is one address, and the network is on {len(network.members)} hosts",
            f"Write it by host, as in {{{network.members[0]}: {by_host[''][0]}}}",
        )
    for host in sorted(by_host.keys() - {"", *network.members}):
        problems.add(f"{where}`{OPTION.name}` names {host}, which is not on the network", "Leave it out there")
    problems_of = (_problem(network, host, addresses, translated) for host, addresses in sorted(by_host.items()))
    for problem in filter(None, problems_of):
        problems.add(f"{where}`{OPTION.name}` {problem}", "Leave it out, or give one address a family")


def _problem(network: Network, host: str, addresses: tuple[Address, ...], translated: frozenset[int]) -> str | None:
    of_host = f" of {host}" if host else ""
    versions = [address.version for address in addresses]
    if network.spec.internal:
        return "is for networks that have a way out, and this one is internal"
    for address in addresses:
        if address.version not in translated & {*network.versions}:
            return f"{address}{of_host} is of a family that is not translated on this network"
        if versions.count(address.version) > 1:
            return f"has several addresses{of_host} of one family"
    return None
