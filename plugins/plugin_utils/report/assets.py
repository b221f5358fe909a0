# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's style sheets and script, which lie beside this file."""

from __future__ import annotations

import functools
import pathlib
import re

_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


@functools.cache
def asset(name: str) -> str:
    """The text of a file, without comments."""
    return _COMMENT.sub("", pathlib.Path(__file__).with_name(name).read_text(encoding="utf-8"))
