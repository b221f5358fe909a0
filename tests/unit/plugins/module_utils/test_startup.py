# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module's process does to be short."""

from __future__ import annotations

import importlib.util
import marshal
import subprocess
import sys
import zipfile
import zipimport
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.module_utils import startup
from ansible_collections.containerhost.network.plugins.module_utils.keep import archive

SCRIPT = """
import runpy, sys
compiled = []
sys.addaudithook(lambda event, given: compiled.append(str(given[1])) if event == "compile" else None)
if sys.argv[1] != "-":
    runpy.run_path(sys.argv[1])["begin"]()
sys.path.insert(0, sys.argv[2])
import folder.sent
assert folder.sent.VALUE == 7 and folder.sent.__file__.endswith("sent.py") and folder.sent.__loader__
print(sum(name.endswith("sent.py") for name in compiled))
"""


def times_compiled(tmp_path, first: str) -> int:
    archive = tmp_path / "payload.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("folder/__init__.py", "")
        file.writestr("folder/sent.py", "VALUE = 7\n")
    argv = [sys.executable, "-c", SCRIPT, first, str(archive)]
    return int(subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout)


def test_a_module_from_a_zip_is_compiled_once(tmp_path):
    assert times_compiled(tmp_path, startup.__file__) == 1
    # What it is there for; when Python does better by itself, it can go.
    assert times_compiled(tmp_path, "-") == 2


READ = """
import runpy, sys, zipimport
read, get = [], zipimport._get_data
zipimport._get_data = lambda archive, entry: read.append(entry[0]) or get(archive, entry)
if sys.argv[1] != "-":
    runpy.run_path(sys.argv[1])["read_once"]()
sys.path.insert(0, sys.argv[2])
import folder.sent, folder.beside
assert (folder.sent.VALUE, folder.beside.VALUE) == (7, 8)
assert folder.sent.__loader__.get_source("folder.sent") == "VALUE = 7\\n"
assert folder.sent.__loader__.get_code("folder.sent").co_filename.endswith("sent.py")
print(sum(path.endswith("beside.py") for path in read))
"""


def test_a_module_from_a_zip_is_read_once(tmp_path):
    archive = tmp_path / "payload.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, text in (("__init__", ""), ("sent", "VALUE = 7\n"), ("beside", "VALUE = 8\n")):
            file.writestr(f"folder/{name}.py", text)
    for first, times in ((startup.__file__, 1), ("-", 2)):
        argv = [sys.executable, "-c", READ, first, str(archive)]
        assert int(subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout) == times


# -- what the host's program has compiled ------------------------------------------------------------------------------

NAME = "ansible_collections/containerhost/network/plugins/module_utils/startup.py"
SOURCE = Path(startup.__file__).read_bytes()


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "containerhost"
    path.write_bytes(archive.build())
    path.chmod(0o755)
    return path


@pytest.fixture
def sent(program, tmp_path):
    """The ZIP that Ansible would send: the program's sources, compressed."""
    path = tmp_path / "payload.zip"
    with zipfile.ZipFile(program) as there, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name in there.namelist():
            if name.endswith(".py") and name != "__main__.py":
                file.writestr(name, there.read(name))
    return path


def own(program: Path, sent: Path, name: str = NAME) -> tuple | None:
    folder, _slash, file = name.rpartition("/")
    importer = zipimport.zipimporter(f"{sent}/{folder}")
    return startup.HostsOwn(str(program)).module(importer, f"{folder.replace('/', '.')}.{file[:-3]}")


def test_a_file_that_the_program_has_is_not_compiled_again(program, sent):
    assert own(program, sent) == (compile(SOURCE, NAME, "exec", dont_inherit=True), False, f"{sent}/{NAME}")


@pytest.mark.parametrize("other", [SOURCE + b"\n", SOURCE.replace(b"gc.disable", b"gc.enabled")])
def test_another_source_is(program, tmp_path, other):
    later, unknown = tmp_path / "later.zip", NAME.replace("startup", "shutdown")
    with zipfile.ZipFile(later, "w") as file:
        file.writestr(NAME, other)
        file.writestr(unknown, other)
    assert own(program, later) is None
    assert own(program, later, unknown) is None


def test_a_program_that_is_damaged_not_there_or_not_ours_has_nothing(program, sent, tmp_path):
    assert own(tmp_path / "none", sent) is None
    program.chmod(0o777)
    assert own(program, sent) is None
    program.chmod(0o755)
    assert own(program, sent) is not None
    whole = program.read_bytes()
    position = whole.index(f"{NAME}c".encode()) + len(NAME) + 100
    for damaged in (whole[:position] + b"damage" + whole[position + 6 :], whole[: len(whole) // 2], b""):
        program.write_bytes(damaged)
        zipimport._zip_directory_cache.clear()
        assert own(program, sent) is None


def test_what_another_python_has_compiled_is_not_taken(program, sent, monkeypatch):
    monkeypatch.setattr(importlib.util, "MAGIC_NUMBER", b"\x00\x00\r\n")
    assert own(program, sent) is None


def test_a_module_that_ansible_sends_runs_by_what_the_program_has(program, sent, tmp_path):
    """From the ZIP, with sources that are the program's: nothing of ours is compiled but the first file."""
    again = tmp_path / "again"
    code = f"""
import sys
compiled = []
sys.addaudithook(lambda event, given: compiled.append(str(given[1])) if event == "compile" else None)
sys.path.insert(0, {str(sent)!r})
from ansible_collections.containerhost.network.plugins.module_utils import startup
startup.PROGRAM = {str(program)!r}
startup.begin()
from ansible_collections.containerhost.network.plugins.module_utils.keep import main, archive
print([name for name in compiled if "module_utils" in name and not name.endswith(("startup.py", "__init__.py"))])
open({str(again)!r}, "wb").write(archive.build())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
    # And so is the program that it makes, from what it has compiled or has not.
    assert codes(again) == codes(program)


def codes(program: Path) -> dict:
    with zipfile.ZipFile(program) as file:
        return {name: marshal.loads(file.read(name)[16:]) for name in file.namelist() if name.endswith(".pyc")}
