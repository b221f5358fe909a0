# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses that are with another MAC after a run: whoever remembers the old one reaches them at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.members import Members

NETWORKS = """
containerhost_networks:
  pond: {driver: overlay, mode: bridged, vni: 44, hosts: all, subnets: [10.44.0.0/24, "fd00:44::/64"]}
  web: {driver: bridge, hosts: [h1], subnets: [10.80.0.0/24, "fd00:80::/64"]}
"""
HOSTS = {
    "h1": "{containerhost_underlay_address: 198.18.9.1/24, containerhost_containers: {d: {networks: {pond: , web: }}}}",
    "h2": "{containerhost_underlay_address: 198.18.9.2/24, containerhost_containers: {c: {networks: {pond: }}}}",
}


def on_both(mac: int | None, number: int) -> dict[str, Any]:
    """A container with an address that ends so in each family, and such a MAC, or the one that follows from those."""
    return {
        "networks": {
            network: {
                "addresses": [f"10.{of}.0.{number}", f"fd00:{of}::{number:x}"],
                **({} if mac is None else {"mac": f"02:00:00:00:{of}:0{mac}"}),
            }
            for network, of in (("pond", 44), ("web", 80))
        },
        "default_route": "web",
    }


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Members]:
    fleet = Members(tmp_path, NETWORKS, **HOSTS)
    yield fleet
    fleet.end()


def lost(fleet: Members, *numbers: int) -> list[str]:
    """What does not answer the first time that a neighbour on the same host asks, or one on another."""
    asked = [
        *(("h1", "d", address) for each in numbers for address in (f"10.80.0.{each}", f"fd00:80::{each:x}")),
        *(
            (host, container, address)
            for host, container in (("h1", "d"), ("h2", "c"))
            for each in numbers
            for address in (f"10.44.0.{each}", f"fd00:44::{each:x}")
        ),
    ]
    return [f"{by} to {address}" for host, by, address in asked if not fleet.reaches(host, by, address)]


@pytest.mark.parametrize(
    "after", [{"a": (1, 12), "b": (2, 11)}, {"a": (2, 11), "b": (1, 12)}, {"a": (3, 12), "b": (1, 11)}],
    ids=["addresses", "MACs", "both, and another MAC"],
)  # fmt: skip
def test_two_containers_exchange_them(fleet: Members, after: dict[str, tuple[int, int]]) -> None:
    there = fleet.variables["h1"]["containerhost_containers"]
    there.update(a=on_both(1, 11), b=on_both(2, 12))
    fleet.site()
    assert lost(fleet, 11, 12) == []
    there.update({name: on_both(*ends) for name, ends in after.items()})
    fleet.site()
    assert lost(fleet, 11, 12) == []


def test_one_that_gets_another_of_its_subnet_sends_before_what_is_left_over_goes(fleet: Members) -> None:
    there = fleet.variables["h1"]["containerhost_containers"]
    there.update(a=on_both(None, 11))
    fleet.site()
    there.update(a=on_both(None, 21))
    plan = fleet.plan()
    for name in fleet.hosts:
        made = fleet.hosts[name].module("document", document=plan.documents[name], phase="make", hold=["pond"])
        assert not made.get("failed"), made["msg"]
    assert lost(fleet, 21) == []
