# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A limit belongs to the published port, not to the container's port that it leads to; on a real kernel."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    bridge_network,
    joined,
    publish,
    said,
)
from ansible_collections.containerhost.network.tests.integration.document.town import (
    HOST4,
    HOST6,
    OUTSIDE4,
    OUTSIDE6,
)

SHOP, SHOP6 = "10.80.1.2", "fd00:80:1::2"
NEXT_DOOR, NEXT_DOOR6 = "198.18.0.22", "fd00:18::22"
FAMILIES = {
    "ipv4": (SHOP, HOST4, OUTSIDE4, f"{OUTSIDE4}/32", f"{NEXT_DOOR}/32"),
    "ipv6": (SHOP6, HOST6, OUTSIDE6, f"{OUTSIDE6}/128", f"{NEXT_DOOR6}/128"),
}
families = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


def document(*ports: dict) -> dict:
    whole = joined(bridge_network("web", 80), *ports)
    return {**whole, "sysctl": whole.get("sysctl", [])[:1]}


@pytest.fixture
def town(own_town):
    own_town.host.module("document", document=document())
    own_town.serve("web-1", 80)
    own_town.serve("web-1", 80, address="::")
    assert own_town.call(None, SHOP, 80)
    assert own_town.call(None, SHOP6, 80)
    return own_town


@families
def test_two_ports_to_one_container_have_a_limit_each(town, apply_to, family):
    shop, host, outside, ours, other = family
    apply_to(town, document(
        publish("web", 8080, shop, 80, sources=[ours]),
        publish("web", 8081, shop, 80, sources=[other]),
        publish("web", 8082, shop, 80),
        publish("web", 8083, shop, 80, sources=[other], host_address=host),
        publish("web", 8084, shop, 80, sources=[ours], host_address=host),
    ))  # fmt: skip
    assert town.call("outside", host, 8080) == outside
    assert town.silence("outside", host, 8081)
    assert town.call("outside", host, 8082) == outside
    assert town.silence("outside", host, 8083)
    assert town.call("outside", host, 8084) == outside
    for port in range(8080, 8085):
        assert town.call(None, host, port), "the host itself is not limited"


@families
def test_one_that_goes_leaves_the_other_one_as_it_is(town, apply_to, family):
    shop, host, outside, ours, other = family
    limited, closed = (
        publish("web", 8080, shop, 80, sources=[ours]),
        publish("web", 8081, shop, 80, sources=[other]),
    )
    apply_to(town, document(limited, closed))
    assert len(said(apply_to(town, document(closed)))) == 1
    assert town.silence("outside", host, 8081)
    assert town.silence("outside", host, 8080)
    apply_to(town, document(limited, closed))
    apply_to(town, document(limited))
    assert town.call("outside", host, 8080) == outside


def test_sources_that_lie_in_each_other_are_one(town, apply_to):
    port = publish("web", 8080, SHOP, 80, sources=["198.18.0.0/16", f"{OUTSIDE4}/32", "198.19.0.0/16"])
    apply_to(town, document(port))
    assert town.call("outside", HOST4, 8080) == OUTSIDE4


@pytest.fixture
def apply_to():
    """Applied, and at once again without a change."""

    def apply(town, wanted: dict) -> dict:
        answer = town.host.module("document", document=wanted, remove=["*"])
        assert not answer.get("failed"), answer
        again = town.host.module("document", document=wanted, remove=["*"])
        assert (again.get("changed"), again["diff"]) == (False, [])
        return answer

    return apply


OLD_SETS = """
table inet containerhost {
    set ours { type ifname; elements = { "ch-web" comment "containerhost:plan/web" } }
    set guarded { type ifname; elements = { "ch-web" comment "containerhost:plan/web" } }
    map publish4 { type inet_proto . inet_service : ipv4_addr . inet_service; elements = {
        tcp . 8080 comment "containerhost:task" : 10.80.1.2 . 80,
        tcp . 8081 comment "containerhost:task" : 10.80.1.2 . 81 } }
    map publish4_at { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; elements = {
        tcp . 198.18.0.1 . 8082 comment "containerhost:task" : 10.80.1.2 . 80 } }
    set restricted4 { type ipv4_addr . inet_proto . inet_service; elements = {
        10.80.1.2 . tcp . 80 comment "containerhost:task" } }
    set permitted4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags interval; elements = {
        198.18.0.22 . 10.80.1.2 . tcp . 80 comment "containerhost:task" } }
}
"""


def test_limits_of_an_older_version_s_table_are_kept_by_whoever_replaces_it(town):
    """A run that knows nothing of these ports replaces the whole table."""
    town.host.run("nft", "-f", "-", input=f"delete table inet containerhost\n{OLD_SETS}")
    assert not town.host.module("document", document=document(), remove=["*"]).get("failed")
    assert town.silence("outside", HOST4, 8080)
    assert town.silence("outside", HOST4, 8082)
    found = town.host.module("network_info")["others"]["task"]["nat_rule"]
    assert {row["host_port"]: row.get("sources") for row in found if row["rule"] == "publish"} == {
        8080: [f"{NEXT_DOOR}/32"], 8081: None, 8082: [f"{NEXT_DOOR}/32"],
    }  # fmt: skip
