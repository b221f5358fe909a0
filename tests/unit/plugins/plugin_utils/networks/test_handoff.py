# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine gets of a network, and what it cannot have."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.ip import parse_block
from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import EndpointEntry
from ansible_collections.containerhost.network.plugins.plugin_utils.model import NetworkSpec, Slice
from ansible_collections.containerhost.network.plugins.plugin_utils.networks.handoff import PARTS, with_parts

WEB = "web: {driver: bridge, subnets: [%s], handoff: {docker: true}}"

CNI = "web: {driver: bridge, subnets: [%s], handoff: {cni: true}}"
PODMAN = CNI.replace("cni", "podman")


def problems_of(fleet) -> str:
    return " ".join(map(str, fleet.problems()))


def rows(plan, host, kind="docker_network"):
    return plan.documents[host].get(kind, [])


def test_docker_gets_a_part_of_each_slice(fleet):
    fleet.networks(
        "fabric: {driver: overlay, vni: 42, handoff: {docker: true},"
        ' subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}, {cidr: "fd00:42::/48", host_prefix: 64}]}'
    )
    fleet.only_containers(h1="shop: {networks: {fabric: {}}}")
    (row,) = rows(fleet.plan(), "h1")
    assert (row["name"], row["bridge"], row["mtu"]) == ("fabric", "chb-fabric", 1450)
    assert row["subnets"] == [
        {"subnet": "10.42.0.0/24", "range": "10.42.0.128/26", "gateway": "10.42.0.1"},
        {"subnet": "fd00:42::/64", "range": "fd00:42:0:0:8000::/66", "gateway": "fd00:42::1"},
    ]


def test_the_parts_of_engines_are_apart_and_in_the_upper_half():
    block = parse_block("10.80.3.0/24")
    spec = NetworkSpec("web", "bridge", None, options={"handoff": tuple(PARTS)})
    (slice_,) = with_parts(spec, (Slice(block, block, 0, None, None, block.first + 1, block.last - 1),))
    parts = sorted(part for _engine, part in slice_.handed)
    assert [str(part) for part in parts] == ["10.80.3.128/26", "10.80.3.192/27", "10.80.3.224/27"]


def test_containers_of_ours_stay_below(fleet):
    fleet.networks(WEB % "10.80.0.0/27")
    names = [f"c{number:02}" for number in range(14)]
    fleet.only_containers(h1={name: {"networks": {"web": {}}} for name in names})
    fleet.plan()
    fleet.only_containers(h1={name: {"networks": {"web": {}}} for name in [*names, "one-more"]})
    assert "no address is left for `one-more` on h1" in problems_of(fleet)


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (WEB % "10.80.0.0/28", "`handoff`: 10.80.0.0/28 has too few addresses to share with docker"),
        (WEB % "10.80.0.0/24, 10.81.0.0/24", "docker takes one subnet of a family, and this network has more"),
        (WEB % "{cidr: 10.80.0.0/24, exclude: [10.80.0.9]}", "docker knows nothing of `range` and `exclude`"),
        (WEB % "{cidr: 10.80.0.0/24, gateway: 10.80.0.130}", "its gateway 10.80.0.130 is in the part 10.80.0.128/26"),
        (WEB.replace("web:", "host-bridge:") % "10.80.0.0/24", None),
        ("web: {driver: bridge, gateway_mode: isolated, subnets: [10.80.0.0/24], handoff: {docker: true}}",
         "docker needs a gateway on its host"),
        ("web: {driver: bridge, handoff: {dcoker: true}}", "`handoff` names 'dcoker'. Write `docker` if that is meant"),
        ("web: {driver: bridge, handoff: docker}", "`handoff` is 'docker', which is no mapping"),
        ("web: {driver: bridge, handoff: {docker: 1}}", "`handoff` has 1 for docker, which is not yes or no"),
        (PODMAN % "10.80.0.0/28", "`handoff`: 10.80.0.0/28 has too few addresses to share with podman"),
        (PODMAN.replace("web:", "pasta:") % "10.80.0.0/24", "`handoff`: podman has a network `pasta` itself"),
        (PODMAN.replace("web:", "podman:") % "10.80.0.0/24", "`handoff`: podman has a network `podman` itself"),
        (CNI % "10.80.0.0/28", "`handoff`: 10.80.0.0/28 has too few addresses to share with cni"),
    ],
)  # fmt: skip
def test_what_cannot_be_handed_over(fleet, network, sentence):
    name = network.partition(":")[0]
    fleet.networks(network)
    fleet.only_containers(h1={"shop": {"networks": {name: {}}}})
    if sentence is None:
        fleet.plan()
    else:
        assert sentence in problems_of(fleet)


def test_nobody_is_renumbered_for_it(fleet):
    fleet.networks(WEB % "10.80.0.0/24")
    fleet.only_containers(h1={"shop": {"networks": {"web": {}}}})
    entry = EndpointEntry(("10.80.0.130",), "eth0")
    plan = fleet.plan()
    fleet.ledger = type(plan.ledger)(
        plan.ledger.networks, plan.ledger.slices, {("web", "h1", "shop"): entry}, plan.ledger.salts
    )
    said = problems_of(fleet)
    assert "`shop` on h1 has 10.80.0.130 of `web` by the ledger, and `handoff` gives that to docker" in said


def test_a_pin_in_its_part_is_refused(fleet):
    fleet.networks(WEB % "10.80.0.0/24")
    fleet.only_containers(h1={"shop": {"networks": {"web": {"address": "10.80.0.140"}}}})
    assert "asks for 10.80.0.140 of `web`, which is in the part that docker hands out" in problems_of(fleet)


def test_cni_is_told_what_containers_of_a_network_have(fleet):
    fleet.networks(
        "fabric: {driver: overlay, vni: 42, handoff: {cni: true}, dns: {search: [example.org], servers: [192.0.2.53]},"
        ' subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}, {cidr: "fd00:42::/48", host_prefix: 64}]}\n'
        "inner: {driver: bridge, internal: true, icc: false, anti_spoofing: false, names: resolver,"
        " subnets: [10.80.0.0/24], handoff: {cni: true, docker: true}}\n"
        "own: {driver: bridge, gateway_mode: routed, subnets: [10.81.0.0/24], handoff: {cni: true}}",
    )
    fleet.only_containers(h1={"shop": {"networks": {"fabric": {}, "inner": {}, "own": {}}}})
    plan = fleet.plan()
    fabric, inner, own = sorted(rows(plan, "h1", "cni_network"), key=lambda row: row["name"])
    assert fabric == {
        "network": "fabric", "name": "fabric", "bridge": "chb-fabric", "mtu": 1450, "anti_spoofing": True,
        "subnets": [
            {"subnet": "10.42.0.0/24", "range": "10.42.0.224/27", "gateway": "10.42.0.1", "ports": "publish",
             "routes": ["10.42.0.0/16", "0.0.0.0/0"]},
            {"subnet": "fd00:42::/64", "range": "fd00:42:0:0:e000::/67", "gateway": "fd00:42::1", "ports": "publish",
             "routes": ["fd00:42::/48", "::/0"]},
        ],
        "dns": {"nameservers": ["192.0.2.53"], "search": ["example.org"]},
    }  # fmt: skip
    assert (inner["isolated"], inner["dns"]) == (True, {"nameservers": ["10.80.0.1"]})
    assert "anti_spoofing" not in inner
    assert inner["subnets"][0]["routes"] == []
    assert [row["name"] for row in rows(plan, "h1")] == ["inner"]
    assert own["subnets"][0]["ports"] == "open"
    # Which ports engines publish is not known before, and they are reached by 127.0.0.1 as well.
    settings = {row["key"] for row in rows(plan, "h1", "sysctl")}
    assert {"net.ipv4.conf.chb-fabric.route_localnet", "net.ipv4.conf.ch-inner.route_localnet"} <= settings


@pytest.mark.parametrize(("network", "whose"), [(CNI, "CNI's"), (PODMAN, "Podman's")])
def test_a_host_that_keeps_nothing_has_no_plugin(fleet, network, whose):
    fleet.networks(network % "10.80.0.0/24")
    fleet.only_containers(h1={"shop": {"networks": {"web": {}}}})
    fleet.variables("h1", containerhost_keep=False)
    said = problems_of(fleet)
    assert f"{whose} plugin is the program that keeps a host, and `containerhost_keep` is false for h1" in said


def test_podman_gets_what_cni_gets_of_a_part_of_its_own(fleet):
    fleet.networks(
        "fabric: {driver: overlay, vni: 42, handoff: {podman: true, cni: true, docker: true}, names: resolver,"
        " dns: {search: [example.org], options: [rotate]},"
        ' subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}, {cidr: "fd00:42::/48", host_prefix: 64}]}\n'
        'six: {driver: bridge, handoff: {podman: true}, subnets: ["fd00:80::/64"]}'
    )
    fleet.only_containers(h1="shop: {networks: {fabric: {}, six: {}}}")
    plan = fleet.plan()
    fabric, six = sorted(rows(plan, "h1", "podman_network"), key=lambda row: row["name"])
    (by_cni,) = rows(plan, "h1", "cni_network")
    assert [each["range"] for each in fabric["subnets"]] == ["10.42.0.192/27", "fd00:42:0:0:c000::/67"]
    assert {**fabric, "subnets": None, "dns": None} == {**by_cni, "subnets": None, "dns": None}
    assert fabric["dns"] == {"nameservers": ["10.42.0.1", "fd00:42::1"], "search": ["example.org"]}
    assert by_cni["dns"]["options"] == ["rotate"]
    assert [each["routes"] for each in six["subnets"]] == [["::/0"]]
    settings = {row["key"] for row in rows(plan, "h1", "sysctl")}
    assert "net.ipv4.conf.chb-fabric.route_localnet" in settings
    assert "net.ipv4.conf.ch-six.route_localnet" not in settings
