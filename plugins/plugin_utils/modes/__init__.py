# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An overlay's modes: each file of this folder is one (``MODES``); a new one needs no other change."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from ansible_collections.containerhost.network.plugins.plugin_utils.folder import files_of, unique
from ansible_collections.containerhost.network.plugins.plugin_utils.mode import Mode


@functools.cache
def modes() -> Mapping[str, Mode]:
    """All of them by name."""
    files = files_of(__name__, __path__)
    return unique("mode", ((each, file.__name__) for file in files for each in file.MODES))
