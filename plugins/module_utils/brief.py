# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imported before all else by what is a module's process: it lives for a part of a second, most of which is its start.

It keeps what it makes, so nothing is looked through for garbage. And it is sent as a ZIP of sources, which Python would
compile twice.
"""

from __future__ import annotations

import gc
import types
import zipimport


def begin() -> None:
    gc.disable()
    _compile_once()


def end() -> None:
    """Before the last word: what is alive goes with the process, and is not looked through on its way out either."""
    gc.freeze()


def _compile_once() -> None:
    """``zipimport`` compiles a module to say where it is (``get_filename``), and again to load it: 40 ms for ours."""
    compiled: dict[str, types.CodeType] = {}
    compile_source = getattr(zipimport, "_compile_source", None)
    if compile_source is None:
        return

    def once(path: str, source: bytes) -> types.CodeType:
        code = compiled.pop(path, None)
        if code is None:
            code = compiled[path] = compile_source(path, source)
        return code

    zipimport._compile_source = once


begin()
