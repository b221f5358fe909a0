# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong, by the place where a drawing shows it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import listed
from ansible_collections.containerhost.network.plugins.plugin_utils.report.hops import Hop
from ansible_collections.containerhost.network.plugins.plugin_utils.report.values import ShownFleet
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.causes import failures
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.report import Findings

# As ``model.Publish`` writes itself: the host's ports, then the container's.
_PUBLISHED = re.compile(r"(?:(?P<host>\d+)(?:-\d+)?:)?:?(?P<own>\d+)(?:-\d+)?/(?P<protocol>\w+)$")


@dataclass(frozen=True)
class Faults:
    """``hops`` by network and host; ``ends`` by network, host and container; ``ports`` by host, protocol and port;
    ``hosts`` in a few words each."""

    hops: Mapping[tuple[str, str], str] = field(default_factory=dict)
    ends: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    ports: Mapping[tuple[str, str, int], str] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)

    def of_port(self, host: str, published: str) -> str:
        """What is wrong with a port, as the inventory writes it."""
        match = _PUBLISHED.search(published)
        if match is None:
            return ""
        return self.ports.get((host, match["protocol"], int(match["host"] or match["own"])), "")


def faults_of(fleet: ShownFleet) -> Faults:
    """None where no host was asked."""
    if fleet.found is None:
        return Faults()
    ends: dict[tuple[str, str, str], str] = {}
    ports: dict[tuple[str, str, int], str] = {}
    for each in failures(fleet.tries, fleet.found.results):
        reason = str(fleet.found.results[each.host][each.name]["reason"])
        if each.about == "published":
            ports.setdefault((each.to_host, each.probe["kind"], int(each.probe["port"])), reason)
        elif each.about == "host":
            ends.setdefault((each.network, each.to_host, each.target.partition("/")[2]), f"{reason} to its host")
        elif each.about in ("neighbour", "gateway", "outside"):
            name = each.source.partition("/")[2]
            ends.setdefault((each.network, each.host, name), f"{reason} from {each.target}")
    return Faults({(hop.network, hop.host): told(hop) for hop in fleet.hops}, ends, ports, _hosts(fleet.found))


def told(hop: Hop) -> str:
    """What is broken there, in a few words."""
    return f"{' and '.join(hop.reasons)}: {listed(hop.others, 3)}"


def _hosts(found: Findings) -> dict[str, str]:
    told_ = {host: f"{len(objects)} not as planned" for host, objects in found.drift.items() if objects}
    return {**told_, **{host: f"not asked: {why}" for host, why in found.silent.items()}}
