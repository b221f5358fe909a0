# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: a value for a play's C(serial), checked. Ansible itself ends with a traceback for what is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.containerhost.network.plugins.plugin_utils.ip import whole_number


def batches(value: Any, of: str = "serial") -> Any:
    """How many hosts at a time: a number, a percentage, or a list of these, one for each batch."""
    sizes = value if isinstance(value, list) else [value]
    if not sizes or not all(_is_size(size) for size in sizes):
        raise AnsibleFilterError(
            f"{of} is {value!r}, which is no number of hosts: write one, such as 5, a part of them, such as 10%, or a"
            " list of these, one for each batch."
        )
    return value


def _is_size(size: Any) -> bool:
    if isinstance(size, bool) or not isinstance(size, (int, str)):
        return False
    number = whole_number(str(size).removesuffix("%"))
    return bool(number) and (number <= 100 or not str(size).endswith("%"))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"batches": batches}
