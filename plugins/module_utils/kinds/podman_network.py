# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind ``podman_network``: a network of Podman's own on a bridge of ours, so that ``podman run --network`` finds it.

It is a file in Podman's format, of a driver that Podman does not have itself: netavark calls the plugin of that name
for each container, which is the program that keeps a host (``keep/netavark.py``).
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases import once
from ansible_collections.containerhost.network.plugins.module_utils.bases.engine_network import EngineNetworkKind
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Wanted
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import netavark, podman_networks
from ansible_collections.containerhost.network.plugins.module_utils.state.engines.attachments import PODMAN
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_INSTEAD = (
    'write `cni: true` for it, with `network_backend = "cni"` in containers.conf where this Podman still has CNI, or'
    " attach its containers with `engine: podman`"
)


class PodmanNetwork(EngineNetworkKind):
    name = "podman_network"
    protocol: t.ClassVar[str] = PODMAN
    files: t.ClassVar[t.Any] = podman_networks

    def pending(self, kernel: Kernel, wanted: Wanted) -> str | None:
        if _answer(kernel) is None:
            return "podman has no netavark on this host: install both, then run again"
        return None

    def obstacles(self, kernel: Kernel, wanted: Wanted) -> t.Iterator[str]:
        answer = _answer(kernel)
        if isinstance(answer, netavark.Unknown):
            yield f"{answer}; see that it runs"
        elif isinstance(answer, str):
            yield answer


def _answer(kernel: Kernel) -> t.Any:
    """None: there is no netavark. A sentence, or Unknown: why Podman's cannot have a network of ours."""
    return once.noted(kernel, "netavark", None, _asked)


def _asked() -> t.Any:
    try:
        version = netavark.version()
        return version if version is None else _lack(version) or version
    except netavark.Unknown as error:
        return error


def _lack(version: netavark.Version) -> str | None:
    words = ".".join(map(str, version))
    if version < netavark.WITH_PLUGINS:
        return (
            f"netavark {words} has no plugins, which came with 1.6: install a newer one, with a Podman that knows of"
            f" them (4.5 or later), or {_INSTEAD}"
        )
    by_cni = netavark.file_with_cni()
    if by_cni is not None:
        return f"{by_cni} has Podman make its networks by CNI: write `cni: true` for it, or have Podman use netavark"
    folder = os.path.dirname(podman_networks.PLUGIN)
    other = netavark.file_without(folder)
    if other is not None:
        return f"netavark_plugin_dirs in {other} leaves out {folder}, where the plugin is: name it there"
    return None
