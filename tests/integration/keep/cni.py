# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine as the CNI specification has it: a command in the environment, a configuration on standard input."""

from __future__ import annotations

import json
from typing import Any

PLUGIN = "/opt/cni/bin/containerhost"


# As nerdctl does: a program of its own has a container's port when it calls the plugin, and stays.
HOLDING = """
import socket, subprocess, sys
listening = socket.create_server(("0.0.0.0", int(sys.argv[1])))
with open(sys.argv[2], "w") as file:
    stays = subprocess.Popen(["sleep", "60"], pass_fds=[listening.fileno()], stdout=file, stderr=file, stdin=file)
listening.close()
sys.exit(subprocess.run(sys.argv[3:]).returncode)
"""


class Refused(Exception):
    """The plugin's answer, where that is an error."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(f"{answer['code']}: {answer['msg']} ({answer.get('details')})")
        self.code, self.text = answer["code"], answer["msg"]


class Engine:
    """Calls the plugin on a host as a runtime does that has read the network's list."""

    def __init__(self, host: Any, version: str = "1.1.0") -> None:
        self.host = host
        self.version = version
        self.begins: tuple[str, ...] = ()

    def holding(self, port: int) -> None:
        """From now on it has this port of the host whenever it calls."""
        self.begins = ("python3", "-c", HOLDING, str(port), "/dev/null")

    def configuration(self, network: str, **more: Any) -> dict[str, Any]:
        found = json.loads(self.host.run("cat", f"/etc/cni/net.d/containerhost-{network}.conflist"))
        assert self.version in found["cniVersions"]
        (plugin,) = found["plugins"]
        del plugin["capabilities"]
        return {"cniVersion": self.version, "name": found["name"], **plugin, **more}

    def call(self, command: str, configuration: Any, **environment: str) -> Any:
        """What it answers, None where that is nothing. Raises Refused."""
        text = configuration if isinstance(configuration, str) else json.dumps(configuration)
        given = [f"{name}={value}" for name, value in {"CNI_COMMAND": command, **environment}.items()]
        started = (*self.begins, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *given, PLUGIN)
        done = self.host.start(*started, check=False, input=text)
        answer = json.loads(done.stdout) if done.stdout else None
        assert not done.stderr, done.stderr
        if done.returncode:
            raise Refused(answer)
        return answer

    def of(self, command: str, network: str, container: str, interface: str = "eth0", **more: Any) -> Any:
        arguments = {"CNI_ARGS": more.pop("arguments")} if "arguments" in more else {}
        netns = more.pop("netns", f"/run/netns/{container}")
        return self.call(
            command,
            self.configuration(network, **more),
            CNI_CONTAINERID=container,
            CNI_IFNAME=interface,
            CNI_PATH="/opt/cni/bin",
            **({"CNI_NETNS": netns} if netns else {}),
            **arguments,
        )

    def add(self, network: str, container: str, **more: Any) -> dict[str, Any]:
        return self.of("ADD", network, container, **more)

    def delete(self, network: str, container: str, **more: Any) -> None:
        assert self.of("DEL", network, container, **more) is None
