# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import name_servers, names
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    KIND,
    Link,
    Namespace,
    changed,
    everything_leaves,
    kernel_of,
    planned,
    refused,
    want,
)

SERVER = {"name": "web", "device": "ch-web", "table": "web", "local": ["web"], "reverse": ["10.80.0.0/24"]}
TABLE = {names.table_path("web"): names.table_text("plan/web", [])}


def wanted(**more):
    return want("name_server", **{**SERVER, **more})


def files(owner="plan/web", **more):
    values = wanted(**more).values
    return {
        **TABLE,
        name_servers.config_path("web"): name_servers.config(values, owner),
        name_servers.servers_path("web"): name_servers.servers(values),
    }


def kernel(texts, running=True):
    found = kernel_of(Namespace(links=[Link("ch-web", "bridge", owner="plan/web")]), texts)
    found.processes.running = {} if running is None else {"web": running}
    return found


def table():
    return want("name_table", name="web", entries=[])


def steps(found, **more):
    [change] = planned(found, table(), wanted(**more)).make
    rounds = KIND["name_server"].change(change.wanted, change.found, change.differences)
    return [[getattr(step, "action", None) or step.path.rpartition(".")[2] for step in some] for some in rounds]


@pytest.mark.parametrize("servers", [None, [], ["192.0.2.53", "2001:db8::53"]])
def test_what_is_written_is_understood_again(servers):
    assert changed(kernel(files(servers=servers)), table(), wanted(servers=servers)) == []


def test_one_that_is_not_there_is_made():
    assert changed(kernel(TABLE, running=None), table(), wanted(servers=[])) == [
        "name_server web (web): absent → names of web on ch-web, asks: nobody"
    ]


def test_whom_it_asks_is_told_to_a_server_that_runs_on():
    assert steps(kernel(files()), local=["web", "www.example.org"]) == [["servers"], ["reload"]]
    assert steps(kernel(files(servers=["192.0.2.53"])), servers=["192.0.2.54"]) == [["servers"], ["reload"]]


@pytest.mark.parametrize(
    ("texts", "running", "more"),
    [
        (files(), True, {"servers": ["192.0.2.53"]}),
        (files(), True, {"servers": []}),
        (files(device="ch-other"), True, {}),
        (files(), False, {}),
        (files(), False, {"local": ["other"]}),
        (
            {**files(), name_servers.config_path("web"): files()[name_servers.config_path("web")] + "port=54\n"},
            True,
            {},
        ),
        (files(owner="plan/old"), True, {}),
    ],
)
def test_anything_else_starts_it_anew(texts, running, more):
    assert steps(kernel(texts, running), **more) == [["servers", "conf"], ["start"]]


def test_it_is_ended_before_its_files_go():
    (change,) = [
        each for each in planned(kernel(files()), leaves=everything_leaves).remove if each.kind == "name_server"
    ]
    assert [[type(step).__name__ for step in some] for some in KIND["name_server"].remove(change.found)] == [
        ["ServeNames"],
        ["WriteFile"] * 3,
    ]


def test_a_file_of_somebody_elses_is_named():
    (said,) = refused(kernel({**TABLE, name_servers.config_path("web"): "port=53\n"}), table(), wanted())
    assert "name_server web" in said and "not ours" in said


def test_a_host_without_dnsmasq_says_so_and_what_it_lacks():
    found = kernel(TABLE, running=None)
    found.processes.installed = None
    (said,) = refused(found, table(), wanted())
    assert "dnsmasq-base" in said
    assert found.notes("lacks") == ["dnsmasq"]


def test_a_device_that_is_not_there_is_missed():
    (said,) = refused(kernel_of(files=TABLE), table(), wanted())
    assert "there is no device ch-web" in said


@pytest.mark.parametrize(
    "more",
    [{"device": "a/b"}, {"servers": ["ns1"]}, {"local": ["-a"]}, {"reverse": ["10.0.0.300/8"]}, {"netns": "shop"}],
)
def test_what_no_server_takes(more):
    with pytest.raises(Problem):
        wanted(**more)


def test_a_file_for_programs_in_a_namespace():
    path, shop = "/etc/netns/shop/resolv.conf", {"sandbox": {"ref": "shop"}, "servers": ["10.80.0.1"]}
    text = names.table_text("plan/web", ["nameserver 10.80.0.1"])
    assert changed(kernel_of(), want("resolv_conf", **shop)) == [
        "resolv_conf shop (web): absent → nameserver 10.80.0.1"
    ]
    assert changed(kernel_of(files={path: text}), want("resolv_conf", **shop)) == []
    assert changed(kernel_of(files={path: text + "options edns0\n"}), want("resolv_conf", **shop)) == [
        "resolv_conf shop (web): options: edns0 → "
    ]
    assert changed(kernel_of(files={path: text}), want("resolv_conf", owner="plan/fabric", **shop)) == [
        "resolv_conf shop (fabric): owner: plan/web → owner: plan/fabric"
    ]
    (said,) = refused(kernel_of(files={path: "nameserver 192.0.2.1\n"}), want("resolv_conf", **shop))
    assert "not ours" in said


@pytest.mark.parametrize(
    "more",
    [
        {"servers": []},
        {"servers": ["10.0.0.1"] * 4},
        {"search": ["a b"]},
        {"options": ["ndots: 2"]},
        {"sandbox": {"engine": "docker", "ref": "shop"}, "servers": ["10.0.0.1"] * 4},
        {"sandbox": {"engine": "docker", "ref": "shop"}, "servers": []},
        {"sandbox": {"engine": "pid", "ref": "7"}},
    ],
)
def test_what_no_resolver_reads(more):
    with pytest.raises(Problem):
        want("resolv_conf", **{"sandbox": {"ref": "shop"}, "servers": ["10.0.0.1"], **more})


@pytest.mark.parametrize("path", [name_servers.config_path("web"), name_servers.servers_path("web")])
def test_a_file_that_others_may_write_is_written_anew(path):
    found = kernel(files())
    found.files.open_to_others.add(path)
    assert changed(found, table(), wanted()) == ["name_server web (web): others_write: yes → others_write: no"]


def test_so_is_a_table_of_names():
    found = kernel(files())
    found.files.open_to_others.add(names.table_path("web"))
    assert changed(found, table(), wanted()) == ["name_table web (web): others_write: yes → others_write: no"]


def test_a_file_in_the_way_is_named():
    path = name_servers.config_path("web")
    [problem] = refused(kernel({**TABLE, path: "port=5353\n"}), table(), wanted())
    assert f"; {path})" in problem
