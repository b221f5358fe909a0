# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state import names
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import (
    changed,
    everything_leaves,
    kernel_of,
    planned,
    refused,
    want,
)

TABLE, HOSTS = names.table_path("web"), "/etc/netns/shop/hosts"
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


@pytest.mark.parametrize(
    "values",
    [{"sandbox": {"ref": "a/b"}}, {"sandbox": {"ref": "a"}, "netns": "b"}, {"sandbox": {"ref": "a"}, "table": "../x"}],
)
def test_what_is_no_place_for_names(values):
    with pytest.raises(Problem):
        want("hosts_file", **{"table": "web", **values})
