# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the CNI plugin does on the host, command by command."""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem, Values
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import compare, describe
from ansible_collections.containerhost.network.plugins.module_utils.keep import cni_endpoint, engine_endpoint
from ansible_collections.containerhost.network.plugins.module_utils.keep import engine_errors as errors
from ansible_collections.containerhost.network.plugins.module_utils.keep.cni import CniRequest, Json
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_attach import (
    attach,
    detach,
    end,
    kinds_of,
    session,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_errors import EngineError
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_objects import KINDS, objects_of
from ansible_collections.containerhost.network.plugins.module_utils.kinds.cni_network import CniNetwork
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import attachments
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.attachments import CNI

_VALID = ("cni.dev/valid-attachments", "cni.dev/attachments")  # libcni sends both, older ones the second


def _network(request: CniRequest) -> Values:
    """What the list says of the network, checked as the kind does."""
    own = {name: value for name, value in request.configuration.items() if name in CniNetwork.options}
    try:
        return CniNetwork().normalise({**own, "name": request.network})
    except (Problem, KeyError, TypeError, AttributeError, ValueError) as error:
        raise EngineError(errors.BAD_CONFIGURATION, f"the list of {request.network}: {error}") from error


# -- commands --------------------------------------------------------------------------------------------------


def _add(request: CniRequest) -> Json:
    network = _network(request)
    wish = cni_endpoint.asked(request)
    made = attach(cni_endpoint.place_of(request), network, wish)
    return cni_endpoint.result(request, network, made)


def _del(request: CniRequest) -> None:
    detach(cni_endpoint.place_of(request))


def _gc(request: CniRequest) -> None:
    """Everything of this network's that the engine does not name goes."""
    rows = next((request.configuration[name] for name in _VALID if name in request.configuration), None)
    if rows is None:
        return
    try:
        valid = {(row["containerID"], row["ifname"]) for row in rows}
    except (KeyError, TypeError) as error:
        raise EngineError(errors.BAD_CONFIGURATION, f"{_VALID[0]} is no list of containerID and ifname") from error
    with session() as kernel:
        there = attachments.read()
        own = [each for each in there if (each.protocol, each.network) == (CNI, request.network)]
        end(kernel, there, [each for each in own if (each.container, each.interface) not in valid])


def _check(request: CniRequest) -> None:
    """Is all there, and as it was made? What another plugin has added is its own business."""
    key = cni_endpoint.place_of(request).key
    with session() as kernel:
        made = next((each for each in attachments.read() if each.key == key), None)
        if made is None:
            raise EngineError(
                errors.UNKNOWN_CONTAINER,
                f"{request.interface} of container {request.container} is not on {request.network}",
            )
        cni_endpoint.check_result(request, made)
        if made.identity != list(attachments.identity_of(request.netns) or ()):
            raise EngineError(
                errors.DIFFERS, f"{request.netns} is not the namespace that {request.interface} was made in"
            )
        todo = compare(kinds_of([made]), kernel, objects_of(made), lambda found: False)
        by_name = {kind.name: kind for kind in KINDS}
        wrong = [describe(by_name[each.kind], each.values) for each in todo.changes]
        wrong += [each.reason for each in todo.pending]
        if wrong:
            raise EngineError(errors.DIFFERS, f"not as it was made: {wrong[0]}", "; ".join(wrong))


def _status(request: CniRequest) -> None:
    """Could the next container be put on it? And are those that are on it cut off?"""
    network = _network(request)
    with session(alone=False) as kernel:
        link = kernel.link(network["bridge"])
        in_use = attachments.in_use(kernel.has_link).get(request.network)
        if link is None or not link.up:
            lack = "is not there" if link is None else "is down"
            raise EngineError(
                errors.LIMITED if in_use else errors.UNAVAILABLE,
                f"the network {request.network} is not made on this host: {network['bridge']} {lack}",
                "run containerhost.network.site for this host, or `containerhost restore` on it",
            )
        there = [each for each in attachments.read() if attachments.is_alive(each, kernel.has_link)]
    try:
        engine_endpoint.check_room(request.network, network, there)
    except EngineError as error:
        raise EngineError(errors.UNAVAILABLE, str(error)) from error


COMMANDS: dict[str, t.Callable[[CniRequest], t.Optional[Json]]] = {
    "ADD": _add,
    "DEL": _del,
    "CHECK": _check,
    "GC": _gc,
    "STATUS": _status,
}
