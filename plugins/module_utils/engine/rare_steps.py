# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that few runs have. What does them is loaded when there are some: engines wait for the start of a process."""

from __future__ import annotations

import importlib
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine import steps as s

if t.TYPE_CHECKING:
    # What is loaded by its name: so Ansible sends it along.
    from ansible_collections.containerhost.network.plugins.module_utils.engine import (
        docker_steps,  # noqa: F401
        firewall_steps,  # noqa: F401
        tunnel_steps,  # noqa: F401
    )
    from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire

Action = t.Callable[..., t.Iterator[t.Tuple[int, str]]]


def of_tunnels(wire: Wire) -> tuple[tuple[type, Action], ...]:
    """What does steps of each type, in this order."""
    return (
        (s.TunnelKey, _later("tunnel_steps", "write_keys")),
        (s.StartTunnel, _later("tunnel_steps", "start", wire)),
        (s.SetTunnel, _later("tunnel_steps", "set_tunnels", wire)),
        (s.SetPeer, _later("tunnel_steps", "set_peers", wire)),
    )


def of_others(wire: Wire) -> tuple[tuple[type, Action], ...]:
    """Those that other programs do for us, or that are done in places of theirs."""
    return (
        (s.DockerRequest, _later("docker_steps", "request")),
        (s.DockerUserRule, _later("docker_steps", "user_rules", wire)),
        (s.AdaptFirewall, _later("firewall_steps", "adapt", wire)),
    )


def _later(file: str, function: str, *given: t.Any) -> Action:
    def action(steps: t.Sequence[t.Any]) -> t.Iterator[tuple[int, str]]:
        return getattr(importlib.import_module(f"{__package__}.{file}"), function)(*given, steps)

    return action
