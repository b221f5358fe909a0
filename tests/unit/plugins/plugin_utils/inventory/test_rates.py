# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rates of a container on a network: how they are written, in which networks, and what a document says of them."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        ("{in: 100mbit, out: 50mbit, burst: 64kb}", {"in": "100mbit", "out": "50mbit", "burst": "64kb"}),
        ("{in: 1.5gbit}", {"in": "1500mbit"}),
        ("{out: 8000bit, burst: 1mb}", {"out": "8kbit", "burst": "1mb"}),
        ("{out: 1000 kbit}", None),
    ],
)
@pytest.mark.parametrize("network", ["web", "fabric"])
def test_a_document_has_the_limits_of_the_hosts_end(fleet, objects, network, written, limits):
    fleet.only_containers(h1=f"{{shop: {{engine: docker, networks: {{{network}: {{rate: {written}}}}}}}}}")
    if limits is None:
        assert "which is no rate" in fleet.problems()[0]
        return
    plan = fleet.plan()
    [veth] = objects(plan, "h1", "veth")
    assert objects(plan, "h1", "rate") == [
        {"network": network, "device": veth["name"], **limits, "container": {"engine": "docker", "ref": "shop"}}
    ]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("100mbit", "is '100mbit', not a mapping of rates. Write it as {in: 100mbit, out: 50mbit}"),
        ("{}", "not a mapping of rates"),
        ("{burst: 64kb}", "says neither `in` nor `out`"),
        ("{in: 100mbit, inn: 1}", "a rate has the unknown key `inn`"),
        ("{in: 100}", "`in` is 100, which is no rate. Write a number with kbit, mbit or gbit"),
        ("{in: 100mbps}", "which is no rate"),
        ("{out: 1kbit}", "rate is from 8kbit to 100gbit"),
        ("{out: 1000gbit}", "rate is from 8kbit to 100gbit"),
        ("{out: 1gbit, burst: 1kb}", "`burst` is 1kb"),
        ("{out: 1gbit, burst: 64}", "`burst` is 64, which is no size"),
    ],
)
def test_what_is_no_rate_is_one_sentence(fleet, written, sentence):
    fleet.only_containers(h1=f"{{shop: {{networks: {{web: {{rate: {written}}}}}}}}}")
    [problem] = fleet.problems()
    assert sentence in problem


@pytest.mark.parametrize("driver", ["macvlan", "ipvlan"])
def test_an_interface_on_the_lan_has_none(fleet, driver):
    fleet.more_networks(f"{{lan: {{driver: {driver}, parent: eth1, subnets: [192.168.7.0/24]}}}}")
    fleet.only_containers(h1="{shop: {networks: {lan: {rate: {in: 1mbit}}}}}")
    [problem] = fleet.problems()
    assert "has no end on the host to limit it at" in problem
