# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chains of our table that translate addresses: by which published ports lead to containers, and by which packets
leave under another address. The sets are in ``nft_frame.py``."""

from __future__ import annotations

PUBLISH_CHAINS = """
    # What begins elsewhere under the address of a container is forged: those leave by devices of ours only. A limit
    # belongs to one published port: it is looked up where that port is.
    chain arrived {
        ip saddr @masquerade4 iifname != @ours drop
        ip6 saddr @masquerade6 iifname != @ours drop
        meta l4proto . ip daddr . th dport @at4 goto arrived_there
        meta l4proto . ip6 daddr . th dport @at6 goto arrived_there
        meta l4proto . ip daddr . th dport @at_ranges4 goto arrived_there
        meta l4proto . ip6 daddr . th dport @at_ranges6 goto arrived_there
        goto arrived_anywhere
    }
    # A port that is published at an address is reached by the interface that has it, and by containers.
    chain arrived_there {
        iifname @ours goto arrived_at
        fib daddr . iif type local goto arrived_at
        meta l4proto . ip daddr . th dport @wherever4 goto arrived_at
        meta l4proto . ip6 daddr . th dport @wherever6 goto arrived_at
        meta l4proto . ip daddr . th dport @wherever_ranges4 goto arrived_at
        meta l4proto . ip6 daddr . th dport @wherever_ranges6 goto arrived_at
        goto arrived_anywhere
    }
    chain arrived_at {
        meta l4proto . ip daddr . th dport @limited4_at \
            ip saddr . meta l4proto . ip daddr . th dport != @admitted4_at drop
        meta l4proto . ip6 daddr . th dport @limited6_at \
            ip6 saddr . meta l4proto . ip6 daddr . th dport != @admitted6_at drop
        meta l4proto . ip daddr . th dport @limited_ranges4_at \
            ip saddr . meta l4proto . ip daddr . th dport != @admitted4_at drop
        meta l4proto . ip6 daddr . th dport @limited_ranges6_at \
            ip6 saddr . meta l4proto . ip6 daddr . th dport != @admitted6_at drop
        meta nfproto ipv4 dnat ip to meta l4proto . ip daddr . th dport map @publish4_at
        meta nfproto ipv6 dnat ip6 to meta l4proto . ip6 daddr . th dport map @publish6_at
        meta nfproto ipv4 dnat ip to meta l4proto . ip daddr . th dport map @ranges4_at
        meta nfproto ipv6 dnat ip6 to meta l4proto . ip6 daddr . th dport map @ranges6_at
        goto arrived_anywhere
    }
    chain arrived_anywhere {
        iifname . meta l4proto . th dport @limited4_by \
            iifname . ip saddr . meta l4proto . th dport != @admitted4_by drop
        iifname . meta l4proto . th dport @limited6_by \
            iifname . ip6 saddr . meta l4proto . th dport != @admitted6_by drop
        meta nfproto ipv4 dnat ip to iifname . meta l4proto . th dport map @publish4_by
        meta nfproto ipv6 dnat ip6 to iifname . meta l4proto . th dport map @publish6_by
        iifname @ours jump arrived_from_containers
        meta nfproto ipv4 meta l4proto . th dport @limited4 \
            ip saddr . meta l4proto . th dport != @admitted4 drop
        meta nfproto ipv6 meta l4proto . th dport @limited6 \
            ip6 saddr . meta l4proto . th dport != @admitted6 drop
        meta nfproto ipv4 meta l4proto . th dport @limited_ranges4 \
            ip saddr . meta l4proto . th dport != @admitted4 drop
        meta nfproto ipv6 meta l4proto . th dport @limited_ranges6 \
            ip6 saddr . meta l4proto . th dport != @admitted6 drop
        meta nfproto ipv4 dnat ip to meta l4proto . th dport map @publish4
        meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @publish6
        meta nfproto ipv4 dnat ip to meta l4proto . th dport map @ranges4
        meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @ranges6
    }
    chain arrived_from_containers {
        meta l4proto . ip daddr . th dport @limited4_at \
            ip saddr . meta l4proto . ip daddr . th dport != @admitted4_at drop
        meta l4proto . ip6 daddr . th dport @limited6_at \
            ip6 saddr . meta l4proto . ip6 daddr . th dport != @admitted6_at drop
        meta nfproto ipv4 dnat ip to meta l4proto . ip daddr . th dport map @here4
        meta nfproto ipv6 dnat ip6 to meta l4proto . ip6 daddr . th dport map @here6
    }
    chain from_elsewhere {
        type nat hook prerouting priority dstnat; policy accept;
        fib daddr type local jump arrived
    }

    # The host itself is never limited.
    chain published {
        meta nfproto ipv4 dnat ip to meta l4proto . ip daddr . th dport map @publish4_at
        meta nfproto ipv4 dnat ip to meta l4proto . ip daddr . th dport map @ranges4_at
        meta nfproto ipv4 dnat ip to meta l4proto . ip daddr . th dport map @here4
        meta nfproto ipv4 dnat ip to meta l4proto . th dport map @publish4
        meta nfproto ipv4 dnat ip to meta l4proto . th dport map @ranges4
        meta nfproto ipv6 dnat ip6 to meta l4proto . ip6 daddr . th dport map @publish6_at
        meta nfproto ipv6 dnat ip6 to meta l4proto . ip6 daddr . th dport map @ranges6_at
        meta nfproto ipv6 dnat ip6 to meta l4proto . ip6 daddr . th dport map @here6
        meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @publish6
        meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @ranges6
    }
    chain from_this_host {
        type nat hook output priority -100; policy accept;
        fib daddr type local jump published
    }
"""

LEAVING_CHAINS = """
    # Hairpins first: a container that reaches a published port of its own network, and this host on its loopback.
    chain leaving {
        type nat hook postrouting priority srcnat; policy accept;
        ct status dnat ip saddr 127.0.0.0/8 masquerade
        ct status dnat ip daddr . meta l4proto @behind4 masquerade
        ct status dnat ip6 daddr . meta l4proto @behind6 masquerade
        ct status dnat ip saddr . ip daddr @local4 masquerade
        ct status dnat ip6 saddr . ip6 daddr @local6 masquerade
        ip saddr . ip daddr @local4 return
        ip6 saddr . ip6 daddr @local6 return
        ip daddr 224.0.0.0/4 return
        ip6 daddr ff00::/8 return
        oifname != @ours meta l4proto != { tcp, udp, sctp, icmp, icmpv6 } jump leaving_whole
        meta l4proto . th sport @taken jump leaving_aside
        snat ip to ip saddr map @outbound4
        snat ip6 to ip6 saddr map @outbound6
        ip saddr @masquerade4 masquerade
        ip6 saddr @masquerade6 masquerade
    }

    # Without ports (GRE, ESP, IP in IP), whatever the host itself has from there would be the answer: its own tunnels'.
    chain leaving_whole {
        ip saddr @masquerade4 drop
        ip6 saddr @masquerade6 drop
    }
    # By a port that is taken, whatever others send there from where a container has sent something would be led to it,
    # as the answer: to another's published port, be it another member's packets for the overlay (CVE-2021-3773's kind).
    chain leaving_aside {
        ip saddr . meta l4proto . th sport @owned4 return
        ip6 saddr . meta l4proto . th sport @owned6 return
        meta l4proto { tcp, udp, sctp } snat ip to ip saddr map @outbound4:61000-65535 random
        meta l4proto { tcp, udp, sctp } snat ip6 to ip6 saddr map @outbound6:61000-65535 random
        meta l4proto { tcp, udp, sctp } ip saddr @masquerade4 masquerade to :61000-65535 random
        meta l4proto { tcp, udp, sctp } ip6 saddr @masquerade6 masquerade to :61000-65535 random
    }

    # Nor by one that the kernel has found for it; the next packet finds another one.
    chain leaving_as {
        meta l4proto . th sport != @taken return
        ct original ip saddr . meta l4proto . th sport @owned4 return
        ct original ip6 saddr . meta l4proto . th sport @owned6 return
        ct original ip saddr @masquerade4 drop
        ct original ip6 saddr @masquerade6 drop
    }

    # Before connection tracking: translated, it would be another connection than what comes in, and get another port.
    chain sending {
        type route hook output priority raw; policy accept;
        ip saddr set udp sport map @sent_from4
        ip6 saddr set udp sport map @sent_from6
    }
"""
