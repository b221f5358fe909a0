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
from collections.abc import Iterable, Iterator
from dataclasses import fields as fields_of
from pathlib import Path

from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import RESERVED_NETWORKS
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option
from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import Holder
from ansible_collections.containerhost.network.tools.docs.value_schemas import (
    NAME,
    TEMPLATE,
    TYPES,
    Schema,
    or_null,
    text,
)

ROOT = Path(__file__).resolve().parents[2]


# -- sections ----------------------------------------------------------------------------------------------------------


def value_of(option: Option) -> Schema:
    """What may be written as the value of a key."""
    found = TYPES[option.type](option)
    found = found if option.required and option.only_with is None else or_null(found)
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
        condition: Schema = {"properties": {other.name: or_null(known)}}
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
    keys["network_mode"].update(text(f"none|host|container:{NAME}", "null"))
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
    names: Schema = {"pattern": f"^{NAME}$"}
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
