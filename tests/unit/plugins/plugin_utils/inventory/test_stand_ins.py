# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In a lab, network namespaces stand in for containers of engines; everything else is as in production."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES

LAB = {"ansible_connection": "containerhost.network.lab", "containerhost_lab_engines": "namespaces"}
REFS = {"pid": "4711", "path": "/srv/namespaces/box"}


def sandboxes(plan, host):
    return [each["sandbox"] for each in plan.documents[host].get("veth", [])]


def without_sandboxes(document):
    kinds = {kind: found for kind, found in document.items() if kind not in ("version", "netns")}
    return {
        kind: [{key: value for key, value in each.items() if key != "sandbox"} for each in found]
        for kind, found in kinds.items()
    }


@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "netns"])
def test_a_namespace_of_its_name_stands_in_for_a_container_of_any_engine(fleet, engine):
    ref = f", ref: '{REFS[engine]}'" if engine in REFS else ""
    fleet.containers("h2", f"box: {{engine: {engine}{ref}, networks: {{web: }}}}")
    real = fleet.plan()
    plan = fleet.everywhere(**LAB).plan()
    assert sandboxes(plan, "h2") == [{"engine": "netns", "ref": "box"}]
    assert [each["name"] for each in plan.documents["h2"]["netns"]] == ["box"]
    assert f"{engine} (box on h2)" in plan.rehearsed
    for host in plan.documents:
        assert without_sandboxes(plan.documents[host]) == without_sandboxes(real.documents[host])
    assert plan.ledger == real.ledger


def test_it_is_the_ref_that_names_the_namespace(fleet):
    fleet.containers("h2", "box: {engine: podman, ref: compose_box_1, networks: {web: }}")
    assert sandboxes(fleet.everywhere(**LAB).plan(), "h2") == [{"engine": "netns", "ref": "compose_box_1"}]


def test_sandboxes_of_one_name_stay_apart(fleet):
    fleet.containers(
        "h2",
        "{a: {ref: app, networks: {web: }}, b: {engine: docker, ref: app, networks: {web: }},"
        " c: {engine: lxc, ref: app, networks: {web: }}, d: {engine: docker, ref: docker-app, networks: {web: }}}",
    )
    found = [each["ref"] for each in sandboxes(fleet.everywhere(**LAB).plan(), "h2")]
    assert len(set(found)) == 4
    assert {"app", "docker-app", "lxc-app"} < set(found)


def test_two_containers_of_one_sandbox_are_still_refused(fleet):
    fleet.containers(
        "h2",
        "{a: {engine: docker, ref: app, networks: {web: {interface: eth7}}},"
        " b: {engine: docker, ref: app, networks: {fabric: {interface: eth7}}}}",
    )
    assert len(fleet.problems()) == 1
    assert len(fleet.everywhere(**LAB).problems()) == 1


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"containerhost_lab_engines": "namespaces"},
        {"containerhost_lab_engines": "namespaces", "ansible_connection": "ssh"},
        {"ansible_connection": "containerhost.network.lab"},
        {"ansible_connection": "containerhost.network.lab", "containerhost_lab_engines": "real"},
    ],
)
def test_nothing_stands_in_where_it_is_no_lab_or_engines_are_real(fleet, variables):
    plan = fleet.everywhere(**variables).plan()
    assert sandboxes(plan, "h2") == [{"engine": "docker", "ref": "db"}]
    assert plan.rehearsed == ""


def test_a_container_that_joins_another_s_namespace_does_so_in_a_lab_as_well(fleet):
    fleet.containers(
        "h2", "{db: {engine: docker, networks: {web: }}, aide: {engine: docker, network_mode: 'container:db'}}"
    )
    assert sandboxes(fleet.everywhere(**LAB).plan(), "h2") == [{"engine": "netns", "ref": "db"}]


def test_what_it_may_say_is_checked(fleet):
    [problem] = fleet.variables("h1", containerhost_lab_engines="containers").problems()
    assert "containerhost_lab_engines" in problem
    assert "namespaces" in problem
