# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin ``containerhost`` of Podman's netavark, which starts the program with a command, and JSON on its input.

Its interface is netavark's plugin API 1.0.0: ``create`` (a network of this driver, asked for by a user of Podman),
``setup`` and ``teardown`` (a container's interface, with the path of its namespace), ``info``. Standard output has an
answer or an error, in JSON, and nothing else. What is asked of the kernel is in ``netavark_attach``.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.keep import engine_errors as errors
from ansible_collections.containerhost.network.plugins.module_utils.keep.engine_errors import EngineError
from ansible_collections.containerhost.network.plugins.module_utils.startup import PROGRAM

API_VERSION = "1.0.0"
_COMMANDS = ("create", "setup", "teardown", "info")
_USERS = "/proc/self/uid_map"
_ALL_USERS = ["0", "0", "4294967295"]

Json = t.Dict[str, t.Any]


def called() -> bool:
    """Is it netavark, or Podman, that has started this program? They know it by another name than an operator."""
    return sys.argv[0] != PROGRAM and len(sys.argv) > 1 and sys.argv[1] in _COMMANDS


def main() -> int:
    gc.disable()  # what is made here goes with the process: 30 ms
    try:
        answer = _answer(sys.argv[1:])
    except EngineError as error:
        return _fail(str(error))
    except Exception as error:  # Podman reads what is printed here, and nothing else
        return _fail(f"{type(error).__name__}: {error}")
    if answer is not None:
        _print(answer)
    return 0


def _answer(arguments: t.Sequence[str]) -> Json | None:
    command = arguments[0]
    if command == "info":
        from ansible_collections.containerhost.network.plugins.module_utils.keep.saved import COLLECTION

        return {"version": COLLECTION, "api_version": API_VERSION}
    if len(arguments) != (1 if command == "create" else 2):
        raise EngineError(errors.BAD_ENVIRONMENT, f"{command} has {len(arguments) - 1} arguments")
    told = input_of(_input())
    if command == "create":
        raise EngineError(
            errors.REFUSED,
            f"networks of this driver are the inventory's: give `{told.get('name')}` there `handoff: {{podman: true}}`,"
            " and run containerhost.network.site for this host",
        )
    _check_root()
    from ansible_collections.containerhost.network.plugins.module_utils.keep import netavark_attach

    return netavark_attach.COMMANDS[command](arguments[1], told)


def _input() -> str:
    try:
        return sys.stdin.read()
    except OSError as error:
        raise EngineError(errors.IO_FAILED, f"the input cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise EngineError(errors.UNDECODABLE, f"the input is no text: {error}") from error


def input_of(text: str) -> Json:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EngineError(errors.UNDECODABLE, f"the input is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise EngineError(errors.UNDECODABLE, "the input is no mapping")
    return found


def _check_root() -> None:
    """A rootless Podman is root of a user namespace of its own (user_namespaces(7)), not of the host's network."""
    with open(_USERS, encoding="ascii") as file:
        is_rootless = file.read().split() != _ALL_USERS
    if is_rootless or os.geteuid() != 0:
        raise EngineError(
            errors.REFUSED,
            "a rootless Podman has no way to networks of the host: run the container as root (sudo podman)",
        )


def _fail(text: str) -> int:
    _print({"error": text})
    return 1


def _print(answer: Json) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()
