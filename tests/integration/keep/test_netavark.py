# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Podman puts containers on a network of ours by netavark, and takes them off it without a trace."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import bridge_network, joined, only
from ansible_collections.containerhost.network.tests.integration.keep.netavark import Netavark, Refused
from ansible_collections.containerhost.network.tests.integration.keep.test_cni import reaches

SUBNETS = [
    {"subnet": "10.80.1.0/24", "range": "10.80.1.192/27", "gateway": "10.80.1.1", "routes": ["0.0.0.0/0"]},
    {"subnet": "fd00:80:1::/64", "range": "fd00:80:1::c000:0/99", "gateway": "fd00:80:1::1", "routes": ["::/0"]},
]
FOLDER = "/etc/containers/networks"
ROW = {"network": "web", "name": "web", "bridge": "ch-web", "subnets": SUBNETS, "anti_spoofing": True}


def document(**more: Any) -> dict[str, Any]:
    return {**only("web"), "podman_network": [{**ROW, **more}]}


@pytest.fixture
def podman(kept):
    """A host with the network, and three namespaces as Podman makes them."""
    found = Netavark(kept.host)
    found.install("1.14.0")
    kept.before = kept.files()
    kept.save(document())
    for name in ("c1", "c2", "c3"):
        kept.host.run("ip", "netns", "add", name)
        kept.host.run("ip", "-n", name, "link", "set", "lo", "up")
    return found


def noted(kept) -> list[dict[str, Any]]:
    return json.loads(kept.host.run("cat", "/run/containerhost/cni.json"))["attachments"]


def test_containers_come_and_go_and_leave_nothing(kept, podman):
    host = kept.host
    before = host.snapshot()
    answer = podman.setup("web", "c1", "10.80.1.193", "fd00:80:1::c000:1", ports=[(8081, 80)])
    (inside,) = answer["interfaces"].values()
    assert [each["ipnet"] for each in inside["subnets"]] == ["10.80.1.193/24", "fd00:80:1::c000:1/64"]
    assert inside["mac_address"] in host.run("ip", "-n", "c1", "link", "show", "eth0")
    for target in ("10.80.1.1", "fd00:80:1::1", "10.80.1.2", "198.18.0.2"):
        assert reaches(host, "c1", target), target
    # A run has nothing to do, and the network does not go while somebody is on it.
    assert not kept.save(document())["changed"]
    there = host.snapshot()
    for check in (True, False):
        refused = host.module("document", check=check, document={"version": 1}, everything=True)
        assert "cannot remove it: containers of Podman's are on it (c1): stop or remove them" in refused["msg"]
        assert host.snapshot() == there
    podman.teardown("web", "c1")
    podman.teardown("web", "c1")
    assert host.snapshot() == before
    # Killed, namespace and all: its address is the next one's.
    podman.setup("web", "c2")
    host.run("ip", "netns", "del", "c2")
    host.run("sh", "-c", "while ip -o link | grep -q ': chv[^sd]'; do sleep 0.05; done")
    assert "10.80.1.192/24" in json.dumps(podman.setup("web", "c1"))
    podman.teardown("web", "c1")
    for name in ("c1", "c3"):
        host.run("ip", "netns", "del", name)
    kept.teardown()
    assert kept.files() == kept.before


def test_several_at_once_on_several_networks(kept, podman):
    host = kept.host
    with ThreadPoolExecutor(3) as together:
        answers = together.map(lambda name: podman.setup("web", name), ("c1", "c2", "c3"))
    found = {each["ipnet"] for answer in answers for row in answer["interfaces"].values() for each in row["subnets"]}
    assert len(found) == 6
    podman.teardown("web", "c3")
    before = host.snapshot()
    (taken,) = [each["addresses"][0] for each in noted(kept) if each["name"] == "c1"]
    for more, words in (
        ({"static_ips": [taken.partition("/")[0]]}, "container c1 has 10.80.1."),
        ({"ports": [(8080, 80)]}, "port 8080/tcp of this host leads to 10.80.1.2 of web already"),
        ({"netns": "/run/netns/no-such"}, "there is no network namespace at /run/netns/no-such"),
        ({"netns": "/proc/self/ns/net"}, "/proc/self/ns/net is the host's own network namespace"),
    ):
        with pytest.raises(Refused, match=words):
            podman.setup("web", "c3", **more)
    with pytest.raises(Refused, match="eth0 of container c1 is on web already"):
        podman.setup("web", "c1")
    assert host.snapshot() == before
    # Another network, and a file of somebody else's. What Podman has written anew in its own order is mended.
    theirs = json.dumps({"name": "mine", "id": "0" * 64, "driver": "bridge"})
    host.run("sh", "-ec", f"cat > {FOLDER}/mine.json", input=theirs)
    text = host.run("cat", f"{FOLDER}/web.json")
    rewritten = json.dumps({"labels": {}, **json.loads(text), "routes": []})
    host.run("sh", "-ec", f"cat > {FOLDER}/web.json", input=rewritten)
    subnet = {"subnet": "10.81.1.0/24", "range": "10.81.1.192/27", "gateway": "10.81.1.1", "routes": ["0.0.0.0/0"]}
    both = joined(document(), bridge_network("two", 81))
    both["podman_network"].append({**ROW, "network": "two", "name": "two", "bridge": "ch-two", "subnets": [subnet]})
    kept.save(both)
    assert [host.run("cat", f"{FOLDER}/{name}.json") for name in ("web", "mine")] == [text, theirs]
    both["podman_network"][-1]["name"] = "mine"
    refused = host.module("document", document=both)
    assert "podman_network mine (two) cannot be made: there is one already that is not ours" in refused["msg"]
    # Netavark begins with any of them: the first is the way out, and either lets pass what the container has.
    podman.setup("two", "c3", interface="eth1")
    podman.setup("web", "c3", interface="eth0")
    way = json.loads(host.run("ip", "-n", "c3", "-json", "route", "get", "198.18.0.2"))
    assert way[0]["dev"] == "eth0"
    by_either = ("ip", "netns", "exec", "c3", "ping", "-c1", "-w10", "-I", "10.81.1.192", "198.18.0.2")
    assert host.start(*by_either, check=False).returncode == 0
    podman.teardown("two", "c3", interface="eth1")
    assert reaches(host, "c3", "198.18.0.2")
    assert "10.81.1.192" not in host.run("nft", "list", "table", "bridge", "containerhost")


@pytest.mark.parametrize("check", [True, False])
def test_an_old_netavark_is_refused_before_anything_is_changed(kept, check):
    Netavark(kept.host).install("1.4.0")
    before = kept.host.snapshot()
    answer = kept.host.module("document", check=check, document=document())
    assert "podman_network web (web)" in answer["msg"]
    assert "netavark 1.4 has no plugins, which came with 1.6: install a newer one" in answer["msg"]
    assert kept.host.snapshot() == before
