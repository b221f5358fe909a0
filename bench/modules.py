# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our side: modules of the collection, run as Ansible runs them."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import typing as t

from bench.harness import Failed, Sample, Scene

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = pathlib.Path(__file__).resolve().parent / "scripts"
HOST_PYTHON = "/usr/bin/python3"
_OURS = "containerhost.network."


def ansible_python() -> str:
    """The Python that Ansible is installed for: the project's own venv, else that of ansible-playbook in PATH."""
    own = ROOT / "build/venv/bin/python"
    if own.exists():
        return str(own)
    program = shutil.which("ansible-playbook")
    if program:
        with open(program, "rb") as file:
            first = file.readline().decode("utf-8", "replace")
        if first.startswith("#!/"):
            return first[2:].split()[0]
    raise Failed("Ansible is neither in build/venv (make) nor in PATH")


class Run(t.NamedTuple):
    """A module with its arguments, ready to be started in a scene."""

    argv: list[str]
    stdin: str
    environment: dict[str, str]

    def __call__(self, scene: Scene) -> Sample:
        sample = scene.run(self.argv, self.stdin, self.environment)
        answer = result(sample)
        if answer.get("failed"):
            raise Failed(answer.get("msg", sample.output))
        return sample


def result(sample: Sample) -> dict[str, t.Any]:
    try:
        return json.loads(sample.output.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise Failed(f"the module said nothing that is JSON: {sample.output[-500:]}") from None


class Modules:
    """Makes runs of modules.

    ``start`` is how a module's process is started. ``ansiballz``: by the payload that Ansible sends with pipelining,
    on the interpreter's standard input, which unpacks it and compiles every file anew. ``installed``: from files, with
    their byte code, as ``python -m``: what the collection's own work costs, without Ansible's way to start a module.
    """

    def __init__(self, work: pathlib.Path, start: str) -> None:
        self.work = work
        self._start = start
        self._count = 0
        self.python = ansible_python()
        self.path = work / "path"
        self.path.mkdir()
        where = subprocess.run(
            [self.python, "-c", "import ansible, os; print(os.path.dirname(ansible.__file__))"],
            capture_output=True,
            text=True,
            check=True,
        )
        (self.path / "ansible").symlink_to(where.stdout.strip())
        collection = self.path / "ansible_collections/containerhost"
        collection.mkdir(parents=True)
        (collection / "network").symlink_to(ROOT)

    def ours(self, name: str, arguments: t.Mapping[str, t.Any], check: bool = False) -> Run:
        module = "ansible_collections.containerhost.network.plugins.modules." + name
        return self._run(_OURS + name, ROOT / f"plugins/modules/{name}.py", module, arguments, check)

    def script(self, name: str, arguments: t.Mapping[str, t.Any]) -> Run:
        """A module to compare with, of ``bench/scripts``."""
        return self._run(name, SCRIPTS / f"{name}.py", str(SCRIPTS / f"{name}.py"), arguments, False)

    def _run(
        self, name: str, path: pathlib.Path, module: str, arguments: t.Mapping[str, t.Any], check: bool
    ) -> Run:
        self._count += 1
        if "document" in arguments:  # as text, as the action hands it on
            arguments = {**arguments, "document": json.dumps(arguments["document"])}
        full = {**arguments, "_ansible_check_mode": check}
        file = self.work / f"{self._count}.json"
        file.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": full}))
        if self._start == "installed":
            how = [module] if module.startswith("/") else ["-m", module]
            environment = {"PYTHONPATH": str(self.path), "PYTHONPYCACHEPREFIX": str(self.work / "pycache")}
            return Run([HOST_PYTHON, *how, str(file)], os.devnull, environment)
        payload = self.work / f"{self._count}.payload"
        with open(payload, "wb") as output:
            subprocess.run(
                [self.python, str(SCRIPTS / "payload.py"), name, str(path), str(file), HOST_PYTHON],
                stdout=output,
                env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(self.path)},
                check=True,
            )
        return Run([HOST_PYTHON], str(payload), {})


@contextlib.contextmanager
def listening(scene: Scene, container: str, script: str, port: int) -> t.Iterator[None]:
    """One of ``scripts/`` answers at this port of a container, meanwhile."""
    argv = ["nsenter", f"--net=/run/netns/{container}", HOST_PYTHON, str(SCRIPTS / script), "listen", str(port)]
    server = scene.start(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        if server.stdout is None or server.stdout.readline() != b"listening\n":
            raise Failed("the server does not listen")
        yield
    finally:
        server.kill()
        server.communicate()
