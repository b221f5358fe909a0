# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sandbox is never the host's own namespace, whoever says so, and nothing but a namespace is opened for one."""

from __future__ import annotations

import os

import pytest

from ansible_collections.containerhost.network.tests.integration.engines.test_pending import applied, end, network

OWN = "is in the host's own network namespace"
END = {"interface": "eth0", "mac": "02:00:00:00:00:02", "addresses": ["10.80.1.2/24"]}
GATEWAY = [{"dst": "0.0.0.0/0", "via": "10.80.1.1"}]


@pytest.fixture
def furnished(host):
    host.module("bridge", name="br-a", addresses=["10.80.1.1/24"])
    host.run("sh", "-ec", "mkdir -p /run/netns; touch /run/netns/attached; ip netns add roomy")
    host.run("mount", "--bind", "/proc/self/ns/net", "/run/netns/attached")
    return host


def attach(host, sandbox, **options):
    """An attachment with a default route, as a module's answers: what check mode says, and what a run says."""
    given = {"name": "v-x", "master": "br-a", "sandbox": sandbox, "routes": GATEWAY, **END, **options}
    answers = [host.module("veth", check=check, **given) for check in (True, False)]
    assert answers[0].get("msg") == answers[1].get("msg")
    return answers[1]


def the_hosts(host, engines, engine: str) -> dict[str, str]:
    """A sandbox of this engine whose way leads to the host's own namespace."""
    if engine in ("docker", "podman", "lxc", "nspawn"):
        engines.say(engine, "db", host._host.pid)
    refs = {"pid": str(host._host.pid), "path": f"/proc/{host._host.pid}/ns/net", "netns": "attached"}
    return {"engine": engine, "ref": refs.get(engine, "db")}


@pytest.mark.parametrize("engine", ["docker", "podman", "lxc", "nspawn", "pid", "path", "netns"])
def test_no_engine_leads_to_it(furnished, engines, engine):
    sandbox = the_hosts(furnished, engines, engine)
    before = furnished.snapshot()

    for answer in (
        attach(furnished, sandbox),
        furnished.module("macvlan", parent="eth0", sandbox=sandbox, interface="lan0", mac="02:00:00:00:00:09"),
    ):
        assert f"{engine} {sandbox['ref']} {OWN}" in answer["msg"]

    assert furnished.snapshot() == before


@pytest.mark.parametrize("sandbox", [{"engine": "pid", "ref": "1"}, {"engine": "path", "ref": "/proc/1/ns/net"}])
def test_nothing_is_made_in_the_namespace_of_the_first_process(furnished, sandbox):
    """Here it is another one than the host's, and may be closed to us."""
    before = furnished.snapshot()
    words = attach(furnished, sandbox)["msg"]
    assert OWN in words or "there is no network namespace at /proc/1/ns/net (Permission denied)" in words
    assert furnished.snapshot() == before


def test_an_attachment_that_is_there_does_not_follow_its_container_into_it(furnished, engines, containers):
    """The container was started again with the host's networking."""
    engines.say("docker", "db", containers.start("db"))
    sandbox = {"engine": "docker", "ref": "db"}
    assert attach(furnished, sandbox)["changed"]
    engines.say("docker", "db", furnished._host.pid)
    before = furnished.snapshot()
    assert OWN in attach(furnished, sandbox)["msg"]
    assert furnished.snapshot() == before


@pytest.mark.parametrize("netns", ["/run/netns/attached", "attached", "/proc/self/ns/net"])
@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("bridge", {"name": "br-x"}),
        ("route", {"dst": "10.9.0.0/16", "via": "198.18.0.2", "device": "eth0"}),
        ("nat_rule", {"rule": "masquerade", "source": "10.9.0.0/16"}),
        ("sysctl", {"key": "net.ipv4.ip_forward", "value": 1}),
        ("forwarding", {"uplink": "eth0"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_option_netns_leads_to_it(furnished, module, options, netns):
    before = furnished.snapshot()
    answer = furnished.module(module, netns=netns, **options)
    assert "is the host's own network namespace: leave `netns` out" in answer["msg"]
    assert furnished.snapshot() == before


def test_a_named_namespace_that_is_the_hosts_own_is_not_ours_to_make_or_remove(furnished):
    before = furnished.snapshot()
    assert "leads to the host's own network namespace" in furnished.module("netns", name="attached")["msg"]
    assert not furnished.module("netns", config=[], purge=True)["changed"]
    assert furnished.module("document", document={"version": 1}, everything=True)["changed"]
    assert "attached" in furnished.run("ls", "/run/netns")
    assert "default via 198.18.0.2" in furnished.run("ip", "route")
    assert furnished.snapshot() != before  # the bridge has gone


NO_NAMESPACES = {
    "a FIFO": ("mkfifo /run/what", "/run/what", "there is no network namespace behind /run/what"),
    "a device": ("mknod /run/what c 1 5", "/run/what", "there is no network namespace behind /run/what"),
    "a folder": ("mkdir /run/what", "/run/what", "there is no network namespace behind /run/what"),
    "a file": ("echo net > /run/what", "/run/what", "there is no network namespace behind /run/what"),
    "a link to a FIFO": ("mkfifo /run/f; ln -s f /run/what", "/run/what", "no network namespace behind /run/what"),
    "another namespace": ("true", "/proc/self/ns/mnt", "is a namespace, but not one of a network"),
    "a circle": ("ln -s what /run/what", "/run/what", "there is no network namespace at /run/what"),
}


@pytest.mark.parametrize(("made", "path", "words"), NO_NAMESPACES.values(), ids=NO_NAMESPACES)
def test_what_is_no_namespace_is_not_opened(furnished, made, path, words):
    furnished.run("sh", "-ec", made)
    before = furnished.snapshot()
    assert words in attach(furnished, {"engine": "path", "ref": path})["msg"]
    assert words in furnished.module("bridge", name="br-x", netns=path)["msg"]
    assert furnished.snapshot() == before


@pytest.mark.parametrize(
    ("sandbox", "words"),
    [
        ({"ref": "../roomy"}, "'../roomy' is no name for a network namespace"),
        ({"ref": ".."}, "'..' is no name for a network namespace"),
        ({"ref": "roomy/../roomy"}, "is no name for a network namespace"),
        ({"engine": "pid", "ref": "self"}, "'self' is no number of a process"),
        ({"engine": "pid", "ref": "../run/netns"}, "is no number of a process"),
        ({"engine": "pid", "ref": "²"}, "is no number of a process"),
        ({"engine": "path", "ref": "run/netns/roomy"}, "is no path of a network namespace"),
        ({"engine": "docker", "ref": "../images/x"}, "is no name of a container of docker"),
        ({"engine": "docker", "ref": "a?size=1"}, "is no name of a container of docker"),
        ({"engine": "podman", "ref": "--latest"}, "is no name of a container of podman"),
        ({"engine": "nspawn", "ref": "../../x"}, "is no name of a container of nspawn"),
        ({"engine": "lxc", "ref": "-h"}, "is no name of a container of lxc"),
    ],
    ids=lambda value: value["ref"] if isinstance(value, dict) else "",
)
def test_a_reference_does_not_leave_its_place(furnished, engines, sandbox, words):
    before = furnished.snapshot()
    assert words in attach(furnished, sandbox)["msg"]
    assert engines.asked("docker") == engines.asked("podman") == engines.asked("lxc") == []
    assert furnished.snapshot() == before


@pytest.mark.parametrize("netns", ["../..", "..", ".", "run/netns/roomy", "../../proc/1/ns/net", "a\0b"])
def test_a_name_of_a_namespace_does_not_leave_its_folder(furnished, netns):
    before = furnished.snapshot()
    assert "is no name for a network namespace" in furnished.module("bridge", name="br-x", netns=netns)["msg"]
    assert furnished.snapshot() == before


NONSENSE = [
    *([], "x", {"State": None}, {"State": []}),
    *({"State": {"Pid": pid}} for pid in (0, -4, True, "../self", [1], None)),
]


@pytest.mark.parametrize("answer", NONSENSE, ids=str)
def test_an_engine_that_answers_nonsense_is_told_in_a_sentence(furnished, engines, answer):
    engines.say("docker", "db", answer)
    told = attach(furnished, {"engine": "docker", "ref": "db"})
    assert "docker container db is not running" in told["msg"]
    assert told["msg"].endswith("Nothing has been changed.")


@pytest.mark.parametrize("engine", ["podman", "lxc"])
def test_an_engine_is_asked_in_the_hosts_own_namespace(host, engines, containers, engine):
    """In a container's it could not be reached, or be answered for: abstract sockets belong to a network namespace."""
    rows = []
    for number, (of, ref) in enumerate((("netns", "shop"), ("docker", "db"), (engine, "web"), ("docker", "more"))):
        if of != "netns":
            engines.say(of, ref, containers.start(ref))
        rows.append(end({"engine": of, "ref": ref}, 10 + number))
    document = {**network(*rows), "netns": [{"network": "web", "name": "shop"}]}
    applied(host, document)
    assert not host.module("document", document={"version": 1}, everything=True).get("failed")
    assert engines.asked_in(engine) == {os.readlink(f"/proc/{host._host.pid}/ns/net")}
