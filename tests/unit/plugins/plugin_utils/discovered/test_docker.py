# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Docker's API says of networks and containers, as an inventory has it."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered.docker import from_docker


def network(name, driver="bridge", subnet="172.20.0.0/16", options=None, **more):
    config = [{"Subnet": subnet, "Gateway": subnet.replace("0.0/16", "0.1")}] if subnet else []
    rest = {"Internal": False, "Labels": {}, "IPAM": {"Driver": "default", "Config": config}, **more}
    return {"Name": name, "Id": "n" * 64, "Driver": driver, "Options": options or {}, **rest}


def container(name, networks, ports=None, mode=None, **host):
    endpoints = {
        each: {"IPAddress": "172.20.0.5", "GlobalIPv6Address": "", "MacAddress": "02:42:ac:14:00:05", **more}
        for each, more in networks.items()
    }
    mode = mode or next(iter(networks), "none")
    return {
        "Id": f"{name:0<64}",
        "Name": f"/{name}",
        "HostConfig": {"NetworkMode": mode, **host},
        "NetworkSettings": {"Networks": endpoints, "Ports": ports or {}},
    }


def test_a_container_keeps_its_address_mac_names_and_ports():
    ports = {
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
        "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "53"}],
        "9000/tcp": None,
    }
    endpoint = {"Aliases": ["shop", "shop00000000"], "DNSNames": ["web", "shop", "shop00000000", "www"]}
    found = from_docker([network("front")], [container("shop", {"front": endpoint}, ports)])
    assert found.networks == {"front": {"driver": "bridge", "subnets": ["172.20.0.0/16"], "names": "hosts"}}
    assert found.containers == {
        "shop": {
            "engine": "docker",
            "networks": {
                "front": {
                    "address": "172.20.0.5", "mac": "02:42:ac:14:00:05", "aliases": ["web", "www"],
                    "publish": ["127.0.0.1:53:53/udp", "8080:80/tcp"],
                }
            },
        }
    }  # fmt: skip
    assert found.left == []


def test_ports_and_the_default_route_are_of_the_network_that_docker_takes():
    told = [network("a", Internal=True), network("b", subnet="172.21.0.0/16"), network("c", subnet="172.22.0.0/16")]
    ports = {"80/tcp": [{"HostIp": "", "HostPort": "80"}]}
    of = {"a": {}, "b": {"IPAddress": "172.21.0.5"}, "c": {"IPAddress": "172.22.0.5"}}
    shop = from_docker(told, [container("shop", of, ports)]).containers["shop"]
    assert (shop["default_route"], "publish" in shop["networks"]["b"]) == ("b", True)
    of["c"]["GwPriority"] = 1
    shop = from_docker(told, [container("shop", of, ports)]).containers["shop"]
    assert (shop["default_route"], "publish" in shop["networks"]["c"]) == ("c", True)


@pytest.mark.parametrize(
    ("told", "options"),
    [
        (network("n", options={"com.docker.network.driver.mtu": "1400"}), {"mtu": 1400}),
        (network("n", options={"com.docker.network.bridge.enable_icc": "false"}), {"icc": False}),
        (network("n", options={"com.docker.network.bridge.name": "br-n"}), {}),
        (
            network("n", options={"com.docker.network.bridge.gateway_mode_ipv6": "routed"}),
            {"gateway_mode": {"ipv6": "routed"}},
        ),
        (network("n", Internal=True), {"internal": True}),
        (network("n", "macvlan", options={"parent": "eth1.50"}), {"parent": "eth1", "vlan": 50}),
        (network("n", "macvlan", options={"parent": "b0", "macvlan_mode": "vepa"}), {"parent": "b0", "mode": "vepa"}),
        (network("n", "ipvlan", options={"parent": "eth1", "ipvlan_mode": "l3"}), {"parent": "eth1", "mode": "l3"}),
        (
            network("n", "overlay", options={"com.docker.network.driver.overlay.vxlanid_list": "4097"}),
            {"mode": "bridged", "vni": 4097},
        ),
    ],
)  # fmt: skip
def test_options_of_drivers_have_their_equals(told, options):
    found = from_docker([told], [])
    both = {"driver": told["Driver"], "subnets": ["172.20.0.0/16"], "names": "hosts"}
    assert found.networks == {"n": {**both, **options}}


def test_a_gateway_a_range_and_reserved_addresses_are_kept():
    config = {"Subnet": "10.9.0.0/24", "Gateway": "10.9.0.254", "IPRange": "10.9.0.128/25",
              "AuxiliaryAddresses": {"router": "10.9.0.2"}}  # fmt: skip
    found = from_docker([network("n", IPAM={"Config": [config, {"Subnet": "fd00:9::/64"}]})], [])
    assert found.networks["n"]["subnets"] == [
        {"cidr": "10.9.0.0/24", "gateway": "10.9.0.254", "range": "10.9.0.128/25", "exclude": ["10.9.0.2"]},
        "fd00:9::/64",
    ]


def test_both_families_are_pinned():
    endpoint = {"GlobalIPv6Address": "fd00:9::5"}
    shop = from_docker([network("n")], [container("shop", {"n": endpoint})]).containers["shop"]
    assert shop["networks"]["n"]["addresses"] == ["172.20.0.5", "fd00:9::5"]


@pytest.mark.parametrize(("said", "encrypted"), [({}, None), ({"encrypted": ""}, True), ({"encrypted": "false"}, None)])
def test_an_overlay_of_swarm_stays_encrypted_where_it_was(said, encrypted):
    options = {"com.docker.network.driver.overlay.vxlanid_list": "4097", **said}
    found = from_docker([network("n", "overlay", options=options)], []).networks["n"]
    assert (found["mode"], found["vni"], found.get("encrypted")) == ("bridged", 4097, encrypted)


def test_other_ways_to_have_a_network():
    told = [
        container("one", {"host": {}}, mode="host"),
        container("two", {"none": {}}, mode="none"),
        container("three", {}, mode=f"container:{'one':0<64}"),
        container("four", {"bridge": {}}, mode="default"),
    ]
    found = from_docker([network("bridge"), network("host", "host", ""), network("none", "null", "")], told)
    modes = {name: each.get("network_mode") for name, each in found.containers.items()}
    assert modes == {"one": "host", "two": "none", "three": "container:one", "four": None}
    assert list(found.networks) == ["docker0"]
    assert list(found.containers["four"]["networks"]) == ["docker0"]


@pytest.mark.parametrize(
    ("networks", "containers", "said"),
    [
        ([network("n", "weave")], [], "has the driver 'weave'"),
        ([network("n", "macvlan")], [], "has no parent"),
        ([network("n", options={"com.example.speed": "9"})], [], "its option com.example.speed=9 has no equal here"),
        ([network("n", options={"com.docker.network.bridge.enable_ip_masquerade": "0"})], [], "does not masquerade"),
        ([network("n n")], [], "has a name that no network here can have"),
        ([network("n")], [container("x", {"n": {"IPAddress": ""}})], "has no address on `n`, as it does not run"),
        ([network("n")], [container("x", {"n": {}}, Links=["/db:/x/db"])], "its link /db:/x/db is no name here"),
        ([network("n")], [container("x", {"n": {}, "gone": {}})], "is not put on `gone`"),
        (
            [network("n")],
            [container("x", {"n": {}}, {"80/tcp": [{"HostIp": "::1", "HostPort": "80"}]})],
            "is on ::1, where the kernel knows no NAT",
        ),
        (
            [network("n")],
            [container("x", {"n": {}}, {"80/tcp": [{"HostIp": "2001:db8::1", "HostPort": "80"}]})],
            "has no address of that family",
        ),
        ([network("n")], [container("x", {"n": {}}, Dns=["9.9.9.9"])], "--dns 9.9.9.9 is Docker's"),
        ([network("n")], [container("x", {"n": {"DriverOpts": {"a.b": "1"}}})], "`driver_opts` a.b=1 has no equal"),
        (
            [network("n", Internal=True)],
            [container("x", {"n": {}}, {"80/tcp": [{"HostIp": "", "HostPort": "80"}]})],
            "is on no bridge with a way in",
        ),
    ],
)
def test_what_cannot_be_taken_over_is_said(networks, containers, said):
    assert said in "\n".join(from_docker(networks, containers).left)
