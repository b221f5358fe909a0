# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has been found on all hosts, as files of an inventory, with its list of what could not be taken over. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import overlapping, parse_block

# What a host is reached by, and no secret.
CONNECTION = (
    "ansible_host", "ansible_port", "ansible_user", "ansible_connection", "ansible_become",
    "ansible_python_interpreter", "containerhost_underlay_address", "containerhost_underlay_interface",
    "containerhost_underlay_mtu",
)  # fmt: skip


def joined(one: DiscoveredHost, other: DiscoveredHost) -> DiscoveredHost:
    """What two places say of one host. The first one's word counts, as it is what runs."""
    networks = {**other.networks, **one.networks}
    containers = {**other.containers, **one.containers}
    return DiscoveredHost(networks, containers, [*one.left, *other.left], {**other.slices, **one.slices})


def beside(one: DiscoveredHost, other: DiscoveredHost, engine: str) -> DiscoveredHost:
    """Two engines of one host. What the other one has under the same name gets the engine's name behind its own."""
    other = _renamed(other, {name: f"{name}-{engine}" if name in one.networks else name for name in other.networks})
    containers = dict(one.containers)
    for name, options in other.containers.items():
        if name in one.containers:
            containers[f"{name}-{engine}"] = {**options, "ref": name}
        else:
            containers[name] = options
    return DiscoveredHost({**one.networks, **other.networks}, containers, [*one.left, *other.left], one.slices)


def cleaned(found: DiscoveredHost) -> DiscoveredHost:
    """Without values that Ansible would take for templates: what a host says must not run on the controller."""
    left: list[str] = []
    networks = {name: _cleaned(options, f"network `{name}`", left) for name, options in found.networks.items()}
    containers = {name: _cleaned(options, f"container `{name}`", left) for name, options in found.containers.items()}
    sentences = [" ".join(sentence.replace("{", "(").replace("}", ")").split()) for sentence in found.left]
    return DiscoveredHost(networks, containers, [*sentences, *left], found.slices)


def _cleaned(value: Any, what: str, left: list[str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _cleaned(item, what, left)
            for key, item in value.items()
            if not _is_template(key, what, left) and not _is_template(item, what, left)
        }
    if isinstance(value, list):
        return [_cleaned(item, what, left) for item in value if not _is_template(item, what, left)]
    return value


def _is_template(value: Any, what: str, left: list[str]) -> bool:
    found = isinstance(value, str) and "{" in value
    if found:
        left.append(f"{what}: a value with a brace in it is left out, as Ansible could take it for a template")
    return found


def of_fleet(hosts: Mapping[str, DiscoveredHost]) -> tuple[dict[str, dict[str, Any]], dict[str, DiscoveredHost]]:
    """The fleet's networks, and what each host has then. A network is one where all say the same of it.

    Otherwise each has a name of its own. Networks that overlap another are left out, as the fleet's addresses are one
    space; what was on them says so.
    """
    variants: dict[str, list[dict[str, Any]]] = {}
    for found in hosts.values():
        for name, options in found.networks.items():
            if options not in variants.setdefault(name, []):
                variants[name].append(options)
    networks: dict[str, dict[str, Any]] = {}
    renamed: dict[str, DiscoveredHost] = {}
    for host, found in hosts.items():
        names = {name: name if len(variants[name]) == 1 else f"{name}-{host}" for name in found.networks}
        found = _renamed(found, names)
        networks.update({name: found.networks[name] for name in found.networks})
        renamed[host] = found
    out = dict(_overlapping(networks))
    kept = {name: options for name, options in networks.items() if name not in out}
    return dict(sorted(kept.items())), {host: _without(found, out) for host, found in renamed.items()}


def _renamed(found: DiscoveredHost, names: Mapping[str, str]) -> DiscoveredHost:
    networks = {names[name]: options for name, options in found.networks.items()}
    left = [
        f"network `{name}` is `{new}` here, as there is another one of that name"
        for name, new in names.items()
        if name != new
    ]
    containers = {}
    for container, options in found.containers.items():
        changed = dict(options)
        if "networks" in options:
            changed["networks"] = {names[name]: endpoint for name, endpoint in options["networks"].items()}
        if options.get("default_route"):
            changed["default_route"] = names[options["default_route"]]
        containers[container] = changed
    slices = {names[name]: blocks for name, blocks in found.slices.items() if name in names}
    return DiscoveredHost(networks, containers, [*found.left, *left], slices)


def _overlapping(networks: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Networks that have to go, and why; of two that overlap the later one by name."""
    gone: set[str] = set()
    blocks = [
        (parse_block(each["cidr"] if isinstance(each, Mapping) else each), name)
        for name, options in sorted(networks.items())
        for each in options.get("subnets") or ()
    ]
    for (one, first), (other, second) in overlapping(blocks):
        first, second = sorted((first, second))
        if first != second and first not in gone and second not in gone:
            gone.add(second)
            yield second, f"`{second}` ({other}) overlaps `{first}` ({one}), and a fleet's subnets are one space"


def _without(found: DiscoveredHost, out: Mapping[str, str]) -> DiscoveredHost:
    networks = {name: options for name, options in found.networks.items() if name not in out}
    left = [f"{out[name]}: give it another subnet, and write it yourself" for name in found.networks if name in out]
    containers = {}
    for container, options in found.containers.items():
        lost = [name for name in options.get("networks") or () if name in out]
        if lost:
            left.append(f"container `{container}` is not put on {' and '.join(f'`{name}`' for name in lost)}")
            options = dict(options, networks={k: v for k, v in options["networks"].items() if k not in out})
            if options.get("default_route") in out:
                del options["default_route"]
        containers[container] = options
    slices = {name: blocks for name, blocks in found.slices.items() if name not in out}
    return DiscoveredHost(networks, containers, [*found.left, *left], slices)


# -- files -------------------------------------------------------------------------------------------------------------

_HEAD = "# Written by containerhost.network.discover, to be read, changed and kept.\n"


def _yaml(value: Any) -> str:
    """Block style, and the innermost lists and mappings on one line, as people write an inventory."""
    return yaml.safe_dump(value, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)


def files(
    networks: Mapping[str, Any],
    hosts: Mapping[str, DiscoveredHost],
    connection: Mapping[str, Mapping[str, Any]],
    problems: Sequence[str] = (),
) -> dict[str, str]:
    """Each file's text, by its path in the new folder; the ledger is made of them. ``problems``: what the plan says."""
    known = {host: dict(connection.get(host, {})) or None for host in hosts}
    made = {
        "inventory/hosts.yml": _HEAD + _yaml({"all": {"hosts": known}}),
        "inventory/group_vars/all.yml": _HEAD + _yaml({"containerhost_networks": dict(networks)}),
        "LEFT.md": left(hosts, problems),
    }
    for host, found in hosts.items():
        containers = dict(sorted(found.containers.items()))
        slices = {"containerhost_slices": found.slices} if found.slices else {}
        made[f"inventory/host_vars/{host}.yml"] = _HEAD + _yaml({**slices, "containerhost_containers": containers})
    return made


def left(hosts: Mapping[str, DiscoveredHost], problems: Sequence[str] = ()) -> str:
    """The list of what could not be taken over, in Markdown."""
    lines = ["# What could not be taken over, and why", ""]
    if problems:
        lines += ["## What the plan refuses", "", *(f"- {problem}." for problem in problems), ""]
    for host, found in hosts.items():
        if found.left:
            lines += [f"## {host}", "", *(f"- {sentence}." for sentence in dict.fromkeys(found.left)), ""]
    if len(lines) == 2:
        lines += ["Nothing: all that was found is in the inventory.", ""]
    return "\n".join(lines)
