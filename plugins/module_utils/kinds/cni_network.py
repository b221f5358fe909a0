# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``cni_network``: a network that engines attach containers to by CNI, on a bridge of ours.

It is a configuration list, which names the plugin ``containerhost`` and tells it what it has to know. The plugin is the
program that keeps a host (``keep/cni.py``).
"""

from __future__ import annotations

import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.engine_network import DNS, EngineNetworkKind
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import cni_lists
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.attachments import CNI


class CniNetwork(EngineNetworkKind):
    name = "cni_network"
    protocol: t.ClassVar[str] = CNI
    files: t.ClassVar[t.Any] = cni_lists
    options = {
        **EngineNetworkKind.options,
        "dns": {"type": "dict", "options": {**DNS, "options": {"type": "list", "elements": "str"}}},
    }
