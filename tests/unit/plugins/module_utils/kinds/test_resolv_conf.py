# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our part of the resolv.conf of engines' containers, beside what the engine and whoever is inside have written."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import NoContainer, Running
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NoNamespace
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES, Sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.inside_files import InsideFile
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import resolv
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    Link,
    Namespace,
    changed,
    everything_leaves,
    kernel_of,
    planned,
    waiting,
    want,
)

DOCKERS = "/var/lib/docker/containers/x/resolv.conf"
ROUTER = "# by hand\nnameserver 192.168.1.1\nsearch home.arpa\noptions edns0\n"
EMBEDDED = "nameserver 127.0.0.11\noptions ndots:0\n"


def container(text, engine="docker", asks=(), known=None, host="nameserver 192.168.1.1\n"):
    """A running container with this resolv.conf, on a host that asks 192.168.1.1 and has 10.89.0.1 on a bridge."""
    name = f"{engine}:shop"
    place = DOCKERS if engine in ("docker", "podman") else InsideFile("/proc/7/root", "etc", "resolv.conf")
    bridge = Namespace(links=[Link("podman1", "bridge")], addresses={"podman1": ["10.89.0.1/24"]})
    files = {"/etc/resolv.conf": host, **({} if text is None else {place: text})}
    kernel = kernel_of(bridge, files=files)
    made = place if isinstance(place, str) else None
    running = Running("/run/netns/shop", None, made, "/proc/7/root", asks)
    kernel.sandboxes = Sandboxes({name: running if known is None else known}, only=())
    kernel._seen[name] = (4, 1)
    return kernel


def asks(engine="docker", **values):
    return want("resolv_conf", sandbox={"engine": engine, "ref": "shop"}, **values)


OURS = {"servers": ["10.80.0.1"], "search": ["web"], "options": ["ndots:2"]}
LINES = ["nameserver 10.80.0.1", "search web", "options ndots:2"]


@pytest.mark.parametrize("engine", ["docker", "podman", "lxc", "nspawn", "containerd", "systemd"])
def test_a_container_gets_a_part_and_after_that_there_is_nothing_to_do(engine):
    said = f"resolv_conf shop (web): absent → {', '.join(LINES)}"
    assert changed(container(ROUTER, engine), asks(engine, **OURS)) == [said]
    written = container(resolv.with_part(ROUTER, "plan/web", LINES), engine)
    assert changed(written, asks(engine, **OURS)) == []
    assert changed(written, asks(engine, servers=["10.80.0.9"])) == [
        "resolv_conf shop (web): servers: 10.80.0.1, search: web, options: ndots:2 → servers: 10.80.0.9"
    ]


@pytest.mark.parametrize(
    ("text", "lines", "left"),
    [
        (ROUTER, LINES, ["# by hand"]),
        (ROUTER, LINES[:1], ["# by hand", "search home.arpa", "options edns0"]),
        ("domain home.arpa\nnameserver ::1\n", LINES[1:2], ["nameserver ::1"]),
        ("sortlist 10.0.0.0\n\n", LINES, ["sortlist 10.0.0.0", ""]),
        ("", LINES, []),
    ],
)
def test_what_was_there_is_in_force_as_far_as_we_say_nothing_of_it_and_comes_back(text, lines, left):
    written = resolv.with_part(text, "plan/web", lines)
    rows = written.splitlines()
    assert rows[1 : 1 + len(lines)] == lines
    assert [row for row in rows[2 + len(lines) :] if not row.startswith("# without")] == left
    assert resolv.part(written) == ("plan/web", lines)
    assert resolv.with_part(written, "plan/shop", ["options rotate"]).count("containerhost:plan") == 2
    assert resolv.without_part(written) == resolv.with_part(written, "plan/web", []) == text


def test_a_part_without_an_end_is_nobodys():
    text = "# containerhost:plan/web\nnameserver 10.80.0.1\n"
    assert resolv.part(text) == (None, []) and resolv.without_part(text) == text


@pytest.mark.parametrize(
    ("text", "servers"), [(EMBEDDED, ()), ("nameserver 10.89.0.1\n", ()), (EMBEDDED, ("192.0.2.53",))]
)
def test_the_engines_own_name_server_is_asked_on_and_who_misses_ours_is_told_of(text, servers):
    (said,) = waiting(container(text, asks=servers), asks(**OURS))
    assert "asks its engine's own name server" in said and "--dns 10.80.0.1" in said and "[hosts, resolver]" in said
    # Where names are in its hosts file as well, all else is said.
    assert changed(container(text, asks=servers), asks(needed=False, **OURS)) == [
        "resolv_conf shop (web): absent → search web, options ndots:2"
    ]
    assert changed(container(text, asks=servers), asks(needed=False, servers=["10.80.0.1"])) == []


def test_the_engines_own_name_server_may_ask_ours():
    kernel = container(EMBEDDED, asks=("10.80.0.1",))
    assert waiting(kernel, asks(servers=["10.80.0.1"])) == []
    assert changed(container(EMBEDDED, asks=("10.80.0.1",)), asks(servers=["10.80.0.1"])) == []


@pytest.mark.parametrize("text", [ROUTER, "nameserver 8.8.8.8\n", "nameserver 10.89.0.1\n"])
def test_all_other_servers_give_way(text):
    """Be it by --dns, or as the host asks, which may be a server on the host itself."""
    kernel = container(text, asks=("8.8.8.8",), host="nameserver 10.89.0.1\nnameserver 192.168.1.1\n")
    assert changed(kernel, asks(**OURS)) == [f"resolv_conf shop (web): absent → {', '.join(LINES)}"]


def test_a_part_is_taken_away_where_docker_has_come_by_a_name_server_of_its_own():
    written = resolv.with_part(EMBEDDED, "plan/web", LINES)
    assert changed(container(written), asks(needed=False, servers=["10.80.0.1"])) == [
        "resolv_conf shop (web): servers: 10.80.0.1, search: web, options: ndots:2 → "
    ]


def test_what_is_left_over_goes_by_the_records_alone():
    written = resolv.with_part(ROUTER, "plan/web", LINES)
    assert changed(container(written), leaves=everything_leaves) == []
    kernel = container(written)
    kernel.records.set_owner("resolv_conf", (None, "docker:shop"), "plan/web")
    assert changed(kernel, leaves=everything_leaves) == [
        f"resolv_conf shop (web): absent ← {', '.join(LINES)}"
    ]


def test_a_mark_that_somebody_inside_has_changed_is_nobodys_word():
    forged = resolv.with_part(ROUTER, "task", LINES)
    assert changed(container(forged), asks(**OURS)) == []


def test_a_file_that_is_missing_is_made_in_a_containers_own_file_system():
    assert changed(container(None, "nspawn"), asks("nspawn", **OURS)) == [
        f"resolv_conf shop (web): absent → {', '.join(LINES)}"
    ]


@pytest.mark.parametrize("fault", ["is a link", "can only be read", "is the host's own"])
def test_what_cannot_be_written_waits(fault):
    kernel = container(ROUTER, "systemd")
    kernel.files.faults[InsideFile("/proc/7/root", "etc", "resolv.conf")] = fault
    (said,) = waiting(kernel, asks("systemd", **OURS))
    assert fault in said and "BindPaths=FILE:/etc/resolv.conf" in said


def test_one_that_does_not_run_waits():
    kernel = container(ROUTER)
    kernel._seen["docker:shop"] = NoNamespace("docker container shop is not running on this host: start it")
    assert waiting(kernel, asks(**OURS)) == ["docker container shop is not running on this host: start it"]


def test_what_one_that_does_not_run_keeps_is_found_where_its_file_system_is(monkeypatch):
    lost = NoContainer("lxc container shop is not running on this host: start it")
    kernel = container(None, "lxc", known=lost)
    kernel.records.set_owner("resolv_conf", (None, "lxc:shop"), "plan/web")
    place = InsideFile("/var/lib/lxc/shop/rootfs", "etc", "resolv.conf")
    kernel.files._texts[place] = resolv.with_part(ROUTER, "plan/web", LINES)
    monkeypatch.setattr(ENGINES["lxc"], "root_of", lambda ref: f"/var/lib/lxc/{ref}/rootfs")
    (change,) = planned(kernel, leaves=everything_leaves).remove
    assert change.found.values["path"] == place
