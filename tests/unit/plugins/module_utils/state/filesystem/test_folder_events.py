# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are written in a folder, as the kernel tells it; and machines of systemd-nspawn, which do so."""

from __future__ import annotations

import os
import select
import struct

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engines import nspawn
from ansible_collections.containerhost.network.plugins.module_utils.engines.nspawn import Nspawn
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.folder_events import FolderEvents


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "watched"
    path.mkdir()
    return path


def news(events: FolderEvents) -> list[str]:
    ready, _write, _error = select.select([events], [], [], 0)
    return events.read() if ready else []


def test_what_is_written_or_moved_there_is_told_once(folder, tmp_path):
    events = FolderEvents(str(folder))
    assert events.read() == []
    (folder / "ä").write_text("whole")
    (tmp_path / "other").touch()
    (tmp_path / "other").rename(folder / "moved")
    assert news(events) == ["ä", "moved"]
    assert news(events) == []
    events.close()


def test_what_is_not_yet_written_is_read_or_goes_is_not(folder):
    (folder / "there").touch()
    events = FolderEvents(str(folder))
    with (folder / "half").open("w") as file:
        file.write("ha")
        file.flush()
        (folder / "there").read_text()
        (folder / "there").unlink()
        assert news(events) == []
    assert news(events) == ["half"]
    events.close()


def test_many_at_once_are_all_told(folder):
    events = FolderEvents(str(folder))
    names = [f"{number:03}{'x' * 200}" for number in range(250)]
    for name in names:
        (folder / name).touch()
    assert news(events) == names
    events.close()


def test_a_folder_that_goes_is_the_end(folder):
    events = FolderEvents(str(folder))
    folder.rmdir()
    with pytest.raises(OSError, match="the folder has gone"):
        events.read()
    events.close()


def test_more_than_the_kernel_remembers_is_the_end(folder, monkeypatch):
    """fs.inotify.max_queued_events, of which 16,384 are usual: inotify(7), IN_Q_OVERFLOW."""
    events = FolderEvents(str(folder))
    overflow = struct.pack("=iIII", -1, 0x4000, 0, 0)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="more has happened"):
        patch.setattr(os, "read", lambda _fd, _size: overflow)
        events.read()
    events.close()


def test_a_folder_that_is_not_there_is_an_error_and_leaves_nothing_open(tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        FolderEvents(str(tmp_path / "nowhere"))
    assert len(os.listdir("/proc/self/fd")) == before


def test_machines_are_told_by_their_names_and_nothing_else_that_machined_writes(tmp_path, monkeypatch):
    machines = tmp_path / "run" / "machines"
    monkeypatch.setattr(nspawn, "_MACHINES", str(machines))
    starts = Nspawn().starts()
    for name in (".#shop1234", "unit:machine-shop.scope", "db"):
        (machines / name).touch()
    (machines / ".#shop1234").rename(machines / "shop")
    assert starts.read() == ["db", "shop"]
    starts.close()
