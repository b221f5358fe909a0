# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file on the controller that a task writes: whole or not at all, only where it differs, and not in check mode."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal


def write(path: str, text: str, check_mode: bool, diff: bool) -> dict[str, Any]:
    """What a task returns of it. Raises Refusal where the file can't be written."""
    path = os.path.abspath(path)
    try:
        before = _read(path)
        if before != text and not check_mode:
            with open(f"{path}.new", "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(f"{path}.new", path)
    except OSError as error:
        raise Refusal(f"{path} can't be written: {error.strerror}", "Name another `dest`") from None
    result: dict[str, Any] = {"changed": before != text, "dest": path}
    if before != text and diff:
        result["diff"] = {"before": before or "", "after": text, "before_header": path, "after_header": path}
    return result


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return None
