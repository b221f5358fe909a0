# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run has saved is applied again by the program alone, whatever has become of the host meanwhile."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    bridge_network,
    joined,
    only,
    publish,
    web_and_fabric,
)
from ansible_collections.containerhost.network.tests.integration.document.wide import INTERFACES, comparable, wide

# A namespace's devices go some time after it.
GONE = "while ip -o link | grep -q {}; do sleep 0.02; done"
DAMAGE = {
    "rules flushed": "nft flush ruleset",
    "a bridge deleted": "ip link del ch-web",
    "a container's end deleted": "ip link del chvshop",
    "an overlay deleted": "ip link del ch-fabric",
    "an address taken": "ip addr del 10.80.1.1/24 dev ch-web",
    "a bridge down": "ip link set ch-web down",
    "an entry of the FDB": "bridge fdb del 02:00:00:00:09:02 dev ch-fabric",
    "a namespace deleted": f"ip netns del shop; {GONE.format('chvshop')}",
    "names taken away": "rm -r /run/containerhost-names /etc/netns",
    "routing switched off": "echo 0 > /proc/sys/net/ipv4/conf/ch-web/forwarding",
    "all at once": "nft flush ruleset; ip link del ch-web; ip link del ch-fabric; ip netns del shop; ip netns del db; "
    + GONE.format("chv"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_restore_mends_what_a_run_would(kept, damage):
    kept.save(web_and_fabric())
    before = kept.host.snapshot()
    assert kept.say("check") == "as saved\n"
    kept.host.run("sh", "-ec", damage)
    run = kept.save(web_and_fabric(), check=True)
    found = kept.answer("check", status=1)
    assert (found["diff"], found["counts"]) == (run["diff"], run["counts"])
    assert kept.answer("restore")["diff"] == run["diff"]
    assert kept.say("check") == "as saved\n"
    assert kept.host.snapshot() == before
    assert not kept.save(web_and_fabric())["changed"]


ALL_OF_IT = f"""
nft flush ruleset
for device in $(ip -o link | grep -o ' ch[^@: ]*'); do ip link del $device 2>/dev/null || true; done
for name in $(ip netns list | cut -d' ' -f1); do ip netns del $name; done
{GONE.format("chv")}
rm -r /run/containerhost-names /etc/netns
"""


def test_every_kind_of_object_comes_back(kept):
    kept.host.run("sh", "-ec", INTERFACES)
    document = wide()
    kept.save(document)
    before, files = comparable(kept.host.snapshot()), kept.files()
    kept.host.run("sh", "-ec", ALL_OF_IT)
    run = kept.save(document, check=True)
    assert kept.answer("restore")["diff"] == run["diff"]
    assert kept.say("check") == "as saved\n"
    assert (comparable(kept.host.snapshot()), kept.files()) == (before, files)
    assert not kept.save(document)["changed"]
    kept.teardown()


def test_check_and_diff_and_show_change_nothing(kept):
    kept.save(web_and_fabric())
    kept.host.run("ip", "link", "del", "ch-web")
    before, files = kept.host.snapshot(), kept.files()
    for command in ("check", "diff", "show"):
        assert "ch-web" in kept.say(command, status=1)
    assert (kept.host.snapshot(), kept.files()) == (before, files)


def test_what_a_run_has_removed_does_not_come_back(kept):
    kept.save(web_and_fabric())
    kept.save(only("web"))
    kept.host.run("nft", "flush", "ruleset")
    kept.say("restore")
    assert "ch-fabric" not in kept.host.run("ip", "link")
    assert "fabric" not in kept.host.run("nft", "list", "ruleset")


def test_what_belongs_to_others_stays(kept):
    kept.save(web_and_fabric())
    kept.host.run("ip", "link", "add", "br-theirs", "type", "bridge")
    kept.host.module("bridge", name="br-task")
    kept.host.run("nft", "flush", "ruleset")
    kept.say("restore")
    links = kept.host.run("ip", "link")
    assert "br-theirs" in links
    assert "br-task" in links


def test_something_in_the_way_of_one_network_keeps_no_other_from_being_made(kept):
    kept.save(web_and_fabric())
    kept.host.run("sh", "-ec", "ip link del ch-fabric; ip link del ch-web; ip link add ch-fabric type bridge")
    said = kept.say("restore", status=1)
    assert "not restored: " in said
    assert "ch-fabric" in said
    assert "10.80.1.1/24" in kept.host.run("ip", "addr", "show", "ch-web")
    assert "10.80.1.2/24" in kept.host.run("ip", "netns", "exec", "shop", "ip", "addr")
    kept.host.run("ip", "link", "del", "ch-fabric")
    kept.say("restore")
    assert kept.say("check") == "as saved\n"


def test_the_files_are_predicted_and_go_without_a_trace(kept):
    files, kernel = kept.files(), kept.host.snapshot()
    predicted = kept.save(web_and_fabric(), check=True)
    assert kept.files() == files
    assert kept.save(web_and_fabric())["diff"] == predicted["diff"]
    again = kept.save(web_and_fabric())
    assert (again["changed"], again["diff"]) == (False, [])
    kept.teardown()
    assert (kept.files(), kept.host.snapshot()) == (files, kernel)


def test_switched_off_the_networks_stay_and_the_files_go(kept):
    files = kept.files()
    kept.save(web_and_fabric())
    off = kept.save(web_and_fabric(), enabled=False)
    assert {row["before_header"].split()[0] for row in off["diff"]} == {"file"}
    assert kept.files() == files
    assert "ch-web" in kept.host.run("ip", "link")


def test_a_role_s_run_saves_its_part_beside_the_others(kept):
    web, fabric = only("web"), only("fabric")
    kept.save(web, remove=["web"], drivers=["bridge"])
    kept.save(fabric, remove=["fabric"], drivers=["overlay"], networks={"fabric": "overlay"})
    assert set(kept.saved()["networks"]) == {"web", "fabric"}
    kept.host.run("sh", "-ec", "ip link del ch-web; ip link del ch-fabric")
    kept.say("restore")
    assert kept.say("check") == "as saved\n"


@pytest.mark.parametrize("about", ["fabric", "web"])
def test_a_role_s_run_after_a_flush_puts_back_what_is_saved_of_the_others(kept, about):
    """What a table marks gets past the fence, whoever it is for: rules of one network leave the others open."""
    both = joined(web_and_fabric(), bridge_network("back", 81), publish("back", 8081, "10.81.1.2", 80))
    both["isolation"] += [{"network": "fabric", "device": "ch-fabric", "accept_from": ["ch-fabric"], "internal": False}]
    drivers = {"web": "bridge", "back": "macvlan", "fabric": "overlay"}  # of which each has a role
    kept.save(both, networks=drivers)
    before = kept.host.run("nft", "list", "table", "inet", "containerhost")
    told = {"remove": [about], "drivers": [drivers[about]], "networks": {about: drivers[about]}}

    kept.host.run("nft", "flush", "ruleset")
    seen = kept.save(only(about, both), check=True, **told)
    done = kept.save(only(about, both), **told)
    assert seen["diff"] == done["diff"]
    assert kept.host.run("nft", "list", "table", "inet", "containerhost") == before
    assert kept.say("check") == "as saved\n"
    assert kept.save(only(about, both), **told)["diff"] == []


def test_what_cannot_be_put_back_now_keeps_no_role_s_run_from_its_own(kept):
    both, fabric = web_and_fabric(), only("fabric")
    both["nat_rule"][0]["to_address"] = "198.51.100.7"
    kept.host.run("ip", "addr", "add", "198.51.100.7/32", "dev", "lo")
    kept.save(both, networks={"web": "bridge", "fabric": "overlay"})
    kept.host.run("sh", "-ec", "nft flush ruleset; ip addr del 198.51.100.7/32 dev lo; ip link del ch-fabric")
    kept.save(fabric, remove=["fabric"], drivers=["overlay"], networks={"fabric": "overlay"})
    assert "ch-fabric" in kept.host.run("ip", "link")
    assert "cannot be put back now: nat_rule masquerade 10.80.1.0/24 (web): 198.51.100.7 is" in kept.host.warned


def test_a_document_of_another_version_is_not_applied(kept):
    kept.save(web_and_fabric())
    kept.host.run("sh", "-ec", "sed -i 's/^\"version\": 1,/\"version\": 99,/' /etc/containerhost/document.json")
    kept.host.run("ip", "link", "del", "ch-web")
    said = kept.say("restore", status=3)
    assert "is of version 99" in said
    assert "nothing of it is applied" in said
    assert "ch-web" not in kept.host.run("ip", "link")
    kept.save(web_and_fabric())
    assert kept.say("check") == "as saved\n"


def test_without_a_document_there_is_a_sentence(kept):
    kept.save(web_and_fabric())
    kept.host.run("rm", "/etc/containerhost/document.json")
    for command in ("restore", "check", "diff", "show"):
        assert "nothing is saved" in kept.say(command, status=3)


def test_a_run_and_a_restore_take_turns(kept):
    kept.save(web_and_fabric())
    program = ["sh", "-c", "for n in 1 2 3 4; do containerhost restore & done; wait"]
    for _time in range(3):
        kept.host.run("sh", "-ec", "ip link del ch-web; ip link del ch-fabric")
        kept.host.run(*program)
        assert kept.say("check") == "as saved\n"


def test_a_host_that_waits_for_others_stays_on_the_old_way(kept):
    """A run has made the new one, and the others have not: nothing between two runs turns this host to it alone."""

    def document(device, vni):
        way = {"network": "fabric", "dst": "10.42.1.0/24", "via": "10.42.1.0", "onlink": True}
        return {
            "version": 1,
            "vxlan": [{"network": "fabric", "name": device, "vni": vni, "addresses": ["10.42.0.0/32"]}],
            "route": [{**way, "device": device}],
        }

    kept.save(document("ch-old", 7))
    told = {"enabled": True, "host": "h1", "digest": "d", "networks": {"fabric": "overlay"}, "drivers": None}
    more = {"phase": "make", "hold": ["fabric"], "save": {**told, "metrics_folder": None}}
    assert kept.host.module("document", document=document("ch-new", 8), **more)["switches"]
    assert (kept.say("check"), kept.say("restore")) == ("as saved\n", "")
    kept.host.run("ip", "addr", "del", "10.42.0.0/32", "dev", "ch-new")
    assert kept.say("restore") == "changed: vxlan ch-new (fabric)\n"
    assert "dev ch-old" in kept.host.run("ip", "route", "show", "10.42.1.0/24")
    more.update(phase="switch", hold=[], switch=["fabric"])
    assert not kept.host.module("document", document=document("ch-new", 8), **more)["switches"]
    assert kept.say("restore") == ""
    assert "dev ch-new" in kept.host.run("ip", "route", "show", "10.42.1.0/24")
