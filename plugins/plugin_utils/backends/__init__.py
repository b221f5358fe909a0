# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An overlay's backends: each file of this folder is one (``BACKENDS``); a new one needs no other change."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from ansible_collections.containerhost.network.plugins.plugin_utils.backend import Backend
from ansible_collections.containerhost.network.plugins.plugin_utils.folder import files_of, unique


@functools.cache
def backends() -> Mapping[str, Backend]:
    """All of them by name."""
    files = files_of(__name__, __path__)
    return unique("backend", ((each, file.__name__) for file in files for each in file.BACKENDS))
