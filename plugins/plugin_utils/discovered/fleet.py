# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has been found on all hosts, as files of an inventory, with its list of what could not be taken over. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost, is_hostname
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import Block, parse_block

# What a host is reached by, and no secret.
CONNECTION = (
    "ansible_host", "ansible_port", "ansible_user", "ansible_connection", "ansible_become",
    "ansible_python_interpreter", "containerhost_underlay_address", "containerhost_underlay_interface",
    "containerhost_underlay_mtu",
)  # fmt: skip


# Neither a template of Ansible's nor markup, which Markdown lets through.
_HARMLESS = str.maketrans("{}<>", "()()")


def joined(one: DiscoveredHost, other: DiscoveredHost) -> DiscoveredHost:
    """What two places say of one host. The first one's word counts, as it is what runs."""
    told = {**_told(other), **_told(one)}
    elsewhere = {**other.elsewhere, **one.elsewhere}
    return DiscoveredHost(
        {**other.networks, **one.networks, **told},
        {**other.containers, **one.containers},
        [*one.left, *other.left],
        {**other.slices, **one.slices},
        {name: sentence for name, sentence in elsewhere.items() if name not in told},
        {**other.variables, **one.variables},
    )


def _told(found: DiscoveredHost) -> dict[str, dict[str, Any]]:
    return {name: options for name, options in found.networks.items() if name not in found.elsewhere}


def beside(one: DiscoveredHost, other: DiscoveredHost, engine: str) -> DiscoveredHost:
    """Two engines of one host. What the other one has under the same name gets the engine's name behind its own."""
    other = _renamed(other, {name: f"{name}-{engine}" if name in one.networks else name for name in other.networks})
    containers = dict(one.containers)
    for name, options in other.containers.items():
        if name in one.containers:
            containers[f"{name}-{engine}"] = {**options, "ref": name}
        else:
            containers[name] = options
    networks = {**one.networks, **other.networks}
    return replace(one, networks=networks, containers=containers, left=[*one.left, *other.left])


def cleaned(found: DiscoveredHost) -> DiscoveredHost:
    """Without values that Ansible would take for templates: what a host says must not run on the controller.

    Containers have names that others can find them by.
    """
    left: list[str] = []
    found = _with_hostnames(_without_lost_addresses(found, left), left)
    networks = {name: _cleaned(options, f"network `{name}`", left) for name, options in found.networks.items()}
    containers = {name: _cleaned(options, f"container `{name}`", left) for name, options in found.containers.items()}
    told = [*found.left, *found.elsewhere.values()]
    sentences = [" ".join(sentence.translate(_HARMLESS).split()) for sentence in told]
    return replace(found, networks=networks, containers=containers, left=[*sentences, *left], elsewhere={})


def _without_lost_addresses(found: DiscoveredHost, left: list[str]) -> DiscoveredHost:
    """A pinned address on a network whose subnet nobody has told would be outside of the one that it gets."""
    containers = {}
    for name, options in found.containers.items():
        endpoints = dict(options.get("networks") or {})
        for network, endpoint in endpoints.items():
            lost = [endpoint[key] for key in ("address", "addresses") if key in endpoint]
            if lost and not found.networks.get(network, {}).get("subnets"):
                text = ", ".join([lost[0]] if isinstance(lost[0], str) else lost[0])
                left.append(
                    f"container `{name}`: its address {text} on `{network}` is left out, as the network's subnet is not"
                    " known here: write both"
                )
                endpoints[network] = {k: v for k, v in endpoint.items() if k not in ("address", "addresses")}
        containers[name] = {**options, "networks": endpoints} if endpoints else options
    return replace(found, containers=containers)


def _with_hostnames(found: DiscoveredHost, left: list[str]) -> DiscoveredHost:
    """A name that is no hostname becomes the ``ref`` of another one, where the container's networks have names."""
    names = {}
    for name, options in found.containers.items():
        on = (found.networks.get(network, {}) for network in options.get("networks") or ())
        names[name] = name
        if not is_hostname(name) and any(each.get("names") for each in on):
            new = re.sub(r"[._-]+", "-", name)[:60].strip("-")
            new = new if is_hostname(new) else f"c-{new}"
            names[name] = f"{new}-c" if new in found.containers or new in names.values() else new
            left.append(f"container `{name}` is `{names[name]}` here, as others can't find it by a name like that")
    containers = {}
    for name, options in found.containers.items():
        partner = str(options.get("network_mode", "")).partition("container:")[2]
        joins = {"network_mode": f"container:{names[partner]}"} if partner in names else {}
        ref = {"ref": options.get("ref", name)} if names[name] != name else {}
        containers[names[name]] = {**options, **joins, **ref}
    return replace(found, containers=containers)


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

    Otherwise each has a name of its own. Bridges of one subnet on hosts of which none has both say by ``hosts`` that
    each is there alone. Of others that overlap one is left out; what was on it says so.
    """
    variants: dict[str, list[dict[str, Any]]] = {}
    for found in hosts.values():
        for name, options in found.networks.items():
            if options not in variants.setdefault(name, []):
                variants[name].append(options)
    networks: dict[str, dict[str, Any]] = {}
    renamed: dict[str, DiscoveredHost] = {}
    members: dict[str, list[str]] = {}
    for host, found in hosts.items():
        names = {name: name if len(variants[name]) == 1 else f"{name}-{host}" for name in found.networks}
        found = _renamed(found, names)
        networks.update({name: found.networks[name] for name in found.networks})
        renamed[host] = found
        for name in found.networks:
            members.setdefault(name, []).append(host)
    apart, out = _overlaps(networks, members)
    kept = {
        name: {**options, "hosts": members[name]} if name in apart else options
        for name, options in sorted(networks.items())
        if name not in out
    }
    return kept, {host: _without(found, out) for host, found in renamed.items()}


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
    return replace(found, networks=networks, containers=containers, left=[*found.left, *left], slices=slices)


def _overlaps(
    networks: Mapping[str, Mapping[str, Any]], members: Mapping[str, Sequence[str]]
) -> tuple[set[str], dict[str, str]]:
    """Networks that are apart from others of their subnet, and those that have to go, with why: the later by name."""
    apart: set[str] = set()
    out: dict[str, str] = {}
    for (one, first), (other, second) in _pairs(networks):
        if _is_private(networks[first]) and _is_private(networks[second]) and not set(members[first]) & {
            *members[second]
        }:
            apart |= {first, second}
        elif first not in out and second not in out:
            out[second] = f"`{second}` ({other}) overlaps `{first}` ({one}), which hosts could not tell apart"
    return apart, out


def _is_private(options: Mapping[str, Any]) -> bool:
    """Whether each host has the network for itself."""
    cut = any(isinstance(each, Mapping) and "host_prefix" in each for each in options.get("subnets") or ())
    return options.get("driver") == "bridge" and not cut


def _pairs(networks: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[tuple[Block, str], tuple[Block, str]]]:
    """All pairs of two networks' subnets that share addresses, the first one by name before the other."""
    blocks = [
        (parse_block(each["cidr"] if isinstance(each, Mapping) else each), name)
        for name, options in networks.items()
        for each in options.get("subnets") or ()
    ]
    near: list[tuple[Block, str]] = []
    for row in sorted(blocks, key=lambda row: (row[0].version, row[0].first, row[1])):
        near = [each for each in near if each[0].version == row[0].version and each[0].last >= row[0].first]
        yield from (tuple(sorted((each, row), key=lambda one: one[1])) for each in near if each[1] != row[1])
        near.append(row)


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
    return replace(found, networks=networks, containers=containers, left=[*found.left, *left], slices=slices)


def sources(
    networks: Mapping[str, Any], hosts: Mapping[str, DiscoveredHost], connection: Mapping[str, Mapping[str, Any]]
) -> Sources:
    """The new inventory as the plan takes one. What its networks have for ``hosts`` are names alone."""
    variables = {
        host: {
            **connection.get(host, {}),
            **found.variables,
            "containerhost_networks": networks,
            "containerhost_containers": found.containers,
            **({"containerhost_slices": found.slices} if found.slices else {}),
        }
        for host, found in hosts.items()
    }
    return Sources(variables, resolve=lambda pattern: pattern.split(","))


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
        told = {**found.variables, **slices, "containerhost_containers": containers}
        made[f"inventory/host_vars/{host}.yml"] = _HEAD + _yaml(told)
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
