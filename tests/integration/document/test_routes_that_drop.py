# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes of a running container that lead nowhere: they come, change and go with an interface that they do not name."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING, joined

YARD = {"sandbox": {"engine": "netns", "ref": "yard"}}
ROUTES = (
    {"dst": "10.9.0.0/16", "type": "blackhole"},
    {"dst": "10.8.0.0/16", "type": "prohibit", "metric": 7},
    {"dst": "fd00:9::/48", "type": "unreachable"},
    {"dst": "::/0", "type": "blackhole", "metric": 4096},
)


def web(routes=ROUTES, **more):
    end = {
        "network": "web", "name": "chvyard", "master": "ch-web", "host_mac": "02:00:00:00:01:01", **YARD,
        "interface": "eth0", "mac": "02:00:00:00:00:02", "addresses": ["10.80.1.2/24", "fd00:80:1::2/64"],
        "routes": [*routes], **more,
    }  # fmt: skip
    bridge = {"network": "web", "name": "ch-web", "addresses": ["10.80.1.1/24"]}
    return {"version": 1, "bridge": [bridge], "veth": [end]}


def lan(routes=ROUTES):
    end = {"network": "lan", "parent": "eth0", **YARD, "interface": "eth1", "routes": [*routes]}
    return {"version": 1, "macvlan": [{**end, "addresses": ["198.18.0.9/24", "fd00:18::9/64"]}]}


def dropping(host):
    """Destination to type, as the kernel has them in the container."""
    both = "ip -n yard route; ip -n yard -6 route"
    rows = [line.split() for line in host.run("sh", "-c", both).splitlines() if line.split()[0] in KINDS]
    return {words[1]: words[0] for words in rows}


KINDS = ("blackhole", "unreachable", "prohibit")
THERE = {"10.9.0.0/16": "blackhole", "10.8.0.0/16": "prohibit", "fd00:9::/48": "unreachable", "default": "blackhole"}


@pytest.fixture
def yard(host):
    """A container that is not ours, and has a route of its own that drops."""
    host.run("sh", "-ec", "ip netns add yard; ip -n yard link set lo up; ip -n yard route add blackhole 10.7.0.0/16")
    before = host.snapshot()
    yield {"10.7.0.0/16": "blackhole"}
    host.settle()
    assert host.snapshot() == before


@pytest.mark.parametrize("document", [web, lan])
def test_they_are_made_mended_changed_and_taken_back(host, apply, yard, document):
    apply(document())
    assert dropping(host) == yard | THERE
    host.run("ip", "-n", "yard", "route", "del", "blackhole", "10.9.0.0/16")
    host.run("ip", "-n", "yard", "-6", "route", "del", "fd00:9::/48")
    assert apply(document())["changed"] and dropping(host) == yard | THERE
    one = [{"dst": "10.9.0.0/16", "type": "unreachable"}, {"dst": "fd00:9::/48", "type": "prohibit"}]
    apply(document(one))
    assert dropping(host) == yard | {"10.9.0.0/16": "unreachable", "fd00:9::/48": "prohibit"}
    apply(NOTHING)


def test_those_of_one_interface_are_not_another_s(host, apply, yard):
    """They move with their network, to other addresses as well, and stay where only the other network goes."""
    apply(joined(web(ROUTES[:1]), lan(ROUTES[1:])))
    assert dropping(host) == yard | THERE
    apply(joined(web(ROUTES[2:]), lan(ROUTES[:2])))
    assert dropping(host) == yard | THERE
    apply(web(ROUTES[2:], addresses=["10.80.1.7/24", "fd00:80:1::7/64"]))
    assert dropping(host) == yard | {"fd00:9::/48": "unreachable", "default": "blackhole"}
    apply(NOTHING)


def test_those_that_outlive_an_interface_that_somebody_deletes_are_the_next_one_s(host, apply, yard):
    apply(web())
    host.run("ip", "link", "del", "chvyard")
    apply(web())
    assert dropping(host) == yard | THERE
    apply(NOTHING)


def test_a_strangers_one_is_his(host, yard):
    """An interface that is to bring one there waits, as with his default route."""
    answer = host.module("document", document=web([{"dst": "10.7.0.0/16", "type": "prohibit"}]))
    assert "yard has a route of somebody else's to where eth0 is to bring one (10.7.0.0/16 type blackhole)" in str(
        answer["pending"]
    )
    assert dropping(host) == yard
    host.module("document", document=NOTHING, everything=True)
