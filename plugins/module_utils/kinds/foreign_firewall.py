# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``foreign_firewall``: another firewall of the host lets a network pass, where its owner has a place for that.

The places are Docker's chain for users, a policy of firewalld, and ufw's rules that go before those of its command
line (``firewalls/``). An object is whatever those of them need that filter now. Where one does not filter, what it has
of ours stays as it is.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind, Place, Rounds
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Problem,
    Values,
    Wanted,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import AdaptFirewall
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.openings import (
    is_of_tunnel,
    is_plain,
    values_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.place import NOT_LOADED, Line
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.places import (
    PLACES,
    picture_of,
    uplinks,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.engine.way_in import WayIn

_PORT = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?/(tcp|udp|sctp)\Z")
_NETWORKS = ("subnets", "outward", "peers")
_TUNNELS = ("tunnel", "carried")  # the second one is inside the first
_VXLAN = 4789


class ForeignFirewall(Kind):
    name = "foreign_firewall"
    key = ("device",)
    after = ("bridge", "isolation", "vxlan", "wireguard", "docker_network")
    marked = True
    options = {
        "device": {"type": "str", "required": True},
        "subnets": {"type": "list", "elements": "str"},
        "outward": {"type": "list", "elements": "str"},
        "peers": {"type": "list", "elements": "str"},
        "host_access": {"type": "list", "elements": "str"},
        "tunnel_address": {"type": "str"},
        "tunnel_port": {"type": "int"},
        "carried_address": {"type": "str"},
        "carried_port": {"type": "int"},
    }

    def normalise(self, values: Values) -> Values:
        plain = {**dict.fromkeys(f"{end}_{part}" for end in _TUNNELS for part in ("address", "port")), **values}
        plain["device"] = canonical.device_name(plain["device"], "device")
        if not is_plain(plain["device"]):
            raise Problem(f"device {plain['device']!r} is no name for other firewalls: take letters, digits, . _ -")
        if plain.get("netns") is not None:
            raise Problem(f"foreign_firewall {plain['device']}: other firewalls are the host's; leave `netns` out")
        for name in _NETWORKS:
            given = plain.get(name) or []
            plain[name] = sorted({canonical.network_cidr(each, name) for each in given})
        plain["host_access"] = sorted(map(_port, plain.get("host_access") or []))
        for end in _TUNNELS:
            if plain[f"{end}_address"] is not None:
                plain[f"{end}_address"] = canonical.address(plain[f"{end}_address"], f"{end}_address")
                plain[f"{end}_port"] = _number(plain[f"{end}_port"] or _VXLAN)
        return plain

    def export(self, values: Values) -> Values:
        return super().export({name: value for name, value in values.items() if name in self.options})

    def summary(self, values: Values) -> list[str]:
        return [line.text for lines in values["lines"].values() for line in lines]

    def is_on_the_way(self, values: Values, way: WayIn) -> bool:
        """What decides about logins as well is told something, and reads all that it has again."""
        return True

    def stands_on(self, values: Values) -> t.Iterable[Place]:
        yield ("link", None, values["device"])

    def resolve(self, kernel: Kernel, wanted: Wanted) -> Wanted:
        """What the firewalls need that filter on this host, by their names."""
        if not wanted.present:
            return wanted
        host, leading = picture_of(kernel), uplinks(kernel)
        lines = {
            name: place.wanted(host, wanted.values, leading) for name, place in PLACES.items() if place.is_there(host)
        }
        return wanted._replace(values={**wanted.values, "lines": lines})

    def read(self, kernel: Kernel, wanted: t.Sequence[Wanted]) -> t.Iterator[Found]:
        host = picture_of(kernel)
        owners: dict[str, str] = {}
        lines: dict[str, dict[str, list[Line]]] = {}
        for name, place in PLACES.items():
            for part in place.found(host):
                owners.setdefault(part.device, part.owner)
                lines.setdefault(part.device, {}).setdefault(name, []).extend(part.lines)
        for each in wanted:
            device = each.values["device"]
            if each.present and device not in lines and not any(each.values["lines"].values()):
                owners[device], lines[device] = each.owner, {}  # nobody filters, so there is nothing to be done
        for device, some in lines.items():
            told = values_of(line.opening for rows in some.values() for line in rows if line.opening is not None)
            values = {"device": device, **told, "lines": some}
            yield Found(self.name, self.key_of(values, ""), values, owners[device])

    def differences(self, wanted: Wanted, found: Found) -> dict[str, tuple[t.Any, t.Any]]:
        """What a firewall has that does not filter now is as it should be."""
        before, after = found.values["lines"], wanted.values["lines"]
        differing = [name for name in after if _texts(before.get(name)) != _texts(after[name])]
        if not differing:
            return {}
        old, new = ([text for name in differing for text in _texts(each.get(name))] for each in (before, after))
        return {"lines": (old, new)}

    waits = ("remove",)

    def meanwhile(self, wanted: Wanted, found: Found, until: str) -> Wanted:
        """A tunnel is heard while other members may still send by it."""
        lines = {name: list(some) for name, some in wanted.values["lines"].items()}
        for name, some in found.values["lines"].items():
            there = _texts(lines.get(name))
            for each in some:
                plain = each._replace(text=each.text.removesuffix(NOT_LOADED))
                if each.opening and is_of_tunnel(each.opening) and name in lines and plain.text not in there:
                    lines[name].append(plain)
        return wanted if lines == wanted.values["lines"] else wanted._replace(values={**wanted.values, "lines": lines})

    def add(self, wanted: Wanted) -> Rounds:
        return [[*_steps(wanted, wanted.values["lines"])]]

    def change(self, wanted: Wanted, found: Found, differences: t.Mapping[str, t.Any]) -> Rounds:
        """Whoever does not filter now gets a new owner's mark as well."""
        before, after = found.values["lines"], wanted.values["lines"]
        return [[*_steps(wanted, {**({} if found.owner == wanted.owner else before), **after})]]

    def remove(self, found: Found) -> Rounds:
        device, owner = found.values["device"], found.owner or ""
        return [[AdaptFirewall(name, device, owner, None) for name in found.values["lines"]]]


def _steps(wanted: Wanted, lines: t.Mapping[str, t.Sequence[Line]]) -> t.Iterator[AdaptFirewall]:
    for name, some in lines.items():
        yield AdaptFirewall(name, wanted.values["device"], wanted.owner, tuple(some))


def _texts(lines: t.Sequence[Line] | None) -> list[str]:
    return sorted({line.text for line in lines or ()})


def _port(text: str) -> str:
    told = _PORT.match(str(text))
    if told is None or _number(told[1]) > _number(told[2] or told[1]):
        raise Problem(f"host_access {text!r} is no port: write it as in 53/udp or 1000-2000/tcp")
    return str(text)


def _number(value: t.Any) -> int:
    if not 1 <= int(value) <= 65535:
        raise Problem(f"{value} is no port: ports are 1 to 65535")
    return int(value)
