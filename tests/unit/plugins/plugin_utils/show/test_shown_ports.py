# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs read of a plan: JSON by its schema, Prometheus' targets, facts."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.containerhost.network.plugins import plugin_utils
from ansible_collections.containerhost.network.plugins.plugin_utils.show import fleet_facts, show
from ansible_collections.containerhost.network.plugins.plugin_utils.show.shown_ports import (
    ShownPort,
    ports_of,
    prometheus,
)

SCHEMA = json.loads((Path(plugin_utils.__path__[0]).parents[1] / "schemas/show.json").read_text())


@pytest.fixture
def found(fleet):
    fleet.containers(
        "h1",
        "shop: {networks: {web: {publish: ['8080:80', '127.0.0.1:53:53/udp'], aliases: [www]}, fabric: {}}}",
    )
    return show.holders(fleet.plan(), fleet.ledger)


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("8080:80/tcp", [ShownPort("tcp", 80, 8080, "")]),
        ("80/tcp", [ShownPort("tcp", 80, None, "")]),
        ("127.0.0.1:53:53/udp", [ShownPort("udp", 53, 53, "127.0.0.1")]),
        ("fd00::1:53:5353/udp", [ShownPort("udp", 5353, 53, "fd00::1")]),
        ("eth0:80:80/sctp", [ShownPort("sctp", 80, 80, "eth0")]),
        ("eth0::80/tcp", [ShownPort("tcp", 80, None, "eth0")]),
        ("7000-7001:7000-7001/tcp", [ShownPort("tcp", 7000, 7000, ""), ShownPort("tcp", 7001, 7001, "")]),
    ],
)
def test_a_text_is_ports(text, ports):
    assert list(ports_of([text])) == ports


def test_json_is_as_its_schema_says_and_the_schema_says_every_field(found):
    told = json.loads(show.as_json(found))
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(told, SCHEMA)
    assert {key for each in told for key in each} == set(SCHEMA["items"]["properties"])
    for key in told[0]:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate([{name: value for name, value in told[0].items() if name != key}], SCHEMA)


def test_prometheus_has_a_target_for_each_tcp_port(found):
    [group] = json.loads(prometheus(found))
    assert group["targets"] == ["10.80.0.2:80"]
    assert {name: group["labels"][name] for name in ("network", "host", "container")} == {
        "network": "web", "host": "h1", "container": "shop"
    }  # fmt: skip
    assert group["labels"]["__meta_containerhost_host_port"] == "8080"
    assert group["labels"]["__meta_containerhost_names"] == ",shop,www,"
    assert all(isinstance(value, str) for value in group["labels"].values())


def test_an_address_of_ipv6_is_in_brackets(found):
    [shop] = [each for each in found if (each.network, each.container) == ("web", "shop")]
    six = show.Holder(**{**vars(shop), "addresses": ("fd00::2/64",), "publish": ("9100/tcp",)})
    [group] = json.loads(prometheus([six]))
    assert group["targets"] == ["[fd00::2]:9100"]
    assert group["labels"]["__meta_containerhost_host_port"] == ""


def test_facts_lead_to_this_host_s_containers_and_to_the_fleet_s(found):
    facts = fleet_facts.fleet_facts(found, ["h1", "h2", "h9"], {"web": "bridge", "fabric": "overlay", "idle": "bridge"})
    web = facts["hosts"]["h1"]["containers"]["shop"]["networks"]["web"]
    assert (web["address"], web["addresses"], web["names"]) == ("10.80.0.2", ["10.80.0.2/24"], ["shop", "www"])
    assert web["ports"][0] == {"protocol": "tcp", "port": 80, "host_port": 8080, "host_address": ""}
    assert {(each["host"], each["container"]) for each in facts["networks"]["fabric"]["containers"]} >= {
        ("h1", "shop"), ("h2", "db")
    }  # fmt: skip
    assert [each["address"] for each in facts["hosts"]["h1"]["devices"] if each["network"] == "web"] == ["10.80.0.1"]
    assert facts["hosts"]["h9"] == {"containers": {}, "devices": []}
    assert facts["networks"]["idle"] == {"driver": "bridge", "containers": []}
    assert json.loads(json.dumps(facts)) == facts
