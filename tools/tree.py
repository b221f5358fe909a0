# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mirrors the work tree's files that git knows or would add: ``tree.py DESTINATION STAMP``.

ansible-test and ansible-lint want a git checkout at ``…/ansible_collections/NAMESPACE/NAME`` and leave things there;
the tarball must hold no stray file. The stamp is touched only when something has changed, for make to see.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path


def wanted(source: Path) -> set[Path]:
    """Files of the work tree, committed or not, that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=source, check=True, stdout=subprocess.PIPE,
    ).stdout
    names = (Path(os.fsdecode(name)) for name in listed.split(b"\0") if name)
    return {name for name in names if os.path.lexists(source / name)}


def same(one: Path, other: Path) -> bool:
    """Same content and same run bit (sanity tests look at it)."""
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and os.readlink(one) == os.readlink(other)
    return (
        other.is_file()
        and one.stat().st_mode == other.stat().st_mode
        and filecmp.cmp(one, other, shallow=False)
    )


def present(destination: Path) -> set[Path]:
    """Files in the copy, but its repository."""
    found = set()
    for folder, folders, files in os.walk(destination):
        folders[:] = [name for name in folders if name != ".git"]
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        found.update((Path(folder) / name).relative_to(destination) for name in files + links)
    return found


def mirror(source: Path, destination: Path) -> bool:
    """Make the copy equal to the work tree; True if it was not."""
    names = wanted(source)
    stale = [name for name in names if not same(source / name, destination / name)]
    gone = present(destination) - names
    for name in gone:
        (destination / name).unlink()
    for name in stale:
        target = destination / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copy2(source / name, target, follow_symlinks=False)
    for folder, _folders, _files in os.walk(destination, topdown=False):
        if ".git" not in Path(folder).relative_to(destination).parts and not os.listdir(folder):
            os.rmdir(folder)
    return bool(stale or gone)


def main() -> None:
    """Mirror, then bring the copy's index up to date."""
    source = Path(__file__).resolve().parent.parent
    destination, stamp = Path(sys.argv[1]), Path(sys.argv[2])
    destination.mkdir(parents=True, exist_ok=True)
    if mirror(source, destination) or not stamp.exists():
        subprocess.run(["git", "init", "--quiet"], cwd=destination, check=True)
        subprocess.run(["git", "add", "--all", "--force"], cwd=destination, check=True)
        stamp.touch()


if __name__ == "__main__":
    main()
