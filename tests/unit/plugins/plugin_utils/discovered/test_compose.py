# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compose files, as people write them, as an inventory has them."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import compose, compose_text
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal


def taken(text, folder="shop", **environment):
    left: list[str] = []
    found = compose.from_compose(compose_text.read(text, "compose.yml", environment, left), folder)
    found.left[:0] = left
    return found


def service(text):
    return taken(f"services: {{web: {{{text}}}}}")


def ports(text):
    found = service(f"ports: {text}")
    return found.containers["shop-web-1"]["networks"]["shop_default"].get("publish", []), found.left


BLOG = """
version: "3.9"
x-common: &common
  restart: unless-stopped
  networks: [back]
services:
  wordpress:
    <<: *common
    image: wordpress:6
    depends_on: [db]
    ports:
      - ${PORT:-8080}:80
    networks:
      front: {aliases: [blog.example.org], ipv4_address: 10.30.0.10}
      back:
  db:
    <<: *common
    image: mariadb:11
    container_name: blog-db
    expose: [3306]
networks:
  front:
    ipam:
      config: [{subnet: 10.30.0.0/24, gateway: 10.30.0.1, ip_range: 10.30.0.128/25}]
  back:
    internal: true
    driver_opts: {com.docker.network.driver.mtu: 1400}
"""


def test_a_project_with_two_networks():
    found = taken(BLOG, "My Blog")
    assert found.networks == {
        "myblog_front": {
            "driver": "bridge", "subnets": [{"cidr": "10.30.0.0/24", "range": "10.30.0.128/25"}], "names": "hosts"
        },
        "myblog_back": {"driver": "bridge", "mtu": 1400, "internal": True, "names": "hosts"},
    }  # fmt: skip
    assert found.containers == {
        "myblog-wordpress-1": {
            "engine": "docker",
            "networks": {
                "myblog_front": {
                    "address": "10.30.0.10", "aliases": ["wordpress", "blog.example.org"], "publish": ["8080:80/tcp"]
                },
                "myblog_back": {"aliases": ["wordpress"]},
            },
            "default_route": "myblog_front",
        },
        "blog-db": {"engine": "docker", "networks": {"myblog_back": {"aliases": ["db"]}}},
    }  # fmt: skip
    assert found.left == []


def test_a_service_without_networks_is_on_the_project_s():
    found = taken("name: Prod-1\nservices: {web: {image: nginx}, db: }")
    assert found.networks == {"prod-1_default": {"driver": "bridge", "names": "hosts"}}
    assert list(found.containers) == ["prod-1-web-1", "prod-1-db-1"]


def test_the_default_network_may_be_told_otherwise():
    found = taken("services: {web: }\nnetworks: {default: {name: lan, driver: macvlan, driver_opts: {parent: eth1}}}")
    assert found.networks == {"lan": {"driver": "macvlan", "parent": "eth1", "names": "hosts"}}


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ('["80"]', ["80/tcp"]),
        ("[8080:80]", ["8080:80/tcp"]),
        ("[22:22]", ["22:22/tcp"]),
        ("[80]", ["80/tcp"]),
        ('["127.0.0.1:5432:5432"]', ["127.0.0.1:5432:5432/tcp"]),
        ('["0.0.0.0:53:53/udp"]', ["53:53/udp"]),
        ('["127.0.0.1::80"]', ["127.0.0.1::80/tcp"]),
        ('["[fd00::1]:80:80"]', ["[fd00::1]:80:80/tcp"]),
        ('["9000-9002:8000-8002"]', ["9000-9002:8000-8002/tcp"]),
        ('["80:80", "80:80", "80:80/udp"]', ["80:80/tcp", "80:80/udp"]),
        ("[{target: 80, published: 8080, protocol: tcp, mode: host}]", ["8080:80/tcp"]),
        ('[{target: 80, published: "8080", host_ip: 127.0.0.1}]', ["127.0.0.1:8080:80/tcp"]),
        ("[{target: 80}]", ["80/tcp"]),
    ],
)
def test_ports_in_each_form(text, published):
    assert ports(text) == (published, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('["8000-9000:80"]', "takes any free one"),
        ('["80:http"]', "where a port from 1 to 65535 stands"),
        ('["70000:80"]', "where a port from 1 to 65535 stands"),
        ('["80:80/icmp"]', "has the protocol 'icmp'"),
        ("[{published: 80}]", "it has no `target`"),
        ('["[::1]:80:80"]', "the kernel can't do by NAT"),
    ],
)
def test_a_port_that_cannot_be_is_said(text, said):
    published, left = ports(text)
    assert published == []
    assert said in "\n".join(left)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$PORT:80", "8080:80/tcp"),
        ("${PORT}:80", "8080:80/tcp"),
        ("${NONE:-7070}:80", "7070:80/tcp"),
        ("${EMPTY:-7070}:80", "7070:80/tcp"),
        ("${NONE-${PORT}}:80", "8080:80/tcp"),
        ("${PORT:+9090}:80", "9090:80/tcp"),
        ("${PORT:?must be set}:80", "8080:80/tcp"),
    ],
)
def test_variables_have_their_values(text, value):
    found = taken(f'services: {{web: {{ports: ["{text}"]}}}}', PORT="8080", EMPTY="")
    assert found.containers["shop-web-1"]["networks"]["shop_default"]["publish"] == [value]


def test_a_variable_without_a_value_is_said():
    assert "compose.yml: $HOST_IP has no value" in "\n".join(taken("services: {web: {dns: '$HOST_IP', x: $$y}}").left)


def test_an_env_file_is_read_as_compose_does():
    text = "A=1\n# no\nexport B = two # comment\nC='three # 3'\nD=\"x\"\nbroken\nE=\n"
    assert compose_text.read_environment(text) == {"A": "1", "B": "two", "C": "three # 3", "D": "x", "E": ""}


def test_modes_of_networks():
    found = taken(
        "services: {vpn: {ports: ['80:80']}, a: {network_mode: 'service:vpn', ports: ['81:81']},"
        " b: {network_mode: host}, c: {network_mode: none}, d: {network_mode: 'container:old'},"
        " e: {network_mode: bridge}}"
    )
    joined = found.containers["shop-a-1"]
    assert (joined["network_mode"], joined["publish"]) == ("container:shop-vpn-1", ["81:81/tcp"])
    assert [found.containers[f"shop-{name}-1"].get("network_mode") for name in "bcde"] == [
        "host", "none", "container:old", None
    ]  # fmt: skip
    assert list(found.containers["shop-e-1"]["networks"]) == ["docker0"]


def test_several_containers_of_a_service_share_its_name_and_one_has_its_ports():
    found = taken(
        "services: {web: {deploy: {replicas: 3}, ports: ['80:80'], networks: {n: {ipv4_address: 10.9.0.5}}}}\n"
        "networks: {n: {ipam: {config: [{subnet: 10.9.0.0/24}]}}}"
    )
    endpoints = [found.containers[f"shop-web-{number}"]["networks"]["shop_n"] for number in (1, 2, 3)]
    assert [each["aliases"] for each in endpoints] == [["web"]] * 3
    assert ["publish" in each for each in endpoints] == [True, False, False]
    assert ["address" in each for each in endpoints] == [True, False, False]
    assert "lead to the first of its containers" in "\n".join(found.left)


def test_what_an_endpoint_says_is_kept():
    found = taken(
        "services: {web: {dns: 9.9.9.9, dns_search: [example.org], networks: {a: {gw_priority: 1, interface_name: lan0,"
        " mac_address: '02:42:AC:11:00:05'}, b: {ipv4_address: 10.9.0.5, ipv6_address: 'fd00:9::5'}}}}\n"
        "networks: {a: , b: }"
    )
    web = found.containers["shop-web-1"]
    assert web["default_route"] == "shop_a"
    assert web["dns"] == {"servers": ["9.9.9.9"], "search": ["example.org"]}
    assert web["networks"]["shop_a"] == {"mac": "02:42:ac:11:00:05", "interface": "lan0", "aliases": ["web"]}
    assert web["networks"]["shop_b"]["addresses"] == ["10.9.0.5", "fd00:9::5"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services: {web: {links: ['db:database']}, db: }", "`links` is not taken over"),
        ("services: {web: {extends: {service: base}}}", "`extends` is not taken over"),
        ("services: {web: {network_mode: 'ns:/run/x'}}", "`network_mode: ns:/run/x` has no equal here"),
        ("services: {web: {networks: [proxy]}}\nnetworks: {proxy: {external: true}}", "is made outside of project"),
        ("services: {web: {networks: [n]}}\nnetworks: {n: {driver: weave}}", "has the driver 'weave'"),
        ("services: {web: }\ninclude: [other.yml]", "discover that file as well"),
        ("services: {web: }\nnetworks: {default: {enable_ipv6: true}}", "has IPv6 without a subnet of it"),
        ("services: {web: {networks: [n]}}\nnetworks: {n: {internal: true}}", ""),
    ],
)
def test_what_cannot_be_taken_over_is_said(text, said):
    left = "\n".join(taken(text).left)
    assert said in left if said else not left


@pytest.mark.parametrize(
    ("text", "said"), [("a: [", "is no YAML"), ("a: 1", "has no `services`"), ("[1]", "has no `services`")]
)
def test_what_is_no_compose_file_is_refused(text, said):
    with pytest.raises(Refusal) as refused:
        taken(text)
    assert said in refused.value.what


def test_tags_of_compose_are_no_hindrance():
    found = taken("services: {web: {ports: !override ['80:80'], environment: !reset null}}")
    assert found.containers["shop-web-1"]["networks"]["shop_default"]["publish"] == ["80:80/tcp"]
