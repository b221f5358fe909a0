# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import Running
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import Sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import names
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    changed,
    everything_leaves,
    kernel_of,
    planned,
    refused,
    waiting,
    want,
)

TABLE, HOSTS, THEIRS = names.table_path("web"), "/etc/netns/shop/hosts", "/var/lib/docker/containers/x/hosts"
ONE, TWO = ["10.80.0.2 cart cart.web"], ["10.80.0.2 cart cart.web", "10.80.0.3 shop shop.web"]


def hosts(**blocks):
    text = names.new_hosts()
    for table, entries in blocks.items():
        text = names.with_block(text, f"plan/{table}", table, entries)
    return text


def files(entries=None, **blocks):
    found = {} if entries is None else {TABLE: names.table_text("plan/web", entries)}
    return {**found, **({HOSTS: hosts(**blocks)} if blocks else {})}


def wanted(entries, *sandboxes):
    yield want("name_table", name="web", entries=entries)
    for ref in sandboxes:
        yield want("hosts_file", sandbox={"ref": ref}, table="web")


def test_a_file_has_the_names_that_its_table_will_have():
    assert changed(kernel_of(), *wanted(TWO, "shop")) == [
        "name_table web (web): absent → 10.80.0.2 cart cart.web, 10.80.0.3 shop shop.web",
        "hosts_file shop web (web): absent → names of web: 2",
    ]
    assert changed(kernel_of(files=files(TWO, web=TWO)), *wanted(TWO, "shop")) == []


def test_a_changed_name_is_one_line_of_the_table_and_of_each_file():
    assert changed(kernel_of(files=files(ONE, web=ONE)), *wanted(TWO, "shop")) == [
        "name_table web (web):  → entries: 10.80.0.3 shop shop.web",
        "hosts_file shop web (web):  → entries: 10.80.0.3 shop shop.web",
    ]


def test_a_file_is_mended_where_its_table_is_well():
    assert changed(kernel_of(files=files(TWO, web=ONE)), *wanted(TWO, "shop")) == [
        "hosts_file shop web (web):  → entries: 10.80.0.3 shop shop.web"
    ]


def test_one_that_others_may_write_is_written_again():
    kernel = kernel_of(files=files(TWO, web=TWO))
    kernel.files.open_to_others.add(HOSTS)
    (line,) = changed(kernel, *wanted(TWO, "shop"))
    assert line.startswith("hosts_file shop web (web)")


def test_tables_of_other_networks_in_the_same_file_are_none_of_its_business():
    kernel = kernel_of(files=files(TWO, fabric=ONE, web=TWO))
    assert changed(kernel, *wanted(TWO, "shop")) == []
    assert [change.owner for change in planned(kernel, *wanted(TWO, "shop")).kept] == ["plan/fabric"]


def test_what_is_left_over_goes_file_by_file():
    kernel = kernel_of(files={**files(ONE, web=ONE), "/etc/netns/db/hosts": hosts(fabric=TWO)})
    assert changed(kernel, leaves=everything_leaves) == [
        "hosts_file db fabric (fabric): absent ← names of fabric: 2",
        "hosts_file shop web (web): absent ← names of web: 1",
        "name_table web (web): absent ← 10.80.0.2 cart cart.web",
    ]


def test_a_file_of_somebody_elses_is_named_and_stays():
    kernel = kernel_of(files={HOSTS: "10.0.0.9 cafe\n", "/etc/netns/old/hosts": "10.0.0.9 cafe\n"})
    (said,) = refused(kernel, *wanted(ONE, "shop"))
    assert "hosts_file shop web (web)" in said and "not ours" in said
    assert changed(kernel, leaves=everything_leaves) == []


def test_a_table_of_somebody_elses_is_not_written_over():
    (said,) = refused(kernel_of(files={TABLE: "10.0.0.9 cafe\n"}), *wanted(ONE))
    assert "name_table web" in said and "not ours" in said


def test_a_table_that_is_not_there_is_missed():
    assert refused(kernel_of(), want("hosts_file", sandbox={"ref": "shop"}, table="web")) == [
        "hosts_file shop web (web): there is no table web; make it first (module name_table), or name another"
    ]


def engine_file(text, records=True):
    """A kernel where Docker has a running container, with this text for its hosts file."""
    kernel = kernel_of(files={TABLE: names.table_text("plan/web", ONE), THEIRS: text})
    kernel.sandboxes = Sandboxes({"docker:shop": Running("/run/netns/shop", THEIRS)}, only=())
    kernel._seen["docker:shop"] = (4, 1)
    if records:
        kernel.records.set_owner("hosts_file", (None, "docker:shop", "web", "plan/web"), "plan/web")
    return kernel


IN_DOCKER = {"sandbox": {"engine": "docker", "ref": "shop"}, "table": "web"}


def test_a_containers_own_file_gets_a_block_and_keeps_the_rest():
    text = "127.0.0.1 localhost\n172.17.0.2 4f5ae2c1b0d9\n"
    kernel = engine_file(text, records=False)
    (table, block) = [want("name_table", name="web", entries=ONE), want("hosts_file", **IN_DOCKER)]
    assert changed(kernel, table, block) == ["hosts_file shop web (web): absent → names of web: 1"]
    text = names.with_block(text, "plan/web", "web", ONE)
    assert changed(engine_file(text), table, block) == []
    assert changed(engine_file(text), table, leaves=everything_leaves) == [
        "hosts_file shop web (web): absent ← names of web: 1"
    ]


def test_what_somebody_in_a_container_writes_is_none_of_ours():
    forged = names.with_block("127.0.0.1 localhost\n", "plan/other", "other", ONE)
    forged = names.with_block(forged, "task", "web", TWO)
    assert changed(engine_file(forged, records=False), leaves=everything_leaves) == [
        "name_table web (web): absent ← 10.80.0.2 cart cart.web"
    ]


def test_a_container_without_a_file_waits():
    kernel = kernel_of(files={TABLE: names.table_text("plan/web", ONE)})
    kernel.sandboxes = Sandboxes({"docker:shop": "/run/netns/shop"}, only=())
    kernel._seen["docker:shop"] = (4, 1)
    (said,) = waiting(kernel, want("name_table", name="web", entries=ONE), want("hosts_file", **IN_DOCKER))
    assert said.startswith("docker shop has no hosts file of its own")


def test_engines_without_such_a_file_are_refused():
    with pytest.raises(Problem, match="containers of path have no hosts file"):
        want("hosts_file", sandbox={"engine": "path", "ref": "/run/x"}, table="web")


@pytest.mark.parametrize(
    "values",
    [{"sandbox": {"ref": "a/b"}}, {"sandbox": {"ref": "a"}, "netns": "b"}, {"sandbox": {"ref": "a"}, "table": "../x"}],
)
def test_what_is_no_place_for_names(values):
    with pytest.raises(Problem):
        want("hosts_file", **{"table": "web", **values})


THE_HOSTS = "127.0.0.1 localhost\n192.0.2.9 printer\n"


def test_the_hosts_own_file_has_a_part_and_keeps_the_rest():
    on_host = want("hosts_file", table="web")
    table = want("name_table", name="web", entries=ONE)
    before = {TABLE: names.table_text("plan/web", ONE), "/etc/hosts": THE_HOSTS}
    assert changed(kernel_of(files=before), table, on_host) == ["hosts_file host web (web): absent → names of web: 1"]
    after = {**before, "/etc/hosts": names.with_block(THE_HOSTS, "plan/web", "web", ONE)}
    assert changed(kernel_of(files=after), table, on_host) == []
    assert changed(kernel_of(files=after), table, leaves=everything_leaves) == [
        "hosts_file host web (web): absent ← names of web: 1"
    ]
    assert names.with_block(after["/etc/hosts"], "plan/web", "web", None) == THE_HOSTS


def test_a_hosts_own_file_that_cannot_be_written_is_told_of():
    kernel = kernel_of(files={TABLE: names.table_text("plan/web", ONE), "/etc/hosts": THE_HOSTS})
    kernel.files.faults["/etc/hosts"] = "is a link"
    (said,) = refused(kernel, want("name_table", name="web", entries=ONE), want("hosts_file", table="web"))
    assert "/etc/hosts of the host is a link" in said and "`on_host`" in said
