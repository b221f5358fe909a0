# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WireGuard on this host: devices and their peers as wg(8) tells them, and private keys, which never leave here.

A key is a file of ours that root alone reads. It goes to ``wg`` by its standard input: no process has one among its
words, and nothing but this module and ``engine/tunnel_steps.py`` ever has one in its hands.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.canonical import is_key
from ansible_collections.containerhost.network.plugins.module_utils.netlink import messages as m
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import NoNamespace
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import read_text
from ansible_collections.containerhost.network.plugins.module_utils.state.marks import PREFIX, owner_of

if t.TYPE_CHECKING:
    import subprocess

    from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire

FOLDER = "/etc/containerhost-keys"
KERNEL, GO = "the kernel", "wireguard-go"
FOLDER_MODE, FILE_MODE = 0o1700, 0o600  # the sticky bit says that a run has made the folder
_HEADER = "# written by containerhost.network: a private key, which never leaves this host"
_ENDING = ".key"
_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/bin", "/sbin")
_KEY = re.compile(r"[A-Za-z0-9+/]{43}=")
_SECONDS = 60
_NONE, _OFF = "(none)", "off"  # as wg(8) writes them


class Peer(t.NamedTuple):
    """``handshake``: when the last one was, in seconds since 1970, or 0. ``secret``: it has a preshared key besides."""

    endpoint: t.Optional[str]
    allowed_ips: t.Sequence[str]
    handshake: int
    keepalive: int
    secret: bool


class Device(t.NamedTuple):
    public_key: t.Optional[str]
    port: int
    fwmark: int
    peers: t.Mapping[str, Peer]


class Tunnels:
    """What there is of it. A device is asked for once in a picture of the kernel."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._devices: dict[tuple[str | None, str], Device | None] = {}

    def program(self, name: str = "wg") -> str | None:
        """Where it is; None where it is not installed."""
        return program(name)

    def kernel_makes_them(self) -> bool:
        """Whether the kernel has WireGuard, or loads it: it is asked for a device in a namespace of its own."""
        with self._wire.new_netns():
            return not self._wire.send_here([m.new_link("wg0", "wireguard", up=False)])

    def device(self, name: str, netns: str | None) -> Device | None:
        """None where it is none, or ``wg`` is not installed."""
        if (netns, name) not in self._devices:
            try:
                with self._wire.inside(netns):
                    done = run_wg(["show", name, "dump"])
            except NoNamespace:
                done = None
            self._devices[netns, name] = _read(done.stdout) if done and done.returncode == 0 else None
        return self._devices[netns, name]

    def key_names(self) -> list[str]:
        """The names of keys of which there is a file."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return sorted(name[: -len(_ENDING)] for name in os.listdir(FOLDER) if name.endswith(_ENDING))
        return []

    def key(self, name: str) -> tuple[str | None, bool]:
        """Whose a key is, if it is ours; and whether it is one that root alone reads."""
        try:
            is_private = stat.S_IMODE(os.lstat(key_path(name)).st_mode) == FILE_MODE
            owner, key = _parted(read_text(key_path(name)))
        except (OSError, ValueError):
            return None, False
        return owner, is_private and key is not None

    def public_key(self, name: str) -> str | None:
        """What other hosts know it by; None where there is no key yet."""
        key = private_key(name)
        done = None if key is None else run_wg(["pubkey"], f"{key}\n")
        return done.stdout.strip() if done and done.returncode == 0 else None


def program(name: str) -> str | None:
    return next((f"{folder}/{name}" for folder in _FOLDERS if os.access(f"{folder}/{name}", os.X_OK)), None)


def key_path(name: str) -> str:
    return f"{FOLDER}/{name}{_ENDING}"


def key_text(owner: str, key: str) -> str:
    return f"{_HEADER}\n# {PREFIX}{owner}\n{key}\n"


def private_key(name: str) -> str | None:
    """For ``wg``, and for nobody else; None where there is no key, or what is there is none."""
    try:
        return _parted(read_text(key_path(name)))[1]
    except (OSError, ValueError):
        return None


def _parted(text: str) -> tuple[str | None, str | None]:
    """Whose a file says it is, and the key in it."""
    lines = text.split("\n")
    owner = next((owner_of(line[2:]) for line in lines if line.startswith(f"# {PREFIX}")), None)
    return owner, next((line for line in lines if is_key(line)), None)


def run_wg(words: t.Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """``wg`` with these words, in the namespace that this thread is in. What it complains of tells no key."""
    import subprocess

    command = [program("wg") or "wg", *words]
    try:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
            cwd="/",
            env={"PATH": ":".join(_FOLDERS), "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = f"it has not ended within {_SECONDS} seconds" if not isinstance(error, OSError) else str(error.strerror)
        return subprocess.CompletedProcess(command, 1, "", why)
    said = " ".join(_KEY.sub("(a key)", done.stderr).split())
    return subprocess.CompletedProcess(command, done.returncode, done.stdout, said)


def _read(dump: str) -> Device | None:
    """Of ``wg show NAME dump``: a line for the device, whose first word is passed over, and one for each peer."""
    first, *rest = dump.splitlines() or [""]
    _private, *own = first.split("\t")
    if len(own) != 3:
        return None
    public_key, port, fwmark = own
    peers = {}
    for line in rest:
        peer, secret, endpoint, allowed, handshake, _received, _sent, keepalive = line.split("\t")
        peers[peer] = Peer(
            None if endpoint == _NONE else endpoint,
            () if allowed == _NONE else sorted(allowed.split(",")),
            int(handshake),
            0 if keepalive == _OFF else int(keepalive),
            secret != _NONE,
        )
    known = None if public_key == _NONE else public_key
    return Device(known, int(port), 0 if fwmark == _OFF else int(fwmark, 16), peers)
