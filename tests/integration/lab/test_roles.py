# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles in a play of one's own do for their drivers what ``site`` does: on hosts, in what these keep, in what is said.

A build machine's kernel has no ipvlan; what is planned for it is compared in ``test_documents.py``.
"""

from __future__ import annotations

import json

import pytest

INVENTORY = """
all:
  hosts:
    h1: {ansible_host: 198.18.6.1}
    h2: {ansible_host: 198.18.6.2}
  vars:
    containerhost_networks:
      web: {driver: bridge, names: hosts, subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}]}
      fabric: {driver: overlay, vni: 42, subnets: [{cidr: 10.42.0.0/16, host_prefix: 24}]}
      lan:
        {driver: macvlan, parent: eth0, host_shim: true, per_host_names: true, subnets: [192.168.7.0/24]}
    containerhost_containers:
      shop: {networks: {web: {publish: ["8080:80"]}, fabric: {}}, default_route: web}
      door: {networks: {lan: {}, fabric: {}}}
      late: {engine: docker, networks: {web: {}}}
"""
ROLES = ("bridge_network", "vxlan_overlay", "macvlan_network")


@pytest.fixture
def fleet(lab):
    lab.inventory(INVENTORY)
    play = {"hosts": "all", "gather_facts": False, "roles": [f"containerhost.network.{role}" for role in ROLES]}
    (lab.folder / "roles.yml").write_text(json.dumps([play]))
    up = lab.up("-e", "containerhost_lab_engines=real")
    assert up.status == 0, up.output
    return lab


def play(lab, playbook, *arguments):
    played = lab.play(playbook, "-e", f"@{lab.vars_file.name}", *arguments)
    assert played.status == 0, played.output
    return played


def kept(lab, host):
    """What the host keeps: objects in an order of their own, as each role adds its part."""
    saved = json.loads(lab.run(host, "cat /etc/containerhost/document.json"))
    objects = {
        kind: sorted(json.dumps(row, sort_keys=True) for row in rows)
        for kind, rows in saved["document"].items()
        if kind != "version"
    }
    return saved["networks"], objects


def totals(played):
    return [line for line in played.output.splitlines() if line.startswith("2 hosts, ")]


def test_roles_do_what_site_does(fleet):
    site = play(fleet, "containerhost.network.site")
    by_site = {host: kept(fleet, host) for host in ("h1", "h2")}
    waiting = "Pending until then: late (web)."
    assert site.said(waiting)
    assert play(fleet, "containerhost.network.teardown").changed

    roles = play(fleet, "roles.yml")
    assert {host: kept(fleet, host) for host in ("h1", "h2")} == by_site
    assert roles.said(waiting)
    assert totals(roles) == [
        "2 hosts, 1 network, 4 containers: 2 changed.",
        "2 hosts, 1 network, 4 containers: 2 changed.",
        "2 hosts, 1 network, 2 containers: 2 changed.",
    ]
    again = play(fleet, "containerhost.network.site", "--diff")
    assert again.changed == 0, again.output

    shop = 'shop: {networks: {web: {publish: ["8080:80"]}, fabric: {}}, default_route: web}'
    door = "door: {networks: {lan: {}, fabric: {}}}"
    fleet.inventory(INVENTORY.replace(shop, "").replace(door, "door: {networks: {fabric: {}}}"))
    assert play(fleet, "roles.yml", "-e", "containerhost_confirm_vanished=true").changed
    after = play(fleet, "containerhost.network.site")
    assert after.changed == 0, after.output
