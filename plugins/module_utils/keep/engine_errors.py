# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine is told where its container cannot have what it asks for: a sentence, and a number if it takes one.

The numbers are those of the CNI specification, section 5, from 100 on our own, and the last one what its library says
of a plugin's own mistake.
"""

from __future__ import annotations

INCOMPATIBLE, UNKNOWN_CONTAINER, BAD_ENVIRONMENT, IO_FAILED, UNDECODABLE, BAD_CONFIGURATION = 1, 3, 4, 5, 6, 7
TRY_AGAIN, UNAVAILABLE, LIMITED = 11, 50, 51
REFUSED, NO_ADDRESS, PORT_TAKEN, DIFFERS = 100, 101, 102, 103
INTERNAL = 999


class EngineError(Exception):
    """What an engine is told, with one of these numbers."""

    def __init__(self, code: int, text: str, details: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.details = details
