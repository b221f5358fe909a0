# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools to compare with, installed from the distribution: never from elsewhere, and no daemon is started."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

# Program: package of Debian and Ubuntu.
PACKAGES = {
    "/usr/sbin/ip": "iproute2",
    "/usr/sbin/bridge": "iproute2",
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "/usr/sbin/iptables-nft-restore": "iptables",
    "/usr/sbin/iptables-legacy-restore": "iptables",
}
# The hosts' side of ours.
LIBRARIES = ("python3-pyroute2", "libnftables1")
_POLICY = pathlib.Path("/usr/sbin/policy-rc.d")
# invoke-rc.d(8): 101 forbids the action.
_NO_DAEMONS = "#!/bin/sh\nexit 101\n"


def install() -> None:
    """What is missing, by apt, if there is one; what cannot be had is told of by ``missing``."""
    wanted = {package for program, package in PACKAGES.items() if not os.access(program, os.X_OK)}
    wanted |= {package for package in LIBRARIES if not _installed(package)}
    if not wanted or not shutil.which("apt-get"):
        return
    own_policy = not _POLICY.exists()
    if own_policy:
        _POLICY.write_text(_NO_DAEMONS)
        _POLICY.chmod(0o755)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        for words in (["update"], ["install", "--yes", "--no-install-recommends", *sorted(wanted)]):
            subprocess.run(["apt-get", "-qq", *words], env=environment, stdout=subprocess.DEVNULL, check=False)
    finally:
        if own_policy:
            _POLICY.unlink()


def _installed(package: str) -> bool:
    answer = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Status}", package], capture_output=True, text=True, check=False
    )
    return answer.stdout.endswith(" installed")


def missing(*programs: str) -> str | None:
    """Why there is nothing to compare with, if that is so."""
    lacking = [f"{program} (package {PACKAGES[program]})" for program in programs if not os.access(program, os.X_OK)]
    return f"{', '.join(lacking)} is not installed and apt cannot get it" if lacking else None


def versions() -> list[str]:
    packages = sorted({*PACKAGES.values(), *LIBRARIES})
    answer = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${Version}\n", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    return [row for row in answer.stdout.splitlines() if not row.endswith(" ")]
