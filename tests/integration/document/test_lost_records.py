# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the records say and the host does not: read as it is, forgotten by the next run, not lost to a teardown."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    only,
    said,
    web_and_fabric,
)

RECORDS = "/run/containerhost/records.json"
ROUTE = {"network": "w", "dst": "10.99.0.0/16", "via": "198.18.0.2", "device": "eth0"}
NEIGHBOUR = {"network": "w", "device": "eth0", "address": "198.18.0.77", "lladdr": "02:00:00:00:00:77"}
ROUTE6 = {**ROUTE, "dst": "fd00:99::/32", "via": "fd00:18::2"}
ON_OTHERS = {"version": 1, "route": [ROUTE, ROUTE6], "neighbour": [NEIGHBOUR]}


def owners(host) -> dict:
    return json.loads(host.run("cat", RECORDS))["owners"]


DEVICES = {
    "bridge": "ip link add other type bridge",
    "veth": "ip link add other type veth peer name end; ip link set end up",
    "macvlan": "ip link add other link eth0 type macvlan",
}


@pytest.mark.parametrize("records", ["kept", "lost"])
@pytest.mark.parametrize("made", DEVICES.values(), ids=DEVICES)
def test_a_teardown_takes_our_routes_and_neighbours_off_other_peoples_devices(host, made, records):
    host.run("sh", "-ec", f"{made}; ip link set other up; ip addr add 10.5.0.1/24 dev other")
    before = host.snapshot()
    route = {**ROUTE, "device": "other", "via": "10.5.0.2"}
    neighbour = {**NEIGHBOUR, "device": "other", "address": "10.5.0.9"}
    assert len(said(host.module("document", document={"version": 1, "route": [route], "neighbour": [neighbour]}))) == 2
    if records == "lost":
        host.run("rm", RECORDS)
    assert len(said(host.module("document", document=NOTHING, everything=True))) == 2
    assert host.snapshot() == before


def test_reading_changes_no_records(host):
    host.module("document", document=ON_OTHERS)
    host.run("ip", "route", "del", "10.99.0.0/16")
    host.run("ip", "neigh", "del", "198.18.0.77", "dev", "eth0")
    before = host.run("cat", RECORDS)
    assert host.module("document", document=NOTHING, everything=True, check=True)["counts"]["removed"] == 1
    host.module("network_info")
    assert host.run("cat", RECORDS) == before
    host.module("document", document={"version": 1, "route": ON_OTHERS["route"][1:]})
    assert set(owners(host)) == {"route"}
    assert len(owners(host)["route"]) == 1


def test_a_strangers_route_where_one_of_ours_was_is_his(host):
    host.module("document", document=ON_OTHERS)
    host.run("ip", "route", "del", "10.99.0.0/16")
    host.module("document", document={"version": 1, "route": ON_OTHERS["route"][1:]})
    host.run("ip", "route", "add", "10.99.0.0/16", "via", "198.18.0.2")
    host.module("document", document=NOTHING, everything=True)
    assert "10.99.0.0/16 via 198.18.0.2" in host.run("ip", "route")


def test_without_libnftables_a_teardown_says_that_the_table_stays_and_keeps_the_records(host):
    host.run("mount", "-o", "remount", "/run")  # mount(8) makes a folder of its own in it
    before = host.snapshot()
    host.module("document", document=web_and_fabric())
    libraries = "ldconfig -p | sed -n 's/.*libnftables.so.1 .*=> //p'"
    host.run("sh", "-ec", f"{libraries} | xargs -n1 mount --bind /dev/null")
    host.begin_anew()

    for check in (True, False):
        host.module("document", document=NOTHING, everything=True, check=check)
        assert "The nftables table inet containerhost stays as it is, with all that is in it" in host.warned
        assert "install the package libnftables1" in host.warned
    assert json.loads(host.run("cat", RECORDS))["digests"]
    assert "ch-web" not in host.run("ip", "-br", "link")

    host.run("sh", "-ec", f"{libraries} | xargs -n1 umount")
    host.begin_anew()
    again = host.module("document", document=NOTHING, everything=True)
    assert not again.get("failed"), again
    assert host.snapshot() == before


def test_one_without_borrowed_forwarding_ends_with_a_warning(host):
    document = only("web")
    document["forwarding"] = [row for row in document["forwarding"] if row.get("device")]
    host.module("document", document=document)
    libraries = "ldconfig -p | sed -n 's/.*libnftables.so.1 .*=> //p'"
    host.run("sh", "-ec", f"{libraries} | xargs -n1 mount --bind /dev/null")
    host.begin_anew()
    answer = host.module("document", document=NOTHING, everything=True)
    assert answer["changed"]
    assert "The nftables table inet containerhost stays as it is" in host.warned
