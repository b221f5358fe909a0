# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One container of the inventory, checked and normalised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, Refusal, Where
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.plain import as_text
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.readers import read_name
from ansible_collections.containerhost.network.plugins.plugin_utils.model import ContainerSpec, EndpointSpec

_CONTAINER = schema.Section(schema.CONTAINER)
_JOINED = schema.Section(schema.CONTAINER + schema.JOINED)
_ENDPOINT = schema.Section(schema.ENDPOINT)


def read_container(name: str, value: Any, host: str, where: Where, problems: Problems) -> ContainerSpec | None:
    """The container, or None if it is no mapping."""
    value = {} if value is None else value
    if not isinstance(value, Mapping):
        problems.add(f"{where}it is {value!r}, not a mapping", "Write its options as keys, such as networks: {web: {}}")
        return None
    joins = str(value.get("network_mode")).startswith("container:")
    values = (_JOINED if joins else _CONTAINER).read(value, where, problems)
    endpoints = _read_endpoints(values["networks"], where, problems)
    spec = ContainerSpec(
        host=host,
        name=name,
        engine=values["engine"],
        ref=name,
        network_mode=values["network_mode"],
        default_route=values["default_route"],
        dns=values["dns"],
        endpoints=endpoints,
        publish=values.get("publish", ()),
        aliases=values.get("aliases", ()),
        where=where,
    )
    try:
        _check_mode(spec)
        return spec if values["ref"] is None and _known_by_name(spec) else _with_ref(spec, values["ref"])
    except Refusal as refusal:
        problems.refuse(where.inside(*refusal.path), refusal)
        return spec


def _read_endpoints(value: Any, where: Where, problems: Problems) -> tuple[EndpointSpec, ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        names = value if isinstance(value, (list, tuple)) else [value]
        example = ", ".join(f"{name}: {{}}" for name in names)
        fix = f"Write `network_mode: {value}`" if value in ("none", "host") else f"Write it as {{{example}}}"
        problems.add(f"{where.inside('networks')}`networks` is {value!r}, not a mapping", fix)
        return ()
    found = []
    for name, options in value.items():
        try:
            read_name(name)
        except Refusal as refusal:
            problems.refuse(where.inside("networks", name, rest="networks"), refusal)
            continue
        there = where.inside("networks", name, rest=f"network {name}")
        found.append(_read_endpoint(name, {} if options is None else options, there, problems))
    return tuple(sorted(found, key=lambda endpoint: endpoint.network))


def _read_endpoint(network: str, value: Any, where: Where, problems: Problems) -> EndpointSpec:
    if not value and isinstance(value, Mapping):
        return EndpointSpec(network)
    if not isinstance(value, Mapping):
        problems.add(f"{where}it is {value!r}, not a mapping", "Write its options as keys, or {} for none")
        return EndpointSpec(network)
    values = _ENDPOINT.read(value, where, problems)
    if values["address"] and values["addresses"]:
        problems.add(
            f"{where.inside('address')}both `address` and `addresses` are given", "Put all of them into `addresses`"
        )
    return EndpointSpec(
        network=network,
        addresses=values["addresses"] or ((values["address"],) if values["address"] else ()),
        mac=values["mac"],
        interface=values["interface"],
        publish=values["publish"],
        aliases=values["aliases"],
        mtu=values["mtu"],
        priority=values["priority"],
        rate=values["rate"],
        routes=values["routes"],
        sysctls=values["sysctls"],
    )


def _check_mode(spec: ContainerSpec) -> None:
    mode = spec.network_mode
    if mode is None:
        return
    if not isinstance(mode, str) or mode not in ("none", "host") and not mode.startswith("container:"):
        raise Refusal(
            f"`network_mode` is {mode!r}",
            f"Write container:{mode.removeprefix('service:')}: it is a container's name here, not a service's"
            if isinstance(mode, str) and mode.startswith("service:")
            else "Write none, host or container:NAME, or leave it out for `networks`",
            ("network_mode",),
        )
    if spec.endpoints:
        raise Refusal(
            f"`network_mode: {mode}` and `networks` exclude each other", "Leave one of them out", ("network_mode",)
        )


def _with_ref(spec: ContainerSpec, ref: Any) -> ContainerSpec:
    """The container with its own ``ref``, checked for what its engine takes."""
    engine = ENGINES.get(spec.engine)
    if _known_by_name(spec) and not isinstance(ref, str):
        example = str(ref) if isinstance(ref, (int, float)) else spec.name
        raise Refusal(f"`ref` is {ref!r}, which is not text", as_text(ref, example), ("ref",))
    if engine is None or engine.known_by_name and engine.plain_names:
        try:
            read_name(ref)
        except Refusal as refusal:
            raise Refusal(f"`ref`: {refusal.what}", refusal.fix, ("ref",)) from None
    else:
        mistake = ENGINES[spec.engine].mistake("" if ref is None or isinstance(ref, bool) else str(ref))
        if mistake:
            advice = mistake[1]
            what = "no `ref`" if ref is None else f"the ref {ref!r}"
            place = ("engine",) if ref is None else ("ref",)
            raise Refusal(f"`engine: {spec.engine}` has {what}", advice[0].upper() + advice[1:], place)
    return replace(spec, ref=str(ref))


def _known_by_name(spec: ContainerSpec) -> bool:
    engine = ENGINES.get(spec.engine)
    return engine is None or engine.known_by_name
