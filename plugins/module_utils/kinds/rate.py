# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``rate``: how fast a container may be sent to, and may send, on the host's end of its interface.

Both limits are the host's: nobody in the container reaches them. What goes in waits at the host's end; what comes out
is redirected to a device of kind ``ifb``, which is made for it, and waits there.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases import sandbox_interface
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import finish_link
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import ANY_DEVICE, Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import UNKNOWN
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import DeleteLink
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink import shaping
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError
from ansible_collections.containerhost.network.plugins.module_utils.netlink.shaping import Bucket
from ansible_collections.containerhost.network.plugins.module_utils.state.devices import device_settings
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import label_of, mark

_RATES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_BURSTS = {"": 1, "k": 2**10, "m": 2**20}
_LEAST, _MOST = 8_000, 100 * 10**9  # bits per second
_SMALLEST, _LARGEST = 16 << 10, 1 << 30  # bytes of a burst: more than the largest frame
DEFAULT_BURST = "64kb"
_WAYS = ("in", "out")
_NOTHING: Values = {"netns": None, "in": None, "out": None, "burst": None, "entrance": False}
_IFB = "ifb"


class Rate(Kind):
    name = "rate"
    options = {
        "device": {"type": "str", "required": True},
        "in": {"type": "str"},
        "out": {"type": "str"},
        "burst": {"type": "str", "default": DEFAULT_BURST},
        "container": sandbox_interface.SANDBOX_OPTIONS["sandbox"],
    }
    key = ("device",)
    after = (ANY_DEVICE,)

    def normalise(self, values: Values) -> Values:
        plain = {**values, "device": canonical.device_name(values["device"], "device")}
        plain.pop("container", None)  # of those that read a document: whose start brings a new device
        if plain.get("state") == "absent":
            return plain
        for way in _WAYS:
            if plain.get(way) is not None:
                plain[way] = rate_text(rate_of(plain[way], way))
        if plain.get("in") is None and plain.get("out") is None:
            raise Problem(f"rate {plain['device']}: give a rate as `in`, `out` or both, such as 100mbit")
        plain["burst"] = burst_text(burst_of(plain.get("burst") or DEFAULT_BURST))
        return plain

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield from super().stands_on(values)
        yield ("link", values.get("netns"), values["device"])

    def occupies(self, values: Values) -> t.Iterable[Place]:
        yield ("link", values.get("netns"), ifb_of(values["device"]))

    # -- reading -----------------------------------------------------------------------------------------------

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        for netns in dict.fromkeys([None, *(object_.netns for object_ in wanted)]):
            yield from self._read_in(kernel, netns, {each.values["device"] for each in wanted if each.netns == netns})

    def _read_in(self, kernel: Kernel, netns: str | None, asked: t.Collection[str]) -> t.Iterator[Found]:
        if netns is not None and kernel.identity(netns) is None:
            return
        links = kernel.links(netns)
        helpers, lost = _helpers(links, asked)
        for link in lost:
            yield Found(self.name, (netns, link.name), {**_NOTHING, "device": link.name, "helper": link.name}, UNKNOWN)
        if not (helpers or asked or any(link.owner for link in links.values())):
            return
        buckets, entrances = _disciplines(kernel, netns)
        names = {link.index: name for name, link in links.items()}
        limited = {names[index] for index, row in buckets.items() if row is not None and index in names}
        for device in sorted({*limited, *helpers, *asked}):
            link = None if kernel.is_to_be_made(device, netns) else links.get(device)
            helper = helpers.get(device)
            if helper is None and (link is None or link.index not in buckets):
                continue
            if link is not None and link.kind == _IFB:
                continue
            found = self._read_one(kernel, netns, link, helper, buckets, entrances)
            owner = (helper.owner if helper else None) or (link.owner if link else None)
            if found or helper is not None:
                values = {"device": device, "netns": netns, **found}
                yield Found(self.name, (netns, device), values, owner, leftover=owner is None and helper is not None)

    def _read_one(
        self,
        kernel: Kernel,
        netns: str | None,
        link: Link | None,
        helper: Link | None,
        buckets: t.Mapping[int, Bucket | None],
        entrances: t.Collection[int],
    ) -> Values:
        within = buckets.get(link.index) if link is not None else None
        redirected = (
            link is not None
            and helper is not None
            and link.index in entrances
            and _redirected(kernel, netns, link.index) == helper.index
        )
        outside = buckets.get(helper.index) if helper is not None and redirected else None
        bursts = sorted({burst_text(each.burst) for each in (within, outside) if each is not None})
        values: Values = {
            "in": rate_text(within.rate * 8) if within is not None else None,
            "out": rate_text(outside.rate * 8) if outside is not None and helper is not None and helper.up else None,
            "burst": " and ".join(bursts) or None,
            "helper": helper.name if helper is not None else None,
            "entrance": link is not None and link.index in entrances,
        }
        return values if within is not None or helper is not None else {}

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """None of a way is no limit there."""
        names = (*_WAYS, "burst")
        differences = {
            name: (found.values.get(name), wanted.values.get(name))
            for name in names
            if found.values.get(name) != wanted.values.get(name)
        }
        if wanted.values.get("out") is None and found.values.get("helper"):
            differences.setdefault("out", ("unlimited", None))
        return differences

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        device, netns = wanted.values["device"], wanted.netns
        if not kernel.has_link(device, netns):
            yield f"there is no device {device} on this host; make it first (module veth)"
        elif not kernel.is_ours(device, netns):
            yield f"{device} is not ours, and whose it is says how fast it is: name the host's end of a container"
        helper = kernel.link(ifb_of(device), netns)
        if helper is not None and helper.owner is None:
            yield f"there is a device {helper.name} already that is not ours: rename or remove it"

    # -- writing -----------------------------------------------------------------------------------------------

    def add(self, wanted: Wanted) -> Rounds:
        return self._set(wanted, {}, _WAYS)

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        both = "burst" in differences
        return self._set(wanted, found.values, [way for way in _WAYS if both or way in differences])

    def _set(self, wanted: Wanted, found: Values, ways: t.Collection[str]) -> Rounds:
        device, netns, values = wanted.values["device"], wanted.netns, wanted.values
        burst = burst_of(values["burst"])
        rounds: Rounds = [[], [], []]
        if "in" in ways and values.get("in") is not None:
            rounds[2].append(shaping.bucket(device, Bucket(rate_of(values["in"], "in") // 8, burst), netns))
        elif "in" in ways and found.get("in") is not None:
            rounds[2].append(shaping.no_bucket(device, netns))
        if "out" not in ways:
            return rounds
        helper = ifb_of(device)
        if values.get("out") is None:
            return [*self._without(found, device, netns), *rounds]
        if not found.get("helper"):
            rounds[0].append(m.new_link(helper, _IFB, None, netns, up=False))
        alias = mark(wanted.owner, device)
        rounds[1] += finish_link(helper, netns, alias, settings=device_settings.of_queue(), up=True)
        rounds[2].append(shaping.bucket(helper, Bucket(rate_of(values["out"], "out") // 8, burst), netns))
        if found.get("out") is None:
            # What enters is never let through unlimited: the bucket is there before anything is sent to it.
            again = [shaping.no_entrance(device, netns)] if found.get("entrance") else []
            rounds += [[*again, shaping.entrance(device, netns)], [shaping.redirection(device, helper, netns)]]
        return rounds

    @staticmethod
    def _without(found: Values, device: str, netns: str | None) -> Rounds:
        gone: Rounds = [[shaping.no_entrance(device, netns)]] if found.get("entrance") else []
        return [*gone, [DeleteLink(netns, found["helper"])]] if found.get("helper") else gone

    def remove(self, found: Found) -> Rounds:
        device, netns = found.values["device"], found.values.get("netns")
        within: Rounds = [[shaping.no_bucket(device, netns)]] if found.values.get("in") else []
        return [*within, *self._without(found.values, device, netns)]


def ifb_of(device: str) -> str:
    return f"chr{hashlib.sha256(device.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


def _helpers(links: t.Mapping[str, Link], asked: t.Collection[str]) -> tuple[dict[str, Link], list[Link]]:
    """The devices that packets wait in, by the device that these enter by; and those of which nobody knows that.

    One without its mark is from a run that was killed before it set that. Its name tells a device that is there, or is
    to be.
    """
    ours = [link for link in links.values() if link.kind == _IFB and (link.owner or link.group == m.GROUP)]
    unmarked = [link for link in ours if not link.owner]
    names = {ifb_of(name): name for name in (*links, *asked)} if unmarked else {}
    found = {label_of(link.alias): link for link in ours if link.owner and link.name == ifb_of(label_of(link.alias))}
    found.update((names[link.name], link) for link in unmarked if link.name in names)
    return found, [link for link in unmarked if link.name not in names]


def _disciplines(kernel: Kernel, netns: str | None) -> tuple[dict[int, Bucket | None], set[int]]:
    """By a device's index: our bucket at its root, None where there is none of ours; and who has an entrance."""
    buckets: dict[int, Bucket | None] = {}
    entrances: set[int] = set()
    rows: list[dict[str, t.Any]] = []
    with contextlib.suppress(WireError):  # a kernel without traffic control, which refuses it when it is asked for
        rows = kernel.dump(shaping.RTM_GETQDISC, {}, shaping.QDISC, netns)
    for row in rows:
        if row["parent"] == shaping.INGRESS:
            entrances.add(row["ifindex"])
        elif row["parent"] == shaping.ROOT:
            ours = row.get("TCA_KIND") == "tbf" and row["handle"] == shaping.HANDLE
            buckets[row["ifindex"]] = shaping.read_bucket(row.get("TCA_OPTIONS", b"")) if ours else None
    return buckets, entrances


def _redirected(kernel: Kernel, netns: str | None, index: int) -> int | None:
    header = {"ifindex": index, "parent": shaping.ENTERING}
    rows = kernel.dump(shaping.RTM_GETTFILTER, header, shaping.QDISC, netns)
    found = (shaping.read_redirection(row["TCA_OPTIONS"]) for row in rows if "TCA_OPTIONS" in row)
    return next((to for to in found if to is not None), None)


# -- words ---------------------------------------------------------------------------------------------------------


def rate_of(text: t.Any, what: str) -> int:
    """Bits per second, a multiple of 8, of a text as tc(8) has it: ``100mbit``, ``1.5gbit``, ``64kbit``."""
    found = re.fullmatch(r"([0-9]{1,12})(?:\.([0-9]{1,9}))?([kmg]?)bit", str(text).strip().lower())
    if not found:
        raise Problem(f"`{what}` is {text!r}, which is no rate: write a number with kbit, mbit or gbit, as in 100mbit")
    unit = _RATES[found[3]]
    part = int(found[2] or 0) * unit // 10 ** len(found[2] or "")
    bits = (int(found[1]) * unit + part) // 8 * 8
    if not _LEAST <= bits <= _MOST:
        raise Problem(f"`{what}` is {text}: a rate is from {rate_text(_LEAST)} to {rate_text(_MOST)}")
    return bits


def rate_text(bits: int) -> str:
    unit = next((unit for unit in "gmk" if bits % _RATES[unit] == 0), "")
    return f"{bits // _RATES[unit]}{unit}bit"


def burst_of(text: t.Any) -> int:
    """Bytes, of a text as tc(8) has it: ``64kb`` are 65,536."""
    found = re.fullmatch(r"([0-9]{1,12})([km]?)b", str(text).strip().lower())
    if not found:
        raise Problem(f"`burst` is {text!r}, which is no size: write a number with b, kb or mb, as in {DEFAULT_BURST}")
    size = int(found[1]) * _BURSTS[found[2]]
    if not _SMALLEST <= size <= _LARGEST:
        raise Problem(f"`burst` is {text}: it is from {burst_text(_SMALLEST)} to {burst_text(_LARGEST)}")
    return size


def burst_text(size: int) -> str:
    unit = next((unit for unit in "mk" if size and size % _BURSTS[unit] == 0), "")
    return f"{size // _BURSTS[unit]}{unit}b"
