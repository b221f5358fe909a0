# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container whose tables are too large to be read: its own endpoint waits or goes, and nobody else notices."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    KIND,
    OWNER,
    Link,
    Namespace,
    changed,
    everything_leaves,
    kernel_of,
    planned,
    waiting,
    want,
)

KINDS = ("macvlan", "ipvlan")
# In a mode that keeps all others off the parent.
DATA = {
    "macvlan": {"IFLA_MACVLAN_MODE": KIND["macvlan"].modes["passthru"]},
    "ipvlan": {"IFLA_IPVLAN_MODE": KIND["ipvlan"].modes["l3"], "IFLA_IPVLAN_FLAGS": 0},
}
FLOODED = "netns shop cannot be looked into: a table has more than 25 rows"
LAN = Namespace(links=[Link("lan0")])


def wanted(kind, ref="shop", address="192.0.2.7"):
    return want(kind, sandbox={"ref": ref}, parent="lan0", addresses=[f"{address}/24"])


def host(kind, *tables, recorded=True, there=True):
    """``shop`` has its end, which is not as it is wanted, and tables that are flooded; ``db`` has nothing yet."""
    end = Link("eth0", kind, peer=(None, "lan0"), owner=OWNER, data=DATA[kind])
    kernel = kernel_of(LAN, shop=Namespace(links=[end] if there else [], flooded=tables), db=Namespace())
    if recorded:
        kernel.records.set_owner(kind, (None, "netns", "shop", "eth0"), OWNER)
    return kernel


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("table", [m.RTM_GETLINK, m.RTM_GETADDR, m.RTM_GETROUTE])
def test_its_end_waits_as_it_is(kind, table):
    assert waiting(host(kind, table), wanted(kind)) == [FLOODED]
    assert changed(host(kind, table), wanted(kind)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_others_on_its_parent_are_made(kind):
    (line,) = changed(host(kind, m.RTM_GETLINK), wanted(kind), wanted(kind, "db", "192.0.2.8"))
    assert line.startswith(f"{kind} db eth0 (web): absent → 192.0.2.8/24 as eth0 in netns db")


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_is_not_there_yet_waits_for_its_links_alone(kind):
    assert waiting(host(kind, m.RTM_GETLINK, there=False, recorded=False), wanted(kind)) == [FLOODED]
    for table in (m.RTM_GETADDR, m.RTM_GETROUTE):
        assert len(changed(host(kind, table, there=False, recorded=False), wanted(kind))) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("table", [m.RTM_GETLINK, m.RTM_GETADDR, m.RTM_GETROUTE])
def test_what_nobody_wants_any_more_goes_without_having_been_read(kind, table):
    (change,) = planned(host(kind, table), leaves=everything_leaves).remove
    assert (change.kind, change.found.key) == (kind, (None, "netns", "shop", "eth0"))
    gone, _forgotten = KIND[kind].remove(change.found)
    assert [(step.netns, step.name) for step in gone] == [("/run/netns/shop", "eth0")]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_in_it_is_ours_without_a_record(kind):
    assert planned(host(kind, m.RTM_GETLINK, recorded=False), leaves=everything_leaves).changes == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_interface_of_its_own_under_that_name_stays(kind):
    """It stands on something that is inside, so that the host's end has gone, and only the record of it goes."""
    own = Namespace(links=[Link("x"), Link("eth0", kind, lower="x", data=DATA[kind])], flooded=(m.RTM_GETLINK,))
    kernel = kernel_of(LAN, shop=own)
    kernel.records.set_owner(kind, (None, "netns", "shop", "eth0"), OWNER)
    (change,) = planned(kernel, leaves=everything_leaves).remove
    assert [[step.operation for step in steps] for steps in KIND[kind].remove(change.found)] == [["note the owner"]]


def test_a_vtep_is_looked_for_in_all_namespaces_but_such():
    """In case that somebody has taken it there."""
    kernel = kernel_of(Namespace(links=[Link("eth0")]), shop=Namespace(flooded=(m.RTM_GETLINK,)))
    assert len(changed(kernel, want("vxlan", name="vx0", vni=7))) == 1
