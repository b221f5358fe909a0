# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds a place that something wanted needs, and what has to be re-created."""

from __future__ import annotations

import json

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    bridge_network,
    only,
    said,
    web_and_fabric,
)


def sh(host, *commands: str) -> None:
    host.run("sh", "-ec", "\n".join(commands))


VXLAN = {"network": "old", "name": "ch-old", "vni": 42, "local": "198.18.0.1", "mac": "02:00:00:00:07:07"}


@pytest.mark.parametrize("remove", [("*",), ()], ids=["asked to go", "kept"])
def test_a_leftover_that_holds_a_vni_goes_first(host, apply, remove):
    host.module("document", document={"version": 1, "vxlan": [VXLAN]})
    changes = said(apply(only("fabric"), remove=remove))
    assert changes[:2] == ["- vxlan ch-old (old)", "+ vxlan ch-fabric (fabric)"]


def test_a_leftover_of_another_kind_that_holds_a_name_goes_first(host, apply):
    host.module("document", document={"version": 1, "vxlan": [{**VXLAN, "name": "ch-web"}]})
    changes = said(apply(web_and_fabric()))
    assert changes[0] == "- vxlan ch-web (old)"
    bridge = [{**web_and_fabric()["bridge"][0], "name": "ch-fabric"}]
    apply({"version": 1, "bridge": bridge})
    changes = said(apply(web_and_fabric()))
    assert changes[0] == "- bridge ch-fabric (web)"


def test_a_leftover_that_holds_an_interface_goes_first(host, apply):
    document = bridge_network("web", 80)
    host.module("document", document=document)
    other = json.loads(json.dumps(document).replace("v-web-1", "v-new"))
    assert said(apply(other)) == ["- veth web-1 eth0, v-web-1 (web)", "+ veth web-1 eth0, v-new (web)"]
    other["veth"].append({**other["veth"][0], "name": "v-2", "host_mac": "02:00:00:00:01:77", "interface": "eth1",
                          "mac": "02:00:00:00:01:78", "addresses": [], "routes": []})  # fmt: skip
    host.module("document", document=other)
    other["veth"] = [{**other["veth"][0], "interface": "eth1"}]
    assert said(apply(other)) == ["- veth web-1 eth1, v-2 (web)", "~ veth web-1 eth1, v-new (web)"]


def test_two_interfaces_of_a_container_change_names(host, apply):
    document = bridge_network("web", 80)
    second = {**document["veth"][0], "name": "v-2", "host_mac": "02:00:00:00:01:77", "interface": "eth1",
              "mac": "02:00:00:00:01:78", "addresses": [], "routes": []}  # fmt: skip
    document["veth"].append(second)
    host.module("document", document=document)
    document["veth"][0]["interface"], second["interface"] = "eth1", "eth0"
    apply(document)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["10.1.0.0/24"], ["10.1.0.0/16"]),
        (["10.1.0.0/16"], ["10.1.0.0/17", "10.1.128.0/17"]),
        (["fd00::/64"], ["fd00::/48"]),
        (["10.1.0.1/32"], ["10.1.0.0/24"]),
    ],
)
@pytest.mark.parametrize("remove", [("*",), ()], ids=["asked to go", "kept"])
def test_a_network_may_grow_and_be_divided(host, apply, before, after, remove):
    def document(sources):
        return {
            "version": 1,
            "nat_rule": [{"network": "w", "rule": "masquerade", "source": source} for source in sources],
        }

    host.module("document", document=document(before))
    changes = said(apply(document(after), remove=remove))
    assert changes == [*(f"- nat_rule masquerade {old} (w)" for old in before),
                       *(f"+ nat_rule masquerade {new} (w)" for new in after)]  # fmt: skip


# -- re-created ------------------------------------------------------------------------------------------------------


def test_what_cannot_be_changed_is_an_error_that_lists_it_and_is_recreated_when_asked(host, apply, refused):
    document = web_and_fabric()
    document["forwarding"].append({"network": "fabric", "device": "ch-fabric", "family": "ipv4"})
    host.module("document", document=document)
    document["vxlan"][0].update(vni=43, port=4790, mtu=1400)
    text = refused(document)
    assert text.startswith(
        "vxlan ch-fabric (fabric) would have to be re-created to change port (4789 → 4790), vni (42 → 43): allow it"
        " with recreate: true"
    )
    changes = said(apply(document, recreate=True))
    assert changes == [
        "! vxlan ch-fabric (fabric)",
        "+ vxlan_fdb 02:00:00:00:09:02 on ch-fabric (fabric)",
        "+ neighbour 10.42.2.0 on ch-fabric (fabric)",
        "+ neighbour fd00:42:0:2:: on ch-fabric (fabric)",
        "+ route 10.42.2.0/24 (fabric)",
        "+ route fd00:42:0:2::/64 (fabric)",
        "+ forwarding ipv4 on ch-fabric (fabric)",
    ]


def test_a_foreign_device_is_not_recreated_even_when_asked(host, refused):
    sh(host, "ip link add ch-fabric type vxlan id 42 dstport 4789")
    assert "that is not ours" in refused(web_and_fabric(), recreate=True)


@pytest.mark.parametrize("destination", ["db", "nowhere"])
def test_an_interface_that_its_container_has_lost_is_recreated_without_asking(host, apply, destination):
    host.module("document", document=web_and_fabric())
    sh(host, "ip netns add nowhere", f"ip -n shop link set eth0 netns {destination} name eth9")
    assert said(apply(web_and_fabric())) == ["! veth shop eth0 (web)"]
    assert "eth9" not in host.run("ip", "-n", destination, "link")
