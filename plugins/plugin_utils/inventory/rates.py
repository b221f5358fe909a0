# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reader of an endpoint's ``rate``."""

from __future__ import annotations

from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.kinds import rate
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option

EXAMPLE = "{in: 100mbit, out: 50mbit}"
RATE_KEYS = ("in", "out", "burst")


def read_rate(value: Any, option: Option) -> tuple[tuple[str, str], ...]:
    """What is given of in, out and burst, each as the kernel's side spells it."""
    if not isinstance(value, dict) or not value:
        raise Refusal(f"`{option.name}` is {value!r}, not a mapping of rates", f"Write it as {EXAMPLE}")
    unknown = next((key for key in value if key not in RATE_KEYS), None)
    if unknown is not None:
        raise Refusal(f"a rate has the unknown key `{unknown}`", f"It has {', '.join(RATE_KEYS)}", (unknown,))
    if value.get("in") is None and value.get("out") is None:
        raise Refusal(f"`{option.name}` says neither `in` nor `out`", f"Write it as {EXAMPLE}")
    found = []
    for key in RATE_KEYS:
        if value.get(key) is not None:
            try:
                text = rate.burst_text(rate.burst_of(value[key])) if key == "burst" else rate.rate_text(
                    rate.rate_of(value[key], key)
                )
            except Problem as problem:
                what, _colon, advice = str(problem).partition(": ")
                raise Refusal(what, advice[0].upper() + advice[1:], (key,)) from None
            found.append((key, text))
    return tuple(found)
