# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connections a change of published ports has made stale. All of it is pure.

Connection tracking keeps to what was decided when a connection began. Of a port that leads elsewhere by now, or to some
only, entries have to go: then the next packet is decided anew.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.nft_frame import Elements

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.netlink.conntrack import Flow

# By set and key: where a published port led to before it was changed, and "" where nothing was published or translated.
Changed = t.Dict[str, t.Dict[str, str]]

_PUBLISHED = ("4", "6", "4_at", "6_at")


def changed_ports(before: Elements, after: Elements, touched: t.Iterable[tuple[str, str]]) -> Changed:
    """The ports that lead elsewhere, or whose limits are others, after a change of these elements (set and key)."""
    changed: Changed = {}
    for name, key in touched:
        port_set, limits = _PORT_OF.get(name, ("", False))
        old, new = before.get(name, {}).get(key), after.get(name, {}).get(key)
        if port_set and (old and (old[0],)) != (new and (new[0],)):
            port = key.split(" . ", 1)[1] if limits else key
            was = before.get(port_set, {}).get(port)
            changed.setdefault(port_set, {})[port] = str(was[0]) if was and was[0] else ""
    return changed


def ports_of(changed: Changed) -> set[tuple[str, int]]:
    """Protocols and ports that connections to changed ports began with."""
    ports = set()
    for name, keys in changed.items():
        for key in keys:
            words = key.split(" . ")
            ports.add((words[1 if name.startswith("open") else 0], int(words[-1])))
    return ports


# By set: that of the port which an element is of, and whether a source precedes the port in its key.
_PORT_OF: dict[str, tuple[str, bool]] = {
    **{f"publish{suffix}": (f"publish{suffix}", False) for suffix in _PUBLISHED},
    **{f"limited{suffix}": (f"publish{suffix}", False) for suffix in _PUBLISHED},
    **{f"admitted{suffix}": (f"publish{suffix}", True) for suffix in _PUBLISHED},
    **{f"open{family}": (f"open{family}", False) for family in ("4", "6")},
    **{f"permitted_open{family}": (f"open{family}", True) for family in ("4", "6")},
}


def is_stale(flow: Flow, changed: Changed, after: Elements, local: t.Collection[str]) -> bool:
    """``local``: the host's own addresses, other than 127.0.0.0/8."""
    family = "6" if ":" in flow.address else "4"
    place = f"{flow.address} . {flow.protocol} . {flow.port}"
    if place in changed.get(f"open{family}", ()):
        return not (place in after.get(f"open{family}", ()) or _is_in(after, f"permitted_open{family}", flow, place))
    for suffix, key in (
        (f"{family}_at", f"{flow.protocol} . {flow.address} . {flow.port}"),
        (family, f"{flow.protocol} . {flow.port}"),
    ):
        target = after.get(f"publish{suffix}", {}).get(key)
        was = changed.get(f"publish{suffix}", {}).get(key)
        if was is not None:
            return _is_led_astray(flow, was, target[0] if target else None, local) or (
                target is not None and flow.translated and not _is_admitted(flow, suffix, key, after, local)
            )
        if target is not None:
            return False  # the port of one address, which has not changed, goes before that of all
    return False


def _is_led_astray(flow: Flow, was: str, target: str | None, local: t.Collection[str]) -> bool:
    """It goes on to who was meant before, or to the host itself where the port is published by now.

    What TCP began with the host itself is left alone: it belongs to a program that was there before.
    """
    if flow.translated:
        answers = f"{flow.answers} . {flow.answers_port}"
        return answers == was != target
    here = flow.address in local or flow.address.startswith("127.")
    return target is not None and flow.protocol == "udp" and here


def _is_admitted(flow: Flow, suffix: str, key: str, after: Elements, local: t.Collection[str]) -> bool:
    if key not in after.get(f"limited{suffix}", ()):
        return True
    from_here = flow.source in local or flow.source.startswith("127.")
    return from_here or _is_in(after, f"admitted{suffix}", flow, key)


def _is_in(after: Elements, name: str, flow: Flow, key: str) -> bool:
    """Is the flow's source in one of the networks that this set has for the port?"""
    source = ipaddress.ip_address(flow.source)
    networks = (each.split(" . ", 1) for each in after.get(name, ()))
    return any(port == key and source in ipaddress.ip_network(network) for network, port in networks)
