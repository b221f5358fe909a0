# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    KERNEL,
    STATIC,
    Link,
    Namespace,
    Route,
    changed,
    everything_leaves,
    kernel_of,
    refused,
    want,
)

FABRIC = Link("ch-fabric", "vxlan", owner="plan/web")
OTHER = Link("eth0")
DST = "10.42.1.0/24"


def host(*routes, **named):
    return kernel_of(Namespace(links=[FABRIC, OTHER], routes=routes), **named)


def wanted(**values):
    return want("route", **{"dst": DST, "device": "ch-fabric", "via": "10.42.1.0", "onlink": True, **values})


THERE = Route(DST, "ch-fabric", via="10.42.1.0", onlink=True)


def test_one_that_is_as_wanted_stays_as_it_is():
    assert changed(host(THERE), wanted()) == []


def test_a_missing_one_is_added():
    assert changed(host(), wanted(metric=7)) == [
        "route 10.42.1.0/24 (web): absent → 10.42.1.0/24 via 10.42.1.0 dev ch-fabric onlink metric 7"
    ]


@pytest.mark.parametrize(
    ("there", "line"),
    [
        (Route(DST, "ch-fabric", via="10.42.9.9", onlink=True), "via: 10.42.9.9 → via: 10.42.1.0"),
        (Route(DST, "ch-fabric", via="10.42.1.0"), "onlink: no → onlink: yes"),
    ],
)
def test_what_differs_is_changed(there, line):
    assert changed(host(there), wanted()) == [f"route 10.42.1.0/24 (web): {line}"]


@pytest.mark.parametrize("more", [{"metric": 7}, {"table": 100}, {"dst": "10.42.1.0/25"}])
def test_one_with_another_metric_table_or_prefix_is_another(more):
    (line,) = changed(host(THERE), wanted(**more))
    assert ": absent → " in line


def test_an_ipv6_route_without_a_metric_is_the_one_that_the_kernel_makes():
    there = Route("fd00:42:1::/64", "ch-fabric", metric=1024)
    assert changed(host(there), want("route", dst="fd00:42:1::/64", device="ch-fabric")) == []


@pytest.mark.parametrize("protocol", [STATIC, KERNEL])
def test_a_stranger_s_is_in_the_way(protocol):
    (sentence,) = refused(host(Route(DST, "eth0", via="192.0.2.1", protocol=protocol)), wanted())
    assert sentence.startswith("route 10.42.1.0/24 (web) cannot be made: there is one already that is not ours")
    assert "via 192.0.2.1 dev eth0" in sentence


def test_what_somebody_has_put_in_the_place_of_ours_is_ours():
    assert changed(host(Route(DST, "ch-fabric", protocol=STATIC)), wanted()) == [
        "route 10.42.1.0/24 (web): onlink: no → onlink: yes, via: 10.42.1.0"
    ]


def test_what_is_left_over_goes_and_a_stranger_s_stays():
    kernel = host(THERE, Route("10.99.0.0/24", "eth0", via="192.0.2.1", protocol=STATIC))
    assert changed(kernel, leaves=lambda found: found.kind == "route") == [
        "route 10.42.1.0/24 (web): absent ← 10.42.1.0/24 via 10.42.1.0 dev ch-fabric onlink"
    ]


def test_what_goes_along_with_its_device_is_not_removed_twice():
    assert [line.split(":")[0] for line in changed(host(THERE), leaves=everything_leaves)] == ["vxlan ch-fabric (web)"]


def test_on_a_stranger_s_device_the_records_tell_whose_it_is():
    kernel = host(Route(DST, "eth0", via="192.0.2.1"))
    kernel.records.set_owner("route", (None, DST, 0, 254), "plan/web")
    assert changed(kernel, leaves=everything_leaves)[0].startswith("route 10.42.1.0/24 (web): absent ←")


def test_it_needs_its_device():
    assert refused(host(), wanted(device="ch-other")) == [
        "route 10.42.1.0/24 (web): there is no device ch-other; make it first, or name another"
    ]
    assert len(changed(host(), want("bridge", name="ch-other"), wanted(device="ch-other"))) == 2


def test_a_gateway_that_is_on_no_segment_of_the_host_s_is_refused_whatever_is_there():
    sentence = (
        "route 10.42.1.0/24 (web): no interface of this host is on a segment with 192.0.2.12: look at its addresses, or"
        " name the `device`"
    )
    by_it = {"device": None, "via": "192.0.2.12", "onlink": False}
    for routes in ((), (THERE,)):
        assert refused(host(*routes), wanted(**by_it)) == [sentence]


def test_each_namespace_has_its_own():
    kernel = host(THERE, shop=Namespace(links=[Link("eth0", "veth")]))
    (line,) = changed(kernel, wanted(), wanted(netns="shop", device="eth0", via="10.42.1.1", onlink=False))
    assert line == "route 10.42.1.0/24 (web): absent → 10.42.1.0/24 via 10.42.1.1 dev eth0"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"via": "fd00::1"}, "not of one family"),
        ({"src": "fd00::1"}, "not of one family"),
        ({"device": None, "via": None}, "needs a `device`"),
        ({"dst": "10.42.1.1/24"}, "10.42.1.1/24"),
        ({"table": 0}, "table 0"),
        ({"metric": 1 << 32}, "metric"),
    ],
)
def test_what_no_kernel_takes_is_refused(values, sentence):
    with pytest.raises(Problem, match=sentence):
        wanted(**values)
