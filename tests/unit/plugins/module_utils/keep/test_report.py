# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program says, as an operator reads it and as ``--json`` has it."""

from __future__ import annotations

import re

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change, Found, Pending
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet
from ansible_collections.containerhost.network.plugins.module_utils.keep import pages, report
from ansible_collections.containerhost.network.plugins.module_utils.keep.restore import Outcome
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.documents import (
    bridge,
    publish,
    saved,
    veth,
)
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import want

NOW = 1_795_668_600
WEB = saved(
    {"web": "bridge", "lan": "macvlan"},
    collection="1.2.3",
    bridge=[bridge("web", addresses=["10.80.0.1/24", "fd00::1/64"])],
    veth=[
        veth("web", "shop"),
        veth("web", "db", "docker", "10.80.0.3", interface="eth1"),
        veth("web", "cache", "lxc", "10.80.0.4"),
    ],
    macvlan=[{"network": "lan", "parent": "eth0", "sandbox": {"engine": "netns", "ref": "shop"}, "interface": "eth1"}],
    nat_rule=[
        publish("web", 8080),
        publish("web", 53, "10.80.0.3", protocol="udp", host_address="192.0.2.1"),
        publish("web", 443, "fd00::2", host_address="2001:db8::1"),
        {"network": "web", "rule": "masquerade", "source": "10.80.0.0/24"},
    ],
)
BRIDGE = want("bridge", name="ch-web", addresses=["10.80.0.1/24"])


def veth_of(ref: str, engine: str = "netns", interface: str = "eth0"):
    sandbox = {"engine": engine, "ref": ref}
    return want("veth", name=f"chv-{ref}", master="ch-web", sandbox=sandbox, interface=interface)


def nothing(**values) -> ChangeSet:
    return ChangeSet(**{"clear": [], "leave": [], "make": [], "remove": [], "kept": [], "pending": [], **values})


TODO = nothing(
    make=[
        Change("change", "bridge", BRIDGE, Found("bridge", BRIDGE.key, {}, "plan/web"), {"mtu": (1400, 1500)}),
        Change("add", "veth", veth_of("shop"), None, {}),
    ],
    remove=[Change("remove", "bridge", None, Found("bridge", ("old",), {"name": "ch-old"}, "plan/old"), {})],
    pending=[
        Pending(veth_of("db", "docker", "eth1"), "docker container db is not running on this host: start it"),
        Pending(veth_of("cache", "lxc"), "eth0 in cache is not ours", blocked=True),
        Pending(want("neighbour", device="chv-db", address="10.80.0.3", lladdr="02:00:00:00:00:01"), ""),
    ],
)

AS_SAVED = """\
h1, saved by containerhost.network 1.2.3; last run 5 minutes ago (TIME)

NETWORK  DRIVER   DEVICE         ADDRESSES                STATE
lan      macvlan  eth0 (parent)                           as saved
web      bridge   ch-web         10.80.0.1/24 fd00::1/64  as saved

CONTAINER  NETWORK  INTERFACE  ADDRESSES     STATE
db         web      eth1       10.80.0.3/24  attached
cache      web      eth0       10.80.0.4/24  attached
shop       web      eth0       10.80.0.2/24  attached
shop       lan      eth1                     attached

PORT                   LEADS TO             NETWORK
*:8080/tcp             10.80.0.2:80 (shop)  web
192.0.2.1:53/udp       10.80.0.3:80 (db)    web
[2001:db8::1]:443/tcp  [fd00::2]:80         web

Everything is as saved."""

DIFFERS = """\
h1, saved by containerhost.network 1.2.3

NETWORK  DRIVER   DEVICE         ADDRESSES                STATE
lan      macvlan  eth0 (parent)                           as saved
web      bridge   ch-web         10.80.0.1/24 fd00::1/64  2 differ, 2 pending

CONTAINER  NETWORK  INTERFACE  ADDRESSES     STATE
db         web      eth1       10.80.0.3/24  pending
cache      web      eth0       10.80.0.4/24  blocked
shop       web      eth0       10.80.0.2/24  missing
shop       lan      eth1                     attached

PORT                   LEADS TO             NETWORK
*:8080/tcp             10.80.0.2:80 (shop)  web
192.0.2.1:53/udp       10.80.0.3:80 (db)    web
[2001:db8::1]:443/tcp  [fd00::2]:80         web

WHAT DIFFERS
  differs: bridge ch-web (web) (mtu)
  missing: veth shop eth0 (web)
  not in the document: bridge ch-old (old)
  pending: veth db eth1 (web): docker container db is not running on this host: start it
  blocked: veth cache eth0 (web): eth0 in cache is not ours"""


def test_a_page_where_all_is_well():
    page = report.page(WEB, nothing(), NOW - 300, NOW)
    assert re.sub(r"\(\d{4}-\d\d-\d\d \d\d:\d\d\)", "(TIME)", page) == AS_SAVED


def test_a_page_where_something_differs():
    assert report.page(WEB, TODO, None, NOW) == DIFFERS


def test_a_page_of_a_host_that_has_lost_everything_is_no_longer_than_a_screen():
    many = nothing(make=[Change("add", "veth", veth_of(f"c{n}"), None, {}) for n in range(100)])
    rows = report.page(saved(), many, None, NOW).split("WHAT DIFFERS\n")[1].splitlines()
    assert (len(rows), rows[-1]) == (21, "  … and 80 more: containerhost check")


LAN = {"network": "lan", "parent": "eth1", "vlan": 50}


@pytest.mark.parametrize(
    ("objects", "shown"),
    [
        ({"macvlan": [{**LAN, "interface": "chs-lan", "addresses": ["10.7.0.1/32"]}]}, "chs-lan 10.7.0.1/32"),
        ({"ipvlan": [{**LAN, "addresses": ["10.7.0.1/32"]}]}, "eth0 10.7.0.1/32"),
        ({"vlan": [{"network": "lan", "parent": "eth1", "id": 50}]}, "eth1.50"),
        ({"vlan": [{"network": "lan", "parent": "eth1", "id": 50, "protocol": "802.1ad"}]}, "eth1-50"),
        ({"vlan": [{"network": "lan", "parent": "eth1", "id": 50, "name": "office"}]}, "office"),
        ({"macvlan": [{**LAN, "sandbox": {"engine": "netns", "ref": "shop"}}]}, "eth1 (parent)"),
        ({"isolation": [{"network": "lan", "device": "eth9"}]}, ""),
    ],
)
def test_a_network_s_device_is_named_whatever_kind_has_it(objects, shown):
    page = report.page(saved({"lan": "macvlan"}, **objects), nothing(), None, NOW)
    row = next(line for line in page.splitlines() if line.startswith("lan "))
    assert row.split() == ["lan", "macvlan", *shown.split(), "as", "saved"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        *((-5, "0 seconds"), (0, "0 seconds"), (119, "119 seconds")),
        *((120, "2 minutes"), (7200, "2 hours"), (172800, "2 days")),
    ],
)
def test_how_long_ago_the_last_run_was(seconds, told):
    assert f"last run {told} ago" in report.page(WEB, nothing(), NOW - seconds, NOW)


def test_who_waits_for_a_container_is_no_difference_and_who_is_blocked_is():
    waits, blocked = TODO.pending[:2]
    assert not report.differs(nothing(pending=[waits]))
    assert report.differs(nothing(pending=[blocked]))
    assert report.differs(nothing(make=TODO.make))


def test_a_line_for_each_thing_that_was_done():
    assert report.lines(Outcome(TODO.changes, TODO.pending)) == [
        "changed: bridge ch-web (web)",
        "made: veth shop eth0 (web)",
        "removed: bridge ch-old (old)",
        "pending: veth db eth1 (web): docker container db is not running on this host: start it",
        "blocked: veth cache eth0 (web): eth0 in cache is not ours",
    ]


def test_before_and_after_are_shown_as_ansible_does():
    assert report.unified(
        [
            {"before_header": "a", "after_header": "a", "before": "mtu: 1400\n", "after": "mtu: 1500\n"},
            {"before_header": "b: absent", "after_header": "b", "before": "", "after": "present\n"},
        ]
    ) == "--- before: a\n+++ after: a\n-mtu: 1400\n+mtu: 1500\n\n--- before: b: absent\n+++ after: b\n+present\n"


# -- values ------------------------------------------------------------------------------------------------------------


def test_of_each_network_there_is_how_much_differs():
    assert report.by_network(WEB, TODO) == {
        "lan": {"driver": "macvlan", "objects": 1, "differences": 0, "pending": 0},
        "web": {"driver": "bridge", "objects": 8, "differences": 2, "pending": 2},
    }


def test_objects_of_a_network_that_has_no_driver_are_counted():
    assert report.by_network(saved({}, bridge=[bridge("web")]), nothing())["web"] == {
        "driver": "",
        "objects": 1,
        "differences": 0,
        "pending": 0,
    }


def described(command: str) -> set[str]:
    """The names that the manual page gives for an answer in JSON."""
    section = re.sub(r"\([^()]*\)", "", pages.MANUAL.split(".SH JSON\n")[1].split(".SH FILES")[0].replace("\n", " "))
    both = re.split(r"answers? with", section)
    of_show, of_restore = both[1].rsplit(".B restore", 1)[0], both[2]
    return set(re.findall(r"\.IR? (\w+)", of_show if command == "show" else of_restore))


def test_the_manual_page_names_every_value_and_no_other():
    assert set(report.comparison(WEB, TODO)) == described("show")
    assert set(report.outcome(Outcome((), ()), [])) == described("restore")


def test_what_is_pending_says_why_and_for_whom():
    assert report.comparison(WEB, TODO)["pending"][0] == {
        "object": "veth db eth1 (web)",
        "network": "web",
        "sandbox": {"engine": "docker", "ref": "db"},
        "reason": "docker container db is not running on this host: start it",
        "blocked": False,
    }
    assert len(report.comparison(WEB, TODO)["pending"]) == 2


def test_containers_and_ports_are_the_pages():
    found = report.comparison(WEB, TODO)
    assert [(row["container"], row["engine"], row["state"]) for row in found["containers"]] == [
        ("db", "docker", "pending"),
        ("cache", "lxc", "blocked"),
        ("shop", "netns", "missing"),
        ("shop", "netns", "attached"),
    ]
    assert found["ports"][0] == {"host": "*:8080/tcp", "container": "10.80.0.2:80 (shop)", "network": "web"}
    assert (found["differs"], found["counts"]["added"], found["counts"]["changed"]) == (True, 1, 1)


def test_a_restore_says_what_it_changed_and_what_it_could_not():
    found = report.outcome(Outcome(TODO.changes, TODO.pending), ["eth0 in cache is not ours"])
    assert (found["changed"], found["problems"]) == (True, ["eth0 in cache is not ours"])
    assert report.outcome(Outcome((), ()), [])["changed"] is False


def test_of_many_containers_those_that_something_is_the_matter_with_come_first_and_the_rest_is_counted():
    many = saved(bridge=[bridge("web")], veth=[veth("web", f"c{number:02}") for number in range(50)])
    todo = nothing(make=[Change("add", "veth", veth_of("c49"), None, {})])
    rows = report.page(many, todo, None, NOW).splitlines()
    first = next(number for number, row in enumerate(rows) if row.startswith("CONTAINER"))
    assert rows[first + 1].split()[0] == "c49"
    assert rows[first + 21] == "… and 30 more: containerhost show --all"
    whole = report.page(many, todo, None, NOW, whole=True)
    assert all(f"c{number:02} " in whole for number in range(50))
