# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab follows its inventory, and whatever happened to it."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

THREE = ("h1", "h10", "h2")
# What engines do: namespaces, mounts and control groups of their own, and processes in them.
BUSY = """
ip netns add shop
ip netns exec shop sleep 1000 </dev/null >/dev/null 2>&1 &
mkdir /mnt/more
mount -t tmpfs none /mnt/more
mkdir /sys/fs/cgroup/engine
setsid sh -c 'echo 0 > /sys/fs/cgroup/engine/cgroup.procs; exec sleep 1000' </dev/null >/dev/null 2>&1 &
unshare --net --pid --mount --fork sleep 1000 </dev/null >/dev/null 2>&1 &
"""


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while os.path.exists(f"/proc/{pid}/ns/net") and time.monotonic() < deadline:
        try:
            os.readlink(f"/proc/{pid}/ns/net")
        except OSError:
            return
        time.sleep(0.01)


def everybody_reaches_everybody(lab) -> bool:
    hosts = list(lab.pids())
    return all(lab.reaches(source, lab.address(target, 4)) for source in hosts for target in hosts)


def test_a_host_joins_and_nobody_else_notices(lab):
    lab.present("h1", "h2")
    before = lab.pids()
    addresses = {host: lab.address(host, 4) for host in before}
    result = lab.present("h0", "h1", "h10", "h2")
    assert [entry["after_header"] for entry in result["diff"]] == ["host h0", "host h10"]
    assert {name: pid for name, pid in lab.pids().items() if name in before} == before
    assert {host: lab.address(host, 4) for host in before} == addresses
    assert everybody_reaches_everybody(lab)


def test_a_host_leaves_and_nobody_else_notices(lab):
    lab.present(*THREE)
    before = lab.pids()
    result = lab.present("h10", "h2")
    assert [entry["after"] for entry in result["diff"]] == ["absent\n"]
    assert lab.pids() == {name: pid for name, pid in before.items() if name != "h1"}
    assert lab.present("h10", "h2")["changed"] is False


def test_a_host_comes_back_at_once(lab):
    lab.present(*THREE)
    lab.present("h10", "h2")
    lab.present(*THREE)
    assert everybody_reaches_everybody(lab)
    assert lab.present(*THREE)["changed"] is False


def test_a_host_whose_first_process_died_is_made_again(lab):
    lab.present(*THREE)
    before = lab.pids()
    kill(before["h1"])
    result = lab.present(*THREE)
    assert [entry["after_header"] for entry in result["diff"]] == ["host h1"]
    assert lab.pids().keys() == before.keys()
    assert [name for name in before if lab.pids()[name] != before[name]] == ["h1"]
    assert everybody_reaches_everybody(lab)


def test_hosts_are_joined_again_when_the_switch_has_died(lab):
    lab.present(*THREE)
    before = lab.pids()
    kill(lab.registry.switch().pid)
    assert lab.present(*THREE)["changed"] is True
    assert lab.pids() == before
    assert everybody_reaches_everybody(lab)
    assert lab.present(*THREE)["changed"] is False


def test_an_interface_that_was_deleted_comes_back(lab):
    lab.present(*THREE)
    lab.run("h1", "ip link delete eth0")
    assert [entry["after_header"] for entry in lab.present(*THREE)["diff"]] == ["host h1"]
    assert everybody_reaches_everybody(lab)


def test_a_new_address_and_a_new_lan_reach_hosts_that_stay(lab):
    lab.present(*THREE)
    before = lab.pids()
    hosts = [{"name": "h1", "addresses": ["198.18.7.1/24"], "mtu": 9000}, {"name": "h10"}, {"name": "h2"}]
    lab.present(hosts=hosts, lans=[{"name": "eth1", "addresses": ["192.168.7.1/24"]}])
    assert lab.pids() == before
    assert "198.18.7.1/24" in lab.run("h1", "ip address show eth0")
    assert "mtu 9000" in lab.run("h1", "ip link show eth0")
    assert "192.168.7.1/24" in lab.run("outside", "ip address show eth1")
    assert everybody_reaches_everybody(lab)
    lab.present(hosts=hosts)
    assert lab.pids() == before
    assert lab.run("h2", "ls /sys/class/net").split() == ["eth0", "lo"]


def test_an_address_of_the_labs_own_gives_way_to_the_inventorys(lab):
    lab.present("h1", "h2")
    taken = lab.address("h2", 4)
    lab.present(hosts=[{"name": "h1", "addresses": [taken]}, {"name": "h2"}])
    assert lab.address("h1", 4) == taken
    assert everybody_reaches_everybody(lab)


def test_odd_names_and_names_that_contain_each_other(lab):
    names = ("h", "h1", "h10", "switch", "outside-2", "..", "web 1", "fd00::1", "a/b", "x" * 70)
    lab.present(*names)
    assert sorted(lab.pids()) == sorted((*names, "outside"))
    assert everybody_reaches_everybody(lab)
    lab.present("h10", "a/b")
    assert sorted(lab.pids()) == ["a/b", "h10", "outside"]


def test_the_outside_gives_its_name_to_a_host_of_the_inventory(lab):
    lab.present("h1")
    before = lab.pids()
    lab.present("h1", "outside", outside="outside-2")
    after = lab.pids()
    assert sorted(after) == ["h1", "outside", "outside-2"]
    assert after["h1"] == before["h1"] and after["outside"] != before["outside"]
    assert everybody_reaches_everybody(lab)


def test_labs_stand_side_by_side(lab):
    other = type(lab)(lab.folder, lab.name + "-other")
    try:
        lab.present(*THREE)
        before = lab.pids()
        other.present("h1", "h3")
        assert lab.pids() == before
        # The same address twice, on two underlays.
        assert lab.address("h1", 4) == other.address("h1", 4)
        assert everybody_reaches_everybody(other)
    finally:
        assert other.start_module(state="absent").wait() == 0
    assert other.traces() == []
    assert lab.pids() == before


def test_two_runs_at_a_time_make_one_lab(lab):
    hosts = [{"name": f"h{number}"} for number in range(6)]
    first, second = lab.start_module(hosts=hosts), lab.start_module(hosts=hosts)
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in (first, second)]
    assert sorted(answer["changed"] for answer in answers) == [False, True]
    # The switch, the outside and six hosts.
    assert len(lab.processes()) == 8


# -- down ----------------------------------------------------------------------------------------------------------


def test_nothing_is_left_even_of_a_lab_in_use(lab):
    before = lab.machine()
    lab.present(*THREE, lans=[{"name": "eth1"}])
    for host in THREE:
        lab.run(host, BUSY)
    assert lab.machine() == before
    namespaces = lab.namespaces()
    assert len(namespaces) > 6 * len(THREE)
    assert lab.start_module(state="absent").wait() == 0
    assert lab.traces() == []
    # What has ended keeps its PID namespace until whoever is PID 1 on this machine has collected its status.
    deadline = time.monotonic() + 10
    while namespaces & lab.all_namespaces() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert namespaces & lab.all_namespaces() == set()
    assert lab.machine() == before


def test_a_lab_that_is_not_there_is_taken_down_without_a_change(lab):
    lab.inventory("h1\n")
    played = lab.down()
    assert (played.status, played.changed) == (0, 0)


@pytest.mark.parametrize("delay", [0.2, 0.25, 0.3, 0.35, 0.45])
def test_a_killed_run_leaves_what_the_next_repairs(lab, delay):
    """At about 0.2 s its imports are done; 12 hosts stand at about 0.4 s."""
    names = [f"h{number}" for number in range(12)]
    process = lab.start_module(hosts=[{"name": name} for name in names], lans=[{"name": "eth1"}])
    time.sleep(delay)
    process.kill()
    process.communicate()
    known = {*lab.pids().values(), *([lab.registry.switch().pid] if lab.registry.switch() else [])}
    time.sleep(0.05)
    assert set(lab.processes()) <= known
    lab.present(*names, lans=[{"name": "eth1"}])
    assert sorted(lab.pids()) == sorted([*names, "outside"])
    assert all(lab.reaches("outside", lab.address(name, family)) for name in names for family in (4, 6))
    assert lab.present(*names, lans=[{"name": "eth1"}])["changed"] is False


@pytest.mark.parametrize("delay", [0.25, 0.35])
def test_a_killed_run_is_taken_down_without_a_trace(lab, delay):
    process = lab.start_module(hosts=[{"name": f"h{number}"} for number in range(12)])
    time.sleep(delay)
    process.kill()
    process.communicate()
    assert lab.start_module(state="absent").wait() == 0
    assert lab.traces() == []


def test_a_run_that_fails_half_way_leaves_no_host(lab):
    lab.present("h1")
    before = lab.processes()
    # The outside takes the same address twice: the kernel refuses the second when hosts already stand.
    twice = ["192.168.7.1/24", "192.168.7.1/24"]
    result = lab.present("h1", "h2", lans=[{"name": "eth1", "addresses": twice}])
    assert result["failed"] and "add address 192.168.7.1/24 to eth1: " in result["msg"]
    assert lab.processes() == before
    lab.present("h1", "h2", lans=[{"name": "eth1", "addresses": twice[:1]}])
    assert everybody_reaches_everybody(lab)


# -- by playbook ---------------------------------------------------------------------------------------------------


def test_ten_hosts_stand_in_less_than_five_seconds(lab):
    lab.inventory("".join(f"h{number}\n" for number in range(10)))
    start = time.monotonic()
    played = lab.up()
    assert played.status == 0, played.output
    assert time.monotonic() - start < 5


def test_check_mode_says_what_would_be_made_and_makes_nothing(lab):
    lab.inventory("h1 ansible_host=10.9.0.1\n")
    played = lab.up("--check", "--diff")
    assert (played.status, played.changed) == (0, 1), played.output
    assert played.said("+10.9.0.1/32") and played.said("host h1")
    assert lab.traces() == []
    lab.up()
    played = lab.up("--check", "--diff")
    assert (played.status, played.changed) == (0, 0), played.output
    played = lab.down("--check", "--diff")
    assert played.changed == 1 and played.said("-10.9.0.1/32")
    assert sorted(lab.pids()) == ["h1", "outside"]


def test_down_removes_the_variables_file_from_wherever_up_wrote_it(lab):
    lab.inventory("h1\n")
    elsewhere = lab.folder / "elsewhere"
    elsewhere.mkdir()
    lab.up("-e", f"containerhost_lab_vars={elsewhere}/vars.yml")
    assert (elsewhere / "vars.yml").exists() and not lab.vars_file.exists()
    assert lab.down().changed == 1
    assert list(elsewhere.iterdir()) == []
    assert lab.traces() == []


def test_somebody_elses_file_is_not_overwritten(lab):
    lab.inventory("h1\n")
    lab.vars_file.write_text("mine: true\n")
    played = lab.up()
    assert played.status != 0 and played.said("is not a lab's variables file")
    assert lab.vars_file.read_text() == "mine: true\n"
    assert lab.processes() == []
    lab.vars_file.unlink()


def test_without_root_there_is_one_sentence(lab):
    lab.inventory("h1\n")
    # In a user namespace without a mapping we are nobody, but may still read our own files.
    played = lab.play("containerhost.network.lab_up", prefix=("unshare", "--user"))
    assert played.status != 0
    assert played.said('"msg": "needs root: set become: true, or run ansible-playbook as root"'), played.output
    assert lab.traces() == []


@pytest.mark.parametrize(
    ("inventory", "sentence"),
    [
        ("", "the inventory has no hosts for a lab"),
        ("h1 ansible_host=10.9.0.1\nh2 ansible_host=10.9.0.1\n", "h1 and h2 both have the underlay address 10.9.0.1"),
        ("h1 containerhost_underlay_address=where\n", "containerhost_underlay_address of h1: `where` is no address"),
        ("h1 containerhost_underlay_interface=interface-of-20-chars\n", "`interface-of-20-chars` is no name for an"),
        ("h1 containerhost_underlay_mtu=100\n", "host h1: mtu 100 is not between 1280 and 65535"),
        ("h1 containerhost_underlay_mtu='{{ missing }}'\n", "containerhost_underlay_mtu of h1: 'missing' is undefined"),
    ],
)
def test_a_mistake_is_named_before_anything_is_made(lab, inventory, sentence):
    lab.inventory(inventory)
    played = lab.up()
    assert played.status != 0
    assert played.said(sentence), played.output
    assert lab.traces() == []


def test_localhost_in_the_inventory_is_this_machine(lab):
    lab.inventory("localhost ansible_connection=ssh ansible_become=true ansible_become_method=sudo\nh1\n")
    played = lab.up()
    assert played.status == 0, played.output
    assert sorted(lab.pids()) == ["h1", "outside"]
    assert played.said("localhost: this machine itself")
    assert lab.up("-e", f"@{lab.vars_file}").changed == 0
    assert lab.down("-e", f"@{lab.vars_file}").changed == 1
    assert lab.traces() == []
