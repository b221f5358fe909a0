# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands where something of ours belongs, and is somebody else's: an error that names it, and it stays."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING, web_and_fabric

SANDBOX = {"name": "veth-x", "sandbox": {"engine": "netns", "ref": "shop"}}


def sh(host: Any, *commands: str) -> str:
    return host.run("sh", "-ec", "\n".join(commands))


def refused(host: Any, module: str, **options: Any) -> str:
    """The one sentence, in check mode and for good, once nothing has changed."""
    before = host.snapshot()
    predicted = host.module(module, check=True, **options)
    answer = host.module(module, **options)
    assert answer.get("failed"), answer
    assert predicted["msg"] == answer["msg"]
    assert host.snapshot() == before
    return answer["msg"]


# -- /run/netns/NAME --------------------------------------------------------------------------------------------------

THINGS = {
    "notes": ("echo mine > /run/netns/shop", "a file"),
    "empty": ("touch /run/netns/shop", "a file"),
    "folder": ("mkdir /run/netns/shop", "a folder"),
    "full folder": ("mkdir /run/netns/shop; touch /run/netns/shop/mine", "a folder"),
    "link to nowhere": ("ln -s nowhere /run/netns/shop", "a link"),
    "link to a file": ("echo mine > /run/mine; ln -s /run/mine /run/netns/shop", "a link"),
    "link to itself": ("ln -s shop /run/netns/shop", "a link"),
    "socket": (
        "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"/run/netns/shop\")'",
        "a socket",
    ),
    "device": ("mknod /run/netns/shop c 1 5", "a device"),
    "another namespace": ("touch /run/netns/shop; mount --bind /proc/self/ns/uts /run/netns/shop", "a file"),
}


@pytest.mark.parametrize(("made", "what"), THINGS.values(), ids=THINGS)
def test_somebody_elses_thing_with_a_namespaces_name_is_named_and_stays(host, made, what):
    sh(host, "mkdir /run/netns", made)

    text = refused(host, "netns", name="shop")
    assert text.startswith("netns shop: ")
    assert "/run/netns/shop" in text
    assert f", and {what} stands there: remove it, or give the namespace another name" in text
    for module, options in (("veth", SANDBOX), ("bridge", {"name": "br-x", "netns": "shop"})):
        text = refused(host, module, **options)
        assert "/run/netns/shop" in text
        assert "network namespace" in text or "not one of a network" in text
    assert f"and {what} stands there" in refused(host, "document", document=web_and_fabric())

    before = host.snapshot()
    gone = host.module("document", document=NOTHING, everything=True)
    assert (gone.get("msg"), gone["changed"]) == (None, False)
    assert host.module("netns", name="shop", state="absent")["changed"] is False
    assert host.snapshot() == before


def test_a_pipe_with_a_namespaces_name_holds_up_nobody(host):
    """But iproute2, which opens whatever is there: no snapshots of the kernel here."""
    sh(host, "mkdir /run/netns", "mkfifo /run/netns/shop")
    tried = (("netns", {"name": "shop"}), ("veth", SANDBOX), ("document", {"document": web_and_fabric()}))
    for module, options in tried:
        answer = host.module(module, **options)
        assert answer["failed"]
        assert "/run/netns/shop" in answer["msg"]
    assert host.module("document", document=NOTHING, everything=True)["changed"] is False
    assert host.run("find", "/run", "-mindepth", "1", "-printf", "%p %y\n") == "/run/netns d\n/run/netns/shop p\n"


def test_a_link_to_a_namespace_is_one_of_somebody_elses(host):
    sh(host, "ip netns add theirs", "ln -s theirs /run/netns/shop")
    before = host.snapshot()

    assert host.module("netns", name="shop")["changed"] is False
    assert "netns shop is not ours, so it stays" in refused(host, "netns", name="shop", state="absent")
    assert host.module("veth", **SANDBOX)["changed"]
    assert "veth" in host.run("ip", "-n", "theirs", "-d", "link", "show", "eth0")
    assert host.module("document", document=NOTHING, everything=True)["changed"]

    assert host.snapshot() == before


def test_a_link_to_a_namespace_of_ours_stays_and_its_goal_goes(host):
    host.module("netns", name="shop")
    sh(host, "ln -s shop /run/netns/alias", "ln -s /run/netns/shop /run/netns/zalias")

    assert "netns alias is not ours, so it stays" in refused(host, "netns", name="alias", state="absent")
    gone = host.module("document", document=NOTHING, everything=True)

    assert gone["counts"]["removed"] == 1
    assert host.run("ls", "/run/netns").split() == ["alias", "zalias"]


def test_a_killed_runs_empty_file_is_ours_and_a_file_that_has_come_since_is_not(host):
    """Which of the two it is, the records say: they are written before the file is."""
    sh(host, "ip netns add theirs", "ip netns del theirs")  # the folder is somebody else's
    before = host.snapshot()
    noted = '{"version": 1, "folders": ["/run/netns/shop"]}'
    sh(host, "mkdir -p -m 700 /run/containerhost", f"echo '{noted}' > /run/containerhost/records.json")
    sh(host, "touch /run/netns/shop")
    assert host.module("netns", name="shop")["changed"]
    assert host.module("netns", name="shop", state="absent")["changed"]
    assert host.snapshot() == before

    sh(host, "mkdir -p -m 700 /run/containerhost", f"echo '{noted}' > /run/containerhost/records.json")
    sh(host, "echo mine > /run/netns/shop")
    assert "/run/netns/shop, and a file stands there" in refused(host, "netns", name="shop")
    assert host.module("document", document=NOTHING, everything=True)["changed"] is False
    assert host.run("cat", "/run/netns/shop") == "mine\n"


@pytest.mark.parametrize("path", ["/run/pipe", "/dev/zero", "/dev/tty", "/run", "/proc/self/ns/uts", "/run/file"])
def test_a_path_that_is_no_network_namespace_is_told_without_waiting(host, path):
    sh(host, "mkfifo /run/pipe", "touch /run/file")
    sandbox = {"engine": "path", "ref": path}
    for module, options in (("bridge", {"name": "br-x", "netns": path}), ("veth", {**SANDBOX, "sandbox": sandbox})):
        text = refused(host, module, **options)
        assert path in text
        assert "network namespace" in text or "not one of a network" in text


@pytest.mark.parametrize("made", ["touch /run/netns", "ln -s nowhere /run/netns", "mkfifo /run/netns"])
def test_where_namespaces_belong_somebody_has_put_something_else(host, made):
    sh(host, made)
    assert "and instead of the folder a " in refused(host, "netns", name="shop")
