# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network configuration lists of CNI, of which each file is a network that engines find by its name.

An engine may take the first file for its default network: ours are called so that numbered ones come before them.
"""

from __future__ import annotations

import json
import os
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.state.engines.engine_names import is_name

FOLDER = "/etc/cni/net.d"
TYPE = "containerhost"
# Where engines look for the programs of a list's plugins: of upstream's first, which is made where there is none, then
# of distributions. Some look into one of them only: nerdctl into the first that there is.
PLUGIN_FOLDERS = (
    "/opt/cni/bin",
    "/usr/local/libexec/cni",
    "/usr/local/lib/cni",
    "/usr/libexec/cni",
    "/usr/lib/cni",
)
# Versions of the specification that the plugin speaks, and those that a list names: a runtime that knows of several
# takes the newest that it has in common with the plugin.
VERSIONS = ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")
LISTED = VERSIONS[4:]
_PREFIX, _SUFFIX = "containerhost-", ".conflist"
_OWNER = "containerhost"  # the key that says whose a list is: JSON has no comments
_CAPABILITIES = {"portMappings": True, "ips": True, "mac": True}

Fields = t.Dict[str, t.Any]


def plugin_folders(made: t.Collection[str]) -> list[str]:
    """Those that are there, that ours can be put into, and that are not there because of us (``made``): where a
    distribution's plugins are in one of the last, nerdctl would not look there any more."""
    return [each for each in PLUGIN_FOLDERS if _serves(each, made)]


def _serves(folder: str, made: t.Collection[str]) -> bool:
    try:
        has_others = any(each != TYPE for each in os.listdir(folder))
        return (has_others or folder not in made) and not os.statvfs(folder).f_flag & os.ST_RDONLY
    except OSError:
        return False


def path_of(name: str) -> str:
    return f"{FOLDER}/{_PREFIX}{name}{_SUFFIX}"


def name_in(file: str) -> str | None:
    """The network whose list is in a file of the folder; None for a file that is not called as ours are."""
    if not file.startswith(_PREFIX) or not file.endswith(_SUFFIX):
        return None
    name = file[len(_PREFIX) : -len(_SUFFIX)]
    return name if is_name(name) else None


def text_of(name: str, owner: str, fields: t.Mapping[str, t.Any]) -> str:
    """A list with our plugin alone, which is told what it has to know of the network."""
    plugin = {"type": TYPE, **fields, "capabilities": _CAPABILITIES}
    head = {"cniVersion": LISTED[0], "cniVersions": list(LISTED), "name": name, _OWNER: owner}
    return json.dumps({**head, "plugins": [plugin]}, indent=1) + "\n"


def read(text: str) -> tuple[str | None, Fields]:
    """Whose a list is, None for nobody of ours, and what the plugin is told; empty where it is not as we write it."""
    try:
        content = json.loads(text)
        owner, plugins = content.get(_OWNER), content["plugins"]
        own = dict(plugins[0])
    except (ValueError, RecursionError, KeyError, IndexError, TypeError, AttributeError):
        return _mentioned(text), {}
    owner = owner if isinstance(owner, str) else None
    del own["type"], own["capabilities"]
    return owner, own


def _mentioned(text: str) -> str | None:
    """Of a list that somebody has spoiled: the line that says whose it was."""
    found = re.search(rf'"{_OWNER}": "([^"]+)"', text)
    return found.group(1) if found else None
