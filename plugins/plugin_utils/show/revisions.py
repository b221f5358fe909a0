# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a git revision in a folder of their own. Of the repository nothing is changed, its index included."""

from __future__ import annotations

import os
import subprocess

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal

# What a hook or another git has said about its own repository and index.
_OF_ANOTHER_CALL = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")


def root_of(path: str) -> str:
    """The top folder of the repository that a file or folder lies in. Raises Refusal."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    while not os.path.isdir(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return _git(folder, "rev-parse", "--show-toplevel", fix="Keep the inventory in a git repository")


def export(root: str, revision: str, folder: str) -> str:
    """Write all files of a revision into a folder, as a checkout would; its commit. Raises Refusal.

    A checkout and no archive: filters such as git-crypt's are applied, and ``export-ignore`` leaves nothing out.
    """
    fix = "Name a commit, branch or tag that this repository has"
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", fix=fix)
    index = {"GIT_INDEX_FILE": f"{folder}.index"}
    fix = "Look at `git fsck`"
    _git(root, "read-tree", commit, fix=fix, **index)
    _git(root, f"--work-tree={folder}", "checkout-index", "--all", "--force", fix=fix, **index)
    return commit


def _git(folder: str, *command: str, fix: str, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_CALL}
    try:
        done = subprocess.run(
            ["git", "-C", folder, *command],
            env={**kept, **environment},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        raise Refusal(f"git can't be run: {error.strerror}", "Install git on the controller") from None
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"there is no `{command[-1].partition('^')[0]}` in {folder}"
        raise Refusal(f"git refuses: {said}", fix)
    return done.stdout.strip()
