# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory in another folder than the run's own, loaded by Ansible as it loads any: vars, templates and vault."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import variables
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import Sources


def read_folder(paths: Sequence[str], base: str, vault_secrets: Any) -> Sources:
    """What these inventories say; nothing where none of them is there. No play is part of it. Raises PlanError."""
    there = [path for path in paths if "," in path or os.path.exists(path)]
    if not there:
        return Sources({})
    loader = DataLoader()
    loader.set_basedir(base)
    loader.set_vault_secrets(vault_secrets)
    inventory = InventoryManager(loader, sources=list(there))
    manager = VariableManager(loader, inventory)
    return variables.sources_of(HostVars(inventory, manager, loader), loader)
