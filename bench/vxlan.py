# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten thousand VXLAN peers: against iproute2's batches, and to compare, against its JSON."""

from __future__ import annotations

import pathlib

from bench import documents, peers
from bench.harness import Failed, Scene
from bench.modules import Modules, result
from bench.results import Row


def rows(modules: Modules, count: int, rounds: int) -> list[Row]:
    lack = peers.missing("/usr/sbin/ip", "/usr/sbin/bridge")
    first = Row(f"{count} VXLAN peers", "`ip -batch` + `bridge -batch`", at_most=1, missing=lack)
    best = Row(
        f"{count} VXLAN peers, the peer with a metric for each route too", "`ip -batch` + `bridge -batch`", missing=lack
    )
    again = Row(
        f"{count} VXLAN peers again",
        "a module with the same arguments, `ip -j` + `bridge -j` + comparison",
        at_most=1.5,
        missing=lack,
    )
    if lack:
        return [first, best, again]
    document = documents.overlay(count)
    mine = modules.ours("document", {"document": document})
    compare = modules.script("compare", {"document": document})
    plain, with_metrics = (_batches(modules.work, document, metrics) for metrics in (False, True))
    for _number in range(rounds):
        with Scene() as ours, Scene() as peer:
            first.add(mine(ours), peer.sh(plain))
            _check_count(peer, count)
        with Scene() as ours, Scene() as peer:
            best.add(mine(ours), peer.sh(with_metrics))
            again.add(mine(ours), compare(peer))
            for scene in (ours, peer):
                answer = result(compare(scene))
                if answer["changed"]:
                    raise Failed(f"entries are missing or too many: {answer}")
    return [first, best, again]


def _check_count(peer: Scene, count: int) -> None:
    found = peer.run(["ip", "route", "show", "dev", documents.VTEP_DEVICE]).output.count(" via ")
    if found != count:
        raise Failed(f"the peer made {found} routes, not {count}")


def _batches(folder: pathlib.Path, document: documents.Document, metrics: bool) -> str:
    """Without metrics of their own, the kernel compares each route with all others of the device: quadratic."""
    device = document["vxlan"][0]
    name = device["name"]
    ip = [
        f"link add {name} address {device['mac']} mtu {device['mtu']} up type vxlan id {device['vni']}"
        f" dstport {device['port']} local {device['local']} nolearning",
        f"addr add {device['addresses'][0]} dev {name}",
    ]
    for row in document["neighbour"]:
        ip.append(f"neigh add {row['address']} lladdr {row['lladdr']} dev {name} nud permanent")
    for row in document["route"]:
        metric = f" metric {row['metric']}" if metrics else ""
        ip.append(f"route add {row['dst']} via {row['via']} dev {name} onlink{metric}")
    bridge = [f"fdb add {row['lladdr']} dev {name} dst {row['dst']} self permanent" for row in document["vxlan_fdb"]]
    files = {"ip": ip, "bridge": bridge}
    for program, lines in files.items():
        (folder / f"peers-{metrics}-{program}").write_text("\n".join(lines) + "\n")
    return "\n".join(f"{program} -batch {folder}/peers-{metrics}-{program}" for program in files)
