# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What netavark tells the plugin, in the words of each of its versions, and what it is told."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.keep import (
    engine_endpoint,
    netavark,
    netavark_endpoint,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_errors import EngineError
from ansible_collections.containerhost.network.plugins.module_utils.kinds.podman_network import PodmanNetwork
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import attachments, podman_networks
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.test_cni import LOADED
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.test_cni import attached as by_cni
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.test_cni import (
    request as asked_by_cni,
)

V4 = {"subnet": "10.42.0.0/24", "range": "10.42.0.192/27", "gateway": "10.42.0.1",
      "routes": ["10.42.0.0/16", "0.0.0.0/0"], "ports": "publish"}  # fmt: skip
V6 = {"subnet": "fd00:42::/64", "range": "fd00:42:0:0:c000::/67", "gateway": "fd00:42::1",
      "routes": ["fd00:42::/48", "::/0"], "ports": "publish"}  # fmt: skip
ID = "752947ff91f961eb3cb47ffe9315016979f3ffbec09e4d96a4fae3fb03391697"
NETNS = "/run/netns/netns-6e2f2a5b-1a6d-4d2c-9b43-1b2d7c0d6f11"


def values(*subnets: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"name": "fabric", "bridge": "chb-fabric", "subnets": list(subnets or (V4, V6)), "mtu": 1450}
    return PodmanNetwork().normalise({**given, "anti_spoofing": True, **more})


def file_of(network: dict[str, Any]) -> dict[str, Any]:
    return json.loads(podman_networks.text_of("fabric", "plan/fabric", network))


def told(network: dict[str, Any] | None = None, ports: Any = None, version: tuple[int, ...] = (1, 14), **options: Any):
    """As netavark puts it: what a version does not know is not there, what is not said is null."""
    row = file_of(network or values())
    if version < (1, 8):
        del row["labels"]
    if version >= (1, 7):
        row |= {"routes": None, "created": "0001-01-01T00:00:00Z"}
    row["network_dns_servers"] = None
    own = {"aliases": None, "interface_name": "eth0", "static_ips": None, "static_mac": None, **options}
    if version >= (1, 11):
        own.setdefault("options", None)
    return {
        "container_id": ID,
        "container_name": "shop",
        "port_mappings": ports,
        "network": row,
        "network_options": own,
    }


def attached(given: dict[str, Any], there=(), published=(), defaults=()):
    place = netavark_endpoint.place_of(NETNS, given)
    network, wish = netavark_endpoint.network_of(given), netavark_endpoint.asked(given)
    engine_endpoint.check_ports(network, wish, there, published)
    return engine_endpoint.attachment(place, network, wish, there, (4, 4711), defaults)


def port(host: int, inside: int, **more: Any) -> dict[str, Any]:
    return {"host_ip": "", "container_port": inside, "host_port": host, "range": 1, "protocol": "tcp", **more}


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_network_is_what_podman_takes_for_one():
    row = file_of(values(dns={"nameservers": ["10.42.0.1"], "search": ["fabric", "example.org"]}, isolated=True))
    assert row == {
        "name": "fabric",
        "id": "57722c62628334e76422735585d56b9c994c5c9b15b82dc58b5f7dfd29e4a7b7",
        "driver": "containerhost",
        "network_interface": "chb-fabric",
        "subnets": [
            {"subnet": "10.42.0.0/24", "gateway": "10.42.0.1",
             "lease_range": {"start_ip": "10.42.0.192", "end_ip": "10.42.0.223"}},
            {"subnet": "fd00:42::/64", "gateway": "fd00:42::1",
             "lease_range": {"start_ip": "fd00:42:0:0:c000::", "end_ip": "fd00:42::dfff:ffff:ffff:ffff"}},
        ],
        "ipv6_enabled": True,
        "internal": False,
        "dns_enabled": False,
        "labels": {"network.containerhost.owner": "plan/fabric"},
        "options": {
            "mtu": "1450", "isolated": "true", "anti_spoofing": "true", "ports4": "publish", "ports6": "publish",
            "routes4": "10.42.0.0/16,0.0.0.0/0", "routes6": "fd00:42::/48,::/0",
            "nameservers": "10.42.0.1", "search": "fabric,example.org",
        },
        "ipam_options": {"driver": "host-local"},
    }  # fmt: skip
    # Podman wants 64 digits of an id, which are the network's on every host.
    assert len(podman_networks.id_of("web")) == 64 != len({podman_networks.id_of("web"), row["id"]})


@pytest.mark.parametrize(
    "network",
    [
        values(),
        values(V4, mtu=None, anti_spoofing=False),
        values(V6, isolated=True),
        values({**V4, "routes": [], "ports": "open"}, dns={"search": ["a.example"]}),
        values({**V4, "routes": ["10.42.0.0/16"]}, {**V6, "routes": []}),
    ],
)
def test_what_is_written_is_read_again_and_told_to_the_plugin(network):
    text = podman_networks.text_of("fabric", "plan/fabric", network)
    owner, fields = podman_networks.read(text)
    assert owner == "plan/fabric"
    assert text == podman_networks.text_of("fabric", owner, fields)
    heard = netavark_endpoint.network_of(told(network))
    assert heard == {word: value for word, value in network.items() if value is not None}
    everywhere = {dst for row in network["subnets"] for dst in row["routes"]} & {"0.0.0.0/0", "::/0"}
    assert json.loads(text)["internal"] is not bool(everywhere)


@pytest.mark.parametrize(
    ("spoil", "owner"),
    [
        (lambda text: text[:-20], "plan/fabric"),
        (lambda text: text.replace('"subnets"', '"nets"'), "plan/fabric"),
        (lambda text: text.replace("10.42.0.223", "10.42.0.222"), "plan/fabric"),
        (lambda text: text.replace("network.containerhost.owner", "team"), None),
        (lambda text: "[]", None),
        (lambda text: '{"labels": {"network.containerhost.owner": 7}}', None),
    ],
)
def test_a_file_says_whose_it_is_even_when_spoiled(spoil, owner):
    assert podman_networks.read(spoil(podman_networks.text_of("fabric", "plan/fabric", values()))) == (owner, {})


def test_files_are_called_as_podman_has_them():
    assert podman_networks.path_of("fabric") == "/etc/containers/networks/fabric.json"
    assert [podman_networks.name_in(file) for file in ("a.json", "a.json.new", ".json", "a b.json", "a")] == [
        "a", None, None, None, None
    ]  # fmt: skip


# -- the protocol ------------------------------------------------------------------------------------------------------


def said(monkeypatch, capsys, *argv: str, text: str = "{}") -> tuple[int, Any]:
    monkeypatch.setattr("sys.argv", ["/usr/local/libexec/netavark/containerhost", *argv])
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert netavark.called()
    status = netavark.main()
    out = capsys.readouterr()
    assert out.err == ""
    return status, json.loads(out.out)


def test_it_says_what_it_is(monkeypatch, capsys):
    status, answer = said(monkeypatch, capsys, "info")
    assert (status, answer["api_version"], [*answer]) == (0, "1.0.0", ["version", "api_version"])


def test_an_operator_calls_another_program(monkeypatch):
    for argv in (
        ["/usr/local/sbin/containerhost", "setup"],
        ["/usr/local/libexec/netavark/containerhost", "show"],
        ["x"],
    ):
        monkeypatch.setattr("sys.argv", argv)
        assert not netavark.called()


@pytest.mark.parametrize(
    ("argv", "text", "words"),
    [
        (["create"], json.dumps({"name": "mine"}), "give `mine` there `handoff: {podman: true}`, and run"),
        (["setup"], "{}", "setup has 0 arguments"),
        (["teardown", NETNS, "x"], "{}", "teardown has 2 arguments"),
        (["setup", NETNS], "{", "the input is no JSON"),
        (["setup", NETNS], "[]", "the input is no mapping"),
    ],
)
def test_mistakes_are_errors_of_its_interface(monkeypatch, capsys, argv, text, words):
    status, answer = said(monkeypatch, capsys, *argv, text=text)
    assert (status, [*answer]) == (1, ["error"])
    assert words in answer["error"]


def test_a_rootless_podman_is_told_so(monkeypatch, capsys, tmp_path):
    users = tmp_path / "uid_map"
    users.write_text("         0       1000          1\n         1     100000      65536\n")
    monkeypatch.setattr(netavark, "_USERS", str(users))
    status, answer = said(monkeypatch, capsys, "setup", NETNS, text=json.dumps(told()))
    assert (status, answer["error"].partition(":")[0]) == (1, "a rootless Podman has no way to networks of the host")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda given: given.pop("container_id"), "the input lacks 'container_id'"),
        (lambda given: given.update(network=None), "the input lacks"),
        (lambda given: given["network_options"].update(interface_name=""), "names no container, or no interface"),
        (lambda given: given["network"].update(subnets=None), "the network fabric is not as a run has made it"),
        (lambda given: given["network"].update(options=None), "the network fabric is not as a run has made it"),
        (lambda given: given["network"].pop("network_interface"), "the network fabric is not as a run has made it"),
        (lambda given: given["network_options"].update(options={"bclim": "3"}), "takes no option bclim"),
        (lambda given: given["network_options"].update(static_mac="01:00:5e:00:00:01"), "static_mac"),
        (lambda given: given.update(port_mappings=[port(8080, 80, protocol="icmp")]), "protocol icmp of a port"),
        (lambda given: given.update(port_mappings=[port(65535, 80, range=2)]), "hostPort"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(spoil, words):
    given = told()
    spoil(given)
    with pytest.raises(EngineError, match=words):
        attached(given)


# -- addresses, ports and ways out -------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(1, 6), (1, 7), (1, 10), (1, 14), (2, 1)])
def test_every_version_of_netavark_is_understood(version):
    """Podman has chosen addresses of its part; they come as static ones, be they asked for or not."""
    given = told(version=version, static_ips=["10.42.0.192", "fd00:42:0:0:c000::"], ports=[port(8080, 80)])
    made = attached(given)
    assert made.addresses == ["10.42.0.192/24", "fd00:42:0:0:c000::/64"]
    assert (made.protocol, made.network, made.container, made.interface) == ("podman", "fabric", ID, "eth0")
    assert (made.netns, made.owner, made.called) == (NETNS, "podman:fabric", "shop")
    (veth,) = made.objects["veth"]
    assert (veth["master"], veth["mtu"], veth["sandbox"]) == ("chb-fabric", 1450, {"engine": "path", "ref": NETNS})
    assert [row["host_port"] for row in made.objects["nat_rule"]] == [8080, 8080]
    assert netavark_endpoint.result(netavark_endpoint.network_of(given), made) == {
        "dns_search_domains": [],
        "dns_server_ips": [],
        "interfaces": {
            "eth0": {
                "mac_address": veth["mac"],
                "subnets": [
                    {"gateway": "10.42.0.1", "ipnet": "10.42.0.192/24"},
                    {"gateway": "fd00:42::1", "ipnet": "fd00:42:0:0:c000::/64"},
                ],
            }
        },
    }


def test_whom_it_asks_for_names_is_told():
    given = told(values(dns={"nameservers": ["10.42.0.1", "fd00:42::1"], "search": ["fabric"]}))
    answer = netavark_endpoint.result(netavark_endpoint.network_of(given), attached(given))
    assert (answer["dns_server_ips"], answer["dns_search_domains"]) == (["10.42.0.1", "fd00:42::1"], ["fabric"])


def test_an_address_outside_of_its_part_or_of_another_is_refused():
    first = attached(told(static_ips=["10.42.0.200"]))
    assert first.addresses == ["10.42.0.200/24", "fd00:42:0:0:c000::/64"]
    other = told()
    other["container_id"] = "other"
    for address, words in (
        ("10.42.0.9", "10.42.0.9 is asked for, and engines get addresses of 10.42.0.192/27"),
        ("10.42.0.200", "container shop has 10.42.0.200 already"),
        ("10.99.0.1", "fabric has no such subnet"),
    ):
        other["network_options"]["static_ips"] = [address]
        with pytest.raises(EngineError, match=words):
            attached(other, [first])


def test_a_mac_may_be_asked_for_and_is_guarded():
    made = attached(told(static_mac="02:00:00:00:AA:01"))
    assert made.objects["veth"][0]["mac"] == made.objects["sender_filter"][0]["mac"] == "02:00:00:00:aa:01"
    assert "sender_filter" not in attached(told(values(anti_spoofing=False))).objects


def test_ranges_and_protocols_of_ports_are_ports():
    rows = [port(8080, 80, range=3), port(53, 53, protocol="tcp,udp", host_ip="192.0.2.9"), port(443, 443, protocol="")]
    found = attached(told(values(V4), ports=rows)).objects["nat_rule"]
    assert [(row["protocol"], row.get("host_address"), row["host_port"], row["port"]) for row in found] == [
        ("tcp", None, 8080, 80), ("tcp", None, 8081, 81), ("tcp", None, 8082, 82),
        ("tcp", "192.0.2.9", 53, 53), ("udp", "192.0.2.9", 53, 53), ("tcp", None, 443, 443),
    ]  # fmt: skip


def test_ports_of_podman_of_cni_and_of_the_plan_know_each_other():
    ours = [{"network": "web", "rule": "publish", "host_port": 8080, "address": "10.80.1.2", "port": 80}]
    rows = {"runtimeConfig": {"portMappings": [{"hostPort": 8090, "containerPort": 80}]}}
    theirs = by_cni(asked_by_cni(**rows))
    for number, who in ((8080, "10.80.1.2 of web"), (8090, "container c1")):
        with pytest.raises(EngineError, match=f"port {number}/tcp of this host leads to {who} already"):
            attached(told(ports=[port(number, 80)]), [theirs], ours)
    attached(told(ports=[port(8091, 80)]), [theirs], ours)


def test_the_first_interface_is_the_way_out_unless_podman_has_one_whatever_is_set_up_first():
    def metrics(interface: str) -> set[int]:
        routes = attached(told(interface_name=interface)).objects["veth"][0]["routes"]
        assert [row.get("metric") for row in routes if row["dst"] in ("10.42.0.0/16", "fd00:42::/48")] == [None, None]
        return {row["metric"] for row in routes if row["dst"] in ("0.0.0.0/0", "::/0")}

    (first,), (second,), (third,), (named,), (other,) = map(metrics, ("eth0", "eth1", "eth2", "front", "back"))
    assert 100 < first < second < third < named != other  # 100 is netavark's own


def test_a_container_may_send_under_its_address_of_another_network_by_either():
    fabric = attached(told(static_ips=["10.42.0.192"]))
    subnet = {"subnet": "10.80.1.0/24", "range": "10.80.1.192/27", "gateway": "10.80.1.1"}
    web = attached(told(values(subnet), interface_name="eth1"), [fabric])
    (told_,) = engine_endpoint.acquainted(fabric, [web]).objects["sender_filter"]
    assert told_["sources"][:3] == ["10.42.0.192", "fd00:42:0:0:c000::", "10.80.1.192"]
    assert told_["sources"][3].startswith("fe80::")
    (alone,) = engine_endpoint.acquainted(engine_endpoint.acquainted(fabric, [web]), []).objects["sender_filter"]
    assert alone == fabric.objects["sender_filter"][0]


# -- records -----------------------------------------------------------------------------------------------------------


def test_containers_of_both_protocols_are_noted_in_one_file_and_an_older_one_is_read(tmp_path):
    path = str(tmp_path / "cni.json")
    both = [by_cni(asked_by_cni()), attached(told())]
    attachments.write(both, path)
    assert attachments.read(path) == both
    first = json.loads(Path(path).read_text())["attachments"][0]
    assert not {"protocol", "name"} & {*first}
    assert [each.owner for each in both] == ["cni:web", "podman:fabric"]
    assert all(map(attachments.is_of_engines, ("cni:web", "podman:fabric")))
    assert not any(map(attachments.is_of_engines, ("plan/web", "task", "dhcp:web", None)))


def test_netavark_waits_for_nothing_that_its_containers_have_no_use_for():
    folder = Path(netavark.__file__).parents[6]
    argv = [sys.executable, "-I", "-S", "-c", LOADED.replace("cni_attach", "netavark_attach"), str(folder)]
    loaded = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    ours = {name.rpartition("module_utils.")[2] for name in loaded if "module_utils." in name}
    kinds = {name[len("kinds.") :] for name in ours if name.startswith("kinds.")}
    assert kinds == {"veth", "nat_rule", "open_port", "sender_filter", "podman_network"}
    assert not ours & {"engine.discovery", "engine.docker_steps", "engine.firewall_steps", "engine.tunnel_steps"}
    assert not {"inspect", "pkgutil", "subprocess", "shutil", "threading", "argparse", "zipfile"} & {*loaded}
