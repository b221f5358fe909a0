# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten thousand published ports: against iptables with the three rules that Docker writes for each."""

from __future__ import annotations

import json
import pathlib

from bench import documents, peers
from bench.harness import Failed, Scene
from bench.modules import Modules
from bench.results import Row

PEER = "`iptables-nft-restore`, Docker's rules"


def rows(modules: Modules, count: int, rounds: int) -> list[Row]:
    lack = peers.missing("/usr/sbin/iptables-nft-restore")
    first = Row(f"publish {count} ports", PEER, at_most=1, missing=lack)
    again = Row(f"publish {count} ports again", f"{PEER}, all of them", at_most=1, missing=lack)
    more = Row(f"publish one more than {count} ports", f"{PEER}, all of them", at_most=1, missing=lack)
    alone = Row(
        f"publish one more than {count} ports, the peer told only of that one",
        "`iptables-nft-restore --noflush`, three rules",
        missing=lack,
    )
    for _number in range(rounds):
        _round(modules, (first, again, more, alone), count)
    return [first, again, more, alone]


def _round(modules: Modules, table: tuple[Row, Row, Row, Row], count: int) -> None:
    first, again, more, alone = table
    one_more = documents.published(count + 1)
    all_, all_and_one = restore(modules.work, count), restore(modules.work, count + 1)
    with Scene() as ours, Scene() as peer:
        modules.ours("document", {"document": documents.stage(1, 1)})(ours)
        document = modules.ours("document", {"document": documents.published(count)})
        peers_all = ["iptables-nft-restore", str(all_)]
        first.add(document(ours), peer.run(peers_all))
        _check_count(ours, peer, count)
        again.add(document(ours), peer.run(peers_all))
        sample = modules.ours("document", {"document": one_more})(ours)
        more.add(sample, peer.run(["iptables-nft-restore", str(all_and_one)]))
        _check_count(ours, peer, count + 1)
        rule = restore(modules.work, 1, first=10000 + count + 1)
        alone.add(sample, peer.run(["iptables-nft-restore", "--noflush", str(rule)]))


def _check_count(ours: Scene, peer: Scene, count: int) -> None:
    listing = json.loads(ours.run(["nft", "-j", "list", "map", "inet", "containerhost", "publish4"]).output)
    mine = sum(len(row["map"].get("elem", ())) for row in listing["nftables"] if "map" in row)
    theirs = peer.run(["iptables-nft-save"]).output.count("-j DNAT")
    if (mine, theirs) != (count, count):
        raise Failed(f"not {count} ports are published, but {mine} and {theirs}")


def restore(folder: pathlib.Path, count: int, first: int = 10000) -> pathlib.Path:
    """What Docker 20.10 writes for containers' ports on a bridge, each DNAT, hairpin masquerade and accept."""
    ports = range(first, first + count)
    ip, device = documents.CONTAINER_IP, "ch-n0"
    nat = ["*nat", ":PREROUTING ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]", ":DOCKER - [0:0]"]
    frame = [
        "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
        "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
        f"-A POSTROUTING -s 10.80.0.0/16 ! -o {device} -j MASQUERADE",
    ]
    filter_ = ["*filter", ":FORWARD ACCEPT [0:0]", ":DOCKER - [0:0]"]
    forward = [
        f"-A FORWARD -o {device} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        f"-A FORWARD -o {device} -j DOCKER",
        f"-A FORWARD -i {device} ! -o {device} -j ACCEPT",
        f"-A FORWARD -i {device} -o {device} -j ACCEPT",
    ]
    if count == 1:  # added to what is there
        nat, frame, filter_, forward = ["*nat"], [], ["*filter"], []
    nat += frame
    for port in ports:
        nat.append(f"-A POSTROUTING -s {ip}/32 -d {ip}/32 -p tcp -m tcp --dport {port} -j MASQUERADE")
    for port in ports:
        nat.append(f"-A DOCKER ! -i {device} -p tcp -m tcp --dport {port} -j DNAT --to-destination {ip}:{port}")
    filter_ += forward
    for port in ports:
        filter_.append(f"-A DOCKER -d {ip}/32 ! -i {device} -o {device} -p tcp -m tcp --dport {port} -j ACCEPT")
    file = folder / f"restore-{first}-{count}"
    file.write_text("\n".join([*nat, "COMMIT", *filter_, "COMMIT"]) + "\n")
    return file
