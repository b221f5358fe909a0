# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connections a change of published ports has made stale. All of it is pure.

Connection tracking keeps to what was decided when a connection began. Of a port that leads elsewhere by now, or to some
only, entries have to go: then the next packet is decided again.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.netlink.conntrack import Flow

# By set and key: where a published port led to before it was changed, and "" where nothing was published or translated.
Changed = t.Dict[str, t.Dict[str, str]]

# Sets of published ports in the order in which a packet meets them, each with its limits' sets.
_PORTS = {
    family: (
        (f"publish{family}_at", f"limited{family}_at", f"admitted{family}_at"),
        (f"ranges{family}_at", f"limited_ranges{family}_at", f"admitted{family}_at"),
        (f"publish{family}_by", f"limited{family}_by", f"admitted{family}_by"),
        (f"publish{family}", f"limited{family}", f"admitted{family}"),
        (f"ranges{family}", f"limited_ranges{family}", f"admitted{family}"),
    )
    for family in ("4", "6")
}


def changed_ports(before: Elements, after: Elements, touched: t.Iterable[tuple[str, str]]) -> Changed:
    """The ports that lead elsewhere, or whose limits are others, after a change of these elements (set and key)."""
    changed: Changed = {}
    for name, key in touched:
        old, new = before.get(name, {}).get(key), after.get(name, {}).get(key)
        if (old and (old[0],)) == (new and (new[0],)):
            continue
        for port_set, port in _ports_of(name, key, before, after):
            was = before.get(port_set, {}).get(port)
            changed.setdefault(port_set, {})[port] = str(was[0]) if was and was[0] else ""
    return changed


def _ports_of(name: str, key: str, before: Elements, after: Elements) -> t.Iterator[tuple[str, str]]:
    """The published ports that an element is of, by set and key. A source is not part of a port's key."""
    family = "6" if "6" in name else "4"
    if name.startswith(("open", "permitted_open")):
        yield f"open{family}", key if name.startswith("open") else key.split(" . ", 1)[1]
    for port_set, limited, admitted in _PORTS[family]:
        if name in (port_set, limited):
            yield port_set, key
        elif name == admitted:
            words = key.split(" . ")
            port = " . ".join([words[0], *words[2:]] if name.endswith("_by") else words[1:])
            if port in before.get(port_set, ()) or port in after.get(port_set, ()):
                yield port_set, port


def ports_of(changed: Changed) -> set[tuple[str, int]]:
    """Protocols and ports that connections to changed ports began with."""
    ports: set[tuple[str, int]] = set()
    for name, keys in changed.items():
        place = 1 if name.startswith("open") or name.endswith("_by") else 0
        for key in keys:
            words = key.split(" . ")
            if words[-1].isdecimal():
                ports.add((words[place], int(words[-1])))
                continue
            first, _dash, last = words[-1].partition("-")
            ports.update((words[place], number) for number in range(int(first), int(last) + 1))
    return ports


def is_stale(flow: Flow, changed: Changed, after: Elements, local: t.Collection[str]) -> bool:
    """``local``: the host's own addresses, other than 127.0.0.0/8."""
    family = "6" if ":" in flow.address else "4"
    place = f"{flow.address} . {flow.protocol} . {flow.port}"
    if place in changed.get(f"open{family}", ()):
        return not (place in after.get(f"open{family}", ()) or _is_in(after, f"permitted_open{family}", flow, place))
    were = [changed[name][key] for name, key in _matching(flow, family, changed)]
    if not were:
        return False
    found = next(_matching(flow, family, after), None)
    were = [_whole(was, flow) for was in were]
    if found is None:
        return _is_led_astray(flow, were, None, local)
    target = _whole(str(after[found[0]][found[1]][0]), flow)
    return _is_led_astray(flow, were, target, local) or (
        flow.translated and not _is_admitted(flow, *found, after, local)
    )


def _matching(flow: Flow, family: str, sets: t.Mapping[str, t.Collection[str]]) -> t.Iterator[tuple[str, str]]:
    """Sets and keys of published ports that the flow began at, in the order of precedence."""
    for name, _limited, _admitted in _PORTS[family]:
        there = sets.get(name, ())
        at = f"{flow.protocol} . {flow.address} . " if name.endswith("_at") else f"{flow.protocol} . "
        if name.startswith("publish") and not name.endswith("_by"):
            if f"{at}{flow.port}" in there:
                yield name, f"{at}{flow.port}"
            continue
        for key in there:
            rest = key.split(" . ", 1)[1] if name.endswith("_by") else key
            if rest.startswith(at) and _holds(rest.rpartition(" . ")[2], flow.port):
                yield name, key


def _holds(ports: str, port: int) -> bool:
    first, _dash, last = ports.partition("-")
    return int(first) <= port <= int(last or first)


def _whole(target: str, flow: Flow) -> str:
    """Address and port: those of a range lead to the same one."""
    return f"{target} . {flow.port}" if target and " . " not in target else target


def _is_led_astray(flow: Flow, were: t.Sequence[str], target: str | None, local: t.Collection[str]) -> bool:
    """It goes on to who was meant before, or to the host itself where the port is published by now.

    What TCP began with the host itself is left alone: it belongs to a program that was there before.
    """
    if flow.translated:
        answers = f"{flow.answers} . {flow.answers_port}"
        return answers in were and answers != target
    here = flow.address in local or flow.address.startswith("127.")
    return target is not None and flow.protocol == "udp" and here


def _is_admitted(flow: Flow, name: str, key: str, after: Elements, local: t.Collection[str]) -> bool:
    family = "6" if ":" in flow.address else "4"
    limited, admitted = next(each[1:] for each in _PORTS[family] if each[0] == name)
    if key not in after.get(limited, ()):
        return True
    from_here = flow.source in local or flow.source.startswith("127.")
    return from_here or _is_in(after, admitted, flow, key)


def _is_in(after: Elements, name: str, flow: Flow, key: str) -> bool:
    """Is the flow's source in one of the networks that this set has for the port?"""
    source = ipaddress.ip_address(flow.source)
    for each in after.get(name, ()):
        words = each.split(" . ")
        network = words.pop(1 if name.endswith("_by") else 0)
        if " . ".join(words) == key and source in ipaddress.ip_network(network):
            return True
    return False
