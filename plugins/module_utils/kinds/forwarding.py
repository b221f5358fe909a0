# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``forwarding``: packets that come in by an interface may be routed on (ip-sysctl, ``forwarding``).

IPv4 has one switch per interface. IPv6 has one since Linux 6.17 (``force_forwarding``); before that only the global
one does it, which also ends the acceptance of router advertisements unless ``accept_ra`` is 2. Switched on an
interface that is not ours, forwarding is guarded: what was not routed before is not routed now, unless one end is
ours (see ``nftables.FRAME``).
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.bases import once
from ansible_collections.containerhost.network.plugins.module_utils.bases.answers import is_by_source
from ansible_collections.containerhost.network.plugins.module_utils.bases.device import by_real_names
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import ANY_DEVICE, Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.ownership import is_foreign
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Borrow, GiveBack, NftElement
from ansible_collections.containerhost.network.plugins.module_utils.kinds.isolation import DIRECT_BY
from ansible_collections.containerhost.network.plugins.module_utils.kinds.uplink import LEAVING_LANS
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import uplink_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import can_name

AUTO = "auto"
_RTPROT_RA = 9  # a route that a router advertised


class Setting(t.NamedTuple):
    """One file below /proc/sys that forwarding needs, and what guards it.

    ``others`` are interfaces that somebody else lets packets be routed from, or ``all``. ``lifted``: they have begun to
    since we switched it on, and would have it on now without us. ``stale``: a guard that stands from when the device
    was a way out; by it, nothing would leave the device's own network.
    """

    key: str
    value: str
    guard: t.Optional[t.Tuple[str, str]] = None
    others: t.Tuple[str, ...] = ()
    lifted: bool = False
    stale: t.Optional[t.Tuple[str, str]] = None


class Forwarding(Kind):
    name = "forwarding"
    key = ("device", "uplink", "family")
    # Nothing is routed before all else stands.
    after = ("docker_network", "cni_network", ANY_DEVICE, "uplink", "isolation", "sysctl")
    shared = True
    options = {
        "device": {"type": "str"},
        "uplink": {"type": "str"},
        "family": {"type": "str", "choices": ["ipv4", "ipv6"], "default": "ipv4"},
    }

    def normalise(self, values: Values) -> Values:
        if (values.get("device") is None) == (values.get("uplink") is None):
            raise Problem("forwarding takes either `device`, one of ours, or `uplink`, the way out")
        plain = {"family": "ipv4", **values}
        for option in ("device", "uplink"):
            if plain.get(option) is not None:
                plain[option] = canonical.device_name(plain[option], option)
        return plain

    def label(self, values: Values) -> str:
        return f"{values['family']} on {values.get('device') or 'uplink ' + str(values.get('uplink'))}"

    def summary(self, values: Values) -> list[str]:
        return [f"on: {name}" for name in values.get("on") or ()]

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        """Nothing is forwarded to a device whose isolation could not be set up."""
        yield from super().stands_on(values)
        for place in ("link", "isolation"):
            yield (place, values.get("netns"), values.get("device"))

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        device, uplink, netns = wanted.values.get("device"), wanted.values.get("uplink"), wanted.netns
        name = device or uplink
        if uplink != AUTO and not kernel.has_link(str(name), netns):
            yield f"there is no device {name}; make it first, or name another"
        elif device and is_foreign(kernel, device, netns):
            yield f"{device} is not ours; name it as `uplink`, so that it routes for our devices only"
        elif uplink != AUTO and uplink and kernel.is_ours(uplink, netns):
            yield f"{uplink} is ours; name it as `device`"

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """Which settings it stands for on this host, and which of them are left to others who route by now."""
        wanted = by_real_names(kernel, wanted, ("uplink",))
        settings = [_lifted(kernel, wanted.netns, each) for each in self._settings(kernel, wanted.values)]
        settings = [each for each in settings if not _is_leaving(kernel, wanted, each)]
        if wanted.present and wanted.values.get("device"):
            settings = [_with_stale(kernel, wanted.netns, each) for each in settings]
        on = sorted(setting.key for setting in settings)
        left = sorted(setting.key for setting in settings if setting.lifted)
        if not wanted.present:
            settings += self._former(kernel, wanted, on)
        values = {**wanted.values, "settings": settings, "on": on, "left_to_others": left}
        return wanted._replace(values=values)

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        known: set[tuple[str | None, str, str]] = set()
        # A bridge may become the way out, or cease to be it, in the same run.
        guards: dict[tuple[str | None, str], t.Any] = {}
        for object_ in wanted:
            settings, is_there = object_.values["settings"], _is_on if object_.present else _is_held
            lack = kernel.table(object_.netns).lack if any(setting.guard for setting in settings) else None
            if lack is not None and object_.present:
                raise lack
            known.update((object_.netns, setting.key, object_.owner) for setting in settings)
            guards.update(((object_.netns, s.key), s.guard) for s in settings if object_.present)
            on = sorted(s.key for s in settings if is_there(kernel, object_.netns, s, object_.owner))
            if on or (object_.present and not settings):
                values = {**object_.values, "on": on, "left_to_others": []}
                yield Found(self.name, object_.key, values, object_.owner)
        for (netns, key), loan in kernel.records.borrowed().items():
            if loan["kind"] != self.name:
                continue
            for owner in loan["owners"]:
                if (netns, key, owner) not in known:
                    is_strange = bool(guards.get((netns, key), loan["guard"]))
                    yield self._left(kernel, netns, key, owner, loan, is_strange)

    def _former(self, kernel: Kernel, wanted: Wanted, now: t.Collection[str]) -> t.Iterator[Setting]:
        """``auto`` stood for these interfaces as well, when they still had an address."""
        if wanted.values.get("uplink") != AUTO:
            return
        for (netns, key), loan in kernel.records.borrowed().items():
            ours = loan["kind"] == self.name and wanted.owner in loan["owners"] and loan["guard"]
            if ours and netns == wanted.netns and key.startswith(f"net/{wanted.values['family']}/") and key not in now:
                yield _lifted(kernel, netns, Setting(key, loan["value"], tuple(loan["guard"])))

    def _left(
        self, kernel: Kernel, netns: str | None, key: str, owner: str, loan: t.Mapping[str, t.Any], is_strange: bool
    ) -> Found:
        _net, ip, _conf, device, _name = key.split("/")
        guard = tuple(loan["guard"]) if loan["guard"] else None
        setting = _lifted(kernel, netns, Setting(key, loan["value"], guard))
        values: Values = {"family": ip, "on": [key], "settings": [setting], "netns": netns}
        values["uplink" if is_strange else "device"] = device
        return Found(self.name, (netns, device, key, owner), values, owner)

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        pairs = {name: (found.values[name], wanted.values[name]) for name in ("on", "left_to_others")}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def add(self, wanted: Wanted) -> Rounds:
        return [self._borrowed(wanted, setting) for setting in wanted.values["settings"]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        missing = set(wanted.values["on"]) - set(found.values["on"])
        settings = wanted.values["settings"]
        borrowed = [self._borrowed(wanted, setting) for setting in settings if setting.key in missing]
        return [*borrowed, [GiveBack(wanted.netns, s.key, wanted.owner, keep=True) for s in settings if s.lifted]]

    def remove(self, found: Found) -> Rounds:
        settings = reversed(found.values["settings"])
        return [[GiveBack(found.netns, s.key, found.owner or "", keep=s.lifted) for s in settings]]

    def _borrowed(self, wanted: Wanted, setting: Setting) -> list[t.Any]:
        gone = [NftElement(wanted.netns, *setting.stale, None, "", True)] if setting.stale else []
        return [*gone, self._borrow(wanted, setting)]

    def _borrow(self, wanted: Wanted, setting: Setting) -> Borrow:
        return Borrow(
            wanted.netns,
            setting.key,
            setting.value,
            wanted.owner,
            self.name,
            setting.guard,
            others=setting.others,
            optional=wanted.values.get("uplink") == AUTO,
        )

    # -- which settings ----------------------------------------------------------------------------------------

    def _settings(self, kernel: Kernel, values: Values) -> list[Setting]:
        netns, family = values.get("netns"), values["family"]
        if values.get("device"):
            devices, strange = [values["device"]], False
        elif values["uplink"] == AUTO:
            devices, strange = _with_ports(kernel, _uplinks(kernel, netns, family), netns), True
        else:
            devices, strange = _with_bridge(kernel, values["uplink"], netns), True
        if family == "ipv4":
            strict = [each for each in devices if strange and _is_strict_by_mark(kernel, each, netns)]
            return [
                *(Setting(f"net/ipv4/conf/{device}/src_valid_mark", "1") for device in strict),
                *(
                    Setting(f"net/ipv4/conf/{device}/forwarding", "1", ("borrowed4", device) if strange else None)
                    for device in devices
                ),
            ]
        everywhere = Setting("net/ipv6/conf/all/forwarding", "1", ("borrowed_families", "10"))
        if _is_on(kernel, netns, everywhere, "") and not _is_lent(kernel, netns, everywhere):
            return []  # it is a router already: there is nothing to switch on, and nothing to guard
        if kernel.sysctl("net/ipv6/conf/lo/force_forwarding", netns) is not None:
            return [
                Setting(f"net/ipv6/conf/{device}/force_forwarding", "1", ("borrowed6", device) if strange else None)
                for device in devices
            ]
        advertised = {row["device"] for row in kernel.routes(netns) if row["protocol"] == _RTPROT_RA}
        keep = [Setting(f"net/ipv6/conf/{d}/accept_ra", "2", None) for d in sorted(advertised)]
        return [*keep, everywhere]


def _uplinks(kernel: Kernel, netns: str | None, family: str) -> list[str]:
    """Interfaces that are not ours and have an address of the family: replies come in by any of them."""
    links = kernel.links(netns)
    return sorted(
        name
        for name, some in kernel.given_addresses(netns).items()
        if any((":" in each) == (family == "ipv6") for each in some)
        if name in links and name != "lo" and _is_theirs(links[name])
        if can_name(name)  # or no guard could, and it would route for strangers
    )


def _is_strict_by_mark(kernel: Kernel, device: str, netns: str | None) -> bool:
    """Is the way back looked for strictly where only a packet's mark says which way that is? Where it depends on the
    source, which is one of a container's by then (state/source_routing.py), and where packets come from containers of
    other hosts, as without a mark their network leads nowhere (state/nftables/fence.py)."""
    numbers = [kernel.sysctl(f"net/ipv4/conf/{each}/rp_filter", netns) for each in ("all", device)]
    is_strict = max(int(each or 0) for each in numbers) == 1
    return is_strict and (_is_direct(kernel, device, netns) or is_by_source(kernel, device, netns))


def _is_direct(kernel: Kernel, device: str, netns: str | None) -> bool:
    """Do packets of a network of ours come by it, or will they?"""
    there = kernel.table(netns).elements.get("direct4", {})
    return (netns, device) in kernel.notes(DIRECT_BY) or any(key.startswith(f"{device} . ") for key in there)


def _is_theirs(link: Link) -> bool:
    """Is the host itself on it, be it by a bridge of ours?"""
    return link.leads_out or (link.owner is None and link.group != m.GROUP)


# What comes in by a port of such a bridge comes in by the bridge. The port keeps the setting, for when it gets back
# what the bridge has: that is when other hosts have been told already, and is no time to begin anything.


def _is_leaving(kernel: Kernel, wanted: Wanted, setting: Setting) -> bool:
    """Is it of a bridge that will lead to no LAN soon, and has nobody begun to leave by it?"""
    device = setting.key.split("/")[3]
    link = kernel.link(device, wanted.netns)
    leaves = link is not None and link.leads_out and (wanted.netns, device) in kernel.notes(LEAVING_LANS)
    return leaves and not _is_held(kernel, wanted.netns, setting, wanted.owner)


def _with_bridge(kernel: Kernel, device: str, netns: str | None) -> list[str]:
    port = kernel.link(device, netns)
    bridge = kernel.link(port.master, netns) if port else None
    return [bridge.name, device] if bridge is not None and bridge.leads_out else [device]


def _with_ports(kernel: Kernel, devices: t.Sequence[str], netns: str | None) -> list[str]:
    uplinks = [uplink_of(link.alias) for link in map(kernel.links(netns).get, devices) if link is not None]
    ports = [kernel.vlan(*each, netns) for each in uplinks if each]
    return [*devices, *sorted(port.name for port in ports if port is not None and port.name not in devices)]


def _lifted(kernel: Kernel, netns: str | None, setting: Setting) -> Setting:
    """The guard of a setting is for what was not routed before us: it is lifted where others begin to route."""
    _net, family, _conf, device, _name = setting.key.split("/")
    if setting.guard is None or device == "all":
        return setting
    others = _others(kernel, netns, family)
    loan = kernel.records.loan(netns, setting.key)
    begun = loan is not None and not {*others} <= {*loan.get("others", ())}
    if begun and kernel.sysctl(setting.key, netns) == setting.value:
        return setting._replace(guard=None, lifted=True)
    return setting._replace(others=others)


def _with_stale(kernel: Kernel, netns: str | None, setting: Setting) -> Setting:
    _net, family, _conf, device, name = setting.key.split("/")
    place = (f"borrowed{family[-1]}", device)
    if kernel.records.loan(netns, setting.key) is None or name not in ("forwarding", "force_forwarding"):
        return setting
    return setting._replace(stale=place) if device in kernel.table(netns).elements.get(place[0], {}) else setting


def _others(kernel: Kernel, netns: str | None, family: str) -> tuple[str, ...]:
    """The interfaces, none of ours and not switched on by us, that packets are routed from; and ``all``."""
    return once.noted(kernel, "forwarding", (netns, family), lambda: _others_now(kernel, netns, family))


def _others_now(kernel: Kernel, netns: str | None, family: str) -> tuple[str, ...]:
    name = "forwarding" if family == "ipv4" else "force_forwarding"
    devices = [
        link.name
        for link in kernel.links(netns).values()
        if link.name != "lo" and _is_theirs(link) and link.master is None
    ]
    return tuple(
        device
        for device in [*(["all"] if family == "ipv4" else []), *sorted(devices)]
        if kernel.records.loan(netns, f"net/{family}/conf/{device}/{name}") is None
        and kernel.sysctl(f"net/{family}/conf/{device}/{name}", netns) == "1"
    )


def _is_lent(kernel: Kernel, netns: str | None, setting: Setting) -> bool:
    return kernel.records.loan(netns, setting.key) is not None


def _is_held(kernel: Kernel, netns: str | None, setting: Setting, owner: str) -> bool:
    loan = kernel.records.loan(netns, setting.key)
    return loan is not None and owner in loan["owners"]


def _is_on(kernel: Kernel, netns: str | None, setting: Setting, owner: str) -> bool:
    """Is it so, and if it was we who made it so: does this owner hold it, and does the guard stand?"""
    if kernel.sysctl(setting.key, netns) != setting.value:
        return False
    if setting.lifted or setting.stale:
        return setting.lifted
    loan = kernel.records.loan(netns, setting.key)
    table = kernel.table(netns)
    guard = setting.guard if loan is None else loan["guard"]
    guarded = guard is not None and guard[1] in table.elements.get(guard[0], {})
    if loan is None:
        return not guarded  # a guard that nobody remembers: it was we, and the records are lost
    return owner in loan["owners"] and (guard is None or (table.intact and guarded))
