# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the modules that plan find what was given out before."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ledger:
    description:
      - Path of the ledger on the controller.
      - The default is the variable C(containerhost_ledger), and without that C(containerhost.ledger) beside the
        inventory file, or beside the inventory directory.
    type: path
"""
