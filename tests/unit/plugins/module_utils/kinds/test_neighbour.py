# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    Neighbour,
    changed,
    kernel_of,
    refused,
    want,
)

MAC, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
OURS = {"NDA_PROTOCOL": m.PROTOCOL}


def host(*neighbours):
    links = [Link("ch-fabric", "vxlan", owner="plan/web"), Link("eth0")]
    return kernel_of(Namespace(links=links, neighbours=neighbours))


def entry(device="ch-fabric", lladdr=MAC, state=m.NUD_PERMANENT, more=None):
    return Neighbour(device, "10.42.1.0", lladdr, state, more=OURS if more is None else more)


def wanted(**values):
    return want("neighbour", **{"device": "ch-fabric", "address": "10.42.1.0", "lladdr": MAC, **values})


def of_neighbours(found):
    return found.kind == "neighbour"


def test_one_that_is_as_wanted_stays_as_it_is():
    assert changed(host(entry()), wanted()) == []


@pytest.mark.parametrize(
    ("there", "line"),
    [
        (entry(lladdr=OTHER), f"lladdr: {OTHER} → lladdr: {MAC}"),
        (entry(lladdr=OTHER, more={}), f"lladdr: {OTHER} → lladdr: {MAC}"),  # on a device of ours, by whomever
        (entry(state=m.NUD_REACHABLE, more={}), "permanent: no → permanent: yes"),
    ],
)
def test_what_differs_is_changed(there, line):
    assert changed(host(there), wanted()) == [f"neighbour 10.42.1.0 on ch-fabric (web): {line}"]


def test_what_is_left_over_goes_and_what_the_kernel_knows_by_itself_stays():
    known = [entry("eth0", state=m.NUD_REACHABLE, more={}), entry("eth0", OTHER, more={})]
    assert changed(host(entry(), *known), leaves=of_neighbours) == [
        f"neighbour 10.42.1.0 on ch-fabric (web): absent ← lladdr: {MAC}"
    ]


def test_a_stranger_s_on_a_stranger_s_device_is_in_the_way():
    (sentence,) = refused(host(entry("eth0", OTHER, more={})), wanted(device="eth0"))
    what = "neighbour 10.42.1.0 on eth0 (web)"
    assert sentence.startswith(f"{what} cannot be made: there is one already that is not ours")


def test_it_needs_its_device_and_an_lladdr():
    assert refused(host(), wanted(device="ch-none")) == [
        "neighbour 10.42.1.0 on ch-none (web): there is no device ch-none; make it first, or name another"
    ]
    with pytest.raises(Problem, match="needs an `lladdr`"):
        wanted(lladdr=None)
