# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten thousand remote containers of a bridged overlay, three entries each: against iproute2's batches and JSON."""

from __future__ import annotations

import pathlib

from bench import documents, peers
from bench.harness import Failed, Sample, Scene
from bench.modules import Modules, Run, result
from bench.results import Row

_PARTS = 10


def rows(modules: Modules, count: int, rounds: int) -> list[Row]:
    lack = peers.missing("/usr/sbin/ip", "/usr/sbin/bridge")
    what = f"{count} remote containers of a bridged overlay"
    first = Row(what, "`ip -batch` + `bridge -batch`", at_most=1, missing=lack)
    again = Row(
        f"{what} again",
        "a module with the same arguments, `ip -j` + `bridge -j` + comparison",
        at_most=1.5,
        missing=lack,
    )
    linear = Row(what, f"{_PARTS} times as long as {count // _PARTS} take", at_most=1)
    if lack:
        return [first, again, linear]
    document = documents.segment(count)
    mine = modules.ours("document", {"document": document})
    some = modules.ours("document", {"document": documents.segment(count // _PARTS)})
    compare = modules.script("compare", {"document": document})
    batches = _batches(modules.work, document)
    for _number in range(rounds):
        with Scene() as ours, Scene() as peer, Scene() as part:
            made = mine(ours)
            first.add(made, peer.sh(batches))
            again.add(mine(ours), compare(peer))
            linear.add(made, _times(some, part))
            for scene in (ours, peer):
                answer = result(compare(scene))
                if answer["changed"]:
                    raise Failed(f"entries are missing or too many: {answer}")
    return [first, again, linear]


def _times(run: Run, scene: Scene) -> Sample:
    sample = run(scene)
    return sample._replace(wall=_PARTS * sample.wall, cpu=_PARTS * sample.cpu)


def _batches(folder: pathlib.Path, document: documents.Document) -> str:
    (device,), (bridge,) = document["vxlan"], document["bridge"]
    name = device["name"]
    ip = [
        f"link add {bridge['name']} address {bridge['mac']} mtu {bridge['mtu']} up type bridge",
        f"link add {name} address {device['mac']} mtu {device['mtu']} master {bridge['name']} up type vxlan"
        f" id {device['vni']} dstport {device['port']} local {device['local']} nolearning",
        f"link set {name} type bridge_slave learning off flood off neigh_suppress on",
    ]
    for row in document["neighbour"]:
        ip.append(f"neigh add {row['address']} lladdr {row['lladdr']} dev {row['device']} nud permanent")
    fdb = []
    for row in document["vxlan_fdb"]:
        where = f"dst {row['dst']} self permanent" if "dst" in row else "master static"
        fdb.append(f"fdb add {row['lladdr']} dev {name} {where}")
    for program, lines in (("ip", ip), ("bridge", fdb)):
        (folder / f"segment-{program}").write_text("\n".join(lines) + "\n")
    return "\n".join(f"{program} -batch {folder}/segment-{program}" for program in ("ip", "bridge"))
