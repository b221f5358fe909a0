# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a way leads that somebody asks for, and what is said where the plan does not let it arrive."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.pair import Answers, hops, told
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ways import asked
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.verify.answers import (
    UNDERLAY,
    documents,
)

NETWORKS = """
web: {driver: bridge, names: hosts, subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}, "fd00:80::/64"]}
shut: {driver: bridge, host_access: [53/udp, 8000-8010/tcp], icc: false, subnets: [10.81.0.0/24]}
open: {driver: bridge, allow_networks: [web], subnets: [10.82.0.0/24]}
bare: {driver: bridge, internal: true, subnets: [10.83.0.0/24]}
fabric: {driver: overlay, vni: 42, subnets: [10.42.0.0/16]}
pond: {driver: overlay, mode: bridged, vni: 44, subnets: [10.44.0.0/24]}
"""
CONTAINERS = {
    "h1": """
      shop:
        networks: {web: {aliases: [www], publish: ["8080-8082:80-82", "53:53/udp", "9:9/sctp", "127.0.0.1:99:99"]}}
      more: {networks: {web: {publish: [{host_port: 81, container_port: 81, sources: [10.0.0.0/8, 198.18.7.13/32]}]}}}
      one: {networks: {shut: }}
      two: {networks: {shut: }}
      far: {networks: {open: }}
      alone: {networks: {bare: }}
      deep: {networks: {pond: }}
      side: {network_mode: "container:shop", publish: ["8090:90"]}
    """,
    "h2": "{db: {networks: {fabric: }}, other: {networks: {web: }}, fish: {networks: {pond: }}}",
    "h3": "{cache: {networks: {fabric: }}}",
}


@pytest.fixture
def ask(fleet):
    found = documents(fleet.networks(NETWORKS).only_containers(**CONTAINERS).plan())

    def asking(source, target, protocol="icmp", port=0):
        """For each family: what is asked, in words; the hops; and what is said where all of them answer."""
        ways = asked(found, UNDERLAY, source, target, protocol, port, addresses={"h1": ["198.18.7.11", "fd77::11"]})
        answers = []
        for way in ways:
            tried = hops(way, UNDERLAY, found)
            told_ = told(way, tried, Answers({}, {}, {}, {each.name: "" for each in tried}, {}))
            answers.append((str(way), [each.about for each in tried], told_[1]))
        return answers

    return asking


# From host to host, there and back.
LEAVING = ("own host", "own route", "gateway")
BOTH = ("own route", "own route")
BETWEEN = ("underlay route", "underlay route", "underlay")
PUBLISHED = [
    ("198.51.100.9", "h1", "tcp", 8081, ["its host", "listening", "at its host"]),
    ("h2", "h1", "tcp", 8080, [*BETWEEN, "its host", "listening", "at its host", "port"]),
    ("h2", "198.18.7.11", "udp", 53, [*BETWEEN, "its host", "listening", "at its host", "port"]),
    ("198.51.100.9", "fd77::11", "tcp", 8081, ["its host", "listening", "at its host"]),
    ("h2", "h1", "sctp", 9, [*BETWEEN, "its host", "listening", "at its host", "port"]),
    ("h1", "h1", "tcp", 8080, ["its host", "listening", "port"]),
    ("h1", "127.0.0.1", "tcp", 99, ["its host", "listening", "port"]),
    ("h1/more", "h1", "tcp", 8080, [*LEAVING, "its host", "listening", "port"]),
    ("h2/db", "h1", "tcp", 8080, [*LEAVING, *BETWEEN, "its host", "listening", "at its host", "port"]),
    ("h3", "h1", "tcp", 81, [*BETWEEN, "its host", "listening", "at its host", "port"]),
]


@pytest.mark.parametrize(("source", "target", "protocol", "port", "abouts"), PUBLISHED)
def test_a_published_port_leads_to_its_container(ask, source, target, protocol, port, abouts):
    [(words, found, problem)] = ask(source, target, protocol, port)
    address = target if target.startswith(("127.", "fd77:")) else "198.18.7.11"
    assert f"to h1's {address}, {port}/{protocol} for h1/" in words
    assert (found, problem) == (abouts, "")


OTHERS = [
    ("shop", "h1/far", "icmp", 0, [*LEAVING, "its host", "whole"]),
    ("more", "www", "icmp", 0, ["own host", *BOTH, "gateway", "its host", "whole"]),
    ("one", "h1", "tcp", 8005, ["own host", "own route", "whole", "port"]),
    ("h1", "shop", "tcp", 80, ["its host", "listening", "whole", "port"]),
    ("h3", "h2/db", "icmp", 0, [*BETWEEN, "its host", "whole"]),
    ("shop", "10.80.0.1", "icmp", 0, [*LEAVING, "whole"]),
    ("shop", "192.0.2.7", "tcp", 443, [*LEAVING, "whole", "port"]),
    ("side", "h1/far", "icmp", 0, [*LEAVING, "its host", "whole"]),
    ("more", "h1/side", "tcp", 90, ["own host", *BOTH, "gateway", "its host", "listening", "whole", "port"]),
    ("deep", "fish", "icmp", 0, [*BOTH, *BETWEEN, "whole", "size"]),
]


@pytest.mark.parametrize(("source", "target", "protocol", "port", "abouts"), OTHERS)
def test_other_ways_have_their_hops(ask, source, target, protocol, port, abouts):
    _words, found, problem = ask(source, target, protocol, port)[0]
    assert (found, problem) == (abouts, "")


REFUSED = [
    ("h2", "h1", "tcp", 99, "h1 publishes 99/tcp at 127.0.0.1 alone"),
    ("h2", "h1", "tcp", 81, "to 10.0.0.0/8, 198.18.7.13/32 alone (`sources`), and this comes from 198.18.7.12"),
    ("203.0.113.5", "h1", "tcp", 81, "this comes from 203.0.113.5"),
    ("one", "two", "icmp", 0, "Containers of `shut` do not reach each other (`icc`)"),
    ("one", "h1", "tcp", 22, "`host_access` of `shut` lets its containers reach 53/udp, 8000-8010/tcp of their host"),
    ("far", "shop", "icmp", 0, "`web` does not let in what comes from `open`: h1 drops it on the way to ch-web. To have"
     " it pass, name `open` in `allow_networks` of `web`"),
    ("shop", "alone", "icmp", 0, "name `web` in `allow_networks` of `bare`, or put h1/shop on `bare` as well\n"),
    ("shop", "h2/db", "icmp", 0, "h1 has no way from `web` to `fabric` on h2"),
    ("db", "h1/shop", "tcp", 80, "h2 has no way from `fabric` to `web` on h1"),
    ("h3", "h1/shop", "tcp", 80, "h3 is not on `web`, which lets nobody in from elsewhere under its own addresses. Ask"
     " for h1 and port 8080/tcp, which is published for it"),
    ("h1", "deep", "icmp", 0, "h1 has no address on `pond`, and so no way to it"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "protocol", "port", "sentence"), REFUSED)
def test_what_is_not_to_arrive_is_not_tried_and_said_why(ask, source, target, protocol, port, sentence):
    _words, found, problem = ask(source, target, protocol, port)[0]
    assert found == []
    assert "it is not planned to arrive. " in problem and sentence in f"{problem}\n"


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        ("alone", "192.0.2.7", "alone has no way out by IPv4"),
        ("shop", "wwww", "`to` is `wwww`, and no container with an address and no host is called so"),
        ("db", "www", "`to` is `www`"),
    ],
)
def test_what_nobody_knows_is_refused(ask, source, target, sentence):
    with pytest.raises(Refusal) as refused:
        ask(source, target)
    assert sentence in refused.value.what
