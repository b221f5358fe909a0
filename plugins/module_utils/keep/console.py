# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program says to whoever has called it: a person, or a service's journal."""

from __future__ import annotations

import contextlib
import sys
import typing as t


def tell(text: object) -> None:
    _write(sys.stdout, text)


def complain(text: object) -> None:
    """Nobody who does not listen keeps the work from being done."""
    with contextlib.suppress(OSError):
        _write(sys.stderr, text)


def _write(stream: t.TextIO | None, text: object) -> None:
    """At once: a journal has it when it happens. An engine may call without any stream."""
    if stream is not None:
        stream.write(f"{text}\n")
        stream.flush()
