# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's keys, from the declarations that the plan checks them by, to where they are documented.

``make generated`` writes the tables of docs/inventory.md and docs/limits.md, which a forge shows as well as the built
pages, the inventories of docs/gallery.md, the roles' argument specifications, and the engines in the modules'
documentation. tests/unit/test_generated.py holds them to it. A table stands between
``<!-- keys of SECTION -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import itertools
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES
from ansible_collections.containerhost.network.plugins.plugin_utils.drivers import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import elsewhere, schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = {
    "fleet": schema.FLEET,
    "host": schema.HOST,
    "network": schema.NETWORK,
    "container": schema.CONTAINER + schema.JOINED,
    "endpoint": schema.ENDPOINT,
}
# What a reader of schema.READERS takes, in a user's words.
TYPES = {
    "address": "an address",
    "addresses": "a list of addresses",
    "blocks": "a list of CIDRs",
    "bool": "true or false",
    "by_host": "an address, or addresses by host",
    "dns": "a mapping",
    "endpoint": "address, or address and port",
    "folder": "a folder's path",
    "handoff": "a mapping from engine to true or false",
    "host_access": "C(all), C(none), C(dns) or a list of ports",
    "hostnames": "a list of hostnames",
    "gateway_modes": "text, or C({ipv4: …, ipv6: …})",
    "ifname": "an interface's name",
    "int": "a number",
    "interface_address": "an address, with or without prefix length",
    "interface_addresses": "an address, with or without prefix length, or two of them",
    "mac": "a MAC, quoted",
    "mtu": "C(auto), or a number",
    "name": "a name",
    "names": "a list of names",
    "pattern": "a host pattern",
    "pins": "CIDRs by network",
    "pools": "a list of CIDRs",
    "port_range": "two ports, as in 61000-65535",
    "rate": "mapping of rates",
    "publish": "a list of ports",
    "publish_addresses": "an address, or a list of addresses",
    "raw": "as described",
    "routes": "a list of mappings",
    "subnets": "a list of CIDRs or mappings",
    "sysctls": "a mapping",
    "text": "text",
    "ways": "one of them, or a list",
}
_CODE = re.compile(r"C\(((?:[^()]|\([^()]*\))*)\)")


@dataclass(frozen=True)
class OptionRow:
    """A key as the reference shows it. Texts have C(…) around what is code."""

    name: str
    type: str
    default: str
    description: str


def options(section: str) -> tuple[Option, ...]:
    return SECTIONS[section] if section in SECTIONS else drivers()[section].options


def rows(section: str) -> Iterator[OptionRow]:
    """What is built."""
    for option in options(section):
        if option.built:
            yield OptionRow(option.name, _type(option), _default(option), _description(option))


def unbuilt() -> Iterator[str]:
    """Everything that the schema names and nothing does yet, with C(…) around what is code."""
    for driver in drivers().values():
        for option in driver.options:
            if not option.built:
                yield f"C({option.name}) of {driver.name} networks"
            for choice in _later(option):
                yield f"C({option.name}: {choice}) of {driver.name} networks"
    for section in SECTIONS.values():
        yield from (f"C({option.name})" for option in section if not option.built)
        yield from (f"C({option.name}: {choice})" for option in section for choice in _later(option))


def _type(option: Option) -> str:
    if option.name == "driver":
        return " or ".join(f"C({name})" for name in drivers())
    if option.choices:
        return " or ".join(f"C({choice})" for choice in _built(option))
    text = TYPES[option.type]
    if option.minimum is not None:
        text += f" from {option.minimum} to {option.maximum}"
    return text


def _built(option: Option) -> tuple[str, ...]:
    return option.choices if option.built_choices is None else option.built_choices


def _later(option: Option) -> list[str]:
    return [choice for choice in option.choices if choice not in _built(option)]


def _default(option: Option) -> str:
    if option.required:
        return "required"
    if option.default_note:
        return option.default_note
    if option.default is None:
        return "none"
    if isinstance(option.default, bool):
        return f"C({str(option.default).lower()})"
    if option.default in ((), {}):
        return "none"
    return f"C({option.default})"


def _description(option: Option) -> str:
    if option.only_with is None:
        return option.description
    other, choices = option.only_with
    return f"{option.description} Only with {' or '.join(f'C({other}: {choice})' for choice in choices)}."


# -- Markdown ----------------------------------------------------------------------------------------------------------

_PART = re.compile(r"(<!-- (keys|example) of ([a-z_-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def page(text: str) -> str:
    """A page with its generated parts as they should be."""

    def filled(part: re.Match[str]) -> str:
        return f"{part[1]}\n{_part(part[3]) if part[2] == 'keys' else _example_part(part[3])}\n{part[4]}"

    return _PART.sub(filled, text)


EXAMPLES = ROOT / "docs" / "examples"


def _example_part(name: str) -> str:
    """An inventory of docs/examples: its first comment is a title, what follows it says what it is about."""
    folder = EXAMPLES / name
    title, about, text = _read_example(folder / "hosts.yml")
    used = sorted(set(re.findall(r"driver: (\w+)", text)))
    guides = " and ".join(f"[{driver}]({driver}.md)" for driver in used)
    drawing = f":::{{container}} drawing own\n![{title}](images/drawn/{name}.svg)\n:::\n"
    parts = [f"## {title}\n\n{about} Guide: {guides}.\n", drawing, _yaml(f"docs/examples/{name}/hosts.yml", text)]
    for path in sorted(folder.glob("host_vars/*.yml")):
        parts.append(_yaml(f"docs/examples/{name}/host_vars/{path.name}", _without_head(path)))
    return "\n".join(parts)


def _yaml(path: str, text: str) -> str:
    return f"```yaml\n# {path}\n{text}```\n"


def _without_head(path: Path) -> str:
    """Without the marker and the licence."""
    return path.read_text().partition("SPDX-License-Identifier: GPL-3.0-or-later\n")[2].lstrip("\n")


def _read_example(path: Path) -> tuple[str, str, str]:
    lines = _without_head(path).splitlines(keepends=True)
    head = list(itertools.takewhile(lambda line: line.startswith("#"), lines))
    title, *about = (line.lstrip("# ").rstrip() for line in head)
    return title, " ".join(about), "".join(lines[len(head) :])


def _part(name: str) -> str:
    if name == "unbuilt":
        return "".join(f"- {_markdown(text)}\n" for text in unbuilt())
    if name == "elsewhere":
        return _table(("There", "Here"), _elsewhere())
    found = [
        (f"`{row.name}`", *(_markdown(text).replace("|", "\\|") for text in (row.type, row.default, row.description)))
        for row in rows(name)
    ]
    if name == "network":
        links = " or ".join(f"[`{driver}`](#driver-{driver})" for driver in drivers())
        found = [(row[0], links, *row[2:]) if row[0] == "`driver`" else row for row in found]
    return _table(("Key", "Value", "Default", "What it does"), found)


def _table(head: tuple[str, ...], found: list[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ("---",) * len(head), *found))


def _markdown(text: str) -> str:
    return _CODE.sub(r"`\1`", text)


def _elsewhere() -> list[tuple[str, ...]]:
    """What others call our keys, as the plan's suggestions know it."""
    found: dict[str, list[str]] = {}
    for theirs, ours in elsewhere.NAMES.items():
        if not theirs.endswith("_"):
            found.setdefault(ours, []).append(theirs)
    return [(", ".join(f"`{name}`" for name in names), f"`{ours}`") for ours, names in found.items()]


# -- argument specifications -------------------------------------------------------------------------------------------

_LINE = 118  # of ansible-lint, which takes 120
ROLES: Mapping[str, str] = {
    "bridge_network": "bridge",
    "ipvlan_network": "ipvlan",
    "macvlan_network": "macvlan",
    "vxlan_overlay": "overlay",
}
# Ansible's own types for those of READERS that are one value of one type; all else is checked by the plan alone.
_ARGUMENT_TYPES = {"bool": "bool", "int": "int", "text": "str", "ifname": "str", "folder": "str"}
_EXAMPLES = {
    "bool": "true",
    "folder": "/var/lib/prometheus/node-exporter",
    "ifname": "eth0",
    "interface_address": "192.0.2.11/24",
    "pattern": "container_hosts",
    "pins": "{fabric: [10.42.1.0/24]}",
    "pools": "[10.64.0.0/12]",
    "port_range": "61000-65535",
    "publish_addresses": "192.0.2.11",
    "text": "/srv/fleet/containerhost.ledger",
}
_NETWORKS = "{web: {driver: bridge, subnets: [10.80.0.0/16]}}"
_CONTAINERS = '{shop: {engine: docker, networks: {web: {publish: ["8080:80"]}}}}'


def argument_specs(text: str, driver: str) -> str:
    """A role's file with its options as they should be; what precedes them is written by hand."""
    before, _options, _old = text.partition("    options:\n")
    return f"{before}    options:\n{''.join(_yaml_of(name, option) for name, option in _role_options(driver).items())}"


def _yaml_of(name: str, option: Mapping[str, Any]) -> str:
    """One option, with its texts as folded lines: yaml's own writer breaks none within quotes, and others too late."""
    lines = [f"{name}:", "  description:"]
    for text in option["description"]:
        folded = textwrap.wrap(text, _LINE - 12, break_long_words=False, break_on_hyphens=False)
        lines += ["    - >-", *(f"      {line}" for line in folded)]
    lines += [f"  {key}: {json.dumps(value)}" for key, value in option.items() if key != "description"]
    return textwrap.indent("\n".join(lines) + "\n", " " * 6)


def _role_options(driver: str) -> dict[str, Any]:
    own = [option for option in (*options("network"), *options(driver)) if option.name != "driver"]
    networks = ["The fleet's networks, by name. All C(containerhost_networks_*) are joined with it.",
                f"This role makes those of C(driver: {driver}), and the plan checks the others as well.",
                *_keys(own, "A network"), f"Example C({_NETWORKS.replace('bridge', driver)})."]  # fmt: skip
    containers = ["The containers of a host, by name. All C(containerhost_containers_*) are joined with it.",
                  *_keys(options("container"), "A container"),
                  *_keys(options("endpoint"), "A container on a network"), f"Example C({_CONTAINERS})."]  # fmt: skip
    return {
        schema.NETWORKS: {"description": networks, "type": "dict"},
        schema.CONTAINERS: {"description": containers, "type": "dict"},
        **{option.name: _argument(option) for name in ("host", "fleet") for option in options(name) if option.built},
        "containerhost_python": {
            "description": [
                "Where a host lacks pyroute2, a folder for a virtual environment with it, as the role"
                " P(containerhost.network.prerequisites#role) has it. Without it, the distribution's package is"
                " installed.",
                "Example C(/usr/local/lib/containerhost/python).",
            ],
            "type": "path",
        },
    }


def _keys(found: Any, what: str) -> list[str]:
    """A sentence a key: an argument specification has no place for keys below names."""
    return [
        f"{what} has C({option.name}), {_type(option)}, default {_default(option)}. {_description(option)}"
        for option in found
        if option.built
    ]


def _argument(option: Option) -> dict[str, Any]:
    told = [_description(option), *([f"Default is {option.default_note}."] if option.default_note else [])]
    found: dict[str, Any] = {"description": [*told, f"Example C({option.name}: {_example(option)})."]}
    found["type"] = _ARGUMENT_TYPES.get(option.type, "raw")
    if not option.default_note and option.default not in (None, (), {}):
        found["default"] = option.default
    if option.choices:
        found["choices"] = list(_built(option))
    return found


def _example(option: Option) -> str:
    if option.choices:
        return _built(option)[0]
    if option.minimum is not None:
        return str(option.default or option.maximum)
    return _EXAMPLES.get(option.type, "…")


# -- modules' documentation --------------------------------------------------------------------------------------------

_ENGINES = re.compile(r"^( +choices: )\[netns, .*\]$", re.MULTILINE)


def module(text: str) -> str:
    """A module's text with the engines that there are, in each option `engine`."""
    return _ENGINES.sub(rf"\1[{', '.join(ENGINES)}]", text)


# -- files -------------------------------------------------------------------------------------------------------------


def generated() -> Iterator[tuple[Path, str]]:
    """Each file that has generated parts, and its text as it should be."""
    for name in ("gallery", "inventory", "limits"):
        path = ROOT / "docs" / f"{name}.md"
        yield path, page(path.read_text())
    for role, driver in ROLES.items():
        path = ROOT / "roles" / role / "meta" / "argument_specs.yml"
        yield path, argument_specs(path.read_text(), driver)
    for path in sorted((ROOT / "plugins" / "modules").glob("*.py")):
        if _ENGINES.search(path.read_text()):
            yield path, module(path.read_text())


if __name__ == "__main__":
    for path, text in generated():
        path.write_text(text)
