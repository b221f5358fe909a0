# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that Docker does for us, or that are done in its chain for users."""

from __future__ import annotations

import contextlib
import re
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import DockerRequest, DockerUserRule
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import docker_daemon
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import foreign_chains
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import (
    NftError,
    NftMissing,
    run,
)


def request(steps: t.Sequence[DockerRequest]) -> t.Iterator[tuple[int, str]]:
    for position, step in enumerate(steps):
        try:
            docker_daemon.request(step.method, step.path, step.body)
        except docker_daemon.Unanswered as error:
            yield position, _reason(step, str(error))


def _reason(step: DockerRequest, told: str) -> str:
    """In the daemon's words, and what to do where containers are still on a network that is to go."""
    if step.method == "DELETE":
        with contextlib.suppress(docker_daemon.Unanswered):
            return docker_daemon.still_on(step.path.rpartition("/")[2]) or re.sub(r"\s+", " ", told)
    return re.sub(r"\s+", " ", told)


def user_rules(wire: Wire, steps: t.Sequence[DockerUserRule]) -> t.Iterator[tuple[int, str]]:
    """Where a family has no such chain, Docker filters nothing of it. Docker's are in the host's own namespace."""
    with wire.inside(None):
        yield from _user_rules(steps)


def _user_rules(steps: t.Sequence[DockerUserRule]) -> t.Iterator[tuple[int, str]]:
    there = None
    for position, step in enumerate(steps):
        there = docker_daemon.user_rules(foreign_chains.rules)[0] if there is None else there
        if step.family not in there:
            continue
        place = f"{step.family} filter {docker_daemon.USERS}"
        try:
            if step.handle is not None:
                run(f"delete rule {place} handle {step.handle}")
            else:
                # With a counter, as iptables writes its own, which then shows the rule as any other.
                run(f'insert rule {place} oifname "{step.device}" counter accept comment "{step.comment}"')
        except (NftError, NftMissing) as error:
            if "No such file" not in str(error):
                yield position, str(error)
