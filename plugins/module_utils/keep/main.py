# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program ``containerhost``: keeps a host as its saved document says, between two runs.

Exit status: 0 where all is as saved, 1 where something differs or could not be restored, 2 for a mistake on the command
line, 3 where nothing could be done.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine import diff
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import ChangeSet
from ansible_collections.containerhost.network.plugins.module_utils.engine.session import (
    Ended,
    Incapable,
    kernel_of_this_host,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep import (
    guard,
    hooks,
    metrics,
    report,
    saved,
    watch,
)
from ansible_collections.containerhost.network.plugins.module_utils.keep.console import complain, tell
from ansible_collections.containerhost.network.plugins.module_utils.keep.restore import (
    Outcome,
    attach,
    differences,
    restore,
    sandbox_names,
)
from ansible_collections.containerhost.network.plugins.module_utils.libraries import versions
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import (
    Sandboxes,
    netns_of,
    sandboxes_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.state import records

AS_SAVED, DIFFERS, UNABLE = 0, 1, 3
_BETWEEN_TRIES = 0.5  # seconds; a parent that appears late does so without telling us


class _Unable(Exception):
    """Nothing can be done, and why."""


def main(argv: t.Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # names of devices are bytes
    try:
        if os.geteuid() != 0 and options.command not in (_version, _hook):
            raise _Unable("this needs root")
        status = options.command(options)
        sys.stdout.flush()
        return status
    except (_Unable, Problem, Ended) as error:
        complain(f"containerhost: {error}")
        return UNABLE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # head(1) has seen enough
        return AS_SAVED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="containerhost", description="Keep this host's container networks as the last run has saved them."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, work: t.Callable[[t.Any], int], what: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=what, description=what)
        made.set_defaults(command=work)
        return made

    made = command("restore", _restore, "Make the host as saved, and say what was changed.")
    made.add_argument(
        "--wait", type=float, metavar="SECONDS", help="as at boot: wait for what comes late, and ask no engine yet"
    )
    made.add_argument(
        "--again", action="store_true", help="as after a firewall: ask no engine, and do nothing before a boot's first"
    )
    made.add_argument("--json", action="store_true", help="answer in JSON")
    made = command("check", _check, "Say in a line each what differs; change nothing.")
    made.add_argument("--json", action="store_true", help="answer in JSON")
    made.add_argument("--metrics", metavar="FOLDER", help="write containerhost.prom there, for node_exporter")
    made = command("diff", _diff, "Show before and after of what differs; change nothing.")
    made.add_argument("--json", action="store_true", help="answer in JSON")
    made = command("show", _show, "Networks, containers, addresses, ports, and what differs.")
    made.add_argument("--all", action="store_true", help="every container and port, not only as many as fit a screen")
    made.add_argument("--json", action="store_true", help="answer in JSON")
    made = command("attach", _attach, "Make what a container has that was started, by its name.")
    made.add_argument("name", nargs="+", help="the container's name with its engine, or ENGINE:NAME")
    made = command("watch", _watch, "Attach containers as they start (docker, nspawn), or mend rules (nftables).")
    made.add_argument("what", choices=sorted(watch.SOURCES))
    made = command("hook", _hook, "Be called by an engine about a container that starts.")
    made.add_argument("engine", choices=sorted(hooks.ENGINES))
    made.add_argument("more", nargs=argparse.REMAINDER, help="what else an engine says")
    made = command("go-back", _go_back, "Undo a change that could cut off its own run, unless that comes back.")
    made.add_argument("token", help="names the run")
    made = command("version", _version, "Versions of this program and of what it uses.")
    made.add_argument("--json", action="store_true", help="answer in JSON")
    return parser


def _document() -> saved.Saved:
    """Read while the lock is held: a run that ends meanwhile leaves another one."""
    try:
        found = saved.read()
    except Problem as error:
        raise _Unable(str(error)) from error
    if found is None:
        raise _Unable(f"nothing is saved in {saved.PATH}: a run of the playbook for this host saves it")
    return found


# -- commands --------------------------------------------------------------------------------------------------


def _restore(options: t.Any) -> int:
    if options.again and not os.path.exists(records.PATH):
        return AS_SAVED
    deadline = time.monotonic() + (options.wait or 0)
    only = () if options.again or options.wait is not None else None
    told: list[str] = []
    changes: list[t.Any] = []
    while True:
        outcome, reasons = _tried(only)
        changes += outcome.changes
        if not reasons or time.monotonic() > deadline:
            break
        if reasons != told and options.wait:
            complain("\n".join(f"waiting: {reason}" for reason in reasons))
        told = reasons
        time.sleep(_BETWEEN_TRIES)
    _tell(options, Outcome(changes, outcome.pending), reasons)
    return DIFFERS if reasons else AS_SAVED


def _tried(only: t.Collection[str] | None) -> tuple[Outcome, list[str]]:
    """One restore, and what it could not do; ``only`` these engines are asked.

    Raises _Unable and Incapable for what no waiting mends.
    """
    try:
        with kernel_of_this_host(KINDS, sandboxes=Sandboxes(only=only)) as kernel:
            outcome = restore(kernel, _document())
    except Incapable:
        raise
    except Ended as error:
        return Outcome((), ()), error.problems or [str(error)]
    return outcome, outcome.blocked


def _tell(options: t.Any, outcome: Outcome, reasons: t.Sequence[str]) -> None:
    if options.json:
        _print_json(report.outcome(outcome, reasons))
        return
    for line in report.lines(outcome):
        tell(line)
    for reason in reasons:
        complain(f"not restored: {reason}")


def _compared() -> tuple[saved.Saved, ChangeSet]:
    with kernel_of_this_host(KINDS) as kernel:
        document = _document()
        return document, differences(kernel, document)


def _check(options: t.Any) -> int:
    document, todo = _compared()
    if options.metrics:
        metrics.write(options.metrics, document, todo)
    return _told(options, document, todo, lambda: report.differing(todo) or ["as saved"])


def _diff(options: t.Any) -> int:
    document, todo = _compared()
    text = report.unified(diff.diffs(KINDS, todo.changes))
    return _told(options, document, todo, lambda: [*text.split("\n")[:-1], *report.waiting(todo.pending)])


def _show(options: t.Any) -> int:
    document, todo = _compared()
    return _told(
        options, document, todo, lambda: [report.page(document, todo, saved.last_run(), saved.now(), options.all)]
    )


def _told(options: t.Any, document: saved.Saved, todo: ChangeSet, lines: t.Callable[[], t.Sequence[str]]) -> int:
    """Say what was compared, in lines or in JSON; the exit status."""
    if options.json:
        _print_json(report.comparison(document, todo))
    else:
        for line in lines():
            tell(line)
    return DIFFERS if report.differs(todo) else AS_SAVED


def _go_back(options: t.Any) -> int:
    guard.watch_over(options.token)
    return AS_SAVED


def _attach(options: t.Any) -> int:
    with kernel_of_this_host(KINDS) as kernel:
        document = _document()
        names = _named(document, options.name)
        outcome = attach(kernel, document, names)
    for line in report.lines(outcome):
        tell(line)
    left = [sandbox for each in outcome.pending for sandbox in sandboxes_of(each.wanted.values)]
    return DIFFERS if any(netns_of(sandbox) in names for sandbox in left) else AS_SAVED


def _named(document: saved.Saved, given: t.Sequence[str]) -> list[str]:
    """Names of sandboxes: as they are, or by what the containers are called with their engines."""
    known = sandbox_names(document)
    found = []
    for word in given:
        fitting = [name for name, each in known.items() if word in (each["ref"], f"{each['engine']}:{each['ref']}")]
        if not fitting:
            names = ", ".join(sorted(sandbox["ref"] for sandbox in known.values())) or "none"
            raise _Unable(f"the saved document has no container {word}; it has {names}")
        found += fitting
    return found


def _watch(options: t.Any) -> int:
    watch.forever(options.what)
    return AS_SAVED


def _hook(options: t.Any) -> int:
    hooks.called_by(options.engine)
    return AS_SAVED  # whatever happens: a container is not kept from starting


def _version(options: t.Any) -> int:
    found: dict[str, t.Any] = {"collection": saved.COLLECTION, "document": saved.VERSION, **versions()}
    found["python"] = f"{sys.executable} {sys.version.split()[0]}"
    if options.json:
        _print_json(found)
    else:
        tell("\n".join(f"{name}: {value or 'missing'}" for name, value in found.items()))
    return AS_SAVED


def _print_json(value: t.Any) -> None:
    tell(json.dumps(value, indent=1, sort_keys=True))
