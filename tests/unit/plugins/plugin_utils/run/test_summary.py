# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run tells at its end, from notes of its hosts."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.run import outcomes, summary


def entry(host, state="made", networks=("fabric", "web"), containers=3, postponed=None, **more):
    counts = {name: more.pop(name, 0) for name in ("added", "changed", "recreated", "removed")}
    return {
        "host": host, "state": state, "networks": list(networks), "containers": containers, "counts": counts,
        "changed": any(counts.values()), "postponed": postponed or {}, "pending": 0, "lacks": "", "installed": "",
        **more,
    }  # fmt: skip


def test_a_line_a_host_and_one_of_all():
    entries = [
        entry("h2", changed=1, removed=2, pending=1),
        entry("h1", added=14, recreated=1),
        entry("h3", networks=["web"], containers=0),
        entry("h4", "failed"),
        entry("h5", "unreachable"),
    ]
    entries[0]["changed"] = True
    assert summary.lines(entries, check=False) == [
        "HOST  NETWORKS  CONTAINERS  CHANGED                 PENDING",
        "h1    2         3           14 added, 1 re-created",
        "h2    2         3           1 changed, 2 removed    1",
        "h3    1         0           nothing",
        "h4    2         3           failed",
        "h5    2         3           unreachable",
        "5 hosts, 2 networks, 12 containers: 2 changed, 1 as planned already, 1 failed (h4), 1 unreachable (h5).",
    ]


def test_a_check_says_what_would_be_and_who_lacks_what():
    entries = [entry("h1", added=2), entry("h2", "lacking", lacks="python3-pyroute2")]
    assert summary.lines(entries, check=True)[-3:] == [
        "h1    2         3           2 added",
        "h2    2         3           not compared yet: lacks python3-pyroute2",
        "2 hosts, 2 networks, 6 containers: 1 would change, 1 lacking a library (h2).",
    ]


def test_what_waits_for_a_host_is_one_sentence_a_network():
    entries = [entry(f"h{number}", postponed={"fabric": (2, ["h9"])}) for number in (1, 2)]
    entries += [entry("h3", networks=["web"]), entry("h4")]
    told = summary.lines(entries, check=False)
    assert told[0].endswith("POSTPONED") and told[1].endswith("2")
    assert told[5] == (
        "fabric: 4 objects stay that are no longer planned on h1 and h2 until h9 has made the new state in one"
        " run with them. Run the same playbook with --limit 'h9,h1,h2,h4'."
    )


@pytest.mark.parametrize("number", [50, 300])
def test_a_large_fleet_fits_a_screen_and_names_what_is_wrong(number):
    entries = [entry(f"h{index:03}", containers=index % 7) for index in range(number)]
    entries[7] = entry("h007", added=1077)
    entries[9] = entry("h009", "unreachable")
    *table, last = summary.lines(entries, check=False)
    assert [" ".join(line.split()) for line in table] == [
        "HOST NETWORKS CONTAINERS CHANGED",
        f"h000, h001, h002 and {number - 5} more 2 0-6 nothing",
        "h007 2 3 1077 added",
        "h009 2 3 unreachable",
    ]
    assert f": 1 changed, {number - 2} as planned already, 1 unreachable (h009)." in last


def test_with_v_each_host_has_its_line():
    assert len(summary.lines([entry(f"h{index}") for index in range(50)], check=False, verbose=True)) == 52


RESULT = {"changed": True, "counts": {"added": 3, "changed": 0, "recreated": 0, "removed": 0}}


def note(folder, host, result, ended):
    about = {"host": host, "networks": ["web"], "containers": 1, "postponed": {}}
    outcomes.record(folder, f"{host}.json", {**about, **outcomes.of_result(result)}, ended)


def test_what_phases_did_adds_up(tmp_path):
    folder = str(tmp_path)
    note(folder, "h1", RESULT, False)
    note(folder, "h1", {"changed": True, "counts": {"removed": 2}}, True)
    (found,) = outcomes.entries(folder)
    assert found["counts"] == {"added": 3, "changed": 0, "recreated": 0, "removed": 2}
    outcomes.forget(folder)
    assert outcomes.entries(folder) == []


def test_a_run_ends_with_its_last_host_in_whatever_order_and_however_they_end(tmp_path):
    folder, play = str(tmp_path), ["h1.json", "h2.json", "h3.json"]
    note(folder, "h1", RESULT, False)
    note(folder, "h2", {"failed": True}, False)
    note(folder, "h3", RESULT, True)
    assert not outcomes.is_end(folder, play, play)
    note(folder, "h1", {"changed": False}, True)
    assert outcomes.is_end(folder, play, play)


def test_a_batch_of_which_all_have_failed_is_the_last(tmp_path):
    folder = str(tmp_path)
    note(folder, "h1", RESULT, False)
    note(folder, "h2", {"unreachable": True}, False)
    assert outcomes.is_end(folder, ["h1.json", "h2.json", "h3.json"], ["h2.json"])


def test_a_host_that_lacked_a_library_is_not_said_to_be_made(tmp_path):
    note(str(tmp_path), "h1", {"changed": True, "lacks": ["pyroute2"], "plan": "python3-pyroute2"}, False)
    note(str(tmp_path), "h1", {"changed": False, "skipped": True}, True)
    (found,) = outcomes.entries(str(tmp_path))
    assert (found["state"], found["lacks"]) == ("lacking", "python3-pyroute2")


def test_what_is_told_once_is_claimed_once(tmp_path):
    assert outcomes.claim(str(tmp_path), outcomes.CLAIMED, "summary")
    assert not outcomes.claim(str(tmp_path), outcomes.CLAIMED, "summary")


def test_the_host_s_own_end_is_no_container():
    rows = [{"sandbox": {"engine": "netns", "ref": "a"}}, {"sandbox": {"engine": "host", "ref": ""}}, {"name": "x"}]
    assert outcomes.containers({"version": 1, "veth": rows, "macvlan": rows}) == 1


def test_what_waits_for_an_engine_is_no_container():
    waiting = [
        {"network": "web", "object": "docker_network web", "sandbox": None, "interface": None, "reason": "no docker"},
        {"network": "web", "object": "veth a", "sandbox": {"engine": "docker", "ref": "a"}, "interface": "eth0",
         "reason": "it does not run"},
    ]  # fmt: skip
    assert outcomes.of_result({"pending": waiting})["pending"] == 1


def warned(host, phase, *texts, everyone=False):
    """The warnings that a host tells, when it has these in a phase of a run, and notes them."""
    mine, entries = outcomes.told(str(phase), [f"{host}: {text}" for text in texts], host, everyone)
    outcomes.record(str(phase), f"{host}.json", {**entry(host), "warnings": entries}, ended=False)
    return mine


def test_a_warning_of_many_hosts_is_told_by_the_first_and_the_others_are_counted(tmp_path):
    """Also where the hosts have other addresses in it."""
    hosts = [f"h{number}" for number in range(1, 9)]
    told = [warned(host, tmp_path, f"10.8.{number}.2 is taken", "it is late") for number, host in enumerate(hosts)]
    assert told == [["h1: 10.8.0.2 is taken", "h1: it is late"], *[[]] * 7]
    assert [warned(host, tmp_path, f"10.8.{number}.2 is taken") for number, host in enumerate(hosts)] == [[]] * 8
    assert warned("h9", tmp_path, "it is late", "another") == ["h9: another"]
    assert summary.lines(outcomes.entries(str(tmp_path)), check=False)[-3:-1] == [
        "Likewise on h2, h3, h4 and 4 more (-v tells each): 10.8.0.2 is taken",
        "Likewise on h2, h3, h4 and 5 more (-v tells each): it is late",
    ]
    outcomes.forget(str(tmp_path))
    assert warned("h2", tmp_path, "it is late") == ["h2: it is late"]


def test_where_hosts_are_few_each_tells_its_own(tmp_path):
    for host in ("h1", "h2"):
        assert warned(host, tmp_path, "it is late", everyone=True) == [f"{host}: it is late"]
    assert not any(line.startswith("Likewise") for line in summary.lines(outcomes.entries(str(tmp_path)), check=False))


def test_a_long_warning_is_recalled_by_its_beginning(tmp_path):
    for host in ("h1", "h2"):
        warned(host, tmp_path, "it is late " * 30)
    (line,) = (text for text in summary.lines(outcomes.entries(str(tmp_path)), check=False) if "Likewise" in text)
    assert line.endswith("it is late it is late …") and len(line) < 150
