# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes in a sandbox that come with an interface there, as texts that compare: ``DST [via …] [metric …] [type …]``.

What only drops has no device in the kernel that would tell whose it is. So it has an address of its interface as its
source, which IPv4 makes it go along with; in IPv6, it stays until it is taken away.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils import canonical
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem, Values
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Step
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import UnreadableTable
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link

ROUTE_OPTIONS: dict[str, dict[str, t.Any]] = {
    "dst": {"type": "str", "required": True},
    "via": {"type": "str"},
    "metric": {"type": "int"},
    "type": {"type": "str", "choices": list(m.DROPPING)},
}
_METRIC_6 = 1024  # IP6_RT_PRIO_USER, linux/ipv6_route.h: what an IPv6 route without a metric gets


def texts_of(values: Values) -> list[str]:
    """The routes of an object's options, which has its ``addresses`` in the kernel's spelling. Raises Problem."""
    routes = values.get("routes") or []
    texts = sorted({route if isinstance(route, str) else _text(_checked(route)) for route in routes})
    for text in texts:
        if drops(text) and _source(text, values["addresses"]) is None:
            raise Problem(
                f"route {text}: {values['interface']} has no address of its family, by which a route that drops is told"
                " from others: give it one, or leave the route out"
            )
    return texts


def _checked(route: t.Any) -> t.Mapping[str, t.Any]:
    if not isinstance(route, dict) or not route.get("dst"):
        raise Problem(f"route {route!r} needs a `dst`: a network in CIDR, 0.0.0.0/0 for everywhere")
    dst, via, type_ = canonical.network_cidr(route["dst"]), route.get("via"), route.get("type")
    metric = route.get("metric")
    if via is not None and (":" in via) != (":" in dst):
        raise Problem(f"route {dst} cannot go via {via}: they are not of one family")
    if type_ is not None and type_ not in m.DROPPING:
        raise Problem(f"route {dst}: its type {type_} must be one of {', '.join(m.DROPPING)}, or left out")
    if type_ is not None and via is not None:
        raise Problem(f"route {dst} is of type {type_}, which leads nowhere: leave out its `via` or its `type`")
    return {
        "dst": dst,
        "via": canonical.address(via, "via") if via else None,
        "metric": None if metric is None else canonical.between(metric, 0, 0xFFFFFFFF, "metric"),
        "type": type_,
    }


def _text(route: t.Mapping[str, t.Any]) -> str:
    """Of options that are checked, or of a row of the kernel's."""
    metric = route["metric"] if route["metric"] != (_METRIC_6 if ":" in route["dst"] else 0) else None
    words = {"via": route["via"], "metric": metric, "type": route["type"]}
    return " ".join([route["dst"], *(f"{word} {value}" for word, value in words.items() if value)])


def fields_of(text: str) -> dict[str, t.Any]:
    """The route that a text stands for, in the words of the options."""
    words = text.split()
    fields: dict[str, t.Any] = {"dst": words[0], **dict(zip(words[1::2], words[2::2]))}
    if "metric" in fields:
        fields["metric"] = int(fields["metric"])
    return fields


def drops(text: str) -> bool:
    return " type " in text


def message(text: str, values: Values, path: str | None, replace: bool = False) -> m.Message:
    """Add or replace a route by the interface of these options."""
    device = {} if drops(text) else {"device": values["interface"]}
    source = {"src": _source(text, values["addresses"])} if drops(text) else {}
    # One that drops may have outlived the interface that it came with before.
    return m.route({**fields_of(text), **device, **source}, path, replace=replace or drops(text))


def deletion(text: str, device: str, path: str | None) -> m.Message:
    return m.route({**fields_of(text), **({} if drops(text) else {"device": device})}, path, delete=True)


def _source(text: str, addresses: t.Sequence[str]) -> str | None:
    six = ":" in text.split()[0]
    return next((cidr.split("/")[0] for cidr in addresses if (":" in cidr) == six), None)


def place(text: str) -> tuple[str, str]:
    """What makes a route the same one: its destination and its metric."""
    words = text.split()
    return words[0], words[words.index("metric") + 1] if "metric" in words else ""


def in_the_way(kernel: Kernel, wanted: Values, netns: str, is_ours: t.Callable[[Link], bool]) -> str | None:
    """One that a container's own engine has given it, such as its default route, at the place of a wanted one."""
    links = kernel.links(netns) if kernel.identity(netns) is not None else {}
    # Most have lo alone by now, and are not looked into further.
    if not wanted["routes"] or not (len(links) > 1 or (links and any(map(drops, wanted["routes"])))):
        return None
    places = {place(text) for text in wanted["routes"]}
    for row in kernel.routes(netns, m.RT_TABLE_MAIN):
        text, link = _text(row), links.get(row["device"] or "")
        theirs = row["protocol"] != m.PROTOCOL and (drops(text) or (link is not None and not is_ours(link)))
        if theirs and row["table"] == m.RT_TABLE_MAIN and place(text) in places:
            return text if drops(text) else f"{text} dev {row['device']}"
    return None


def left(kernel: Kernel, path: str | None, interface: str) -> Values:
    """As an option, those of an interface that is to go; it goes unread where a sandbox is full of them."""
    try:
        return {"routes": read(kernel, path, interface)}
    except UnreadableTable:
        return {}


def read(kernel: Kernel, path: str | None, interface: str, wanted: t.Iterable[str] = ()) -> list[str]:
    """Routes by an interface that are ours, or stand where a wanted one is to be."""
    places = {place(text) for text in wanted}
    sources = {cidr.split("/")[0] for cidr in kernel.addresses_of(interface, path)}
    routes = []
    for row in kernel.routes(path, m.RT_TABLE_MAIN):
        if row["table"] != m.RT_TABLE_MAIN or (row["type"] is None and row["device"] != interface):
            continue
        if kernel.records.owner("route", (path, row["dst"], row["metric"], row["table"])) is not None:
            continue
        ours, text = row["protocol"] == m.PROTOCOL, _text(row)
        of_the_interface = place(text) in places or (ours and (row["type"] is None or row["src"] in sources))
        if row["type"] is not None and row["src"] not in sources:
            text += f" src {row['src']}"
        elif row["type"] is None and place(text) in places:
            text += _beside(row)
        if of_the_interface:
            routes.append(text if ours else f"{text} proto {row['protocol']}")
    return sorted(routes)


def _beside(row: t.Mapping[str, t.Any]) -> str:
    """What somebody has given a route besides: another address to send from, an MTU of its own."""
    return (f" src {row['src']}" if row["src"] else "") + (" metrics set" if row["metrics"] else "")


def change(values: Values, path: str | None, differences: t.Mapping[str, tuple[t.Any, t.Any]]) -> list[Step]:
    """All of them again where addresses change or the device comes up: the kernel takes routes along with those."""
    old, new = differences.get("routes", ((), ()))
    again = values["routes"] if {"addresses", "up"} & set(differences) else [r for r in new if r not in old]
    return [
        *(deletion(text, values["interface"], path) for text in old if text not in new),
        *(message(text, values, path, replace=True) for text in again),
    ]


def removal(texts: t.Iterable[str], path: str | None) -> list[Step]:
    """Of those that do not go along with their interface."""
    return [deletion(text, "", path) for text in texts if outlives(text)]


def outlives(text: str) -> bool:
    return drops(text) and ":" in text.split()[0]
