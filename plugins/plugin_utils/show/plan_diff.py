# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would change between two plans, on which host: in sentences, and as a drawing. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ansible_collections.containerhost.network.plugins.plugin_utils.model import NetworkSpec
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import Plan
from ansible_collections.containerhost.network.plugins.plugin_utils.show import drawing
from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import Holder

# A forge draws no flowchart of more lines than this well, and a reviewer reads none.
MOST_DRAWN = 60


@dataclass(frozen=True)
class Changes:
    """Sentences about each network and each host; ``before`` and ``after`` are the endpoints that differ."""

    networks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    before: tuple[Holder, ...] = ()
    after: tuple[Holder, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.networks or self.hosts)


def changes(before: Plan, after: Plan, holders: tuple[list[Holder], list[Holder]]) -> Changes:
    """What differs. ``holders``: who has addresses, by each of the two plans."""
    old, new = ({_key(each): each for each in found} for found in holders)
    differing = [key for key in {**old, **new} if _without_new(old.get(key)) != _without_new(new.get(key))]
    networks = {name: tuple(said) for name, said in _networks(before, after) if said}
    hosts: dict[str, tuple[str, ...]] = {}
    for host in sorted({*before.documents, *after.documents}):
        said = [_endpoint(old.get(key), new.get(key)) for key in differing if key[1] == host]
        said = [*sorted(said), *_host(host, before, after)]
        if said:
            hosts[host] = tuple(said)
    return Changes(
        networks,
        hosts,
        tuple(old[key] for key in differing if key in old),
        tuple(new[key] for key in differing if key in new),
    )


def _key(each: Holder) -> tuple[str, ...]:
    """A host's own devices are known by their names, as it may have several on a network."""
    return each.network, each.host, each.container, "" if each.container else each.interface


def _without_new(each: Holder | None) -> dict[str, Any] | None:
    return None if each is None else {**vars(each), "new": False}


# -- networks ----------------------------------------------------------------------------------------------------------


def _networks(before: Plan, after: Plan) -> Iterator[tuple[str, list[str]]]:
    for name in sorted({*before.inventory.networks, *after.inventory.networks}):
        old, new = before.inventory.networks.get(name), after.inventory.networks.get(name)
        if old is None and new is not None:
            yield name, [f"is new, with `driver: {new.driver}`"]
        elif new is None:
            yield name, ["is no longer there"]
        elif old is not None and new is not None:
            yield name, list(_network(old, new))


def _network(old: NetworkSpec, new: NetworkSpec) -> Iterator[str]:
    was, becomes = _options(old), _options(new)
    for option in sorted({*was, *becomes}):
        one, other = was.get(option), becomes.get(option)
        if one != other:
            yield f"`{option}` becomes {_text(other)} (was {_text(one)})"


def _options(spec: NetworkSpec) -> dict[str, Any]:
    subnets = None if spec.subnets is None else [_subnet(each) for each in spec.subnets]
    common = {name: getattr(spec, name) for name in ("driver", "mtu", "internal", "per_host_names", "names", "dns")}
    state = "present" if spec.present else "absent"
    members = {"hosts": spec.members} if spec.members is not None else {}
    return {**common, "subnets": subnets, "state": state, **members, **spec.options}


def _subnet(each: Any) -> str:
    more = [f"{name} {getattr(each, name)}" for name in ("host_prefix", "gateway", "range") if getattr(each, name)]
    excluded = [f"without {' and '.join(map(str, each.exclude))}"] if each.exclude else []
    return ", ".join([str(each.cidr), *more, *excluded])


def _text(value: Any) -> str:
    if value is None or value in ((), [], {}):
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (list, tuple)):
        return " and ".join(f"`{each}`" for each in value)
    return f"`{value}`"


# -- hosts -------------------------------------------------------------------------------------------------------------


def _endpoint(old: Holder | None, new: Holder | None) -> str:
    each = cast(Holder, new or old)
    who = code(each.container) if each.container else f"the host, by {code(each.interface)},"
    if old is None:
        ports = f"; {_listed(each.publish)} leads to it" if each.publish else ""
        called = f", called {_listed(each.names[1:])}" if each.names[1:] else ""
        return f"{who} comes onto {code(each.network)} with {_listed(each.addresses)}{_as(each)}{called}{ports}"
    if new is None:
        ports = f", and {_listed(each.publish)} is closed" if each.publish else ""
        return f"{who} leaves {code(each.network)}: {_listed(each.addresses)} is given up{ports}"
    return f"{who} on {code(each.network)}: {'; '.join(_differences(old, new))}"


def _as(each: Holder) -> str:
    return f" as {code(each.interface)}" if each.container and each.interface else ""


def _differences(old: Holder, new: Holder) -> Iterator[str]:
    for name, called in (("addresses", "address"), ("interface", "interface"), ("mac", "MAC"), ("driver", "driver")):
        one, other = getattr(old, name), getattr(new, name)
        if one != other:
            yield f"{called} {_listed(one)} becomes {_listed(other)}"
    if (old.engine, old.ref) != (new.engine, new.ref):
        yield f"it is {code(f'{new.engine} {new.ref}')} and no longer {code(f'{old.engine} {old.ref}')}"
    for name, gained, lost in (("publish", "is opened", "is closed"), ("names", "is a name", "is no longer a name")):
        one, other = getattr(old, name), getattr(new, name)
        for what in (each for each in other if each not in one):
            yield f"{code(what)} {gained}"
        for what in (each for each in one if each not in other):
            yield f"{code(what)} {lost}"


def _listed(values: Any) -> str:
    values = [values] if isinstance(values, str) else list(values)
    return " and ".join(code(value) for value in values) or "nothing"


def _host(host: str, before: Plan, after: Plan) -> Iterator[str]:
    """That it comes or goes, and how many objects differ: what no other sentence tells is told by number at least."""
    old, new = (_objects(plan.documents.get(host)) for plan in (before, after))
    made, gone = Counter(new), Counter(old)
    made, gone = made - gone, gone - made
    if host not in before.documents:
        yield "the host joins the fleet"
    if host not in after.documents:
        yield "the host leaves the fleet, and is no longer looked after"
    if host in after.documents and (made or gone):
        kinds = sorted({kind for kind, _text_ in (*made, *gone)})
        counts = [f"{kind} {_count(made, kind, '+')}{_count(gone, kind, '−')}".rstrip() for kind in kinds]
        yield f"objects that are new or differ (+), and were before (−): {', '.join(counts)}"


def _objects(document: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    return [
        (kind, json.dumps(each, sort_keys=True, default=str))
        for kind, objects in (document or {}).items()
        if isinstance(objects, list)
        for each in objects
    ]


def _count(objects: Counter[tuple[str, str]], kind: str, sign: str) -> str:
    number = sum(count for (its, _text_), count in objects.items() if its == kind)
    return f"{sign}{number} " if number else ""


# -- Markdown ----------------------------------------------------------------------------------------------------------


def code(text: str) -> str:
    """A name as code, which ends where the name does."""
    return f"`{text.replace('`', chr(0x2CB))}`" if text else "nothing"


def markdown(found: Changes, names: tuple[str, str], warnings: tuple[str, ...] = ()) -> str:
    """A comment for a merge request. ``names``: what the two plans are of."""
    lines = [f"## Networks: {code(names[0])} → {code(names[1])}", ""]
    if not found:
        return "\n".join([*lines, "Nothing changes on any host."]) + "\n"
    if found.hosts:
        count = len(found.hosts)
        lines += [f"{count} host{'' if count == 1 else 's'} would change: {_listed(found.hosts)}.", ""]
    else:
        lines += ["No host would change.", ""]
    for title, parts in (("Network", found.networks), ("Host", found.hosts)):
        for name, sentences in parts.items():
            lines += [f"### {title} {code(name)}", "", *(f"- {sentence}." for sentence in sentences), ""]
    lines += [f"> {warning}" for warning in warnings] + ([""] if warnings else [])
    lines += _drawings(found)
    return "\n".join(lines).rstrip("\n") + "\n"


def _drawings(found: Changes) -> Iterator[str]:
    for title, some in (("Before", found.before), ("After", found.after)):
        if len(some) > MOST_DRAWN:
            yield from (f"**{title}**: {len(some)} endpoints that differ, too many for a drawing.", "")
        elif some:
            yield from (f"**{title}**, where it differs:", "")
            yield from ("```mermaid", drawing.mermaid(some).rstrip("\n"), "```", "")
