# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that makes a short process start sooner, and how much each saves.

=================================  ========================================================================
``begin``, ``end``                 a module without garbage collection, from its first import on: 30 ms
``read_once``                      files of a ZIP are read and unpacked once, not twice: 8 ms
``compile_once``                   a module of ours in Ansible's ZIP is compiled once, not twice: 40 ms
``HostsOwn``                       what the host's program ``containerhost`` has compiled already is not again: 150 ms
``code_of``                        the same for the program, where it is made of what this process has compiled: 90 ms
``import_definitions``             four of pyroute2's modules instead of all 370: 85 ms
``files_of``                       no pkgutil, which brings inspect and what that needs: 4 ms
``_platform_without_processes``    no uname(1) and file(1), which pyroute2 0.7 asks when imported: 15 ms
``without_garbage_collection``     on the controller: a third of the time of a large fleet's plan
=================================  ========================================================================

Measured on two cores with Python 3.11; nothing but time depends on any of it. What only one function needs is imported
there: this file is the first that a module loads.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import struct
import sys
import types
import typing as t
import zipimport

# Where the program is that keeps a host (``keep/layout.py``), and what the names of our files begin with in it.
PROGRAM = "/usr/local/sbin/containerhost"
_PACKAGE = "ansible_collections/containerhost/network/plugins/module_utils/"
_UNCHECKED_HASH = 1  # of a compiled file: it goes with its source and is not compared with it (PEP 552)
_OTHERS_MAY_WRITE = 0o022
_HEAD = 16  # bytes before a compiled file's code: magic number, flags, hash
# What ``zipimport`` has of each file in a ZIP.
_COMPRESSION, _SIZE, _OFFSET, _CRC = 1, 3, 4, 7

_Work = t.TypeVar("_Work", bound=t.Callable[..., t.Any])


def begin() -> None:
    """The first call of a module, before it imports the rest of us.

    Its process lives for a part of a second, most of which is its start, and it keeps what it makes.
    """
    gc.disable()
    read_once(HostsOwn(PROGRAM))
    compile_once()


def end() -> None:
    """Before the last word: what is alive goes with the process, and is not looked through on its way out either."""
    gc.freeze()


def files_of(package: types.ModuleType) -> list[str]:
    """The names of a package's modules, sorted. As ``pkgutil`` has them, which brings ``inspect`` along."""
    try:
        names = {name for path in package.__path__ for name in _names_in(path)}
    except (AttributeError, KeyError, OSError, zipimport.ZipImportError):
        import pkgutil

        return sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return sorted(name[:-3] for name in names if name.endswith(".py") and name != "__init__.py")


def _names_in(path: str) -> t.Iterable[str]:
    if os.path.isdir(path):
        return os.listdir(path)
    importer = zipimport.zipimporter(path)
    names = zipimport._zip_directory_cache[importer.archive]  # type: ignore[attr-defined]
    inside = [name[len(importer.prefix) :] for name in names if name.startswith(importer.prefix)]
    return [name for name in inside if os.sep not in name]


def read_once(there: HostsOwn | None = None) -> None:
    """``zipimport`` reads and unpacks a module to say where it is (``get_filename``), and again to load it."""
    read = getattr(zipimport, "_get_module_code", None)
    if read is None:
        return
    kept: dict[tuple[str, str, str], t.Any] = {}

    def once(importer: t.Any, name: str) -> t.Any:
        key = (importer.archive, importer.prefix, name)
        if key in kept:
            return kept.pop(key)
        kept[key] = found = (there.module(importer, name) if there else None) or read(importer, name)
        return found

    zipimport._get_module_code = once


_compiled: dict[str, types.CodeType] = {}


def compile_once() -> None:
    """``zipimport`` compiles a module to say where it is (``get_filename``), and again to load it."""
    compile_source = getattr(zipimport, "_compile_source", None)
    if compile_source is None:
        return

    def once(path: str, source: bytes) -> types.CodeType:
        # By the name that does not differ from run to run, so that the program is the same whoever has compiled it.
        _before, package, rest = path.partition(_PACKAGE)
        name = package + rest or path
        code = _compiled.get(name)
        if code is None:
            code = _compiled[name] = compile_source(name, source)
        return code

    zipimport._compile_source = once


def code_of(name: str, source: bytes) -> types.CodeType:
    """A file of ours compiled, by its name in Ansible's ZIP."""
    return _compiled.get(name) or compile(source, name, "exec", dont_inherit=True)


def packed(code: types.CodeType, source: bytes) -> bytes:
    """What a compiled file holds that goes with its source."""
    import importlib.util
    import marshal

    head = importlib.util.MAGIC_NUMBER + struct.pack("<I", _UNCHECKED_HASH)
    return head + importlib.util.source_hash(source) + marshal.dumps(code)


class HostsOwn:
    """Compiled files in the program of this host, which a run has made of the files of its time, and of this Python.

    A file is the one that was sent if it is of its size and CRC-32, which both ZIPs' directories have: nothing is
    unpacked to know it.
    """

    def __init__(self, program: str) -> None:
        self._entries: t.Mapping[str, tuple[t.Any, ...]] = {}
        self._whole = b""
        # Two private names of Python's; without them, all is compiled.
        with contextlib.suppress(OSError, AttributeError, KeyError, ImportError):
            with open(program, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_uid != 0 or status.st_mode & _OTHERS_MAY_WRITE:
                    return
                self._whole = file.read()
            archive = zipimport.zipimporter(program).archive
            self._entries = zipimport._zip_directory_cache[archive]  # type: ignore[attr-defined]

    def module(self, importer: t.Any, name: str) -> tuple[types.CodeType, bool, str] | None:
        """What ``zipimport`` says of a module: its code, that it is no package, and its path in the ZIP that was sent.

        None where the program has another one, or is damaged.
        """
        path = importer.prefix + name.rpartition(".")[2] + ".py"
        own = self._entries.get(path)
        if own is None:
            return None
        sent = zipimport._zip_directory_cache[importer.archive].get(path)  # type: ignore[attr-defined]
        if sent is None or (own[_SIZE], own[_CRC]) != (sent[_SIZE], sent[_CRC]):
            return None
        code = self._code(f"{path}c")
        if code is None:
            return None
        _compiled[path] = code
        return code, False, sent[0]

    def _code(self, path: str) -> types.CodeType | None:
        import importlib.util
        import marshal
        import zlib

        entry = self._entries.get(path)
        if entry is None or entry[_COMPRESSION] or not entry[_SIZE]:
            return None
        # An entry's own header: 30 bytes, at their end how long the name and what follows it are.
        header = self._whole[entry[_OFFSET] : entry[_OFFSET] + 30]
        begin = entry[_OFFSET] + len(header) + sum(struct.unpack("<HH", header[26:])) if len(header) == 30 else 0
        content = memoryview(self._whole)[begin : begin + entry[_SIZE]]
        if zlib.crc32(content) != entry[_CRC] or content[:4] != importlib.util.MAGIC_NUMBER:
            return None
        return marshal.loads(content[_HEAD:])


def without_garbage_collection(work: _Work) -> _Work:
    """For work that makes many objects and keeps them: the collector would look through all of them again and again."""

    @functools.wraps(work)
    def without(*arguments: t.Any, **options: t.Any) -> t.Any:
        enabled = gc.isenabled()
        gc.disable()
        try:
            return work(*arguments, **options)
        finally:
            if enabled:
                gc.enable()

    return t.cast(_Work, without)


class LibraryMissing(Exception):
    """pyroute2 is not there, or too old to hold the definitions that are used here."""


def import_definitions() -> tuple[t.Any, t.Any, t.Any, t.Any]:
    """Import ``ifinfmsg, ifaddrmsg, rtmsg, ndmsg`` without the rest of pyroute2.

    ``import pyroute2`` runs its ``__init__``, which loads all of it. So the package is entered by its folder, unless
    somebody has imported it already.
    """
    import importlib.util

    from ansible_collections.containerhost.network.plugins.module_utils.libraries import VENV, site_packages

    if "pyroute2" not in sys.modules:
        own = site_packages(VENV)
        if os.path.isdir(own):
            sys.path.insert(0, own)
        spec = importlib.util.find_spec("pyroute2")
        if spec is None or not spec.submodule_search_locations:
            raise LibraryMissing("pyroute2 is not installed")
        package = types.ModuleType("pyroute2")
        package.__path__ = list(spec.submodule_search_locations)
        package.__spec__ = spec
        package.__file__ = spec.origin
        sys.modules["pyroute2"] = package
    try:
        with _platform_without_processes():
            import pyroute2.netlink.rtnl.ifinfmsg.plugins  # noqa: F401  first in 0.7.2: a package of its own
            from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
            from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
            from pyroute2.netlink.rtnl.ndmsg import ndmsg
            from pyroute2.netlink.rtnl.rtmsg import rtmsg
    except ImportError as error:
        raise LibraryMissing(f"pyroute2 is too old ({error})") from error
    return ifinfmsg, ifaddrmsg, rtmsg, ndmsg


@contextlib.contextmanager
def _platform_without_processes() -> t.Iterator[None]:
    """``pyroute2.config`` 0.7 asks ``platform`` what this machine is, which starts two programs."""
    import collections
    import platform

    asked = platform.uname, platform.architecture
    machine = collections.namedtuple("machine", "system node release version machine processor")(*os.uname(), "")
    platform.uname = lambda: machine  # type: ignore[assignment,return-value]
    platform.architecture = lambda *_of, **_how: (f"{struct.calcsize('P') * 8}bit", "")  # type: ignore[assignment]
    try:
        yield
    finally:
        platform.uname, platform.architecture = asked
