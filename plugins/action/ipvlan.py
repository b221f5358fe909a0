# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name, which has to know every container engine."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.plugin_utils.run.every_kind import SandboxAction


class ActionModule(SandboxAction):
    """C(containerhost.network.ipvlan)."""

    MODULE = "ipvlan"
