# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No container configures its host, and no default of the host's decides how a device of ours is set."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import (
    bridge_network,
    details,
    joined,
    only,
    said,
    web_and_fabric,
)

# What a container with CAP_NET_RAW can send. A bridge hands frames for 01:80:c2:00:00:03 to its host as coming from the
# port, so that they pass by whatever is said about the bridge.
ATTACK = r"""
import socket, struct, sys
what, interface, to = sys.argv[1:4]
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((interface, 0))
mac, to = sock.getsockname()[4], bytes.fromhex(to.replace(":", ""))
pton = socket.inet_pton

def checksum(raw):
    total = sum(struct.unpack(f"!{len(raw) // 2}H", raw))
    total = (total >> 16) + (total & 0xFFFF)
    return struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF)

def frame(type_, body):
    sock.send(to + mac + struct.pack("!H", type_) + body)

if what == "advertise":
    src, dst = pton(socket.AF_INET6, "fe80::66"), pton(socket.AF_INET6, "ff02::1")
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 86400, 14400, 0) + pton(socket.AF_INET6, "2001:db8:66::")
    body = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + b"\x01\x01" + mac + prefix
    sum_ = checksum(src + dst + struct.pack("!II", len(body), 58) + body)
    frame(0x86DD, struct.pack("!IHBB", 6 << 28, len(body), 58, 255) + src + dst + body[:2] + sum_ + body[4:])
elif what == "ask":
    own, target = (pton(socket.AF_INET, each) for each in sys.argv[4:6])
    reply = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
    reply.bind((interface, 0))
    reply.settimeout(0.5)
    frame(0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac + own + bytes(6) + target)
    try:
        while True:
            heard = reply.recv(100)
            if heard[20:22] == b"\0\2" and heard[28:32] == target:
                print(heard[22:28].hex(":"))
                break
    except TimeoutError:
        print("nobody")
elif what == "send":
    own, target = (pton(socket.AF_INET, each) for each in sys.argv[4:6])
    head = struct.pack("!BBHHHBBH", 0x45, 0, 32, 0, 0, 64, 17, 0) + own + target
    head = head[:10] + checksum(head) + head[12:]
    frame(0x0800, head + struct.pack("!HHHHI", 9, 9999, 12, 0, 0))
"""
LISTEN = """
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("0.0.0.0", 9999))
sock.settimeout(1)
print("ready", flush=True)
try:
    print(sock.recvfrom(100)[1][0])
except TimeoutError:
    print("nobody")
"""
EVERYBODY, TO_THE_PORT = "33:33:00:00:00:01", "01:80:c2:00:00:03"

TURNED = """
cd /proc/sys/net
for each in accept_local accept_redirects accept_source_route arp_accept arp_filter arp_ignore proxy_arp proxy_arp_pvlan
do echo 1 > ipv4/conf/default/$each; done
echo 8 > ipv4/conf/default/arp_ignore
echo 1 > ipv4/conf/default/rp_filter
echo 1 > ipv4/conf/all/rp_filter
echo 1 > ipv4/conf/default/route_localnet
echo 2 > ipv6/conf/default/accept_ra
echo 1 > ipv6/conf/default/addr_gen_mode
for scope in default all; do echo {ipv6_off} > ipv6/conf/$scope/disable_ipv6; done
"""


def ipv4_only(name: str, number: int) -> dict:
    document = bridge_network(name, number, internal=True)
    document["bridge"][0]["addresses"] = document["bridge"][0]["addresses"][:1]
    for veth in document["veth"]:
        veth["addresses"], veth["routes"] = veth["addresses"][:1], veth["routes"][:1]
        veth["sysctls"] = {"net.ipv6.conf.IFNAME.disable_ipv6": "1"}
    return document


def lan(*addresses: str) -> dict:
    """A shim of the host's, on eth0."""
    mac = "02:00:00:00:05:01"
    shim = {"network": "lan", "parent": "eth0", "interface": "chs-lan", "mac": mac, "addresses": list(addresses)}
    return {"version": 1, "macvlan": [shim]}


def attack(host, container: str, what: str, to: str, *more: str) -> str:
    return host.run("ip", "netns", "exec", container, sys.executable, "-c", ATTACK, what, "eth0", to, *more).strip()


def ipv6_of(host) -> str:
    """Addresses and routes, without what only counts down."""
    return host.run("sh", "-c", "ip -o -6 addr | sed 's/valid_lft.*//'; ip -6 route; cat /proc/sys/net/ipv6/conf/*/mtu")


def setting(host, path: str, container: str | None = None) -> str:
    inside = ["ip", "netns", "exec", container] if container else []
    return host.run(*inside, "cat", f"/proc/sys/net/{path}").strip()


# -- attackers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", [EVERYBODY, TO_THE_PORT], ids=["the bridge", "the port"])
@pytest.mark.parametrize("document", [ipv4_only("web", 80), bridge_network("web", 80)], ids=["IPv4", "dual stack"])
def test_a_router_advertisement_from_a_container_changes_nothing_on_its_host(host, to, document):
    assert host.module("document", document=document)["changed"]
    host.settle()
    before = ipv6_of(host)
    for _again in range(2):
        attack(host, "web-1", "advertise", to)
    host.run("sleep", "0.3")
    assert ipv6_of(host) == before


AN_ENGINES_PORT = """
ip netns add docked
ip link add vethd type veth peer name eth0 netns docked
ip link set vethd master ch-web up
ip -n docked link set eth0 up
echo 2 > /proc/sys/net/ipv6/conf/vethd/accept_ra
"""


def test_nor_by_a_port_that_an_engine_has_made(host):
    """Which is not ours, and has the host's defaults."""
    host.module("document", document=ipv4_only("web", 80))
    host.run("sh", "-ec", AN_ENGINES_PORT)
    host.settle()
    before = ipv6_of(host)
    for flushed in (False, True):
        if flushed:
            host.run("nft", "flush", "chain", "inet", "containerhost", "arriving")
        attack(host, "docked", "advertise", TO_THE_PORT)
        host.settle()
        assert (ipv6_of(host) == before) is not flushed


@pytest.mark.parametrize("to", ["ff:ff:ff:ff:ff:ff", TO_THE_PORT], ids=["the bridge", "the port"])
@pytest.mark.parametrize("target", ["198.18.0.1", "10.81.1.1", "127.0.0.1"])
def test_a_container_hears_of_no_address_but_its_gateway_s(host, to, target):
    host.module("document", document=joined(ipv4_only("web", 80), ipv4_only("b", 81)))
    assert attack(host, "web-1", "ask", to, "10.80.1.2", target) == "nobody"
    expected = "nobody" if to == TO_THE_PORT else "02:50:00:00:00:01"
    assert attack(host, "web-1", "ask", to, "10.80.1.2", "10.80.1.1") == expected


def test_a_frame_for_the_port_itself_does_not_pass_by_what_is_said_about_the_bridge(host):
    document = ipv4_only("web", 80)
    host.module("document", document={**document, "isolation": []})  # by which it would be closed in any case
    for to, who in ((TO_THE_PORT, "nobody"), ("02:50:00:00:00:01", "10.80.1.2")):
        assert heard(host, to, "10.80.1.2", "10.80.1.1") == who


TO_ALL = {"255.255.255.255": "ff:ff:ff:ff:ff:ff", "224.0.0.1": "01:00:5e:00:00:01"}


@pytest.mark.parametrize(("target", "to"), TO_ALL.items())
def test_nor_does_one_for_everybody(host, target, to):
    """What listens for calls to all, such as a DHCP server, does not hear a container that the host is closed to."""
    document = ipv4_only("web", 80)
    document["isolation"][0].update(sources=["10.80.1.0/24"], host_access=[])
    host.module("document", document=document)
    for source in ("10.80.1.2", "198.18.0.77"):
        assert [heard(host, each, source, target) for each in (to, TO_THE_PORT)] == ["nobody", "nobody"]


def heard(host, to: str, source: str, target: str) -> str:
    """Who has sent, as a program of the host hears it, or nobody."""
    host.run("rm", "-f", "/run/heard")
    host.run("sh", "-c", f"{sys.executable} -c '{LISTEN}' > /run/heard 2>&1 &")
    host.run("timeout", "30", "sh", "-c", "until grep -q ready /run/heard; do sleep 0.05; done")
    attack(host, "web-1", "send", to, source, target)
    host.run("timeout", "30", "sh", "-c", "until [ $(wc -l < /run/heard) = 2 ]; do sleep 0.05; done")
    return host.run("cat", "/run/heard").split()[1]


# -- the host's defaults --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ipv6_off", [0, 1])
def test_the_host_s_defaults_decide_nothing(host, apply, ipv6_off):
    host.run("sh", "-ec", TURNED.format(ipv6_off=ipv6_off))
    dual = web_and_fabric()
    dual["nat_rule"], dual["sysctl"] = [], []
    apply(joined(dual, ipv4_only("plain", 82), lan("198.18.0.77/32")))
    for device in ("ch-web", "ch-fabric", "ch-plain", "chs-lan"):
        for name, number in (("rp_filter", "2"), ("arp_ignore", "1"), ("arp_announce", "2"), ("proxy_arp", "0")):
            assert (device, name, setting(host, f"ipv4/conf/{device}/{name}")) == (device, name, number)
        assert setting(host, f"ipv4/conf/{device}/route_localnet") == "0"
        six = device in ("ch-web", "ch-fabric")
        assert setting(host, f"ipv6/conf/{device}/disable_ipv6") == ("0" if six else "1")
        assert not six or setting(host, f"ipv6/conf/{device}/accept_ra") == "0"
    assert setting(host, "ipv6/conf/chvshop/disable_ipv6") == "1"
    assert setting(host, "ipv4/conf/chvshop/arp_ignore") == "8"
    assert setting(host, "ipv4/conf/eth0/rp_filter", "shop") == "2"
    assert "fe80::" in host.run("ip", "-6", "addr", "show", "dev", "ch-web")
    host.run("ip", "netns", "exec", "shop", "ping", "-c1", "-W2", "fd00:80:1::1")
    assert setting(host, "ipv6/conf/eth0/disable_ipv6") == str(ipv6_off)


def test_a_shim_routes_for_nobody_unless_its_host_is_a_router(host, apply):
    document = lan("198.18.0.77/32")
    host.run("sh", "-ec", "cd /proc/sys/net/ipv4; echo 0 > ip_forward; echo 1 > conf/default/forwarding")
    apply(document)
    assert setting(host, "ipv4/conf/chs-lan/forwarding") == "0"
    host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    assert not host.module("document", document=document)["changed"]
    assert setting(host, "ipv4/conf/chs-lan/forwarding") == "1"
    host.module("document", document={"version": 1}, remove=["*"])
    apply(document)
    assert setting(host, "ipv4/conf/chs-lan/forwarding") == "1"


def test_a_setting_of_routing_that_its_owner_has_asked_for_is_his(host, apply):
    document = lan("198.18.0.77/32")
    document["macvlan"][0]["sysctls"] = {"net.ipv4.conf.IFNAME.forwarding": "1"}
    apply(document)
    assert setting(host, "ipv4/conf/chs-lan/forwarding") == "1"


def test_a_bridge_forwards_to_its_containers_as_soon_as_it_is_made(host):
    """From its link-local address it asks for their MACs, which it cannot while that is tentative."""
    document = bridge_network("web", 80)
    host.module("document", document=document)
    assert host.run("ip", "-6", "address", "show", "dev", "ch-web", "tentative") == ""
    assert "fe80::" in host.run("ip", "-6", "address", "show", "dev", "ch-web")


def test_a_veth_without_a_bridge_is_closed_too(host):
    host.run("ip", "netns", "add", "far")
    host.run("sh", "-c", "echo 2 > /proc/sys/net/ipv6/conf/default/accept_ra")
    for mtu in (1500, 1000):
        end = {"name": "v-far", "mtu": mtu, "sandbox": {"engine": "netns", "ref": "far"}}
        assert host.module("veth", **end)["changed"]
        assert not host.module("veth", **end)["changed"]
        assert setting(host, "ipv4/conf/v-far/rp_filter") == "2"
        assert mtu < 1280 or setting(host, "ipv6/conf/v-far/accept_ra") == "0"
        host.module("veth", **end, state="absent")


# -- damage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "number", "container", "line"),
    [
        ("ipv6/conf/ch-web/accept_ra", 2, None, "~ bridge ch-web (web)"),
        ("ipv6/conf/ch-web/disable_ipv6", 1, None, "~ bridge ch-web (web)"),
        ("ipv6/conf/ch-web/addr_gen_mode", 1, None, "~ bridge ch-web (web)"),
        ("ipv6/conf/ch-web/accept_dad", 1, None, "~ bridge ch-web (web)"),
        ("ipv4/conf/ch-web/proxy_arp", 1, None, "~ bridge ch-web (web)"),
        ("ipv4/conf/ch-web/rp_filter", 1, None, "~ bridge ch-web (web)"),
        ("ipv4/conf/ch-fabric/accept_local", 1, None, "~ vxlan ch-fabric (fabric)"),
        ("ipv6/conf/ch-fabric/autoconf", 1, None, "~ vxlan ch-fabric (fabric)"),
        ("ipv6/conf/chvdb/disable_ipv6", 0, None, "~ veth db eth0 (web)"),
        ("ipv4/conf/chvdb/drop_unicast_in_l2_multicast", 0, None, "~ veth db eth0 (web)"),
        ("ipv4/conf/eth0/rp_filter", 0, "db", "~ veth db eth0 (web)"),
        ("ipv6/conf/chs-lan/disable_ipv6", 0, None, "~ macvlan chs-lan (lan)"),
        ("ipv4/conf/chs-lan/arp_ignore", 0, None, "~ macvlan chs-lan (lan)"),
        ("ipv4/conf/chs-lan/forwarding", 1, None, "~ macvlan chs-lan (lan)"),
    ],
)  # fmt: skip
def test_a_setting_that_somebody_has_changed_is_shown_and_mended(host, apply, path, number, container, line):
    document = joined(web_and_fabric(), lan("198.18.0.77/32"))
    host.module("document", document=document)
    good = setting(host, path, container)
    inside = f"ip netns exec {container} " if container else ""
    host.run("sh", "-c", f"{inside}sh -c 'echo {number} > /proc/sys/net/{path}'")
    answer = apply(document)
    assert said(answer)[0] == line
    family, _conf, _device, name = path.split("/")
    assert any(f"{family}.{name}={good}" in row for row in details(answer))
    assert setting(host, path, container) == good


def test_a_setting_that_somebody_has_borrowed_is_his_for_as_long(host, apply):
    document = joined(only("web"), {"version": 1, "sysctl": [
        {"network": "web", "key": "net.ipv4.conf.ch-web.rp_filter", "value": "1"}
    ]})  # fmt: skip
    apply(document)
    assert setting(host, "ipv4/conf/ch-web/rp_filter") == "1"
    apply(only("web"))
    assert setting(host, "ipv4/conf/ch-web/rp_filter") == "2"


def test_what_an_older_document_has_closed_by_sysctl_stays_closed_without_it(host, apply):
    older = joined(only("web"), {"version": 1, "sysctl": [
        {"network": "web", "key": "net.ipv6.conf.ch-web.accept_ra", "value": "0"}
    ]})  # fmt: skip
    host.module("document", document=older)
    records = "/run/containerhost/records.json"
    host.run("sed", "-i", '/accept_ra/s/"before": "0"/"before": "1"/', records)  # as that version found it
    host.module("document", document=only("web"), remove=["*"])
    assert setting(host, "ipv6/conf/ch-web/accept_ra") == "0"


@pytest.mark.parametrize(("given", "there"), [({}, "1"), ({"ipv6": True}, "0"), ({"ipv6": False}, "1")])
def test_a_bridge_without_an_address_of_ipv6_has_none_of_it_unless_it_is_asked_for(host, given, there):
    host.module("bridge", name="br-a", addresses=["10.9.0.1/24"], **given)
    assert setting(host, "ipv6/conf/br-a/disable_ipv6") == there
    assert not host.module("bridge", name="br-a", addresses=["10.9.0.1/24"], **given)["changed"]


def test_addresses_that_nobody_says_are_left_alone_and_so_is_ipv6(host):
    host.module("bridge", name="br-a")
    host.run("ip", "addr", "add", "fd00:9::1/64", "dev", "br-a")
    assert not host.module("bridge", name="br-a")["changed"]
    assert setting(host, "ipv6/conf/br-a/accept_ra") == "0"
