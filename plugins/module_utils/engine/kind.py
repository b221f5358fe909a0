# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kind of object is to everybody else: a table of what differs between kinds.

A new kind is a file in ``kinds/`` with a subclass of ``Kind``; ``discovery`` finds it there.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Found,
    Key,
    Values,
    Wanted,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.attributes import LinkData

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Step
    from ansible_collections.containerhost.network.plugins.module_utils.engine.way_in import WayIn
    from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

# The steps for one object, in rounds: a round of all objects of a kind is sent before the next one begins.
Rounds = t.List[t.List["Step"]]
# What one object has or needs, by its kind of place first: ("link", netns, name), ("vni", netns, vni, port).
Place = t.Tuple[t.Any, ...]

COMMON_OPTIONS: dict[str, dict[str, t.Any]] = {
    "netns": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "recreate": {"type": "bool", "default": False},
}


# What a kind notes of programs that this host has not got and an object needs (``Kernel.notes``), by their names.
LACKS = "lacks"
# In ``after``: every kind of device, also those that a kind's author has not heard of.
ANY_DEVICE = "any device"
# In ``after``: every kind of device that may be the parent of another, that is all but those with a parent that end in
# a sandbox.
ANY_PARENT = "any parent"


class Attachment(t.NamedTuple):
    """A container's interface on a network, or the host's own, in the words of ``verify``.

    ``sandbox`` is None for the host's own. ``from_host``: the host reaches it by this object alone.
    ``to_neighbours``: it reaches the others of its kind and network on the host.
    """

    sandbox: t.Optional[t.Mapping[str, str]]
    addresses: t.Tuple[str, ...]
    mtu: t.Optional[int]
    routes: t.Sequence[t.Mapping[str, t.Any]]
    from_host: bool
    to_neighbours: bool


class Kind:
    """One kind. Subclasses fill in the class attributes and say how it is read, added, changed and removed."""

    name: t.ClassVar[str]
    # The options of one object, as an Ansible argument spec, without COMMON_OPTIONS.
    options: t.ClassVar[t.Mapping[str, t.Mapping[str, t.Any]]]
    # The options that say which object it is.
    key: t.ClassVar[tuple[str, ...]]
    # The kinds that must be made before this one, and removed after it.
    after: t.ClassVar[tuple[str, ...]] = ()
    # Options that no message changes on an existing object.
    fixed: t.ClassVar[frozenset[str]] = frozenset()
    # Several owners may want the same thing; it goes when the last of them does.
    shared: t.ClassVar[bool] = False
    # What someone else has made serves as well, and stays theirs.
    accepts_foreign: t.ClassVar[bool] = False
    # It carries its owner's name, so that a new owner is a change.
    marked: t.ClassVar[bool] = False
    # What the kernel calls a device of this kind (IFLA_INFO_KIND); None: it is no device.
    kernel_kind: t.ClassVar[t.Optional[str]] = None
    # Attributes of IFLA_INFO_DATA that pyroute2 0.7.2 lacks or types otherwise: name to number and type.
    data_attributes: t.ClassVar[t.Mapping[str, t.Tuple[int, str]]] = {}
    # Attributes of IFLA_INFO_DATA whose content is a whole link again.
    data_links: t.ClassVar[t.Tuple[str, ...]] = ()
    # What people call its packets, where it is a device that carries a network to other hosts: in UDP, from its option
    # `local` to `port`, if it has that. None: it carries none.
    tunnel: t.ClassVar[t.Optional[str]] = None
    # What it means when the kernel refuses to make a device of this kind, and what to do, by the number of the error.
    refusals: t.ClassVar[t.Mapping[int, str]] = {}
    # Of the plan, what may be done beside re-creating it, by option: what the network's next tunnel needs.
    instead: t.ClassVar[t.Mapping[str, str]] = {}

    @property
    def link_data(self) -> LinkData | None:
        """How a device's own attributes are laid out; None where the kind is no device."""
        return LinkData(self.kernel_kind, self.data_attributes, self.data_links) if self.kernel_kind else None

    @property
    def ends_in_sandbox(self) -> bool:
        """An end of it is in a container's namespace."""
        return "sandbox" in self.options

    @property
    def carries_routes(self) -> bool:
        """Routes over its devices are options of its own, not objects of kind ``route``."""
        return "routes" in self.options

    def device_of(self, values: Values) -> str | None:
        """What the host calls the device of its own that an object is, or has beside its end in a sandbox."""
        if self.kernel_kind is None or "name" in self.options:
            return values.get("name") if self.kernel_kind else None
        return None if values.get("sandbox") else values.get("interface") or "eth0"

    def other_end(self, values: Values) -> str | None:
        """Another host's underlay address, to which an object leads what goes by its `device`, a tunnel."""
        return None

    def attachment(self, values: Values) -> Attachment | None:
        """What ``verify`` can try on an object of a document; None: nothing."""
        return None

    # What it stands on cannot go before it has left that: it leaves first.
    leaves_first: t.ClassVar[bool] = False
    # It filters: its objects are in force before any device is made, and until the last one has gone.
    guards: t.ClassVar[bool] = False

    def may_wait(self, values: Values) -> bool:
        """Of a kind that guards: may everything else be made between two runs where this object cannot?"""
        return False

    def key_of(self, values: Values, owner: str) -> Key:
        """What makes it this object and no other: its namespace, its key, and its owner where many share it."""
        key = (values.get("netns"), *map(values.get, self.key))
        return (*key, owner) if self.shared else key

    def normalise(self, values: Values) -> Values:
        """The same values in the kernel's own spelling. Raises Problem for what no kernel would take."""
        return values

    def label(self, values: Values) -> str:
        """How the object is called in a diff or an error, without its kind."""
        return " ".join(str(values[name]) for name in self.key if values.get(name) is not None)

    def summary(self, values: Values) -> list[str]:
        """The object in a line or a few, for the diff of one that is added or removed."""
        return [f"{name}: {_shown(value)}" for name, value in values.items() if name not in self.key and _given(value)]

    def export(self, values: Values) -> Values:
        """An object as a document has it: options that are set, and nothing that is only ours to know."""
        return {
            name: values[name]
            for name, spec in {**self.options, "netns": {}}.items()
            if name in values and values[name] != spec.get("default") and _says_something(spec, values[name])
        }

    def seen(self, values: Values) -> list[str]:
        """What is said of one that is in the way, for whoever has to move it away."""
        return self.summary(values)

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """The same object, with what only this host can say of it."""
        return wanted

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterable[Found]:
        """Everything of ours, and whatever stands at the keys of ``wanted``.

        What goes along with a device that is to go is not there any more: the kernel removes it without being asked.
        """
        raise NotImplementedError

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """Options whose value is another than the one that is wanted; None wants nothing."""
        return {
            name: (found.values.get(name), value)
            for name, value in wanted.values.items()
            if value is not None and name not in self.key and name != "netns" and value != found.values.get(name)
        }

    def fixed_of(self, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> set[str]:
        """Those of the differences that only re-creating it removes."""
        return set(self.fixed.intersection(differences))

    def to_recreate(self, wanted: Wanted, fixed: t.Iterable[str]) -> str:
        """What to do where only re-creating it changes these options."""
        others = [self.instead[option] for option in fixed if option in self.instead and realm(wanted.owner) == "plan"]
        return ", or ".join(["allow it with recreate: true (for site: containerhost_recreate=true)", *others])

    def is_lost(self, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> bool:
        """Nothing is left of it that anybody could miss: it is re-created without asking."""
        return False

    # When an object that leads to other hosts becomes what is wanted, where these have to make their part before: with
    # the ``switch`` of all of them, or once they have switched and what is left over goes (``remove``), or a part each.
    waits: t.ClassVar[tuple[str, ...]] = ()

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        """What it is to be until one of these: what other hosts still use stays as it was found."""
        return wanted

    def without(self, now: Wanted, wanted: Wanted, needed: t.Collection[Place]) -> Wanted:
        """What it is to be until then where others need these places by now, which it would keep till then."""
        return now

    def made_first(self, wanted: Wanted) -> Found | None:
        """What one that is not there yet is made as, where it becomes what is wanted in a later phase only."""
        return None

    def displaces(self, kernel: Kernel, wanted: Wanted) -> bool:
        """Would one that is not there yet take the place of what other hosts still use? It waits for them then."""
        return False

    def pending(self, kernel: Kernel, wanted: Wanted) -> str | None:
        """Why an object has to wait, in a sentence: the sandbox that it ends in does not run, or is not fit for it.

        That is nobody else's business: a document leaves the object as it is and makes the rest, and a task that names
        it fails. Every kind that ends in a sandbox has an answer.
        """
        return None

    def in_use(self, kernel: Kernel, found: Found) -> str | None:
        """Why what is there cannot go now, in words that follow a colon: somebody else uses it."""
        return None

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterable[str]:
        """Sentences on what keeps a wanted object from being made."""
        return ()

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterable[str]:
        """Sentences on what this host leaves no room for, of what is to be made, or ``changed`` in those options."""
        return ()

    def occupies(self, values: Values) -> t.Iterable[Place]:
        """Places that only one object can have: a device's name in a namespace, a VNI on a port."""
        return ()

    def needs(self, values: Values) -> t.Iterable[Place]:
        """Places that must be free for an object to be made: its own, unless a kind knows more."""
        return self.occupies(values)

    def holds(self, values: Values) -> t.Iterable[Place]:
        """Places that must not go while the object stays: the namespace that its other end is in."""
        return ()

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        """Places of others without which an object cannot be made, or should not: a device, what guards it.

        Where the object that has such a place fails, this one is left out.
        """
        yield from self.holds(values)
        netns = values.get("netns")
        if netns is not None:
            yield ("netns", netns.rpartition("/")[2])

    def is_on_the_way(self, values: Values, way: WayIn) -> bool:
        """Could the way by which a run reaches this host be another one, or none, with or without this object?"""
        if values.get("netns") is not None:
            return False
        if self.kernel_kind is None:
            return not way.devices.isdisjoint((values.get("device"), values.get("port")))
        inside = bool(values.get("sandbox"))  # with its interface, addresses and routes
        led = [] if inside else [*(values.get("addresses") or ()), *(values.get("routes") or ())]
        return self.device_of(values) in way.devices or way.is_within(led)

    def note(self, kernel: Kernel, change: Change) -> None:
        """Tell the kernel's picture what the change will have made or taken away, for the kinds that follow."""

    def add(self, wanted: Wanted) -> Rounds:
        raise NotImplementedError

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        raise NotImplementedError

    def leave(self, wanted: Wanted, found: Found) -> tuple[Rounds, Found]:
        """Leave the places that are not to be its own any more, as others need them; and what it is after that."""
        return [], found

    def remove(self, found: Found) -> Rounds:
        raise NotImplementedError

    def read_back(self, kernel: Kernel, wanted: Wanted) -> Found | None:
        """What was just made or changed, as far as the kernel may have fitted it; None where it takes or refuses."""
        return None

    def undo(self, wanted: Wanted) -> Rounds:
        """Steps that take back what adding has begun and could not finish. Nothing where one step makes all of it."""
        return []


def link_data_of(kinds: t.Iterable[Kind]) -> list[LinkData]:
    """How the devices of these kinds are laid out."""
    return [data for data in (kind.link_data for kind in kinds) if data]


def _says_something(spec: t.Mapping[str, t.Any], value: t.Any) -> bool:
    """A switch that is off says so where it is on by default."""
    return _given(value) or (value is False and spec.get("default") is True)


def _given(value: t.Any) -> bool:
    return value is not None and value is not False and value != [] and value != {}


def _shown(value: t.Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, dict):
        return ", ".join(f"{name}={inner}" for name, inner in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_shown, value))
    return str(value)


def lines(name: str, value: t.Any) -> list[str]:
    """An option's value as lines of a diff: one for each item of a list or dictionary."""
    if isinstance(value, dict):
        return [f"{name}: {key}={inner}" for key, inner in sorted(value.items())]
    if isinstance(value, (list, tuple)):
        return [f"{name}: {_shown(item)}" for item in value]
    if value is None:
        return []
    return [f"{name}: {'no' if value is False else _shown(value)}"]
