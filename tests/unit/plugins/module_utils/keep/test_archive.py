# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program as one file: the same from a folder as from what Ansible sends, and able to start on its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.keep import archive
from ansible_collections.containerhost.network.plugins.module_utils.keep.pages import HEADER

PACKAGE = "ansible_collections.containerhost.network.plugins.module_utils"
SOURCES = Path(archive.__file__).parents[1]
FOLDER = PACKAGE.replace(".", "/")


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("program") / "containerhost"
    path.write_bytes(archive.build())
    path.chmod(0o755)
    return path


def sent(path: Path, leave_out: Callable[[str], bool] = lambda name: False) -> Path:
    """A ZIP as Ansible sends one: the module, what it imports of ours and of Ansible's own, and empty packages."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for source in sorted(SOURCES.rglob("*.py")):
            name = str(source.relative_to(SOURCES))
            if not leave_out(name):
                file.writestr(f"{FOLDER}/{name}", source.read_bytes())
        file.writestr("ansible/module_utils/basic.py", "")
        file.writestr("ansible_collections/containerhost/network/plugins/modules/document.py", "")
        packages = {f"{parent}/__init__.py" for name in file.namelist() for parent in Path(name).parents if parent.name}
        for name in sorted(packages - {*file.namelist()}):
            file.writestr(name, "")
    return path


def asked(place: Path, what: str) -> str:
    """What a Python says whose modules come from a folder or a ZIP."""
    code = f"import sys; sys.path.insert(0, {str(place)!r}); from {PACKAGE}.keep import archive; print({what})"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def folder(tmp_path) -> Path:
    shutil.copytree(SOURCES, tmp_path / "folder" / FOLDER, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "folder"


DIGEST = "__import__('hashlib').sha256(archive.build()).hexdigest()"


@pytest.mark.parametrize("what", ["archive.identity()", DIGEST], ids=["identity", "content"])
def test_a_folder_and_a_zip_of_the_same_files_make_the_same(folder, tmp_path, what):
    assert asked(folder, what) == asked(sent(tmp_path / "sent.zip"), what)


def test_another_file_makes_another_identity(folder, tmp_path):
    before = asked(folder, "archive.identity()")
    assert asked(sent(tmp_path / "less.zip", lambda name: name == "engines/pid.py"), "archive.identity()") != before
    with (folder / FOLDER / "sandboxes.py").open("a") as file:
        file.write("# changed\n")
    assert asked(folder, "archive.identity()") != before


def test_what_needs_ansible_or_makes_labs_is_not_in_it(program, folder):
    names = zipfile.ZipFile(program).namelist()
    assert f"{FOLDER}/keep/main.py" in names
    assert [name for name in names if name.endswith("/module.py") or "/lab/" in name] == []
    before = asked(folder, "archive.identity()")
    (folder / FOLDER / "module.py").write_text("")
    assert asked(folder, "archive.identity()") == before


def test_its_end_says_whose_it_is(program):
    assert program.read_bytes().endswith(HEADER.encode())
    assert program.read_bytes().startswith(f"#!{sys.executable} -I\n".encode())


# -- started on its own ------------------------------------------------------------------------------------------------


def started(program: Path, cwd: Path, *words: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """By Python alone: nothing of the caller's environment, and from a folder in which there is nothing."""
    empty = cwd / "empty"
    empty.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-I", *options, str(program), *words],
        cwd=empty, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def test_it_tells_its_versions(program, tmp_path):
    done = started(program, tmp_path, "version", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert set(found) == {"collection", "document", "pyroute2", "libnftables", "python"}
    assert found["python"].startswith(sys.executable)
    assert started(program, tmp_path, "version").stdout.startswith(f"collection: {found['collection']}\n")


def test_it_starts_as_a_command(program):
    assert subprocess.run([str(program), "version"], capture_output=True, check=False, cwd="/").returncode == 0


def test_nothing_of_ansibles_is_imported(program, tmp_path):
    done = started(program, tmp_path, "version", options=("-X", "importtime"))
    imported = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
    assert f"{PACKAGE}.keep.main" in imported
    assert [name for name in imported if name.partition(".")[0] == "ansible"] == []


@pytest.mark.parametrize("words", [(), ("mend",), ("restore", "--until", "3"), ("watch", "podman"), ("attach",)])
def test_a_mistake_on_the_command_line_ends_with_2(program, tmp_path, words):
    done = started(program, tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: containerhost" in done.stderr


def changed(program: Path, path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    with zipfile.ZipFile(program) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
    return path


def test_nothing_is_compiled_when_it_starts(program, tmp_path):
    """Sources that are no Python are never looked at."""
    unreadable = changed(program, tmp_path / "p", lambda name, content: b"(" if name.endswith(".py") else content)
    assert started(unreadable, tmp_path, "version").returncode == 0


def test_another_python_compiles_its_sources_itself(program, tmp_path):
    foreign = changed(program, tmp_path / "p", lambda name, c: b"\0\0\r\n" + c[4:] if name.endswith(".pyc") else c)
    assert started(foreign, tmp_path, "version").returncode == 0


def test_the_same_files_make_the_same_program_whenever_it_is_built(monkeypatch):
    first = archive.build()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert archive.build() == first
