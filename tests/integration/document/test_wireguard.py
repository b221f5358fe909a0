# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Overlays whose hosts send each other nothing in plain text, by whichever WireGuard there is on this machine."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils.ledger import KeyEntry
from ansible_collections.containerhost.network.plugins.plugin_utils.run import keys
from ansible_collections.containerhost.network.tests.integration.conftest import OWN_PLACES
from ansible_collections.containerhost.network.tests.integration.document.members import Members
from ansible_collections.containerhost.network.tests.integration.document.test_changed_tunnels import step

FABRIC = """
containerhost_networks:
  fabric: {driver: overlay, backend: wireguard, subnets: [10.42.0.0/16, "fd00:42::/48"]}
"""
HOST = """
containerhost_underlay_address: ["198.18.9.{0}/24", "fd00:18:9::{0}/64"]
containerhost_containers: {{c{0}: {{networks: {{fabric: }}}}}}
"""
KEY = "/etc/containerhost-keys/ch-fabric.key"
# On the switch that joins the hosts: what of the overlay's addresses is read there, and somebody who sends under them.
LISTENER = """
nft add table bridge listener
nft add chain bridge listener forward '{ type filter hook forward priority 0; }'
nft add rule bridge listener forward ip saddr 10.42.0.0/16 counter
nft add rule bridge listener forward ip6 saddr fd00:42::/48 counter
ip addr add 198.18.9.99/24 dev sw
ip addr add 10.42.1.2/32 dev lo
"""


class KeyedMembers(Members):
    PLACES = f"{OWN_PLACES}\nmkdir /run/wireguard"

    def ask_for_keys(self) -> list[dict[str, Any]]:
        """Each host makes the keys that it lacks, and the ledger knows the public ones. What they answer."""
        plan = self.plan()
        told, answers = {}, []
        for name, host in self.hosts.items():
            document = keys.of_document(plan.documents[name])
            if document:
                answers.append(host.module("document", document=document))
                public = answers[-1]["public_keys"]
                told.update(((row["network"], name), (row["name"], public[row["name"]])) for row in document[keys.KIND])
        self.ledger = keys.with_told(plan.ledger, {key: KeyEntry(*entry) for key, entry in told.items()})
        return answers

    def end(self) -> None:
        """wireguard-go ends with its device."""
        for host in self.hosts.values():
            host.run("sh", "-c", "for tunnel in $(wg show interfaces); do ip link del $tunnel; done", check=False)
        super().end()

    def on_the_switch(self, script: str) -> str:
        return next(iter(self.hosts.values())).outside("sh", "-ec", script)

    def read_on_the_switch(self) -> list[str]:
        """The packets of the overlay's addresses that went by it as they are, by family."""
        return re.findall(r"packets (\d+)", self.on_the_switch("nft list table bridge listener"))


@pytest.fixture
def fabric(tmp_path: Path) -> Iterator[KeyedMembers]:
    fleet = KeyedMembers(tmp_path, FABRIC, **{f"h{n}": HOST.format(n) for n in (1, 2, 3)})
    yield fleet
    fleet.end()


def arrived(fabric: KeyedMembers, host: str, container: str) -> tuple[str, ...]:
    """How many echo requests and UDP packets have come in there."""
    text = fabric.in_(host, container, "sh", "-c", "grep -E '^(Icmp|Udp):' /proc/net/snmp")
    icmp, udp = (text.splitlines()[number].split() for number in (1, 3))
    names, udp_names = (text.splitlines()[number].split() for number in (0, 2))
    return icmp[names.index("InEchos")], udp[udp_names.index("InDatagrams")], udp[udp_names.index("NoPorts")]


def takes_another(fleet: KeyedMembers, prefix: int, another: str) -> None:
    """Each host's interface has another address besides, which the kernel takes to send from."""
    for name, host in fleet.hosts.items():
        given = fleet.variables[name]["containerhost_underlay_address"]
        own = f"{(given if isinstance(given, str) else given[0]).partition('/')[0]}/{prefix}"
        last = ["nodad", "preferred_lft", "0"] if ":" in own else []
        host.run("ip", "addr", "del", own, "dev", "eth0")
        host.run("ip", "addr", "add", f"{another.format(name[1])}/{prefix}", "dev", "eth0", *last[:1])
        host.run("ip", "addr", "add", own, "dev", "eth0", *last)
        fleet.snapshots[name] = host.snapshot()


def assert_known_by_their_own(fleet: KeyedMembers) -> None:
    """Where hosts have heard from each other is where the plan has them: there is nothing to put back."""
    plan = fleet.plan()
    for name in fleet.hosts:
        assert fleet.apply(plan, name, remove=True)["diff"] == []
        for peer in plan.documents[name]["wireguard_peer"]:
            there = fleet.hosts[name].run("wg", "show", peer["device"], "endpoints")
            assert f"{peer['public_key']}\t{peer['endpoint']}\n" in there


def test_everybody_reaches_everybody_in_packets_that_nobody_reads(fabric: KeyedMembers) -> None:
    takes_another(fabric, 24, "198.18.9.10{}")
    answers = fabric.ask_for_keys()
    made = fabric.site()
    private = {name: host.run("tail", "-n1", KEY).strip() for name, host in fabric.hosts.items()}
    assert len({*private.values()}) == 3
    for key in private.values():
        assert key not in f"{answers}{made}"
    assert fabric.hosts["h1"].run("stat", "-c", "%a %U", KEY, "/etc/containerhost-keys").split() == [
        "600", "root", "1700", "root",
    ]  # fmt: skip
    fabric.on_the_switch(LISTENER)
    assert fabric.pings("fabric") == []
    assert_known_by_their_own(fabric)
    mtu = fabric.plan().fleet.networks["fabric"].mtu
    assert mtu == 1440
    for address, headers in zip(fabric.addresses("fabric")["h2", "c2"], (28, 48), strict=True):
        assert fabric.reaches("h1", "c1", address, "-Mdo", f"-s{mtu - headers}")
        assert not fabric.reaches("h1", "c1", address, "-Mdo", f"-s{mtu - headers + 1}")

    # Whoever is on the underlay can say what he likes: not even an answer to what was sent by the tunnel.
    before = arrived(fabric, "h1", "c1")
    fabric.in_("h1", "c1", "sh", "-c", "echo | nc -u -w1 -p 5000 10.42.1.2 6000")
    fabric.on_the_switch(
        "ip route add 10.42.0.0/24 via 198.18.9.1 dev sw; ping -c1 -W0.2 -I 10.42.1.2 10.42.0.2 || true;"
        "echo forged | nc -u -w1 -s 10.42.1.2 -p 6000 10.42.0.2 5000"
    )
    assert arrived(fabric, "h1", "c1") == before
    # Nor does anything leave as it is where the way is lost, or the tunnel itself.
    h1 = fabric.hosts["h1"]
    h1.run("ip", "route", "add", "default", "via", "198.18.9.99")
    h1.run("ip", "route", "del", "10.42.1.0/24")
    assert not fabric.reaches("h1", "c1", "10.42.1.2")
    h1.run("ip", "link", "del", "ch-fabric")
    assert not fabric.reaches("h1", "c1", "10.42.2.2")
    assert fabric.read_on_the_switch() == ["0", "0"]
    h1.run("ip", "route", "del", "default", "via", "198.18.9.99")
    fabric.site()
    assert fabric.pings("fabric") == []
    assert private["h1"] == h1.run("tail", "-n1", KEY).strip()

    made_again(fabric)
    damage(fabric)
    rebuilt(fabric)
    gone(fabric)


def made_again(fabric: KeyedMembers) -> None:
    """Who has keys of a handshake with the tunnel before does not send into the void until it takes them for dead."""
    h1, two = fabric.hosts["h1"], fabric.ledger.keys["fabric", "h2"].public_key
    for damaged in (
        ("ip", "link", "del", "ch-fabric"),
        ("ip", "link", "set", "ch-fabric", "down"),
        ("wg", "set", "ch-fabric", "peer", two, "remove"),
    ):
        assert fabric.reaches("h2", "c2", "10.42.0.2")
        h1.run(*damaged)
        fabric.site()
        assert fabric.reaches("h2", "c2", "10.42.0.2"), damaged


def damage(fabric: KeyedMembers) -> None:
    """One run finds and mends whatever somebody has done to it, and says what."""
    h1, ledger = fabric.hosts["h1"], fabric.ledger
    two, three = (ledger.keys["fabric", name].public_key for name in ("h2", "h3"))
    forged = two[:-2] + ("A=" if two.endswith("E=") else "E=")
    h1.run("wg", "set", "ch-fabric", "peer", two, "remove")
    h1.run("wg", "set", "ch-fabric", "listen-port", "999", "fwmark", "7", "private-key", "/dev/null")
    h1.run("wg", "set", "ch-fabric", "peer", three, "endpoint", "198.18.9.9:1", "allowed-ips", "10.42.9.0/24")
    h1.run("wg", "set", "ch-fabric", "peer", forged, "allowed-ips", "10.42.1.0/24")
    h1.run("chmod", "644", KEY)
    changed = fabric.site()
    assert {*changed["h1"]} == {
        "wireguard_key ch-fabric (fabric)",
        "wireguard ch-fabric (fabric)",
        f"wireguard_peer {two} on ch-fabric (fabric): absent",
        f"wireguard_peer {three} on ch-fabric (fabric)",
        f"wireguard_peer {forged} on ch-fabric (fabric)",
    }
    assert (changed["h2"], changed["h3"]) == ([], [])
    assert fabric.pings("fabric") == []


def rebuilt(fabric: KeyedMembers) -> None:
    """A host that has lost its key makes another one, and nobody keeps the one before."""
    old = fabric.ledger.keys["fabric", "h2"].public_key
    fabric.hosts["h2"].run("rm", KEY)
    fabric.ask_for_keys()
    assert fabric.ledger.keys["fabric", "h2"].public_key != old
    fabric.site()
    assert fabric.pings("fabric") == []
    for host in fabric.hosts.values():
        assert old not in host.run("wg", "show")


def gone(fabric: KeyedMembers) -> None:
    fabric.everywhere.update(containerhost_networks={}, containerhost_confirm_vanished=True)
    for name in fabric.hosts:
        fabric.variables[name]["containerhost_containers"] = {}
    fabric.site()
    assert {entry.absent_since for entry in fabric.ledger.keys.values()} == {"2026-11-26"}
    for name, host in fabric.hosts.items():
        host.run("timeout", "10", "sh", "-c", "while [ -e /run/wireguard/ch-fabric.sock ]; do sleep 0.05; done")
        assert host.snapshot() == fabric.snapshots[name]
        assert host.run("ls", "/etc").split().count("containerhost-keys") == 0


def assert_none_was_lost(flows: list[subprocess.Popen[str]], enough: int = 50) -> None:
    """Of echo requests, which go on until there have been enough to tell by: a change may be over sooner."""
    for flow in flows:
        for _line in range(2 + enough):  # its head, and answers
            flow.stdout.readline()
    for flow in flows:
        flow.send_signal(2)
        sent, received = re.search(r"(\d+) packets transmitted, (\d+) received", flow.communicate()[0]).groups()
        assert int(sent) - int(received) <= 1, (sent, received)  # the last one may be on its way
        assert int(sent) > enough


WIREGUARD: dict[str, Any] = {"backend": "wireguard", "vni": None, "port": None}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (WIREGUARD, {"port": 51821}),  # and so other keys
        ({"backend": "vxlan", "vni": 42}, WIREGUARD),
        ({"backend": "host-gw"}, WIREGUARD),
        (WIREGUARD, {"direct_routing": True}),
    ],
    ids=["keys", "from vxlan", "from host-gw", "direct"],
)
def test_no_packet_is_lost_whatever_carries_them_next(
    fabric: KeyedMembers, before: dict[str, Any], after: dict[str, Any]
) -> None:
    network = fabric.everywhere["containerhost_networks"]["fabric"]
    network.update(before)
    fabric.ask_for_keys()
    fabric.site()
    assert fabric.pings("fabric") == []
    flows = []
    for address in fabric.addresses("fabric")["h2", "c2"]:
        argv = ["ip", "netns", "exec", "c1", "ping", "-i0.01", "-W1", address]
        enter = ["nsenter", f"--target={fabric.hosts['h1'].pid}", "--net", "--mount"]
        flows.append(subprocess.Popen([*enter, *argv], stdout=subprocess.PIPE, text=True))
    network.update(after)
    keys_before = {key: entry.public_key for key, entry in fabric.ledger.keys.items()}
    fabric.ask_for_keys()
    plan = fabric.plan()
    fabric.ledger = plan.ledger
    if "port" in after and before == WIREGUARD and "backend" not in after:
        assert all(entry.public_key != keys_before[key] for key, entry in fabric.ledger.keys.items())
    for phase in ("make", "switch", "remove"):
        for name in ("h2", "h1", "h3"):
            step(fabric, plan, name, phase)
    assert fabric.pings("fabric") == []
    assert_none_was_lost(flows)
    for name in fabric.hosts:
        assert step(fabric, plan, name, "remove") == []
        there = len(plan.documents[name].get("wireguard", ()))
        assert len(fabric.hosts[name].run("wg", "show", "interfaces").split()) == there
        assert fabric.hosts[name].run("sh", "-c", "ls /etc/containerhost-keys 2>/dev/null | wc -l").strip() == str(
            there
        )
