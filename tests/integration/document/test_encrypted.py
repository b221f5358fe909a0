# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A segment across hosts whose frames nobody on the underlay reads or forges, by whichever WireGuard there is here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.module_utils import probing
from ansible_collections.containerhost.network.plugins.plugin_utils.verify import probes
from ansible_collections.containerhost.network.tests.integration.document.attackers import frame, udp, vxlan
from ansible_collections.containerhost.network.tests.integration.document.test_wireguard import (
    KeyedMembers,
    arrived,
    assert_known_by_their_own,
    takes_another,
)
from ansible_collections.containerhost.network.tests.integration.document.verification import Verification

POND = """
containerhost_networks:
  pond: {driver: overlay, mode: bridged, vni: 44, encrypted: true, subnets: [10.44.0.0/24, "fd00:44::/64"]}
"""
HOST = "{containerhost_underlay_address: '%s/%d', containerhost_containers: {c%d: {networks: {pond: }}}}"
UNDERLAYS = {4: "198.18.9.{}", 6: "fd00:18:9::{}"}
# On the switch that joins the hosts: what they send each other otherwise than by WireGuard.
LISTENER = """
nft add table bridge listener
nft add chain bridge listener forward '{ type filter hook forward priority 0; }'
nft add rule bridge listener forward udp dport != 51820 counter
nft add rule bridge listener forward meta l4proto != { udp, ipv6-icmp } meta protocol { ip, ip6 } counter
ip addr add 198.18.9.99/24 dev sw; ip addr add fd00:18:9::99/64 dev sw nodad
"""
SEND = """
import socket, sys
to, data = sys.argv[1], bytes.fromhex(sys.argv[2])
for port in (4789, 8472, 51820):
    socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM).sendto(data, (to, port))
"""


def members(folder: Path, version: int = 4) -> KeyedMembers:
    hosts = {
        f"h{n}": HOST % (UNDERLAYS[version].format(n), {4: 24, 6: 64}[version], n) for n in (1, 2)
    }
    return KeyedMembers(folder, POND, **hosts)


@pytest.fixture
def pond(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[KeyedMembers]:
    """On IPv4, unless the parameters say otherwise."""
    fleet = members(tmp_path, *getattr(request, "param", ()))
    yield fleet
    fleet.end()


def is_whole_at(pond: KeyedMembers, mtu: int) -> None:
    """Packets of exactly that size pass, and none of a byte more."""
    assert pond.plan().fleet.networks["pond"].mtu == mtu
    for address, headers in zip(pond.addresses("pond")["h2", "c2"], (28, 48), strict=True):
        assert pond.reaches("h1", "c1", address, "-Mdo", f"-s{mtu - headers}")
        assert not pond.reaches("h1", "c1", address, "-Mdo", f"-s{mtu - headers + 1}")


@pytest.mark.parametrize("pond", [(6,)], indirect=True)
def test_the_underlay_may_be_ipv6(pond: KeyedMembers) -> None:
    takes_another(pond, 64, "fd00:18:9::10{}")
    pond.ask_for_keys()
    pond.site()
    assert pond.pings("pond") == []
    assert_known_by_their_own(pond)
    is_whole_at(pond, 1350)


def test_everybody_is_on_the_segment_and_the_underlay_sees_wireguard_alone(
    pond: KeyedMembers, monkeypatch: pytest.MonkeyPatch
) -> None:
    pond.ask_for_keys()
    pond.site()
    pond.on_the_switch(LISTENER)
    assert pond.pings("pond") == []
    is_whole_at(pond, 1370)
    assert pond.read_on_the_switch() == ["0", "0"]
    forged_in_the_clear(pond)
    damaged(pond)
    monkeypatch.setattr(probing, "TIMEOUT", 0.5)
    monkeypatch.setattr(probing, "TRIES", 1)
    monkeypatch.setattr(probes, "PATIENT", {})
    unheard(pond)
    gone(pond)


def forged_in_the_clear(pond: KeyedMembers) -> None:
    """Nobody on the underlay has a frame taken for one of a member's, whatever port he sends it to."""
    endpoints = pond.plan().fleet.networks["pond"].endpoints
    (one,), (two,) = endpoints["h1"], endpoints["h2"]
    inner = frame(one.mac, two.mac, udp(str(two.address_of(4)), str(one.address_of(4)), 5000, 6000, b"forged"))
    before = arrived(pond, "h1", "c1")
    to = pond.variables["h1"]["containerhost_underlay_address"].partition("/")[0]
    pond.on_the_switch(f"python3 -c '{SEND}' {to} {vxlan(44, inner).hex()}")
    assert pond.reaches("h2", "c2", str(one.address_of(4)))
    after = arrived(pond, "h1", "c1")
    assert (int(after[0]) - int(before[0]), after[1:]) == (1, before[1:])


def damaged(pond: KeyedMembers) -> None:
    """One run finds and mends whatever somebody has done to it, and says what."""
    h1 = pond.hosts["h1"]
    inner = json.loads(h1.run("ip", "-j", "-6", "addr", "show", "dev", "chw-pond"))[0]["addr_info"][0]["local"]
    h1.run("ip", "addr", "del", f"{inner}/64", "dev", "chw-pond")
    h1.run("ip", "addr", "add", "fe80::bad/64", "dev", "chw-pond")
    assert pond.site() == {"h1": ["wireguard chw-pond (pond)"], "h2": []}
    h1.run("ip", "route", "del", "fe80::/64", "dev", "chw-pond")
    h1.run("sh", "-c", "bridge fdb del 00:00:00:00:00:00 dev ch-pond dst $(bridge fdb show dev ch-pond"
           " | sed -n 's/^00:00:00:00:00:00 dst \\([^ ]*\\).*/\\1/p' | head -n1) via chw-pond")  # fmt: skip
    assert len(pond.site()["h1"]) == 2
    assert pond.pings("pond") == []
    # With a tunnel that has died, the VXLAN at its address has gone as well.
    h1.run("ip", "link", "del", "chw-pond")
    assert "ch-pond" not in h1.run("ip", "-o", "link")
    pond.site()
    assert pond.pings("pond") == []


def unheard(pond: KeyedMembers) -> None:
    """Hosts whose tunnel is shut off on the way are told as such that have never shaken hands."""
    pond.on_the_switch(
        "nft 'add table bridge shut; add chain bridge shut f { type filter hook forward priority 0; };"
        " add rule bridge shut f udp dport 51820 drop'"
    )
    plan = pond.plan()
    for name, host in pond.hosts.items():
        host.run("ip", "link", "del", "chw-pond")
        pond.apply(plan, name, remove=True)
    problems = Verification(pond).problems()
    for one, other in (("h1", "h2"), ("h2", "h1")):
        said = f"it ends at {one}'s handshake with {other} (there never was a handshake). The hosts reach each other"
        assert [each for each in problems if said in each], problems


def gone(pond: KeyedMembers) -> None:
    pond.everywhere.update(containerhost_networks={}, containerhost_confirm_vanished=True)
    for name in pond.hosts:
        pond.variables[name]["containerhost_containers"] = {}
    pond.site()
    for name, host in pond.hosts.items():
        host.run("timeout", "10", "sh", "-c", "while [ -e /run/wireguard/chw-pond.sock ]; do sleep 0.05; done")
        assert host.snapshot() == pond.snapshots[name]
