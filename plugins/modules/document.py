# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: document
short_description: Make a host's container networks as a document says
version_added: 0.1.0
description:
  - Reads the host's kernel once, compares it with a document, which is a host's part of the fleet's plan, and applies
    what differs, in one pass over all kinds of objects.
  - What is wanted is made or changed in the order of dependence. What is ours and no longer wanted is removed in the
    reverse order, for the networks that O(remove) names.
  - On the controller, the action of the same name reads the host's document from the plan's folder and hands it over.
options:
  document:
    description:
      - The document, a mapping with C(version) and, by kind, lists of objects. An object's fields are the options of
        the module of that kind, and C(network), which owns it.
    type: dict
  plan_dir:
    description:
      - The folder that M(containerhost.network.plan) wrote its documents to. The host's own is read from it on the
        controller.
      - Give either this or O(document).
    type: str
  phase:
    description:
      - With O(plan_dir), which part of a run this is. V(make) makes and changes, and leaves what is no longer planned.
      - V(keys) has the host make the private keys that its networks need, if any do, and tell the plan the public ones.
        Plan again after it.
      - V(left_over) asks no host. It returns those which V(make) left something on.
      - V(switch) turns to the new way to other hosts, for the networks whose every member has made it in this run. What
        leads to other hosts is made by V(make) beside what did so before.
      - V(remove) removes that, for the networks whose every member has made in this run.
      - In check mode, V(switch) and V(remove) speak of that only, as a run has made all else by then.
      - V(all) does both at once, for networks that no other host takes part in.
    type: str
    choices: [keys, make, left_over, switch, remove, all]
    default: all
  drivers:
    description:
      - With O(plan_dir), what M(containerhost.network.plan) was given as O(containerhost.network.plan#module:drivers).
        Leftovers go of networks of these drivers only.
    type: list
    elements: str
  remove:
    description:
      - Networks of which goes what is ours and not in the document. V(*) stands for every network that is not in
        O(keep). With O(plan_dir) it follows from O(phase).
    type: list
    elements: str
    default: []
  keep:
    description:
      - Networks whose leftovers stay for now.
    type: list
    elements: str
    default: []
  hold:
    description:
      - Networks whose other hosts have not made their part. Of these the way to other hosts stays what it is, and who
        was let in by it stays so. With O(plan_dir) it follows from O(phase).
    type: list
    elements: str
    default: []
  switch:
    description:
      - Networks whose other hosts have made their part, and may go the old way for a moment yet. With O(plan_dir) it
        follows from O(phase).
    type: list
    elements: str
    default: []
  shared:
    description:
      - Networks that hosts share. A check of a later phase takes from it what making has left for that. With
        O(plan_dir) it follows from the plan.
    type: list
    elements: str
    default: []
  everything:
    description:
      - Remove whatever carries our mark and is not in the document, also what other owners made with single modules.
    type: bool
    default: false
  recreate:
    description:
      - Re-create an object where an option of it cannot be changed in place. Without it, this is an error that names
        the options.
    type: bool
    default: false
  settled:
    description:
      - What the plan says about addresses that the host has already, so that a ledger that is missing, or another
        fleet's, does not move them. With O(plan_dir) it is read from there.
      - C(networks), by name, with C(within) (CIDRs that an address does not leave by itself), C(pinned) (addresses
        that the inventory gives) and C(slices) (whether no member's slices are pinned); C(strict) where the ledger has
        known nothing before.
      - Where addresses would move for no reason of the inventory's, nothing is changed, and the error says what to do.
    type: dict
    default: {}
    version_added: 0.2.0
  underlay:
    description:
      - What the plan says about what the host's overlays send by the underlay. With O(plan_dir) it is read from there.
      - C(by), an interface of the host's or an address of it, and C(sizes), the largest packet in bytes by network. An
        interface with a smaller MTU is an error, before anything is changed.
    type: dict
    default: {}
    version_added: 0.2.0
  save:
    description:
      - What the plan says about keeping the host's networks until the next run. With O(plan_dir) it is read from there.
      - C(enabled) says whether the document is saved on the host, with the program C(containerhost) and its services,
        or whether what was saved is removed. C(host) and C(digest) name the plan's part, C(networks) are its networks
        with their drivers, C(drivers) those that the plan is about, where it is not about all, and C(metrics_folder)
        is where metrics are written.
      - Without it, what is saved on the host stays as it is.
    type: dict
    version_added: 0.2.0
  guard:
    description:
      - What undoes a change by itself that could cut the way by which this run has come, with SSH. With O(plan_dir) it
        follows from the plan.
      - Before such a change, a process of its own is started on the host. It goes back to what was there before, once
        the time is over, unless the module is called again with O(guard.confirm). Until then nothing is saved on the
        host, and the answer has RV(on_trial).
      - Without it, what is changed stays.
    type: dict
    version_added: 0.2.0
    suboptions:
      seconds:
        description:
          - How long it waits, from the end of the change.
        type: int
        required: true
      token:
        description:
          - Names the run.
        type: str
        required: true
      confirm:
        description:
          - What the run of that name has changed stays. It has to come over another connection than that run.
        type: bool
        default: false
  install:
    description:
      - Install what the host lacks, as M(containerhost.network.prerequisites) does, and go on. In check mode, say what
        would be installed, and end there for the host, as nothing can be compared.
      - Without it, a host that lacks a library is an error that names the package.
    type: bool
    default: false
  venv:
    description:
      - With O(install), a folder for a virtual environment with pyroute2, instead of the distribution's package, as
        O(containerhost.network.prerequisites#module:venv) has it.
    type: path
extends_documentation_fragment:
  - containerhost.network.attributes
requirements:
  - pyroute2 0.7.2 or newer
  - libnftables, where ports are published, networks isolated or addresses translated
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.plan
"""

EXAMPLES = r"""
- name: The fleet is planned
  containerhost.network.plan:
  run_once: true
  register: planned

- name: What is planned is made
  containerhost.network.document:
    plan_dir: "{{ planned.plan_dir }}"
    phase: make

- name: What is ours and no longer planned has gone
  containerhost.network.document:
    plan_dir: "{{ planned.plan_dir }}"
    phase: remove

- name: A bridge and a container's attachment to it, without a plan
  containerhost.network.document:
    document:
      version: 1
      netns:
        - {network: web, name: shop}
      bridge:
        - {network: web, name: ch-web, addresses: [10.80.1.1/24]}
      veth:
        - network: web
          name: chv-shop
          master: ch-web
          sandbox: {engine: netns, ref: shop}
          interface: eth0
          addresses: [10.80.1.2/24]

- name: Nothing of ours is left on the host
  containerhost.network.document:
    document: {version: 1}
    everything: true
"""

RETURN = r"""
counts:
  description: How many objects were added, changed, re-created (recreated) and removed.
  returned: success
  type: dict
  sample: {"added": 3, "changed": 1, "recreated": 0, "removed": 0}
kept:
  description: For each network, how many objects are no longer planned and stay for now.
  returned: success
  type: dict
  sample: {"fabric": 2}
postponed:
  description:
    - By network, how many objects that are no longer planned stay until other hosts have made their part, and which
      hosts these are. The end of a run says it in words.
  returned: with O(plan_dir)
  type: dict
  sample: {"fabric": [2, ["h3"]]}
switches:
  description: Whether the way to other hosts is still what it was, as O(hold) says.
  returned: success
  type: bool
  sample: false
on_trial:
  description: What was changed goes back by itself unless O(guard.confirm) comes in time.
  returned: when that is so
  type: bool
  sample: true
public_keys:
  description: What other hosts know the keys of O(document) by, by the keys' names.
  returned: success, without O(plan_dir), where there are any
  type: dict
  sample: {"ch-vault": "yHcRHtx1qSLKxbCRNvoL0iROyTo1LZSiWnSXbDj2lEA="}
lacks:
  description: Libraries that the host lacks.
  returned: when it lacks one
  type: list
  elements: str
  sample: [pyroute2]
partly:
  description: Something failed on the way, and what does not depend on it is done.
  returned: when that is so
  type: bool
  sample: true
installed:
  description: What was installed first, in words.
  returned: when something was
  type: str
  sample: python3-pyroute2 and libnftables1
pending:
  description:
    - What is left as it is for now, because a container does not run, has no network namespace of its own, or has
      something in the way inside. Everything else is made, and the next run attaches it. Its C(reason) is a
      sentence.
  returned: success
  type: list
  elements: dict
  sample:
    - network: web
      sandbox: {engine: docker, ref: db}
      interface: eth0
      reason: "docker container db is not running on this host: start it, then run again"
dropped:
  description:
    - What of published ports the host's routing by source address leads astray, and what a firewall of the host that
      is not ours drops of what the document's networks need, a sentence each, with the
      table, chain and rule, and commands that let it pass; and ports that Docker publishes as well, where a network is
      handed to it. It is also a warning.
  returned: success
  type: list
  elements: str
  sample:
    - "web: a firewall of this host (table ip filter, chain FORWARD, its policy) drops what its containers send out by
      eth0. Let it pass, as by `iptables -I DOCKER-USER -i ch-web -o eth0 -j ACCEPT`; our own table decides afterwards
      what goes into a network."
ansible_facts:
  description: Facts of the host, for templates.
  returned: success, with O(plan_dir) and O(phase=make) or O(phase=all)
  type: dict
  contains:
    containerhost_published:
      description: The ports that are published on the host, also those that the plan has chosen.
      type: list
      elements: dict
      sample:
        - {container: shop, network: web, protocol: tcp, host_port: 61000, address: 10.80.0.2, port: 80}
switching:
  description: Hosts that have made a new way to others, and go by the old one until O(phase=switch).
  returned: with O(phase=left_over)
  type: list
  elements: str
  sample: [h1, h3]
hosts:
  description: Hosts with something that is ours and no longer planned there.
  returned: with O(phase=left_over)
  type: list
  elements: str
  sample: [h3]
problems:
  description: What is wrong, a sentence each.
  returned: failure
  type: list
  elements: str
"""

from ansible_collections.containerhost.network.plugins.module_utils import startup

startup.begin()

from ansible_collections.containerhost.network.plugins.module_utils.document_module import run_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS


def main() -> None:
    run_document(KINDS)


if __name__ == "__main__":
    main()
