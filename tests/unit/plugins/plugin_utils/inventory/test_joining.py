# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that join others: whose ports and names they are, and what cannot be."""

from __future__ import annotations

import pytest


def endpoint(plan, network="web", host="h1"):
    return plan.fleet.networks[network].endpoints[host][0].spec


def test_a_partner_has_the_ports_and_names_of_all_that_join_it(fleet):
    fleet.more_networks("{named: {driver: bridge, names: hosts, subnets: [10.9.0.0/24]}}")
    fleet.only_containers(
        h1="{shop: {networks: {web: {publish: ['80:80'], aliases: [www]}, named: }, default_route: web},"
        " side: {network_mode: 'container:shop', publish: ['81:81'], aliases: [probe]},"
        " deep: {network_mode: 'container:side', publish: ['82:82/udp']}}"
    )
    plan = fleet.plan()
    assert [str(port) for port in endpoint(plan).publish] == ["80:80/tcp", "82:82/udp", "81:81/tcp"]
    assert endpoint(plan).aliases == ("www", "probe")
    assert endpoint(plan, "named").aliases == ("deep", "side", "probe")
    assert endpoint(plan, "named").publish == ()


def test_documents_say_who_is_in_whose_namespace(fleet, objects):
    fleet.only_containers(
        h1="{shop: {networks: {web: }}, side: {network_mode: 'container:shop'}, twin: {network_mode: 'container:side'},"
        " aide: {engine: docker, network_mode: 'container:db'}, db: {engine: docker, network_mode: host},"
        " same: {ref: shop, network_mode: 'container:shop'}}"
    )
    plan = fleet.plan()
    assert [each["name"] for each in objects(plan, "h1", "netns")] == ["shop"]
    assert objects(plan, "h1", "joined") == [
        {"network": "web", "container": {"engine": "netns", "ref": name}, "joins": {"engine": "netns", "ref": "shop"}}
        for name in ("side", "twin")
    ]


@pytest.mark.parametrize(
    ("containers", "sentence"),
    [
        ("{a: {network_mode: 'container:a'}}", "which is itself"),
        ("{a: {network_mode: 'container:b'}, b: {network_mode: 'container:a'}}",
         "it joins `b` which joins `a`: none of them has a network namespace of its own"),
        ("{a: {network_mode: 'container:b'}, b: {network_mode: 'container:c'}, c: {network_mode: 'container:a'}}",
         "it joins `b` which joins `c` which joins `a`"),
        ("{a: {network_mode: 'container:far'}}", "which is not on h1 but on h2: a network namespace is one host's"),
        ("{a: {network_mode: 'container:b'}, b: {engine: docker, network_mode: host}}",
         "is in the host's own network namespace"),
        ("{a: {networks: {web: {publish: ['80:8080']}}}, b: {network_mode: 'container:a', publish: ['81:8080']}}",
         "`b` and `a` are one network stack, and both publish port 8080/tcp"),
        ("{a: {networks: {web: }}, b: {network_mode: 'container:a', publish: ['81:1']},"
         " c: {network_mode: 'container:a', publish: ['81:2']}}",
         "`c` and `b` are one network stack, and both publish host port 81/tcp"),
        ("{a: {network_mode: none}, b: {network_mode: 'container:a', publish: ['81:1']}}",
         "has no network with a way in"),
        ("{a: {publish: ['81:1'], networks: {web: }}}", "`publish` is said of each network that it is on"),
        ("{a: {aliases: [x], network_mode: host}}", "`aliases` is said of each network that it is on"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence(fleet, containers, sentence):
    fleet.only_containers(h1=containers, h2="{far: {}}")
    [problem] = fleet.problems()
    assert sentence in problem


def test_one_port_for_two_protocols_is_two(fleet):
    fleet.only_containers(
        h1="{a: {networks: {web: {publish: ['53:53/udp']}}}, b: {network_mode: 'container:a', publish: ['53:53']}}"
    )
    assert len(endpoint(fleet.plan()).publish) == 2
