# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Overlays whose hosts route to each other without a tunnel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.tests.integration.document.members import Members

FABRIC = """
containerhost_networks:
  fabric: {{driver: overlay, {options}, subnets: [10.42.0.0/16, "fd00:42::/48"]}}
  web: {{driver: bridge, subnets: [10.80.0.0/24]}}
"""
HOST = """
containerhost_underlay_address: [{four}/24, "fd00:18:9::{number}/64"]
containerhost_containers: {{c{number}: {{networks: {{fabric: }}}}, w: {{networks: {{web: }}}}}}
"""


@pytest.fixture
def fabric(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Members]:
    hosts = {f"h{n}": HOST.format(four=f"198.18.9.{n}", number=n) for n in (1, 2)}
    # Of the first family, the third is beyond a router where the parameter says so.
    far = "198.18.10.3" if "direct" in request.param else "198.18.9.3"
    fleet = Members(tmp_path, FABRIC.format(options=request.param), **hosts, h3=HOST.format(four=far, number=3))
    for name in fleet.hosts:
        # As if a router stood between: each reaches every address of the switch.
        fleet.hosts[name].run("ip", "route", "add", "198.18.0.0/16", "dev", "eth0")
    reverse_paths(fleet, "h1", "1")
    for name in fleet.hosts:
        fleet.snapshots[name] = fleet.hosts[name].snapshot()
    yield fleet
    fleet.end()


def reverse_paths(fleet: Members, name: str, value: str) -> None:
    """Whether the host drops what comes by another way than it leads there itself (1), or lets it in (0)."""
    fleet.hosts[name].run("sh", "-c", f"echo {value} > /proc/sys/net/ipv4/conf/all/rp_filter")


@pytest.mark.parametrize(
    "fabric", ["backend: host-gw", "backend: host-gw, internal: true", "vni: 42, direct_routing: true"], indirect=True
)
def test_everybody_reaches_everybody_and_nobody_else_does(fabric: Members) -> None:
    fabric.site()
    assert fabric.pings("fabric") == []
    reverse_paths(fabric, "h2", "1")
    fabric.site()
    assert fabric.pings("fabric") == []
    reverse_paths(fabric, "h2", "0")
    mtu = fabric.plan().fleet.networks["fabric"].mtu
    whole = ("ping", "-c1", "-W1", "-Mdo")
    to = fabric.addresses("fabric")["h2", "c2"]
    assert "1 received" in fabric.in_("h1", "c1", *whole, f"-s{mtu - 28}", to[0])
    assert "1 received" in fabric.in_("h1", "c1", *whole, f"-s{mtu - 48}", to[1])
    # From the underlay itself, and from it to another network, nothing is let in.
    h1, web = fabric.hosts["h1"], fabric.addresses("web")["h2", "w"][0]
    h1.run("ip", "route", "add", web, "via", "198.18.9.2")
    assert "1 received" not in h1.run("ping", "-c1", "-W0.3", "-I", "198.18.9.1", to[0], check=False)
    assert "1 received" not in fabric.in_("h1", "c1", "ping", "-c1", "-W0.3", web, check=False)
    h1.run("ip", "route", "del", web, "via", "198.18.9.2")
    fabric.everywhere.update(containerhost_networks={}, containerhost_confirm_vanished=True)
    for name in fabric.hosts:
        fabric.variables[name]["containerhost_containers"] = {}
    fabric.site()
    for name, host in fabric.hosts.items():
        assert host.snapshot() == fabric.snapshots[name]
