# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a document says nothing about, and traffic depends on: what the kernel derives, what only creation sets."""

from __future__ import annotations

import re

import pytest

from ansible_collections.containerhost.network.tests.integration.document.documents import NOTHING, said, web_and_fabric

BRIDGE, SHOP, DB, VXLAN = (
    "~ bridge ch-web (web)",
    "~ veth shop eth0 (web)",
    "~ veth db eth0 (web)",
    "~ vxlan ch-fabric (fabric)",
)
ON_THE_VXLAN = [
    "+ vxlan_fdb 02:00:00:00:09:02 on ch-fabric (fabric)",
    "+ neighbour 10.42.2.0 on ch-fabric (fabric)",
    "+ neighbour fd00:42:0:2:: on ch-fabric (fabric)",
    "+ route 10.42.2.0/24 (fabric)",
    "+ route fd00:42:0:2::/64 (fabric)",
]

DAMAGE = {
    "a bridge's options": (
        "ip link set ch-web type bridge stp_state 1 ageing_time 1000 mcast_snooping 0 group_fwd_mask 8",
        [BRIDGE],
    ),
    "a bridge that shows its frames to iptables": ("ip link set ch-web type bridge nf_call_iptables 1", [BRIDGE]),
    "a port that does not learn": ("bridge link set dev chvdb learning off neigh_suppress on", [DB]),
    "a port that is not flooded": ("bridge link set dev chvdb flood off mcast_flood off bcast_flood off", [DB]),
    "a port that is guarded": ("bridge link set dev chvdb guard on root_block on", [DB]),
    "a port that is locked": ("ip link set chvdb type bridge_slave locked on", [DB]),
    "a port that forwards nothing": ("bridge link set dev chvdb state 0", [DB]),
    "a VXLAN's options": ("ip link set ch-fabric type vxlan ttl 1 df set tos 4 ageing 7", [VXLAN]),
    "a VXLAN that is a port": ("ip link set ch-fabric master ch-web", [VXLAN]),
    "ARP off": ("ip link set ch-web arp off; ip -n shop link set eth0 arp off", [BRIDGE, SHOP]),
    "multicast off": ("ip link set ch-fabric multicast off; ip link set chvdb multicast off", [DB, VXLAN]),
    "another group": ("ip link set ch-web group 7; ip link set chvshop group 7", [BRIDGE, SHOP]),
    "no link-local address": ("ip -6 addr flush dev ch-web scope link", [BRIDGE]),
    "no addresses of IPv6": ("ip -6 addr flush dev ch-web", [BRIDGE]),
    "a bridge's own networks without a route": (
        "ip route flush dev ch-web; ip -6 route flush dev ch-web proto kernel", [BRIDGE]
    ),
    "a container's without one, of IPv4": ("ip -n shop route flush dev eth0", [SHOP]),
    "a container's without one, of IPv6": ("ip -n shop -6 route flush dev eth0", [SHOP]),
    "a route's protocol": (
        "ip route replace 10.42.2.0/24 via 10.42.2.0 dev ch-fabric onlink metric 1026 proto static",
        ["~ route 10.42.2.0/24 (fabric)"],
    ),
    "a container's route's protocol": (
        "ip -n shop route replace default via 10.80.1.1 proto static", [SHOP]
    ),
    "addresses for a time": (
        "ip addr change 10.80.1.1/24 dev ch-web valid_lft 600 preferred_lft 500;"
        " ip -6 addr change fd00:80:1::1/64 dev ch-web valid_lft 600 preferred_lft 0;"
        " ip -n shop addr change 10.80.1.2/24 dev eth0 valid_lft 600 preferred_lft 0",
        [BRIDGE, SHOP],
    ),
    "addresses that nobody begins anything with": (
        "ip -n shop -6 addr change fd00:80:1::2/64 dev eth0 preferred_lft 0; ip -n db addr flush dev eth0;"
        " ip -n db addr add 10.80.1.3/24 dev eth0 scope host; ip -n db route add default via 10.80.1.1 proto 143",
        [SHOP, DB],
    ),
    "an address with another broadcast address, and one with a peer": (
        "ip addr del 10.80.1.1/24 dev ch-web; ip addr add 10.80.1.1/24 brd 10.80.1.77 dev ch-web;"
        " ip -n db addr flush dev eth0; ip -n db addr add 10.80.1.3 peer 10.80.1.9/24 dev eth0",
        [BRIDGE, DB],
    ),
    "routes with an MTU of their own, and with another source": (
        "fabric='dev ch-fabric onlink metric 1026 proto 143'; ip route change 10.42.2.0/24 via 10.42.2.0 $fabric src"
        " 198.18.0.1; ip -6 route change fd00:42:0:2::/64 via fd00:42:0:2:: $fabric mtu lock 1300;"
        " ip -n shop route change default via 10.80.1.1 dev eth0 proto 143 mtu lock 600;"
        " ip -n db route change default via 10.80.1.1 dev eth0 proto 143 src 127.0.0.1",
        [SHOP, DB, "~ route 10.42.2.0/24 (fabric)", "~ route fd00:42:0:2::/64 (fabric)"],
    ),
    "a route with a second way": (
        "ip -6 route append fd00:42:0:2::/64 via fd00:18::2 dev eth0 metric 1026", ["~ route fd00:42:0:2::/64 (fabric)"]
    ),
    "an FDB entry by another device": (
        "bridge fdb replace 02:00:00:00:09:02 dev ch-fabric dst 198.18.0.2 via eth0",
        ["~ vxlan_fdb 02:00:00:00:09:02 on ch-fabric (fabric)"],
    ),
    "a loopback without its address": ("ip -n db addr flush dev lo", ["~ netns db (web)"]),
    "a VXLAN that is held down": ("ip link set ch-fabric protodown on", [VXLAN]),
    "an address of a container at another MAC, for good": (
        "ip neigh replace 10.80.1.2 lladdr 02:00:00:00:77:77 nud permanent dev ch-web;"
        " ip neigh replace 10.80.1.3 lladdr 02:00:00:00:77:77 nud noarp dev ch-web;"
        " ip -6 neigh replace fd00:80:1::2 lladdr 02:00:00:00:77:77 nud permanent dev ch-web",
        [SHOP, DB],
    ),
    "a container's MAC behind another port, for good": (
        "bridge fdb replace $(ip -n shop -br link show eth0 | awk '{print $3}') dev chvdb master static sticky", [SHOP]
    ),
    "a container's MAC as the bridge's own": (
        "bridge fdb replace $(ip -n db -br link show eth0 | awk '{print $3}') dev ch-web self permanent", [DB]
    ),
    "a host's end in another namespace": ("ip link set chvshop netns db", ["! veth shop eth0 (web)"]),
    "a VXLAN in another namespace": (
        "ip link set ch-fabric netns db", ["! vxlan ch-fabric (fabric)", *ON_THE_VXLAN]
    ),
    "a VXLAN's mark wiped off": ("ip link set ch-fabric alias ''", [VXLAN]),
    "a VXLAN's mark overwritten": ("ip link set ch-fabric alias 'rack 7'", [VXLAN]),
    "all marks wiped off": (
        "for each in ch-web ch-fabric chvshop chvdb; do ip link set $each alias ''; done", [BRIDGE, SHOP, DB, VXLAN]
    ),
}  # fmt: skip


# Addresses and a device's IPv6 without what the kernel makes with them, and settings by which nothing gets through.
SHIM = {"network": "lan", "parent": "eth0", "mac": "02:00:00:00:07:01", "interface": "chs-lan",
        "addresses": ["198.18.0.200/32", "fd00:18::200/128"], "routes": [{"dst": "198.18.0.130/32"}]}
ON_THE_LAN = {"network": "lan", "parent": "eth0", "mac": "02:00:00:00:07:02", "interface": "eth0",
              "sandbox": {"engine": "netns", "ref": "lanc"}, "addresses": ["198.18.0.130/24", "fd00:18::130/64"]}
TAKEN_AWAY = """
ip route del table local local 10.80.1.1 dev ch-web
ip route del table local broadcast 10.80.1.255 dev ch-web
ip -6 route del table local multicast ff00::/8 dev ch-web
ip -6 route del table local local fd00:80:1::1 dev ch-web
ip route flush table local dev ch-fabric
ip -6 route flush table local dev ch-fabric
ip route flush table local dev chs-lan
ip -6 route flush table local dev chs-lan
ip -n shop route flush table local dev eth0
ip -n shop -6 route del table local local fd00:80:1::2 dev eth0
ip -n shop route del table local local 127.0.0.1 dev lo
ip -n lanc -6 route flush table local
ip -n lanc route flush table local dev eth0
"""
SET = """
sysctl -qw net.ipv6.conf.ch-web.hop_limit=1 net.ipv6.conf.chs-lan.mtu=1280 net.ipv4.neigh.ch-web.mcast_solicit=0
sysctl -qw net.ipv6.neigh.ch-fabric.app_solicit=7 net.ipv6.neigh.chs-lan.ucast_solicit=0
sysctl -qw net.ipv4.conf.ch-fabric.drop_gratuitous_arp=1 net.ipv6.conf.ch-web.drop_unsolicited_na=1
ip netns exec shop sysctl -qw net.ipv6.conf.eth0.mtu=1281 net.ipv4.conf.eth0.drop_gratuitous_arp=1
ip netns exec lanc sysctl -qw net.ipv6.conf.eth0.hop_limit=3
"""
CHOSEN = """
sysctl -qw net.ipv6.conf.chs-lan.hop_limit=255 net.ipv4.neigh.chs-lan.mcast_solicit=9
sysctl -qw net.ipv4.neigh.ch-web.gc_stale_time=9
sysctl -qw net.ipv6.neigh.ch-fabric.base_reachable_time_ms=7000 net.ipv4.conf.ch-web.arp_notify=1
ip link set ch-web txqueuelen 7; ip link set chvdb promisc on allmulticast on; ip link set chs-lan gso_max_segs 9
"""
TOLD = """
ip neigh replace 198.18.0.130 lladdr 02:00:00:00:77:77 nud permanent dev chs-lan
ip -6 neigh replace fd00:18::130 lladdr 02:00:00:00:77:77 nud permanent dev chs-lan
"""
OF_THEM = [
    "~ netns shop (web)", "~ netns lanc (lan)", BRIDGE, SHOP, VXLAN,
    "~ macvlan chs-lan (lan)", "~ macvlan lanc eth0 (lan)",
]  # fmt: skip


def test_what_stops_traffic_is_mended_at_once_and_what_does_not_is_let_be(host, apply):
    document = web_and_fabric()
    document["netns"].append({"network": "lan", "name": "lanc"})
    document["macvlan"] = [SHIM, ON_THE_LAN]
    host.module("document", document=document)
    host.settle()
    host.run("sh", "-ec", CHOSEN)
    assert said(apply(document)) == []
    # Of others on the LAN nobody here knows better; and whom a container knows is its owner's business.
    theirs = "ip neigh replace 198.18.0.131 lladdr 02:00:00:00:77:78 nud permanent dev chs-lan"
    host.run("sh", "-ec", theirs)
    whole = settled(host)
    for by_hand, mended in ((TAKEN_AWAY, OF_THEM), (SET, OF_THEM[2:]), (TOLD, OF_THEM[-1:])):
        host.run("sh", "-ec", by_hand)
        assert said(apply(document)) == mended
        assert settled(host).splitlines() == whole.splitlines()


def test_what_others_have_put_on_a_device_stays_and_is_named_where_packets_are_lost_by_it(host, apply):
    document = web_and_fabric()
    host.module("document", document=document)
    host.run("tc", "qdisc", "replace", "dev", "ch-web", "root", "pfifo", "limit", "0")
    host.run("tc", "qdisc", "replace", "dev", "chvdb", "root", "pfifo", "limit", "100")
    assert said(apply(document)) == []
    devices = {"name": "seen", "kind": "devices", "to": "10.80.1.2", "by": "chvshop chvdb ch-web"}
    outcomes = host.module("probe", probes=[{"name": "sent", "to": "10.80.1.2", "tries": 1}, devices])["outcomes"]
    assert outcomes["sent"]["reason"]
    assert re.fullmatch(
        r"a queueing discipline of somebody else's on ch-web \(pfifo\) has dropped (\d+ packets|a packet):"
        r" `tc -s qdisc show dev ch-web`",
        outcomes["seen"]["reason"],
    )


def settled(host) -> str:
    host.settle()
    return host.snapshot()


@pytest.mark.parametrize(("by_hand", "repaired"), DAMAGE.values(), ids=DAMAGE)
def test_is_shown_exactly_and_repaired_in_one_run(host, apply, by_hand, repaired):
    host.module("document", document=web_and_fabric())
    whole = settled(host)
    host.run("sh", "-ec", by_hand)
    assert said(apply(web_and_fabric())) == repaired
    assert settled(host).splitlines() == whole.splitlines()


@pytest.mark.parametrize("alias", ["", "rack 7"])
def test_a_device_that_lost_its_mark_is_in_nobody_s_way(host, alias):
    """A run makes it ours again with all that hangs on it; a teardown after that leaves nothing."""
    before = host.snapshot()
    host.module("document", document=web_and_fabric())
    host.run("ip", "link", "set", "ch-fabric", "alias", alias)
    answer = host.module("document", document=web_and_fabric(), remove=["*"])
    assert said(answer) == [VXLAN]
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    host.run("sleep", "0.3")
    assert host.snapshot() == before


def test_a_teardown_takes_devices_that_lost_their_marks(host):
    before = host.snapshot()
    host.module("document", document=web_and_fabric())
    host.run("sh", "-ec", "for each in ch-web ch-fabric chvshop chvdb; do ip link set $each alias ''; done")
    assert not host.module("document", document=NOTHING, everything=True).get("failed")
    host.run("sleep", "0.3")
    assert host.snapshot() == before


def test_a_vxlan_that_somebody_has_tied_to_a_device_is_made_anew_if_that_is_allowed(host, apply, refused):
    document = web_and_fabric()
    host.module("document", document=document)
    host.run("ip", "link", "set", "ch-fabric", "type", "vxlan", "dev", "eth0")
    assert "would have to be re-created to change link (eth0 → none)" in refused(document)
    assert said(apply(document, recreate=True))[0] == "! vxlan ch-fabric (fabric)"


@pytest.mark.parametrize("kind", ["blackhole", "unreachable", "prohibit"])
def test_a_route_in_the_way_that_drops_is_named(host, refused, kind):
    host.run("ip", "route", "add", kind, "10.42.2.0/24", "metric", "1026")
    assert f"there is one already that is not ours ({kind} 10.42.2.0/24 metric 1026)" in refused(web_and_fabric())


def test_a_route_before_one_of_ours_that_has_its_place_is_named(host, refused):
    """The kernel takes the first of those that are alike; one behind ours does nothing."""
    host.module("document", document=web_and_fabric())
    there = ("10.42.2.0/24", "via", "198.18.0.2", "dev", "eth0", "metric", "1026")
    host.run("ip", "route", "prepend", *there)
    assert "(10.42.2.0/24 via 198.18.0.2 dev eth0 metric 1026)" in refused(web_and_fabric())
    host.run("ip", "route", "del", *there)
    host.run("ip", "route", "append", *there)
    assert not host.module("document", document=web_and_fabric())["changed"]


def test_options_of_a_task_s_bridge_that_nobody_says_are_left_alone(host):
    host.module("bridge", name="br-a", addresses=["10.9.0.1/24"])
    host.run("ip", "link", "set", "br-a", "mtu", "1400", "type", "bridge", "stp_state", "1")
    assert not host.module("bridge", name="br-a", addresses=["10.9.0.1/24"])["changed"]


def test_routes_that_drop_are_never_objects_of_ours_be_it_with_our_number(host, apply):
    """What keeps our networks closed is not theirs to remove who remove routes."""
    apply(web_and_fabric())
    fence = host.run("sh", "-c", "ip route show table all type blackhole; ip -6 route show table all type blackhole")
    assert said(apply(web_and_fabric())) == []
    assert host.run(
        "sh", "-c", "ip route show table all type blackhole; ip -6 route show table all type blackhole"
    ) == fence
