# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What engines ask of the CNI plugin, what they are told, and what it makes of a request."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.document import leaving
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Found
from ansible_collections.containerhost.network.plugins.module_utils.keep import cni, cni_endpoint, engine_endpoint
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_errors import EngineError
from ansible_collections.containerhost.network.plugins.module_utils.kinds.cni_network import CniNetwork
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import attachments, cni_lists

V4 = {"subnet": "10.80.1.0/24", "range": "10.80.1.224/27", "gateway": "10.80.1.1", "routes": ["0.0.0.0/0"]}
V6 = {"subnet": "fd00:80:1::/64", "range": "fd00:80:1:0:e000::/67", "gateway": "fd00:80:1::1", "routes": ["::/0"]}
VERSIONS = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"]
CONTAINER = {"CNI_CONTAINERID": "c1", "CNI_NETNS": "/run/netns/c1", "CNI_IFNAME": "eth0"}


def network(*subnets: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"name": "web", "bridge": "ch-web", "subnets": list(subnets or (V4, V6)), "anti_spoofing": True, **more}
    return CniNetwork().normalise(given)


def request(container="c1", interface="eth0", arguments="", **configuration: Any) -> cni.CniRequest:
    environment = {"CNI_CONTAINERID": container, "CNI_NETNS": f"/run/netns/{container}", "CNI_IFNAME": interface}
    given = {"cniVersion": "1.1.0", "name": "web", **configuration}
    return cni.request_of("ADD", {**environment, "CNI_ARGS": arguments}, given)


def attached(asked: cni.CniRequest, there=(), net=None, defaults=()):
    wish = engine_endpoint.without_ports_of(cni_endpoint.place_of(asked), cni_endpoint.asked(asked), there)
    net = net or network()
    engine_endpoint.check_ports(net, wish, there, PUBLISHED)
    return engine_endpoint.attachment(cni_endpoint.place_of(asked), net, wish, there, (4, 4711), defaults)


PUBLISHED = [
    {"network": "web", "rule": "publish", "host_port": 8080, "host_port_end": 8089,
     "address": "10.80.1.2", "port": 8080},
    {"network": "web", "rule": "publish", "protocol": "udp", "host_address": "192.0.2.1", "host_port": 53,
     "address": "10.80.1.2", "port": 53},
]  # fmt: skip


def ports(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"runtimeConfig": {"portMappings": list(rows)}}


# -- the protocol ------------------------------------------------------------------------------------------------------


def said(monkeypatch, capsys, text: str = "", **environment: str) -> tuple[int, Any]:
    for name in ("CNI_COMMAND", *CONTAINER):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    status = cni.main()
    out = capsys.readouterr()
    assert out.err == ""
    return status, json.loads(out.out)


def test_it_says_which_versions_it_speaks(monkeypatch, capsys):
    # As libcni asks, which has no container to tell of.
    dummies = dict.fromkeys(CONTAINER, "dummy")
    answer = said(monkeypatch, capsys, '{"cniVersion": "0.4.0"}', CNI_COMMAND="VERSION", **dummies)
    assert answer == (0, {"cniVersion": "0.4.0", "supportedVersions": VERSIONS})


CONF = '{"cniVersion": "1.0.0", "name": "web"}'


@pytest.mark.parametrize(
    ("text", "environment", "code", "words"),
    [
        (CONF, {"CNI_COMMAND": "ATTACH"}, 4, "it must be one of ADD"),
        (CONF, {"CNI_COMMAND": "ADD"}, 4, "required env variables [CNI_CONTAINERID, CNI_IFNAME, CNI_NETNS] missing"),
        (CONF, {"CNI_COMMAND": "DEL", "CNI_CONTAINERID": "c1"}, 4, "[CNI_IFNAME] missing"),
        (CONF, {"CNI_COMMAND": "DEL", **CONTAINER, "CNI_CONTAINERID": "../c1"}, 4, "characters that it must not have"),
        (CONF, {"CNI_COMMAND": "ADD", **CONTAINER, "CNI_IFNAME": "a-name-of-16-abc"}, 4, "no name of an interface"),
        (CONF, {"CNI_COMMAND": "ADD", **CONTAINER, "CNI_IFNAME": ".."}, 4, "no name of an interface"),
        (CONF, {"CNI_COMMAND": "ADD", **CONTAINER, "CNI_NETNS": "c1"}, 4, "no absolute path"),
        ("{", {"CNI_COMMAND": "ADD", **CONTAINER}, 6, "is no JSON"),
        ("[]", {"CNI_COMMAND": "ADD", **CONTAINER}, 6, "is no mapping"),
        ('{"cniVersion": "2.0.0", "name": "web"}', {"CNI_COMMAND": "ADD", **CONTAINER}, 1, "2.0.0 is not known"),
        ('{"cniVersion": "1.0.0"}', {"CNI_COMMAND": "ADD", **CONTAINER}, 7, "has no `name`"),
        (CONF, {"CNI_COMMAND": "ADD", **CONTAINER}, 7, "needs a `bridge` and its `subnets`"),
    ],
)  # fmt: skip
def test_mistakes_of_engines_are_errors_of_the_specification(monkeypatch, capsys, text, environment, code, words):
    status, answer = said(monkeypatch, capsys, text, **environment)
    assert (status, answer["code"]) == (1, code)
    assert words in answer["msg"]
    assert answer["cniVersion"] in cni_lists.VERSIONS


# -- addresses ---------------------------------------------------------------------------------------------------------


def test_each_container_gets_the_lowest_addresses_that_nobody_has():
    first = attached(request("c1"))
    second = attached(request("c2"), [first])
    assert [first.addresses, second.addresses] == [
        ["10.80.1.224/24", "fd00:80:1:0:e000::/64"],
        ["10.80.1.225/24", "fd00:80:1:0:e000::1/64"],
    ]
    assert attached(request("c3"), [second]).addresses == first.addresses
    assert len({each.host_end for each in (first, second, attached(request("c1", "eth1")))}) == 3


def test_the_last_address_is_handed_out_and_the_broadcast_address_is_not():
    there = []
    for number in range(31):
        there.append(attached(request(f"c{number}"), there, network(V4)))
    assert there[-1].addresses == ["10.80.1.254/24"]
    with pytest.raises(EngineError, match=r"all addresses of 10.80.1.224/27 of web are in use") as caught:
        attached(request("one-more"), there, network(V4))
    assert caught.value.code == 101


def test_an_address_and_a_mac_may_be_asked_for():
    given = {"runtimeConfig": {"ips": ["10.80.1.240/24", "fd00:80:1:0:e000::7"], "mac": "02:00:00:00:AA:01"}}
    made = attached(request(**given))
    assert made.addresses == ["10.80.1.240/24", "fd00:80:1:0:e000::7/64"]
    assert made.objects["veth"][0]["mac"] == made.objects["sender_filter"][0]["mac"] == "02:00:00:00:aa:01"
    by_arguments = attached(request(arguments="IgnoreUnknown=1;IP=10.80.1.241;MAC=02:00:00:00:00:09"))
    assert by_arguments.addresses[0] == "10.80.1.241/24"
    for wish, words in (
        ("10.80.1.240", "container c1 has 10.80.1.240 already"),
        ("10.80.1.9", "engines get addresses of 10.80.1.224/27"),
        ("10.80.1.255", "without those of its ends"),
        ("10.99.0.1", "web has no such subnet"),
        ("nonsense", "nonsense"),
    ):
        with pytest.raises(EngineError, match=words):
            attached(request("c2", runtimeConfig={"ips": [wish]}), [made])


@pytest.mark.parametrize(("mac", "who"), [
    ("02:00:00:00:00:07", "container c1 has it on web"),
    ("02-00-00-00-0A-0B", "shop of web has it on web"),
    ("02:00:00:00:0c:0c", "shop of web has it on web"),
    ("02:00:00:00:00:08", None),
    (None, None),
])  # fmt: skip
def test_nobody_asks_for_a_mac_by_which_he_would_get_what_is_sent_to_another(mac, who):
    there = [attached(request(arguments="MAC=02:00:00:00:00:07"))]
    common = {"network": "web", "sandbox": {"engine": "netns", "ref": "shop"}}
    planned = [
        {**common, "master": "ch-web", "mac": "02:00:00:00:0a:0b", "host_mac": "02:00:00:00:0c:0c"},
        {**common, "master": "ch-other", "mac": "02:00:00:00:00:08", "host_mac": "02:00:00:00:0c:0d"},
    ]
    asked = request("c2", arguments=f"MAC={mac}" if mac else "")
    about = network(), cni_endpoint.asked(asked), there, planned
    if who is None:
        engine_endpoint.check_mac(*about)
    else:
        with pytest.raises(EngineError, match=who) as caught:
            engine_endpoint.check_mac(*about)
        assert caught.value.code == 100


def test_it_sends_with_what_it_has_and_has_a_way_out_once():
    first = attached(request())
    assert first.objects["sender_filter"][0]["sources"][:2] == ["10.80.1.224", "fd00:80:1:0:e000::"]
    assert first.objects["sender_filter"][0]["sources"][2].startswith("fe80::")
    second = attached(request(interface="eth1"), [first], defaults={"0.0.0.0/0"})
    assert second.objects["veth"][0]["routes"] == [{"dst": "::/0", "via": "fd00:80:1::1"}]
    # An answer to what came by the other interface may leave by this one.
    assert "10.80.1.224" in second.objects["sender_filter"][0]["sources"]
    assert "sender_filter" not in attached(request(), net=network(anti_spoofing=False)).objects
    assert attached(request(), net=network(V4)).objects["veth"][0]["sysctls"] == {
        "net.ipv6.conf.IFNAME.disable_ipv6": "1"
    }


# -- ports -------------------------------------------------------------------------------------------------------------


def test_a_port_is_published_in_each_family_or_opened():
    wish = ports({"hostPort": 443, "containerPort": 8443}, {"hostPort": 53, "containerPort": 53, "protocol": "UDP",
                 "hostIP": "192.0.2.9"}, {"hostPort": 0, "containerPort": 1})  # fmt: skip
    rules = attached(request(**wish)).objects["nat_rule"]
    assert [(r["protocol"], r.get("host_address"), r["host_port"], r["address"], r["port"]) for r in rules] == [
        ("tcp", None, 443, "10.80.1.224", 8443),
        ("udp", "192.0.2.9", 53, "10.80.1.224", 53),
        ("tcp", None, 443, "fd00:80:1:0:e000::", 8443),
    ]
    opened = attached(request(**wish), net=network({**V4, "ports": "open"})).objects
    assert "nat_rule" not in opened
    assert [row["port"] for row in opened["open_port"]] == [8443, 53]


@pytest.mark.parametrize(
    ("row", "who"),
    [
        ({"hostPort": 8085}, "10.80.1.2 of web"),
        ({"hostPort": 8085, "hostIP": "192.0.2.1"}, "10.80.1.2 of web"),
        ({"hostPort": 53, "protocol": "udp"}, "10.80.1.2 of web"),
        ({"hostPort": 443, "hostIP": "0.0.0.0"}, "container c1"),
        ({"hostPort": 8090}, None),
        ({"hostPort": 8085, "protocol": "sctp"}, None),
        ({"hostPort": 53, "protocol": "udp", "hostIP": "192.0.2.2"}, None),
        ({"hostPort": 8085, "hostIP": "fd00::1"}, None),
    ],
)
def test_a_port_leads_to_one_container(row, who):
    first = attached(request(**ports({"hostPort": 443, "containerPort": 80})))
    wish = request("c2", **ports({"containerPort": 80, **row}))
    if who is None:
        attached(wish, [first])
    else:
        with pytest.raises(EngineError, match=f"leads to {who} already") as caught:
            attached(wish, [first])
        assert caught.value.code == 102


# -- results -----------------------------------------------------------------------------------------------------------


def test_a_result_is_in_the_words_of_its_version_and_behind_the_ones_before_it():
    before = {"cniVersion": "0.4.0", "interfaces": [{"name": "lo", "sandbox": "/run/netns/c1"}], "dns": {"domain": "d"}}
    asked = request(cniVersion="0.4.0", prevResult=before)
    net = network(V4, dns={"nameservers": ["10.80.1.1"]})
    told = cni_endpoint.result(asked, net, attached(asked, net=net))
    assert [each["name"] for each in told["interfaces"]][::2] == ["lo", "eth0"]
    assert told["ips"] == [{"version": "4", "address": "10.80.1.224/24", "gateway": "10.80.1.1", "interface": 2}]
    assert told["dns"] == {"domain": "d", "nameservers": ["10.80.1.1"]}
    newer = cni_endpoint.result(request(), network(V4, mtu=1400), attached(request(), net=network(V4, mtu=1400)))
    assert "version" not in newer["ips"][0]
    assert newer["interfaces"][1]["mtu"] == 1400


def test_a_check_is_about_what_was_told():
    made = attached(request())
    told = cni_endpoint.result(request(), network(), made)
    cni_endpoint.check_result(request(prevResult=told), made)
    for wrong, words in (
        (None, "CHECK needs the result"),
        ({**told, "interfaces": told["interfaces"][:1]}, "no interface eth0"),
        ({**told, "ips": told["ips"][1:]}, "lacks 10.80.1.224/24"),
    ):
        with pytest.raises(EngineError, match=words):
            cni_endpoint.check_result(request(prevResult=wrong), made)


# -- records -----------------------------------------------------------------------------------------------------------


def test_what_is_noted_is_read_again_and_goes_with_its_last_entry(tmp_path):
    path = str(tmp_path / "cni.json")
    made = attached(request(**ports({"hostPort": 443, "containerPort": 80})))
    attachments.write([made], path)
    assert attachments.read(path) == [made]
    attachments.write([], path)
    assert list(tmp_path.iterdir()) == []
    assert attachments.read(path) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 0}', '{"version": 1, "attachments": [{"network": "web"}]}'])
def test_a_damaged_file_is_named(tmp_path, text):
    path = tmp_path / "cni.json"
    path.write_text(text)
    with pytest.raises(Exception, match=r"cni.json cannot be read"):
        attachments.read(str(path))


def test_a_list_says_whose_it_is_even_when_spoiled():
    text = cni_lists.text_of("web", "plan/web", {"bridge": "ch-web", "subnets": [V4]})
    assert cni_lists.read(text) == ("plan/web", {"bridge": "ch-web", "subnets": [V4]})
    assert cni_lists.read(text[:-20]) == ("plan/web", {})
    assert cni_lists.read("{}")[0] is None
    assert json.loads(text)["cniVersions"] == ["0.4.0", "1.0.0", "1.1.0"]
    # Numbered lists come first: an engine may take the first one for its default.
    assert cni_lists.path_of("web").rpartition("/")[2] > "99-other.conflist"


@pytest.mark.parametrize(
    ("given", "goes"),
    [
        ((["web"], [], False, ["web"]), False),
        ((["*"], [], False, ["web"]), False),
        (([], [], True, ["web"]), False),
        (([], [], True, None), False),
        ((["web"], [], False, []), True),
        ((["*"], ["web"], False, []), False),
        (([], [], True, []), True),
    ],
)
def test_what_containers_of_engines_have_goes_with_the_last_of_them(given, goes):
    assert leaving(*given)(Found("veth", (None, "chv1"), {}, "cni:web")) is goes


LOADED = """
import sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.containerhost.network.plugins.module_utils.keep import cni_attach
print(*sys.modules)
"""


def test_an_engine_waits_for_nothing_that_its_containers_have_no_use_for():
    """Each of these takes milliseconds of every ADD."""
    folder = Path(cni.__file__).parents[6]
    argv = [sys.executable, "-I", "-S", "-c", LOADED, str(folder)]
    loaded = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    ours = {name.rpartition("module_utils.")[2] for name in loaded if "module_utils." in name}
    kinds = {name[len("kinds.") :] for name in ours if name.startswith("kinds.")}
    assert kinds == {"veth", "nat_rule", "open_port", "sender_filter", "cni_network"}
    assert not ours & {"engine.discovery", "engine.docker_steps", "engine.firewall_steps", "engine.tunnel_steps"}
    assert not {"inspect", "pkgutil", "subprocess", "shutil", "threading", "argparse", "zipfile"} & {*loaded}
