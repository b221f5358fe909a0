# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Compose project of its files: several over one another, what they include, what services extend, profiles.

The only thing here that is not pure is ``Reader``, which is given.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.containerhost.network.plugins.plugin_utils.discovered import compose_merge, compose_text
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal

# The text of a file; None where there is none. Raises Refusal for one that cannot be read.
Reader = Callable[[str], "str | None"]

DEFAULT_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDES = tuple(f"{name}.override.{end}" for name in ("compose", "docker-compose") for end in ("yml", "yaml"))
_KEYS = ("files", "profiles", "name", "env_file")


@dataclass(frozen=True)
class ProjectFiles:
    """What a user names: the files of one project, and what would be options of ``docker compose``."""

    files: tuple[str, ...]
    profiles: tuple[str, ...] = ()
    name: str | None = None
    env_file: str | None = None


@dataclass
class Project:
    """``content`` is one file's, with nothing in it that is still to be merged."""

    content: dict[str, Any]
    folder: str
    left: list[str] = field(default_factory=list)


def requested(told: Any) -> ProjectFiles:
    """A path, a list of the paths of one project, or a mapping. Raises Refusal."""
    if isinstance(told, str):
        return ProjectFiles((told,))
    if isinstance(told, (list, tuple)) and told and all(isinstance(each, str) for each in told):
        return ProjectFiles(tuple(told))
    if not isinstance(told, Mapping) or not told.get("files") or set(told) - set(_KEYS):
        raise Refusal(
            f"`compose` has {told!r}, which names no Compose project",
            f"Write a path, a list of the paths of one project, or a mapping of {', '.join(_KEYS)}",
        )
    files, profiles = _texts(told["files"]), _texts(told.get("profiles"))
    return ProjectFiles(tuple(files), tuple(profiles), told.get("name"), told.get("env_file"))


def load(request: ProjectFiles, environment: Mapping[str, str], read: Reader) -> Project:
    """The project as ``docker compose`` would have it. Raises Refusal where there is none to be had."""
    first = request.files[0]
    folder = os.path.dirname(os.path.abspath(first)) if read(first) is not None else os.path.abspath(first)
    left: list[str] = []
    known = _environment(folder, [request.env_file] if request.env_file else None, environment, read)
    files = _files(request, folder, known, read)
    content = _Loading(read, left).joined(files, known)
    if not isinstance(content.get("services"), Mapping):
        raise Refusal(f"{first} has no `services`", "Name a Compose file")
    content = compose_merge.settled(content)
    name = request.name or known.get("COMPOSE_PROJECT_NAME")
    if name:
        content["name"] = name
    profiles = request.profiles or _texts((known.get("COMPOSE_PROFILES") or "").split(","))
    content["services"] = dict(_chosen(content["services"], profiles, left))
    return Project(content, os.path.basename(folder), left)


def _environment(
    folder: str, files: Sequence[str] | None, above: Mapping[str, str], read: Reader
) -> Mapping[str, str]:
    """Values of variables: what is ``above`` goes before the files of the folder."""
    told: dict[str, str] = {}
    for path in files or [".env"]:
        told.update(compose_text.read_environment(read(os.path.join(folder, path)) or "", above))
    return {**told, **above}


def _files(request: ProjectFiles, folder: str, known: Mapping[str, str], read: Reader) -> list[str]:
    """A folder stands for the files that ``docker compose`` takes in it, and a file of their names for its override."""
    if len(request.files) > 1:
        return list(request.files)
    [path] = request.files
    if read(path) is None:
        named = _texts((known.get("COMPOSE_FILE") or "").split(known.get("COMPOSE_PATH_SEPARATOR") or ":"))
        if named:
            return [os.path.join(folder, each) for each in named]
        found = [os.path.join(path, name) for name in DEFAULT_FILES if read(os.path.join(path, name)) is not None]
        if not found:
            raise Refusal(f"there is no Compose file {path}", "Name its path, from the current folder")
        path = found[0]
    if os.path.basename(path) not in DEFAULT_FILES:
        return [path]
    beside = (os.path.join(os.path.dirname(path), name) for name in _OVERRIDES)
    return [path, *[each for each in beside if read(each) is not None][:1]]


def _chosen(services: Mapping[str, Any], profiles: Sequence[str], left: list[str]) -> Any:
    for name, each in services.items():
        own = _texts((each or {}).get("profiles"))
        if own and "*" not in profiles and not set(own) & set(profiles):
            left.append(
                f"service `{name}`: `profiles` has {', '.join(own)}, of which none is chosen: name it in `profiles` of"
                " the project, or in COMPOSE_PROFILES"
            )
        else:
            yield name, each


def _texts(told: Any) -> list[str]:
    several = [told] if isinstance(told, str) else told or []
    return [str(each).strip() for each in several if str(each).strip()]


class _Loading:
    """Files by path; those that are being read, so that none has itself in it."""

    def __init__(self, read: Reader, left: list[str]) -> None:
        self._read, self._left = read, left
        self._open: list[str] = []

    def joined(self, files: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for path in files:
            content = compose_merge.merged(content, self._whole(path, environment))
        return content

    def _whole(self, path: str, environment: Mapping[str, str]) -> dict[str, Any]:
        """One file, with what its services extend, below it what it includes."""
        content = self._file(path, environment)
        services = {
            name: self._with_base(name, each, content, path, environment)
            for name, each in (content.get("services") or {}).items()
        }
        own = {key: value for key, value in {**content, "services": services}.items() if key != "include"}
        self._open.append(os.path.abspath(path))
        for include in _listed(content.get("include")):
            own = self._including(own, include, path, environment)
        self._open.pop()
        return own

    def _file(self, path: str, environment: Mapping[str, str]) -> dict[str, Any]:
        text = self._read(path)
        if text is None:
            raise Refusal(f"there is no Compose file {path}", "Name its path, from the current folder")
        return compose_text.read(text, path, environment, self._left)

    # -- include -----------------------------------------------------------------------------------------------

    def _including(
        self, own: dict[str, Any], include: Any, path: str, environment: Mapping[str, str]
    ) -> dict[str, Any]:
        told = include if isinstance(include, Mapping) else {"path": include}
        folder = os.path.dirname(os.path.abspath(path))
        names = _texts(told.get("path"))
        files = [os.path.normpath(os.path.join(folder, name)) for name in names]
        pairs = zip(names, files, strict=True)
        missing = [name for name, file in pairs if _is_remote(name) or self._read(file) is None]
        if missing or not files or set(files) & set(self._open):
            why = "is not there" if missing else "includes itself"
            self._left.append(f"{path}: `include` names {' and '.join(missing or names)}, which {why}")
            return own
        below = os.path.join(folder, str(told.get("project_directory") or os.path.dirname(names[0]) or "."))
        inner = _environment(below, _texts(told.get("env_file")) or None, environment, self._read)
        included = self.joined(files, inner)
        for section, word in (("services", "service"), ("networks", "network")):
            both = set(own.get(section) or ()) & set(included.get(section) or ())
            for name in sorted(both):
                if own[section][name] != included[section][name]:
                    of = " and ".join(names)
                    self._left.append(f"{word} `{name}` of {of} is another one in {path}, which counts")
            own = {**own, section: {**(included.get(section) or {}), **(own.get(section) or {})}}
        return own

    # -- extends -----------------------------------------------------------------------------------------------

    def _with_base(
        self,
        name: str,
        service: Any,
        content: Mapping[str, Any],
        path: str,
        environment: Mapping[str, str],
        seen: tuple[tuple[str, str], ...] = (),
    ) -> Any:
        told = service.get("extends") if isinstance(service, Mapping) else None
        if not told:
            return service
        wanted = told if isinstance(told, Mapping) else {"service": told}
        base, file = str(wanted.get("service")), wanted.get("file")
        place = path if file is None else os.path.join(os.path.dirname(os.path.abspath(path)), str(file))
        if (place, base) in ((path, name), *seen) or (file and self._read(place) is None):
            return self._without_base(name, service, base, file)
        other = content if file is None else self._file(place, environment)
        found = (other.get("services") or {}).get(base)
        if not isinstance(found, Mapping):
            return self._without_base(name, service, base, file)
        below = self._with_base(base, found, other, place, environment, (*seen, (path, name)))
        return compose_merge.extended(below, service)

    def _without_base(self, name: str, service: Mapping[str, Any], base: str, file: Any) -> dict[str, Any]:
        of = f" of {file}" if file else ""
        self._left.append(f"service `{name}`: `extends` names `{base}`{of}, which is not there or extends itself")
        return {key: value for key, value in service.items() if key != "extends"}


def _listed(told: Any) -> list[Any]:
    return [told] if isinstance(told, (str, Mapping)) else list(told or ())


def _is_remote(name: str) -> bool:
    return "://" in name or name.startswith("git@")
