# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CNI plugin ``containerhost``: engines call the program with a command in its environment (CNI specification 1.1).

The configuration, on standard input, is the list that kind ``cni_network`` writes. Standard output has a result or an
error, in JSON, and nothing else. What is asked of the kernel is in ``cni_attach``, which ``VERSION`` does not import.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
import traceback
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.keep import engine_errors as errors
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_errors import EngineError
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.cni_lists import VERSIONS
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.engine_names import is_name

_CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_INTERFACE = re.compile(r"[^/:\s\0]{1,15}")
_SINCE = {"CHECK": "0.4.0", "GC": "1.1.0", "STATUS": "1.1.0"}  # versions that brought a command
_OF_A_CONTAINER = ("CNI_CONTAINERID", "CNI_IFNAME", "CNI_NETNS")
_NEEDS = {
    "ADD": _OF_A_CONTAINER,
    "CHECK": _OF_A_CONTAINER,
    "DEL": ("CNI_CONTAINERID", "CNI_IFNAME"),
    "GC": (),
    "STATUS": (),
    "VERSION": (),
}

Json = t.Dict[str, t.Any]


class CniRequest(t.NamedTuple):
    """What an engine asks for. ``container``, ``interface`` and ``netns`` are empty where it has said nothing."""

    command: str
    container: str
    interface: str
    netns: str
    arguments: t.Mapping[str, str]
    configuration: Json

    @property
    def network(self) -> str:
        return self.configuration["name"]

    @property
    def version(self) -> str:
        return self.configuration["cniVersion"]


def called() -> bool:
    """Is it an engine that has started this program?"""
    return "CNI_COMMAND" in os.environ and len(sys.argv) < 2


def main() -> int:
    gc.disable()  # what is made here goes with the process: 30 ms
    version = VERSIONS[-1]
    try:
        command = _command(os.environ)
        check_environment(command, os.environ)
        configuration = _configuration(_input(), command)
        version = configuration["cniVersion"]
        answer = _answer(request_of(command, os.environ, configuration))
    except EngineError as error:
        return _fail(version, error)
    except Exception as error:  # an engine reads what is printed here, and nothing else
        return _fail(version, EngineError(errors.INTERNAL, f"{type(error).__name__}: {error}", traceback.format_exc()))
    if answer is not None:
        _print(answer)
    return 0


def _fail(version: str, error: EngineError) -> int:
    details = {"details": error.details} if error.details else {}
    _print({"cniVersion": version, "code": error.code, "msg": str(error), **details})
    return 1


def _input() -> str:
    try:
        return sys.stdin.read()
    except OSError as error:
        raise EngineError(
            errors.IO_FAILED, f"the network configuration cannot be read: {error.strerror or error}"
        ) from error
    except ValueError as error:
        raise EngineError(errors.UNDECODABLE, f"the network configuration is no text: {error}") from error


def _answer(request: CniRequest) -> Json | None:
    if request.command == "VERSION":
        return {"cniVersion": request.version, "supportedVersions": list(VERSIONS)}
    from ansible_collections.containerhost.network.plugins.module_utils.keep import cni_attach

    return cni_attach.COMMANDS[request.command](request)


def _command(environment: t.Mapping[str, str]) -> str:
    command = environment.get("CNI_COMMAND", "")
    if command not in _NEEDS:
        raise EngineError(errors.BAD_ENVIRONMENT, f"CNI_COMMAND is {command!r}: it must be one of {', '.join(_NEEDS)}")
    return command


def _configuration(text: str, command: str) -> Json:
    """What is on standard input, of a version that is known. Of a VERSION it may be anything."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        if command == "VERSION":
            return {"cniVersion": VERSIONS[-1]}
        raise EngineError(errors.UNDECODABLE, f"the network configuration is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise EngineError(errors.UNDECODABLE, "the network configuration is no mapping")
    version = found.get("cniVersion") or VERSIONS[0]  # the first one did not say so
    if command == "VERSION":
        return {**found, "cniVersion": version if isinstance(version, str) else VERSIONS[-1]}
    if version not in VERSIONS:
        raise EngineError(
            errors.INCOMPATIBLE, f"cniVersion {version} is not known", f"the plugin supports {', '.join(VERSIONS)}"
        )
    if VERSIONS.index(version) < VERSIONS.index(_SINCE.get(command, version)):
        since = f"it came with {_SINCE[command]}"
        raise EngineError(errors.INCOMPATIBLE, f"there is no {command} in cniVersion {version}", since)
    name = found.get("name")
    if not isinstance(name, str) or not name:
        raise EngineError(errors.BAD_CONFIGURATION, "the network configuration has no `name`")
    if not is_name(name):
        raise EngineError(
            errors.BAD_CONFIGURATION, f"the network configuration's `name` {name!r} is no name of a network"
        )
    return {**found, "cniVersion": version}


def check_environment(command: str, environment: t.Mapping[str, str]) -> None:
    """Raises EngineError for what it lacks, or has that cannot be; what is not needed may be anything."""
    needed = _NEEDS[command]
    missing = [name for name in needed if not environment.get(name)]
    if missing:
        raise EngineError(errors.BAD_ENVIRONMENT, f"required env variables [{', '.join(missing)}] missing")
    container, interface, netns = (environment.get(name, "") for name in _OF_A_CONTAINER)
    if "CNI_CONTAINERID" in needed and not _CONTAINER.fullmatch(container):
        raise EngineError(errors.BAD_ENVIRONMENT, f"CNI_CONTAINERID {container!r} has characters that it must not have")
    if "CNI_IFNAME" in needed and (interface in (".", "..") or not _INTERFACE.fullmatch(interface)):
        raise EngineError(errors.BAD_ENVIRONMENT, f"CNI_IFNAME {interface!r} is no name of an interface")
    if "CNI_NETNS" in needed and not netns.startswith("/"):
        raise EngineError(errors.BAD_ENVIRONMENT, f"CNI_NETNS {netns!r} is no absolute path")


def request_of(command: str, environment: t.Mapping[str, str], configuration: Json) -> CniRequest:
    """Of an environment that is checked. Raises EngineError for arguments that are none."""
    pairs = [each.partition("=") for each in environment.get("CNI_ARGS", "").split(";") if each]
    wrong = next((name for name, equals, _value in pairs if not name or not equals), None)
    if wrong is not None and "CNI_NETNS" in _NEEDS[command]:
        raise EngineError(errors.BAD_ENVIRONMENT, f"CNI_ARGS has {wrong!r}, which is no KEY=VALUE")
    arguments = {name: value for name, _equals, value in pairs}
    container, interface, netns = (environment.get(name, "") for name in _OF_A_CONTAINER)
    return CniRequest(command, container, interface, netns, arguments, configuration)


def _print(answer: Json) -> None:
    sys.stdout.write(f"{json.dumps(answer, indent=2)}\n")
    sys.stdout.flush()
