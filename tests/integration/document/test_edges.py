# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odd names, odd hosts, odd documents."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    only,
    said,
    web_and_fabric,
)


def test_names_of_fifteen_characters_work_everywhere(host, apply):
    long = "abcdefghijkl"  # with ch-: fifteen
    document = bridge_network(long, 80)
    document["veth"][0].update(name="v" * 15, interface="w" * 15)
    document["veth"][0]["sandbox"]["ref"] = document["netns"][0]["name"] = "n" * 200
    assert len(said(apply(document))) == 10
    assert len(said(apply(NOTHING))) == 10


def test_device_names_that_nft_takes_for_its_own_words_work_too(host, apply):
    words = ("timeout", "and", "ip", "10.1", "a#b", "-x")
    document = {
        "version": 1,
        "bridge": [{"network": "w", "name": name, "mac": f"02:00:00:00:00:{n:02x}"} for n, name in enumerate(words)],
        "isolation": [{"network": "w", "device": name, "accept_from": list(words)} for name in words],
        "forwarding": [{"network": "w", "device": name} for name in words],
    }
    assert len(said(apply(document))) == 18
    assert len(said(apply(NOTHING))) == 18


def test_a_namespace_may_have_a_space_in_its_name(host, apply):
    document = {
        "version": 1,
        "netns": [{"network": "w", "name": "my shop"}],
        "bridge": [{"network": "w", "name": "br", "mac": "02:00:00:00:00:01"}],
        "veth": [{"network": "w", "name": "v", "master": "br", "host_mac": "02:00:00:00:01:01",
                  "sandbox": {"engine": "netns", "ref": "my shop"}, "addresses": ["10.0.0.2/24"]}],
    }  # fmt: skip
    assert said(apply(document))[-1] == "+ veth my shop eth0 (w)"
    settings = [{"network": "w", "netns": "my shop", "key": "net.ipv4.conf.eth0.rp_filter", "value": "2"}]
    apply({**document, "sysctl": settings})
    assert said(apply(document)) == ["- sysctl net/ipv4/conf/eth0/rp_filter (w)"]


def test_the_oldest_pyroute2_that_is_supported_sees_and_does_the_same(host):
    first = host.module("document", document=web_and_fabric(), python="/usr/bin/python3")
    assert not first.get("failed"), first
    assert host.module("document", document=web_and_fabric())["diff"] == []
    host.run("ip", "link", "del", "chvshop")
    host.run("ip", "link", "set", "chvdb", "type", "bridge_slave", "locked", "on")  # unknown to the oldest
    new = host.module("document", document=web_and_fabric(), check=True)
    old = host.module("document", document=web_and_fabric(), check=True, python="/usr/bin/python3")
    assert old["diff"] == new["diff"]
    assert "~ veth db eth0 (web)" in said(old)


def test_two_runs_at_once_do_one_after_the_other(host):
    host.module("document", document=NOTHING)
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _n: host.module("document", document=web_and_fabric()), range(3)))
    assert sorted(answer["changed"] for answer in answers) == [False, False, True]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"version": 1, "veth": [{"network": "w", "name": "v", "master": "br", "sandbox": {"ref": "gone"}}]},
         "veth gone eth0 (w): there is no bridge br; make it first"),
        ({"version": 1, "route": [{"network": "w", "dst": "10.0.0.0/8", "device": "br"}]}, "route 10.0.0.0/8 (w): "),
        ({"version": 1, "sysctl": [{"network": "w", "key": "net.ipv4.no_such_thing", "value": "1"}]},
         "sysctl net/ipv4/no_such_thing (w): this kernel has no such setting"),
        ({"version": 1, "bridge": [{"network": "w", "name": "br"}] * 2}, "bridge br (w) is listed twice"),
        ({"version": 1, "bridge": [{"network": "w", "name": "a" * 16}]}, "bridge: name 'aaaaaaaaaaaaaaaa' has 16"),
        ({"version": 1, "brigde": []}, "the document has objects of kind brigde; this collection knows bridge"),
        ({"version": 2}, "the document is of version 2, not 1"),
    ],
    ids=["veth", "route", "sysctl", "twice", "long name", "kind", "version"],
)  # fmt: skip
def test_a_document_that_cannot_be_is_one_sentence_and_nothing_is_done(refused, document, sentence):
    text = refused(document)
    assert text.startswith(sentence)
    assert text.endswith("Nothing has been changed.")


def test_a_refusal_of_the_kernel_names_the_object_the_operation_and_its_words(host):
    document = only("fabric")
    document["route"][0].update(via="172.16.0.9", onlink=False)
    answer = host.module("document", document=document)
    assert answer["failed"]
    assert answer["problems"] == [
        "route 10.42.2.0/24 (fabric): cannot add route 10.42.2.0/24 on ch-fabric:"
        " Nexthop has invalid gateway (ENETUNREACH)"
    ]
    document = only("fabric")
    carried_on = host.module("document", document=document)
    assert said(carried_on) == ["+ route 10.42.2.0/24 (fabric)"]


def test_both_ends_of_an_attachment_have_one_queue_each_way(host, apply):
    document = bridge_network("web", 80)
    apply(document)
    outside = json.loads(host.run("ip", "-d", "-j", "link", "show", document["veth"][0]["name"]))
    sandbox = document["veth"][0]["sandbox"]["ref"]
    inside = json.loads(host.run("ip", "-n", sandbox, "-d", "-j", "link", "show", "eth0"))
    for end in (*outside, *inside):
        assert (end["num_tx_queues"], end["num_rx_queues"]) == (1, 1), end["ifname"]
