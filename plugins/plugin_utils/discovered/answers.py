# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What M(containerhost.network.engine_info) has answered of each host, put together. Pure.

A host whose answer cannot be understood, be it that somebody else answers for it, keeps no other from being taken over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import fleet, swarm
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.docker import from_docker
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.flannel import with_flannel
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.hand_made import devices, with_hand_made
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.podman import from_podman
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal

PLACES = ("docker", "podman", "flannel", "by_hand")  # of the answer
# What comes of a value that is of another type than its engine gives.
_MISSHAPEN = (AttributeError, IndexError, KeyError, TypeError, ValueError, Refusal)


def understood(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, DiscoveredHost]:
    """By host, as its answers are."""
    services: dict[str, list[str]] = {}
    found: dict[str, DiscoveredHost] = {}
    for host, told in answers.items():
        try:
            for name, ports in swarm.published([(told.get("docker") or {}).get("swarm") or {}]).items():
                services[name] = list(dict.fromkeys([*services.get(name, ()), *ports]))
        except _MISSHAPEN as error:
            found[host] = _lost(error)
    for host, told in answers.items():
        if host not in found:
            try:
                found[host] = _understood(told, services)
            except _MISSHAPEN as error:
                found[host] = _lost(error)
    return {host: found[host] for host in answers}


def _lost(error: Exception) -> DiscoveredHost:
    why = error.what if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"
    return DiscoveredHost(
        left=[f"what this host answers of its networks is not what engines say ({why}): look who answers there"]
    )


def _understood(told: Mapping[str, Any], services: Mapping[str, Sequence[str]]) -> DiscoveredHost:
    """``services``: of a Swarm, as its managers have said."""
    docker, podman, flannel, by_hand = (told.get(name) or {} for name in PLACES)
    found = from_docker(docker.get("networks") or (), docker.get("containers") or (), services=services)
    found.left.extend(swarm.lacks(docker.get("swarm") or {}, bool(services)))
    if flannel:
        found = with_flannel(found, flannel["subnet_env"], flannel["devices"])
    beside = from_podman(podman.get("networks") or (), podman.get("containers") or ())
    return with_hand_made(fleet.beside(found, beside, "podman"), by_hand, {*devices(docker), *devices(podman)})
