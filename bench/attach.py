# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand containers on two bridges, and their namespaces: against iproute2."""

from __future__ import annotations

import json
import pathlib

from bench import documents, peers
from bench.harness import Failed, Sample, Scene
from bench.modules import HOST_PYTHON, SCRIPTS, Modules
from bench.results import Row

PEER = "`ip -batch`"
MEMORY = 150
# A run that takes longer is done three times, not five.
LONG = 10.0


def rows(modules: Modules, count: int, rounds: int, slow_rounds: int) -> list[Row]:
    table = {
        "make": Row(
            f"create and delete {count} namespaces, loopback up", "`ip -batch`, `ip -n … link set`", at_most=0.5
        ),
        "bare": Row(f"create and delete {count} namespaces, the peer without loopback", PEER),
        "attach": Row(f"attach {count} on two bridges", PEER, at_most=0.35),
        "memory": Row(f"attach {count}: peak memory", "a limit", unit="MiB", at_most=1),
        "again": Row(f"{count} again, nothing to change", "`ip -n … -j` once a namespace", at_most=0.2),
        "check": Row(f"{count} in check mode, nothing to change", "`ip -n … -j` once a namespace", at_most=0.2),
        "changed": Row(f"1 of {count} changed", "its own no-change run", at_most=1.1),
        "detach": Row(f"detach {count}", PEER, at_most=0.1),
        "group": Row(f"detach {count}, the peer by link group too", "`ip -batch`, `ip link del group`"),
        "planned": Row(
            f"attach {count} as planned, IPv6 off in each", "`nsenter`, a setting, `ip -batch`", at_most=0.35
        ),
    }
    lack = peers.missing("/usr/sbin/ip")
    if lack:
        for row in table.values():
            row.missing = lack
        return list(table.values())
    for number in range(rounds):
        _round(modules, table, count, by_group=number >= slow_rounds)
    for _number in range(slow_rounds if rounds > 1 else 0):
        _as_planned(modules, table["planned"], count)
    return list(table.values())


def _round(modules: Modules, table: dict[str, Row], count: int, by_group: bool) -> None:
    document = documents.attached(count)
    batches = Batches(modules.work, count)
    with Scene() as ours, Scene() as peer:
        made = modules.ours("document", {"document": {"version": 1, "netns": document["netns"]}})(ours)
        peer_made = peer.run(["ip", "-batch", batches.make])
        peer_up = peer.run(["sh", "-e", batches.loopback])
        modules.ours("document", {"document": documents.stage(count)})(ours)
        peer.run(["ip", "-batch", batches.bridges])
        for scene in (ours, peer):
            scene.run([HOST_PYTHON, str(SCRIPTS / "sandboxes.py"), "quiet"])
        attach = modules.ours("document", {"document": document})
        sample, peer_sample = attach(ours), peer.run(["sh", "-e", batches.attach])
        table["attach"].add(sample, peer_sample)
        table["memory"].ours.append(sample.memory)
        table["memory"].peer.append(MEMORY)
        _check_equal(ours, peer, count)
        _no_change(modules, table, document, ours, peer, batches)
        _detach(modules, table, count, ours, peer, batches, by_group)
        gone = modules.ours("document", {"document": {"version": 1}, "everything": True})(ours)
        peer_gone = peer.run(["ip", "-batch", batches.delete])
        table["make"].add(_sum(made, gone), _sum(peer_made, peer_up, peer_gone))
        table["bare"].add(_sum(made, gone), _sum(peer_made, peer_gone))
        left = ours.run(["ip", "netns"]).output + peer.run(["ip", "netns"]).output
        if left:
            raise Failed(f"namespaces are left: {left[:200]}")


def _no_change(
    modules: Modules,
    table: dict[str, Row],
    document: documents.Document,
    ours: Scene,
    peer: Scene,
    batches: Batches,
) -> None:
    again = modules.ours("document", {"document": document})(ours)
    table["again"].add(again, peer.run(["sh", "-e", batches.look]))
    changed = modules.ours("document", {"document": documents.with_one_changed(document)})(ours)
    if json.loads(changed.output.splitlines()[-1])["counts"]["changed"] != 1:
        raise Failed(f"not one has changed: {changed.output[-300:]}")
    table["changed"].add(changed, again)
    modules.ours("document", {"document": document})(ours)
    check = modules.ours("document", {"document": document}, check=True)(ours)
    table["check"].add(check, peer.run(["sh", "-e", batches.look]))


def _detach(
    modules: Modules,
    table: dict[str, Row],
    count: int,
    ours: Scene,
    peer: Scene,
    batches: Batches,
    by_group: bool,
) -> None:
    arguments = {"document": documents.stage(count), "remove": ["*"]}
    sample = modules.ours("document", arguments)(ours)
    # One by one takes 20 s: in the rounds that need not repeat it, the peer uses what it could know as well.
    if by_group:
        table["group"].add(sample, peer.run(["ip", "-batch", batches.detach_by_group]))
    else:
        table["detach"].add(sample, peer.run(["ip", "-batch", batches.detach]))
    for scene in (ours, peer):
        if "veth" in scene.run(["ip", "-br", "link", "show", "type", "veth"]).output:
            raise Failed("veths are left")


def _as_planned(modules: Modules, row: Row, count: int) -> None:
    """As the plan has it: each container's interface without IPv6, by a setting in its namespace."""
    document, batches = documents.attached(count, without_ipv6=True), Batches(modules.work, count, without_ipv6=True)
    with Scene() as ours, Scene() as peer:
        modules.ours("document", {"document": documents.stage(count)})(ours)
        for batch in (batches.make, batches.bridges):
            peer.run(["ip", "-batch", batch])
        row.add(modules.ours("document", {"document": document})(ours), peer.run(["sh", "-e", batches.attach]))
        _check_equal(ours, peer, count)


def _sum(*samples: Sample) -> Sample:
    memory = max(each.memory for each in samples)
    return Sample(sum(each.wall for each in samples), sum(each.cpu for each in samples), memory, "")


def _check_equal(ours: Scene, peer: Scene, count: int) -> None:
    found = [look(scene) for scene in (ours, peer)]
    if found[0] != found[1] or len(found[0]) != count + 1 or None in found[0].values():
        raise Failed(f"the two did not make the same: {str(found[0])[:300]} and {str(found[1])[:300]}")


def look(scene: Scene) -> dict[str, object]:
    """What is attached: eth0 of every namespace, and how many ports that are up each bridge has."""
    inside = json.loads(scene.run([HOST_PYTHON, str(SCRIPTS / "sandboxes.py"), "state"]).output)
    links = json.loads(scene.run(["ip", "-j", "link", "show", "type", "veth"]).output)
    ports: dict[str, int] = {}
    for link in links:
        if "UP" in link["flags"]:
            ports[link.get("master", "-")] = ports.get(link.get("master", "-"), 0) + 1
    return {**inside, "ports": ports}


class Batches:
    """The same for iproute2, as fast as it can: the peer's end made in its namespace, one batch wherever one serves."""

    def __init__(
        self,
        folder: pathlib.Path,
        count: int,
        number_of_bridges: int = documents.BRIDGES,
        without_ipv6: bool = False,
    ) -> None:
        self._folder = folder
        each = documents.endpoints(count, number_of_bridges)
        self.make = self._file("make", [f"netns add {e.sandbox}" for e in each])
        self.loopback = self._file("loopback", [f"ip -n {e.sandbox} link set lo up" for e in each])
        self.delete = self._file("delete", [f"netns del {e.sandbox}" for e in each])
        self.bridges = self._file("bridges", list(_bridges(number_of_bridges)))
        links = self._file("links", [_link(e) for e in each])
        inside = []
        for e in each:
            lines = ["link set eth0 up", f"addr add {e.cidr} brd + dev eth0"]
            batch = self._file(f"in-{e.sandbox}", [*lines, f"route add default via {e.gateway}"])
            if without_ipv6:
                setting = "/proc/sys/net/ipv6/conf/eth0/disable_ipv6"
                there = f"nsenter --net=/run/netns/{e.sandbox}"
                inside.append(f"{there} sh -c 'echo 1 > {setting}; exec ip -batch {batch}'")
            else:
                inside.append(f"ip -n {e.sandbox} -batch {batch}")
        self.attach = self._file("attach", [f"ip -batch {links}", *inside])
        self.look = self._file("look", [f"ip -n {e.sandbox} -j addr > /dev/null" for e in each])
        self.detach = self._file("detach", [f"link del {e.host_end}" for e in each])
        group = [f"link set {e.host_end} group 7" for e in each]
        self.detach_by_group = self._file("group", [*group, "link del group 7"])

    def _file(self, name: str, lines: list[str]) -> str:
        file = self._folder / name
        file.write_text("\n".join(lines) + "\n")
        return str(file)


def _bridges(count: int) -> list[str]:
    lines = []
    for bridge in documents.bridges(count):
        lines.append(f"link add {bridge['name']} address {bridge['mac']} mtu {bridge['mtu']} up type bridge")
        lines.append(f"addr add {bridge['addresses'][0]} brd + dev {bridge['name']}")
    return lines


def _link(e: documents.Endpoint) -> str:
    one = "numtxqueues 1 numrxqueues 1"  # as ours: the default, one for each processor, takes a third longer
    return (
        f"link add {e.host_end} {one} address {e.host_mac} mtu 1500 master {e.master} up"
        f" type veth peer name eth0 {one} address {e.mac} mtu 1500 netns {e.sandbox}"
    )
