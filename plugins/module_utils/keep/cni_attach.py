# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the CNI plugin does on the host: by the objects, the guards and the lock of every other run."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import apply
from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found, Problem, Values
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import compare, describe
from ansible_collections.containerhost.network.plugins.module_utils.engine.session import (
    Busy,
    Ended,
    kernel_of_this_host,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep import cni, cni_endpoint, saved
from ansible_collections.containerhost.network.plugins.module_utils.keep.cni import CniError, CniRequest, Json
from ansible_collections.containerhost.network.plugins.module_utils.keep.cni_objects import KINDS, objects_of
from ansible_collections.containerhost.network.plugins.module_utils.kinds.cni_network import CniNetwork
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import Sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.state import attachments
from ansible_collections.containerhost.network.plugins.module_utils.state.attachments import CniAttachment
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_PATIENCE = 60.0  # seconds for a run that is at work; engines give a plugin minutes
_VALID = ("cni.dev/valid-attachments", "cni.dev/attachments")  # libcni sends both, older ones the second


@contextlib.contextmanager
def _session(alone: bool = True) -> t.Iterator[Kernel]:
    """Raises CniError for whatever ends it early."""
    try:
        with kernel_of_this_host(KINDS, alone, sandboxes=Sandboxes(only=()), patience=_PATIENCE) as kernel:
            yield kernel
    except Busy as error:
        raise CniError(cni.TRY_AGAIN, _first(error)) from error
    except Ended as error:
        raise CniError(cni.REFUSED, _first(error), str(error)) from error
    except OSError as error:
        raise CniError(cni.IO_FAILED, f"{attachments.PATH} cannot be written: {error.strerror or error}") from error


def _first(error: Ended) -> str:
    return error.problems[0] if error.problems else str(error)


def _network(request: CniRequest) -> Values:
    """What the list says of the network, checked as the kind does."""
    own = {name: value for name, value in request.configuration.items() if name in CniNetwork.options}
    try:
        return CniNetwork().normalise({**own, "name": request.network})
    except (Problem, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CniError(cni.BAD_CONFIGURATION, f"the list of {request.network}: {error}") from error


# -- commands --------------------------------------------------------------------------------------------------


def _add(request: CniRequest) -> Json:
    network = _network(request)
    asked = cni_endpoint.asked(request)
    with _session() as kernel:
        there = attachments.read()
        left = _without_the_dead(kernel, there, request)
        identity = attachments.identity_of(request.netns)
        if identity is None:
            raise CniError(cni.BAD_ENVIRONMENT, f"there is no network namespace at {request.netns} (CNI_NETNS)")
        if kernel.is_the_hosts_own(request.netns):
            raise CniError(cni.BAD_ENVIRONMENT, f"{request.netns} is the host's own network namespace (CNI_NETNS)")
        cni_endpoint.check_ports(request, network, asked, left, _planned("nat_rule", rule="publish"))
        if asked.mac is not None:
            _check_mac(kernel, request, network, asked, left)
        later = cni_endpoint.later_ones(request, left)
        defaults = _defaults(kernel, request.netns) - {route["dst"] for each in later for route in each.routes}
        made = cni_endpoint.attachment(request, network, asked, left, identity, defaults)
        _check_free(kernel, made)
        yielding = {each.key: cni_endpoint.without_routes_of(each, made) for each in later}
        attachments.write([*(yielding.get(each.key, each) for each in left), made])
        try:
            _make(kernel, *yielding.values(), made)
        except BaseException:
            _unmake(kernel.again(), [made])
            attachments.write(left)
            raise
    return cni_endpoint.result(request, network, made)


def _del(request: CniRequest) -> None:
    with _session() as kernel:
        there = attachments.read()
        gone = [each for each in there if each.key == (request.network, request.container, request.interface)]
        if gone:
            _end(kernel, there, gone)
        else:
            _end_unnoted(kernel, request)


def _gc(request: CniRequest) -> None:
    """Everything of this network's that the engine does not name goes."""
    rows = next((request.configuration[name] for name in _VALID if name in request.configuration), None)
    if rows is None:
        return
    try:
        valid = {(row["containerID"], row["ifname"]) for row in rows}
    except (KeyError, TypeError) as error:
        raise CniError(cni.BAD_CONFIGURATION, f"{_VALID[0]} is no list of containerID and ifname") from error
    with _session() as kernel:
        there = attachments.read()
        own = [each for each in there if each.network == request.network]
        _end(kernel, there, [each for each in own if (each.container, each.interface) not in valid])


def _check(request: CniRequest) -> None:
    """Is all there, and as it was made? What another plugin has added is its own business."""
    key = (request.network, request.container, request.interface)
    with _session() as kernel:
        made = next((each for each in attachments.read() if each.key == key), None)
        if made is None:
            raise CniError(
                cni.UNKNOWN_CONTAINER,
                f"{request.interface} of container {request.container} is not on {request.network}",
            )
        cni_endpoint.check_result(request, made)
        if made.identity != list(attachments.identity_of(request.netns) or ()):
            raise CniError(cni.DIFFERS, f"{request.netns} is not the namespace that {request.interface} was made in")
        todo = compare(_kinds_of([made]), kernel, objects_of(made), lambda found: False)
        by_name = {kind.name: kind for kind in KINDS}
        wrong = [describe(by_name[each.kind], each.values) for each in todo.changes]
        wrong += [each.reason for each in todo.pending]
        if wrong:
            raise CniError(cni.DIFFERS, f"not as it was made: {wrong[0]}", "; ".join(wrong))


def _status(request: CniRequest) -> None:
    """Could the next container be put on it? And are those that are on it cut off?"""
    network = _network(request)
    with _session(alone=False) as kernel:
        link = kernel.link(network["bridge"])
        in_use = attachments.in_use(kernel.has_link).get(request.network)
        if link is None or not link.up:
            lack = "is not there" if link is None else "is down"
            raise CniError(
                cni.LIMITED if in_use else cni.UNAVAILABLE,
                f"the network {request.network} is not made on this host: {network['bridge']} {lack}",
                "run containerhost.network.site for this host, or `containerhost restore` on it",
            )
        there = [each for each in attachments.read() if each.is_there or kernel.has_link(each.host_end)]
    try:
        cni_endpoint.check_room(request.network, network, there)
    except CniError as error:
        raise CniError(cni.UNAVAILABLE, str(error)) from error


COMMANDS: dict[str, t.Callable[[CniRequest], t.Optional[Json]]] = {
    "ADD": _add,
    "DEL": _del,
    "CHECK": _check,
    "GC": _gc,
    "STATUS": _status,
}


# -- kernel and records ----------------------------------------------------------------------------------------


def _without_the_dead(kernel: Kernel, there: t.Sequence[CniAttachment], request: CniRequest) -> list[CniAttachment]:
    """Those that are still in use: an engine that was killed has given back nothing of what its containers had."""
    dead = [each for each in there if not each.is_there and not kernel.has_link(each.host_end)]
    key = (request.network, request.container, request.interface)
    again = next((each for each in there if each.key == key and each not in dead), None)
    if again is not None:
        raise CniError(
            cni.REFUSED, f"{request.interface} of container {request.container} is on {request.network} already"
        )
    return _end(kernel, there, dead) if dead else list(there)


def _end(kernel: Kernel, there: t.Sequence[CniAttachment], gone: t.Sequence[CniAttachment]) -> list[CniAttachment]:
    """Take away what they consist of, then their addresses are free. Returns those that stay."""
    if gone:
        _unmake(kernel, gone)
        attachments.write([each for each in there if each not in gone])
    return [each for each in there if each not in gone]


def _make(kernel: Kernel, *made: CniAttachment) -> None:
    wanted = [object_ for each in made for object_ in objects_of(each)]
    todo = compare(_kinds_of(made), kernel, wanted, lambda found: False)
    pending = todo.pending or apply(KINDS, Executor(kernel), todo)
    if pending:
        raise CniError(cni.REFUSED, pending[0].reason)


def _unmake(kernel: Kernel, gone: t.Sequence[CniAttachment]) -> None:
    """Whatever of it is there; what has gone with its namespace is not missed."""
    keys = {(object_.kind, object_.key) for each in gone for object_ in objects_of(each)}

    def leaves(found: Found) -> bool:
        return attachments.is_of_engines(found.owner) and (found.kind, found.key) in keys

    apply(KINDS, Executor(kernel), compare(_kinds_of(gone), kernel, [], leaves))


def _end_unnoted(kernel: Kernel, request: CniRequest) -> None:
    """What is there of one that the records have lost: by the name of its pair, and by the addresses that it has."""
    host_end = cni_endpoint.host_end_of(request)
    link = kernel.link(host_end)
    if link is None or link.owner != attachments.owner_of_network(request.network):
        return
    is_there = request.netns and attachments.identity_of(request.netns) is not None
    inside = kernel.addresses_of(request.interface, request.netns) if is_there else []
    addresses = {cidr.partition("/")[0] for cidr in inside}

    def leaves(found: Found) -> bool:
        told = {found.values.get("name"), found.values.get("port"), found.values.get("address")}
        return found.owner == link.owner and not told.isdisjoint({host_end, *addresses})

    apply(KINDS, Executor(kernel), compare(KINDS, kernel, [], leaves))


def _kinds_of(some: t.Sequence[CniAttachment]) -> list[t.Any]:
    names = {name for each in some for name in each.objects}
    return [kind for kind in KINDS if kind.name in names]


def _check_free(kernel: Kernel, made: CniAttachment) -> None:
    """Raises CniError for a port that a program of the host has, which would not be reached any more. nerdctl has a
    program hold the ports of a container before it calls us (since 2.1.6)."""
    for row in made.objects.get("nat_rule", ()):
        address = row.get("host_address") or ("::" if ":" in row["address"] else "0.0.0.0")
        holder = kernel.ports.holder(row["protocol"], address, row["host_port"], but_for=os.getppid())
        if holder is not None:
            raise CniError(
                cni.PORT_TAKEN, f"{holder} has {row['protocol']} port {row['host_port']} already: publish another"
            )


def _check_mac(
    kernel: Kernel, request: CniRequest, network: Values, wish: cni_endpoint.CniWish, there: t.Sequence[CniAttachment]
) -> None:
    link = kernel.link(network["bridge"])
    if link is not None and link.mac == wish.mac:
        raise CniError(cni.REFUSED, f"{wish.mac} is asked for, and it is the gateway's: ask for another one")
    cni_endpoint.check_mac(request, network, wish, there, _planned("veth"))


def _planned(kind: str, **fields: str) -> list[Values]:
    """Objects that are the plan's, be they there by now or pending."""
    with contextlib.suppress(Problem):
        document = saved.read()
        if document is not None:
            rows = [row for name, row in document.objects() if name == kind]
            return [row for row in rows if all(row.get(name) == value for name, value in fields.items())]
    return []


def _defaults(kernel: Kernel, netns: str) -> set[str]:
    """Routes to everywhere that the container has already, of a network that it was put on before."""
    rows = kernel.routes(netns, m.RT_TABLE_MAIN)
    return {row["dst"] for row in rows if row["dst"] in cni_endpoint.EVERYWHERE}
