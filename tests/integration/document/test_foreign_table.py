# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An nftables table of our name: ours by what is in it, or somebody else's, which stays."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    NOTHING,
    bridge_network,
    said,
    web_and_fabric,
)

THEIRS = {
    "empty": "table inet containerhost { }",
    "a chain": "table inet containerhost { chain input { type filter hook input priority 0; policy accept; }; }",
    "rules": "table inet containerhost { chain input { type filter hook input priority 0; tcp dport 22 accept; }; }",
    "a set": "table inet containerhost { set ours { type ipv4_addr; elements = { 10.0.0.1 }; }; }",
    "names of ours": (
        'table inet containerhost { set ours { type ifname; elements = { "eth0" comment "mine" }; };'
        " chain passing { type filter hook forward priority 0; iifname @ours accept; }; }"
    ),
}
SENTENCE = "there is an nftables table inet containerhost already that is not ours: rename it, or delete it"


@pytest.mark.parametrize("table", THEIRS.values(), ids=THEIRS)
def test_somebody_elses_is_named_once_and_stays(host, refused, table):
    host.run("nft", table)

    assert refused(web_and_fabric()).splitlines() == [
        f"{SENTENCE} (nft delete table inet containerhost)",
        "Nothing has been changed.",
    ]
    before = host.snapshot()
    for module, options in (
        ("isolation", {"device": "br-a"}),
        ("open_port", {"address": "10.80.1.2", "port": 80}),
        ("vtep_filter", {"vni": 7}),
        ("sender_filter", {"port": "chv1", "mac": "02:00:00:00:00:0a"}),
        ("nat_rule", {"rule": "masquerade", "source": "10.80.1.0/24"}),
        ("forwarding", {"uplink": "eth0"}),
    ):
        for check in (True, False):
            assert SENTENCE in host.module(module, check=check, **options)["msg"]
    assert host.module("network_info")["document"] == {"version": 1}
    assert host.module("document", document=NOTHING, everything=True)["changed"] is False
    assert host.snapshot() == before

    plain = {"version": 1, "bridge": [{"network": "web", "name": "ch-web"}]}
    assert host.module("document", document=plain)["changed"]
    assert host.module("document", document=NOTHING, everything=True)["changed"]
    assert host.snapshot() == before


def test_one_that_took_the_place_of_ours_is_somebody_elses(host, refused):
    host.module("document", document=web_and_fabric())
    host.run("nft", f"delete table inet containerhost; {THEIRS['rules']}")

    assert SENTENCE in refused(web_and_fabric())
    assert SENTENCE in host.module("document", document=NOTHING, everything=True)["msg"]
    assert "records.json" in host.run("ls", "/run/containerhost")
    assert "dport 22" in host.run("nft", "list", "ruleset")


DAMAGE = {
    "rules flushed": "flush table inet containerhost",
    "a chain of theirs in it": "add chain inet containerhost mine; add rule inet containerhost mine accept",
    "a set of theirs in it": "add set inet containerhost mine { type ipv4_addr; }",
    "deleted and made again, empty": "delete table inet containerhost; add table inet containerhost",
    "only an older version's frame": (
        "delete table inet containerhost; table inet containerhost { set ours { type ifname; }; set guarded { type"
        " ifname; }; set internal { type ifname; }; set accepted { type ifname . ifname; }; set old { type mark; };"
        " chain passing { type filter hook forward priority 0; oifname @guarded drop; }; }"
    ),
    "only an older version's marks": (
        "delete table inet containerhost; table inet containerhost { set before { type ifname; elements = { \"ch-web\""
        ' comment "containerhost:plan/web" }; }; }'
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("records", ["kept", "lost"])
def test_ours_is_known_by_what_is_in_it_and_made_again(host, damage, records):
    host.module("document", document=web_and_fabric())
    whole = host.run("nft", "-s", "list", "table", "inet", "containerhost")
    host.run("nft", damage)
    if records == "lost":
        host.run("rm", "/run/containerhost/records.json")
        if damage == DAMAGE["deleted and made again, empty"]:
            assert SENTENCE in host.module("document", document=web_and_fabric())["msg"]
            return
    assert host.module("document", document=web_and_fabric(), remove=["*"])["changed"]
    if records == "kept":  # without them, what had been switched on before and by us looks like the host's own
        assert host.run("nft", "-s", "list", "table", "inet", "containerhost") == whole
    assert host.module("document", document=web_and_fabric(), remove=["*"])["changed"] is False


# -- names of other people's interfaces -----------------------------------------------------------------------------

NO_TEXT = b"\xff\xfe".decode("utf-8", "surrogateescape")
ODD = ['a"b', "eth*", "*", "a\\b", "a'b", "{a}", "$a", "a;b", "caf\u00e9", NO_TEXT]


def test_interfaces_of_odd_names_break_nothing(host, apply):
    for number, name in enumerate(ODD):
        host.run("ip", "link", "add", name, "type", "bridge")
        host.run("ip", "addr", "add", f"10.{number}.0.1/24", "dev", name)
        host.run("ip", "addr", "add", f"fd00:{number}::1/64", "dev", name)
        host.run("ip", "link", "set", name, "up")
        host.run("ip", "route", "add", f"192.0.2.{number}/32", "dev", name)
        neighbour = f"10.{number}.0.9 lladdr 02:00:00:00:00:09 dev".split()
        host.run("ip", "neigh", "add", *neighbour, name, "nud", "permanent")
        host.run("bridge", "fdb", "add", "02:00:00:00:00:09", "dev", name, "self", "permanent")

    assert "+ forwarding ipv4 on uplink auto (web)" in said(apply(bridge_network("web", 80)))
    listed = host.run("nft", "list", "set", "inet", "containerhost", "borrowed4")
    assert '"eth*"' in listed
    assert 'a"b' not in listed
    answer = host.module("document", document=bridge_network("web", 80), check=True, diff=True)
    assert (answer["changed"], answer["diff"]) == (False, [])
    assert host.module("network_info")["document"]["bridge"][0]["name"] == "ch-web"
    for number, name in enumerate(ODD):
        switch = host.run("cat", f"/proc/sys/net/ipv4/conf/{name}/forwarding", errors="surrogateescape")
        assert switch.strip() == ("0" if '"' in name or not name.isprintable() else "1"), (number, name)
    said(apply(NOTHING))
    for name in ODD:
        assert host.run("cat", f"/proc/sys/net/ipv4/conf/{name}/forwarding").strip() == "0"


@pytest.mark.parametrize("name", ODD)
def test_an_interface_of_an_odd_name_in_the_way_is_named(host, name):
    host.run("ip", "link", "add", name, "type", "vxlan", "id", "7", "dstport", "4789")
    answer = host.module("vxlan", name="vx-x", vni=7)
    assert answer["failed"]
    assert "which is not ours, has VNI 7" in answer["msg"]
    assert name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") in answer["msg"]
    assert host.module("vxlan", name="vx-x", vni=8)["changed"]
