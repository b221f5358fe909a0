# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all kinds have in common whose objects are elements of sets and maps in our nftables table."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Problem,
    Values,
    Wanted,
    namespaces,
    place,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import UNKNOWN
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import NftElement
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import mark, owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

# Where no `sources` are given: in place of the list, which would name nobody when it is empty.
EVERYBODY = "everybody"


class Element(t.NamedTuple):
    """An element of our table: set or map, key and value, as nft writes them."""

    set: str
    key: str
    value: t.Optional[str] = None


class NftObject(t.NamedTuple):
    """An object as the table has it: its options, its elements, and the mark that they carry."""

    values: Values
    elements: t.Sequence[Element]
    comment: str


class NftKind(Kind):
    """A kind of rule. Subclasses say which elements an object has, and which objects a table's elements are of."""

    marked = True
    guards = True

    def spell(self, plain: Values) -> Values:
        """The options of one object in the kernel's own spelling. Raises Problem."""
        raise NotImplementedError

    def elements(self, values: Values) -> list[Element]:
        raise NotImplementedError

    def label_of_elements(self, values: Values) -> str:
        """What is noted with an object's elements besides its owner."""
        return ""

    def objects(self, elements: Elements) -> t.Iterable[NftObject]:
        """Every object that has elements, some of which may be missing."""
        raise NotImplementedError

    def normalise(self, values: Values) -> Values:
        plain = dict(values)
        return {**self.spell(plain), "in_force": True}

    def export(self, values: Values) -> Values:
        return super().export({name: value for name, value in values.items() if value != EVERYBODY})

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        needing = {object_.netns for object_ in wanted if object_.present}
        for netns in namespaces(wanted):
            table = kernel.table(netns)
            if table.lack is not None and netns in needing:
                raise table.lack
            for found in self.objects(table.elements):
                values, there = found.values, found.elements
                values["elements"] = there
                needed = self.elements(values)
                # Neither an element too few nor one too many, in whichever order.
                values["in_force"] = table.intact and (needed == there or {*needed} == {*there})
                place(values, netns)
                yield Found(self.name, self.key_of(values, ""), values, owner_of(found.comment) or UNKNOWN)

    def add(self, wanted: Wanted) -> Rounds:
        return [self._adding(wanted, self.elements(wanted.values))]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        """What goes and what comes, in one transaction; all of it where marks change or rules were lost."""
        old: t.Sequence[Element] = found.values["elements"]
        new = self.elements(wanted.values)
        if not {"owner", "in_force"}.isdisjoint(differences):
            return [[*_deleting(found, old), *self._adding(wanted, new)]]
        out = [element for element in old if element not in set(new)]
        into = [element for element in new if element not in set(old)]
        return [[*_deleting(found, out), *self._adding(wanted, into)]]

    def remove(self, found: Found) -> Rounds:
        return [_deleting(found, found.values["elements"])]

    def _adding(self, wanted: Wanted, elements: t.Iterable[Element]) -> list[t.Any]:
        comment = mark(wanted.owner, self.label_of_elements(wanted.values), "comment")
        return [NftElement(wanted.netns, *element, comment) for element in elements]


def _deleting(found: Found, elements: t.Iterable[Element]) -> list[t.Any]:
    return [NftElement(found.netns, *element, "", True) for element in elements]


# -- what several of these kinds need ----------------------------------------------------------------------------


def family_of(address: str) -> str:
    """``4`` or ``6``, as the names of sets end."""
    return "6" if ":" in address else "4"


def networks(values: t.Iterable[str], what: str) -> list[str]:
    """Networks without those that lie in others of them: a set of intervals takes none that overlap."""
    plain = canonical.each(values, lambda cidr: canonical.network_cidr(cidr, what)) or []
    if len(plain) < 2:
        return plain
    by_family: dict[int, list[t.Any]] = {4: [], 6: []}
    for network in map(ipaddress.ip_network, plain):
        by_family[network.version].append(network)
    return sorted(str(network) for some in by_family.values() for network in ipaddress.collapse_addresses(some))


def sources(values: Values, address: str, what: str) -> t.Sequence[str]:
    """Who may reach a port of ``address``: a list, or EVERYBODY. Raises Problem for a list that names nobody."""
    given = values.get("sources")
    if given is None or given == EVERYBODY:
        return EVERYBODY
    if not given:
        raise Problem(f"{what}: `sources` is empty: name who may reach it, or leave it out to let everybody")
    plain = networks(given, "sources")
    for source in plain:
        if family_of(source) != family_of(address):
            raise Problem(f"{what}: {source} in `sources` and {address} are not of one family")
    return plain


def listed(given: t.Sequence[str]) -> t.Sequence[str]:
    """The networks in ``sources``: none where they are for EVERYBODY."""
    return () if given == EVERYBODY else given


def cidr(text: str) -> str:
    """nft lists a network of one address without its prefix length, and what is no network as a range."""
    return text if "-" in text or "/" in text else f"{text}/{128 if ':' in text else 32}"


def plain_network(text: str) -> str:
    """The same the other way round: a network as nft lists it."""
    return text.removesuffix("/128" if ":" in text else "/32")
