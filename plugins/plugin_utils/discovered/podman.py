# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Podman's networks (``podman network inspect``) and containers, which are described as Docker's are. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.docker import from_docker
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost

_MTU = "com.docker.network.driver.mtu"
# The default network, which nobody has made. What no container is on is left out.
DEFAULT = "podman"


def from_podman(networks: Sequence[Mapping[str, Any]], containers: Sequence[Mapping[str, Any]]) -> DiscoveredHost:
    """Everything of root's Podman on one host; containers without root have no place on a host's networks."""
    used = {name for each in containers for name in (each.get("NetworkSettings") or {}).get("Networks") or ()}
    told = [each for each in networks if each.get("name") != DEFAULT or DEFAULT in used]
    return from_docker([_as_docker(each) for each in told], [_in_docker_s_words(each) for each in containers], "podman")


def _as_docker(each: Mapping[str, Any]) -> dict[str, Any]:
    """A network in the words of Docker's API, with those of its own that have the same meaning."""
    driver, options = str(each.get("driver")), dict(each.get("options") or {})
    if driver in ("macvlan", "ipvlan"):
        options.setdefault("parent", str(each.get("network_interface") or ""))
    if "mode" in options and driver in ("macvlan", "ipvlan"):
        options[f"{driver}_mode"] = options.pop("mode")
    if "mtu" in options:
        options[_MTU] = options.pop("mtu")
    options.pop("isolate", None)  # networks here reach each other only where `allow_networks` says so
    return {
        "Name": each.get("name"),
        "Driver": driver,
        "Options": options,
        "Internal": each.get("internal"),
        "Names": bool(each.get("dns_enabled")),
        "IPAM": {"Config": [_config(one) for one in each.get("subnets") or ()]},
    }


def _config(one: Mapping[str, Any]) -> dict[str, Any]:
    lease = one.get("lease_range") or {}
    first, last = lease.get("start_ip"), lease.get("end_ip")
    span = {"IPRange": f"{first}-{last}"} if first and last else {}
    return {"Subnet": one.get("subnet"), "Gateway": one.get("gateway"), **span}


def _in_docker_s_words(each: Mapping[str, Any]) -> dict[str, Any]:
    """Where no network is named, it is the default one, which Docker's words call otherwise."""
    host = dict(each.get("HostConfig") or {})
    if host.get("NetworkMode") in ("bridge", "", None):
        host["NetworkMode"] = "default"
    return {**each, "HostConfig": host}
