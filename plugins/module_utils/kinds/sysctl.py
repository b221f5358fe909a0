# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``sysctl``: a network setting (sysctl(8), below ``net.``), given back when nobody wants it any more."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases.fitted_settings import fitted
from ansible_collections.containerhost.network.plugins.module_utils.bases.sandbox_interface import sysctl_path
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import ANY_DEVICE, Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Problem,
    Values,
    Wanted,
    place,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Borrow, GiveBack
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import devconf
from ansible_collections.containerhost.network.plugins.module_utils.state.devices.device_settings import is_closed
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel


class Sysctl(Kind):
    name = "sysctl"
    key = ("key",)
    after = (ANY_DEVICE,)
    shared = True
    options = {"key": {"type": "str", "required": True, "no_log": False}, "value": {"type": "str"}}

    def normalise(self, values: Values) -> Values:
        plain = {**values, "key": sysctl_path(values["key"])}
        if plain.get("value") is not None:
            plain["value"] = canonical.sysctl_value(values["key"], plain["value"])
        elif plain.get("state") != "absent":
            raise Problem(f"sysctl {values['key']} needs a `value`")
        return plain

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield from super().stands_on(values)
        yield ("link", values.get("netns"), _device_of(values["key"]))

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        device = _device_of(wanted.values["key"])
        if kernel.sysctl(wanted.values["key"], wanted.netns) is None:
            if device is None or not kernel.has_link(device, wanted.netns):
                yield "this kernel has no such setting here; look below /proc/sys"
        loan = kernel.records.loan(wanted.netns, wanted.values["key"])
        if loan is not None and loan["value"] != wanted.values["value"]:
            others = [owner for owner in loan["owners"] if owner != wanted.owner]
            if others:
                yield f"{' and '.join(others)} needs it to be {loan['value']}, not {wanted.values['value']}"

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        """Of the host's own, some are there only once: those are read again when they are set."""
        if wanted.netns is not None and "value" in changed:
            yield from fitted(kernel, {wanted.values["key"]: wanted.values["value"]})

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        for object_ in wanted:
            key, netns = object_.values["key"], object_.netns
            now = kernel.sysctl(key, netns)
            loan = kernel.records.loan(netns, key)
            held = loan is not None and object_.owner in loan["owners"]
            # What others hold is not this owner's yet; and what is so without us needs nobody to hold it.
            so_already = loan is None and object_.present and now == object_.values["value"]
            so_already = so_already and not _is_by_us(kernel, netns, key, now)
            if held and (now is not None or not object_.present) or so_already:
                yield Found(self.name, object_.key, {**object_.values, "value": now}, object_.owner)
        yield from _held(self, kernel, {object_.key for object_ in wanted})

    def read_back(self, kernel: Kernel, wanted: Wanted) -> Found | None:
        now = kernel.sysctl_now(wanted.values["key"], wanted.netns)
        return None if now is None else Found(self.name, wanted.key, {**wanted.values, "value": now}, wanted.owner)

    def add(self, wanted: Wanted) -> Rounds:
        return [[Borrow(wanted.netns, wanted.values["key"], wanted.values["value"], wanted.owner, self.name)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        return self.add(wanted)

    def remove(self, found: Found) -> Rounds:
        return [[GiveBack(found.netns, found.values["key"], found.owner or "")]]


def _is_by_us(kernel: Kernel, netns: str | None, key: str, value: str) -> bool:
    """Every device of ours has it so: whoever asks for it holds it, all the same."""
    own = devconf.split(key)
    ours = own is not None and (netns is not None or kernel.is_ours(own[1], netns))
    return own is not None and ours and is_closed(own[0], own[2], value)


def _device_of(key: str) -> str | None:
    """The device that a setting belongs to, if it does."""
    parts = key.split("/")
    return parts[3] if len(parts) > 4 and parts[2] in ("conf", "neigh") else None


def _held(kind: Kind, kernel: Kernel, wanted: t.AbstractSet[t.Any]) -> t.Iterator[Found]:
    """Settings that somebody holds by the records and that are not among the wanted ones."""
    for (netns, key), loan in kernel.records.borrowed().items():
        if loan["kind"] == kind.name:
            values: Values = {"key": key, "value": kernel.sysctl(key, netns)}
            place(values, netns)
            for owner in loan["owners"]:
                found = Found(kind.name, kind.key_of(values, owner), values, owner)
                if found.key not in wanted:
                    yield found
