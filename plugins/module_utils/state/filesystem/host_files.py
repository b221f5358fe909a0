# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the host that a run looks at, as they are now."""

from __future__ import annotations

import os
import stat

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.inside_files import (
    FilePlace,
    fault,
    look_at,
    text_at,
)


class HostFiles:
    """Nothing of it is kept here: each file is of one object, and is looked at once."""

    def text(self, path: FilePlace) -> str | None:
        """What a file says; None where there is none. Raises Problem for what cannot be read."""
        try:
            return read_text(path) if isinstance(path, str) else text_at(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise Problem(f"{path} cannot be read ({why}): remove it, or move it away") from error

    def text_of_container(self, place: FilePlace) -> str | None:
        """The same of a file that whoever is in a container writes, wherever it is."""
        try:
            return look_at(place)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise Problem(f"{place} cannot be read ({getattr(error, 'strerror', None) or error})") from error

    def fault(self, path: FilePlace, hosts_own: str) -> str | None:
        """Why a file cannot be written for a container: see ``inside_files.fault``."""
        return fault(path, hosts_own)

    def others_may_write(self, path: str) -> bool:
        """May anybody but root change a file of ours? As root alone writes it, that is how somebody has left it."""
        try:
            status = os.lstat(path)
        except OSError:
            return False
        return status.st_uid != 0 or bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))

    def folder(self, path: str) -> list[str]:
        """The names in a folder, sorted; none where there is no such folder."""
        try:
            return sorted(os.listdir(path))
        except (FileNotFoundError, NotADirectoryError):
            return []
