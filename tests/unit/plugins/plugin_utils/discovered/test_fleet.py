# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several hosts have, as one fleet's inventory."""

from __future__ import annotations

import yaml

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import fleet
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.found import DiscoveredHost
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import Ledger
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.show.show import holders

WEB = {"driver": "bridge", "subnets": ["172.18.0.0/16"]}


def host(networks, on):
    app = {"engine": "docker", "networks": {name: {} for name in on}, "default_route": on[0]}
    return DiscoveredHost(networks, {"app": app})


def test_what_all_say_the_same_of_is_one_network():
    networks, hosts = fleet.of_fleet({"h1": host({"web": WEB}, ["web"]), "h2": host({"web": dict(WEB)}, ["web"])})
    assert networks == {"web": WEB}
    assert not hosts["h1"].left


def test_other_networks_of_one_name_are_told_apart():
    other = {"driver": "bridge", "subnets": ["172.19.0.0/16"]}
    networks, hosts = fleet.of_fleet({"h1": host({"web": WEB}, ["web"]), "h2": host({"web": other}, ["web"])})
    assert networks == {"web-h1": WEB, "web-h2": other}
    assert hosts["h2"].containers["app"]["networks"] == {"web-h2": {}}
    assert hosts["h2"].containers["app"]["default_route"] == "web-h2"
    assert "is `web-h2` here" in hosts["h2"].left[0]


def test_of_networks_that_overlap_one_is_left_out_and_said():
    lan = {"driver": "macvlan", "parent": "eth1", "subnets": ["172.18.0.0/16"]}
    networks, hosts = fleet.of_fleet({"h1": host({"web": WEB}, ["web"]), "h2": host({"zoo": lan}, ["zoo"])})
    assert networks == {"web": WEB}
    assert hosts["h2"].containers["app"] == {"engine": "docker", "networks": {}}
    assert "`zoo` (172.18.0.0/16) overlaps `web` (172.18.0.0/16)" in hosts["h2"].left[0]
    assert "container `app` is not put on `zoo`" in hosts["h2"].left[1]


def test_bridges_of_one_subnet_on_several_hosts_are_all_taken():
    """Each of them has Docker's first default subnet for another project."""
    six = {"driver": "bridge", "subnets": ["172.18.0.0/16", "fd00:18::/64"]}
    other = {"driver": "bridge", "subnets": ["172.18.4.0/24"]}
    networks, hosts = fleet.of_fleet(
        {
            "h1": host({"shop_default": WEB}, ["shop_default"]),
            "h2": host({"blog_default": six}, ["blog_default"]),
            "h3": host({"shop_default": WEB}, ["shop_default"]),
            "h4": host({"wiki": other, "alone": {"driver": "bridge", "subnets": ["10.1.0.0/24"]}}, ["wiki"]),
        }
    )
    assert {name: each.get("hosts") for name, each in networks.items()} == {
        "alone": None, "blog_default": ["h2"], "shop_default": ["h1", "h3"], "wiki": ["h4"]
    }  # fmt: skip
    assert not any(found.left for found in hosts.values())
    plan = make_plan(gather(fleet.sources(networks, hosts, {})), Ledger(), "2026-11-26")
    found = {(each.host, each.network) for each in holders(plan, Ledger()) if each.container}
    assert found == {("h1", "shop_default"), ("h2", "blog_default"), ("h3", "shop_default"), ("h4", "wiki")}


def test_what_runs_goes_before_what_a_file_says():
    file = DiscoveredHost({"web": {"driver": "bridge"}, "more": {"driver": "bridge"}}, {}, ["x"])
    both = fleet.joined(host({"web": WEB}, ["web"]), file)
    assert (both.networks["web"], sorted(both.networks), both.left) == (WEB, ["more", "web"], ["x"])


def test_no_template_of_a_host_s_reaches_the_inventory():
    evil = "{{ lookup('pipe', 'id') }}"
    told = DiscoveredHost({"web": {"driver": "bridge", "mtu": evil}}, {"a": {"dns": {"servers": [evil]}}}, [evil])
    found = fleet.cleaned(told)
    assert found.networks == {"web": {"driver": "bridge"}}
    assert found.containers == {"a": {"dns": {"servers": []}}}
    assert not any("{" in sentence for sentence in found.left)


def test_a_name_that_is_no_hostname_becomes_a_ref():
    named = {**WEB, "names": "hosts"}
    told = {
        "app.1": {"networks": {"web": {}}}, "app-1": {"networks": {"web": {}}}, "7": {"networks": {"web": {}}},
        "side": {"network_mode": "container:app.1"}, "x.2": {"networks": {}}, "fine.org": {"networks": {"web": {}}},
    }  # fmt: skip
    found = fleet.cleaned(DiscoveredHost({"web": named}, told))
    assert {name: each.get("ref") for name, each in found.containers.items()} == {
        "app-1-c": "app.1", "app-1": None, "c-7": "7", "side": None, "x.2": None, "fine.org": None
    }  # fmt: skip
    assert found.containers["side"]["network_mode"] == "container:app-1-c"
    assert "container `app.1` is `app-1-c` here" in found.left[0]
    networks, hosts = fleet.of_fleet({"h1": found})
    make_plan(gather(fleet.sources(networks, hosts, {})), Ledger(), "2026-11-26")


def test_no_markup_of_a_host_s_reaches_the_list():
    evil = "<img src=x onerror=alert(1)>"
    told = DiscoveredHost({}, {"a": {"networks": {}}}, [f"its alias {evil!r} is no name"], elsewhere={"n": evil})
    text = fleet.left({"h1": fleet.cleaned(told)})
    assert "its alias '(img src=x onerror=alert(1))' is no name" in text
    assert "<" not in text


def test_the_files_are_yaml_that_says_the_same():
    networks, hosts = fleet.of_fleet({"h1": host({"web": WEB}, ["web"])})
    hosts["h1"].containers["app"]["networks"]["web"]["publish"] = ["22:22", "8080:80/tcp"]
    made = fleet.files(networks, hosts, {"h1": {"ansible_host": "192.0.2.1"}})
    assert yaml.safe_load(made["inventory/hosts.yml"]) == {"all": {"hosts": {"h1": {"ansible_host": "192.0.2.1"}}}}
    assert yaml.safe_load(made["inventory/group_vars/all.yml"]) == {"containerhost_networks": {"web": WEB}}
    assert yaml.safe_load(made["inventory/host_vars/h1.yml"]) == {"containerhost_containers": hosts["h1"].containers}
    assert "Nothing: all that was found is in the inventory." in made["LEFT.md"]
