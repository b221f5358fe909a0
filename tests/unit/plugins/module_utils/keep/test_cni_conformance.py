# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the CNI specification asks of any plugin, case by case: who calls it how, and which error it answers with."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.keep import (
    cni,
    cni_attach,
    cni_endpoint,
    engine_endpoint,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_errors import EngineError
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.test_cni import (
    CONTAINER,
    V4,
    V6,
    VERSIONS,
    attached,
    network,
    request,
)

EVERY = ("ADD", "DEL", "CHECK", "GC", "STATUS")
NEEDED = {
    "ADD": {"CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"},
    "CHECK": {"CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"},
    "DEL": {"CNI_CONTAINERID", "CNI_IFNAME"},
    "GC": set(),
    "STATUS": set(),
    "VERSION": set(),
}


class Call(Exception):
    """The plugin got as far as the host."""


@pytest.fixture
def say(monkeypatch, capsys):
    """Calls the plugin; its status and answer. A request that is well reaches the host and ends there: status 0."""
    monkeypatch.setattr(cni_attach, "COMMANDS", dict.fromkeys(EVERY, lambda request: {"reached": request}))
    monkeypatch.setattr(cni, "_print", lambda answer: print(json.dumps(answer, default=str)))

    def _say(command: str | None, text: str | None = None, without: str = "", **environment: str) -> tuple[int, Any]:
        for name in ("CNI_COMMAND", "CNI_ARGS", *CONTAINER):
            monkeypatch.delenv(name, raising=False)
        given = {"CNI_COMMAND": command, **CONTAINER, "CNI_PATH": "/opt/cni/bin", **environment}
        for name, value in given.items():
            if value is not None and name != without:
                monkeypatch.setenv(name, value)
        conf = json.dumps({"cniVersion": "1.1.0", "name": "web"}) if text is None else text
        monkeypatch.setattr("sys.stdin", io.StringIO(conf))
        status = cni.main()
        return status, json.loads(capsys.readouterr().out)

    return _say


@pytest.mark.parametrize("name", sorted(CONTAINER))
@pytest.mark.parametrize("command", sorted(NEEDED))
def test_what_a_command_needs_it_needs_and_nothing_else(say, command, name):
    status, answer = say(command, without=name)
    if name in NEEDED[command]:
        assert (status, answer["code"]) == (1, 4)
        assert answer["msg"] == f"required env variables [{name}] missing"
    else:
        assert status == 0, answer


def test_all_that_is_missing_is_named_before_the_configuration_is_read(say):
    status, answer = say("ADD", "{", CNI_NETNS="", CNI_IFNAME="")
    assert (status, answer["code"]) == (1, 4)
    assert "[CNI_IFNAME, CNI_NETNS]" in answer["msg"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("CNI_CONTAINERID", value) for value in ("some-%%container", "-first", ".first", "a b", "a/b", "ä", "a\n")),
        *(("CNI_IFNAME", value) for value in ("1234567890123456", ".", "..", "a/b", "a:b", "a b", "a\tb", "a\n")),
        *(("CNI_NETNS", value) for value in ("c1", "./c1")),
        *(("CNI_ARGS", value) for value in ("novalue", "K8S_POD_NAME=a;=b", "A=1;B")),
        *(("CNI_COMMAND", value) for value in ("", "add", "NOPE", "ADD ")),
    ],
)
def test_a_variable_that_cannot_be_is_named(say, name, value):
    status, answer = say(**{"command": "ADD", name: value} if name != "CNI_COMMAND" else {"command": value})
    assert (status, answer["code"]) == (1, 4)
    assert name in answer["msg"]


@pytest.mark.parametrize("value", ["IgnoreUnknown=1", "IgnoreUnknown=true;K8S_POD_NAME=b-1", "A=", ";", "A=1;;"])
def test_arguments_for_others_are_passed_over(say, value):
    assert say("ADD", CNI_ARGS=value)[0] == 0


@pytest.mark.parametrize(
    ("conf", "code"),
    [
        ("", 6), ("{", 6), ("null", 6), ("[]", 6), ('"web"', 6), ("[" * 100_000, 6),
        ('{"name": "web", "cniVersion": "9.8.7"}', 1),
        ('{"name": "web", "cniVersion": "foo"}', 1),
        ('{"name": "web", "cniVersion": ["1.0.0"]}', 1),
        ('{"cniVersion": "1.1.0"}', 7),
        ('{"cniVersion": "1.1.0", "name": ""}', 7),
        ('{"cniVersion": "1.1.0", "name": 7}', 7),
        ('{"cniVersion": "1.1.0", "name": "te%%st"}', 7),
        ('{"cniVersion": "1.1.0", "name": "../web"}', 7),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", EVERY)
def test_a_configuration_that_cannot_be_is_refused(say, command, conf, code):
    status, answer = say(command, conf)
    assert (status, answer["code"]) == (1, code)
    assert set(answer) >= {"cniVersion", "code", "msg"}
    assert answer["cniVersion"] in VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("command", EVERY)
def test_a_command_is_known_since_the_version_that_brought_it(say, command, version):
    since = {"CHECK": "0.4.0", "GC": "1.1.0", "STATUS": "1.1.0"}.get(command, VERSIONS[0])
    status, answer = say(command, json.dumps({"cniVersion": version, "name": "web"}))
    if VERSIONS.index(version) < VERSIONS.index(since):
        assert (status, answer["code"], answer["cniVersion"]) == (1, 1, "1.1.0")
        assert f"there is no {command} in cniVersion {version}" in answer["msg"]
    else:
        assert status == 0, answer


def test_a_configuration_of_no_version_is_of_the_first(say):
    status, answer = say("ADD", '{"name": "web"}')
    assert status == 0
    assert "0.1.0" in str(answer)


@pytest.mark.parametrize(
    "conf", ["", "{", "[]x", '{"cniVersion": 1}', '{"cniVersion": "1.0.0"}', '{"cniVersion": "7.0.0"}']
)
def test_versions_are_told_whatever_is_asked_with(say, conf):
    status, answer = say("VERSION", conf)
    assert (status, answer["supportedVersions"]) == (0, VERSIONS)
    expected = json.loads(conf)["cniVersion"] if '"cniVersion": "' in conf else "1.1.0"
    assert answer["cniVersion"] == expected


def test_what_cannot_be_read_is_an_error_of_input(say, monkeypatch):
    class Broken(io.StringIO):
        def read(self, *_size):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(io, "StringIO", Broken)
    status, answer = say("ADD")
    assert (status, answer["code"]) == (1, 5)


def test_errors_reach_the_engine_as_they_are_and_so_do_mistakes_of_ours(say, monkeypatch):
    def refuse(_request):
        raise EngineError(11, "another run is at work", "which one")

    def fail(_request):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(cni_attach, "COMMANDS", {"ADD": refuse, "DEL": fail})
    assert say("ADD") == (
        1, {"cniVersion": "1.1.0", "code": 11, "msg": "another run is at work", "details": "which one"}
    )  # fmt: skip
    status, answer = say("DEL", '{"cniVersion": "0.4.0", "name": "web"}')
    assert (status, answer["code"], answer["cniVersion"]) == (1, 999, "0.4.0")
    assert answer["msg"] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("subnets", [(V4,), (V6,), (V4, V6)], ids=["4", "6", "both"])
def test_a_result_has_the_shape_of_its_version(version, subnets):
    net = network(*subnets, mtu=1400, dns={"nameservers": ["10.80.1.1"]})
    made = attached(request(cniVersion=version), net=net)
    told = cni_endpoint.result(request(cniVersion=version), net, made)
    assert (told["cniVersion"], told["dns"]) == (version, {"nameservers": ["10.80.1.1"]})
    pairs = list(zip(subnets, made.addresses, strict=True))
    if version in ("0.1.0", "0.2.0"):
        assert {name: told[name] for name in told if name.startswith("ip")} == {
            "ip6" if ":" in cidr else "ip4": {
                "ip": cidr,
                "gateway": row["gateway"],
                "routes": [{"dst": row["routes"][0], "gw": row["gateway"]}],
            }
            for row, cidr in pairs
        }
        return
    host, own = told["interfaces"]
    assert (own["name"], own["sandbox"], host.get("sandbox")) == ("eth0", "/run/netns/c1", None)
    assert [each["interface"] for each in told["ips"]] == [1] * len(subnets)
    assert [each["address"] for each in told["ips"]] == made.addresses
    assert ["version" in each for each in told["ips"]] == [version < "1"] * len(subnets)
    assert [each["gw"] for each in told["routes"]] == [row["gateway"] for row in subnets]
    assert [each.get("mtu") for each in (host, own)] == [1400 if version == "1.1.0" else None] * 2


def test_a_mac_and_addresses_are_taken_from_where_they_are_meant_most():
    """Capabilities, then ``args``, then CNI_ARGS."""
    given = {"args": {"cni": {"mac": "02:00:00:00:00:0b", "ips": ["10.80.1.241"]}}}
    plain = "MAC=02:00:00:00:00:0a;IP=10.80.1.240"
    for more, mac, address in (
        ({}, "02:00:00:00:00:0a", "10.80.1.240/24"),
        (given, "02:00:00:00:00:0b", "10.80.1.241/24"),
        ({**given, "runtimeConfig": {"mac": "02:00:00:00:00:0c"}}, "02:00:00:00:00:0c", "10.80.1.241/24"),
    ):
        made = attached(request(arguments=plain, **more))
        assert (made.objects["veth"][0]["mac"], made.addresses[0]) == (mac, address)


@pytest.mark.parametrize(
    "before", ["text", [1], {"interfaces": "eth0"}, {"ips": [7]}, {"routes": {"dst": "::/0"}}, {"dns": ["::1"]}]
)
def test_a_result_before_that_is_none_is_refused_before_anything_is_made(before):
    with pytest.raises(EngineError) as caught:
        cni_endpoint.asked(request(prevResult=before))
    assert caught.value.code == 7


@pytest.mark.parametrize(
    "wrong",
    [
        {"interfaces": []},
        {"interfaces": None},
        {"ips": []},
        {"interfaces": [{"name": "eth0", "sandbox": "/run/netns/other"}]},
        {"interfaces": [{"name": "eth0", "sandbox": "/run/netns/c1", "mac": "02:00:00:00:00:77"}]},
        {"interfaces": [{"name": "eth0"}]},
        {"interfaces": [{"name": "eth1", "sandbox": "/run/netns/c1"}]},
    ],
)
def test_a_check_against_another_result_fails(wrong):
    made = attached(request())
    told = cni_endpoint.result(request(), network(), made)
    cni_endpoint.check_result(request(prevResult=told), made)
    with pytest.raises(EngineError) as caught:
        cni_endpoint.check_result(request(prevResult={**told, **wrong}), made)
    assert caught.value.code == 103


def test_a_network_without_an_address_left_is_not_ready():
    small = network({**V4, "range": "10.80.1.224/31"})
    one = attached(request("c1"), net=small)
    engine_endpoint.check_room("web", small, [one])
    with pytest.raises(EngineError, match="are in use"):
        engine_endpoint.check_room("web", small, [one, attached(request("c2"), [one], net=small)])
