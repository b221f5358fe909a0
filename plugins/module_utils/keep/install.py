# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a host is installed on it, compared with what is there, and removed again.

The manifest is written before the files that it names, and goes after them: a killed run leaves an entry too many,
never a file that nobody knows of.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.keep import layout, manifest, metrics, pages, saved
from ansible_collections.containerhost.network.plugins.module_utils.keep.layout import (
    HostFacts,
    Kept,
    KeptFile,
    KeptLink,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep.manifest import NOTHING, Manifest
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import cni_lists
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import (
    CannotKeep,
    is_as_written,
    replace_file,
    replace_text,
    sync_folder,
    what_is_at,
)

_BOOTED = "/run/systemd/system"  # sd_booted(3)
_UNIT_FOLDERS = [f"{top}/systemd/system" for top in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")]
_SECONDS = 60  # for systemctl
_FOLDER_MODE, _PRIVATE, _SECRET = 0o755, 0o700, 0o600

Diff = t.Dict[str, str]


class FileChange(t.NamedTuple):
    """One file that is to be written (``wanted``), or to go."""

    path: str
    wanted: t.Optional[Kept]
    before: str  # as a diff shows it; empty where there is none
    after: str


class Installation(t.NamedTuple):
    """What there is to do, in order, and the manifest that is right afterwards."""

    changes: t.Sequence[FileChange]
    before: Manifest
    after: Manifest
    document: t.Optional[saved.Saved]
    document_before: t.Optional[saved.Saved]
    systemd: bool

    @property
    def attaches(self) -> set[str]:
        """Engines whose containers need no run when they start."""
        return layout.attaching(layout.engines_of(self.document), self.systemd) if self.document else set()


def facts(document: saved.Saved | None = None, made: t.Collection[str] = ()) -> HostFacts:
    """``document``: services of the engines that its containers have are looked for as well. ``made`` are folders that
    are there because of us."""
    folders = _UNIT_FOLDERS if os.path.isdir(_BOOTED) else []
    names = [*layout.FIREWALLS, *layout.ENGINES, *(layout.services_of(document) if document is not None else ())]
    there = {name for name in names if any(os.path.exists(f"{folder}/{name}.service") for folder in folders)}
    return HostFacts(bool(folders), frozenset(there), cni_lists.plugin_folders(made))


def plan(document: saved.Saved | None, metrics_folder: str | None = None) -> Installation | None:
    """What is to be done to have the document kept, or nothing (None) kept any more; None where nothing was.

    Raises Problem for a file of somebody else's in the place of ours, and for a place that cannot be written to.
    """
    before = manifest.read()
    if document is not None and document.is_empty:
        document = None
    if document is None and before == NOTHING and not os.path.lexists(saved.FOLDER):
        return None
    on_host, there = facts(document, before.folders), _document_there()
    wanted, built = _wanted(document, on_host, metrics_folder, before)
    changes = [_changed(each, before) for each in wanted]
    reported = metrics.path_in(metrics_folder) if document is not None and metrics_folder is not None else None
    known = {*(each.path for each in wanted), reported}
    left = (path for path in before.files if path not in known and os.path.lexists(path))
    gone = [FileChange(path, None, "present\n", "") for path in left]
    some = [*gone_first(gone), *(each for each in changes if each is not None), *_document_change(there, document)]
    _check_writable(each.path for each in some)
    digests = {each.path: _digest(each) for each in wanted}
    if reported is not None:
        digests[reported] = ""  # the program writes it, again and again
    program = built if document is not None else ""
    after = Manifest(digests, [], program)
    return Installation(some, before, after, document, there, on_host.systemd)


def _document_there() -> saved.Saved | None:
    """The saved document, if it is well."""
    with contextlib.suppress(Problem):
        return saved.read()
    return None


def _document_change(before: saved.Saved | None, document: saved.Saved | None) -> list[FileChange]:
    """The document itself, where it asks for something else than the one that is there, or others may read that."""
    well = is_as_written(saved.PATH, _SECRET) if document is not None else not os.path.lexists(saved.PATH)
    if well and saved.same(before, document):
        return []
    was = _told(before) if before is not None else "damaged\n" if os.path.lexists(saved.PATH) else ""
    return [FileChange(saved.PATH, None, was, _told(document) if document is not None else "")]


def _told(document: saved.Saved) -> str:
    """A document in a few lines: its objects are in the diff already."""
    objects = sum(1 for _each in document.objects())
    return f"networks: {', '.join(sorted(document.networks)) or 'none'}\nobjects: {objects}\n"


def gone_first(changes: t.Sequence[FileChange]) -> list[FileChange]:
    """A hook goes before the program that it calls: lxc starts no container whose hook is not there."""
    return sorted(changes, key=lambda each: each.path == layout.PROGRAM)


def _wanted(
    document: saved.Saved | None, on_host: HostFacts, metrics_folder: str | None, before: Manifest
) -> tuple[list[Kept], str]:
    if document is None:
        return [], ""
    from ansible_collections.containerhost.network.plugins.module_utils.keep import archive

    identity = archive.identity()
    content = _present_program(before) if before.program == identity else None
    program = KeptFile(layout.PROGRAM, content if content is not None else archive.build(), 0o755)
    return [program, *layout.files(document, on_host, metrics_folder)], identity


def _present_program(before: Manifest) -> bytes | None:
    """The program as it is, if nobody has touched it since it was built."""
    content = _content(layout.PROGRAM)
    return content if content is not None and _sha(content) == before.files.get(layout.PROGRAM) else None


def _changed(wanted: Kept, before: Manifest) -> FileChange | None:
    there = what_is_at(wanted.path)
    if there is None:
        return FileChange(wanted.path, wanted, "", _shown(wanted))
    if isinstance(wanted, KeptLink):
        if there == "a link" and os.readlink(wanted.path) == wanted.target:
            return None
        if wanted.path not in before.files:
            raise _foreign(wanted.path, there)
        return FileChange(wanted.path, wanted, "another target\n", _shown(wanted))
    content = _content(wanted.path) if there == "a file" else None
    if content == wanted.content and is_as_written(wanted.path, wanted.mode):
        return None
    if wanted.path not in before.files and pages.HEADER.encode() not in (content or b""):
        raise _foreign(wanted.path, there)
    before_it = wanted._replace(content=content or b"")
    return FileChange(wanted.path, wanted, _shown(before_it, "another one\n"), _shown(wanted))


def _foreign(path: str, there: str) -> Problem:
    return Problem(
        f"{path} is {there} of somebody else's, where what keeps this host belongs: remove it, or set"
        " containerhost_keep: false for this host"
    )


def diffs(todo: Installation) -> list[Diff]:
    """For ``--diff``, one short before and after for each file."""
    found = []
    for change in todo.changes:
        head = f"file {change.path}"
        found.append(
            {
                "before_header": head if change.before else f"{head}: absent",
                "after_header": head if change.after else f"{head}: absent",
                "before": change.before,
                "after": change.after,
            }
        )
    return found


def _shown(file: Kept, otherwise: str = "") -> str:
    """Services and hooks are a few lines, which an operator wants to see; of others it is told what they are."""
    if isinstance(file, KeptLink):
        return f"link to {file.target}\n"
    if file.path in layout.TITLES:
        return otherwise or f"{layout.TITLES[file.path]}\n"
    return file.content.decode("utf-8", "replace")


# -- doing it --------------------------------------------------------------------------------------------------


def install(todo: Installation) -> None:
    """Raises CannotKeep. The document is replaced also where only its date or its digest is another."""
    try:
        if todo.document is None:
            _remove(todo)
            return
        missing = _missing_folders([saved.FOLDER, *(os.path.dirname(each.path) for each in todo.changes)])
        begun = [saved.FOLDER] if _is_begun(todo.before) else []
        folders = list(dict.fromkeys([*begun, *todo.before.folders, *missing]))
        _make_folders(path for path in missing if path == saved.FOLDER)
        both = {**todo.before.files, **todo.after.files}
        if todo.changes or not todo.before.finished:
            manifest.write(Manifest(both, folders, todo.before.program, finished=False))
        _make_folders(missing)
        gone = [path for path in todo.before.files if path not in todo.after.files]
        if todo.systemd:
            _stop(gone)
        for change in todo.changes:
            if change.path != saved.PATH:
                _write(change)
        _forget_unfinished([*both, saved.PATH, manifest.PATH])
        _write_document(todo.document, todo.document_before)
        _tell_systemd(todo)
        left = _remove_folders(folders, todo.after.files)
        manifest.write(todo.after._replace(folders=left))
    except (OSError, subprocess.SubprocessError) as error:
        raise _cannot(error) from error


def _cannot(error: Exception) -> CannotKeep:
    where = getattr(error, "filename", None) or saved.FOLDER
    why = getattr(error, "strerror", None) or str(error)
    return CannotKeep(
        f"{where} cannot be written ({why}), so the host does not keep its networks over a reboot: make room, make it"
        " writable, or set containerhost_keep: false for this host"
    )


def _write(change: FileChange) -> None:
    if change.wanted is None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(change.path)
    elif isinstance(change.wanted, KeptLink):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(change.path)
        os.symlink(change.wanted.target, change.path)
        sync_folder(os.path.dirname(change.path))
    else:
        replace_file(change.path, change.wanted.content, change.wanted.mode, sync=True)


def _write_document(document: saved.Saved, before: saved.Saved | None) -> None:
    """Written where it differs in anything but its date, which then is today's; its time is always that of this run."""
    well = is_as_written(saved.PATH, _SECRET)
    if before is None or not well or before._replace(date=None) != document._replace(date=None):
        date = before.date if before is not None and saved.same(before, document) else saved.now()
        replace_text(saved.PATH, saved.text_of(document._replace(date=date)), sync=True)
    else:
        os.utime(saved.PATH)


def _missing_folders(paths: t.Iterable[str]) -> list[str]:
    """Folders that have to be made, outermost first."""
    found: dict[str, None] = {}
    for path in paths:
        missing = []
        while not os.path.isdir(path):
            missing.append(path)
            path = os.path.dirname(path)
        found.update(dict.fromkeys(reversed(missing)))
    return list(found)


def _is_begun(before: Manifest) -> bool:
    """Is our folder a killed run's, which had no manifest yet, or no longer? Somebody's own can be read by others."""
    try:
        return before == NOTHING and os.stat(saved.FOLDER).st_mode & 0o7777 == _PRIVATE
    except OSError:
        return False


def _make_folders(paths: t.Iterable[str]) -> None:
    mask = os.umask(0)  # in one step: nobody comes back to set the mode of a folder that is there
    try:
        for path in paths:
            with contextlib.suppress(FileExistsError):
                os.mkdir(path, _PRIVATE if path == saved.FOLDER else _FOLDER_MODE)
    finally:
        os.umask(mask)


def _remove_folders(folders: t.Sequence[str], but_of: t.Collection[str] = ()) -> list[str]:
    """Remove those that nothing is in; returns what is still ours to remove one day."""
    left = []
    for path in sorted(folders, key=len, reverse=True):
        if path == saved.FOLDER or any(each.startswith(f"{path}/") for each in but_of):
            left.append(path)
            continue
        with contextlib.suppress(OSError):  # somebody else has put something in it
            os.rmdir(path)
    return sorted(left, key=len)


def _forget_unfinished(paths: t.Iterable[str]) -> None:
    """What killed runs had begun to write."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(f"{path}.new")


def _remove(todo: Installation) -> None:
    """Whatever the manifest names, and it last: an interrupted removal is finished by the next."""
    if todo.systemd:
        _stop(todo.before.files)
    for change in todo.changes:
        _write(change)
    if todo.systemd and any(path.startswith(layout.UNITS) for path in todo.before.files):
        _systemctl("daemon-reload")
    _forget_unfinished([*todo.before.files, saved.PATH])
    _remove_folders(todo.before.folders)
    _forget_unfinished([manifest.PATH])
    with contextlib.suppress(FileNotFoundError):
        os.unlink(manifest.PATH)
    if saved.FOLDER in todo.before.folders or _is_begun(todo.before):
        with contextlib.suppress(OSError):
            os.rmdir(saved.FOLDER)


# -- systemd ---------------------------------------------------------------------------------------------------


def _tell_systemd(todo: Installation) -> None:
    """Services that are new or other than before begin again."""
    if not todo.systemd:
        return
    changed = {change.path for change in todo.changes}
    if not todo.before.finished:
        changed.update(todo.after.files)  # whoever was killed may have changed any of them
    if any(path.startswith(layout.UNITS) for path in changed):
        _systemctl("daemon-reload")
    ours = [os.path.basename(path) for path in todo.after.files if os.path.dirname(path) == layout.UNITS]
    watchers = [layout.watcher(what) for what in layout.watchable()]
    running = [name for name in ours if name.endswith(".timer") or name in watchers]
    for name in running:
        if f"{layout.UNITS}/{name}" in changed or layout.PROGRAM in changed:
            _systemctl("restart", "--no-block", name)
        else:
            _systemctl("start", "--no-block", name)


def _stop(paths: t.Iterable[str]) -> None:
    names = [os.path.basename(path) for path in paths if os.path.dirname(path) == layout.UNITS]
    if names:
        _systemctl("stop", *names)


def _systemctl(*words: str) -> None:
    """What goes wrong is in the journal: a service that does not start is its own trouble, not this run's."""
    subprocess.run(
        ["systemctl", *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
    )


# -- contents ---------------------------------------------------------------------------------------------------


def _digest(wanted: Kept) -> str:
    return _sha(wanted.content) if isinstance(wanted, KeptFile) else wanted.target


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _content(path: str) -> bytes | None:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            return file.read()
    except OSError:
        return None


def _check_writable(paths: t.Iterable[str]) -> None:
    """A file system that is mounted read-only is known before anything is changed."""
    for folder in dict.fromkeys(map(os.path.dirname, [saved.PATH, *paths])):
        there = folder
        while not os.path.isdir(there):
            there = os.path.dirname(there)
        if os.statvfs(there).f_flag & os.ST_RDONLY:
            raise Problem(
                f"{folder} is on a file system that is read-only, and what keeps this host belongs there: make it"
                " writable, or set containerhost_keep: false for this host"
            )
