# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device is for its kind says, and the controller asks for no kind by name."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils import document_devices
from ansible_collections.containerhost.network.plugins.plugin_utils.document_devices import (
    TUNNELS,
    container_ends,
    tunnels,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.show.published import published
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.notes import about

GENEVE = {"network": "fabric", "name": "ch-fabric", "local": "198.18.7.11", "port": 6081, "vni": 7}
IPIP = {"network": "plain", "name": "ch-plain", "local": "198.18.7.11"}


@pytest.fixture(autouse=True)
def more(monkeypatch):
    monkeypatch.setitem(TUNNELS, "geneve", "Geneve")
    monkeypatch.setitem(TUNNELS, "ipip", "IPIP")


def test_a_container_s_interface_is_one_whatever_kind_it_is(monkeypatch):
    monkeypatch.setattr(document_devices, "ENDS", [*document_devices.ENDS, "netkit"])
    end = {"name": "chk1", "master": "br-lan", "addresses": ["10.80.0.3/24"], "sandbox": {"ref": "shop"}}
    rule = {"rule": "publish", "protocol": "tcp", "host_port": 8080, "address": "10.80.0.3", "port": 80}
    document = {"netkit": [end], "nat_rule": [rule], "hosts_file": [{"sandbox": {"ref": "shop"}}]}
    assert [row["name"] for row in container_ends(document)] == ["chk1"]
    assert published(document)[0]["container"] == "shop"


def test_each_kind_of_them_is_found():
    document = {"geneve": [GENEVE], "ipip": [IPIP], "bridge": [{"network": "fabric", "name": "chb-fabric"}]}
    assert [(row["kind"], row["name"]) for row in tunnels(document)] == [("geneve", "ch-fabric"), ("ipip", "ch-plain")]


def test_what_is_inside_another_one_comes_after_it():
    inner = {**GENEVE, "name": "ch-inner", "link": "ch-plain"}
    assert [row["name"] for row in tunnels({"geneve": [inner], "ipip": [IPIP]})] == ["ch-plain", "ch-inner"]


def test_a_network_s_table_says_what_carries_it():
    networks = {"fabric": {"driver": "overlay"}, "plain": {"driver": "overlay"}}
    documents = {"h1": {"geneve": [GENEVE], "ipip": [IPIP]}, "h2": {"geneve": [{**GENEVE, "master": "chb-fabric"}]}}
    assert about(documents, networks) == {"fabric": "overlay, geneve 7, bridged", "plain": "overlay, ipip"}
