# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``macvlan``: a container's own interface on the host's LAN (ip-link(8), ``type macvlan``).

Without a sandbox it is the host's own: a shim, as a parent does not talk to its macvlans.
"""

from __future__ import annotations

import errno
import functools
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.stacked import STACKED_OPTIONS, StackedKind
from ansible_collections.containerhost.network.plugins.module_utils.bases.standing import Standing, standing
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.messages import GROUP
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.way_in import WayIn

# MACVLAN_MODE_*, linux/if_link.h
_MODES = {"private": 1, "vepa": 2, "bridge": 4, "passthru": 8}


class Macvlan(StackedKind):
    name = "macvlan"
    kernel_kind = "macvlan"
    data_attributes = {"IFLA_MACVLAN_MODE": (1, "uint32"), "IFLA_MACVLAN_FLAGS": (2, "uint16")}
    modes = _MODES
    mode_attribute = "IFLA_MACVLAN_MODE"
    modes_apart = frozenset(("private", "vepa"))
    refusals = {
        errno.EADDRINUSE: "another macvlan on this parent, in whatever namespace, or the parent itself has this MAC:"
        " give this one another `mac`",
        errno.EBUSY: "its parent is taken: a port of a bridge, or with a device in mode passthru or an ipvlan on it;"
        " name another `parent`",
        errno.EINVAL: "its parent takes none in this mode, or is alone with one in mode passthru; take another `mode`"
        " or `parent`",
        errno.ELOOP: "its parent stands on too many devices: name the lowest of them as `parent`",
    }
    options = {"mode": {"type": "str", "choices": list(_MODES), "default": "bridge"}, **STACKED_OPTIONS}

    def normalise(self, values: Values) -> Values:
        if values.get("mode") == "passthru" and values.get("mac") is not None:
            interface = values.get("interface") or "eth0"
            raise Problem(f"macvlan {interface}: in mode passthru it has its parent's MAC; leave out `mac`")
        return super().normalise(values)

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield from super().occupies(values)
        parent = (values.get("netns"), self.lower_of(values))
        # The kernel lets a MAC be on a parent once (EADDRINUSE).
        if values.get("mac") is not None:
            yield ("mac on parent", *parent, values["mac"])
        yield ("parent", *parent)
        if values.get("mode") == "passthru":
            yield ("parent alone", *parent)

    def is_on_the_way(self, values: Values, way: WayIn) -> bool:
        """In mode passthru it gets all that comes in by its parent."""
        alone = values.get("mode") == "passthru" and values.get("netns") is None
        return super().is_on_the_way(values, way) or (alone and self.lower_of(values) in way.devices)

    def needs(self, values: Values) -> t.Iterator[Place]:
        """Others may be on the parent, too, unless one of them wants it for itself."""
        shareable = values.get("mode") != "passthru"
        parent = (values.get("netns"), self.lower_of(values))
        yield from (place for place in self.occupies(values) if not (shareable and place[0] == "parent"))
        yield ("parent alone", *parent)

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        yield from super().obstacles(kernel, wanted)
        values, parent, lower = wanted.values, self.lower_of(wanted.values), self.lower(kernel, wanted)
        there = functools.partial(
            self._standing(kernel).has,
            netns=wanted.netns,
            lower=lower,
            called=parent,
            but=(self.path_of(values), values["interface"]),
        )
        modes = [mode for mode in (*_MODES, "another") if there(mode)]
        if modes and "passthru" in (values["mode"], *modes):
            yield f"{parent} has a macvlan already, and one in mode passthru must be the only one: take another mode"
        mac = values.get("mac")
        if mac is not None and lower is not None and lower.mac == mac:
            yield f"{parent} has the MAC {mac} itself: give this one another `mac`"
        elif mac is not None and there(mac):
            yield f"{parent} has a macvlan with the MAC {mac} already, which is not ours: give this one another `mac`"

    def _standing(self, kernel: Kernel) -> Standing:
        return standing(kernel, self.name, self._ways_of)

    def _ways_of(self, link: Link) -> t.Iterator[str]:
        """Its mode; and its MAC, if it is not ours: one of ours may leave it to another in the same run."""
        if link.kind == self.kernel_kind:
            yield self.data_of(link)["mode"]
            if link.owner is None and link.group != GROUP and link.mac is not None:
                yield link.mac

    def fixed_of(self, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> set[str]:
        """The kernel changes modes in place, but not to passthru or from it (EINVAL)."""
        fixed = super().fixed_of(differences)
        return fixed | ({"mode"} if "passthru" in differences.get("mode", ()) else set())

    def note(self, kernel: Kernel, change: Change) -> None:
        super().note(kernel, change)
        if change.action == "add":
            values = change.values
            self._standing(kernel).will_stand(values.get("netns"), self.lower_of(values), values["mode"])
