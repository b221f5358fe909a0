# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be written as one value of the inventory, as JSON schemas: a form for each type of key (``TYPES``).

Whatever the form, a template may stand instead of the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.publish import PROTOCOLS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.readers import NAME_MAX, ROUTE_TYPES
from ansible_collections.containerhost.network.plugins.plugin_utils.networks.handoff import PARTS

Schema = dict[str, Any]

TEMPLATE = r"\{[{%]"
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
# An IPv6 address is told by its colons here; whether it is one, the plan says.
_ADDRESS = rf"({_BYTE}(\.{_BYTE}){{3}}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)"
NAME = rf"[A-Za-z0-9][A-Za-z0-9_.-]{{0,{NAME_MAX - 1}}}"
_IFNAME = r"[^/\s:]{1,15}"
_SPAN = rf"{_ADDRESS}(\s*-\s*{_ADDRESS}|/[0-9]{{1,3}})?"
_PORT = "0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_PORTS = f"{_PORT}(-{_PORT})?"
_ENDPOINT = rf"(\[[0-9A-Fa-f:.]+\]|{_BYTE}(\.{_BYTE}){{3}})(:{_PORT})?|{_ADDRESS}"


def _any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in word)


_PROTOCOL = f"({'|'.join(map(_any_case, PROTOCOLS))})"
# Of digits and dots alone an address is meant, and no interface.
_PLACE = rf"(\[[0-9A-Fa-f:.]+\]|{_ADDRESS}|(?![0-9.]+:){_IFNAME})"
_PUBLISH = rf"(({_PLACE})?:)?(({_PORTS})?:)?{_PORTS}(/{_PROTOCOL})?"
_TRUTH = f"({'|'.join(map(_any_case, ('true', 'false', 'yes', 'no', 'on', 'off')))}|0|1)"


def text(pattern: str | None = None, *types: str, **rest: Any) -> Schema:
    """Text that is all of a pattern, or has a template in it."""
    found: Schema = {"type": ["string", *types] if types else "string", **rest}
    return {**found, "pattern": f"^({pattern})$|{TEMPLATE}"} if pattern else {**found, "minLength": 1}


def _list(items: Schema, **rest: Any) -> Schema:
    return {"type": ["array", "string"], "pattern": TEMPLATE, "items": items, **rest}


def _mapping(properties: Mapping[str, Any] | None = None, **rest: Any) -> Schema:
    """A mapping of just these keys, unless ``rest`` says otherwise."""
    found = {"type": ["object", "string"], "pattern": TEMPLATE, "additionalProperties": False, **rest}
    return {**found, "properties": dict(properties)} if properties else found


def _choice(words: Iterable[str]) -> Schema:
    return {"anyOf": [{"enum": list(words)}, {"type": "string", "pattern": TEMPLATE}]}


def or_null(found: Schema) -> Schema:
    """A null value counts as left out."""
    if "anyOf" in found:
        return {**found, "anyOf": [*found["anyOf"], {"type": "null"}]}
    types = found.get("type")
    if types is None:
        return found
    return {**found, "type": [*([types] if isinstance(types, str) else types), "null"]}


def _number(low: int | None, high: int | None) -> Schema:
    bounds = {name: value for name, value in (("minimum", low), ("maximum", high)) if value is not None}
    return {"type": ["integer", "string"], "pattern": f"^[0-9]+$|{TEMPLATE}", **bounds}


_BOOL: Schema = {
    "type": ["boolean", "string", "integer"], "pattern": f"^{_TRUTH}$|{TEMPLATE}", "minimum": 0, "maximum": 1
}  # fmt: skip
_ONE_ADDRESS = text(_ADDRESS)
_CIDR = text(rf"{_ADDRESS}/[0-9]{{1,3}}")
_INTERFACE_ADDRESS = rf"{_ADDRESS}(/[0-9]{{1,3}})?"
_ONE_OR_MORE_SPANS = {**text(_SPAN, "array"), "items": text(_SPAN)}
_WORD = text()


def _subnet() -> Schema:
    keys = {
        "cidr": _CIDR,
        "host_prefix": or_null(_number(0, 126)),
        "gateway": or_null(_ONE_ADDRESS),
        "range": or_null(text(_SPAN)),
        "exclude": or_null(_ONE_OR_MORE_SPANS),
    }
    pattern = {"pattern": f"^({_ADDRESS}/[0-9]{{1,3}})$|{TEMPLATE}"}
    return _mapping(keys, required=["cidr"], **pattern)


def _published() -> Schema:
    port = text(_PORTS, "integer", minimum=1, maximum=65535)
    keys = {
        "host_ip": or_null(_WORD),
        "host_port": or_null(port),
        "container_port": port,
        "protocol": or_null(text(_PROTOCOL)),
        "sources": {**text(None, "array"), "items": _WORD, "minItems": 1},
    }
    return {**_mapping(keys, required=["container_port"]), "pattern": f"^{_PUBLISH}$|{TEMPLATE}"}


def _route() -> Schema:
    keys = {"via": _ONE_ADDRESS, "metric": _number(0, 2**32 - 1), "type": _choice(ROUTE_TYPES)}
    return _mapping({"dst": _CIDR, **{name: or_null(found) for name, found in keys.items()}}, required=["dst"])


def _dns() -> Schema:
    keys = {
        "servers": _list(_ONE_ADDRESS, maxItems=3),
        "search": _list(_WORD, maxItems=6),
        "options": _list(text(r"[a-z0-9-]+(:[0-9]+)?")),
    }
    return _mapping({name: or_null(found) for name, found in keys.items()})


def _rate() -> Schema:
    unit = f"[KkMmGg]?{_any_case('bit')}"
    each = or_null(text(rf"\s*[0-9]{{1,12}}(\.[0-9]{{1,9}})?{unit}\s*"))
    return _mapping(
        {"in": each, "out": each, "burst": or_null(text(r"\s*[0-9]{1,12}[KkMm]?[Bb]\s*"))}, minProperties=1
    )


def _by_host() -> Schema:
    one = {**text(_INTERFACE_ADDRESS, "array"), "items": text(_INTERFACE_ADDRESS)}
    return {**one, "type": ["string", "array", "object"], "additionalProperties": one}


def _words(option: Option) -> Schema:
    """One of the choices, or a list of them."""
    word = _choice(option.choices)
    return {"anyOf": [*word["anyOf"], {"type": "array", "items": word}]}


def _gateway_modes(option: Option) -> Schema:
    mode = _choice(_built(option))
    return {"anyOf": [*mode["anyOf"], _mapping({"ipv4": mode, "ipv6": mode})]}


def _host_access() -> Schema:
    port = text(rf"{_PORTS}(/({'|'.join(PROTOCOLS)}))?", "integer", minimum=1, maximum=65535)
    return {**text("all|none|dns", "array"), "items": port, "minItems": 1}


def _handoff() -> Schema:
    return _mapping({engine: {"type": "boolean"} for engine in PARTS})


def _one_text(option: Option) -> Schema:
    return _choice(drivers()) if option.name == "driver" else _choice(_built(option)) if option.choices else _WORD


def _built(option: Option) -> tuple[str, ...]:
    return option.choices if option.built_choices is None else option.built_choices


_NAMES = _list(text(NAME))
_IFNAMES_OR_ADDRESSES: Schema = {**text(None, "array"), "items": _WORD}
# What each reader of READERS takes.
TYPES: dict[str, Callable[[Option], Schema]] = {
    "address": lambda option: _ONE_ADDRESS,
    "addresses": lambda option: _list(_ONE_ADDRESS),
    "blocks": lambda option: _list(_CIDR),
    "bool": lambda option: _BOOL,
    "by_host": lambda option: _by_host(),
    "dns": lambda option: _dns(),
    "endpoint": lambda option: text(_ENDPOINT),
    "folder": lambda option: text("(/[A-Za-z0-9._+-]+)+/?"),
    "handoff": lambda option: _handoff(),
    "host_access": lambda option: _host_access(),
    "hostnames": lambda option: _NAMES,
    "gateway_modes": _gateway_modes,
    "ifname": lambda option: text(_IFNAME),
    "int": lambda option: _number(option.minimum, option.maximum),
    "interface_address": lambda option: text(_INTERFACE_ADDRESS),
    "interface_addresses": lambda option: {
        **text(_INTERFACE_ADDRESS, "array"), "items": text(_INTERFACE_ADDRESS), "minItems": 1, "maxItems": 2
    },
    "mac": lambda option: text("[0-9A-Fa-f][02468ACEace]([:-][0-9A-Fa-f]{2}){5}"),
    "mtu": lambda option: {**_number(option.minimum, option.maximum), "pattern": f"^[0-9]+$|^auto$|{TEMPLATE}"},
    "name": lambda option: text(NAME),
    "names": lambda option: _NAMES,
    "pattern": lambda option: {**text(None, "array"), "items": _WORD, "minItems": 1},
    "pins": lambda option: _mapping(additionalProperties=_list(_CIDR)),
    "pools": lambda option: _list(_CIDR, minItems=1),
    "port_range": lambda option: text(_PORTS),
    "publish": lambda option: _list(_published()),
    "publish_addresses": lambda option: _IFNAMES_OR_ADDRESSES,
    "rate": lambda option: _rate(),
    "raw": lambda option: {},
    "routes": lambda option: _list(_route()),
    "subnets": lambda option: _list(_subnet(), minItems=1),
    "sysctls": lambda option: _mapping(
        propertyNames={"pattern": r"^net[./]"}, additionalProperties={"type": ["string", "integer"]}
    ),
    "text": _one_text,
    "ways": _words,
}  # fmt: skip
