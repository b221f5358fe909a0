# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of our nftables table that follow from others, and belong to no object."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.nft_frame import Elements

Published = t.Tuple[str, str, str]  # protocol, port or ports of the host, and where they lead to

_DERIVED = "containerhost:derived"
# By what port a connection leaves. They let nobody in: with an element too many, which an element that somebody has
# deleted leaves behind, all rules hold. It goes with the next change.
_SPARING = frozenset(["taken", "owned4", "owned6"])


def derived(elements: Elements) -> Elements:
    """The sets that follow from others, so that no object has to share an element with another one."""
    devices = {name for set_ in ("ours", "borrowed4", "borrowed6") for name in elements.get(set_, ())}
    ports = {vni.split(" . ")[0] for vni in elements.get("filtered_vnis", ())}
    published = {n: list(_published(elements, n)) for n in "46"}
    return {
        "same": {f"{name} . {name}": (None, _DERIVED) for name in sorted(devices)},
        **{f"at{n}": dict.fromkeys(elements.get(f"publish{n}_at", ()), (None, _DERIVED)) for n in "46"},
        **{f"at_ranges{n}": dict.fromkeys(elements.get(f"ranges{n}_at", ()), (None, _DERIVED)) for n in "46"},
        **{f"inside{n}": dict.fromkeys(_joined(elements.get(f"sources{n}", ())), (None, _DERIVED)) for n in "46"},
        **{f"secret{n}": dict.fromkeys(_joined(_secret(elements, n)), (None, _DERIVED)) for n in "46"},
        **{f"beyond{n}": dict.fromkeys(_beyond(elements, n), (None, _DERIVED)) for n in "46"},
        "filtered_ports": dict.fromkeys(sorted(ports), (None, _DERIVED)),
        "taken": dict.fromkeys(
            _taken([*published["4"], *published["6"]], ports, elements.get("own_ports", ())), (None, _DERIVED)
        ),
        **{f"owned{n}": dict.fromkeys(_owned(published[n]), (None, _DERIVED)) for n in "46"},
        "ports": {key.rsplit(" . ", 1)[0]: (None, _DERIVED) for key in elements.get("macs", ())},
    }


def is_enough(name: str, there: t.Collection[str], needed: t.Collection[str]) -> bool:
    """Is there in a derived set what follows from the others?"""
    if name not in _SPARING:
        return {*there} == {*needed}
    return all(any(_is_within(each, other) for other in there) for each in {*needed}.difference(there))


def _is_within(element: str, other: str) -> bool:
    """Is a port, or several, among those of another element?"""
    (place, first, last), (other_place, other_first, other_last) = map(_span, (element, other))
    return place == other_place and other_first <= first and last <= other_last


def _span(element: str) -> tuple[str, int, int]:
    place, _dot, ports = element.rpartition(" . ")
    return (place, *_ends(ports))


def _ends(ports: str) -> tuple[int, int]:
    """The first and the last of a port, or of several."""
    first, _dash, last = ports.partition("-")
    return int(first), int(last or first)


def _published(elements: Elements, family: str) -> t.Iterator[Published]:
    for name, place in (("", 0), ("_at", 0), ("_by", 1)):
        for what in ("publish", "ranges"):
            for key, (target, _comment) in elements.get(f"{what}{family}{name}", {}).items():
                words = key.split(" . ")
                yield words[place], words[-1], str(target)


def _taken(published: t.Iterable[Published], tunnels: t.Iterable[str], own: t.Iterable[str]) -> list[str]:
    """What containers begin leaves by none of these ports of the host: whatever comes there would be the answer."""
    others = [(words[1], words[2], "") for words in (key.split(" . ") for key in own)]
    spans: dict[str, list[tuple[int, int]]] = {}
    for protocol, ports, _target in [*published, *others, *(("udp", port, "") for port in tunnels)]:
        spans.setdefault(protocol, []).append(_ends(ports))
    return [f"{protocol} . {span}" for protocol, some in sorted(spans.items()) for span in _merged(some)]


def _merged(spans: t.Iterable[tuple[int, int]]) -> t.Iterator[str]:
    """Spans of ports as an interval set takes them: none overlaps or touches another."""
    ends: list[list[int]] = []
    for first, last in sorted(spans):
        if ends and first <= ends[-1][1] + 1:
            ends[-1][1] = max(ends[-1][1], last)
        else:
            ends.append([first, last])
    return (str(first) if first == last else f"{first}-{last}" for first, last in ends)


def _owned(published: t.Iterable[Published]) -> list[str]:
    """Containers' ports that are published as the same ones, and nobody else's are: they may begin something there.

    Several ports that are published at once always are the same ones there.
    """
    targets: dict[tuple[str, str], set[str]] = {}
    spans: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for protocol, ports, target in published:
        if " . " in target:
            targets.setdefault((protocol, ports), set()).add(target)
        else:
            spans.setdefault((target, protocol), []).append(_ends(ports))
    for (protocol, port), (target, *others) in targets.items():
        address, _dot, inside = target.partition(" . ")
        if not others and inside == port:
            spans.setdefault((address, protocol), []).append(_ends(port))
    return [f"{address} . {protocol} . {span}" for (address, protocol), some in spans.items() for span in _merged(some)]


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
