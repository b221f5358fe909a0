# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to configure a host, ours against peers': ``python3 -m bench`` as root, from the repository.

Writes build/bench.md and build/bench.json. ``--quick`` measures less, and ends with an error only when a ratio is off
by a factor of two.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import platform
import sys
import tempfile
import time
import typing as t

from bench import (
    attach,
    backends,
    connections,
    engines,
    fleet,
    idle,
    keep,
    names,
    peers,
    playbooks,
    publish,
    results,
    segment,
    vxlan,
)
from bench.harness import Failed
from bench.modules import ROOT, Modules


class Size(t.NamedTuple):
    """How much is measured, and how often."""

    endpoints: int
    rounds: int
    slow_rounds: int
    ports: int
    vteps: int
    hosts: int
    lab_hosts: int
    named_hosts: int
    seconds: float  # of connecting


FULL = Size(
    endpoints=1000,
    rounds=5,
    slow_rounds=3,
    ports=10000,
    vteps=10000,
    hosts=10000,
    lab_hosts=50,
    named_hosts=10,
    seconds=3,
)
QUICK = Size(
    endpoints=1000,
    rounds=1,
    slow_rounds=1,
    ports=10000,
    vteps=10000,
    hosts=1000,
    lab_hosts=5,
    named_hosts=3,
    seconds=1,
)

Group = t.Callable[[Modules, Size], list[results.Row]]
GROUPS: dict[str, Group] = {
    "idle": lambda modules, size: idle.rows(modules, size.rounds + 5),
    "engines": lambda modules, size: engines.rows(modules, 100, size.rounds),
    "attach": lambda modules, size: attach.rows(modules, size.endpoints, size.rounds, size.slow_rounds),
    "keep": lambda modules, size: keep.rows(modules, size.endpoints, size.slow_rounds),
    "publish": lambda modules, size: publish.rows(modules, size.ports, size.rounds),
    "connections": lambda modules, size: connections.rows(modules, size.ports, size.rounds, size.seconds),
    "one": lambda modules, size: playbooks.one_host(modules, 100, size.slow_rounds),
    "many": lambda modules, size: playbooks.many_hosts(modules, size.lab_hosts, 20, size.slow_rounds),
    "names": lambda modules, size: names.rows(modules, size.named_hosts, size.slow_rounds),
    "fleet": lambda modules, size: fleet.rows(modules, size.hosts, size.slow_rounds),
    "vxlan": lambda modules, size: vxlan.rows(modules, size.vteps, size.rounds),
    "segment": lambda modules, size: segment.rows(modules, size.vteps, size.rounds),
    "backends": lambda modules, size: backends.rows(modules, size.rounds, size.seconds),
}
# Whole playbooks, their labs, large plans and pairs of hosts take longer than a quick run may.
SLOW = ("one", "many", "names", "fleet", "segment", "backends")


def main() -> int:
    arguments = _arguments()
    if os.geteuid() != 0:
        print("bench: this makes network namespaces: run it as root.", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    size = QUICK if arguments.quick else FULL
    if arguments.rounds:
        size = size._replace(rounds=arguments.rounds, slow_rounds=min(arguments.rounds, size.slow_rounds))
    peers.install()
    rows: list[results.Row] = []
    broken: list[str] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        modules = Modules(pathlib.Path(work), arguments.start)
        for name in arguments.groups or [name for name in GROUPS if not (arguments.quick and name in SLOW)]:
            start = time.monotonic()
            try:
                rows += _measure(GROUPS[name], modules, size, again=arguments.quick)
            except Failed as error:
                broken.append(f"{name}: {error}")
            print(f"bench: {name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    return _report(rows, broken, arguments)


def _measure(group: Group, modules: Modules, size: Size, again: bool) -> list[results.Row]:
    """A single run proves little: one that is off by the factor is measured twice more, and the median counts."""
    rows = group(modules, size)
    if again and any(row.met(results.QUICK_FACTOR) is False for row in rows):
        more = group(modules, size._replace(rounds=2, slow_rounds=2))
        rows = [row.joined(other) for row, other in zip(rows, more, strict=True)]
    return rows


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"only these, of {', '.join(GROUPS)}")
    parser.add_argument("--quick", action="store_true", help="less, in under two minutes")
    parser.add_argument("--rounds", type=int, help="how often each is measured")
    parser.add_argument("--start", choices=["ansiballz", "installed"], default="ansiballz", help="how modules start")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.groups) - set(GROUPS))
    if unknown:
        parser.error(f"no such group: {', '.join(unknown)}")
    return arguments


def _report(rows: t.Sequence[results.Row], broken: t.Sequence[str], arguments: argparse.Namespace) -> int:
    rows = [row for row in rows if row.ours or row.missing]
    about = [
        f"{platform.system()} {platform.release()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        ", ".join(peers.versions()),
        f"modules started as {arguments.start}; a {'quick' if arguments.quick else 'full'} run",
        "medians; seconds from a process's start to its exit; load before the end "
        + " ".join(f"{load:.1f}" for load in os.getloadavg()),
        *[f"**failed** {text}" for text in broken],
    ]
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    text = results.table(rows, about)
    (folder / "bench.md").write_text(text)
    (folder / "bench.json").write_text(results.data(rows))
    print(text)
    factor = results.QUICK_FACTOR if arguments.quick else 1.0
    missed = [row.name for row in rows if row.met(factor) is False]
    for name in missed:
        print(f"bench: the target is missed: {name}", file=sys.stderr)
    return 1 if missed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
