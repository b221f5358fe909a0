# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container of an engine's is put on a network, and taken off it, whatever the engine asks by.

It is done by the objects, the guards and the lock of every other run.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import apply
from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Values, Wanted
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import compare
from ansible_collections.containerhost.network.plugins.module_utils.engine.session import (
    Busy,
    Ended,
    kernel_of_this_host,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep import engine_endpoint, saved
from ansible_collections.containerhost.network.plugins.module_utils.keep import engine_errors as errors
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_endpoint import EnginePlace, EngineWish
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_errors import EngineError
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_objects import KINDS, objects_of
from ansible_collections.containerhost.network.plugins.module_utils.kinds.sender_filter import SenderFilter
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import Sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import attachments
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.attachments import EngineAttachment
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_PATIENCE = 60.0  # seconds for a run that is at work; engines give a plugin minutes


@contextlib.contextmanager
def session(alone: bool = True) -> t.Iterator[Kernel]:
    """Raises EngineError for whatever ends it early."""
    try:
        with kernel_of_this_host(KINDS, alone, sandboxes=Sandboxes(only=()), patience=_PATIENCE) as kernel:
            yield kernel
    except Busy as error:
        raise EngineError(errors.TRY_AGAIN, _first(error)) from error
    except Ended as error:
        raise EngineError(errors.REFUSED, _first(error), str(error)) from error
    except OSError as error:
        why = error.strerror or error
        raise EngineError(errors.IO_FAILED, f"{attachments.PATH} cannot be written: {why}") from error


def _first(error: Ended) -> str:
    return error.problems[0] if error.problems else str(error)


# -- on and off ------------------------------------------------------------------------------------------------


def attach(place: EnginePlace, network: Values, wish: EngineWish) -> EngineAttachment:
    """``network`` is as its kind has it. Raises EngineError."""
    with session() as kernel:
        left = _without_the_dead(kernel, attachments.read(), place)
        identity = _namespace(kernel, place)
        wish = engine_endpoint.without_ports_of(place, wish, left)
        engine_endpoint.check_ports(network, wish, left, _planned("nat_rule", rule="publish"))
        if wish.mac is not None:
            _check_mac(kernel, network, wish, left)
        later = engine_endpoint.later_ones(place, left) if wish.metric is None else []
        defaults = _defaults(kernel, place, later) if wish.metric is None else set()
        made = engine_endpoint.attachment(place, network, wish, left, identity, defaults)
        if place.protocol == attachments.CNI:  # Podman has them itself by now
            _check_free(kernel, made)
        yielding = {each.key: engine_endpoint.without_routes_of(each, made) for each in later}
        whole = _acquainted([*(yielding.get(each.key, each) for each in left), made], [made])
        attachments.write(whole)
        try:
            _make(kernel, made, _but(whole, *left, made))
        except BaseException:
            _unmake(kernel.again(), [made], [object_ for each in _but(left, *whole) for object_ in objects_of(each)])
            attachments.write(left)
            raise
    return made


def detach(place: EnginePlace) -> None:
    """Whatever is there of it, also where the container has gone. Raises EngineError."""
    with session() as kernel:
        there = attachments.read()
        gone = [each for each in there if each.key == place.key]
        if gone:
            end(kernel, there, gone)
        else:
            _end_unnoted(kernel, place)


def end(
    kernel: Kernel, there: t.Sequence[EngineAttachment], gone: t.Sequence[EngineAttachment]
) -> list[EngineAttachment]:
    """Take away what they consist of, then their addresses are free. Returns those that stay."""
    if not gone:
        return list(there)
    stay = _acquainted(_but(there, *gone), gone)
    told = [each for each in _but(stay, *there) if kernel.has_link(each.host_end)]
    filters = [object_ for each in told for object_ in objects_of(each) if object_.kind == SenderFilter.name]
    _unmake(kernel, gone, filters)
    attachments.write(stay)
    return stay


def kinds_of(some: t.Sequence[EngineAttachment]) -> list[t.Any]:
    names = {name for each in some for name in each.objects}
    return [kind for kind in KINDS if kind.name in names]


# -- kernel and records ----------------------------------------------------------------------------------------


def _namespace(kernel: Kernel, place: EnginePlace) -> tuple[int, int]:
    """Whose it is must be there, and not the host."""
    word = " (CNI_NETNS)" if place.protocol == attachments.CNI else ""
    identity = attachments.identity_of(place.netns)
    if identity is None:
        raise EngineError(errors.BAD_ENVIRONMENT, f"there is no network namespace at {place.netns}{word}")
    if kernel.is_the_hosts_own(place.netns):
        raise EngineError(errors.BAD_ENVIRONMENT, f"{place.netns} is the host's own network namespace{word}")
    return identity


def _but(some: t.Sequence[EngineAttachment], *others: EngineAttachment) -> list[EngineAttachment]:
    return [each for each in some if each not in others]


def _without_the_dead(
    kernel: Kernel, there: t.Sequence[EngineAttachment], place: EnginePlace
) -> list[EngineAttachment]:
    """Those that are still in use: an engine that was killed has given back nothing of what its containers had."""
    dead = [each for each in there if not attachments.is_alive(each, kernel.has_link)]
    again = next((each for each in there if each.key == place.key and each not in dead), None)
    if again is not None:
        raise EngineError(
            errors.REFUSED, f"{place.interface} of container {again.called} is on {place.network} already"
        )
    return end(kernel, there, dead)


def _acquainted(all_: t.Sequence[EngineAttachment], news: t.Sequence[EngineAttachment]) -> list[EngineAttachment]:
    """What containers have on other networks lets pass what they have now that they have come to one, or left it."""
    containers = {each.container for each in news}
    return [
        engine_endpoint.acquainted(
            each, [other for other in all_ if other.container == each.container and other != each]
        )
        if each.container in containers
        else each
        for each in all_
    ]


def _make(kernel: Kernel, made: EngineAttachment, others: t.Sequence[EngineAttachment]) -> None:
    """``others``: of the same container, which are another from now on."""
    wanted = [object_ for each in (made, *others) for object_ in objects_of(each)]
    todo = compare(kinds_of([made, *others]), kernel, wanted, lambda found: False)
    pending = todo.pending or apply(KINDS, Executor(kernel), todo)
    if pending:
        raise EngineError(errors.REFUSED, pending[0].reason)


def _unmake(kernel: Kernel, gone: t.Sequence[EngineAttachment], others: t.Sequence[Wanted]) -> None:
    """Whatever of it is there; what has gone with its namespace is not missed. ``others``: what is to be without it."""
    keys = {(object_.kind, object_.key) for each in gone for object_ in objects_of(each)}

    def leaves(found: Found) -> bool:
        return attachments.is_of_engines(found.owner) and (found.kind, found.key) in keys

    named = {object_.kind for object_ in others} | {kind for kind, _key in keys}
    kinds = [kind for kind in KINDS if kind.name in named]
    apply(KINDS, Executor(kernel), compare(kinds, kernel, others, leaves))


def _end_unnoted(kernel: Kernel, place: EnginePlace) -> None:
    """What is there of one that the records have lost: by the name of its pair, and by the addresses that it has."""
    host_end = engine_endpoint.host_end_of(place)
    link = kernel.link(host_end)
    if link is None or link.owner != attachments.owner_of_network(place.protocol, place.network):
        return
    is_there = place.netns and attachments.identity_of(place.netns) is not None
    inside = kernel.addresses_of(place.interface, place.netns) if is_there else []
    addresses = {cidr.partition("/")[0] for cidr in inside}

    def leaves(found: Found) -> bool:
        told = {found.values.get("name"), found.values.get("port"), found.values.get("address")}
        return found.owner == link.owner and not told.isdisjoint({host_end, *addresses})

    apply(KINDS, Executor(kernel), compare(KINDS, kernel, [], leaves))


def _check_mac(kernel: Kernel, network: Values, wish: EngineWish, there: t.Sequence[EngineAttachment]) -> None:
    link = kernel.link(network["bridge"])
    if link is not None and link.mac == wish.mac:
        raise EngineError(errors.REFUSED, f"{wish.mac} is asked for, and it is the gateway's: ask for another one")
    engine_endpoint.check_mac(network, wish, there, _planned("veth"))


def _planned(kind: str, **fields: str) -> list[Values]:
    """Objects that are the plan's, be they there by now or pending."""
    with contextlib.suppress(Problem):
        document = saved.read()
        if document is not None:
            rows = [row for name, row in document.objects() if name == kind]
            return [row for row in rows if all(row.get(name) == value for name, value in fields.items())]
    return []


def _check_free(kernel: Kernel, made: EngineAttachment) -> None:
    """Raises EngineError for a port that a program of the host has, which would not be reached any more. nerdctl has a
    program hold the ports of a container before it calls us (since 2.1.6)."""
    for row in made.objects.get("nat_rule", ()):
        address = row.get("host_address") or ("::" if ":" in row["address"] else "0.0.0.0")
        holder = kernel.ports.holder(row["protocol"], address, row["host_port"], but_for=os.getppid())
        if holder is not None:
            raise EngineError(
                errors.PORT_TAKEN, f"{holder} has {row['protocol']} port {row['host_port']} already: publish another"
            )


def _defaults(kernel: Kernel, place: EnginePlace, later: t.Sequence[EngineAttachment]) -> set[str]:
    """Routes to everywhere that the container has already, of networks that do not yield to this one."""
    rows = kernel.routes(place.netns, m.RT_TABLE_MAIN)
    there = {row["dst"] for row in rows if row["dst"] in engine_endpoint.EVERYWHERE}
    return there - {route["dst"] for each in later for route in each.routes}
