# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of short tests in a process that holds all of Ansible."""

from __future__ import annotations

import gc

# Each collection looks through all that has been imported, and tests leave little behind in circles: an eighth of the
# suite's time at Python's 700.
gc.set_threshold(200_000)
