# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a device's addresses become others: in an order that the kernel takes."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.addresses import (
    change_addresses,
    without_ipv4,
)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (["10.0.0.2/24"], ["10.0.0.2/16"], ["add 10.0.0.2/16", "delete 10.0.0.2/24"]),
        (["fd00::2/64"], ["fd00::2/48"], ["delete fd00::2/64", "add fd00::2/48"]),
        (["fd00::2/64"], ["fd00::2/48", "fd01::2/64"], ["add fd01::2/64", "delete fd00::2/64", "add fd00::2/48"]),
        (["fd00::2/64"], ["fd00::3/64"], ["add fd00::3/64", "delete fd00::2/64"]),
    ],
    ids=["of IPv4, with another prefix", "of IPv6", "of IPv6, and one more", "another of IPv6"],
)
def test_new_ones_come_first_where_the_kernel_takes_both(before, after, told):
    words = (message.operation.split() for message in change_addresses("eth0", None, before, after))
    assert [f"{verb} {cidr}" for verb, _address, cidr, *_device in words] == told


@pytest.mark.parametrize(("before", "after", "is_without"), [
    (["10.0.0.1/24"], ["10.0.0.1/24"], False),
    (["10.0.0.1/24"], ["10.0.0.2/24"], True),
    (["10.0.0.1/24"], ["10.1.0.1/24"], False),
    (["10.0.0.1/24 (scope link)"], ["10.0.0.1/24"], True),
    (["10.0.0.1/24 (its route is gone)"], ["10.0.0.1/24"], True),
    (["10.0.0.1/24 (its route for broadcasts is gone)"], ["10.0.0.1/24"], False),
    (["10.0.0.1/24 (scope link)", "10.1.0.1/24"], ["10.0.0.1/24", "10.1.0.1/24"], False),
    (["fd00::1/64 (scope link)"], ["fd00::1/64"], False),
])  # fmt: skip
def test_an_address_that_goes_and_comes_again_may_have_been_the_last_one_of_ipv4(before, after, is_without):
    assert without_ipv4(before, after) is is_without


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("10.0.0.2/24 (its local route is gone)", ["add route 10.0.0.2", "add route 10.0.0.255"]),
        ("10.0.0.2/32 (its local route is gone)", ["add route 10.0.0.2"]),
        ("10.0.0.2/24 (its route for broadcasts is gone)", ["add route 10.0.0.2", "add route 10.0.0.255"]),
        ("fd00::2/64 (its local route is gone)", ["delete address fd00::2/64", "add address fd00::2/64"]),
        ("10.0.0.2/24 (its route is gone)", ["delete address 10.0.0.2/24", "add address 10.0.0.2/24"]),
    ],
)
def test_routes_that_the_kernel_made_with_an_address_come_again(before, told):
    """Those of IPv4 by themselves: with its last address, a device loses all of its routes."""
    cidr = before.partition(" ")[0]
    steps = change_addresses("eth0", None, [before], [cidr])
    assert [" ".join(step.operation.replace("change", "add").split()[:3]) for step in steps] == told
