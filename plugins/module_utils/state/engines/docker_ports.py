# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports that Docker publishes for containers of its own, beside those that a document publishes.

Docker takes any port that no program waits on, so also one that leads to a container of ours; there ours comes first.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Values, Wanted, network_of
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import docker_daemon

_ANYWHERE = ("0.0.0.0", "::")
_MOST = 5  # sentences of a run


def sentences(wanted: t.Sequence[Wanted]) -> list[str]:
    """Of a document that hands a network to Docker: each port that both publish, and for whom. Docker is asked once."""
    published = [each for each in wanted if each.kind == "nat_rule" and each.values.get("rule") == "publish"]
    if not published or not any(each.kind == "docker_network" for each in wanted) or not docker_daemon.is_running():
        return []
    try:
        containers = docker_daemon.request("GET", "/containers/json")
    except docker_daemon.Unanswered:
        return []  # of which its network speaks
    return clashes(published, containers if isinstance(containers, list) else [])


def clashes(published: t.Sequence[Wanted], containers: t.Sequence[t.Any]) -> list[str]:
    """``containers`` as the daemon lists them (Docker Engine API, ContainerList)."""
    found: dict[str, None] = {}
    for name, port in ((_name_of(each), port) for each in containers for port in each.get("Ports") or ()):
        for each in published:
            if _meet(each.values, port):
                found[
                    f"{network_of(each.owner)}: port {port['PublicPort']}/{port['Type']} of this host leads to"
                    f" {each.values['address']}, and Docker publishes it for its container {name}, which nobody reaches"
                    " by it: publish one of them on another port"
                ] = None
    return list(found)[:_MOST]


def _name_of(container: t.Mapping[str, t.Any]) -> str:
    return next((str(each).lstrip("/") for each in container.get("Names") or ()), "without a name")


def _meet(ours: Values, theirs: t.Mapping[str, t.Any]) -> bool:
    """One that is exposed and not published has no ``PublicPort``; ``IP`` says at which address it is."""
    number, address = theirs.get("PublicPort"), theirs.get("IP")
    if not isinstance(number, int) or not address or theirs.get("Type") != ours["protocol"]:
        return False
    first, last = ours["host_port"], ours.get("host_port_end") or ours["host_port"]
    if not first <= number <= last or (":" in address) != (":" in ours["address"]):
        return False
    own = ours.get("host_address")
    everywhere = own in (None, *_ANYWHERE) or address in _ANYWHERE
    return everywhere or ipaddress.ip_address(own) == ipaddress.ip_address(address)
