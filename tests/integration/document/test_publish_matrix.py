# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published ports, of every form and from everywhere, with packets."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.integration.document.matrix import (
    AT_LATER,
    FROM,
    applied,
    calls_to,
    document,
    made,
    unanswered,
)
from ansible_collections.containerhost.network.tests.integration.document.town import HOST4, HOST6, a_town

PROTOCOLS = ("tcp", "udp")
STRICT = "for each in all default eth0; do echo 1 > /proc/sys/net/ipv4/conf/$each/rp_filter; done"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Routes are checked strictly on the host: by us, that may not keep replies from coming back."""
    with a_town(tmp_path_factory.mktemp("matrix"), 0) as town:
        town.host.run("sh", "-ec", STRICT)
        made(town, PROTOCOLS)
        yield town


@pytest.mark.parametrize("where", FROM.values(), ids=FROM)
def test_every_form_answers_everybody(town, where):
    assert unanswered(town, where, calls_to(HOST4, HOST6, protocols=PROTOCOLS)) == []


def test_on_the_loopback_what_is_on_all_addresses_answers(town):
    forms = ("a port", "an equal range", "a shifted range")
    assert unanswered(town, None, calls_to("127.0.0.1", protocols=PROTOCOLS, forms=forms)) == []
    forms = ("at an address", "by an interface")
    elsewhere = calls_to("127.0.0.1", protocols=PROTOCOLS, forms=forms, more=())
    assert unanswered(town, None, elsewhere) == elsewhere


def test_no_other_ports_answer(town):
    addresses = (HOST4, HOST6)
    others = [(protocol, address, port) for port in (7010, 7200) for address in addresses for protocol in PROTOCOLS]
    assert unanswered(town, "outside", others) == others


def test_an_address_that_comes_later_answers_for_all_addresses_and_for_its_interface(town):
    town.host.run("ip", "addr", "add", "198.18.0.77/24", "dev", "eth0")
    town.host.run("ip", "-6", "addr", "add", "fd00:18::77/64", "dev", "eth0", "nodad")
    at_both = calls_to("198.18.0.77", "fd00:18::77", protocols=PROTOCOLS, forms=AT_LATER)
    assert unanswered(town, "outside", at_both) == []
    at_the_other = calls_to("198.18.0.77", "fd00:18::77", protocols=PROTOCOLS, forms=("at an address",), more=())
    assert unanswered(town, "outside", at_the_other) == at_the_other


def test_a_range_is_one_element(town):
    listing = town.host.run("nft", "list", "map", "inet", "containerhost", "ranges4")
    assert listing.count("7000-7009") == 2
    assert "7005" not in town.host.run("nft", "list", "map", "inet", "containerhost", "publish4")


def test_everybody_is_answered_where_the_way_out_is_a_router_on_the_lan(town):
    applied(town, document(PROTOCOLS, on_lan=True))
    for where in ("outside", None, "sib", "other"):  # it calls its host by that router itself
        assert unanswered(town, where, calls_to(HOST4, HOST6, protocols=PROTOCOLS)) == []


def limited(first: int, last: int, *sources: str, at: str | None = None) -> dict:
    ends = {"host_port": first, "port": first, **({"host_port_end": last} if last > first else {})}
    address = {"host_address": at} if at else {}
    return {"network": "web", "rule": "publish", "address": "10.80.1.2", "sources": [*sources], **ends, **address}


SOME, MORE = "198.51.100.0/24", "198.51.100.0/22"
# What is published instead of each other: an element of a set of intervals overlaps one that is still there.
SUCCESSIVE = [
    [limited(9000, 9002, SOME)],
    [limited(9001, 9001, SOME)],
    [limited(8999, 9003, MORE)],
    [limited(9000, 9000, SOME), limited(9003, 9005, MORE)],
    [limited(9004, 9004, SOME, MORE), limited(9001, 9002, SOME)],
    [limited(9001, 9004, SOME, at=HOST4)],
    [limited(9002, 9002, MORE, at=HOST4)],
]


def test_limited_ports_come_in_the_place_of_others_in_one_run(host):
    for rules in [*SUCCESSIVE, *SUCCESSIVE[-2::-1], SUCCESSIVE[0]]:
        answer = host.module("document", document={"version": 1, "nat_rule": rules}, remove=["*"])
        assert not answer.get("failed"), answer
    assert not answer["changed"]
