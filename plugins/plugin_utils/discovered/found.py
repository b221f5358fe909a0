# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has been found on one host, in the inventory's own words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.state.naming.names import name_fault
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.readers import read_name
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import parse_address, parse_block, parse_span


@dataclass
class DiscoveredHost:
    """``networks`` and ``containers`` are as the inventory's variables have them.

    ``slices``: of networks that are cut into slices, those that this host has.
    ``left``: sentences for what could not be taken over, each with why; a user has to do something about them.
    ``variables``: others of the host's.
    ``elsewhere``: by network, such a sentence that holds as long as nobody else has told of the network.
    """

    networks: dict[str, dict[str, Any]] = field(default_factory=dict)
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    slices: dict[str, list[str]] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


def is_name(text: str) -> bool:
    try:
        read_name(text)
    except Refusal:
        return False
    return True


def is_hostname(text: str) -> bool:
    """Whether an alias can be called so."""
    return is_name(text) and name_fault(text) is None


def canonical_address(text: str) -> str | None:
    """The address as we write it; None for what is none."""
    try:
        return str(parse_address(text))
    except Refusal:
        return None


def canonical_block(text: str) -> str | None:
    try:
        return str(parse_block(text))
    except Refusal:
        return None


def canonical_span(text: str) -> str | None:
    """A CIDR, or the first and the last address of a range."""
    try:
        parse_span(text)
    except Refusal:
        return None
    return text


def subnet(cidr: str, gateway: str | None, span: str | None, excluded: list[str]) -> Any:
    """An entry of ``subnets``: a CIDR alone where nothing else differs from what the plan does by itself."""
    block = parse_block(cidr)
    entry: dict[str, Any] = {"cidr": str(block)}
    if gateway and gateway != str(parse_block(str(block)).nth(1)):
        entry["gateway"] = gateway
    if span and span != str(block):
        entry["range"] = span
    if excluded:
        entry["exclude"] = excluded
    return entry if len(entry) > 1 else str(block)


def port(host_ip: str, host_port: str, container_port: str, protocol: str) -> str:
    """An entry of ``publish``. All of a host's addresses are named by none."""
    ip = "" if host_ip in ("", "0.0.0.0", "::", "[::]") else host_ip.strip("[]")
    place = f"[{ip}]:" if ":" in ip else f"{ip}:" if ip else ""
    outside = f"{host_port}:" if host_port else ":" if ip else ""
    return f"{place}{outside}{container_port}/{protocol}"


def in_family(ports: list[str], network: Mapping[str, Any], what: str, left: list[str]) -> list[str]:
    """Those of ``ports`` that the network has addresses for; without subnets of its own it gets IPv4.

    Docker leads a port of IPv6 to a container without any by a process, which is not done here.
    """
    subnets = [each["cidr"] if isinstance(each, Mapping) else each for each in network.get("subnets") or ()]
    six = {":" in str(each) for each in subnets} or {False}
    kept = []
    for text in ports:
        place = text.rpartition("/")[0].rpartition(":")[0]
        if text.startswith("[") and True not in six or re.match(r"[0-9.]+:", place) and False not in six:
            left.append(f"{what}: its port {text} is not published, as its network has no address of that family")
        else:
            kept.append(text)
    return kept
