# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    changed,
    everything_leaves,
    kernel_of,
    want,
)

OURS = "containerhost:plan/web"
FOUR = {"port": 51820, "address": "198.18.7.12"}
SIX = {"port": 51820, "address": "fd00:18::12"}
HEAD = "source_address of UDP port 51820 (web)"


def host(addresses, **elements):
    links = [Link(name, owner="plan/web" if name.startswith("ch") else None) for name in addresses]
    rows = {name: dict([row]) for name, row in elements.items()}
    return kernel_of(Namespace(links=links, addresses=addresses, elements=rows or None))


@pytest.mark.parametrize(
    ("values", "elements"),
    [
        (FOUR, {"sent_from4": ("51820", ("198.18.7.12", OURS))}),
        (SIX, {"sent_from6": ("51820", ("fd00:18::12", OURS))}),
    ],
)
def test_one_that_the_host_has_is_sent_from_and_nothing_is_left_to_do(values, elements):
    addresses = {"eth0": ["198.18.7.11/24", "198.18.7.12/24", "fd00:18::11/64", "fd00:18::12/64"]}
    assert changed(host(addresses), want("source_address", **values)) == [
        f"{HEAD}: absent → address: {values['address']}"
    ]
    assert changed(host(addresses, **elements), want("source_address", **values)) == []
    assert changed(host(addresses, **elements), leaves=everything_leaves) == [
        f"{HEAD}: absent ← address: {values['address']}"
    ]


def test_one_that_is_translated_to_on_the_way_is_not_sent_from():
    addresses = {"eth0": ["10.0.0.5/24", "10.0.0.6/24"]}
    assert changed(host(addresses), want("source_address", **FOUR)) == [
        f"{HEAD}: absent → address: 198.18.7.12, here: no"
    ]
    there = host(addresses, not_from4=("51820 . 198.18.7.12", (None, OURS)))
    assert changed(there, want("source_address", **FOUR)) == []


@pytest.mark.parametrize(
    ("addresses", "lines"),
    [
        # What containers have their host at is no address that the kernel would take to other hosts.
        ({"eth0": ["198.18.7.12/24"], "ch-web": ["10.80.0.1/24"]}, []),
        ({"eth0": ["198.18.7.12/24", "198.18.7.11/24"]}, [f"{HEAD}: here: no → here: yes"]),
        ({"ch-lan": ["198.18.7.12/24", "198.18.7.11/24"]}, [f"{HEAD}: here: no → here: yes"]),
    ],
)
def test_one_that_has_come_after_the_host_was_booted_is_mended_where_there_are_others(addresses, lines):
    booted = host(addresses, not_from4=("51820 . 198.18.7.12", (None, OURS)))
    assert changed(booted, want("source_address", **FOUR)) == lines


def test_another_address_takes_its_place():
    there = host({"eth0": ["198.18.7.11/24", "198.18.7.12/24"]}, sent_from4=("51820", ("198.18.7.11", OURS)))
    assert changed(there, want("source_address", **FOUR)) == [f"{HEAD}: address: 198.18.7.11 → address: 198.18.7.12"]
