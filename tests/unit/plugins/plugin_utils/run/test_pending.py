# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.run.pending import attached, of_hosts, sentences


def waiting(ref: str, network: str, reason: str = "", interface: str = "eth0") -> dict[str, Any]:
    reason = reason or f"docker container {ref} is not running on this host: start it, then run again"
    return {
        "network": network, "sandbox": {"engine": "docker", "ref": ref}, "interface": interface, "reason": reason
    }  # fmt: skip


def test_a_container_is_told_once_with_all_its_networks():
    assert sentences([waiting("db", "web"), waiting("db", "fabric"), waiting("shop", "web")], "h1") == [
        "h1: docker container db is not running on this host: start it, then run again. Pending until then:"
        " db (web, fabric).",
        "h1: docker container shop is not running on this host: start it, then run again. Pending until then:"
        " shop (web).",
    ]


def test_containers_of_one_reason_are_told_together():
    down = "docker does not answer: start it, then run again"
    (told,) = sentences([waiting(f"c{number}", "web", down) for number in range(30)], "h1")
    assert told.startswith(f"h1: {down}. Pending until then: c0 (web), c1 (web), ")
    assert told.endswith("c9 (web) and 20 more.")


def test_of_many_reasons_the_first_are_told():
    told = sentences([waiting(f"c{number}", "web") for number in range(12)], "h1")
    assert len(told) == 11
    assert told[-1] == "h1: 2 more like these."


def test_what_many_hosts_wait_for_is_one_sentence():
    down = "docker does not answer: start it, then run again"
    hosts = {f"h{number}": [waiting("db", "web", down)] for number in range(1, 9)}
    assert of_hosts({**hosts, "h9": [waiting("shop", "web", down)], "h10": []}) == [
        f"h1, h2, h3, h4, h5 and 3 more: {down}. Pending until then: db (web).",
        f"h9: {down}. Pending until then: shop (web).",
    ]
    many = of_hosts({f"h{number}": [waiting(f"c{number}", "web")] for number in range(50)})
    assert (len(many), many[-1]) == (21, "and 30 more like these (-v of a run tells them)")


def test_nothing_is_said_of_nothing():
    assert sentences([], "h1") == []


def test_what_is_pending_is_left_out_of_a_document_and_nothing_else():
    rows = [
        {"network": "web", "sandbox": {"engine": "docker", "ref": ref}, "interface": interface}
        for ref, interface in (("db", "eth0"), ("db", "eth1"), ("db2", "eth0"))
    ]
    host_end = {"network": "web", "interface": "ch-lan"}
    document = {"version": 1, "veth": rows, "macvlan": [host_end], "bridge": [{"network": "web", "name": "ch-web"}]}
    assert attached(document, [waiting("db", "web")]) == {**document, "veth": rows[1:]}
    assert attached(document, []) == document
