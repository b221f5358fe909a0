# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture of a host (``network_info``), which a change on trial goes back to where nothing is saved that the host is
like: applied, all is as when it was taken."""

from __future__ import annotations

import re

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import details, said
from ansible_collections.containerhost.network.tests.integration.document.planned import planned

NETWORKS = """
web: {driver: bridge, subnets: [10.80.1.0/24, "fd00:80:1::/64"], names: hosts}
alone: {driver: bridge, subnets: [10.81.1.0/24], internal: true, icc: false}
routed: {driver: bridge, subnets: [10.82.1.0/24], gateway_mode: routed, host_access: [53/udp]}
isolated: {driver: bridge, subnets: [10.83.1.0/24], gateway_mode: isolated}
shut: {driver: bridge, subnets: [10.84.1.0/24], host_access: none}
fabric: {driver: overlay, vni: 42, subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}]}
flat: {driver: overlay, mode: bridged, vni: 43, subnets: [10.43.0.0/24]}
lan: {driver: macvlan, parent: eth0, subnets: [198.18.0.0/24], host_shim: {address: 198.18.0.9}}
"""
CONTAINERS = """
shop:
  networks:
    web: {publish: ["8080:80", "127.0.0.1:8081:81", "9000-9004:9000-9004/udp"], rate: {out: 50mbit}}
    fabric: {}
    flat: {}
db:
  networks:
    routed: {publish: [{host_port: 5432, container_port: 5432, sources: [198.51.100.0/24]}]}
    alone: {}
    isolated: {}
    shut: {}
printer: {networks: {lan: {address: 198.18.0.77}}}
"""
OTHER_NETWORKS = """
web: {driver: bridge, subnets: [10.90.1.0/24], bridge: br-other, mtu: 1400}
fabric: {driver: overlay, vni: 44, subnets: [{cidr: 10.44.0.0/16, host_prefix: 24}]}
lan: {driver: macvlan, mode: private, parent: eth0, subnets: [198.18.0.0/24]}
"""
OTHER_CONTAINERS = """
shop: {networks: {web: {publish: ["8080:90"]}, fabric: {}}}
printer: {networks: {lan: {address: 198.18.0.78}}}
"""
FULL, OTHER = (NETWORKS, CONTAINERS), (OTHER_NETWORKS, OTHER_CONTAINERS)


def applied(host, document):
    answer = host.module("document", document=document, remove=["*"], recreate=True)
    assert not answer.get("failed"), answer["msg"]
    return answer


# A device for rates has a MAC of the kernel's choice. What `sysctls` of a container's end were, nobody can read.
NOT_TOLD = re.compile(r"chr|/proc/sys/net/ipv6/conf/eth|33:33:\S+ dev eth")


def in_order(snapshot: str) -> list[str]:
    """A set's elements come in any order, and some in one line."""
    lines = snapshot.replace(", ", "\n").splitlines()
    plain = (line.strip(" \t,}").rpartition("elements = { ")[2] for line in lines)
    return sorted(line for line in plain if not NOT_TOLD.match(line))


@pytest.mark.parametrize(("before", "after"), [(FULL, OTHER), (OTHER, FULL), (None, FULL), (FULL, None)])
def test_what_a_change_has_made_of_a_host_is_undone(host, before, after):
    first, second = (planned(*each) if each else {"version": 1} for each in (before, after))
    applied(host, first)
    state, picture = in_order(host.snapshot()), host.module("network_info")["document"]
    assert "\n".join(details(applied(host, picture))) == ""
    applied(host, second)
    assert in_order(host.snapshot()) != state
    applied(host, picture)
    assert in_order(host.snapshot()) == state
    assert said(applied(host, first)) == []
