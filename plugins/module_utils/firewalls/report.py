# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's own firewall drops of our networks, in sentences, each with the commands that let it pass."""

from __future__ import annotations

import shlex
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Wanted
from ansible_collections.containerhost.network.plugins.module_utils.firewalls import places, reading
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.rules import Chain, Dropped, dropped
from ansible_collections.containerhost.network.plugins.module_utils.firewalls.ways import Devices, Way, ways
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_MOST = 3  # packets that one sentence names
# What docs/bridge.md says for firewalld: a zone of our devices, and a policy for each direction.
FIREWALLD = (
    "--zone={zone} --add-interface={uplink}",
    "--new-zone=containers",
    "--zone=containers --add-interface=ch+",
    "--new-policy=from-containers",
    "--policy=from-containers --add-ingress-zone=containers",
    "--policy=from-containers --add-egress-zone={zone}",
    "--policy=from-containers --set-target=ACCEPT",
    "--new-policy=to-containers",
    "--policy=to-containers --add-ingress-zone=ANY",
    "--policy=to-containers --add-egress-zone=containers",
    "--policy=to-containers --set-target=ACCEPT",
)

_FILTERED = {4: "bridge-nf-call-iptables", 6: "bridge-nf-call-ip6tables"}  # br_netfilter's, by IP version


def sentences(kernel: Kernel, wanted: t.Sequence[Wanted]) -> list[str]:
    """What the filters of this host drop of what a document's networks need, one sentence for each that does."""
    found = ways(wanted, _host(kernel))
    if not found:
        return []
    chains = places.with_ours(reading.chains(), kernel, wanted)
    by_cause: dict[tuple[t.Any, ...], tuple[Dropped, list[Way]]] = {}
    for way in found:
        drop = dropped(chains, way.hook, way.packet, reading.has_element)
        if drop is not None:
            rule = drop.rule and (drop.rule.handle, drop.rule.text)
            cause = (way.network, drop.chain.family, drop.chain.table, drop.chain.name, rule)
            by_cause.setdefault(cause, (drop, []))[1].append(way)
    return [_sentence(cause[0], _place(drop), drop, some, chains) for cause, (drop, some) in by_cause.items()]


def _host(kernel: Kernel) -> Devices:
    device_of = {cidr.partition("/")[0]: name for name, cidrs in kernel.addresses(None).items() for cidr in cidrs}
    filtered = [version for version, name in _FILTERED.items() if kernel.sysctl_now(f"net/bridge/{name}") == "1"]
    return Devices(places.uplinks(kernel).default, device_of, filtered)


def _sentence(network: str, place: str, drop: Dropped, some: t.Sequence[Way], chains: t.Sequence[Chain]) -> str:
    what = list(dict.fromkeys(way.what for way in some))
    more = f", and {len(what) - _MOST} more" if len(what) > _MOST else ""
    fixes = list(dict.fromkeys(command for way in some for command in _commands(way, drop, chains)))
    commands = " and ".join(f"`{each}`" for each in fixes[:_MOST])
    verb = "drops" if drop.certain else "drops, unless a rule that cannot be judged from here lets it pass,"
    return (
        f"{network}: a firewall of this host ({place}) {verb} {', '.join(what[:_MOST])}{more}."
        f" Let it pass, as by {commands}; our own table decides afterwards what goes into a network."
    )


def _place(drop: Dropped) -> str:
    chain, rule = drop.chain, drop.rule
    by = "its policy" if rule is None else f"rule `{rule.text or reading.rule_text(chain, rule.handle)}`"
    return f"table {chain.family} {chain.table}, chain {chain.name}, {by}"


def _commands(way: Way, drop: Dropped, chains: t.Sequence[Chain]) -> list[str]:
    """In the place that the rules' owner has for it."""
    chain, packet = drop.chain, way.packet
    if drop.hook in ("ingress", "prerouting"):
        # No rule there may name where it goes, and what is forwarded is not one port's alone.
        packet = {**packet, "oifname": None, **({"dport": None} if way.hook == "forward" else {})}
    names = {each.name for each in chains if (each.family, each.table) == (chain.family, chain.table)}
    if any(name.startswith(("ufw-", "ufw6-")) for name in names):
        return [_ufw(packet, way.hook)]
    if (chain.family, chain.table) == ("inet", "firewalld"):
        return [_firewalld(packet, way.hook)]
    if chain.program == "nft":
        return [_nft(packet, chain)]
    is_dockers = "DOCKER-USER" in names and drop.hook == "forward"
    table = [] if chain.table == "filter" else ["-t", chain.table]
    return [_iptables(packet, chain.program, *table, "-I", "DOCKER-USER" if is_dockers else chain.name)]


def _ufw(packet: t.Mapping[str, t.Any], hook: str) -> str:
    if hook == "input":
        return f"ufw allow in on {packet['iifname']} to any port {packet['dport']} proto {packet['l4proto']}"
    if hook == "output":
        return f"ufw allow out on {packet['oifname']} to any port {packet['dport']} proto {packet['l4proto']}"
    return f"ufw route allow in on {packet['iifname']} out on {packet['oifname']}"


def _firewalld(packet: t.Mapping[str, t.Any], hook: str) -> str:
    if hook == "input":
        return f"firewall-cmd --permanent --add-port={packet['dport']}/{packet['l4proto']} && firewall-cmd --reload"
    uplink = next((packet[end] for end in ("iifname", "oifname") if not packet[end].startswith("ch")), "eth0")
    steps = (step.format(zone="public", uplink=uplink) for step in FIREWALLD)
    return " && ".join([*(f"firewall-cmd --permanent {step}" for step in steps), "firewall-cmd --reload"])


def _iptables(packet: t.Mapping[str, t.Any], program: str, *place: str) -> str:
    program = program if packet["nfproto"] == 4 else program.replace("ip", "ip6", 1)
    return " ".join([program, *place, *_options(packet, "-i", "-o"), "-j", "ACCEPT"])


def _nft(packet: t.Mapping[str, t.Any], chain: Chain) -> str:
    place = f"{chain.family} {shlex.quote(chain.table)} {shlex.quote(chain.name)}"
    return f"nft insert rule {place} {' '.join(_options(packet, 'iifname', 'oifname'))} accept"


def _options(packet: t.Mapping[str, t.Any], in_: str, out: str) -> list[str]:
    """The devices; for a packet of the host's own, its port as well, which is None otherwise where one is unknown."""
    words = []
    for option, device in ((in_, packet["iifname"]), (out, packet["oifname"])):
        if device is not None:
            words += [option, shlex.quote(device)]
    if packet["dport"] is not None and None in (packet["iifname"], packet["oifname"]):
        words += [packet["l4proto"], "dport"] if in_ == "iifname" else ["-p", packet["l4proto"], "--dport"]
        words.append(str(packet["dport"]))
    return words
