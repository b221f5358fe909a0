# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``ipvlan``: a container's own interface on the host's LAN, under its parent's MAC (ip-link(8), ``type ipvlan``).

Without a sandbox it is the host's own: a shim, as a parent does not talk to its ipvlans.
"""

from __future__ import annotations

import errno
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.stacked import STACKED_OPTIONS, StackedKind
from ansible_collections.containerhost.network.plugins.module_utils.bases.standing import Standing, standing
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Attachment, Place
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Change,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.messages import GROUP
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

# IPVLAN_MODE_* and IPVLAN_F_*, linux/if_link.h. The kernel keeps both for all ipvlans of a parent together.
_MODES = {"l2": 0, "l3": 1, "l3s": 2}
_FLAGS = {"bridge": 0, "private": 1, "vepa": 2}


class Ipvlan(StackedKind):
    name = "ipvlan"
    kernel_kind = "ipvlan"
    # pyroute2 lacks the flags, and takes the mode by names without l3s.
    data_attributes = {"IFLA_IPVLAN_MODE": (1, "uint16"), "IFLA_IPVLAN_FLAGS": (2, "uint16")}
    modes = _MODES
    mode_attribute = "IFLA_IPVLAN_MODE"
    data_options = ("mode", "flag")
    refusals = {
        errno.EBUSY: "its parent is taken: a port of a bridge, or with a macvlan on it; name another `parent`",
        errno.EINVAL: "all ipvlans of one parent have one mode: give this one the others'",
    }
    options = {
        "mode": {"type": "str", "choices": list(_MODES), "default": "l2"},
        "flag": {"type": "str", "choices": list(_FLAGS), "default": "bridge"},
        **{name: spec for name, spec in STACKED_OPTIONS.items() if name != "mac"},
    }

    def normalise(self, values: Values) -> Values:
        plain = {"flag": "bridge", **values}
        if plain["flag"] not in _FLAGS:
            interface = plain.get("interface") or "eth0"
            raise Problem(f"ipvlan {interface}: flag {plain['flag']} must be one of {', '.join(_FLAGS)}")
        plain = super().normalise(plain)
        # The kernel takes ARP off those of a parent in the layer-3 modes, and gives it back in l2.
        if "link.arp" in plain.get("end_settings", ()):
            plain["end_settings"] = {**plain["end_settings"], "link.arp": int(self.announces(plain))}
        return plain

    def summary(self, values: Values) -> list[str]:
        flag = values.get("flag", "bridge")
        mode = f"{values.get('mode')}" + (f" {flag}" if flag != "bridge" else "")
        return super().summary({**values, "mode": mode})

    def attachment(self, values: Values) -> Attachment:
        seen = super().attachment(values)
        return seen._replace(to_neighbours=values.get("flag", "bridge") == "bridge")

    def announces(self, values: Values) -> bool:
        """In the layer-3 modes there is no ARP."""
        return values["mode"] == "l2"

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield from super().occupies(values)
        # The kernel lets an address be on a parent once (EADDRINUSE).
        for cidr in values.get("addresses") or ():
            yield ("address on parent", values.get("netns"), self.lower_of(values), cidr.partition("/")[0])
        yield ("parent", values.get("netns"), self.lower_of(values))

    def needs(self, values: Values) -> t.Iterator[Place]:
        """Others may be on the parent, too, unless it is one's alone."""
        yield from (place for place in self.occupies(values) if place[0] != "parent")
        yield ("parent alone", values.get("netns"), self.lower_of(values))

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        yield from super().obstacles(kernel, wanted)
        values, parent = wanted.values, self.lower_of(wanted.values)
        own = (self.path_of(values), values["interface"])
        for kind, *how in self._standing(kernel).ways(wanted.netns, self.lower(kernel, wanted), parent, but=own):
            if kind != self.kernel_kind:
                yield f"{parent} has a {kind} already, and takes no other kind beside it: take {kind}"
                return
            if how != [values["mode"], values["flag"]]:
                there = f"{parent} has an ipvlan already in mode {' '.join(how)}"
                yield f"{there}, and all of a parent have one mode and flag: take those"
                return

    def _standing(self, kernel: Kernel) -> Standing:
        return standing(kernel, self.name, self._ways_of)

    def _ways_of(self, link: Link) -> t.Iterator[tuple[str, ...]]:
        """Of another kind, or not ours to change."""
        if link.kind != self.kernel_kind:
            yield (str(link.kind),)
        elif link.owner is None and link.group != GROUP:
            data = self.data_of(link)
            yield (link.kind, data["mode"], data["flag"])

    def data_of(self, link: Link) -> Values:
        flags = {number: name for name, number in _FLAGS.items()}
        return {**super().data_of(link), "flag": flags.get(link.data.get("IFLA_IPVLAN_FLAGS", -1), "another")}

    def data(self, values: Values) -> dict[str, t.Any]:
        return {**super().data(values), "IFLA_IPVLAN_FLAGS": _FLAGS[values["flag"]]}

    def is_made_for(self, link: Link, wanted: Wanted) -> bool:
        """It has no MAC of its own to be known by: by our group alone, which nobody else uses."""
        return link.group == GROUP

    def note(self, kernel: Kernel, change: Change) -> None:
        super().note(kernel, change)
        if change.action != "remove":
            values = change.values
            way = (self.name, values["mode"], values["flag"])
            self._standing(kernel).will_stand(values.get("netns"), self.lower_of(values), way)
