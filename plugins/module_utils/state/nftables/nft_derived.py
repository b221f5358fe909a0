# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of our nftables table that follow from others, and belong to no object."""

from __future__ import annotations

import bisect
import collections
import functools
import ipaddress
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.marks import owner_of
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import Elements

# The first and the last of one port each, or of several, by what they are ports of.
Spans = t.Mapping[str, t.Sequence[t.Tuple[int, int]]]

_DERIVED = "containerhost:derived"
# By what port a connection leaves. They let nobody in: with an element too many, which an element that somebody has
# deleted leaves behind, all rules hold. It goes with the next change.
_SPARING = frozenset(["taken", "owned4", "owned6"])
_LAST = 65535  # port


def derived(elements: Elements) -> Elements:
    """The sets that follow from others, so that no object has to share an element with another one."""
    devices = {name for set_ in ("ours", "borrowed4", "borrowed6") for name in elements.get(set_, ())}
    ports = {vni.split(" . ")[0] for vni in elements.get("filtered_vnis", ())}
    (taken4, owned4), (taken6, owned6) = (_published(elements, n) for n in "46")
    tunnels = _tunnels(elements, ports)
    return {
        "same": {f"{name} . {name}": (None, _DERIVED) for name in sorted(devices)},
        **{f"at{n}": dict.fromkeys(elements.get(f"publish{n}_at", ()), (None, _DERIVED)) for n in "46"},
        **{f"at_ranges{n}": dict.fromkeys(elements.get(f"ranges{n}_at", ()), (None, _DERIVED)) for n in "46"},
        **{f"inside{n}": dict.fromkeys(_joined(elements.get(f"sources{n}", ())), (None, _DERIVED)) for n in "46"},
        **{f"secret{n}": dict.fromkeys(_joined(_secret(elements, n)), (None, _DERIVED)) for n in "46"},
        **{f"beyond{n}": dict.fromkeys(_beyond(elements, n), (None, _DERIVED)) for n in "46"},
        "filtered_ports": dict.fromkeys(sorted(ports), (None, _DERIVED)),
        "taken": dict.fromkeys(_listed(taken4, taken6, tunnels), (None, _DERIVED)),
        "owned4": dict.fromkeys(_listed(owned4), (None, _DERIVED)),
        "owned6": dict.fromkeys(_listed(owned6), (None, _DERIVED)),
        **_at_home(elements),
        "ports": {key.rsplit(" . ", 1)[0]: (None, _DERIVED) for key in elements.get("macs", ())},
    }


def _at_home(elements: Elements) -> Elements:
    """Who of a tunnel's network is behind ports here: another network may have the same MAC, and link-local address."""
    tunnels: dict[str, list[str]] = {}
    for port, (_value, comment) in elements.get("tunnels", {}).items():
        tunnels.setdefault(_network(comment), []).append(port)
    return {f"home{n}": dict.fromkeys(_senders(elements, n, tunnels), (None, _DERIVED)) for n in "46"}


def _senders(elements: Elements, family: str, tunnels: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    found = set()
    for key, (_value, comment) in elements.get(f"senders{family}", {}).items() if tunnels else ():
        address = key.split(" . ", 2)[2]  # behind a port and a MAC
        found.update(f"{port} . {address}" for port in tunnels.get(_network(comment), ()))
    return sorted(found)


@functools.lru_cache(maxsize=16)  # thousands of elements in a row have one
def _network(comment: str) -> str:
    """Whose an element is: of what an engine has attached (``podman:web``), the network's as well."""
    return re.split("[/:]", owner_of(comment) or "", maxsplit=1)[-1]


def is_enough(name: str, there: t.AbstractSet[str], needed: t.AbstractSet[str]) -> bool:
    """Is there in a derived set what follows from the others?"""
    if name not in _SPARING:
        return there == needed
    missing = needed - there
    return not missing or _are_within(missing, there)


def _are_within(missing: t.Iterable[str], there: t.Iterable[str]) -> bool:
    """Is each port, or several, among those of another element? No two of these overlap."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for element in there:
        place, _dot, ports = element.rpartition(" . ")
        spans.setdefault(place, []).append(_ends(ports))
    for some in spans.values():
        some.sort()
    for element in missing:
        place, _dot, ports = element.rpartition(" . ")
        (first, last), some = _ends(ports), spans.get(place, [])
        before = bisect.bisect_right(some, (first, _LAST)) - 1
        if before < 0 or last > some[before][1]:
            return False
    return True


def _ends(ports: str) -> tuple[int, int]:
    """The first and the last of a port, or of several."""
    first, dash, last = ports.partition("-")
    number = int(first)
    return number, int(last) if dash else number


def _published(elements: Elements, family: str) -> tuple[Spans, Spans]:
    """By protocol, the ports of the host that are published: what containers begin leaves by none of them, or whatever
    comes there would be the answer.

    And by a container's address with the protocol, those that are published as the same ones, and nobody else's are: it
    may begin something there. Several ports that are published at once always are the same ones there.
    """
    leads = {key: target for key, (target, _comment) in elements.get(f"publish{family}", {}).items()}
    for name, place in (("_at", 0), ("_by", 1)):
        for key, (target, _comment) in elements.get(f"publish{family}{name}", {}).items():
            words = key.split(" . ")
            port = f"{words[place]} . {words[-1]}"
            leads[port] = target if leads.setdefault(port, target) == target else None  # to more than one
    taken: t.DefaultDict[str, list[tuple[int, int]]] = collections.defaultdict(list)
    owned: t.DefaultDict[str, list[tuple[int, int]]] = collections.defaultdict(list)
    for key, target in leads.items():
        protocol, _dot, port = key.partition(" . ")
        number = int(port)
        span = (number, number)
        taken[protocol].append(span)
        address, _dot, inside = target.partition(" . ") if target else ("", "", "")
        if inside == port:
            owned[f"{address} . {protocol}"].append(span)
    for name, place in (("", 0), ("_at", 0), ("_by", 1)):
        for key, (target, _comment) in elements.get(f"ranges{family}{name}", {}).items():
            words = key.split(" . ")
            taken[words[place]].append(_ends(words[-1]))
            owned[f"{target} . {words[place]}"].append(_ends(words[-1]))
    return taken, owned


def _tunnels(elements: Elements, filtered: t.Iterable[str]) -> Spans:
    """By protocol, the ports of the host's own tunnels."""
    found = {"udp": [*map(_ends, filtered)]}
    for key in elements.get("own_ports", ()):
        _device, protocol, port = key.split(" . ")
        found.setdefault(protocol, []).append(_ends(port))
    return found


def _listed(*some: Spans) -> list[str]:
    """Ports of each place as an interval set takes them: none overlaps or touches another."""
    places = sorted({place for spans in some for place in spans})
    together = ([each for spans in some for each in spans.get(place, ())] for place in places)
    return [f"{place} . {ports}" for place, spans in zip(places, together) for ports in _merged(spans)]


def _merged(spans: t.Iterable[tuple[int, int]]) -> t.Iterator[str]:
    begin, end = 0, -2  # touches none
    for first, last in [*sorted(spans), (_LAST + 2, _LAST + 2)]:
        if first > end + 1:
            if end >= 0:
                yield str(begin) if begin == end else f"{begin}-{end}"
            begin, end = first, last
        elif last > end:
            end = last


def _beyond(elements: Elements, family: str) -> list[str]:
    """Interfaces with the networks that come by them, whichever device of ours those are for.

    What is this host's own of such a network is on that device, and comes from nowhere else.
    """
    own: dict[str, list[str]] = {}
    for key in elements.get(f"sources{family}", ()):
        device, source = key.split(" . ")
        own.setdefault(device, []).append(source)
    by_interface: dict[str, list[str]] = {}
    for key in elements.get(f"direct{family}", ()):
        interface, device, network = key.split(" . ")
        by_interface.setdefault(interface, []).extend(f" . {each}" for each in _less(network, own.get(device, ())))
    return [f"{interface} . {each}" for interface, some in by_interface.items() for each in _joined(some)]


def _less(network: str, parts: t.Iterable[str]) -> list[str]:
    """A network without some parts of it, as networks."""
    rest = [ipaddress.ip_network(network)]
    for part in map(ipaddress.ip_network, parts):
        rest = [
            each
            for whole in rest
            for each in (
                whole.address_exclude(part)  # type: ignore[arg-type]
                if part != whole and part.subnet_of(whole)  # type: ignore[arg-type]
                else [whole]
            )
        ]
    return list(map(str, rest))


def _secret(elements: Elements, family: str) -> list[str]:
    sealed = elements.get("sealed", ())
    return [key for key in elements.get(f"sources{family}", ()) if key.split(" . ")[0] in sealed]


def _joined(sources: t.Iterable[str]) -> list[str]:
    """The networks of all devices, as nft writes them: an interval is in a set once."""
    networks = [ipaddress.ip_network(key.split(" . ")[1]) for key in sources]
    joined = ipaddress.collapse_addresses(networks)  # type: ignore[type-var]
    return [str(each if each.num_addresses > 1 else each.network_address) for each in joined]
