# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts might have said and answered."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ends import Heard
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.ports import listeners, name_of
from ansible_collections.containerhost.network.plugins.plugin_utils.verify.probes import tries

UNDERLAY = {"h1": "198.18.7.11", "h2": "198.18.7.12", "h3": "198.18.7.13"}


def documents(plan):
    return {host: plan.documents[host] for host in plan.documents}


def heard(plan):
    """All answer, and each host has an address of IPv6 that the plan does not know."""
    return Heard(
        own={host: {6: f"fd63::{number}"} for number, host in enumerate(plan.documents, start=1)},
        answering={
            host: frozenset(name_of(each) for each in listeners(document)) for host, document in documents(plan).items()
        },
    )


def tried(plan):
    return tries(documents(plan), plan.networks, UNDERLAY, heard(plan))


def answered(some, **reasons):
    """Results in which everything answers but what is named, by what it is about."""
    return answered_but(some, lambda each: reasons.get(each.about, ""))


def answered_but(some, reason_of):
    results = {host: {} for host in UNDERLAY}
    for each in some:
        reason = reason_of(each)
        results.setdefault(each.host, {})[each.name] = {"ms": None if reason else 0.25, "reason": reason}
    return results
