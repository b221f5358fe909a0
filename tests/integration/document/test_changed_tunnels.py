# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An overlay gets another tunnel while its containers talk: both are there until every member goes by the new one."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.containerhost.network.tests.integration.document.members import Members

FABRIC = """
containerhost_networks:
  fabric: {driver: overlay, vni: 42, subnets: [10.42.0.0/16, "fd00:42::/48"]}
"""
HOST = """
containerhost_underlay_address: [198.18.9.%d/24, "fd00:18:9::%d/64"]
containerhost_containers: {c%d: {networks: {fabric: }}}
"""


@pytest.fixture
def fabric(tmp_path: Path) -> Iterator[Members]:
    fleet = Members(tmp_path, FABRIC, **{f"h{n}": HOST % (n, n, n) for n in (1, 2, 3)})
    yield fleet
    fleet.end()


def step(fabric: Members, plan: Any, name: str, phase: str) -> list[str]:
    """A phase of a run on one host, predicted where that is possible without the phases before."""
    given: dict[str, Any] = {"document": plan.documents[name], "phase": phase, "shared": ["fabric"]}
    given.update({"make": {"hold": ["fabric"]}, "switch": {"switch": ["fabric"]}, "remove": {"remove": ["*"]}}[phase])
    predicted = fabric.hosts[name].module("document", check=True, **given)
    done = fabric.hosts[name].module("document", **given)
    assert not done.get("failed"), done["msg"]
    assert predicted["diff"] == done["diff"], (name, phase)
    return [each["before_header"] for each in done["diff"]]


@pytest.mark.parametrize(
    "change",
    [
        {"vni": 43},
        {"port": 8472},
        {"backend": "host-gw", "vni": None},
        {"direct_routing": True},
    ],
    ids=["vni", "port", "backend", "direct"],
)
def test_no_packet_is_lost_whatever_the_order_of_hosts(fabric: Members, change: dict[str, Any]) -> None:
    fabric.site()
    assert fabric.pings("fabric") == []
    to = {name: fabric.addresses("fabric")[f"h{number}", f"c{number}"] for number, name in ((2, "h2"), (3, "h3"))}
    flows = []
    for address in (*to["h2"], *to["h3"]):
        argv = ["ip", "netns", "exec", "c1", "ping", "-i0.01", "-W1", address]
        flows.append(
            subprocess.Popen(
                ["nsenter", f"--target={fabric.hosts['h1'].pid}", "--net", "--mount", *argv],
                stdout=subprocess.PIPE, text=True,
            )
        )  # fmt: skip
    network = fabric.everywhere["containerhost_networks"]["fabric"]
    network.update(change)
    plan = fabric.plan()
    fabric.ledger = plan.ledger
    for phase in ("make", "switch", "remove"):
        for name in ("h2", "h1", "h3"):
            step(fabric, plan, name, phase)
            if phase != "remove":
                # What begins now gets through as well as what was there.
                assert fabric.reaches("h3", "c3", to["h2"][0])
                assert fabric.reaches("h2", "c2", to["h3"][1])
    for flow in flows:
        flow.send_signal(2)
        sent, received = re.search(r"(\d+) packets transmitted, (\d+) received", flow.communicate()[0]).groups()
        assert int(sent) - int(received) <= 1, change  # the last one may be on its way
        assert int(sent) > 50
    for name in fabric.hosts:
        assert step(fabric, plan, name, "remove") == []
        assert len(re.findall("vxlan id", fabric.hosts[name].run("ip", "-d", "link"))) == ("backend" not in change)


def test_a_host_alone_stays_on_the_old_way(fabric: Members) -> None:
    fabric.site()
    fabric.everywhere["containerhost_networks"]["fabric"]["vni"] = 43
    plan = fabric.plan()
    given = {"document": plan.documents["h1"], "phase": "make", "hold": ["fabric"]}
    done = fabric.hosts["h1"].module("document", **given)
    assert done["switches"]
    assert done["kept"]["fabric"] > 4
    assert fabric.pings("fabric") == []
    again = fabric.hosts["h1"].module("document", **given)
    assert (again["changed"], again["switches"]) == (False, True)
