# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of our nftables table: a fixed frame of chains, with sets and maps for what networks need.

The rules never change; what a network needs is elements. So a packet's way is a few look-ups however many ports are
published, and one more port is one element.
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.bridge_frame import BRIDGE_SETS
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.publish_frame import (
    LEAVING_CHAINS,
    PUBLISH_CHAINS,
)

# Elements by set: an element's key, in nft's words, to its value (of a map) and its comment.
Elements = t.Dict[str, t.Dict[str, t.Tuple[t.Optional[str], str]]]

TABLE = "containerhost"

# Sets by what is in them:
#   ours       devices of ours that packets are routed through
#   same       each of these devices twice: frames that a bridge only switches come in and go out by it
#   seen       the same, of devices that are not ours: packets add them
#   borrowed*  interfaces that are not ours whose forwarding we switched on (4, 6), or families that we did
#   guarded    devices of ours that nothing unasked for may be forwarded to
#   internal   devices of ours whose containers have no way out
#   inward     devices of ours that lead to other devices of ours only
#   switched*  devices of ours that only switch: of this family, nothing is routed from there, or is for the host
#   sourced    devices of ours whose senders have the addresses in sources*, and no others
#   sealed     devices of ours that alone lead to the addresses in their sources*: in plain text, nothing else does
#   secret*    these addresses, of whichever device
#   closed     devices of ours whose senders reach only host_ports of this host
#   own_ports  devices of ours with the ports of this host that their tunnels have
#   inside*    these addresses, of whichever device
#   beyond*    interfaces that are not ours, and such of these addresses as come by them
#   accepted   pairs of devices (in, out) that may reach each other
#   direct*    interfaces that are not ours, devices of ours, and addresses that are behind one another there
#   local*     source and destination that keep their addresses
#   masquerade*  sources that leave under the host's address
#   outbound*  those of them that leave under one that is said
#   answers*   sources of answers, and addresses under which they were asked, to the mark of the way that these have
#   publish*   protocol and port of the host (…_at: and its address) to a container's address and port
#   ranges*    the same of several ports at once that are the same ones there: to a container's address
#   publish*_by  the same by the interface that packets come in by
#   here*      the addresses at which this host and its containers reach those
#   behind*    containers' addresses, by protocol, that would answer under another: they see their gateway instead
#   at*        the ports that are published at an address
#   wherever*  ports published at an address that is no single interface's: on a loopback or dummy device
#   limited*   published ports that are not for everybody
#   admitted*  who may reach them, from outside this host
#   open*, permitted_open*  containers' ports that may be reached under their own address, by anybody or by some
#   taken      ports of this host that are published, or a tunnel's: nothing that a container begins leaves by them
#   owned*     containers' ports, by address and protocol, that are published as the same ones: their own
#   sent_from* UDP ports of this host to the addresses of its own that packets leave under; not_from*: it has not got
#              these, and packets stay as they are
#   filtered_vnis  VXLAN networks, by UDP port and VNI, that take packets from vteps* only
#   filtered_ports  their UDP ports
_BEGINNING = """
table inet containerhost {
    set ours { type ifname; }
    set same { type ifname . ifname; }
    set seen { type ifname . ifname; flags dynamic; size 4096; }
    set borrowed4 { type ifname; }
    set borrowed6 { type ifname; }
    set borrowed_families { type nf_proto; }
    set guarded { type ifname; }
    set internal { type ifname; }
    set inward { type ifname; }
    set switched4 { type ifname; }
    set switched6 { type ifname; }
    set sourced { type ifname; }
    set sealed { type ifname; }
    set secret4 { type ipv4_addr; flags interval; }
    set secret6 { type ipv6_addr; flags interval; }
    set closed { type ifname; }
    set host_ports { type ifname . inet_proto . inet_service; flags interval; }
    set own_ports { type ifname . inet_proto . inet_service; flags interval; }
    set sources4 { type ifname . ipv4_addr; flags interval; }
    set sources6 { type ifname . ipv6_addr; flags interval; }
    set inside4 { type ipv4_addr; flags interval; }
    set inside6 { type ipv6_addr; flags interval; }
    set beyond4 { type ifname . ipv4_addr; flags interval; }
    set beyond6 { type ifname . ipv6_addr; flags interval; }
    set accepted { type ifname . ifname; }
    set direct4 { type ifname . ifname . ipv4_addr; flags interval; }
    set direct6 { type ifname . ifname . ipv6_addr; flags interval; }
    set local4 { type ipv4_addr . ipv4_addr; flags interval; }
    set local6 { type ipv6_addr . ipv6_addr; flags interval; }
    set masquerade4 { type ipv4_addr; flags interval; }
    set masquerade6 { type ipv6_addr; flags interval; }
    map answers4 { type ipv4_addr . ipv4_addr : mark; flags interval; }
    map answers6 { type ipv6_addr . ipv6_addr : mark; flags interval; }
    map outbound4 { type ipv4_addr : ipv4_addr; flags interval; }
    map outbound6 { type ipv6_addr : ipv6_addr; flags interval; }
    map publish4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
    map publish6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
    map publish4_at { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }
    map publish6_at { type inet_proto . ipv6_addr . inet_service : ipv6_addr . inet_service; }
    map ranges4 { type inet_proto . inet_service : ipv4_addr; flags interval; }
    map ranges6 { type inet_proto . inet_service : ipv6_addr; flags interval; }
    map ranges4_at { type inet_proto . ipv4_addr . inet_service : ipv4_addr; flags interval; }
    map ranges6_at { type inet_proto . ipv6_addr . inet_service : ipv6_addr; flags interval; }
    map publish4_by { type ifname . inet_proto . inet_service : ipv4_addr . inet_service; }
    map publish6_by { type ifname . inet_proto . inet_service : ipv6_addr . inet_service; }
    map here4 { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }
    map here6 { type inet_proto . ipv6_addr . inet_service : ipv6_addr . inet_service; }
    set behind4 { type ipv4_addr . inet_proto; }
    set behind6 { type ipv6_addr . inet_proto; }
    set at_ranges4 { type inet_proto . ipv4_addr . inet_service; flags interval; }
    set at_ranges6 { type inet_proto . ipv6_addr . inet_service; flags interval; }
    set wherever_ranges4 { type inet_proto . ipv4_addr . inet_service; flags interval; }
    set wherever_ranges6 { type inet_proto . ipv6_addr . inet_service; flags interval; }
    set limited_ranges4 { type inet_proto . inet_service; flags interval; }
    set limited_ranges6 { type inet_proto . inet_service; flags interval; }
    set limited_ranges4_at { type inet_proto . ipv4_addr . inet_service; flags interval; }
    set limited_ranges6_at { type inet_proto . ipv6_addr . inet_service; flags interval; }
    set limited4_by { type ifname . inet_proto . inet_service; }
    set limited6_by { type ifname . inet_proto . inet_service; }
    set admitted4_by { type ifname . ipv4_addr . inet_proto . inet_service; flags interval; }
    set admitted6_by { type ifname . ipv6_addr . inet_proto . inet_service; flags interval; }
    set at4 { type inet_proto . ipv4_addr . inet_service; }
    set at6 { type inet_proto . ipv6_addr . inet_service; }
    set wherever4 { type inet_proto . ipv4_addr . inet_service; }
    set wherever6 { type inet_proto . ipv6_addr . inet_service; }
    set limited4 { type inet_proto . inet_service; }
    set limited6 { type inet_proto . inet_service; }
    set limited4_at { type inet_proto . ipv4_addr . inet_service; }
    set limited6_at { type inet_proto . ipv6_addr . inet_service; }
    set admitted4 { type ipv4_addr . inet_proto . inet_service; flags interval; }
    set admitted6 { type ipv6_addr . inet_proto . inet_service; flags interval; }
    set admitted4_at { type ipv4_addr . inet_proto . ipv4_addr . inet_service; flags interval; }
    set admitted6_at { type ipv6_addr . inet_proto . ipv6_addr . inet_service; flags interval; }
    set open4 { type ipv4_addr . inet_proto . inet_service; }
    set open6 { type ipv6_addr . inet_proto . inet_service; }
    set permitted_open4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags interval; }
    set permitted_open6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags interval; }
    set taken { type inet_proto . inet_service; flags interval; }
    set owned4 { type ipv4_addr . inet_proto . inet_service; flags interval; }
    set owned6 { type ipv6_addr . inet_proto . inet_service; flags interval; }
    map sent_from4 { type inet_service : ipv4_addr; }
    map sent_from6 { type inet_service : ipv6_addr; }
    set not_from4 { type inet_service . ipv4_addr; }
    set not_from6 { type inet_service . ipv6_addr; }
    set filtered_ports { type inet_service; }
    set filtered_vnis { typeof udp dport . @th,96,24; }
    set vteps4 { typeof ip saddr . udp dport . @th,96,24; }
    set vteps6 { typeof ip6 saddr . udp dport . @th,96,24; }

    # 127.0.0.0/8 is on no wire. The kernel looks for such packets when it routes them, which is after addresses have
    # been translated, and not at all where route_localnet is on (CVE-2020-8558).
    chain loopback_is_private {
        type filter hook prerouting priority raw; policy accept;
        ip daddr 127.0.0.0/8 iifname != "lo" drop
        ip saddr 127.0.0.0/8 iifname != "lo" drop
    }

    # What an encrypted network's members send each other goes by its tunnel, and in plain text by no interface: neither
    # as the answer to something, nor where a route is missing.
    chain unsealed_in {
        type filter hook prerouting priority raw; policy accept;
        ip saddr @secret4 iifname != @ours iifname != "lo" iifname . ip saddr != @beyond4 drop
        ip6 saddr @secret6 iifname != @ours iifname != "lo" iifname . ip6 saddr != @beyond6 drop
    }
    # After addresses have been translated, and ports with them: the kernel takes another port where one is in use.
    chain unsealed_out {
        type filter hook postrouting priority 110; policy accept;
        ip daddr @secret4 oifname != @ours oifname != "lo" oifname . ip daddr != @beyond4 drop
        ip6 daddr @secret6 oifname != @ours oifname != "lo" oifname . ip6 daddr != @beyond6 drop
        ct state new ct status & (snat | dnat) == snat jump leaving_as
    }

    # What a helper of connection tracking (SIP) has read in a container's packets: from whom something comes next,
    # and to which port of this host. It could name another's, or a tunnel's. It is looked at before addresses are
    # translated; the sender's next packet goes where all others do.
    chain helped {
        type filter hook prerouting priority mangle; policy accept;
        ct state related ct status expected fib daddr type local jump expected
    }
    chain expected {
        ct reply ip saddr . meta l4proto . th dport @owned4 return
        ct reply ip6 saddr . meta l4proto . th dport @owned6 return
        meta l4proto . th dport @taken drop
    }

    # Unmarked packets are not routed to our networks (state/nftables/fence.py): without this table, none is.
    chain fence {
        type filter hook prerouting priority 250; policy accept;
        ct state new,related,invalid,untracked iifname != "lo" jump speaking
        meta mark != 0 accept
        meta mark set 0x10000000
        ct status dnat jump answering
        ct state new,invalid,untracked meta iifkind "bridge" iifname != @ours jump counting
    }
    # What is answered by an uplink with a routing table of its own (state/source_routing.py), and what was asked.
    chain answering {
        ct direction original goto asked
        meta mark set ip saddr . ct original ip daddr map @answers4
        meta mark set ip6 saddr . ct original ip6 daddr map @answers6
    }
    chain asked {
        iifname @ours return
        meta mark set ip daddr . ct original ip daddr map @answers4 meta mark set meta mark | 0x40000000 accept
    }
    # Under which address anybody begins something, be it with the host itself, which would answer to there. It is asked
    # before connection tracking remembers it, as what looks like the answer would be let through. Under br_netfilter,
    # frames that are only switched are remembered, too. Some have no address yet, and some are of no network.
    chain speaking {
        iifname != @ours goto forged
        iifname != @sourced return
        ct state related,invalid,untracked jump telling
        ip saddr 0.0.0.0 return
        ip6 saddr { ::, fe80::/10 } return
        meta nfproto ipv4 iifname . ip saddr != @sources4 drop
        meta nfproto ipv6 iifname . ip6 saddr != @sources6 drop
    }
    # An error is told of a packet that whoever tells it was to get, or has sent. Of others, the host would believe that
    # their way has a smaller MTU: connection tracking knows the ports, and a tunnel's are no secret.
    chain telling {
        icmp type { destination-unreachable, source-quench, redirect, time-exceeded, parameter-problem } goto told
        icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } goto told
    }
    chain told {
        ct state != related drop
        iifname . ct original ip saddr @sources4 return
        iifname . ct original ip daddr @sources4 return
        iifname . ct reply ip saddr @sources4 return
        iifname . ct original ip6 saddr @sources6 return
        iifname . ct original ip6 daddr @sources6 return
        iifname . ct reply ip6 saddr @sources6 return
        ct original ip6 daddr fe80::/10 return
        drop
    }
    chain forged {
        iifname . ip saddr @beyond4 return
        iifname . ip6 saddr @beyond6 return
        ip saddr @inside4 drop
        ip6 saddr @inside6 drop
    }
    # Frames that a bridge switches and packets that it gives the host to route come in and go out by it alike, where
    # br_netfilter shows both. What is routed has one less of its time to live by then: so it is odd where it was even.
    chain counting {
        meta mark set 0x20000000
        ip ttl & 1 == 1 meta mark set 0x30000000
        ip6 hoplimit & 1 == 1 meta mark set 0x30000000
    }

    # Frames for 01:80:c2:00:00:00 to ...0f come by a port, past its bridge, and hold no packets, whoever has made it a
    # port, as engines do with their own. @th,96,24 is the VNI (RFC 7348): a port alone meets other overlays. For
    # containers it is that: UDP_SEGMENT hides what follows.
    chain arriving {
        type filter hook input priority raw; policy accept;
        meta mark & 0xcfffffff == 0 meta mark set 0
        meta mark & 0xb00fffff == 0x10000000 meta mark set 0
        @ll,0,40 0x0180c20000 drop
        meta nfproto ipv4 iifname @switched4 drop
        meta nfproto ipv6 iifname @switched6 drop
        iifname @closed jump visiting
        udp dport @filtered_ports iifname @ours drop
        udp dport . @th,96,24 @filtered_vnis goto tunnelled
    }
    # From a member, at the address that others know this host by (it is a member, too), by the interface which has it:
    # whoever is on another segment of the host's can write a member's address into his packets as well. Addresses that
    # are no interface's, on a loopback or dummy device, are reached by the way that leads back to the member.
    chain tunnelled {
        ip saddr . udp dport . @th,96,24 != @vteps4 drop
        ip6 saddr . udp dport . @th,96,24 != @vteps6 drop
        ip daddr . udp dport . @th,96,24 @vteps4 fib daddr . iif type local accept
        ip6 daddr . udp dport . @th,96,24 @vteps6 fib daddr . iif type local accept
        fib daddr type multicast accept
        fib saddr . iif oif missing drop
    }

    chain visiting {  # who may ask for a neighbour (RFC 4861) is the device's affair, as ARP is on IPv4
        ct state established,related return
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } return
        iifname . meta l4proto . th dport @host_ports return
        drop
    }
"""
_REST = """
    # Who begins something, and with which address; replies are let through, by whichever way they come.
    chain beginning {
        meta mark & 0xefffffff == 0x20000000 jump counted
        meta iifkind "bridge" iifname . oifname @same goto back
        goto routed
    }
    # What comes from a bridge: 0x20000000 says from here on that it is routed, 0x30000000 that it is switched.
    chain counted {
        meta mark 0x20000000 ip ttl & 1 == 0 meta mark set 0x30000000 return
        meta mark 0x20000000 ip6 hoplimit & 1 == 0 meta mark set 0x30000000 return
        meta mark 0x30000000 ip ttl & 1 == 0 meta mark set 0x20000000
        meta mark 0x30000000 ip6 hoplimit & 1 == 0 meta mark set 0x20000000
    }
    # By the bridge that it came from. Where somebody else has marked it, it is not known which of the two it is.
    chain back {
        meta mark 0x20000000 goto routed
        meta mark 0x30000000 meta mark set 0
    }
    # What was not routed before we came is not begun now, unless one end is ours, or somebody else has given it another
    # address.
    chain routed {
        meta nfproto ipv4 iifname @borrowed4 oifname != @ours ct status & dnat == 0 drop
        meta nfproto ipv6 iifname @borrowed6 oifname != @ours ct status & dnat == 0 drop
        meta nfproto @borrowed_families iifname != @ours oifname != @ours ct status & dnat == 0 jump strangers
        iifname @inward oifname != @ours drop
        meta nfproto ipv4 iifname @switched4 iifname . oifname != @same drop
        meta nfproto ipv6 iifname @switched6 iifname . oifname != @same drop
        ct state invalid,untracked iifname @ours oifname != @ours jump unchanged
        meta mark & 0xcfffffff == 0 meta mark set 0
    }
    # What connection tracking does not know, or is told not to look at, keeps its address: so it stays.
    chain unchanged {
        ip saddr @masquerade4 ip saddr . ip daddr != @local4 drop
        ip6 saddr @masquerade6 ip6 saddr . ip6 daddr != @local6 drop
    }
    # Any bridge may have switched it: then it goes out by the device that it came in by.
    chain strangers {
        meta iifkind != "bridge" drop
        meta mark 0x20000000 drop
        add @seen { iifname . iifname }
        iifname . oifname @seen return
        drop
    }
    # The narrower of the ways to both ends: who sends more waits for an ICMP error that he may never get.
    chain fitting {
        iifname @ours tcp option maxseg size set rt mtu return
        oifname @ours tcp option maxseg size set rt mtu
    }
    # What its sender has routed by this host (RFC 791, loose source and record route) is for an address of the host's
    # until it leaves: connection tracking takes it for what the sender and the host say to each other.
    chain passing {
        type filter hook forward priority filter; policy accept;
        ip hdrlength > 5 fib daddr type local drop
        tcp flags & (syn | rst) == syn jump fitting
        meta mark & 0xb00fffff == 0x10000000 meta mark set 0
        udp dport @filtered_ports iifname @ours iifname . oifname != @same drop
        ct state established iifname != @internal accept
        ct state new,invalid,untracked jump beginning
        iifname . oifname @accepted accept
        iifname . oifname . ip saddr @direct4 accept
        iifname . oifname . ip6 saddr @direct6 accept
        oifname . iifname . ip daddr @direct4 accept
        oifname . iifname . ip6 daddr @direct6 accept
        oifname . iifname @accepted ct state established,related ct direction reply accept
        iifname @internal drop
        oifname != @guarded accept
        ct state related accept
        ct status dnat accept
        ip daddr . meta l4proto . th dport @open4 accept
        ip6 daddr . meta l4proto . th dport @open6 accept
        ip saddr . ip daddr . meta l4proto . th dport @permitted_open4 accept
        ip6 saddr . ip6 daddr . meta l4proto . th dport @permitted_open6 accept
        drop
    }
}
"""

FRAME = _BEGINNING + PUBLISH_CHAINS + LEAVING_CHAINS + _REST
_OWN_SETS = frozenset(line.split()[1] for line in FRAME.splitlines() if line.split()[:1] in (["set"], ["map"]))
SET_NAMES = _OWN_SETS | BRIDGE_SETS
_DEVICES = "ours borrowed4 borrowed6 guarded internal inward switched4 switched6 sourced sealed closed accepted same"
_DEVICES += " ports tunnels"
OF_DEVICES = frozenset(_DEVICES.split())
# Their keys begin with so many devices; what follows is an address, or a port.
_FROM_ONE = "sources4 sources6 host_ports own_ports "
_FROM_ONE += "publish4_by publish6_by limited4_by limited6_by admitted4_by admitted6_by"
_OF_PORTS = {*BRIDGE_SETS, "beyond4", "beyond6"} - OF_DEVICES
FROM_DEVICES = {**dict.fromkeys([*_FROM_ONE.split(), *_OF_PORTS], 1), "direct4": 2, "direct6": 2}
