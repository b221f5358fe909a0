# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container that does not run is pending: the rest of its host is made, and the next run attaches it."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import publish, said

DB = {"engine": "docker", "ref": "db"}
SHOP = {"engine": "netns", "ref": "shop"}


def end(sandbox: dict[str, str], number: int, interface: str = "eth0") -> dict[str, Any]:
    return {
        "network": "web", "name": f"v-{number}", "master": "ch-web", "host_mac": f"02:00:00:00:01:{number:02x}",
        "sandbox": sandbox, "interface": interface, "mac": f"02:00:00:00:02:{number:02x}",
        "addresses": [f"10.80.1.{number}/24"], "routes": [{"dst": "0.0.0.0/0", "via": "10.80.1.1"}],
    }  # fmt: skip


def lan(sandbox: dict[str, str], number: int, interface: str = "lan0") -> dict[str, Any]:
    return {
        "network": "lan", "parent": "eth0", "sandbox": sandbox, "interface": interface,
        "mac": f"02:00:00:00:03:{number:02x}", "addresses": [f"198.18.0.{number}/24"],
    }  # fmt: skip


def network(*veths: dict[str, Any], macvlans: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A bridge with these containers, of which the first one's port 80 is published."""
    return {
        "version": 1,
        "netns": [{"network": "web", "name": row["sandbox"]["ref"]} for row in veths if row["sandbox"] == SHOP],
        "bridge": [{"network": "web", "name": "ch-web", "mac": "02:00:00:00:00:01", "addresses": ["10.80.1.1/24"]}],
        "veth": list(veths),
        "macvlan": macvlans or [],
        **publish("web", 8080, veths[0]["addresses"][0].split("/")[0], 80),
    }


def applied(host: Any, document: dict[str, Any]) -> dict[str, Any]:
    """The run's answer; check mode has predicted it, and another run has nothing to do."""
    given = {"document": document, "remove": ["*"]}
    predicted, done, again = (host.module("document", check=check, **given) for check in (True, False, False))
    for answer in (predicted, done, again):
        assert not answer.get("failed"), answer["msg"]
    assert (predicted["diff"], predicted["pending"]) == (done["diff"], done["pending"])
    assert (again["diff"], again["pending"]) == ([], done["pending"])
    return done


def reasons(answer: dict[str, Any]) -> list[str]:
    return [each["reason"] for each in answer["pending"]]


NOT_RUNNING = {
    "docker, stopped": ("docker", "db", 0, "docker container db is not running on this host: start it, then run again"),
    "docker, unknown": ("docker", "db", None, "there is no docker container db on this host"),
    "podman, stopped": ("podman", "db", 0, "podman container db is not running on this host"),
    "podman, unknown": ("podman", "db", None, "there is no podman container db on this host"),
    "lxc, stopped": ("lxc", "db", 0, "lxc container db is not running on this host"),
    "lxc, unknown": ("lxc", "db", None, "there is no lxc container db on this host"),
    "nspawn": ("nspawn", "db", 0, "nspawn container db is not running on this host"),
    "pid": ("pid", "999999999", None, "there is no process 999999999 on this host: start it, then run again"),
    "path": ("path", "/run/nowhere", None, "there is no network namespace at /run/nowhere"),
}


@pytest.mark.parametrize(("engine", "ref", "pid", "words"), NOT_RUNNING.values(), ids=NOT_RUNNING)
def test_the_rest_of_its_host_is_made_and_the_next_run_attaches_it(host, engines, containers, engine, ref, pid, words):
    if engine not in ("pid", "path"):
        engines.say(engine, ref, pid)
    db = {"engine": engine, "ref": ref}
    document = network(end(db, 2), end(SHOP, 3), macvlans=[lan(db, 9)])
    made = applied(host, document)
    assert len(reasons(made)) == 2
    assert all(reason.startswith(words) for reason in reasons(made))
    assert made["pending"][0]["sandbox"] == db
    assert "+ veth shop eth0 (web)" in said(made)
    assert "+ nat_rule publish 0.0.0.0:8080/tcp (web)" in said(made)
    if engine in ("pid", "path"):
        return
    engines.say(engine, ref, containers.start("db"))
    attached = applied(host, document)
    assert said(attached) == ["+ veth db eth0 (web)", "+ macvlan db lan0 (lan)"]
    assert attached["pending"] == []


def test_an_engine_that_is_down_is_no_reason_to_stop_either(host, engines):
    engines.stop()
    made = applied(host, network(end(DB, 2), end({"engine": "docker", "ref": "other"}, 4), end(SHOP, 3)))
    assert len(set(reasons(made))) == 1
    assert reasons(made)[0].startswith("docker does not answer at ")
    assert "+ veth shop eth0 (web)" in said(made)


def test_a_machine_s_file_that_is_none_is_not_waited_for(host, engines):
    host.run("sh", "-ec", "mkdir -p /run/systemd/machines; mkfifo /run/systemd/machines/db")
    made = applied(host, network(end({"engine": "nspawn", "ref": "db"}, 2)))
    assert reasons(made) == ["nspawn container db is not running on this host: start it, then run again"]


def test_what_is_closed_meanwhile_is_closed(host, engines, containers):
    """The container stops, and takes its end along; the port of another one is not published any more."""
    engines.say("docker", "db", containers.start("db"))
    applied(host, network(end(SHOP, 3), end(DB, 2)))
    containers.end("db")
    engines.say("docker", "db", 0)
    host.run("timeout", "10", "sh", "-c", "while ip link show v-2; do sleep 0.05; done")
    closed = network(end(SHOP, 3), end(DB, 2))
    del closed["nat_rule"]
    done = applied(host, closed)
    assert said(done) == ["- nat_rule publish 0.0.0.0:8080/tcp (web)"]
    assert len(done["pending"]) == 1


def test_every_engine_is_asked_once_for_all_containers(host, engines, containers):
    rows = []
    for number, (engine, ref) in enumerate((e, f"{e}-{n}") for e in ("docker", "podman") for n in range(3)):
        engines.say(engine, ref, containers.start(ref))
        sandbox = {"engine": engine, "ref": ref}
        rows += [end(sandbox, 10 + number), {**end(sandbox, 20 + number, "eth1"), "routes": []}]
    document = network(*rows)
    assert not host.module("document", document=document).get("failed")
    assert engines.asked("podman") == ["inspect --type container podman-0 podman-1 podman-2"]
    containers_ = [f"/containers/docker-{n}/json" for n in range(3)]
    # All containers at once, and whether one of its networks is ours.
    assert engines.asked("docker") == ["connection", *containers_, "connection", "/networks"]
    assert applied(host, document)["diff"] == []


def test_docker_may_close_its_connection_after_each_answer(host, engines, containers):
    engines.say("docker", "closes", 1)
    refs = [{"engine": "docker", "ref": ref} for ref in ("a", "b")]
    for sandbox in refs:
        engines.say("docker", sandbox["ref"], containers.start(sandbox["ref"]))
    made = applied(host, network(*(end(sandbox, 10 + number) for number, sandbox in enumerate(refs))))
    assert made["pending"] == []
    assert engines.asked("docker")[:4] == ["connection", "/containers/a/json", "connection", "/containers/b/json"]


def test_a_container_in_the_hosts_namespace_is_left_out(host, engines):
    engines.say("docker", "db", host._host.pid)
    made = applied(host, network(end(DB, 2), end(SHOP, 3)))
    assert reasons(made)[0].startswith("docker db is in the host's own network namespace")
    assert "default via 198.18.0.2" in host.run("ip", "route")
    assert "eth0 in docker" not in str(made["diff"])


def test_a_container_that_its_engine_has_given_a_default_route_keeps_it(host, engines, containers):
    """As Docker's own bridge does: that is no reason to make our interface and take it away again at every run."""
    pid = containers.start("db")
    engines.say("docker", "db", pid)
    inside = ("nsenter", f"--target={pid}", "--net", "sh", "-ec")
    bridge = "ip link add eth0 type veth peer theirs; ip addr add 172.17.0.2/16 dev eth0; ip link set eth0 up"
    subprocess.run([*inside, f"{bridge}; ip link set theirs up; ip route add default via 172.17.0.1"], check=True)
    document = network(end(DB, 2, "eth1"), end(SHOP, 3))
    made = applied(host, document)
    assert reasons(made) == [
        "db has a route of somebody else's to where eth1 is to bring one (0.0.0.0/0 via 172.17.0.1 dev eth0): start it"
        " without that network, or have no network of ours bring that route (an `internal` one brings none)"
    ]
    assert "+ veth shop eth0 (web)" in said(made)
    subprocess.run([*inside, "ip route del default"], check=True)
    assert said(applied(host, document)) == ["+ veth db eth1 (web)"]


def test_two_names_of_one_namespace_do_not_both_get_an_interface_in_it(host, engines, containers):
    pid = containers.start("db")
    engines.say("docker", "db", pid)
    same = {"engine": "pid", "ref": str(pid)}
    document = network(end(DB, 2), end(same, 4), {**end(same, 5, "eth9"), "routes": []})
    made = applied(host, document)
    assert "+ veth db eth0 (web)" in said(made)
    assert f"+ veth {pid} eth9 (web)" in said(made)
    assert reasons(made) == [
        f"docker db and pid {pid} are one network namespace, and both want eth0 in it: give one of them another"
        " `interface`, or another `ref`"
    ]


def test_a_task_that_names_it_fails(host, engines):
    host.module("bridge", name="br-a")
    engines.say("docker", "db", 0)
    answer = host.module("veth", name="v-x", master="br-a", sandbox=DB)
    assert "veth db eth0: docker container db is not running" in answer["msg"]
    assert answer["msg"].endswith("Nothing has been changed.")


def test_it_is_told_of_as_it_was_made(host, engines, containers):
    """A container that has stopped, and whose namespace something keeps."""
    engines.say("docker", "db", containers.start("db"))
    document = network(end(DB, 2))
    applied(host, document)
    engines.say("docker", "db", 0)
    told = host.module("network_info")
    assert not told.get("failed"), told["msg"]
    assert applied(host, document)["diff"] == []


def test_teardown_needs_no_container(host, engines, containers):
    before = host.snapshot()
    engines.say("docker", "db", containers.start("db"))
    applied(host, network(end(DB, 2), macvlans=[lan(DB, 9)]))
    containers.end("db")
    engines.stop()
    assert not host.module("document", document={"version": 1}, everything=True).get("failed")
    assert host.snapshot() == before
