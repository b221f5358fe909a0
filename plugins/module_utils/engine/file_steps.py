# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that write files of the host.

Folders go with the last file in them where a run has made them: their sticky bit says so, which is of no other use
where root alone writes.
"""

from __future__ import annotations

import contextlib
import functools
import os
import stat
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine import steps as s
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import attachments
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem import inside_files
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import (
    read_text,
    replace_text,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.inside_files import (
    FilePlace,
    text_at,
)
from ansible_collections.containerhost.network.plugins.module_utils.state.naming import names, resolv
from ansible_collections.containerhost.network.plugins.module_utils.state.naming.name_processes import NameProcesses

_FOLDER_MODE, _FILE_MODE = 0o1755, 0o644


def actions(processes: NameProcesses) -> tuple[tuple[type, t.Callable[..., t.Iterator[tuple[int, str]]]], ...]:
    """What does steps of each type, in this order."""
    return (
        (s.WriteFile, write_files),
        (s.WriteResolv, write_resolvs),
        (s.WriteBlock, write_blocks),
        (s.ServeNames, functools.partial(serve_names, processes)),
    )


def write_files(steps: t.Sequence[s.WriteFile]) -> t.Iterator[tuple[int, str]]:
    """Positions of those that failed, and why."""
    for position, step in enumerate(steps):
        try:
            if step.in_place and step.text is not None and os.path.lexists(step.path):
                _write_in_place(step.path, step.text)
            else:
                _write(step.path, step.text)
        except OSError as error:
            yield position, _words(error)


def serve_names(processes: NameProcesses, steps: t.Sequence[s.ServeNames]) -> t.Iterator[tuple[int, str]]:
    for position, step in enumerate(steps):
        try:
            if step.action == "start":
                reason = processes.start(step.name, step.owner)
            else:
                reason = (processes.reload if step.action == "reload" else processes.stop)(step.name)
        except OSError as error:
            reason = _words(error)
        if reason is not None:
            yield position, reason


def end_engine_networks(
    has_link: t.Callable[[str], bool], steps: t.Sequence[s.EndEngineNetwork]
) -> t.Iterator[tuple[int, str]]:
    for position, step in enumerate(steps):
        try:
            used = attachments.still_on(step.protocol, step.name, has_link)
            if used is not None:
                yield position, used
                continue
            _write(step.path, None)
            attachments.forget(step.protocol, step.name)
        except (OSError, Problem) as error:
            yield position, _words(error)


def write_blocks(steps: t.Sequence[s.WriteBlock]) -> t.Iterator[tuple[int, str]]:
    """Each file once, whatever is to be changed of it."""
    by_path: dict[FilePlace, list[int]] = {}
    for position, step in enumerate(steps):
        by_path.setdefault(step.path, []).append(position)
    for path, positions in by_path.items():
        try:
            _write_blocks(path, [steps[position] for position in positions])
        except (OSError, ValueError) as error:
            yield from ((position, _words(error)) for position in positions)


def _write_blocks(path: FilePlace, steps: t.Sequence[s.WriteBlock]) -> None:
    try:
        before = text_at(path)
    except FileNotFoundError:
        if all(step.entries is None for step in steps):
            return  # it has gone with its container
        if not steps[0].whole:
            raise
        _make(path, _with_blocks(names.new_hosts(), steps))
        return
    text = _with_blocks(before, steps)
    _write_in_place(path, text)
    if steps[0].whole and names.is_ours(text) and not names.blocks(text):
        _make(path, None)


def write_resolvs(steps: t.Sequence[s.WriteResolv]) -> t.Iterator[tuple[int, str]]:
    for position, step in enumerate(steps):
        try:
            _write_resolv(step)
        except (OSError, ValueError) as error:
            yield position, _words(error)


def _write_resolv(step: s.WriteResolv) -> None:
    try:
        before = text_at(step.path)
    except FileNotFoundError:
        if step.lines and isinstance(step.path, str):
            raise
        if step.lines:
            _make(step.path, resolv.with_part(names.EMPTY, step.owner, step.lines))
        return  # it has gone with its container
    text = resolv.with_part(before, step.owner, step.lines)
    if text == names.EMPTY:
        _make(step.path, None)
    else:
        _write_in_place(step.path, text)


def _make(path: FilePlace, text: str | None) -> None:
    """Make a file, or take it away (None)."""
    if isinstance(path, str):
        _write(path, text)
    elif text is None:
        inside_files.remove(path)
    else:
        inside_files.create(path, text)


def tidy() -> None:
    """Take away what a run that was killed has begun: files that were not finished, folders that nothing is in yet."""
    for root in (names.FOLDER, names.NETNS_FILES):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            folders = [entry.path for entry in os.scandir(root) if entry.is_dir(follow_symlinks=False)]
            for folder in (*folders, root):
                for entry in os.scandir(folder):
                    if names.is_draft(entry.path) and (root == names.FOLDER or names.is_ours(read_text(entry.path))):
                        os.unlink(entry.path)
                _remove_folders(folder)


def _with_blocks(text: str, steps: t.Sequence[s.WriteBlock]) -> str:
    for step in steps:
        text = names.with_block(text, step.owner, step.table, step.entries)
    return text


def _write(path: str, text: str | None) -> None:
    folder = os.path.dirname(path)
    if text is None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(path)
        _remove_folders(folder)
    else:
        _make_folders(folder)
        replace_text(path, text, _FILE_MODE, draft=names.draft_of(path))


def _make_folders(path: str) -> None:
    missing = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(each, _FOLDER_MODE)
            os.chmod(each, _FOLDER_MODE)  # whatever the umask


def _remove_folders(path: str) -> None:
    with contextlib.suppress(OSError):  # somebody has something in it, or it is no folder
        while stat.S_IMODE(os.lstat(path).st_mode) == _FOLDER_MODE:
            os.rmdir(path)
            path = os.path.dirname(path)


def _write_in_place(path: FilePlace, text: str) -> None:
    is_ours = isinstance(path, str) and path.startswith(f"{names.NETNS_FILES}/")
    inside_files.write(path, text, _FILE_MODE if is_ours else None)


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
