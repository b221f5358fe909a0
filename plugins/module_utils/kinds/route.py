# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``route``: a route in a table of the host's (ip-route(8)). Ours carry protocol number 143."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases import once
from ansible_collections.containerhost.network.plugins.module_utils.bases.towards import device_towards
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import ANY_DEVICE, Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Problem,
    Values,
    Wanted,
    namespaces,
    place,
    realm,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import (
    owner_of_row,
    record,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Record
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.way_in import WayIn

_LARGEST = 0xFFFFFFFF  # RTA_PRIORITY and RTA_TABLE are of 32 bits
_METRIC_6 = 1024  # what an IPv6 route without a metric gets
_MADE_BY_THE_KERNEL = (2, 9)  # RTPROT_KERNEL (of an address), RTPROT_RA (of a router advertisement), linux/rtnetlink.h


class Route(Kind):
    name = "route"
    key = ("dst", "metric", "table")
    after = (ANY_DEVICE, "uplink", "neighbour")
    options = {
        "dst": {"type": "str", "required": True},
        "device": {"type": "str"},
        "via": {"type": "str"},
        "onlink": {"type": "bool", "default": False},
        "metric": {"type": "int"},
        "src": {"type": "str"},
        "table": {"type": "int", "default": m.RT_TABLE_MAIN},
    }

    def normalise(self, values: Values) -> Values:
        plain = {"onlink": False, "table": m.RT_TABLE_MAIN, **values}
        plain["dst"] = canonical.network_cidr(plain["dst"])
        six = ":" in plain["dst"]
        plain["metric"] = canonical.between(plain.get("metric") or (_METRIC_6 if six else 0), 0, _LARGEST, "metric")
        plain["table"] = canonical.between(plain["table"], 1, _LARGEST, "table")
        for option in ("via", "src"):
            if plain.get(option) is not None:
                plain[option] = canonical.address(plain[option], option)
                if plain[option] in ("0.0.0.0", "::"):
                    raise Problem(f"route {plain['dst']}: `{option}` {plain[option]} is nobody's: leave it out")
                if (":" in plain[option]) != six:
                    raise Problem(f"route {plain['dst']} and its `{option}` {plain[option]} are not of one family")
        if plain.get("device") is not None:
            plain["device"] = canonical.device_name(plain["device"], "device")
        elif plain.get("state") != "absent" and plain.get("via") is None:
            raise Problem(f"route {plain['dst']} needs a `device` to leave by, or a `via` that is on one's segment")
        return plain

    def label(self, values: Values) -> str:
        table = values.get("table", m.RT_TABLE_MAIN)
        return values["dst"] + (f" in table {table}" if table != m.RT_TABLE_MAIN else "")

    def summary(self, values: Values) -> list[str]:
        words = [values["type"]] if values.get("type") else []
        words.append(values["dst"])
        for option, word in (("via", "via"), ("device", "dev"), ("src", "src")):
            words += [word, values[option]] if values.get(option) else []
        words += ["onlink"] if values.get("onlink") else []
        words += ["metric", str(values["metric"])] if values.get("metric") else []
        words += ["with metrics of its own"] if values.get("metrics") else []
        return [" ".join(words)]

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield from super().stands_on(values)
        yield ("link", values.get("netns"), values.get("device"))

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """At which device a gateway is, where nobody says: documents tell all hosts of it in the same words."""
        if wanted.values.get("device") is not None or not wanted.present:
            return wanted
        device = device_towards(kernel, wanted.values["via"], wanted.netns)
        return wanted._replace(values={**wanted.values, "device": device})

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        device = wanted.values["device"]
        if device is not None and not kernel.has_link(device, wanted.netns):
            yield f"there is no device {device}; make it first, or name another"

    def limits(self, kernel: Kernel, wanted: Wanted, changed: t.Collection[str]) -> t.Iterator[str]:
        """One that goes by another way so far is refused for the same as one that is not there yet."""
        via = wanted.values.get("via")
        if wanted.values["device"] is None and not {"via", "device"}.isdisjoint(changed):
            yield f"no interface of this host is on a segment with {via}: look at its addresses, or name the `device`"

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        keys = {object_.key: object_ for object_ in wanted}
        for netns in namespaces(wanted):
            seen = set()
            for row in kernel.routes(netns):
                values = {name: value for name, value in row.items() if name != "protocol" and value is not None}
                place(values, netns)
                key = self.key_of(values, "")
                if key in seen and key in keys and ":" not in row["dst"]:
                    continue  # the kernel takes the first of those that are alike
                seen.add(key)
                if row["type"] is not None:  # a blackhole is not one of these objects, but it may be in the way
                    if key in keys:
                        yield Found(self.name, key, {**values, "protocol": row["protocol"]}, None)
                    continue
                of_its_own = key in keys or kernel.records.owner(self.name, key) is not None
                on_ours = kernel.is_ours(row["device"], netns)
                if not of_its_own and on_ours and kernel.carries_own_routes(row["device"], netns):
                    continue
                ours = row["protocol"] == m.PROTOCOL
                theirs = row["protocol"] in _MADE_BY_THE_KERNEL
                owner = owner_of_row(kernel, self.name, key, row["device"], netns, ours, key in keys and not theirs)
                if owner is not None or key in keys:
                    yield Found(self.name, key, {**values, "protocol": row["protocol"]}, owner)
            kernel.saw(self.name, netns, seen)

    def is_on_the_way(self, values: Values, way: WayIn) -> bool:
        return super().is_on_the_way(values, way) or (values.get("netns") is None and way.is_within([values["dst"]]))

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """Under another protocol number, it would not be seen as ours by a run that has no use for it."""
        differences = super().differences(wanted, found)
        if not differences and found.values["protocol"] != m.PROTOCOL:
            differences["protocol"] = (found.values["protocol"], m.PROTOCOL)
        # The plan is whole: an address to send from, or an MTU of its own, is none of it.
        for option in ("src", "metrics") if realm(wanted.owner) == "plan" else ():
            if found.values.get(option) is not None and wanted.values.get(option) is None:
                differences[option] = (found.values[option], None)
        return differences

    waits = ("switch", "remove")

    def displaces(self, kernel: Kernel, wanted: Wanted) -> bool:
        """A gateway's address may be this host's own for now, where members exchange slices: the kernel takes no route
        by that until it has gone."""
        via, netns = wanted.values.get("via"), wanted.netns
        return via is not None and via in once.noted(kernel, "own gateways", netns, lambda: _own(kernel, netns))

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        """Packets go by the device that they went by, as those who are to get them by another one may not have it."""
        if until == "remove" or found.owner != wanted.owner or found.values["device"] == wanted.values["device"]:
            return wanted
        way = {option: found.values.get(option) for option in ("device", "via", "onlink", "src")}
        return wanted._replace(values={**wanted.values, **way})

    def add(self, wanted: Wanted) -> Rounds:
        return [[*record(self.name, wanted), m.route(wanted.values, wanted.netns)]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        moves = "device" in differences and wanted.values["onlink"] and ":" in wanted.values["dst"]
        if moves and found.values["protocol"] == m.PROTOCOL:
            # The kernel looks for the gateway by the routes that there are, and finds it behind this very one, by the
            # other device (ip6_route_check_nh_onlink()).
            return [[*self.remove(found)[0], *self.add(wanted)[0]]]
        return [[*record(self.name, wanted), m.route(wanted.values, wanted.netns, replace=True)]]

    def remove(self, found: Found) -> Rounds:
        gone = m.route(found.values, found.netns, delete=True, protocol=found.values["protocol"])
        return [[gone], [Record(self.name, found.key, None)]]


def _own(kernel: Kernel, netns: str | None) -> set[str]:
    """The host's addresses, and those of all routers of its IPv6 subnets (RFC 4291, 2.6.1), which are its own too."""
    rows = kernel.address_rows(netns)
    subnets = (canonical.connected_network(cidr) for some in rows.lasting.values() for cidr in some if ":" in cidr)
    routers = (subnet.split("/")[0] for subnet in subnets if subnet)
    return set().union(*rows.given.values(), routers)
