# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import Borrow
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    changed,
    everything_leaves,
    kernel_of,
    refused,
    want,
)

KEY = "net/ipv4/conf/ch-web/route_localnet"


def host(value="0", held=None, **owners):
    """The setting's value now; ``owners`` hold it, by the records, to be ``held``."""
    kernel = kernel_of(Namespace(links=[Link("ch-web", "bridge")], sysctls={KEY: value} if value else {}))
    for owner in owners.values():
        kernel.records.borrow(Borrow(None, KEY, held, owner, "sysctl"), "0")
    return kernel


def wanted(value="1", owner="plan/web", **more):
    return want("sysctl", owner, key=KEY.replace("/", "."), value=value, **more)


def test_one_that_is_as_wanted_and_nobody_s_is_left_alone():
    assert changed(host("1"), wanted()) == []


def test_another_value_is_borrowed():
    assert changed(host("0"), wanted()) == [f"sysctl {KEY} (web): absent → value: 1"]


def test_what_somebody_has_set_back_is_set_again():
    assert changed(host("0", "1", one="plan/web"), wanted()) == [f"sysctl {KEY} (web): value: 0 → value: 1"]


def test_one_more_owner_holds_it_as_well():
    assert changed(host("1", "1", one="plan/shop"), wanted()) == [f"sysctl {KEY} (web): absent → value: 1"]


def test_two_owners_cannot_want_two_values():
    assert refused(host("1", "1", one="plan/shop"), wanted("2")) == [
        f"sysctl {KEY} (web): plan/shop needs it to be 1, not 2"
    ]


def test_it_is_given_back_by_each_owner():
    lines = changed(host("1", "1", one="plan/shop", two="plan/web"), leaves=everything_leaves)
    assert [line.split(":")[0] for line in lines] == [f"sysctl {KEY} (shop)", f"sysctl {KEY} (web)"]


def test_a_setting_of_a_device_that_is_to_be_made_can_wait_for_it():
    nowhere = kernel_of()
    assert refused(nowhere, wanted()) == [
        f"sysctl {KEY} (web): this kernel has no such setting here; look below /proc/sys"
    ]
    assert len(changed(nowhere, want("bridge", name="ch-web"), wanted())) == 2


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"key": "kernel.panic", "value": "1"}, "not below net"),
        ({"key": "net.ipv4/../../kernel/panic", "value": "1"}, "not below net"),
        ({"key": "net.ipv4.ip_forward"}, "needs a `value`"),
    ],
)
def test_only_a_namespace_s_own_settings_are_set(values, sentence):
    with pytest.raises(Problem, match=sentence):
        want("sysctl", **values)
