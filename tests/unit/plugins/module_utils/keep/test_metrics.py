# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What node_exporter is told: in Prometheus' text format, and complete."""

from __future__ import annotations

import re

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Change, Pending, Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet
from ansible_collections.containerhost.network.plugins.module_utils.keep import metrics
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.documents import bridge, saved, veth
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.kernel_of_values import want

WEB = saved({"web": "bridge", "fabric-1.x": "overlay"}, bridge=[bridge("web")], veth=[veth("web", "shop")])
SHOP = want("veth", name="chv-shop", master="ch-web", sandbox={"engine": "docker", "ref": "shop"}, interface="eth0")
NOTHING = ChangeSet([], [], [], [], [], [])
TODO = NOTHING._replace(make=[Change("add", "veth", SHOP, None, {})], pending=[Pending(SHOP, "it does not run")])

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
_SAMPLE = re.compile(rf"({_NAME})(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? (-?[0-9]+(?:\.[0-9]+)?)")


def parsed(text: str) -> dict[str, dict[str, float]]:
    """As ``promtool check metrics`` reads it: help and type once for each metric, before its samples, none twice."""
    found: dict[str, dict[str, float]] = {}
    helped: set[str] = set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, _space, words = line[len("# HELP ") :].partition(" ")
            assert name not in helped and words.endswith(".")
            helped.add(name)
        elif line.startswith("# TYPE "):
            name, _space, kind = line[len("# TYPE ") :].partition(" ")
            assert name in helped and name not in found and kind == "gauge"
            found[name] = {}
        else:
            sample = _SAMPLE.fullmatch(line)
            assert sample is not None, line
            name, labels, value = sample.groups()
            assert name == list(found)[-1] and labels not in found[name], line
            found[name][labels or ""] = float(value)
    assert helped == set(found)
    return found


def test_it_has_times_and_counts_for_each_network():
    assert parsed(metrics.text(WEB, TODO, 1_700_000_000, 1_700_000_300)) == {
        "containerhost_last_run_timestamp_seconds": {"": 1_700_000_000},
        "containerhost_last_check_timestamp_seconds": {"": 1_700_000_300},
        "containerhost_as_saved": {"": 0},
        "containerhost_network_objects": {
            'network="fabric-1.x",driver="overlay"': 0,
            'network="web",driver="bridge"': 2,
        },
        "containerhost_network_differences": {
            'network="fabric-1.x",driver="overlay"': 0,
            'network="web",driver="bridge"': 1,
        },
        "containerhost_network_pending": {
            'network="fabric-1.x",driver="overlay"': 0,
            'network="web",driver="bridge"': 1,
        },
    }


def test_a_host_without_networks_or_runs_has_a_file_all_the_same():
    found = parsed(metrics.text(saved({}, bridge=[]), NOTHING, None, 1))
    assert found["containerhost_last_run_timestamp_seconds"] == {"": 0}
    assert found["containerhost_as_saved"] == {"": 1}


def test_times_are_whole_in_the_year_2100():
    assert "e+" not in metrics.text(WEB, NOTHING, 4_102_444_800, 4_102_444_800)


def test_it_can_be_read_by_others_and_replaces_the_one_before(tmp_path):
    for _time in range(2):
        metrics.write(str(tmp_path), WEB, TODO)
    [path] = tmp_path.iterdir()
    assert (path.name, path.stat().st_mode & 0o777) == ("containerhost.prom", 0o644)
    parsed(path.read_text())


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(Problem, match=r"nowhere/containerhost\.prom cannot be written \(No such file or directory\)"):
        metrics.write(str(tmp_path / "nowhere"), WEB, TODO)
