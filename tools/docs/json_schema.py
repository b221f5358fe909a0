# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON schemas of the inventory, for editors, from the declarations that the plan checks it by.

``make generated`` writes ``schemas/variables.json`` (files of group_vars and host_vars), ``schemas/inventory.json``
(inventories in YAML) and ``schemas/show.json`` (what ``show`` tells as JSON); tests/unit/test_json_schema.py holds them
to it. They are of draft 7, which editors know best.

A schema takes all that the plan takes, and a template wherever a value may stand: a file that is right must have no
mark in an editor. It finds what can be told of one value by its form; what needs the whole fleet is left to the plan.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.handoff import PARTS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import RESERVED_NETWORKS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.publish import PROTOCOLS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.readers import NAME_MAX, ROUTE_TYPES
from ansible_collections.containerhost.network.plugins.plugin_utils.show import Holder

ROOT = Path(__file__).resolve().parents[2]
Schema = dict[str, Any]

TEMPLATE = r"\{[{%]"
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
# An IPv6 address is told by its colons here; whether it is one, the plan says.
_ADDRESS = rf"({_BYTE}(\.{_BYTE}){{3}}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)"
_NAME = rf"[A-Za-z0-9][A-Za-z0-9_.-]{{0,{NAME_MAX - 1}}}"
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


# -- values ------------------------------------------------------------------------------------------------------------


def _text(pattern: str | None = None, *types: str, **rest: Any) -> Schema:
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


def _or_null(found: Schema) -> Schema:
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
_ONE_ADDRESS = _text(_ADDRESS)
_CIDR = _text(rf"{_ADDRESS}/[0-9]{{1,3}}")
_INTERFACE_ADDRESS = rf"{_ADDRESS}(/[0-9]{{1,3}})?"
_ONE_OR_MORE_SPANS = {**_text(_SPAN, "array"), "items": _text(_SPAN)}
_WORD = _text()


def _subnet() -> Schema:
    keys = {
        "cidr": _CIDR,
        "host_prefix": _or_null(_number(0, 126)),
        "gateway": _or_null(_ONE_ADDRESS),
        "range": _or_null(_text(_SPAN)),
        "exclude": _or_null(_ONE_OR_MORE_SPANS),
    }
    pattern = {"pattern": f"^({_ADDRESS}/[0-9]{{1,3}})$|{TEMPLATE}"}
    return _mapping(keys, required=["cidr"], **pattern)


def _published() -> Schema:
    port = _text(_PORTS, "integer", minimum=1, maximum=65535)
    keys = {
        "host_ip": _or_null(_WORD),
        "host_port": _or_null(port),
        "container_port": port,
        "protocol": _or_null(_text(_PROTOCOL)),
        "sources": {**_text(None, "array"), "items": _WORD, "minItems": 1},
    }
    return {**_mapping(keys, required=["container_port"]), "pattern": f"^{_PUBLISH}$|{TEMPLATE}"}


def _route() -> Schema:
    keys = {"via": _ONE_ADDRESS, "metric": _number(0, 2**32 - 1), "type": _choice(ROUTE_TYPES)}
    return _mapping({"dst": _CIDR, **{name: _or_null(found) for name, found in keys.items()}}, required=["dst"])


def _dns() -> Schema:
    keys = {
        "servers": _list(_ONE_ADDRESS, maxItems=3),
        "search": _list(_WORD, maxItems=6),
        "options": _list(_text(r"[a-z0-9-]+(:[0-9]+)?")),
    }
    return _mapping({name: _or_null(found) for name, found in keys.items()})


def _rate() -> Schema:
    unit = f"[KkMmGg]?{_any_case('bit')}"
    each = _or_null(_text(rf"\s*[0-9]{{1,12}}(\.[0-9]{{1,9}})?{unit}\s*"))
    return _mapping(
        {"in": each, "out": each, "burst": _or_null(_text(r"\s*[0-9]{1,12}[KkMm]?[Bb]\s*"))}, minProperties=1
    )


def _by_host() -> Schema:
    one = {**_text(_INTERFACE_ADDRESS, "array"), "items": _text(_INTERFACE_ADDRESS)}
    return {**one, "type": ["string", "array", "object"], "additionalProperties": one}


def _words(option: Option) -> Schema:
    """One of the choices, or a list of them."""
    word = _choice(option.choices)
    return {"anyOf": [*word["anyOf"], {"type": "array", "items": word}]}


def _gateway_modes(option: Option) -> Schema:
    mode = _choice(_built(option))
    return {"anyOf": [*mode["anyOf"], _mapping({"ipv4": mode, "ipv6": mode})]}


def _host_access() -> Schema:
    port = _text(rf"{_PORTS}(/({'|'.join(PROTOCOLS)}))?", "integer", minimum=1, maximum=65535)
    return {**_text("all|none|dns", "array"), "items": port, "minItems": 1}


def _handoff() -> Schema:
    return _mapping({engine: {"type": "boolean"} for engine in PARTS})


def _one_text(option: Option) -> Schema:
    return _choice(drivers()) if option.name == "driver" else _choice(_built(option)) if option.choices else _WORD


def _built(option: Option) -> tuple[str, ...]:
    return option.choices if option.built_choices is None else option.built_choices


_NAMES = _list(_text(_NAME))
_IFNAMES_OR_ADDRESSES: Schema = {**_text(None, "array"), "items": _WORD}
# What each reader of READERS takes.
TYPES: dict[str, Callable[[Option], Schema]] = {
    "address": lambda option: _ONE_ADDRESS,
    "addresses": lambda option: _list(_ONE_ADDRESS),
    "blocks": lambda option: _list(_CIDR),
    "bool": lambda option: _BOOL,
    "by_host": lambda option: _by_host(),
    "dns": lambda option: _dns(),
    "endpoint": lambda option: _text(_ENDPOINT),
    "folder": lambda option: _text("(/[A-Za-z0-9._+-]+)+/?"),
    "handoff": lambda option: _handoff(),
    "host_access": lambda option: _host_access(),
    "hostnames": lambda option: _NAMES,
    "gateway_modes": _gateway_modes,
    "ifname": lambda option: _text(_IFNAME),
    "int": lambda option: _number(option.minimum, option.maximum),
    "interface_address": lambda option: _text(_INTERFACE_ADDRESS),
    "interface_addresses": lambda option: {
        **_text(_INTERFACE_ADDRESS, "array"), "items": _text(_INTERFACE_ADDRESS), "minItems": 1, "maxItems": 2
    },
    "mac": lambda option: _text("[0-9A-Fa-f][02468ACEace]([:-][0-9A-Fa-f]{2}){5}"),
    "mtu": lambda option: {**_number(option.minimum, option.maximum), "pattern": f"^[0-9]+$|^auto$|{TEMPLATE}"},
    "name": lambda option: _text(_NAME),
    "names": lambda option: _NAMES,
    "pattern": lambda option: {**_text(None, "array"), "items": _WORD, "minItems": 1},
    "pins": lambda option: _mapping(additionalProperties=_list(_CIDR)),
    "pools": lambda option: _list(_CIDR, minItems=1),
    "port_range": lambda option: _text(_PORTS),
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


# -- sections ----------------------------------------------------------------------------------------------------------


def value_of(option: Option) -> Schema:
    """What may be written as the value of a key."""
    found = TYPES[option.type](option)
    found = found if option.required and option.only_with is None else _or_null(found)
    note: Schema = {"description": re.sub(r"C\(((?:[^()]|\([^()]*\))*)\)", r"`\1`", option.description)}
    if isinstance(option.default, (bool, int, str)) and not option.default_note:
        note["default"] = option.default
    return {**note, **found}


def _section(options: Iterable[Option]) -> Schema:
    """A mapping of these keys, with what one of them says of others."""
    options = [option for option in options if option.built]
    found: Schema = {
        "type": ["object", "string"],
        "pattern": TEMPLATE,
        "properties": {option.name: value_of(option) for option in options},
        "additionalProperties": False,
    }
    required = [option.name for option in options if option.required and option.only_with is None]
    if required:
        found["required"] = required
    by_name = {option.name: option for option in options}
    rules = [_rule(option, by_name[option.only_with[0]]) for option in options if option.only_with]
    return {**found, "allOf": rules} if rules else found


def _rule(option: Option, other: Option) -> Schema:
    """A key has a meaning, and may be required, with some values of another one alone."""
    with_them = option.only_with[1] if option.only_with else ()
    known: Schema = {"anyOf": [{"enum": list(with_them)}, {"type": "string", "pattern": TEMPLATE}]}
    if other.default in with_them:
        condition: Schema = {"properties": {other.name: _or_null(known)}}
    else:
        condition = {"required": [other.name], "properties": {other.name: known}}
    defaults = [option.default] if isinstance(option.default, (bool, int, str)) else []
    without: Schema = {"properties": {option.name: {"enum": [*defaults, None]}}}
    return {"if": condition, "then": {"required": [option.name]} if option.required else {}, "else": without}


def _network() -> Schema:
    """A network has the keys of its driver."""
    of_drivers = []
    for name in drivers():
        condition = {"required": ["driver"], "properties": {"driver": {"const": name}}}
        of_drivers.append({"if": condition, "then": {"$ref": f"#/definitions/{name}_network"}})
    driver = next(option for option in schema.NETWORK if option.name == "driver")
    return {
        "type": ["object", "string"],
        "pattern": TEMPLATE,
        "required": ["driver"],
        "properties": {"driver": value_of(driver)},
        "allOf": of_drivers,
    }


_MAY_JOIN = {
    "required": ["network_mode"],
    "properties": {"network_mode": {"type": "string", "pattern": f"^container:|{TEMPLATE}"}},
}
_EMPTY: Schema = {"type": ["object", "null"], "maxProperties": 0}


def _container() -> Schema:
    found = _section((*schema.CONTAINER, *schema.JOINED))
    keys = found["properties"]
    keys["network_mode"].update(_text(f"none|host|container:{_NAME}", "null"))
    keys["ref"].update({"type": ["string", "integer", "null"]})
    keys["networks"].update(_named("endpoint", "null"))
    mode = {"required": ["network_mode"], "properties": {"network_mode": {"type": "string"}}}
    by_number = [name for name in ENGINES if not ENGINES[name].known_by_name]
    numbered = {"required": ["engine"], "properties": {"engine": {"enum": by_number}}}
    found["allOf"] = [
        {"if": _MAY_JOIN, "else": {"properties": {option.name: False for option in schema.JOINED}}},
        {"if": mode, "then": {"properties": {"networks": _EMPTY}}},
        {"if": numbered, "then": {"required": ["ref"]}},
    ]
    return {**found, "type": [*found["type"], "null"]}


def _endpoint() -> Schema:
    found = _section(schema.ENDPOINT)
    both = {"type": "object", "required": ["address", "addresses"], "properties": {
        "address": {"type": "string"}, "addresses": {"type": "array", "minItems": 1}}}  # fmt: skip
    return {**found, "type": [*found["type"], "null"], "not": both}


def _named(definition: str, *types: str, reserved: Iterable[str] = ()) -> Schema:
    """A mapping from names to what a definition says."""
    names: Schema = {"pattern": f"^{_NAME}$"}
    if reserved:
        names["not"] = {"enum": list(reserved)}
    return {
        "type": ["object", "string", *types],
        "pattern": TEMPLATE,
        "propertyNames": names,
        "additionalProperties": {"$ref": f"#/definitions/{definition}"},
    }


# -- files -------------------------------------------------------------------------------------------------------------


def _definitions() -> Schema:
    networks = {f"{name}_network": _section(schema.network_options(name)) for name in drivers()}
    return {
        "networks": _named("network", "null", reserved=RESERVED_NETWORKS),
        "containers": _named("container", "null"),
        "network": _network(),
        **networks,
        "container": _container(),
        "endpoint": _endpoint(),
        "variables": _variables(),
    }


def _variables() -> Schema:
    """Variables of a host or group: ours are checked, and a name that begins as ours do must be one of them."""
    own = [option for option in (*schema.HOST, *schema.FLEET) if option.built]
    joined = {schema.NETWORKS: "networks", schema.CONTAINERS: "containers"}
    names = {*(option.name for option in own), *schema.OTHERS, *_of_playbooks()}
    ways = [{"pattern": f"^(?!{schema.PREFIX})"}, {"pattern": f"^({'|'.join(joined)})(_.*)?$"}, {"enum": sorted(names)}]
    return {
        "type": ["object", "null"],
        "properties": {option.name: value_of(option) for option in own},
        "patternProperties": {
            f"^{name}(_.*)?$": {"$ref": f"#/definitions/{definition}"} for name, definition in joined.items()
        },
        "propertyNames": {"anyOf": ways},
    }


def _of_playbooks() -> Iterator[str]:
    """Variables that a playbook's comment says it takes, which may stand in an inventory as well."""
    for path in (ROOT / "playbooks").glob("*.yml"):
        yield from re.findall(rf"-e ({schema.PREFIX}[a-z_]+)=", path.read_text())


def _group() -> Schema:
    """A group of an inventory in YAML, as Ansible's plugin ``yaml`` reads it."""
    variables = {"$ref": "#/definitions/variables"}
    return {
        "type": ["object", "null"],
        "properties": {
            "hosts": {"type": ["object", "null"], "additionalProperties": variables},
            "vars": variables,
            "children": {"type": ["object", "null"], "additionalProperties": {"$ref": "#/definitions/group"}},
        },
        "additionalProperties": False,
    }


def _schema(title: str, root: Schema, definitions: Schema) -> str:
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": title}
    return json.dumps({**head, **root, "definitions": definitions}, indent=1, ensure_ascii=False) + "\n"


def generated() -> Iterator[tuple[Path, str]]:
    """Each schema's file, and its text as it should be."""
    definitions = _definitions()
    variables = {"allOf": [{"$ref": "#/definitions/variables"}]}
    yield ROOT / "schemas/variables.json", _schema(
        "Variables of containerhost.network, in group_vars and host_vars", variables, definitions
    )
    # An inventory of a plugin has that plugin's own keys.
    other = {"required": ["plugin"], "properties": {"plugin": {"type": "string"}}}
    groups = {"type": ["object", "null"], "additionalProperties": {"$ref": "#/definitions/group"}}
    yield ROOT / "schemas/inventory.json", _schema(
        "Inventory in YAML, with variables of containerhost.network",
        {"if": other, "else": groups},
        {**definitions, "group": _group()},
    )
    yield ROOT / "schemas/show.json", _schema("What containerhost.network.show tells as JSON, version 1", _shown(), {})


# -- what programs read ------------------------------------------------------------------------------------------------

_SHOWN = {
    "network": "The network's name.",
    "driver": "Its driver.",
    "host": "The host's name in the inventory.",
    "container": "The container's name; empty for a device of the host's own.",
    "engine": "The container's engine; empty for a host's device.",
    "ref": "The container's name, pid or path with its engine; empty for a host's device.",
    "interface": "The interface's name, in the container or on the host.",
    "addresses": "Addresses with prefix lengths.",
    "mac": "The MAC; empty where the kernel chooses it.",
    "publish": "Published ports: [address:][host_port[-end]:]port[-end]/protocol.",
    "names": "All names on this network, the container's own first.",
    "new": "Whether the ledger does not know its addresses yet.",
}
_FORMS: dict[str, Schema] = {
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "tuple[str, ...]": {"type": "array", "items": {"type": "string"}},
}


def _shown() -> Schema:
    """Of the fields of ``Holder``. Whoever reads it must take fields that are added."""
    fields = {field.name: {"description": _SHOWN[field.name], **_FORMS[str(field.type)]} for field in fields_of(Holder)}
    return {"type": "array", "items": {"type": "object", "properties": fields, "required": list(fields)}}


if __name__ == "__main__":
    for path, text in generated():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
