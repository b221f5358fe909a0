# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.underlay_room import too_narrow
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    kernel_of,
)

HOST = Namespace(
    links=[Link("eth0", mtu=1400), Link("bond0", mtu=9000)],
    addresses={"eth0": ["198.18.0.1/24", "2001:db8::1/64"], "bond0": ["198.19.0.1/24"]},
)
NETWORKS = {"gw": 1500, "small": 1400, "fabric": 1401}


@pytest.mark.parametrize("by", ["eth0", "198.18.0.1", "2001:db8::1"])
def test_an_interface_that_takes_less_than_networks_send_is_named_once_with_all_of_them(by):
    assert too_narrow(kernel_of(HOST), {"by": by, "sizes": NETWORKS}) == (
        "the underlay's interface eth0 takes packets of 1400 bytes, and networks send larger ones by it (fabric 1401,"
        " gw 1500): raise its MTU, or say what it takes (containerhost_underlay_mtu: 1400)"
    )


@pytest.mark.parametrize(
    "underlay",
    [
        {"by": "198.19.0.1", "sizes": NETWORKS},
        {"by": "eth0", "sizes": {"small": 1400}},
        {"by": "eth0", "sizes": {}},
        {"by": "eth7", "sizes": NETWORKS},  # which is somebody else's to tell
        {"by": "203.0.113.7", "sizes": NETWORKS},
        {},
    ],
)
def test_one_with_room_or_that_is_not_there_is_not(underlay):
    assert too_narrow(kernel_of(HOST), underlay) is None
