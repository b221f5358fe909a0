# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published ports of a host's document, as a fact for templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.document_devices import container_ends

FACT = "containerhost_published"
_SAME = ("network", "protocol", "host_address", "host_interface", "host_port", "host_port_end")


def published(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each port with its container (by its ``ref``), in the document's order. It is on all of the host's addresses,
    unless it has one, or an interface."""
    names = {
        cidr.partition("/")[0]: each["sandbox"]["ref"]
        for each in container_ends(document)
        for cidr in each.get("addresses", ())
    }
    return [
        {
            "container": names.get(rule["address"]),
            **{name: rule[name] for name in _SAME if name in rule},
            "address": rule["address"],
            "port": rule["port"],
        }
        for rule in document.get("nat_rule", ())
        if rule["rule"] == "publish"
    ]
