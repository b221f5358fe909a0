# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Podman says of its networks and containers, as an inventory has it."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import fleet
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.docker import from_docker
from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.podman import from_podman
from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.discovered import test_docker


def network(name, driver="bridge", subnets=None, **more):
    told = [{"subnet": "172.20.0.0/16", "gateway": "172.20.0.1"}] if subnets is None else subnets
    rest = {"network_interface": "podman1", "internal": False, "dns_enabled": True, "options": {}, **more}
    return {"name": name, "driver": driver, "subnets": told, **rest}


def test_a_container_keeps_its_address_mac_names_and_ports():
    ports = {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}
    shop = test_docker.container("shop", {"front": {"Aliases": ["shop00000000", "www"]}}, ports, mode="bridge")
    found = from_podman([network("front"), network("podman", dns_enabled=False)], [{**shop, "Name": "shop"}])
    assert found.networks == {"front": {"driver": "bridge", "subnets": ["172.20.0.0/16"], "names": "hosts"}}
    endpoint = found.containers["shop"]["networks"]["front"]
    assert (found.containers["shop"]["engine"], endpoint["address"]) == ("podman", "172.20.0.5")
    assert (endpoint["aliases"], endpoint["publish"]) == (["www"], ["8080:80/tcp"])


def test_the_default_network_has_no_names_and_is_taken_where_it_is_used():
    told = [network("podman", dns_enabled=False)]
    found = from_podman(told, [test_docker.container("x", {"podman": {}}, mode="bridge")])
    assert found.networks == {"podman": {"driver": "bridge", "subnets": ["172.20.0.0/16"]}}
    assert from_podman(told, []).networks == {}


def test_options_have_their_equals():
    lease = {"start_ip": "10.9.0.50", "end_ip": "10.9.0.99"}
    found = from_podman(
        [
            network("a", options={"mtu": "1400", "isolate": "true"}),
            network("lan", "macvlan", [{"subnet": "10.9.0.0/24", "gateway": "10.9.0.1", "lease_range": lease}],
                    network_interface="eth1", options={"mode": "vepa"}),
        ],
        [],
    )  # fmt: skip
    assert found.networks["a"]["mtu"] == 1400
    assert found.networks["lan"] == {
        "driver": "macvlan", "parent": "eth1", "mode": "vepa", "names": "hosts",
        "subnets": [{"cidr": "10.9.0.0/24", "range": "10.9.0.50-10.9.0.99"}],
    }  # fmt: skip
    assert found.left == []


def test_what_both_engines_call_the_same_is_told_apart():
    docker = from_docker([test_docker.network("web")], [test_docker.container("app", {"web": {}})])
    podman = from_podman(
        [network("web", subnets=[{"subnet": "10.9.0.0/24"}])], [test_docker.container("app", {"web": {}})]
    )
    both = fleet.beside(docker, podman, "podman")
    assert sorted(both.networks) == ["web", "web-podman"]
    assert both.containers["app-podman"]["ref"] == "app"
    assert list(both.containers["app-podman"]["networks"]) == ["web-podman"]
    assert list(both.containers["app"]["networks"]) == ["web"]
