# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.publish import base60, read_publish
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import parse_address, parse_block
from ansible_collections.containerhost.network.plugins.plugin_utils.model import Publish


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("8080:80", [Publish("tcp", None, 8080, 80)]),
        ("8080:80/tcp", [Publish("tcp", None, 8080, 80)]),
        ("53:53/UDP", [Publish("udp", None, 53, 53)]),
        ("127.0.0.1:8080:80", [Publish("tcp", parse_address("127.0.0.1"), 8080, 80)]),
        ("[fd00::7]:8080:80/sctp", [Publish("sctp", parse_address("fd00::7"), 8080, 80)]),
        ("80", [Publish("tcp", None, None, 80)]),
        ("80-81/udp", [Publish("udp", None, None, 80), Publish("udp", None, None, 81)]),
        ("127.0.0.1::80", [Publish("tcp", parse_address("127.0.0.1"), None, 80)]),
        ("[fd00::7]::53/udp", [Publish("udp", parse_address("fd00::7"), None, 53)]),
        ("7000-7009:7000-7009", [Publish("tcp", None, 7000, 7000, length=10)]),
        ("eth1:8080:80", [Publish("tcp", None, 8080, 80, (), "eth1")]),
        ("eth1.7::80/udp", [Publish("udp", None, None, 80, (), "eth1.7")]),
        ("eth1:70-71:70-71", [Publish("tcp", None, 70 + n, 70 + n, (), "eth1") for n in range(2)]),
        ("8000-8002:80-82", [Publish("tcp", None, 8000 + n, 80 + n) for n in range(3)]),
    ],
)
def test_docker_s_short_form(text, ports):
    assert list(read_publish(text)) == ports


def test_the_same_as_a_mapping_with_sources():
    value = {
        "host_ip": "198.18.7.11",
        "host_port": 8080,
        "container_port": 80,
        "sources": ["198.51.100.0/24", "fd00::/8"],
    }
    sources = (parse_block("198.51.100.0/24"), parse_block("fd00::/8"))
    assert read_publish(value) == (Publish("tcp", parse_address("198.18.7.11"), 8080, 80, sources),)


def test_a_mapping_takes_ranges():
    assert len(read_publish({"host_port": "8000-8009", "container_port": "80-89", "protocol": "udp"})) == 10


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("::80", "port from 1 to 65535"),
        ("0", "port from 1 to 65535"),
        ("127.0.0.1:80", "port from 1 to 65535"),
        ("8080:80/xx", "protocol 'xx'"),
        ("8000-8002:80-81", "maps 3 ports of the host to 2"),
        ("8000-8002:80", "maps 3 ports of the host to 1"),
        ("8002-8000:80-82", "ends before it begins"),
        ("0:80", "port from 1 to 65535"),
        ("65536:80", "port from 1 to 65535"),
        (":80", "port from 1 to 65535"),
        ("8080:http", "port from 1 to 65535"),
        ("300.1.1.1:8080:80", "is not an IP address"),
        ("an-interface-of-a-long-name:8080:80", "name"),
        ("fd00::7:8080:80", "names no host port"),
        ("[::1]:8080:80", "can't do by NAT"),
        ("[::1:8080:80", "names no host port"),
        ({"host_port": 8080}, "no `container_port`"),
        ({"host_port": 8080, "container_port": 80, "host_adress": "x"}, "unknown key `host_adress`"),
        ({"host_port": 8080, "container_port": 80, "sources": [7]}, "source 7"),
        *(
            ({"host_port": 8080, "container_port": 80, "sources": nobody}, "names nobody who may reach the port")
            for nobody in ([], None, False, 0, "", {}, 5, True, {"a": "b"})
        ),
        ({"host_port": 8080, "container_port": 80, "sources": "198.51.100.1/24"}, "inside a subnet"),
        ({"container_port": 80, "sources": ["10.9.9.9"]}, "no prefix length"),
        (True, "True is not text"),
        (None, "an item of the list is empty"),
        (8080, "a number"),
    ],
)
def test_what_is_no_published_port_is_refused(value, reason):
    with pytest.raises(Refusal) as refusal:
        read_publish(value)
    assert reason in refusal.value.what


def test_a_number_may_be_a_port_or_two():
    with pytest.raises(Refusal) as refusal:
        read_publish(8080)
    assert refusal.value.fix.startswith('Quote it: "8080:80" for the host\'s port and the container\'s, "8080" for the')
    with pytest.raises(Refusal) as refusal:
        read_publish(22)
    assert '"22" for the container\'s alone' in refusal.value.fix
    with pytest.raises(Refusal) as refusal:
        read_publish(22 * 60 + 22)
    assert refusal.value.fix == 'Quote it, as in "22:22"'


def test_sources_are_networks_by_cidr_or_by_name():
    (port,) = read_publish({"container_port": 80, "sources": ["198.51.100.0/24", "web", "fd00::/8"]})
    assert port.sources[1] == "web"
    assert [str(source) for source in port.sources] == ["198.51.100.0/24", "web", "fd00::/8"]


def test_a_mangled_value_is_explained_and_the_quoted_text_is_given():
    with pytest.raises(Refusal) as refusal:
        read_publish(133342)
    assert "YAML reads 2222:22 without quotes in base 60" in refusal.value.what
    assert refusal.value.fix == 'Quote it, as in "2222:22"'


def test_a_mac_is_found_again_in_its_number():
    assert base60(41135085296, groups=6) == "52:54:00:12:34:56"
