# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of our table of family bridge: what those who are connected to a bridge of ours may send at all.

A frame is seen by the port that it comes in by, before the bridge learns anything of it and before anybody gets it. The
table is there only while there are ports to be guarded: without it, no frame of any bridge is looked at.
"""

from __future__ import annotations

# Sets by what is in them; names are of both tables, so none is in both:
#   ports      devices whose senders are known: nothing else comes in by them
#   macs       each of them with the MAC of who is behind it
#   senders*   the same with an address of his
#   relayed*   each of them with networks that he routes for
#   tunnels    ports behind which are containers of other hosts
#   home*      each of them with the addresses of those of its network who are behind ports here
#
# A MAC and an IPv6 address are numbers here (the latter in two halves): a concatenation compares with what lies at some
# place of a packet only by the same type, and nft 1.0.6 has no word for the target and the options of a neighbour
# advertisement. A concatenation has five parts at most.
BRIDGE_FRAME = """
table bridge containerhost {
    set ports { type ifname; }
    set macs { typeof iifname . @ll,48,48; }
    set senders4 { typeof iifname . ether saddr . ip saddr; }
    set senders6 { typeof iifname . @ll,48,48 . @nh,64,64 . @nh,128,64; }
    set relayed4 { type ifname . ipv4_addr; flags interval; }
    set relayed6 { type ifname . ipv6_addr; flags interval; }
    set tunnels { type ifname; }
    set home4 { typeof iifname . ip saddr; }
    set home6 { typeof iifname . @nh,64,64 . @nh,128,64; }

    # Most packets need no second look-up. Frames for 01:80:c2:00:00:00 to ...0f do not come here, as a bridge does not
    # switch them: it is to learn nothing of those (`no_linklocal_learn`). All else does, before br_netfilter
    # (priority 0) and whatever others filter. `meta protocol` is that of the packet behind the tag of a VLAN,
    # `ether type` the frame's own: whoever tags what he sends would leave by an uplink into a VLAN that he is not on.
    # nft leaves out the one that follows from the other, and knows that only where the latter is written first.
    chain sent {
        type filter hook prerouting priority -300; policy accept;
        ether type ip meta protocol ip iifname . ether saddr . ip saddr @senders4 ip protocol != { igmp, 103 } accept
        ether type ip6 iifname . @ll,48,48 . @nh,64,64 . @nh,128,64 @senders6 meta l4proto != icmpv6 accept
        iifname @ports goto looked_at
        iifname @tunnels goto from_elsewhere
    }

    # `ether type` is that of the frame, with a tag of a VLAN before the packet: whose tag is that of VLAN 0 would be
    # read like one without.
    chain looked_at {
        iifname . @ll,48,48 != @macs drop
        ether type vmap { arp : goto asking, ip : goto without_address, ip6 : goto discovering }
        drop
    }
    chain asking {
        iifname . arp saddr ether . arp saddr ip @senders4 accept
        arp operation request arp saddr ip 0.0.0.0 iifname . arp saddr ether . arp daddr ip @senders4 accept
        drop
    }
    chain without_address {
        ip protocol igmp @th,0,8 { 0x12, 0x16, 0x17, 0x22 } goto reporting
        ip protocol { igmp, 103 } drop
        ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept
        iifname . ip saddr @relayed4 accept
        drop
    }
    # Of IGMP, only what he listens to or does so no more, in all versions. Who asks for that is a router: from then on,
    # the bridge has frames for a group go to those alone who have answered, for which a question may leave them hours.
    # Neighbours (IPv6) are asked for by such groups. Who says that he is a router, by PIM (protocol 103) or by the
    # discovery of RFC 4286 (IGMP 0x30, ICMPv6 151), has the frames for all groups come to him.
    chain reporting {
        ip saddr 0.0.0.0 accept
        iifname . ether saddr . ip saddr @senders4 accept
        iifname . ip saddr @relayed4 accept
        drop
    }

    # What is routed has passed a router; neighbours take only what has not (RFC 4861, hop limit 255).
    chain discovering {
        ip6 saddr :: goto without_address6
        iifname . @ll,48,48 . @nh,64,64 . @nh,128,64 @senders6 goto with_address6
        icmpv6 type 151 drop
        iifname . ip6 saddr @relayed6 ip6 hoplimit != 255 accept
        drop
    }
    chain without_address6 {
        icmpv6 type { mld-listener-report, mld-listener-done, mld2-listener-report } accept
        icmpv6 type nd-router-solicit ip6 nexthdr icmpv6 ip6 length 8 accept
        icmpv6 type nd-neighbor-solicit iifname . @ll,48,48 . @th,64,64 . @th,128,64 @senders6 goto neighbourly
        drop
    }
    # The last rule but one asks for a type, as a first fragment may end before that: others take it then as they like.
    chain with_address6 {
        icmpv6 type { nd-router-advert, nd-redirect, mld-listener-query, 151 } drop
        icmpv6 type nd-neighbor-advert iifname . @ll,48,48 . @th,64,64 . @th,128,64 != @senders6 drop
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } goto neighbourly
        icmpv6 type nd-router-solicit ip6 nexthdr icmpv6 ip6 length 8 accept
        icmpv6 type nd-router-solicit ip6 nexthdr icmpv6 ip6 length 16 @th,64,16 0x0101 \
            iifname . @th,80,48 @macs accept
        icmpv6 type nd-router-solicit drop
        icmpv6 type != nd-redirect accept
        drop
    }
    # The target is all, or what follows is one option: a link-layer address, his own, or a nonce (RFC 7527).
    chain neighbourly {
        ip6 nexthdr != icmpv6 drop
        ip6 length 24 accept
        ip6 length 32 @th,192,16 { 0x0101, 0x0201 } iifname . @th,208,48 @macs accept
        ip6 length 32 @th,192,16 0x0e01 accept
        drop
    }

    # Containers of other hosts have a filter there. What they could not send, and what speaks for those who are here,
    # is a host's that somebody else is root on.
    chain from_elsewhere {
        ether type ip meta protocol ip iifname . ip saddr != @home4 ip protocol != { igmp, 103 } accept
        ether type ip meta protocol ip iifname . ip saddr != @home4 ip protocol igmp \
            @th,0,8 { 0x12, 0x16, 0x17, 0x22 } accept
        ether type ip6 meta protocol ip6 iifname . @nh,64,64 . @nh,128,64 != @home6 goto discovering_from_elsewhere
        ether type != arp drop
        iifname . arp saddr ip @home4 drop
        arp saddr ip 0.0.0.0 iifname . arp daddr ip @home4 drop
        accept
    }
    chain discovering_from_elsewhere {
        meta l4proto != icmpv6 accept
        icmpv6 type { nd-router-advert, nd-redirect, mld-listener-query, 151 } drop
        icmpv6 type nd-neighbor-advert iifname . @th,64,64 . @th,128,64 @home6 drop
        ip6 saddr :: icmpv6 type nd-neighbor-solicit iifname . @th,64,64 . @th,128,64 @home6 drop
        icmpv6 type != nd-redirect accept
        drop
    }
}
"""

BRIDGE_SETS = frozenset(
    line.split()[1] for line in BRIDGE_FRAME.splitlines() if line.split()[:1] == ["set"]
)
