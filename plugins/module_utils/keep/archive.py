# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program ``containerhost`` as one file: the modules' own code, as this process runs it, in an executable archive.

Ansible sends a module with what it imports in one ZIP; a checkout has the same files in folders. From either, the
archive takes this folder's files as they are, and compiled for the Python that installs it; another Python compiles
them itself.
"""

from __future__ import annotations

import importlib.util
import io
import os
import sys
import typing as t
import zipfile
import zlib

from ansible_collections.containerhost.network.plugins.module_utils import startup
from ansible_collections.containerhost.network.plugins.module_utils.keep.pages import HEADER

if t.TYPE_CHECKING:
    # What the archive runs: so Ansible sends it along with whatever may install it, and nobody else imports it.
    from ansible_collections.containerhost.network.plugins.module_utils.keep import (  # noqa: F401
        cni_attach,
        main,
        netavark_attach,
    )

_PACKAGE = "ansible_collections.containerhost.network.plugins.module_utils"
_FOLDER = _PACKAGE.replace(".", "/")
# What needs Ansible, or makes labs, has no place on a host.
_WITHOUT = ("module.py", "document_module.py", "lab/")
_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP can have: an archive does not say when it was made

Sources = t.Dict[str, bytes]


def identity() -> str:
    """Names what an archive would be made of: sources and Python. Cheap, as every run compares it."""
    total = 0
    for name, checksum in sorted(_checksums()):
        total = zlib.crc32(f"{name} {checksum}\n".encode(), total)
    return f"{total:08x} {sys.executable} {sys.version.split()[0]}"


def build() -> bytes:
    """The archive, with the line that starts it by the Python of this process."""
    start = [
        "import sys",
        f"from {_PACKAGE} import startup",
        "startup.read_once()",
        f"sys.path.extend({_library_folders()!r})",
        f"from {_PACKAGE}.keep import cni, netavark",
        "for each in (cni, netavark):",
        "    if each.called():",
        "        sys.exit(each.main())",
        f"from {_PACKAGE}.keep.main import main",
    ]
    files: Sources = {"__main__.py": "\n".join([*start, "sys.exit(main())\n"]).encode(), **_sources()}
    for name in list(files):
        for folder in _folders_above(name):
            files.setdefault(f"{folder}/__init__.py", b"")
    whole = io.BytesIO()
    whole.write(f"#!{sys.executable} -I\n".encode())
    # All is stored as it is: each start reads compiled files, and the run that makes the archive waits for it. To
    # compress sources, which only another Python reads, takes 16 ms, and saves 0.7 of 3.1 MB.
    with zipfile.ZipFile(whole, "a") as archive:
        archive.comment = HEADER.encode()
        for name, source in sorted(files.items()):
            compiled = startup.packed(startup.code_of(name, source), source)
            archive.writestr(_entry(name), source)
            archive.writestr(_entry(f"{name}c"), compiled)
    return whole.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.external_attr = 0o644 << 16
    return entry


def _folders_above(name: str) -> t.Iterator[str]:
    folder = os.path.dirname(name)
    while folder:
        yield folder
        folder = os.path.dirname(folder)


def _library_folders() -> list[str]:
    """Where this process has found pyroute2, as the program's Python looks at nobody's own folders (``-I``)."""
    spec = sys.modules["pyroute2"].__spec__ if "pyroute2" in sys.modules else importlib.util.find_spec("pyroute2")
    found = list(spec.submodule_search_locations or ()) if spec else []
    return [os.path.dirname(folder) for folder in found]


# -- where the files are ---------------------------------------------------------------------------------------


def _is_part(name: str) -> bool:
    return name.endswith(".py") and not name.startswith(_WITHOUT)


def _home() -> tuple[str | None, str]:
    """The ZIP that this process runs from, or None, and the folder of the files."""
    archive = getattr(__loader__, "archive", None)
    return archive, os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _checksums() -> t.Iterator[tuple[str, int]]:
    """Names below the folder, and CRC-32 of their content: a ZIP's directory has it.

    Without empty files: Ansible adds one to each folder, as ``build`` does.
    """
    archive, _folder = _home()
    if archive is None:
        yield from ((name, zlib.crc32(content)) for name, content in _sources().items() if content)
        return
    with zipfile.ZipFile(archive) as file:
        for entry in file.infolist():
            name = entry.filename.partition(f"{_FOLDER}/")[2]
            if name and _is_part(name) and entry.file_size:
                yield f"{_FOLDER}/{name}", entry.CRC


def _sources() -> Sources:
    archive, folder = _home()
    if archive is None:
        return {f"{_FOLDER}/{name}": _read(os.path.join(folder, name)) for name in _names_below(folder)}
    with zipfile.ZipFile(archive) as file:
        names = [name for name in file.namelist() if name.startswith(f"{_FOLDER}/")]
        return {name: file.read(name) for name in names if _is_part(name[len(_FOLDER) + 1 :])}


def _names_below(folder: str) -> t.Iterator[str]:
    for place, _folders, files in os.walk(folder):
        for name in files:
            path = os.path.relpath(os.path.join(place, name), folder)
            if _is_part(path):
                yield path


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
