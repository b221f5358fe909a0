# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's kernel and files hold, a line a thing: ``snapshot.py keep FILE``, then ``snapshot.py compare FILE``.

Left out is what changes by itself or can't be restored: counters, indexes, handles, timers, learnt entries.
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

VOLATILE = {
    "bytes", "expires", "gc_timer", "handle", "hello_timer", "ifindex", "link_index", "metainfo", "packets",
    "preferred_life_time", "stats", "stats64", "tcn_timer", "topology_change_timer", "used", "valid_life_time",
}  # fmt: skip
COMMANDS = (
    "ip -json -details address show",
    "ip -json -4 route show table all",
    "ip -json -6 route show table all",
    "ip -json -4 rule show",
    "ip -json -6 rule show",
    "ip -json neighbour show nud permanent",
    "bridge -json fdb show state permanent",
)
SYSCTLS = ("/proc/sys/net/ipv4", "/proc/sys/net/ipv6", "/proc/sys/net/bridge")
FOLDERS = ("/etc", "/run", "/usr/local", "/var/lib")
# A lab host's root is this machine's, seen through: what its package manager does meanwhile is not ours.
NOT_OURS = ("/var/lib/apt", "/var/lib/dpkg")


def main() -> str | None:
    """Keep the state, or return the differences from what was kept."""
    verb, path = sys.argv[1:]
    settle()
    now = list(state())
    if verb == "keep":
        with open(path, "w") as stream:
            stream.writelines(line + "\n" for line in now)
        return None
    with open(path) as stream:
        before = stream.read().splitlines()
    return "\n".join(difflib.unified_diff(before, now, "before", "after", n=0, lineterm="")) or None


def settle() -> None:
    """Wait for the end of duplicate address detection, which adds the addresses' routes (RFC 4862: 1 s and more)."""
    for _attempt in range(50):
        if not subprocess.run(["ip", "address", "show", "tentative"], check=True, capture_output=True).stdout:
            return
        time.sleep(0.1)


def state() -> Iterator[str]:
    for netns in ("", *sorted(names("/run/netns"))):
        inside = ["ip", "netns", "exec", netns] if netns else []
        for command in COMMANDS:
            for line in dumped([*inside, *command.split()]):
                yield f"[{netns}] {command}: {line}"
        for line in dumped([*inside, "nft", "--json", "list", "ruleset"]):
            yield f"[{netns}] nft: {line}"
    yield from settings()
    yield from files()


def names(folder: str) -> list[str]:
    return os.listdir(folder) if os.path.isdir(folder) else []


def dumped(command: list[str]) -> Iterator[str]:
    """One line an object of a JSON dump, in an order of its own."""
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout or "[]"
    objects = json.loads(text)
    if isinstance(objects, dict):
        objects = objects["nftables"]
    return iter(sorted(json.dumps(stable(each), sort_keys=True) for each in objects))


def stable(value: object) -> object:
    if isinstance(value, dict):
        return {key: stable(of) for key, of in value.items() if key not in VOLATILE}
    return [stable(of) for of in value] if isinstance(value, list) else value


def settings() -> Iterator[str]:
    for top in SYSCTLS:
        for folder, folders, settings_here in os.walk(top):
            folders.sort()
            for name in sorted(settings_here):
                path = os.path.join(folder, name)
                try:
                    with open(path) as stream:
                        yield f"{path} = {stream.read().strip()}"
                except OSError:  # write-only, or unset as stable_secret is
                    continue


def files() -> Iterator[str]:
    for top in FOLDERS:
        for folder, folders, files_here in os.walk(top):
            folders[:] = sorted(name for name in folders if os.path.join(folder, name) not in NOT_OURS)
            yield folder + "/"
            for name in sorted(files_here):
                status = os.lstat(os.path.join(folder, name))
                yield f"{os.path.join(folder, name)} {status.st_mode:o} {status.st_size}"


sys.exit(main())
