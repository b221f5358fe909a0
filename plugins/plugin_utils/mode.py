# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an overlay's mode is: what containers have of the network, whatever carries it between hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.containerhost.network.plugins.plugin_utils.backend import Backend
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.option import Option


@dataclass(frozen=True)
class Mode:
    """One mode, whole. Register it by being ``MODES`` of a file in ``modes/``.

    options
        Keys of a network that have a meaning in this mode (``only_with=("mode", (NAME,))``).
    variant
        The driver ``overlay`` as it is for networks of this mode that a backend carries.
    """

    name: str
    summary: str
    variant: Callable[[Driver, Backend], Driver]
    options: tuple[Option, ...] = ()
