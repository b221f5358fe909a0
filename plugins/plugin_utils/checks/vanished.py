# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger knows and the inventory no longer names: so much at once that it looks like a part not loaded.

Hosts, networks, containers and endpoints are counted, each for itself. What goes along with a larger thing that has
left (a network's endpoints, a host's containers) is counted with that. ``state: absent`` is said, and not vanishing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import ANY_HOST, Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Inventory

# The part of what is known, one in so many, that may leave the inventory at once without a question.
PART = 10
# So many networks, containers or endpoints may always leave: three of a small fleet would be a part of it, too.
FEW = 2
# How many a message names before it counts the rest.
NAMED = 5

Endpoint = tuple[str, str, str]  # network, host, container, as in the ledger


@dataclass(frozen=True)
class _Count:
    """How many ``known`` things there are of a kind (``what``, in the plural), and the names of those that are gone."""

    what: str
    known: int
    gone: list[str]
    few: int = FEW

    @property
    def too_many(self) -> bool:
        return len(self.gone) * PART > self.known and len(self.gone) > self.few

    def __str__(self) -> str:
        return f"{len(self.gone)} of the {self.known} {self.what}"

    @property
    def names(self) -> str:
        more = f" and {len(self.gone) - NAMED} more" if len(self.gone) > NAMED else ""
        return f"{', '.join(self.gone[:NAMED])}{more}"


def check_vanished(inventory: Inventory, ledger: Ledger, elsewhere: Collection[str] = ()) -> None:
    """Stop when so much has left that it looks like the wrong inventory. Raises PlanError, which says what would go.

    ``elsewhere``: networks that other plays define.
    """
    if inventory.confirm_vanished:
        return
    counts = [count for count in _counts(inventory, ledger, elsewhere) if count.too_many]
    if not counts:
        return
    first, *rest = counts
    also = "".join(f"; and {count}: {count.names}" for count in rest)
    raise PlanError(
        [
            f"{first} that the ledger knows have left the inventory: {first.names}{also}."
            " If that is meant, confirm it once with -e containerhost_confirm_vanished=true; if not, look for"
            " the inventory that is missing"
        ]
    )


def _counts(inventory: Inventory, ledger: Ledger, elsewhere: Collection[str]) -> Iterator[_Count]:
    coverage = inventory.coverage
    hosts = ledger.hosts() - coverage.other_hosts
    left = hosts - inventory.hosts.keys()
    yield _Count("hosts", len(hosts), sorted(left), few=0)
    networks = {
        name
        for name, entry in ledger.networks.items()
        if entry.absent_since is None and (name not in inventory.networks or inventory.networks[name].present)
    } - set(elsewhere)
    lost = networks - inventory.networks.keys()
    # Without any network at all something is missing, however few they were.
    few = FEW if inventory.networks or elsewhere else 0
    yield _Count("networks", len(networks), [f"`{name}`" for name in sorted(lost)], few)
    endpoints = {
        key
        for key, entry in ledger.endpoints.items()
        if entry.absent_since is None and _is_container(key[2]) and not coverage.is_elsewhere(key[1])
    }
    gone = [key for key in sorted(_gone(endpoints, inventory)) if key[0] in networks and key[1] not in left]
    if not gone:
        return
    missing = sorted({key[1:] for key in gone if not _has_container(inventory, key[1], key[2])})
    yield _Count("containers", len({key[1:] for key in endpoints}), [_on(*key) for key in missing])
    alone = [key for key in gone if key[0] not in lost]
    yield _Count("endpoints", len(endpoints), [f"{_on(*key[1:])} of `{key[0]}`" for key in alone])


def _is_container(name: str) -> bool:
    """Whether it is one that users name, and not the host's own end ("(h1)")."""
    return not name.startswith("(")


def _gone(known: Set[Endpoint], inventory: Inventory) -> set[Endpoint]:
    """The endpoints that the inventory no longer has. One that has come on another host has moved, and is not gone.

    One that has come speaks for one that went: containers of one name may be on each host.
    """
    there = {
        (endpoint.network, host, name)
        for host, containers in inventory.containers.items()
        for name, container in containers.items()
        for endpoint in container.endpoints
    }
    gone = known - there
    if not gone:
        return set()
    anywhere = {(network, ANY_HOST, name) for network, _host, name in there}
    came = Counter((network, name) for network, _host, name in there - known)
    left = Counter[tuple[str, str]]()
    staying = set()
    for key in sorted(gone - anywhere):
        what = (key[0], key[2])
        left[what] += 1
        if left[what] <= came[what]:
            staying.add(key)
    return gone - anywhere - staying


def _has_container(inventory: Inventory, host: str, name: str) -> bool:
    if host == ANY_HOST:
        return any(name in containers for containers in inventory.containers.values())
    return name in inventory.containers.get(host, {})


def _on(host: str, name: str) -> str:
    return f"`{name}`" if host == ANY_HOST else f"`{name}` on {host}"
