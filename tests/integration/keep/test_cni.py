# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines put containers on a network of ours by CNI, and take them off it without a trace."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import only
from ansible_collections.containerhost.network.tests.integration.keep.cni import Engine, Refused

SUBNETS = [
    {"subnet": "10.80.1.0/24", "range": "10.80.1.224/27", "gateway": "10.80.1.1", "routes": ["0.0.0.0/0"]},
    {"subnet": "fd00:80:1::/64", "range": "fd00:80:1::e000:0/99", "gateway": "fd00:80:1::1", "routes": ["::/0"]},
]


def document(**more: Any) -> dict[str, Any]:
    row = {"network": "web", "name": "web", "bridge": "ch-web", "subnets": SUBNETS, "anti_spoofing": True, **more}
    return {**only("web"), "cni_network": [row]}


@pytest.fixture
def engine(kept):
    """A host with the network, and two namespaces as an engine makes them."""
    kept.before = of_cni(kept)
    kept.save(document())
    for name in ("c1", "c2", "c3"):
        kept.host.run("ip", "netns", "add", name)
        kept.host.run("ip", "-n", name, "link", "set", "lo", "up")
    return Engine(kept.host)


def of_cni(kept) -> list[str]:
    return [line for line in kept.files().splitlines() if "cni" in line]


def reaches(host, name: str, target: str) -> bool:
    """Within ten seconds, by as many packets as that takes."""
    done = host.start("ip", "netns", "exec", name, "ping", "-c1", "-i0.1", "-w10", target, check=False)
    return done.returncode == 0


def test_a_container_comes_and_goes(kept, engine):
    before = kept.host.snapshot()
    engine.call("STATUS", engine.configuration("web"))
    answer = engine.add("web", "c1")
    assert [each["address"] for each in answer["ips"]] == ["10.80.1.224/24", "fd00:80:1::e000:0/64"]
    assert [each["gateway"] for each in answer["ips"]] == ["10.80.1.1", "fd00:80:1::1"]
    assert answer["interfaces"][answer["ips"][0]["interface"]]["name"] == "eth0"
    assert answer["routes"] == [{"dst": "0.0.0.0/0", "gw": "10.80.1.1"}, {"dst": "::/0", "gw": "fd00:80:1::1"}]
    for target in ("10.80.1.1", "fd00:80:1::1", "10.80.1.2", "198.18.0.2"):
        assert reaches(kept.host, "c1", target), target
    engine.of("CHECK", "web", "c1", prevResult=answer)
    engine.delete("web", "c1")
    engine.delete("web", "c1")
    assert kept.host.snapshot() == before


def ports(*rows: tuple[int, int]) -> dict[str, Any]:
    return {"runtimeConfig": {"portMappings": [{"hostPort": a, "containerPort": b} for a, b in rows]}}


def test_containers_of_engines_and_of_the_plan_know_each_other(kept, engine):
    host = kept.host
    engine.add("web", "c1", **ports((8081, 80)))
    answer = engine.add("web", "c2")
    assert answer["ips"][0]["address"] == "10.80.1.225/24"
    assert reaches(host, "c1", "10.80.1.225")
    # Ports of both kinds know each other, whoever comes first.
    with pytest.raises(Refused, match=r"102: port 8080/tcp of this host leads to 10.80.1.2 of web already"):
        engine.add("web", "c3", **ports((8080, 80)))
    with pytest.raises(Refused, match=r"102: port 8081/tcp of this host leads to container c1 already"):
        engine.add("web", "c3", **ports((8082, 82), (8081, 81)))
    later = document()
    rule = {"network": "web", "rule": "publish", "host_port": 8081}
    later["nat_rule"].append({**rule, "address": "10.80.1.3", "port": 80})
    refused = kept.host.module("document", document=later, remove=["*"])
    assert "nat_rule publish 0.0.0.0:8081/tcp belongs to cni:web, not to plan/web" in refused["msg"]
    # Nothing of a refused container is left, and a run has nothing to do.
    assert host.run("ip", "-n", "c3", "-o", "link").count("\n") == 1
    assert [each["container"] for each in leases(kept)] == ["c1", "c2"]
    assert not kept.save(document())["changed"]
    assert kept.say("check") == "as saved\n"
    # The guards are in force: c1 sends under c2's address, and nobody gets it.
    host.run("ip", "-n", "c1", "addr", "add", "10.80.1.240/24", "dev", "eth0")
    spoofed = host.start("ip", "netns", "exec", "c1", "ping", "-c2", "-i0.2", "-W1", "-I", "10.80.1.240", "10.80.1.1",
                         check=False)  # fmt: skip
    assert spoofed.returncode == 1
    # What somebody flushes comes back, published port and all.
    before = host.run("nft", "list", "ruleset")
    assert "8081" in before
    host.run("nft", "flush", "ruleset")
    kept.say("restore")
    assert host.run("nft", "list", "ruleset") == before


def test_a_port_that_an_engine_holds_itself_is_published_and_comes_back(kept, engine):
    host = kept.host
    engine.holding(8083)
    engine.add("web", "c1", **ports((8083, 80)))
    engine.begins = ()
    rules = host.run("nft", "list", "ruleset")
    assert "8083" in rules
    host.run("nft", "flush", "ruleset")
    kept.say("restore")
    assert host.run("nft", "list", "ruleset") == rules
    engine.delete("web", "c1")
    with pytest.raises(Refused, match=r"102: sleep \(process \d+\) has tcp port 8083 already"):
        engine.add("web", "c2", **ports((8083, 80)))
    host.run("sh", "-c", "kill $(ss -Hltnp 'sport = 8083' | grep -o 'pid=[0-9]*' | cut -d= -f2)")
    assert not leases(kept)


def leases(kept) -> list[dict[str, Any]]:
    told = kept.host.start("cat", "/run/containerhost/cni.json", check=False).stdout
    return json.loads(told)["attachments"] if told else []


def test_a_network_in_use_does_not_go(kept, engine):
    engine.add("web", "c1", **ports((8081, 80)))
    before = kept.host.snapshot()
    for given in ({"document": {"version": 1}, "remove": ["*"]}, {"document": {"version": 1}, "everything": True}):
        answer = kept.host.module("document", **given)
        assert "cni_network web (web): cannot remove it: containers of engines are on it (c1)" in answer["msg"]
        assert reaches(kept.host, "c1", "10.80.1.1")
        assert kept.host.snapshot() == before
    kept.save(document())
    # Its namespace goes without a word of the engine's, which asks for the end of it later, or never.
    kept.host.run("ip", "netns", "del", "c1")
    kept.host.run("sh", "-c", "while ip -o link | grep -q ': chv[^sd]'; do sleep 0.05; done")
    engine.delete("web", "c1", netns=None)
    for name in ("c2", "c3"):
        kept.host.run("ip", "netns", "del", name)
    kept.teardown()
    assert of_cni(kept) == kept.before
    assert "containerhost" not in kept.host.run("nft", "list", "ruleset")


def test_what_engines_have_not_given_back_is_collected(kept, engine):
    host = kept.host
    before = host.snapshot()
    told = {name: engine.add("web", name) for name in ("c1", "c2")}
    with pytest.raises(Refused, match="100: eth0 of container c1 is on web already"):
        engine.add("web", "c1")
    # A second interface has no second way out, also where it came first.
    second = engine.add("web", "c1", interface="eth1")
    assert second["routes"] == []
    engine.delete("web", "c1")
    engine.delete("web", "c1", interface="eth1")
    second = engine.add("web", "c1", interface="eth1")
    told["c1"] = engine.add("web", "c1")
    assert second["routes"] == told["c1"]["routes"] != []
    ways = [host.run("ip", "-n", "c1", family, "route", "show", "default") for family in ("-4", "-6")]
    assert [(way.count("default"), "dev eth0" in way) for way in ways] == [(1, True), (1, True)]
    engine.of("CHECK", "web", "c1", interface="eth1", prevResult=second)
    host.run("ip", "-n", "c2", "addr", "del", "10.80.1.225/24", "dev", "eth0")
    with pytest.raises(Refused, match="103: not as it was made: veth"):
        engine.of("CHECK", "web", "c2", prevResult=told["c2"])
    with pytest.raises(Refused, match="3: eth0 of container c3 is not on web"):
        engine.of("CHECK", "web", "c3", prevResult=told["c2"])
    # An engine that was killed: c2's namespace has gone, and its address is the next one's.
    host.run("ip", "netns", "del", "c2")
    host.run("sh", "-c", f"while ip -o link | grep -q {told['c2']['interfaces'][0]['name']}; do sleep 0.05; done")
    assert engine.add("web", "c3")["ips"][0]["address"] == "10.80.1.225/24"
    assert [each["container"] for each in leases(kept)] == ["c1", "c1", "c3"]
    valid = [{"containerID": "c1", "ifname": "eth0"}]
    engine.call("GC", engine.configuration("web", **{"cni.dev/valid-attachments": valid}))
    assert [(each["container"], each["interface"]) for each in leases(kept)] == [("c1", "eth0")]
    engine.call("GC", engine.configuration("web", **{"cni.dev/valid-attachments": []}))
    host.run("ip", "netns", "add", "c2")
    host.run("ip", "-n", "c2", "link", "set", "lo", "up")
    assert host.snapshot() == before
    with pytest.raises(Refused, match="4: there is no network namespace at /run/netns/c9"):
        engine.add("web", "c9")
    host.run("ip", "link", "del", "ch-web")
    with pytest.raises(Refused, match="50: the network web is not made on this host: ch-web is not there"):
        engine.call("STATUS", engine.configuration("web"))
    with pytest.raises(Refused, match="100: .*ch-web"):
        engine.add("web", "c1")
    assert host.start("cat", "/run/containerhost/cni.json", check=False).returncode == 1


def test_what_cannot_be_is_refused_and_leaves_nothing(kept, engine):
    host = kept.host
    host.run("ip", "-n", "c1", "link", "add", "eth0", "type", "veth", "peer", "name", "beside")
    before = host.snapshot()
    with pytest.raises(Refused, match="100: eth0 in /run/netns/c1 is there already"):
        engine.add("web", "c1")
    with pytest.raises(Refused, match="4: /proc/self/ns/net is the host's own network namespace"):
        engine.add("web", "c1", netns="/proc/self/ns/net")
    gateways = json.loads(host.run("ip", "-j", "link", "show", "ch-web"))[0]["address"]
    with pytest.raises(Refused, match=f"100: {gateways} is asked for, and it is the gateway's"):
        engine.add("web", "c2", runtimeConfig={"mac": gateways})
    with pytest.raises(Refused, match="7: prevResult is no result of another plugin"):
        engine.add("web", "c2", prevResult=["eth0"])
    with pytest.raises(Refused, match="1: there is no GC in cniVersion 1.0.0"):
        engine.call("GC", {**engine.configuration("web"), "cniVersion": "1.0.0"})
    engine.delete("web", "c1", netns="/run/netns/no-such")
    assert host.snapshot() == before


def test_many_come_at_once_and_the_network_says_when_it_is_not_ready(kept, engine):
    with ThreadPoolExecutor(3) as together:
        answers = list(together.map(lambda name: engine.add("web", name), ("c1", "c2", "c3")))
    assert len({each["address"] for answer in answers for each in answer["ips"]}) == 6
    kept.host.run("ip", "link", "set", "ch-web", "down")
    with pytest.raises(Refused, match="51: the network web is not made on this host: ch-web is down"):
        engine.call("STATUS", engine.configuration("web"))
    full = {"subnets": [{**SUBNETS[0], "range": "10.80.1.224/31"}]}
    kept.host.run("ip", "link", "set", "ch-web", "up")
    with pytest.raises(Refused, match="50: all addresses of 10.80.1.224/31 of web are in use"):
        engine.call("STATUS", engine.configuration("web", **full))
    engine.call("STATUS", engine.configuration("web"))


def test_what_the_records_have_lost_goes_all_the_same(kept, engine):
    host = kept.host
    before = host.snapshot()
    engine.add("web", "c1", **ports((8081, 80)))
    engine.add("web", "c2", **ports((8082, 80)))
    host.run("rm", "/run/containerhost/cni.json")
    engine.delete("web", "c1")
    assert "8081" not in (rules := host.run("nft", "list", "ruleset")) and "8082" in rules
    assert reaches(host, "c2", "10.80.1.1")
    engine.delete("web", "c1")
    engine.delete("web", "c2")
    assert host.snapshot() == before
