# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/etc/containerhost/installed.json``: the files and folders on a host that are ours, so that they can go again."""

from __future__ import annotations

import contextlib
import json
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.keep import saved
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import (
    read_text,
    replace_text,
)

PATH = f"{saved.FOLDER}/installed.json"
_VERSION = 1
_KNOWN = "remove it: files of ours are known by their first line"


class Manifest(t.NamedTuple):
    """``files``: SHA-256 by path, or the target of a link; ``program``: what it was built of.

    ``finished``: nobody has been killed between the first of these files and what systemd is told of them.
    """

    files: t.Mapping[str, str]
    folders: t.Sequence[str]
    program: str = ""
    finished: bool = True


NOTHING = Manifest({}, ())


def read() -> Manifest:
    try:
        content = json.loads(read_text(PATH))
    except FileNotFoundError:
        return NOTHING
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Problem(f"{PATH} cannot be read ({why}); {_KNOWN}") from error
    files, folders = (content.get(name) for name in ("files", "folders")) if isinstance(content, dict) else (None, None)
    well = isinstance(files, dict) and isinstance(folders, list) and content.get("version") == _VERSION
    if not well or not all(isinstance(each, str) for each in [*files, *files.values(), *folders]):
        raise Problem(f"{PATH} is damaged; {_KNOWN}")
    return Manifest(files, folders, str(content.get("program", "")), content.get("finished") is not False)


def write(manifest: Manifest) -> None:
    content = {"version": _VERSION, **manifest._asdict()}
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    with contextlib.suppress(OSError):
        if read_text(PATH) == text:
            return
    replace_text(PATH, text, sync=True)
