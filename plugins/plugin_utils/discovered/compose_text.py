# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Compose file's text to values: YAML, and variables as the Compose specification has them. Pure.

Of services only what their networks are made of is kept, so that nothing is asked about variables of other things, and
no secret is read further.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIGN = re.compile(r":?[-?+]")
_TOP = ("name", "services", "networks", "include")
_OF_SERVICES = frozenset(
    "container_name deploy dns dns_opt dns_search domainname extends external_links extra_hosts hostname links"
    " mac_address network_mode networks ports profiles provider scale".split()
)


class Tagged(NamedTuple):
    """A value with one of Compose's tags, which say how files are merged: ``!reset`` or ``!override``."""

    tag: str
    value: Any


class _Loader(yaml.SafeLoader):
    """Safe, with Compose's own tags."""


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    value: Any
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_scalar(node)  # type: ignore[arg-type]
    return Tagged(suffix, value) if suffix in ("reset", "override") else value


_Loader.add_multi_constructor("!", _tagged)
# YAML 1.1 makes 1342 of 22:22. Compose reads 1.2, where it is text.
_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:int"]
    for sign, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0x[0-9a-fA-F]+\Z")
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INTEGER, list("-+0123456789"))


def read(text: str, path: str, environment: Mapping[str, str], left: list[str]) -> dict[str, Any]:
    """As a mapping. ``left`` hears of variables without a value. Raises Refusal for what is no Compose file."""
    try:
        content = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError) as error:
        raise Refusal(f"{path} is no YAML: {' '.join(str(error).split())}", "Name a Compose file") from None
    known = ("services", "networks", "include")
    if not isinstance(content, dict) or not any(isinstance(content.get(key), (dict, list)) for key in known):
        raise Refusal(f"{path} has no `services`", "Name a Compose file")
    content = {key: content[key] for key in _TOP if key in content}
    if isinstance(content.get("services"), dict):
        content["services"] = {str(name): _in_part(each) for name, each in content["services"].items()}
    unset: dict[str, None] = {}
    result = _with_values(content, environment, unset)
    left.extend(f"{path}: ${name} has no value; give it one in .env beside the file, or set it" for name in unset)
    return result


def _in_part(service: Any) -> Any:
    if not isinstance(service, dict):
        return service
    return {key: value for key, value in service.items() if key in _OF_SERVICES}


def _with_values(value: Any, environment: Mapping[str, str], unset: dict[str, None]) -> Any:
    if isinstance(value, str):
        return expand(value, environment, unset)
    if isinstance(value, Tagged):
        return value._replace(value=_with_values(value.value, environment, unset))
    if isinstance(value, dict):
        return {key: _with_values(item, environment, unset) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_values(item, environment, unset) for item in value]
    return value


def expand(text: str, environment: Mapping[str, str], unset: dict[str, None]) -> str:
    """A text with its variables' values: ``$$``, ``$NAME``, ``${NAME}``, ``${NAME:-default}`` and its kin.

    A default may have variables itself.
    """
    parts, start = [], 0
    while (at := text.find("$", start)) >= 0:
        parts.append(text[start:at])
        name, close = _NAME.match(text, at + 1), _closing(text, at + 1)
        if text.startswith("$$", at):
            parts.append("$")
            start = at + 2
        elif name:
            parts.append(_value(name[0], environment, unset))
            start = name.end()
        elif close is not None and _NAME.match(text, at + 2):
            parts.append(_value(text[at + 2 : close], environment, unset))
            start = close + 1
        else:
            parts.append("$")
            start = at + 1
    return "".join([*parts, text[start:]])


def _closing(text: str, start: int) -> int | None:
    """Where the brace that opens at ``start`` is closed."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at if at > start else None
    return None


def _value(inside: str, environment: Mapping[str, str], unset: dict[str, None]) -> str:
    """Of what stands between the braces."""
    name = _NAME.match(inside)
    sign = _SIGN.match(inside, name.end()) if name else None
    if name is None or sign is None and name.end() < len(inside):
        return f"${{{inside}}}"
    word = inside[sign.end() :] if sign else ""
    value = environment.get(name[0])
    there = value is not None and (value != "" or not (sign and sign[0].startswith(":")))
    if sign and sign[0].endswith("+"):
        return expand(word, environment, unset) if there else ""
    if there:
        return str(value)
    if sign and sign[0].endswith("-"):
        return expand(word, environment, unset)
    unset[name[0]] = None
    return ""


def read_environment(text: str, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Lines of an ``.env`` file: ``NAME=value``, with or without quotes, ``export`` and comments.

    Values may have variables, but those in single quotes: of lines above, and of what is ``known`` already.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = re.match(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*[=:]\s*(.*?)\s*\Z", line)
        if match:
            quoted = re.match(r"""(['"])(.*?)\1""", match[2])
            value = quoted[2] if quoted else re.sub(r"(^|\s+)#.*", "", match[2])
            literal = bool(quoted) and quoted[1] == "'"
            found[match[1]] = value if literal else expand(value, {**found, **(known or {})}, {})
    return found
