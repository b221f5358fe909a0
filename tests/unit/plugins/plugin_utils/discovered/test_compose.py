# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compose files, as people write them, as an inventory has them."""

from __future__ import annotations

import dataclasses
import os

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import (
    compose,
    compose_project,
    compose_text,
    fleet,
)
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal


def taken(text, folder="shop", files=None, request="compose.yml", **environment):
    """A project of ``compose.yml`` and other ``files`` of its folder, by their paths from there."""
    texts = {f"/srv/{folder}/{name}": each for name, each in {"compose.yml": text, **(files or {})}.items()}
    asked = compose_project.requested(request)
    asked = dataclasses.replace(asked, files=tuple(f"/srv/{folder}/{name}".rstrip("/.") for name in asked.files))
    project = compose_project.load(asked, environment, lambda path: texts.get(os.path.normpath(path)))
    found = compose.from_compose(project.content, project.folder)
    return fleet.cleaned(dataclasses.replace(found, left=[*project.left, *found.left]))


def ports(text):
    both = "networks: {default: {ipam: {config: [{subnet: 10.9.0.0/24}, {subnet: 'fd00:9::/64'}]}}}"
    found = taken(f"services: {{web: {{ports: {text}}}}}\n{both}")
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
        ("${NONE:-${EMPTY:-${PORT}}}:80", "8080:80/tcp"),
        ("${A:-${B:-${C:-9090}}}:80", "9090:80/tcp"),
    ],
)
def test_variables_have_their_values(text, value):
    found = taken(f'services: {{web: {{ports: ["{text}"]}}}}', PORT="8080", EMPTY="")
    assert found.containers["shop-web-1"]["networks"]["shop_default"]["publish"] == [value]


def test_a_variable_without_a_value_is_said():
    assert "compose.yml: $HOST_IP has no value" in "\n".join(taken("services: {web: {dns: '$HOST_IP', x: $$y}}").left)


def test_an_env_file_is_read_as_compose_does():
    text = "A=1\n# no\nexport B = two # comment\nC='three # 3'\nD=\"x\"\nbroken\nE=\n"
    more = compose_text.read_environment("A=1\nB=${A}2\nC='${A}'\nD=${E:-${B}}\nF: x", {"A": "7"})
    assert more == {"A": "1", "B": "72", "C": "${A}", "D": "72", "F": "x"}
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
        "networks: {a: , b: {ipam: {config: [{subnet: 10.9.0.0/24}, {subnet: 'fd00:9::/64'}]}}}"
    )
    web = found.containers["shop-web-1"]
    assert web["default_route"] == "shop_a"
    assert "`dns`: 9.9.9.9; `dns_search`: example.org is Docker's to write into resolv.conf" in "\n".join(found.left)
    assert web["networks"]["shop_a"] == {"mac": "02:42:ac:11:00:05", "interface": "lan0", "aliases": ["web"]}
    assert web["networks"]["shop_b"]["addresses"] == ["10.9.0.5", "fd00:9::5"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services: {web: {links: ['gone:database']}}", "`links` names `gone`"),
        ("services: {web: {links: ['a:db', 'b:db']}, a: , b: }", "`links` call several services `db`"),
        ("services: {web: {links: ['a:db']}, a: , db: }", "`links` call several services `db` (`a` and `db`)"),
        ("services: {web: {external_links: ['old:db']}}", "`external_links` has old:db"),
        ("services: {web: {extends: {service: base}}}", "`extends` names `base`, which is not there"),
        ("services: {web: {extends: web}}", "`extends` names `web`, which is not there or extends itself"),
        ("services: {web: {extends: {file: gone.yml, service: x}}}", "`extends` names `x` of gone.yml"),
        ("services: {web: {dns: [127.0.0.11]}}", "which Docker answers on its own networks only"),
        ("services: {web: {extra_hosts: ['host.docker.internal:host-gateway']}}", "an address of Docker's own bridge"),
        ("services: {web: {profiles: [debug]}, db: }", "`profiles` has debug, of which none is chosen"),
        ("services: {web: {deploy: {replicas: 0}}}", "has no container"),
        ("services: {web: {provider: {type: model}}}", "`provider` makes something else"),
        ("services: {web: {network_mode: 'service:gone'}}", "names no service of the project"),
        ("services: {web: {networks: {default: {driver_opts: {com.example.x: 1}}}}}", "com.example.x=1 has no equal"),
        ("services: {web: }\nnetworks: {default: {ipam: {driver: dhcp}}}", "not given by `ipam.driver` dhcp"),
        ("services: {web: }\nnetworks: {default: {enable_ipv4: false}}", "has no IPv4"),
        ("services: {web: {network_mode: 'ns:/run/x'}}", "`network_mode: ns:/run/x` has no equal here"),
        ("services: {web: {networks: [proxy]}}\nnetworks: {proxy: {external: true}}", "is made outside of project"),
        ("services: {web: {networks: [n]}}\nnetworks: {n: {driver: weave}}", "has the driver 'weave'"),
        ("services: {web: }\ninclude: [other.yml]", "`include` names other.yml, which is not there"),
        ("services: {web: }\nnetworks: {default: {enable_ipv6: true}}", "has IPv6 without a subnet of it"),
        (
            "services: {web: }\nnetworks: {default: {enable_ipv6: true, ipam: {config: [{subnet: 10.9.0.0/24}]}}}",
            "has IPv6 without a subnet of it",
        ),
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


# -- several files -----------------------------------------------------------------------------------------------------

BASE = """
services:
  app: {ports: ["80:80"], networks: [front], dns: 9.9.9.9}
  worker: {networks: {back: {aliases: [w]}}}
networks:
  front: {ipam: {config: [{subnet: 10.30.0.0/24}]}}
  back:
"""
OVER = """
services:
  app: {ports: ["443:443"], networks: {back: {ipv4_address: 10.31.0.5}}}
  worker: {networks: {back: {aliases: [w2]}}}
networks:
  front: {ipam: {config: [{subnet: 10.30.0.0/24, gateway: 10.30.0.254}]}}
  back: {ipam: {config: [{subnet: 10.31.0.0/24}]}}
"""


@pytest.mark.parametrize(
    ("files", "request_"),
    [
        ({"compose.override.yml": OVER}, "compose.yml"),
        ({"compose.override.yml": OVER}, "."),
        ({"prod.yml": OVER}, ["compose.yml", "prod.yml"]),
        ({"prod.yml": OVER}, {"files": ["compose.yml", "prod.yml"]}),
        ({"prod.yml": OVER, ".env": "COMPOSE_FILE=compose.yml:prod.yml"}, "."),
    ],
)
def test_one_file_over_another(files, request_):
    found = taken(BASE, files=files, request=request_)
    app = found.containers["shop-app-1"]["networks"]
    assert app["shop_back"] == {"address": "10.31.0.5", "aliases": ["app"], "publish": ["80:80/tcp", "443:443/tcp"]}
    assert found.containers["shop-worker-1"]["networks"]["shop_back"]["aliases"] == ["worker", "w", "w2"]
    assert found.networks["shop_front"]["subnets"] == [{"cidr": "10.30.0.0/24", "gateway": "10.30.0.254"}]
    assert found.networks["shop_back"]["subnets"] == ["10.31.0.0/24"]


def test_tags_say_what_goes_and_what_takes_a_place():
    over = "services: {app: {ports: !override ['81:80'], dns: !reset null, networks: !override [back]}}"
    found = taken(BASE, files={"prod.yml": over}, request=["compose.yml", "prod.yml"])
    app = found.containers["shop-app-1"]["networks"]
    assert app == {"shop_back": {"aliases": ["app"], "publish": ["81:80/tcp"]}}
    assert found.left == []


def test_what_a_service_extends_is_below_it():
    common = "services:\n  root: {ports: ['1:1']}\n  base: {extends: root, ports: ['2:2'], networks: [front]}"
    text = "services: {web: {extends: {file: lib/common.yml, service: base}, ports: ['3:3'], hostname: www}}"
    found = taken(f"{text}\nnetworks: {{front: }}", files={"lib/common.yml": common})
    front = found.containers["shop-web-1"]["networks"]["shop_front"]
    assert front == {"aliases": ["web", "www"], "publish": ["1:1/tcp", "2:2/tcp", "3:3/tcp"]}
    assert found.left == []


def test_what_is_included_is_part_of_the_project():
    files = {
        "db/compose.yml": "include: [more.yml]\nservices: {db: {ports: ['${DB:-1}:5432'], networks: [back]}}\n"
        "networks: {back: {internal: false}}",
        "db/more.yml": "services: {cache: {networks: {}}}",
        "db/.env": "DB=5433",
        "mq.yml": "services: {mq: {ports: ['${Q}:5672']}}",
        "q.env": "Q=5673",
    }
    text = "include: [db/compose.yml, {path: [mq.yml], env_file: q.env}]\nservices: {web: {networks: [back]}}"
    found = taken(text, files=files)
    assert sorted(found.containers) == [f"shop-{name}-1" for name in ("cache", "db", "mq", "web")]
    assert found.containers["shop-db-1"]["networks"]["shop_back"]["publish"] == ["5433:5432/tcp"]
    assert found.containers["shop-mq-1"]["networks"]["shop_default"]["publish"] == ["5673:5672/tcp"]
    assert found.left == []


@pytest.mark.parametrize(
    ("files", "text", "said"),
    [
        ({"a.yml": "include: [compose.yml]"}, "include: [a.yml]\nservices: {web: }", "which includes itself"),
        ({}, "include: ['https://example.org/c.yml']\nservices: {web: }", "which is not there"),
        (
            {"a.yml": "services: {web: {ports: ['1:1']}}"},
            "include: [a.yml]\nservices: {web: {ports: ['2:2']}}",
            "service `web` of a.yml is another one",
        ),
    ],
)
def test_an_include_that_cannot_be_is_said(files, text, said):
    found = taken(text, files=files)
    assert said in "\n".join(found.left)
    assert list(found.containers) == ["shop-web-1"]


def test_profiles_and_the_name_are_those_that_are_chosen():
    text = "name: old\nservices: {web: , debug: {profiles: [debug]}, admin: {profiles: [admin, ops]}}"
    by_request = taken(text, request={"files": ["compose.yml"], "profiles": ["debug"], "name": "new"})
    assert sorted(by_request.containers) == ["new-debug-1", "new-web-1"]
    by_env = taken(text, COMPOSE_PROFILES="ops, debug", COMPOSE_PROJECT_NAME="env")
    assert sorted(by_env.containers) == ["env-admin-1", "env-debug-1", "env-web-1"]
    assert by_env.left == []


@pytest.mark.parametrize("told", [3, [], [1], {"files": []}, {"files": ["a"], "profile": ["b"]}])
def test_what_names_no_project_is_refused(told):
    with pytest.raises(Refusal) as refused:
        compose_project.requested(told)
    assert "names no Compose project" in refused.value.what


# -- names, interfaces, networks of others -----------------------------------------------------------------------------


def test_a_link_becomes_an_alias_and_a_host_name_as_well():
    found = taken("services: {web: {links: ['db:mysql', cache]}, db: {hostname: db.example.org}, cache: }")
    aliases = {name: each["networks"]["shop_default"]["aliases"] for name, each in found.containers.items()}
    assert aliases == {
        "shop-web-1": ["web"], "shop-db-1": ["db", "mysql", "db.example.org"], "shop-cache-1": ["cache"]
    }  # fmt: skip
    assert found.left == []


def test_interfaces_have_the_numbers_that_docker_gives():
    found = taken("services: {web: {networks: {a: , b: {priority: 10}}}}\nnetworks: {a: , b: }")
    endpoints = found.containers["shop-web-1"]["networks"]
    assert {name: each["interface"] for name, each in endpoints.items()} == {"shop_a": "eth1", "shop_b": "eth0"}
    plain = taken("services: {web: {networks: [b, a]}}\nnetworks: {a: , b: }").containers["shop-web-1"]["networks"]
    assert not any("interface" in each for each in plain.values())


def test_options_of_an_endpoint_have_their_equals():
    opts = "{com.docker.network.endpoint.ifname: lan0, com.docker.network.endpoint.sysctls: net.ipv4.conf.IFNAME.x=1}"
    found = taken(f"services: {{web: {{networks: {{default: {{driver_opts: {opts}}}}}}}}}")
    endpoint = found.containers["shop-web-1"]["networks"]["shop_default"]
    assert (endpoint["interface"], endpoint["sysctls"]) == ("lan0", {"net.ipv4.conf.IFNAME.x": "1"})


def test_docker_s_own_networks_by_another_name():
    found = taken("services: {web: {networks: [hostnet]}}\nnetworks: {hostnet: {external: true, name: host}}")
    assert found.containers == {"shop-web-1": {"engine": "docker", "network_mode": "host"}}
    assert (found.networks, found.left) == ({}, [])


def test_a_network_of_another_project_is_as_that_one_says():
    text = "services: {web: {networks: [proxy]}}\nnetworks: {proxy: {external: true, name: edge}}"
    uses = compose.from_compose(compose_text.read(text, "a", {}, []), "a")
    makes = compose.from_compose(
        compose_text.read(
            "services: {x: }\nnetworks: {default: {name: edge, ipam: {config: [{subnet: 10.7.0.0/24}]}}}", "b", {}, []
        ),
        "b",
    )
    for one, other in ((uses, makes), (makes, uses)):
        both = fleet.cleaned(fleet.joined(one, other))
        assert both.networks["edge"]["subnets"] == ["10.7.0.0/24"]
        assert both.left == []
    assert "made outside of project `a`" in fleet.cleaned(uses).left[0]


def test_an_address_on_a_network_that_nobody_has_told_of_is_left_out_and_said():
    found = taken("services: {web: {networks: {p: {ipv4_address: 172.30.0.5}}}}\nnetworks: {p: {external: true}}")
    assert found.containers["shop-web-1"]["networks"]["p"] == {"aliases": ["web"]}
    assert "its address 172.30.0.5 on `p` is left out" in "\n".join(found.left)


def test_values_that_nobody_needs_are_not_asked_for():
    found = taken("services: {web: {image: 'x:${TAG}', environment: {PASSWORD: '${PASSWORD}'}}}")
    assert found.left == []
