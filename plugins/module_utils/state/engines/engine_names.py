# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What engines take as a network's name, CNI's and Podman alike."""

from __future__ import annotations

import re

# CNI specification, section 1, "Configuration format"; the same is a name for Podman.
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
LONGEST = 128  # with what is around it, a file's name


def is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and len(name) <= LONGEST
