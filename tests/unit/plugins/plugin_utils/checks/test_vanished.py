# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of the inventory that isn't loaded is not taken for a wish that it be gone."""

from __future__ import annotations

import pytest

NETWORKS = {
    name: {"driver": "bridge", "subnets": [{"cidr": f"10.{80 + number}.0.0/16", "host_prefix": 24}]}
    for number, name in enumerate(("web", "api", "jobs", "mail", "logs"))
}
LAN = {"driver": "macvlan", "parent": "eth1", "host_shim": True, "subnets": ["192.168.7.0/24"]}


def on(*networks):
    return {"networks": {name: {} for name in networks}}


@pytest.fixture
def fleet(fleet):
    """Three hosts, each with three containers on web and api, one on the others; all of it remembered."""
    fleet.networks({**NETWORKS, "lan": LAN})
    own = {**{name: on("web", "api") for name in ("a", "b", "c")}, "d": on("jobs", "mail", "logs")}
    fleet.only_containers(**{host: {**own, f"x{host}": on("lan")} for host in fleet.hosts})
    return fleet.remembering(fleet.plan())


def containers_of(fleet, host):
    return fleet.hosts[host]["containerhost_containers"]


def test_group_vars_that_are_not_loaded_stop_the_plan_which_says_what_would_go(fleet):
    for variables in fleet.hosts.values():
        del variables["containerhost_networks"], variables["containerhost_containers"]
    (problem,) = fleet.problems()
    assert problem.startswith(
        "6 of the 6 networks that the ledger knows have left the inventory: `api`, `jobs`, `lan`, `logs`, `mail` and 1"
        " more; and 15 of the 15 containers: `xh1`, `xh2`, `xh3`, `a` on h1, `b` on h1 and 10 more."
        " If that is meant, confirm it once with -e containerhost_confirm_vanished=true; if not, look for"
    )


def test_confirmed_it_goes_on_and_asks_no_more(fleet):
    fleet.networks({}).only_containers().everywhere(containerhost_confirm_vanished=True)
    fleet.remembering(fleet.plan()).everywhere(containerhost_confirm_vanished=False)
    assert fleet.problems() == []


@pytest.mark.parametrize("networks", [None, {}])
def test_no_network_at_all_stops_it_however_few_there_were(new_fleet, networks):
    fleet = new_fleet().only_containers(h1={"a": on("web")}).networks({"web": NETWORKS["web"]})
    fleet.remembering(fleet.plan()).only_containers().networks(networks)
    (problem,) = fleet.problems()
    assert "1 of the 1 networks that the ledger knows have left the inventory: `web`." in problem


def test_it_stops_for_the_networks_of_one_driver_as_well(fleet):
    fleet.networks({}).only_containers()
    with pytest.raises(Exception, match="6 of the 6 networks"):
        fleet.plan(drivers=["overlay"])


def test_a_network_is_removed_by_deleting_it(fleet):
    fleet.networks({**{name: network for name, network in NETWORKS.items() if name != "api"}, "lan": LAN})
    for host in fleet.hosts:
        for name in ("a", "b", "c"):
            containers_of(fleet, host)[name] = on("web")
    assert fleet.plan().ledger.networks["api"].absent_since


def test_three_networks_that_are_missing_stop_it(fleet):
    fleet.networks({name: NETWORKS[name] for name in ("web", "api")} | {"lan": LAN})
    for host in fleet.hosts:
        del containers_of(fleet, host)["d"]
    (problem,) = fleet.problems()
    assert problem.startswith("3 of the 6 networks that the ledger knows have left the inventory: `jobs`, `logs`,")
    assert "; and 3 of the 15 containers: `d` on h1, `d` on h2, `d` on h3." in problem


def test_what_is_absent_by_its_state_has_not_vanished(fleet):
    absent = {name: {**network, "state": "absent"} for name, network in NETWORKS.items()}
    fleet.networks({**absent, "lan": LAN})
    for host in fleet.hosts:
        for name in "abcd":
            del containers_of(fleet, host)[name]
    assert fleet.problems() == []


def test_two_containers_may_go(fleet):
    del containers_of(fleet, "h1")["a"], containers_of(fleet, "h2")["xh2"]
    assert fleet.problems() == []


def test_a_host_s_containers_that_are_missing_stop_it(fleet):
    fleet.containers("h2", {"d": on("jobs", "mail", "logs")})
    (problem,) = fleet.problems()
    assert problem.startswith(
        "4 of the 15 containers that the ledger knows have left the inventory: `xh2`, `a` on h2, `b` on h2, `c` on h2;"
        " and 7 of the 30 endpoints: `a` on h2 of `api`, `b` on h2 of `api`, `c` on h2 of `api`,"
    )


def test_endpoints_of_containers_that_stay_are_counted_too(fleet):
    for host in fleet.hosts:
        containers_of(fleet, host)["d"] = {"networks": {}}
    (problem,) = fleet.problems()
    assert problem.startswith("9 of the 30 endpoints that the ledger knows have left the inventory: `d` on h1 of")


def test_a_tenth_of_many_may_go(new_fleet):
    fleet = new_fleet().networks({"web": NETWORKS["web"]})
    fleet.only_containers(**{host: {f"c{number}": on("web") for number in range(10)} for host in fleet.hosts})
    fleet.remembering(fleet.plan())
    for host in fleet.hosts:
        del containers_of(fleet, host)["c3"]
    assert fleet.problems() == []
    del containers_of(fleet, "h1")["c4"]
    assert fleet.problems()[0].startswith("4 of the 30 containers that the ledger knows")


def test_containers_that_move_to_another_host_have_not_vanished(fleet):
    moved = {f"m{name}": containers_of(fleet, "h1").pop(name) for name in "abcd"}
    fleet.everywhere(containerhost_confirm_vanished=True)
    fleet.hosts["h1"]["containerhost_containers"].update(moved)
    fleet.remembering(fleet.plan()).everywhere(containerhost_confirm_vanished=False)
    for name in moved:
        containers_of(fleet, "h3")[name] = containers_of(fleet, "h1").pop(name)
    assert fleet.problems() == []


def test_a_new_host_with_containers_of_the_same_names_speaks_for_none_but_one_of_each(fleet):
    """Hosts that are alike, whose own variables are not loaded any more, beside one that joins."""
    fleet.hosts["h9"] = {**fleet.hosts["h3"], "ansible_host": "198.18.7.9"}
    fleet.containers("h9", {name: on("web", "api") for name in "abc"})
    assert fleet.problems() == []
    for host in ("h2", "h3"):
        fleet.containers(host, {"d": on("jobs", "mail", "logs"), f"x{host}": on("lan")})
    (problem,) = fleet.problems()
    assert problem.startswith("3 of the 15 containers that the ledger knows have left the inventory: `a` on h3, `b` on")


def test_what_has_left_before_is_not_counted_again(fleet):
    fleet.networks({}).only_containers().everywhere(containerhost_confirm_vanished=True)
    fleet.remembering(fleet.plan()).everywhere(containerhost_confirm_vanished=False)
    fleet.networks({"new": {"driver": "bridge"}}).only_containers(h1={"n": on("new")})
    assert fleet.problems() == []


def test_a_shim_that_is_no_longer_wanted_is_no_container(fleet):
    fleet.networks({**NETWORKS, "lan": {**LAN, "host_shim": None}})
    assert fleet.problems() == []
