# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a process is. Its name and its words are whatever it has chosen itself."""

from __future__ import annotations


def is_privileged(status: str) -> bool:
    """By its ``/proc/PID/status`` (proc_pid_status(5)): is it root's, or has it kept a capability of root's?"""
    rows = dict(row.split(":", 1) for row in status.splitlines() if ":" in row)
    return "0" in rows.get("Uid", "").split() or int(rows.get("CapPrm", "0"), 16) != 0
