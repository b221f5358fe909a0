# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils.show.published import published


def test_templates_see_each_port_with_its_container(fleet):
    fleet.containers("h1", "{shop: {networks: {web: {publish: ['80', '192.0.2.11:8443:443', '53:53/udp']}}}}")
    common = {"container": "shop", "network": "web", "address": "10.80.0.2"}
    assert published(fleet.plan().documents["h1"]) == [
        {**common, "protocol": "tcp", "host_port": 61000, "port": 80},
        {**common, "protocol": "tcp", "host_address": "192.0.2.11", "host_port": 8443, "port": 443},
        {**common, "protocol": "udp", "host_port": 53, "port": 53},
    ]
    assert published(fleet.plan().documents["h2"]) == []
