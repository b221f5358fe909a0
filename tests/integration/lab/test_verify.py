# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``verify`` on hosts of a lab: all protocols and families, then with a damaged host and a dead one."""

from __future__ import annotations

import os
import signal

import pytest

from ansible_collections.containerhost.network.tests.unit.plugins.plugin_utils.report.reading import below, read, rows

INVENTORY = """
all:
  hosts:
    h1:
      ansible_host: 198.18.9.1
      containerhost_containers:
        a:
          default_route: web
          networks:
            web: {publish: ["8080:80", "53:53/udp", "9:9/sctp", "127.0.0.1:99:99", "eth0:85:85"]}
            fabric:
            lan:
        m: {networks: {lan: }}
    h2:
      ansible_host: 198.18.9.2
      containerhost_containers:
        c: {networks: {fabric: }}
        e: {engine: docker, networks: {inside: }}
    h3: {ansible_host: 198.18.9.3, containerhost_containers: {d: {networks: {fabric: , web: {publish: ["1:1"]}}}}}
  vars:
    containerhost_networks:
      web: {driver: bridge, subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}, {cidr: "fd00:80::/48", host_prefix: 64}]}
      inside: {driver: bridge, internal: true, subnets: [{cidr: 10.81.0.0/16, host_prefix: 24}]}
      fabric: {driver: overlay, vni: 42, subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}]}
      lan: {driver: macvlan, parent: eth1, subnets: [{cidr: 192.168.7.0/24, gateway: 192.168.7.1}]}
"""


def verify(lab):
    return lab.play("containerhost.network.verify", "-e", f"@{lab.vars_file.name}")


def wrong(played):
    """The sentences below "What is wrong"."""
    told = played.output.partition("What is wrong:\n")[2]
    return [line.strip() for line in told.partition("\n[")[0].splitlines()]


def explain(lab, source, target, *more):
    ends = ("-e", f"containerhost_from={source}", "-e", f"containerhost_to={target}")
    return lab.play("containerhost.network.explain", "-e", f"@{lab.vars_file.name}", *ends, *more)


def explained(lab):
    """One way, hop by hop: as it is, to a port that nobody serves, and past a firewall."""
    good = explain(lab, "a", "h2/c")
    assert good.status == 0, good.output
    assert good.said("h1/a to h2/c, by IPv4 on fabric h1 to h1/a: answers"), good.output

    closed = explain(lab, "h1/a", "c", "-e", "containerhost_port=5432")
    assert closed.status != 0
    assert closed.said("it ends at h2/c to itself, 5432/tcp (connection refused). Nothing listens there"), closed.output

    drop = "table ip theirs { chain there { type filter hook forward priority 0; oifname ch-fabric drop; }; }"
    lab.run("h1", f"nft '{drop}'")
    dropped = explain(lab, "a", "c")
    assert dropped.said(
        "it ends at h1/a to h2/c (no reply). On h1, a firewall of this host (table ip theirs, chain there, rule"
        ' `oifname "ch-fabric" drop`) drops what goes to its other hosts by ch-fabric.'
    ), dropped.output
    [dropped] = wrong(verify(lab))
    assert dropped.startswith("h1, fabric: a firewall of this host (table ip theirs, chain there, rule"), dropped
    lab.run("h1", "nft delete table ip theirs")


@pytest.mark.timeout(300)  # ten plays, which take a busy machine two minutes
def test_it_tells_what_is_and_whose_fault_it_is(lab):
    lab.inventory(INVENTORY)
    assert lab.up().status == 0
    site = lab.play("containerhost.network.site", "-e", f"@{lab.vars_file.name}")
    assert site.status == 0, site.output

    good = verify(lab)
    assert good.status == 0, good.output
    ports = ("8080/tcp on h1 → a:80", "53/udp on h1 → a:53", "9/sctp on h1 → a:9", "eth0:85/tcp on h1 → a:85")
    for port in ports:
        way = "answers from h1, outside (h2), h1/a"
        assert good.said(f"{port} by IPv4 {way}; by IPv6 {way}"), good.output
    assert good.said("127.0.0.1:99/tcp on h1 → a:99 by IPv4 answers from h1")
    assert good.said("h1 its containers reach each other, m reaches the router 192.168.7.1 by IPv4")
    assert good.said("h2 reaches e by IPv4")
    assert good.said("MTU 1450 proven by IPv4 between 3 of 3 hosts")

    explained(lab)
    lab.run("h2", "ip link delete ch-fabric")
    assert explain(lab, "a", "h2/c").said("h2 is not as planned: vxlan ch-fabric (fabric) is missing")
    os.kill(lab.member("h3").pid, signal.SIGKILL)
    bad = verify(lab)
    assert bad.status != 0
    [damaged, dead] = wrong(bad)
    assert damaged.startswith("h2 is not as planned: "), bad.output
    assert "attempts from or to it fail. `ansible-playbook … containerhost.network.site --limit h2` mends it" in damaged
    assert dead == "h3 has not been asked: it did not answer"

    report = lab.play("containerhost.network.report", "-e", f"@{lab.vars_file.name}")
    assert report.status == 0, report.output
    page = read((lab.folder / "containerhost-report.html").read_text())
    verdict = page.one("main").children[0]
    assert [each.text for each in verdict.one("ul", "problems").all("li")] == [
        each.replace("`", "") for each in wrong(bad)
    ]
    [hop] = verdict.one("ul", "hops").all("li")
    assert [each.text for each in hop.all("span", "end")] == ["h2", "h1"]
    drift = dict(rows(below(page, "drift").one("table")))
    assert "ch-fabric" in drift["h2"] and drift["h3"] == "✕ has not been asked: it did not answer"
    assert lab.run("h1", "ss -Hltn").strip() == ""
