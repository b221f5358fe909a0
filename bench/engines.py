# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hundred containers: against what container engines use, CNI's plugins and netavark, a process for each."""

from __future__ import annotations

import json
import pathlib
import typing as t

from bench import documents, peers
from bench.attach import Batches, look
from bench.harness import Failed, Scene
from bench.modules import HOST_PYTHON, SCRIPTS, Modules
from bench.results import Row

_CNI = {
    "cniVersion": "0.4.0",
    "name": "n0",
    "type": "bridge",
    "bridge": "ch-n0",
    "isGateway": True,
    "mtu": 1500,
    "ipam": {
        "type": "host-local",
        "dataDir": "/run/cni",
        "ranges": [[{"subnet": "10.80.0.0/16"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    },
}


def rows(modules: Modules, count: int, rounds: int) -> list[Row]:
    cni = Row(
        f"attach {count} endpoints",
        "CNI bridge + host-local",
        speedup=True,
        at_least=3,
        missing=peers.missing("/usr/lib/cni/bridge"),
    )
    netavark = Row(
        f"attach {count} endpoints, and masquerade",
        "netavark",
        speedup=True,
        at_least=10,
        missing=peers.missing("/usr/lib/podman/netavark", "/usr/sbin/iptables-nft-restore"),
    )
    document = documents.attached(count, 1)
    masquerade = {"network": "n0", "rule": "masquerade", "source": "10.80.0.0/16"}
    for _number in range(rounds):
        if not cni.missing:
            _round(modules, cni, document, count, _cni(modules.work, count))
        if not netavark.missing:
            _round(modules, netavark, {**document, "nat_rule": [masquerade]}, count, _netavark(modules.work, count))
    return [cni, netavark]


def _round(modules: Modules, row: Row, document: documents.Document, count: int, script: str) -> None:
    batches = Batches(modules.work, count, 1)
    with Scene() as ours, Scene() as peer:
        modules.ours("document", {"document": documents.stage(count, 1)})(ours)
        for batch in (batches.make, batches.bridges):
            peer.run(["ip", "-batch", batch])
        for scene in (ours, peer):
            scene.run([HOST_PYTHON, str(SCRIPTS / "sandboxes.py"), "quiet"])
        peer_sample = peer.sh(script)
        row.add(modules.ours("document", {"document": document})(ours), peer_sample)
        found = [look(scene) for scene in (ours, peer)]
        if found[0] != found[1] or len(found[0]) != count + 1:
            raise Failed(f"the two did not make the same: {str(found[0])[:300]} and {str(found[1])[:300]}")


def _cni(folder: pathlib.Path, count: int) -> str:
    """The plugin's own order of addresses is ours: the lowest that is free."""
    config = folder / "cni.json"
    config.write_text(json.dumps(_CNI))
    lines = ["export CNI_COMMAND=ADD CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni"]
    for each in documents.endpoints(count, 1):
        where = f"CNI_CONTAINERID={each.sandbox} CNI_NETNS=/run/netns/{each.sandbox}"
        lines.append(f"{where} /usr/lib/cni/bridge < {config} > /dev/null")
    return "\n".join(lines) + "\n"


def _netavark(folder: pathlib.Path, count: int) -> str:
    lines = []
    for each in documents.endpoints(count, 1):
        config = folder / f"netavark-{each.sandbox}.json"
        config.write_text(json.dumps(_netavark_config(each)))
        lines.append(f"/usr/lib/podman/netavark setup /run/netns/{each.sandbox} < {config} > /dev/null")
    return "\n".join(lines) + "\n"


def _netavark_config(each: documents.Endpoint) -> dict[str, t.Any]:
    network = {
        "name": "n0",
        "id": "53ce4390f2adb1681eb1a90ec8b48c49c015e0a8d336c197637e7f65e365fa9e",
        "driver": "bridge",
        "network_interface": "ch-n0",
        "subnets": [{"subnet": "10.80.0.0/16", "gateway": each.gateway}],
        "ipv6_enabled": False,
        "internal": False,
        "dns_enabled": False,
        "ipam_options": {"driver": "host-local"},
        "options": {"mtu": "1500"},
    }
    mine = {"interface_name": "eth0", "static_ips": [each.ip], "static_mac": each.mac}
    return {
        "container_id": f"{each.number:064x}",
        "container_name": each.sandbox,
        "networks": {"n0": mine},
        "network_info": {"n0": network},
    }
