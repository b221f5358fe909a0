# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that has an /etc, an /usr/local, an /usr/share and an /opt of its own, and keeps its networks."""

from __future__ import annotations

import functools
import json
import subprocess
from typing import Any

import pytest

from ansible_collections.containerhost.network.plugins.module_utils import startup
from ansible_collections.containerhost.network.plugins.module_utils.keep import archive
from ansible_collections.containerhost.network.tests.integration.conftest import OWN_FOLDER, Host
from ansible_collections.containerhost.network.tests.integration.engines import conftest as engines_conftest

# Fixtures of theirs.
containers, engines = engines_conftest.containers, engines_conftest.engines
PROGRAM = "/usr/local/sbin/containerhost"
# Each test's host gets the program, whose files are compiled here once: modules run in forks of this process.
startup.code_of = functools.cache(startup.code_of)
archive.build()
# A machine with plugins of CNI from its distribution is as one without them.
_NO_CNI = "! test -d /usr/lib/cni || mount -t tmpfs -o ro none /usr/lib/cni\n"
OWN_FILES = "".join([*(OWN_FOLDER.format(folder) for folder in ("/usr/local", "/usr/share", "/opt")), _NO_CNI])
FILES = r"""
find /etc /usr/local /usr/share /opt -path /etc/netns -prune -o \
    \( -type d -printf '%p d %m\n' -o -printf '%p %y %m %s %l\n' \) | LC_ALL=C sort
"""


class KeptHost:
    """A host, what is saved on it, and its program."""

    def __init__(self, host: Host) -> None:
        self.host = host
        host.run("sh", "-ec", OWN_FILES)

    def save(
        self, document: dict[str, Any], check: bool = False, remove: list[str] | None = None, **more: Any
    ) -> dict[str, Any]:
        """A run of the plan's: what it answers."""
        networks = {row["network"]: "bridge" for kind, rows in document.items() if kind != "version" for row in rows}
        told = {"enabled": True, "host": "h1", "digest": "d", "networks": networks, "drivers": None}
        given = {"document": document, "remove": remove or ["*"], "save": {**told, "metrics_folder": None, **more}}
        answer = self.host.module("document", check=check, **given)
        assert not answer.get("failed"), answer["msg"]
        return answer

    def teardown(self) -> None:
        answer = self.host.module("document", document={"version": 1}, everything=True)
        assert not answer.get("failed"), answer["msg"]

    def say(self, *argv: str, status: int = 0, **options: Any) -> str:
        """What the program says, and ends with."""
        done = self.host.start(PROGRAM, *argv, check=False, **options)
        assert done.returncode == status, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def answer(self, *argv: str, status: int = 0) -> dict[str, Any]:
        return json.loads(self.say(*argv, "--json", status=status))

    def files(self) -> str:
        return self.host.run("sh", "-c", FILES)

    def saved(self) -> dict[str, Any]:
        return json.loads(self.host.run("cat", "/etc/containerhost/document.json"))

    def watch(self, what: str) -> subprocess.Popen[str]:
        """The service's program, which the test ends."""
        entered = ["nsenter", f"--target={self.host._host.pid}", "--net", "--mount"]
        return subprocess.Popen(
            [*entered, PROGRAM, "watch", what], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )


@pytest.fixture
def kept(host: Host) -> KeptHost:
    return KeptHost(host)
