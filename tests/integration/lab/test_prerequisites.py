# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that lack a library: what a check says of them, what a run installs, and what that costs the others.

Libraries are taken away in a lab host's own root; its package manager is a module of this test's that puts them back.
"""

from __future__ import annotations

import re

import pytest

INVENTORY = """
all:
  hosts:
    h1: {ansible_host: 198.18.6.1}
    h2: {ansible_host: 198.18.6.2}
    h3: {ansible_host: 198.18.6.3}
  vars:
    ansible_package_use: ansible.legacy.put_back
    containerhost_networks:
      web: {driver: bridge, subnets: [{cidr: 10.80.0.0/16, host_prefix: 24}]}
    containerhost_containers:
      shop: {networks: {web: {publish: ["8080:80"]}}}
"""
PUT_BACK = '''
import os
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(argument_spec={"name": {"type": "list", "elements": "str"}, "state": {}})
if os.path.exists("/var/no-mirror"):
    module.fail_json(msg="no mirror answers")
for name in module.params["name"]:
    os.rename(f"/var/kept/{name}", open(f"/var/kept/{name}.place").read())
module.exit_json(changed=True)
'''
ROLE = """
- hosts: all
  gather_facts: false
  strategy: free
  tags: [networks]
  roles: [containerhost.network.bridge_network]
"""
TAKE = """
take() {{
    mkdir -p /var/kept; found=$(ls -d $2); printf %s "$found" > /var/kept/$1.place
    cp -a "$found" /var/kept/$1; rm -r "$found"
}}
{lines}
"""
LIBRARIES = {
    "python3-pyroute2": "/usr/lib/python3/dist-packages/pyroute2",
    "libnftables1": "/usr/lib/*/libnftables.so.1",
}


class Fleet:
    """The three hosts, freshly up."""

    def __init__(self, lab):
        self.lab = lab
        lab.inventory(INVENTORY)
        (lab.folder / "library").mkdir()
        (lab.folder / "library" / "put_back.py").write_text(PUT_BACK)
        (lab.folder / "role.yml").write_text(ROLE)
        lab.environment["ANSIBLE_LIBRARY"] = str(lab.folder / "library")
        up = lab.up()
        assert up.status == 0, up.output

    def take(self, host, *packages):
        lines = "\n".join(f"take {package} '{LIBRARIES[package]}'" for package in packages)
        self.lab.run(host, TAKE.format(lines=lines))

    def play(self, *arguments, playbook="containerhost.network.site"):
        return self.lab.play(playbook, "-e", f"@{self.lab.vars_file.name}", *arguments)

    def has(self, host, device="ch-web"):
        return self.lab.run(host, f"ip link show {device} || true", check=False) != ""


@pytest.fixture
def fleet(lab):
    return Fleet(lab)


def recap(played, host):
    """What the last lines say of a host, without what is zero."""
    counts = re.search(rf"^{host} +: (.*)$", played.output, re.MULTILINE)[1]
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", counts) if int(number)}


def test_a_check_says_what_a_run_installs_and_the_run_does_and_makes_the_host(fleet):
    fleet.take("h1", "python3-pyroute2", "libnftables1")
    fleet.take("h2", "libnftables1")
    checked = fleet.play("--check", "--diff")
    assert checked.status == 0, checked.output
    for host, packages in (("h1", "libnftables1 and python3-pyroute2"), ("h2", "libnftables1")):
        said = f"{host} lacks {packages}: a run installs that first, and only then can the host be compared."
        assert checked.said(said), checked.output
    assert checked.output.count("+++ after: bridge ch-web (web)") == 1
    assert recap(checked, "h1") == {"ok": 3, "changed": 2}  # it is the first, so what is done once is its task
    assert recap(checked, "h3") == {"ok": 1, "changed": 1}
    assert checked.said("h2 1 1 not compared yet: lacks libnftables1 h3 1 1")
    assert checked.said("3 hosts, 1 network, 3 containers: 1 would change, 2 lacking a library (h1 and h2).")
    assert not any(fleet.has(host) for host in ("h1", "h2", "h3"))
    assert "python3-pyroute2" in fleet.lab.run("h1", "ls /var/kept")

    run = fleet.play("--diff", "-e", "containerhost_serial=1")
    assert run.status == 0, run.output
    assert all(fleet.has(host) for host in ("h1", "h2", "h3"))
    assert "+++ after: libnftables1 and python3-pyroute2" in run.output
    assert (recap(run, "h1"), recap(run, "h2")["changed"]) == ({"ok": 3, "changed": 2}, 1)
    assert run.output.count("HOST  NETWORKS  CONTAINERS  CHANGED") == 1
    assert run.said("added, libnftables1 installed h3 1 1")
    run = fleet.play()
    assert run.changed == 0
    assert run.said("3 hosts, 1 network, 3 containers: 3 as planned already.")

    fleet.lab.inventory(INVENTORY.replace("198.18.6.2}", "198.18.6.2, containerhost_containers: {}}"))
    run = fleet.play()
    assert (run.status, fleet.has("h1"), fleet.has("h2")) == (0, True, False)
    # One has something left over; nobody has another way to go to others.
    assert (recap(run, "h2"), recap(run, "h3")) == ({"ok": 2, "changed": 1, "skipped": 1}, {"ok": 2, "skipped": 1})
    assert run.said("3 hosts, 1 network, 2 containers: 1 changed, 2 as planned already.")


def test_where_all_lack_it_a_check_ends_well_and_a_role_does_the_same_with_tags_and_strategy_free(fleet):
    for host in ("h1", "h2", "h3"):
        fleet.take(host, "python3-pyroute2")
    checked = fleet.play("--check", "--diff")
    assert checked.status == 0, checked.output
    assert all(checked.said(f"{host} lacks python3-pyroute2: a run installs that first") for host in ("h1", "h2", "h3"))
    assert "undefined" not in checked.output

    arguments = ("--tags", "networks", "--limit", "h2,h3")
    checked = fleet.play("--check", *arguments, playbook="role.yml")
    assert checked.status == 0, checked.output
    assert checked.said("h2 lacks python3-pyroute2: a run installs that first")
    run = fleet.play(*arguments, playbook="role.yml")
    assert run.status == 0, run.output
    assert fleet.has("h2") and fleet.has("h3") and not fleet.has("h1")
    assert run.output.count("2 hosts, 1 network, 2 containers: 2 changed.") == 1
    assert fleet.play(*arguments, playbook="role.yml").changed == 0


def test_what_fails_is_one_failure_and_is_not_tried_twice(fleet):
    fleet.take("h1", "python3-pyroute2")
    fleet.lab.run("h1", "touch /var/no-mirror")
    fleet.lab.run("h2", "ip link add ch-web type bridge")
    run = fleet.play()
    assert run.status != 0
    assert run.said("h1 lacks python3-pyroute2, and cannot install it: no mirror answers.")
    assert run.said("bridge ch-web (web) cannot be made: there is one already that is not ours")
    assert run.output.count("fatal: ") == 2
    assert (recap(run, "h1"), recap(run, "h2")) == ({"ok": 1, "changed": 1, "failed": 1}, {"failed": 1})
    assert fleet.has("h3")
    assert run.said("3 hosts, 1 network, 3 containers: 1 changed, 2 failed (h1 and h2).")
    run = fleet.play("--limit", "h1,h2", "-e", "containerhost_serial=1")
    assert run.said("h1 1 1 failed 1 host, 1 network, 1 container: 1 failed (h1).")  # Ansible ends there
