# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that says where its tunnels are reached has one that this counts for, or is told that it has none."""

from __future__ import annotations

import pytest

BEHIND = {"containerhost_underlay_endpoint": "203.0.113.7:51820"}
C1, BOTH = "{c1: {networks: {plain: }}}", "{c1: {networks: {plain: , sealed: }}}"


def told(fleet, backend, sealed="", h1=C1):
    other = f"sealed: {{driver: overlay, subnets: [10.7.0.0/16], {sealed}}}" if sealed else ""
    fleet.networks(f"plain: {{driver: overlay, subnets: [10.6.0.0/16], {backend}}}\n{other}")
    fleet.only_containers(h1=h1, h2="{c2: {networks: {plain: }}}").variables("h1", **BEHIND)
    for number, variables in enumerate(fleet.hosts.values(), start=1):
        variables["containerhost_underlay_address"] = f"198.18.7.{number}/24"
    return fleet.plan().warnings


@pytest.mark.parametrize("backend", ["vni: 7", "backend: host-gw", "vni: 7, mode: bridged"])
def test_of_a_host_without_an_encrypted_tunnel_it_is_told_that_it_means_nothing(fleet, backend):
    (warning,) = told(fleet, backend)
    assert warning.startswith("h1: containerhost_underlay_endpoint says where encrypted tunnels are reached")
    assert warning.endswith("Packets of `plain` go to the underlay address.")


@pytest.mark.parametrize("sealed", ["backend: wireguard", "vni: 9, mode: bridged, encrypted: true"])
def test_one_encrypted_tunnel_is_enough(fleet, sealed):
    assert told(fleet, "vni: 7", sealed, h1=BOTH) == ()
    assert told(fleet, "vni: 7", sealed) != ()


def test_a_host_without_overlays_may_say_it(fleet):
    fleet.only_containers(h1="{shop: {networks: {web: }}}").everywhere(**BEHIND)
    assert fleet.plan().warnings == ()
