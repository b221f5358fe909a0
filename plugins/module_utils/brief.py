# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imported before all else by what is a module's process: it lives for a second, and keeps what it makes.

Python's garbage collector would look through all of that again and again, which takes a fifth of that second.
"""

from __future__ import annotations

import gc

gc.disable()


def end() -> None:
    """Before the last word: what is alive goes with the process, and is not looked through on its way out either."""
    gc.freeze()
