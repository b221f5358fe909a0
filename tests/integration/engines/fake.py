# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Container engines that say what a test wants: Docker's daemon, Podman's and LXC's commands, machined's files.

As a program (``fake.py docker FOLDER``, ``fake.py podman FOLDER …``) it is one of them, and answers from a file.
"""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

COMMANDS = {"podman": "podman", "lxc": "lxc-info"}


class Engines:
    """All engines of a host. ``environment`` is what a module needs to find them."""

    def __init__(self, folder: Path, host: Any) -> None:
        self._folder, self._host = folder, host
        self._said: dict[str, dict[str, Any]] = {"docker": {}, "podman": {}, "lxc": {}}
        self._docker: subprocess.Popen[str] | None = None
        self.environment = {
            "DOCKER_HOST": f"unix://{folder}/docker.sock",
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
        }
        (folder / "bin").mkdir(parents=True)
        for engine, command in COMMANDS.items():
            program = folder / "bin" / command
            program.write_text(f'#!/bin/sh\nexec {sys.executable} {__file__} {engine} {folder} "$@"\n')
            program.chmod(0o755)
        for engine in self._said:
            self._write(engine)
        self.start()

    def say(self, engine: str, ref: str, pid: Any) -> None:
        """From now on the engine names this process for a container: 0 where it does not run, None where there is none.

        Of Docker also a whole answer: a list, a text, a mapping.
        """
        if engine == "nspawn":
            self._host.run("mkdir", "-p", "/run/systemd/machines")
            self._host.run("sh", "-c", f"echo LEADER={pid} > /run/systemd/machines/{ref}")
            return
        self._said[engine][ref] = pid
        self._write(engine)

    def _write(self, engine: str) -> None:
        known = {ref: pid for ref, pid in self._said[engine].items() if pid is not None}
        (self._folder / f"{engine}.json").write_text(json.dumps(known))

    def asked(self, engine: str) -> list[str]:
        """What an engine was asked: paths of Docker, arguments of the others. A connection is a line of its own."""
        log = self._folder / f"{engine}.log"
        return log.read_text().splitlines() if log.exists() else []

    def asked_in(self, engine: str) -> set[str]:
        """The network namespaces that an engine's command was run in."""
        return set((self._folder / f"{engine}.netns").read_text().splitlines())

    def start(self) -> None:
        command = [sys.executable, __file__, "docker", str(self._folder)]
        self._docker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._docker.stdout is not None
        assert self._docker.stdout.readline() == "ready\n"

    def stop(self) -> None:
        """Docker's daemon ends; its socket stays, as that of a daemon that was killed does."""
        if self._docker is not None:
            self._docker.kill()
            self._docker.communicate()
            self._docker = None


# -- the programs ---------------------------------------------------------------------------------------------------


class _Docker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        _log("docker", "connection")
        super().setup()

    def do_GET(self) -> None:
        _log("docker", self.path)
        ref, known = self.path.split("/")[-2], _known("docker")
        answer = known.get(ref, {"message": f"No such container: {ref}"})
        body = json.dumps({"State": {"Pid": answer}} if isinstance(answer, int) else answer).encode()
        self.send_response(200 if ref in known else 404)
        self.send_header("Content-Length", str(len(body)))
        if "closes" in known:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "a socket"

    def log_message(self, *_arguments: Any) -> None:
        pass


def _podman(*arguments: str) -> int:
    """``inspect --type container [--format {{.State.Pid}}] REF…``: what is known is told, what is not is an error."""
    words = list(arguments[1:])
    while words and words[0].startswith("-"):
        words = words[2:]
    known = _known("podman")
    found = [ref for ref in words if ref in known]
    if "--format" in arguments:
        print(*(known[ref] for ref in found), sep="\n")
    else:
        rows = [{"Id": f"{number:064x}", "Name": ref, "State": {"Pid": known[ref]}} for number, ref in enumerate(found)]
        print(json.dumps(rows))
    return 0 if found == words else 125


def _lxc(*arguments: str) -> int:
    """``lxc-info --name REF --pid --no-humanize``: nothing is said of one that does not run."""
    known, ref = _known("lxc"), arguments[arguments.index("--name") + 1]
    if ref not in known:
        print(f"{ref} doesn't exist", file=sys.stderr)
        return 1
    if known[ref]:
        print(known[ref])
    return 0


def _known(engine: str) -> dict[str, Any]:
    return json.loads(Path(sys.argv[2], f"{engine}.json").read_text())


def _log(engine: str, line: str) -> None:
    with Path(sys.argv[2], f"{engine}.log").open("a") as log:
        print(line, file=log)


def main() -> int:
    engine, folder, arguments = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    if engine != "docker":
        _log(engine, " ".join(arguments))
        with (folder / f"{engine}.netns").open("a") as places:
            print(os.readlink("/proc/self/ns/net"), file=places)
        return {"podman": _podman, "lxc": _lxc}[engine](*arguments)
    place = folder / "docker.sock"
    place.unlink(missing_ok=True)
    with socketserver.ThreadingUnixStreamServer(str(place), _Docker) as server:
        server.daemon_threads = True
        print("ready", flush=True)
        server.serve_forever(0.05)
    return 0


if __name__ == "__main__":
    sys.exit(main())
