# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Podman has on this host to make networks with: which netavark, and what its configuration says of it.

Podman itself is not asked: it would make its folders, on a host where nobody has used it yet.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import ask
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text

# Where Podman looks for its helpers, first to last (containers.conf(5), helper_binaries_dir).
_FOLDERS = ("/usr/local/libexec/podman", "/usr/local/lib/podman", "/usr/libexec/podman", "/usr/lib/podman")
# The first that has plugins.
WITH_PLUGINS = (1, 6)
# What is said later holds (containers.conf(5)).
_CONFIGURATION = ("/usr/share/containers/containers.conf", "/etc/containers/containers.conf")
_MORE = "/etc/containers/containers.conf.d"
_CHOSEN = "/var/lib/containers/storage/defaultNetworkBackend"

Version = t.Tuple[int, ...]


class Unknown(Exception):
    """There is a netavark, and it does not say of which version it is; in a sentence."""


def version() -> Version | None:
    """None where Podman has no netavark. Raises Unknown."""
    path = next((path for folder in _FOLDERS if os.path.exists(path := f"{folder}/netavark")), None)
    if path is None:
        return None
    try:
        said = ask([path, "--version"]).output
    except OSError as error:
        raise Unknown(f"{path} cannot be run: {error.strerror or error}") from error
    found = re.search(r"(\d+)\.(\d+)", said)
    if found is None:
        raise Unknown(f"{path} does not say its version: it says {said!r}")
    return int(found.group(1)), int(found.group(2))


def file_with_cni() -> str | None:
    """The file that has Podman make its networks by CNI instead of netavark."""
    found = None
    for path, text in _configuration():
        for backend in re.findall(r"^\s*network_backend\s*=\s*[\"'](\w*)[\"']", text, re.MULTILINE):
            found = path if backend == "cni" else None if backend else found
    if found is None and _text(_CHOSEN).strip() == "cni":
        return _CHOSEN
    return found


def file_without(folder: str) -> str | None:
    """The file that has Podman look for plugins in folders of which this is none."""
    found = None
    for path, text in _configuration():
        for folders in re.findall(r"^\s*netavark_plugin_dirs\s*=\s*\[([^\]]*)\]", text, re.MULTILINE):
            named = [each.rstrip("/") for each in re.findall(r"[\"']([^\"']*)[\"']", folders)]
            found = None if folder in named else path
    return found


def _configuration() -> t.Iterator[tuple[str, str]]:
    try:
        more = sorted(f"{_MORE}/{name}" for name in os.listdir(_MORE) if name.endswith(".conf"))
    except OSError:
        more = []
    for path in (*_CONFIGURATION, *more):
        yield path, _text(path)


def _text(path: str) -> str:
    try:
        return read_text(path)
    except (OSError, ValueError):
        return ""
