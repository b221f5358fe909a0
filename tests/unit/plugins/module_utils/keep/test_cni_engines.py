# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nerdctl, Nomad and CRI-O call the plugin with, word for word, and what they read in its answers.

Of nerdctl 2.3 and Nomad 2.0 with go-cni 1.1.13, and of CRI-O 1.32 with ocicni 0.4.3; libcni 1.1 to 1.3.
"""

from __future__ import annotations

import io
import ipaddress
import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.keep import (
    cni,
    cni_attach,
    cni_endpoint,
    engine_attach,
    engine_endpoint,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep.cni import CniRequest
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_errors import EngineError
from ansible_collections.containerhost.network.plugins.module_utils.state import sockets
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import cni_lists
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.test_cni import (
    V4,
    V6,
    attached,
    network,
    ports,
    request,
)

LIST = cni_lists.text_of(
    "web", "plan/web", {"bridge": "ch-web", "subnets": [V4, V6], "dns": {"nameservers": ["10.80.1.1"]}, "mtu": 1450}
)
ID = "0123456789abcdef" * 4
NERDCTL = {
    "CNI_CONTAINERID": f"default-{ID}",
    "CNI_NETNS": "/proc/4711/ns/net",
    "CNI_IFNAME": "eth0",
    "CNI_ARGS": "IgnoreUnknown=1;NERDCTL_CNI_DHCP_HOSTNAME=shop",
}
_GROUP = "NOMAD_ALLOC_ID=6b235529-8111-4bbe-520b-d639b1d2a94e;NOMAD_GROUP_NAME=shop;NOMAD_JOB_ID=shop/periodic-1"
NOMAD = {
    "CNI_CONTAINERID": "6b235529-8111-4bbe-520b-d639b1d2a94e",
    "CNI_NETNS": "/var/run/docker/netns/3f2a",
    "CNI_IFNAME": "eth0",
    "CNI_ARGS": f"IgnoreUnknown=true;{_GROUP};NOMAD_NAMESPACE=default;NOMAD_REGION=global",
}
_POD = "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0"
CRIO = {
    "CNI_CONTAINERID": ID,
    "CNI_NETNS": "/var/run/netns/a5b3d8f2-9b0e-4f5c-8f43-0c1ab0e1f6a7",
    "CNI_IFNAME": "eth0",
    "CNI_ARGS": f"IgnoreUnknown=1;{_POD};K8S_POD_INFRA_CONTAINER_ID={ID};K8S_POD_UID=0b1c",
}
OF_ENGINES = pytest.mark.parametrize("engine", [NERDCTL, NOMAD, CRIO], ids=["nerdctl", "nomad", "crio"])


def given(newest: str, capabilities: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """What libcni makes of the list: the newest version that it and the list know, and only what is a capability."""
    whole = json.loads(LIST)
    [plugin] = whole["plugins"]
    known = [each for each in whole.get("cniVersions") or () if each <= newest]
    asked = {name: value for name, value in (capabilities or {}).items() if plugin["capabilities"].get(name)}
    runtime = {"runtimeConfig": asked} if asked else {}
    version = max([whole["cniVersion"], *(known if newest >= "1.1" else ())])
    return {**plugin, "name": whole["name"], "cniVersion": version, **runtime, **more}


@pytest.fixture
def call(monkeypatch, capsys):
    """The plugin on a host whose kernel takes everything: what it answers, and what it would have made."""
    made: list[Any] = []

    def add(asked: CniRequest) -> Any:
        net = cni_attach._network(asked)
        made.append(attached(asked, made, net))
        return cni_endpoint.result(asked, net, made[-1])

    commands = {"ADD": add, **dict.fromkeys(("DEL", "CHECK", "GC", "STATUS"), made.append)}
    monkeypatch.setattr(cni_attach, "COMMANDS", commands)

    def _call(command: str, environment: dict[str, str], configuration: dict[str, Any]) -> tuple[Any, Any]:
        names = ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS")
        for name, value in {**dict.fromkeys(names, ""), **environment, "CNI_COMMAND": command}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(configuration)))
        status = cni.main()
        said = capsys.readouterr()
        assert (status, said.err) == (0, ""), said.out
        return (json.loads(said.out) if said.out else None), made[-1]

    return _call


def by_interface(result: dict[str, Any]) -> dict[str, list[str]]:
    """Addresses by the name of the interface that they are said to be of, as go-cni and ocicni read a result."""
    assert all(0 <= each["interface"] < len(result["interfaces"]) for each in result["ips"])
    found: dict[str, list[str]] = {each["name"]: [] for each in result["interfaces"]}
    for each in result["ips"]:
        assert ipaddress.ip_interface(each["address"]).network.num_addresses > 1
        found[result["interfaces"][each["interface"]]["name"]].append(each["address"].partition("/")[0])
    return found


@OF_ENGINES
@pytest.mark.parametrize("newest", ["1.0.0", "1.1.0"])
def test_a_container_comes_and_goes(call, engine, newest):
    result, made = call("ADD", engine, given(newest))
    assert result["cniVersion"] == ("1.1.0" if newest == "1.1.0" else "0.4.0")
    assert made.container == engine["CNI_CONTAINERID"]
    assert made.netns == engine["CNI_NETNS"]
    # Nomad takes the first of an interface with a sandbox, and the servers of the first `dns`.
    assert by_interface(result)["eth0"] == ["10.80.1.224", "fd00:80:1:0:e000::"]
    assert [each["sandbox"] for each in result["interfaces"] if each["name"] == "eth0"] == [engine["CNI_NETNS"]]
    assert result["dns"] == {"nameservers": ["10.80.1.1"]}
    _none, asked = call("CHECK", engine, given(newest, prevResult=result))
    cni_endpoint.check_result(asked, made)
    # nerdctl says nothing of the namespace then, be it before the first ADD or after the end.
    answer, asked = call("DEL", {**engine, "CNI_NETNS": ""}, given(newest, prevResult=result))
    assert (answer, asked.container) == (None, made.container)


def test_a_port_is_published_however_its_keys_are_written(call):
    """go-cni's have no names for JSON, and so those of the language."""
    rows = [{"HostPort": 9081, "ContainerPort": 80, "Protocol": "tcp", "HostIP": "0.0.0.0"}]
    _result, made = call("ADD", NERDCTL, given("1.1.0", {"portMappings": rows}))
    told = [(row["protocol"], row["host_port"], row["address"], row["port"]) for row in made.objects["nat_rule"]]
    assert told == [("tcp", 9081, "10.80.1.224", 80), ("tcp", 9081, "fd00:80:1:0:e000::", 80)]
    # ocicni's have the specification's.
    rows = [{"hostPort": 9082, "containerPort": 80, "protocol": "udp", "hostIP": ""}]
    _result, made = call("ADD", CRIO, given("1.1.0", {"portMappings": rows}))
    assert {(row["protocol"], row["host_port"]) for row in made.objects["nat_rule"]} == {("udp", 9082)}


def test_what_nomad_publishes_it_publishes_at_the_hosts_address_for_both_protocols(call):
    at = {"HostPort": 23456, "ContainerPort": 80, "HostIP": "192.0.2.11"}
    rows = [{**at, "Protocol": protocol} for protocol in ("tcp", "udp")]
    _result, made = call("ADD", NOMAD, given("1.1.0", {"portMappings": rows}))
    assert [(row["protocol"], row["host_address"], row["address"]) for row in made.objects["nat_rule"]] == [
        ("tcp", "192.0.2.11", "10.80.1.224"), ("udp", "192.0.2.11", "10.80.1.224"),
    ]  # fmt: skip


def test_a_port_that_cannot_be_is_refused_in_words(call):
    wish = request(**ports({"HostPort": 9081}))
    with pytest.raises(EngineError, match="runtimeConfig: .*containerPort"):
        cni_endpoint.asked(wish)


def test_nerdctl_asks_for_addresses_by_arguments_and_capabilities(call):
    arguments = {**NERDCTL, "CNI_ARGS": f"IP=10.80.1.240;MAC=02:00:00:00:00:0a;{NERDCTL['CNI_ARGS']}"}
    result, made = call("ADD", arguments, given("1.1.0", {"ips": ["fd00:80:1:0:e000::7"], "bandwidth": {}}))
    assert by_interface(result)["eth0"] == ["10.80.1.240", "fd00:80:1:0:e000::7"]
    assert made.objects["veth"][0]["mac"] == "02:00:00:00:00:0a"


@pytest.mark.parametrize("command", ["STATUS", "GC"])
def test_cri_o_asks_without_a_container(call, command):
    """It does so each half second until the answer is well, then collects, and names what it knows by both words."""
    rows = [{"containerID": ID, "ifname": "eth0"}]
    more = {"cni.dev/valid-attachments": rows, "cni.dev/attachments": rows} if command == "GC" else {}
    answer, asked = call(command, {}, given("1.1.0", **more))
    assert (answer, asked.network) == (None, "web")


def test_it_is_the_first_network_of_cri_o_only_where_it_is_the_only_one():
    assert cni_lists.path_of("web") > f"{cni_lists.FOLDER}/99-loopback.conflist"


# -- ports that an engine holds itself ---------------------------------------------------------------------------------

_HOLDS = "import sys; sys.stdin.read()"


def test_what_the_engine_has_started_to_hold_a_port_is_told_from_whoever_else_has_it():
    """nerdctl gives the port's socket to a child of its own before it calls the plugin."""
    ours, theirs = socket.socketpair()
    holds = [sys.executable, "-c", _HOLDS]
    with ours, subprocess.Popen(holds, stdin=subprocess.PIPE, pass_fds=[theirs.fileno()]) as child:
        inode = {str(os.fstat(theirs.fileno()).st_ino)}
        theirs.close()
        assert sockets.are_of_children(inode, os.getpid())
        assert not sockets.are_of_children(inode, child.pid)
        assert not sockets.are_of_children({str(os.fstat(ours.fileno()).st_ino)}, os.getpid())
        child.communicate(b"")


class Ports:
    """Who has a port of the host, whatever else is asked."""

    def __init__(self, holders: dict[tuple[str, str, int], str]) -> None:
        self.holders, self.but_for = holders, None

    def holder(self, protocol: str, address: str, port: int, but_for: int | None = None) -> str | None:
        self.but_for = but_for
        return self.holders.get((protocol, address, port))


class Kernel:
    def __init__(self, **holders: Any) -> None:
        self.ports = Ports(**holders)


def test_a_port_that_a_program_of_the_host_has_is_refused():
    wish = request(**ports({"hostPort": 9081, "containerPort": 80}))
    made = attached(wish, net=network(V4, V6))
    kernel = Kernel(holders={("tcp", "::", 9081): "nginx (process 17)"})
    with pytest.raises(EngineError, match=r"nginx \(process 17\) has tcp port 9081 already") as caught:
        engine_attach._check_free(kernel, made)
    assert caught.value.code == 102
    assert kernel.ports.but_for == os.getppid()
    engine_attach._check_free(Kernel(holders={}), made)


# -- the way out of a container on several networks --------------------------------------------------------------------


def test_the_way_out_is_the_first_interfaces_whichever_the_engine_asks_for_first():
    """go-cni asks for all at the same time."""
    second = attached(request(interface="eth1"))
    tenth = attached(request(interface="eth10"), [second], defaults={"0.0.0.0/0", "::/0"})
    others = attached(request("c2", interface="eth1"), [second, tenth])
    there = [second, tenth, others]
    first, *later = (request(interface=name) for name in ("eth0", "eth9", "eth10"))
    places = map(cni_endpoint.place_of, (first, *later))
    found = [engine_endpoint.later_ones(place, there) for place in places]
    assert found == [[second, tenth], [tenth], []]
    made = attached(first, there)
    yielding = engine_endpoint.without_routes_of(second, made)
    assert [route["dst"] for route in made.routes] == ["0.0.0.0/0", "::/0"]
    assert (second.routes, yielding.routes) == (made.routes, [])
    assert yielding.addresses == second.addresses
    # A way that the first one has not stays.
    assert engine_endpoint.without_routes_of(second, attached(first, there, network(V4))).routes == second.routes[1:]


def test_a_port_is_asked_for_on_each_network_and_leads_to_the_container_by_one_of_them():
    wish = ports({"HostPort": 9090, "ContainerPort": 90, "HostIP": "0.0.0.0"}, {"HostPort": 9091, "ContainerPort": 91})
    first = attached(request(interface="eth1", **wish))
    second = attached(request(interface="eth0", **wish), [first])
    assert len(first.objects["nat_rule"]) == 4
    assert "nat_rule" not in second.objects
    for other in (request("c2", **wish), request("c1", "eth2", **ports({"hostPort": 9090, "containerPort": 99}))):
        with pytest.raises(EngineError, match="leads to container c1 already"):
            attached(other, [first])
