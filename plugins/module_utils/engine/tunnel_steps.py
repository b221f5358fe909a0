# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps on WireGuard: keys are made and handed to ``wg`` here, and told to nobody."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.canonical import is_key
from ansible_collections.containerhost.network.plugins.module_utils.engine import steps as s
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError
from ansible_collections.containerhost.network.plugins.module_utils.state import handshakes, tunnels
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import replace_text

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire

_INPUT = "/proc/self/fd/0"
_BOOTED = "/run/systemd/system"  # sd_booted(3)
_REMOVED_AT_ONCE = 1000  # peers: their keys are words of a command, which the kernel bounds (ARG_MAX)
_SECONDS = 60

Failures = t.Iterator[t.Tuple[int, str]]


def write_keys(steps: t.Sequence[s.TunnelKey]) -> Failures:
    for position, step in enumerate(steps):
        try:
            reason = _remove_key(step.name) if step.owner is None else _write_key(step.name, step.owner)
        except OSError as error:
            reason = error.strerror or str(error)
        if reason is not None:
            yield position, reason


def _write_key(name: str, owner: str) -> str | None:
    """The key that is there stays."""
    key = tunnels.private_key(name)
    if key is None:
        done = tunnels.run_wg(["genkey"])
        key = done.stdout.strip()
        if done.returncode or not is_key(key):
            return done.stderr or "wg has made none"
    with contextlib.suppress(FileExistsError):
        os.mkdir(tunnels.FOLDER, 0o700)
        os.chmod(tunnels.FOLDER, tunnels.FOLDER_MODE)
    replace_text(tunnels.key_path(name), tunnels.key_text(owner, key), tunnels.FILE_MODE, sync=True)
    return None


def _remove_key(name: str) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(tunnels.key_path(name))
    with contextlib.suppress(OSError):  # there are others, or it is no folder
        if stat.S_IMODE(os.lstat(tunnels.FOLDER).st_mode) == tunnels.FOLDER_MODE:
            os.rmdir(tunnels.FOLDER)


def start(wire: Wire, steps: t.Sequence[s.StartTunnel]) -> Failures:
    for position, step in enumerate(steps):
        with wire.inside(None):
            reason = _start(step.name)
        if reason is not None:
            yield position, reason


def _start(name: str) -> str | None:
    """wireguard-go goes to the background once its device is there. A service of its own keeps it from ending with
    whatever service or session has started it."""
    command = [tunnels.program(tunnels.GO) or tunnels.GO, name]
    if os.path.isdir(_BOOTED):
        unit = f"--unit=containerhost-tunnel-{name}"
        command = ["systemd-run", "--quiet", "--collect", unit, "--property=Type=forking", *command]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_SECONDS,
            check=False,
            cwd="/",
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return getattr(error, "strerror", None) or f"it has not come up within {_SECONDS} seconds"
    if done.returncode:
        return " ".join(done.stderr.decode("utf-8", "replace").split()) or f"status {done.returncode}"
    # In the background, it gives the device an MTU of its own before it answers.
    answer = tunnels.run_wg(["show", name, "listen-port"])
    return None if answer.returncode == 0 else answer.stderr


def set_tunnels(wire: Wire, steps: t.Sequence[s.SetTunnel]) -> Failures:
    for position, step in enumerate(steps):
        key = tunnels.private_key(step.key)
        if key is None:
            yield position, f"there is no key in {tunnels.key_path(step.key)}"
            continue
        port = ["listen-port", str(step.port), "fwmark", "0"]
        reason = _wg(wire, step.netns, ["set", step.name, *port, "private-key", _INPUT], f"{key}\n")
        if reason is not None:
            yield position, reason
        elif step.begin:
            handshakes.begin_again(wire, step.netns, step.name)


def set_peers(wire: Wire, steps: t.Sequence[s.SetPeer]) -> Failures:
    """Those of a device together."""
    by_device: dict[tuple[str | None, str, bool], list[int]] = {}
    for position, step in enumerate(steps):
        by_device.setdefault((step.netns, step.device, step.delete), []).append(position)
    for (netns, device, delete), positions in by_device.items():
        if delete:
            for first in range(0, len(positions), _REMOVED_AT_ONCE):
                some = positions[first : first + _REMOVED_AT_ONCE]
                words = [word for p in some for word in ("peer", steps[p].public_key, "remove")]
                reason = _wg(wire, netns, ["set", device, *words])
                yield from ((position, reason) for position in some if reason is not None)
        else:
            text = "".join(_section(steps[position]) for position in positions)
            reason = _wg(wire, netns, ["addconf", device, _INPUT], text)
            yield from ((position, reason) for position in positions if reason is not None)
            if reason is None:
                some = [steps[position] for position in positions if steps[position].begin]
                handshakes.begin(wire, netns, device, {step.public_key: step for step in some})


def _section(step: s.SetPeer) -> str:
    """wg(8), "CONFIGURATION FILE FORMAT"; what a peer was allowed before is replaced."""
    lines = ["[Peer]", f"PublicKey = {step.public_key}", f"AllowedIPs = {', '.join(step.allowed_ips)}"]
    lines += [f"Endpoint = {step.endpoint}"] if step.endpoint else []
    return "".join(f"{line}\n" for line in [*lines, f"PersistentKeepalive = {step.keepalive or 'off'}"])


def _wg(wire: Wire, netns: str | None, words: t.Sequence[str], text: str = "") -> str | None:
    """Why it has failed; None where it has not."""
    try:
        with wire.inside(netns):
            done = tunnels.run_wg(words, text)
    except WireError as error:
        return str(error)
    return None if done.returncode == 0 else done.stderr or f"wg ended with status {done.returncode}"
