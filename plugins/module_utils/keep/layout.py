# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files keep a host: from what its document has and what the host is to paths and contents. Pure.

Each of them begins with a line that says whose it is, as far as its format has room for one; each folder of a service
that is somebody else's gets a file of ours, and no file of anybody else's is written to.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.keep import pages
from ansible_collections.containerhost.network.plugins.module_utils.keep.saved import COLLECTION, Saved
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES as CONTAINER_ENGINES
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import sandboxes_of
from ansible_collections.containerhost.network.plugins.module_utils.startup import PROGRAM
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import cni_lists, podman_networks

MANUAL = "/usr/local/share/man/man8/containerhost.8"
COMPLETION = "/usr/local/share/bash-completion/completions/containerhost"
# Files that a diff does not show.
TITLES = {
    PROGRAM: f"the program, of containerhost.network {COLLECTION}",
    MANUAL: "its manual page",
    COMPLETION: "what a shell completes",
}
UNITS = "/etc/systemd/system"
RESTORE = "containerhost-restore.service"
CHECK = "containerhost-check"
# Where engines look for what they call when a container starts: oci-hooks(5), lxc.container.conf(5).
OCI_HOOKS = "/usr/share/containers/oci/hooks.d/containerhost.json"
LXC_HOOKS = "/usr/share/lxc/config/common.conf.d/50-containerhost.conf"
_WAIT = 60  # seconds that a boot waits for a parent or an underlay that comes late
_PATIENCE = 180  # seconds: those, and another run's
# Whatever starts containers does so after the networks are there.
ENGINES = ("docker", "podman", "podman-restart", "containerd", "crio", "lxc", "lxc-net", "lxd", "incus", "libvirtd")
# Their start or reload may take our rules along, or put theirs before them.
FIREWALLS = ("nftables", "firewalld", "ufw", "docker")
_RELOADED = ("nftables", "firewalld")  # those that have something to reload


class HostFacts(t.NamedTuple):
    """What decides which files a host has: whether systemd runs it, which of the services above it knows, and which
    folders of CNI plugins are others'."""

    systemd: bool
    services: t.FrozenSet[str]
    cni_folders: t.Sequence[str] = ()


class KeptFile(t.NamedTuple):
    path: str
    content: bytes
    mode: int = 0o644


class KeptLink(t.NamedTuple):
    """A service that is started with another, as ``systemctl enable`` makes it, or the program under another name."""

    path: str
    target: str


Kept = t.Union[KeptFile, KeptLink]


def files(saved: Saved, facts: HostFacts, metrics_folder: str | None) -> list[Kept]:
    """All but the program and the document itself, in the order in which they are written."""
    engines = engines_of(saved)
    found: list[Kept] = [
        KeptFile(MANUAL, pages.MANUAL.encode()),
        KeptFile(COMPLETION, pages.COMPLETION.encode()),
    ]
    if "podman" in engines:
        found.append(KeptFile(OCI_HOOKS, _oci_hooks().encode()))
    if "lxc" in engines:
        found.append(KeptFile(LXC_HOOKS, _lxc_hooks().encode()))
    kinds = {kind for kind, _row in saved.objects()}
    if "cni_network" in kinds:
        folders = facts.cni_folders or cni_lists.PLUGIN_FOLDERS[:1]
        found += [KeptLink(f"{folder}/{cni_lists.TYPE}", PROGRAM) for folder in folders]
    if "podman_network" in kinds:
        found.append(KeptLink(podman_networks.PLUGIN, PROGRAM))
    if facts.systemd:
        found += _units(engines, facts, metrics_folder)
    return found


def engines_of(saved: Saved) -> set[str]:
    return {sandbox["engine"] for _kind, row in saved.objects() for sandbox in sandboxes_of(row)}


def services_of(saved: Saved) -> set[str]:
    """Those that engines of its containers are run by."""
    found = (CONTAINER_ENGINES[name].service for name in engines_of(saved))
    return {name for name in found if name is not None}


def watchable() -> list[str]:
    """All that a small service may listen to: our rules, and engines that call nobody when a container starts."""
    return ["nftables", *(name for name, engine in CONTAINER_ENGINES.items() if engine.tells_of_starts)]


def watched(engines: t.Collection[str]) -> list[str]:
    """What there is to listen to on a host with these engines."""
    telling = [name for name in sorted(engines) if CONTAINER_ENGINES[name].tells_of_starts]
    return ["nftables", *telling]


def attaching(engines: t.Collection[str], systemd: bool) -> set[str]:
    """Those of the engines whose containers are attached as they start, without a run."""
    return {*engines} & {"podman", "lxc", *(watched(engines) if systemd else ())}


def watcher(what: str) -> str:
    return f"containerhost-{what}.service"


# -- services --------------------------------------------------------------------------------------------------


def _units(engines: t.Collection[str], facts: HostFacts, metrics_folder: str | None) -> t.Iterator[Kept]:
    yield _unit(RESTORE, _restore())
    yield _enabled(RESTORE, "multi-user.target")
    for what in watched(engines):
        service = _service_of(what, facts)
        yield _unit(watcher(what), _watch(what, service))
        yield _enabled(watcher(what), service or "multi-user.target")
    for name in FIREWALLS:
        if name in facts.services:
            yield _unit(f"{name}.service.d/containerhost.conf", _after_firewall(name))
    if metrics_folder is not None:
        yield _unit(f"{CHECK}.service", _check(metrics_folder))
        yield _unit(f"{CHECK}.timer", _CHECK_TIMER)
        yield _enabled(f"{CHECK}.timer", "timers.target")


def _service_of(what: str, facts: HostFacts) -> str | None:
    """The service of an engine, where the host has it."""
    name = CONTAINER_ENGINES[what].service if what in CONTAINER_ENGINES else None
    return f"{name}.service" if name in facts.services else None


def _unit(name: str, text: str) -> KeptFile:
    return KeptFile(f"{UNITS}/{name}", f"# {pages.HEADER}\n{text}".encode())


def _enabled(name: str, by: str) -> KeptLink:
    return KeptLink(f"{UNITS}/{by}.wants/{name}", f"{UNITS}/{name}")


def _restore() -> str:
    engines = " ".join(f"{name}.service" for name in ENGINES)
    firewalls = " ".join(f"{name}.service" for name in FIREWALLS if name not in ENGINES)
    return f"""[Unit]
Description=Container networks as the last run has saved them
Documentation=man:containerhost(8)
ConditionPathExists=/etc/containerhost/document.json
After=network.target systemd-networkd.service NetworkManager.service networking.service {firewalls}
Before={engines} machines.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={PROGRAM} restore --wait {_WAIT}
TimeoutStartSec={_WAIT + _PATIENCE}

[Install]
WantedBy=multi-user.target
"""


def _watch(what: str, service: str | None) -> str:
    """``service``: it lives as long as that one, and does not start it, also not by asking for its socket.

    systemd.unit(5): BindsTo= would start what somebody has stopped; Requisite= fails then, and stops with it.
    """
    bound = f"Requisite={service}\nAfter={service}\n" if service else ""
    about = "mended when they are taken away" if what == "nftables" else f"given to containers of {what} as they start"
    return f"""[Unit]
Description=Container networks {about}
Documentation=man:containerhost(8)
ConditionPathExists=/etc/containerhost/document.json
After={RESTORE}
{bound}StartLimitIntervalSec=0

[Service]
ExecStart={PROGRAM} watch {what}
Restart=always
RestartSec=1

[Install]
WantedBy={service or "multi-user.target"}
"""


def _after_firewall(name: str) -> str:
    again = f"-{PROGRAM} restore --again"
    reload = f"ExecReload={again}\n" if name in _RELOADED else ""
    return f"[Service]\nExecStartPost={again}\n{reload}"


def _check(metrics_folder: str) -> str:
    return f"""[Unit]
Description=What differs from the saved container networks, for node_exporter
Documentation=man:containerhost(8)
ConditionPathExists=/etc/containerhost/document.json

[Service]
Type=oneshot
ExecStart={PROGRAM} check --metrics {metrics_folder}
SuccessExitStatus=1
"""


_CHECK_TIMER = """[Unit]
Description=A look at the container networks every five minutes

[Timer]
OnBootSec=1min
OnUnitActiveSec=5min
RandomizedDelaySec=30s

[Install]
WantedBy=timers.target
"""


# -- engines that call -----------------------------------------------------------------------------------------


def _calls(engine: str) -> str:
    """For a shell: whatever has become of the program or its Python, no container is kept from starting."""
    return f"{PROGRAM} hook {engine} || :"


def _oci_hooks() -> str:
    hook = {
        "version": "1.0.0",
        # Where busybox is the shell, it is one by its name only.
        "hook": {"path": "/bin/sh", "args": ["sh", "-c", _calls("podman")]},
        "when": {"always": True},
        "stages": ["createRuntime"],
    }
    return json.dumps(hook, indent=1) + "\n"


def _lxc_hooks() -> str:
    # lxc adds the container's name and the hook's to the command: they become arguments of the shell.
    return f"# {pages.HEADER}\nlxc.hook.start-host = /bin/sh -c '{_calls('lxc')}'\n"
