# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker, Podman, LXC, LXD and containerd as they are, by their own commands."""

from __future__ import annotations

import hashlib
import json
import typing as t
from pathlib import Path

from ansible_collections.containerhost.network.tests.engines.machine import SERVES_ITS_NAME, Machine, image

DOCKER = "/usr/bin/docker"  # the distribution's, not a newer one that somebody has put before it
# On an overlay, as a lab host's root is, engines would choose slower ways to store images, or none.
_ON_TMPFS = "mkdir -p {folder}; mountpoint -q {folder} || mount -t tmpfs none {folder}"


class Engine:
    """An engine, and its containers: each is a server that says its name, unless it has another command."""

    name: t.ClassVar[str]

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._made: list[str] = []

    def prepare(self) -> None:
        """It runs, and has the image."""
        raise NotImplementedError

    def run(self, ref: str, mode: str = "none", command: t.Sequence[str] = SERVES_ITS_NAME) -> None:
        """Make a container and start it."""
        self._made.append(ref)
        self._run(ref, mode, command)

    def _run(self, ref: str, mode: str, command: t.Sequence[str]) -> None:
        raise NotImplementedError

    def start(self, ref: str) -> None:
        raise NotImplementedError

    def stop(self, ref: str) -> None:
        raise NotImplementedError

    def restart(self, ref: str) -> None:
        raise NotImplementedError

    def remove(self, ref: str) -> None:
        raise NotImplementedError

    def once(self, ref: str, *argv: str) -> bool:
        """Whether a new container succeeds whose first and only process is this one."""
        raise NotImplementedError

    def pid(self, ref: str) -> int:
        raise NotImplementedError

    def command_in(self, ref: str, *argv: str) -> list[str]:
        """What runs a command in a container."""
        raise NotImplementedError

    def inside(self, ref: str, *argv: str) -> str:
        return self.machine.run(*self.command_in(ref, *argv))

    def reaches(self, ref: str, address: str) -> bool:
        """With the patience that a busy kernel takes to let a new port of a bridge forward."""
        ping = self.command_in(ref, "/bin/ping", "-c1", "-W1", address)
        return any(self.machine.succeeds(*ping) for _again in range(3))

    def interfaces(self, ref: str) -> list[str]:
        """Their names, by the host's ``ip``: a container's image may have none."""
        told = self.machine.run("nsenter", f"--target={self.pid(ref)}", "--net", "ip", "-json", "link")
        return [row["ifname"] for row in json.loads(told)]

    def remove_all(self) -> None:
        for ref in self._made:
            self.remove(ref)
        self._made.clear()


class Docker(Engine):
    """dockerd, without its firewall rules."""

    name = "docker"
    command = DOCKER

    def prepare(self) -> None:
        self.machine.sh(_ON_TMPFS.format(folder="/var/lib/docker"))
        self.start_daemon()
        self.machine.run(DOCKER, "import", "-", "box", input=image())

    def start_daemon(self, *options: str) -> None:
        # Its own bridge is made; its rules are those of a host whose operator keeps them, see docs/bridge.md.
        self.machine.start("dockerd", "--iptables=false", "--storage-driver=vfs", *options, log="/var/log/dockerd")
        self.machine.until(lambda: self.machine.succeeds(DOCKER, "version"), "dockerd answers")

    def stop_daemon(self) -> None:
        self.machine.sh("kill $(cat /run/docker.pid); while pgrep -x dockerd >/dev/null; do sleep 0.05; done")

    def _run(self, ref: str, mode: str, command: t.Sequence[str]) -> None:
        named = [] if ":" in mode or mode == "host" else ["--hostname", ref]
        self.machine.run(*self._running(ref, mode), "--detach", *named, "box", *command)

    def once(self, ref: str, *argv: str) -> bool:
        return self.machine.succeeds(*self._running(ref, "none"), "--rm", "box", *argv)

    def _running(self, ref: str, mode: str) -> list[str]:
        # Busybox's server as a first process ignores SIGTERM: nobody waits for it.
        return [self.command, "run", "--name", ref, "--network", mode, "--cap-add", "NET_RAW", "--stop-timeout", "0"]

    def start(self, ref: str) -> None:
        self.machine.run(self.command, "start", ref)

    def stop(self, ref: str) -> None:
        self.machine.run(self.command, "stop", "--time=0", ref)

    def restart(self, ref: str) -> None:
        self.machine.run(self.command, "restart", "--time=0", ref)

    def remove(self, ref: str) -> None:
        self.machine.run(self.command, "rm", "--force", ref, check=False)

    def pid(self, ref: str) -> int:
        return int(self.machine.run(self.command, "inspect", "--format={{.State.Pid}}", ref))

    def command_in(self, ref: str, *argv: str) -> list[str]:
        return [self.command, "exec", ref, *argv]


class Podman(Docker):
    """Podman, which has no daemon, and whose command is Docker's in all that these tests say."""

    name = "podman"
    command = "podman"

    def prepare(self) -> None:
        self.machine.sh(_ON_TMPFS.format(folder="/var/lib/containers"))
        self.machine.run("sh", "-ec", "mkdir -p /etc/containers; cat > /etc/containers/containers.conf", input=_PODMAN)
        self.machine.run("podman", "import", "-", "box", input=image())


# A machine that builds may lack control groups' controllers, and crun refuses to start without them.
_PODMAN = """
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
pids_limit = 0
"""


# What `make test-engines` unpacks, and what of it lies over the host's own: nothing that a run of ours writes to.
_NEWER = Path(__file__).parents[2] / "build/podman/usr"
_OVER = ("bin", "sbin", "lib", "libexec")


class NewerPodman(Podman):
    """Debian 13's, whose netavark has plugins, with that release's libraries for all that the host runs."""

    def prepare(self) -> None:
        assert (_NEWER / "bin/podman").exists(), f"{_NEWER} lacks it: make build/podman/.unpacked"
        for folder in _OVER:
            if (_NEWER / folder).is_dir():
                over = f"lowerdir={_NEWER / folder}:/usr/{folder}"
                self.machine.run("mount", "-t", "overlay", "overlay", "-o", over, f"/usr/{folder}")
        super().prepare()


class Lxc(Engine):
    name = "lxc"

    def prepare(self) -> None:
        self.machine.sh(_ON_TMPFS.format(folder="/var/lib/lxc"))

    def _run(self, ref: str, mode: str, command: t.Sequence[str]) -> None:
        self._make(ref, mode, command)
        self.start(ref)

    def _make(self, ref: str, mode: str, command: t.Sequence[str]) -> None:
        folder = f"/var/lib/lxc/{ref}"
        self.machine.run("sh", "-ec", f"mkdir -p {folder}/rootfs; tar -C {folder}/rootfs -x", input=image())
        self.machine.run("sh", "-ec", f"echo {ref} > {folder}/rootfs/etc/hostname; cat > {folder}/config", input=(
            "lxc.include = /usr/share/lxc/config/common.conf\n"
            f"lxc.uts.name = {ref}\n"
            f"lxc.rootfs.path = dir:{folder}/rootfs\n"
            f"lxc.net.0.type = {'none' if mode == 'host' else 'empty'}\n"
            f"lxc.init.cmd = {' '.join(command)}\n"
        ))  # fmt: skip

    def once(self, ref: str, *argv: str) -> bool:
        self._made.append(ref)
        self._make(ref, "none", argv)
        return self.machine.succeeds("lxc-execute", "--name", ref, "--", *argv)

    def start(self, ref: str) -> None:
        self.machine.run("lxc-start", "--name", ref, "--logfile=/var/log/lxc.log")

    def stop(self, ref: str) -> None:
        self.machine.run("lxc-stop", "--kill", "--name", ref)

    def restart(self, ref: str) -> None:
        self.stop(ref)
        self.start(ref)

    def remove(self, ref: str) -> None:
        self.machine.run("lxc-destroy", "--force", "--name", ref, check=False)

    def pid(self, ref: str) -> int:
        return int(self.machine.run("lxc-info", "--name", ref, "--pid", "--no-humanize"))

    def command_in(self, ref: str, *argv: str) -> list[str]:
        return ["lxc-attach", "--name", ref, "--", *argv]


class Lxd(Engine):
    """LXD's daemon, and containers in its project ``default``, or in another by ``PROJECT/NAME``."""

    name = "lxd"
    command = "lxc"
    daemon = ("lxd", "--group", "root")
    folder = "/var/lib/lxd"

    def prepare(self) -> None:
        self.machine.sh(_ON_TMPFS.format(folder=self.folder))
        self.machine.start(*self.daemon, log=f"/var/log/{self.name}.log")
        self.machine.until(lambda: self.machine.succeeds(self.command, "query", "/1.0"), f"{self.name} answers")
        self.machine.run(self.command, "storage", "create", "here", "dir")
        self.machine.run(self.command, "profile", "device", "add", "default", "root", "disk", "path=/", "pool=here")
        self.machine.run("sh", "-ec", "mkdir -p /srv/box/rootfs; tar -C /srv/box/rootfs -x", input=image())
        self.machine.sh("printf 'architecture: x86_64\\ncreation_date: 1\\n' > /srv/box/metadata.yaml")
        self.machine.sh("tar -C /srv/box -cf /srv/box.tar metadata.yaml rootfs")
        self.machine.run(self.command, "image", "import", "/srv/box.tar", "--alias", "box")

    def project(self, name: str) -> None:
        """One that shares the images and profiles of the default one."""
        own = ["--config", "features.images=false", "--config", "features.profiles=false"]
        self.machine.run(self.command, "project", "create", name, *own)

    def _run(self, ref: str, mode: str, command: t.Sequence[str]) -> None:
        # A lab host's /proc has mounts over parts of it: to a user namespace the kernel gives no other one then.
        first = ["--config", f"raw.lxc=lxc.init.cmd = {' '.join(command)}"]
        self.machine.run(*self._of(ref, "launch", "box"), *first, "--config", "security.privileged=true")
        self.inside(ref, "/bin/sh", "-c", "/bin/hostname > /etc/hostname")

    def _of(self, ref: str, *argv: str) -> list[str]:
        project, _slash, name = ref.rpartition("/")
        return [self.command, "--project", project or "default", *argv, name]

    def start(self, ref: str) -> None:
        self.machine.run(*self._of(ref, "start"))

    def stop(self, ref: str) -> None:
        self.machine.run(*self._of(ref, "stop", "--force"))

    def restart(self, ref: str) -> None:
        self.machine.run(*self._of(ref, "restart", "--force"))

    def remove(self, ref: str) -> None:
        self.machine.run(*self._of(ref, "delete", "--force"), check=False)

    def pid(self, ref: str) -> int:
        project, _slash, name = ref.rpartition("/")
        told = self.machine.run(self.command, "query", f"/1.0/instances/{name}/state?project={project or 'default'}")
        return int(json.loads(told)["pid"])

    def command_in(self, ref: str, *argv: str) -> list[str]:
        return [*self._of(ref, "exec"), "--", *argv]


class Containerd(Engine):
    """containerd by itself, by ctr: containers of a root file system, named as nerdctl names them."""

    name = "containerd"

    def prepare(self) -> None:
        self.machine.sh(_ON_TMPFS.format(folder="/var/lib/containerd"))
        self.machine.run("sh", "-ec", "mkdir -p /srv/box; tar -C /srv/box -x", input=image())
        self.machine.start("containerd", log="/var/log/containerd")
        self.machine.until(lambda: self.machine.succeeds("ctr", "version"), "containerd answers")

    def _run(self, ref: str, mode: str, command: t.Sequence[str]) -> None:
        self.machine.sh(f"cp -a /srv/box /srv/{ref}; echo {ref} > /srv/{ref}/etc/hostname")
        how = ["--net-host"] if mode == "host" else []
        create = ["ctr", "containers", "create", *how, "--rootfs", "--label", f"nerdctl/name={ref}"]
        self.machine.run(*create, "--", f"/srv/{ref}", self._id(ref), *command)
        self.start(ref)

    @staticmethod
    def _id(ref: str) -> str:
        return hashlib.sha256(ref.encode()).hexdigest()

    def start(self, ref: str) -> None:
        self.machine.run("ctr", "tasks", "start", "--detach", "--null-io", self._id(ref))

    def stop(self, ref: str) -> None:
        pid = self.pid(ref)
        self.machine.run("ctr", "tasks", "kill", "--signal=SIGKILL", self._id(ref))
        self.machine.until(lambda: not self.machine.succeeds("test", "-e", f"/proc/{pid}"), f"{ref} ends")
        self.machine.until(lambda: self.machine.succeeds("ctr", "tasks", "delete", self._id(ref)), f"{ref} is no task")

    def restart(self, ref: str) -> None:
        self.stop(ref)
        self.start(ref)

    def remove(self, ref: str) -> None:
        self.machine.run("ctr", "tasks", "delete", "--force", self._id(ref), check=False)
        self.machine.run("ctr", "containers", "delete", self._id(ref), check=False)
        self.machine.sh(f"rm -rf /srv/{ref}")

    def pid(self, ref: str) -> int:
        told = self.machine.run("ctr", "tasks", "list")
        return next((int(line.split()[1]) for line in told.splitlines() if line.startswith(self._id(ref))), 0)

    def command_in(self, ref: str, *argv: str) -> list[str]:
        return ["nsenter", f"--target={self.pid(ref)}", "--net", "--root", "--", *argv]
