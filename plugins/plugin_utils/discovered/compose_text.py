# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Compose file's text to plain values: YAML, and variables as the Compose specification has them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal

# $$, ${NAME}, ${NAME:-default} and its kin (of which a default may have variables itself), $NAME
_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<plain>[A-Za-z_][A-Za-z0-9_]*)"
    r"|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<sign>:?[-?+])(?P<word>(?:[^{}]|\{[^{}]*\})*))?\})"
)


class _Loader(yaml.SafeLoader):
    """Safe, and with Compose's own tags, which say how files are merged."""


def _tagged(loader: _Loader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)  # type: ignore[arg-type]


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
    if not isinstance(content, dict) or not isinstance(content.get("services"), dict):
        raise Refusal(f"{path} has no `services`", "Name a Compose file")
    unset: dict[str, None] = {}
    result = _with_values(content, environment, unset)
    left.extend(f"{path}: ${name} has no value; give it one in .env beside the file, or set it" for name in unset)
    return result


def _with_values(value: Any, environment: Mapping[str, str], unset: dict[str, None]) -> Any:
    if isinstance(value, str):
        return expand(value, environment, unset)
    if isinstance(value, dict):
        return {key: _with_values(item, environment, unset) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_values(item, environment, unset) for item in value]
    return value


def expand(text: str, environment: Mapping[str, str], unset: dict[str, None]) -> str:
    """A text with its variables' values."""

    def value_of(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "$"
        name, sign, word = found["name"] or found["plain"], found["sign"] or "", found["word"] or ""
        value = environment.get(name)
        there = value is not None and (value != "" or not sign.startswith(":"))
        if sign.endswith("+"):
            return expand(word, environment, unset) if there else ""
        if there:
            return str(value)
        if sign.endswith("-"):
            return expand(word, environment, unset)
        unset[name] = None
        return ""

    return _VARIABLE.sub(value_of, text)


def read_environment(text: str) -> dict[str, str]:
    """Lines of an ``.env`` file: ``NAME=value``, with or without quotes, ``export`` and comments."""
    found = {}
    for line in text.splitlines():
        match = re.match(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*\Z", line)
        if match:
            name, value = match[1], match[2]
            quoted = re.match(r"""(['"])(.*?)\1""", value)
            found[name] = quoted[2] if quoted else re.sub(r"(^|\s+)#.*", "", value)
    return found
