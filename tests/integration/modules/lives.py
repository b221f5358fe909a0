# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An object's life by its module alone, the same for every kind: made, changed, re-created, removed, nothing left."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import yaml

from ansible_collections.containerhost.network.tests.integration.conftest import MODULES

Values = dict[str, Any]
# Kinds of objects that are in an engine's daemon, or in another firewall's chains and files: tests/engines and
# tests/integration/document/test_foreign_firewalls.py have those; and what an interface of the host's has, moves as
# tests/integration/document/test_lan_bridges.py has it. What is here is for all others.
OF_ENGINES = ("docker_network", "foreign_firewall", "podman_network", "uplink")


class Case(NamedTuple):
    """An object of a kind, and what can be done to it.

    ``identity`` says which one it is. ``in_place`` are options that change in place, ``anew`` those that need it to be
    re-created. ``needs`` are objects of other kinds that must be there.
    """

    kind: str
    identity: Values
    options: Values
    in_place: tuple[Values, ...] = ()
    anew: tuple[Values, ...] = ()
    needs: tuple[tuple[str, Values], ...] = ()


def name_of(case: Case) -> str:
    return " ".join(map(str, (case.kind, *case.identity.values())))


def prepare(host, case: Case, **everywhere: Any) -> None:
    for module, options in case.needs:
        where = {} if module == "netns" else everywhere
        ok(host.module(module, **options, **where))
        if module == "bridge":  # or it gets an address of its own with its first port, and keeps it
            inside = ["-n", where["netns"]] if where else []
            host.run("ip", *inside, "link", "set", options["name"], "addrgenmode", "none")


def clear(host, case: Case, **everywhere: Any) -> None:
    for module, options in reversed(case.needs):
        for row in options.get("config", [options]):
            where = {} if module == "netns" else everywhere
            ok(host.module(module, name=row["name"], state="absent", **where))


def ok(answer: dict[str, Any]) -> dict[str, Any]:
    assert not answer.get("failed"), answer
    assert "exception" not in answer, answer
    return answer


def change(host, module: str, **arguments: Any) -> dict[str, Any]:
    """Run a module that is to change something: check mode foresees it, a second run has nothing to do."""
    foreseen = ok(host.module(module, check=True, **arguments))
    done = ok(host.module(module, **arguments))
    assert done["changed"]
    assert {**done, "invocation": 0} == {**foreseen, "invocation": 0}
    nothing_to_do(host, module, **arguments)
    return done


def nothing_to_do(host, module: str, **arguments: Any) -> None:
    again = ok(host.module(module, **arguments))
    assert (again["changed"], again["diff"]) == (False, []), again["diff"]


def live(host, case: Case, **everywhere: Any) -> None:
    """Make, change and remove it; each change is one row of the diff."""
    before = host.snapshot()
    options = {**case.identity, **case.options}
    nothing_to_do(host, case.kind, **case.identity, state="absent", **everywhere)
    ok(host.module(case.kind, check=True, **options, **everywhere))
    assert host.snapshot() == before
    made = change(host, case.kind, **options, **everywhere)
    assert (made["counts"]["added"], len(made["diff"])) == (1, 1)
    for more in case.in_place:
        options.update(more)
        changed = change(host, case.kind, **options, **everywhere)
        assert (changed["counts"]["changed"], len(changed["diff"])) == (1, 1)
    for more in case.anew:
        refused(host, case.kind, *more, "recreate: true", **{**options, **more}, **everywhere)
        options.update(more)
        anew = change(host, case.kind, **options, recreate=True, **everywhere)
        assert (anew["counts"]["recreated"], len(anew["diff"])) == (1, 1)
    removed = change(host, case.kind, **case.identity, state="absent", **everywhere)
    assert (removed["counts"]["removed"], len(removed["diff"])) == (1, 1)
    assert host.snapshot() == before


def refused(host, module: str, *words: str, **arguments: Any) -> None:
    """It says why, by these words, in check mode as well, and has changed nothing."""
    before = host.snapshot()
    answer = host.module(module, check=True, **arguments)
    assert answer["failed"] and [word for word in words if word not in answer["msg"]] == [], answer["msg"]
    assert host.module(module, **arguments)["msg"] == answer["msg"]
    assert host.snapshot() == before


def examples_do_what_they_say_once(host, kind: str) -> None:
    """The tasks of a module's documentation, in their order, without Ansible; its own change nothing a second time."""
    before = host.snapshot()
    tasks = [
        (key.rpartition(".")[2], options)
        for task in yaml.safe_load(importlib.import_module(f"{MODULES}.{kind}").EXAMPLES)
        for key, options in task.items()
        if key != "name"
    ]
    for module, options in tasks:
        assert ok(host.module(module, arguments=options))["changed"]
        if module == kind:
            nothing_to_do(host, module, arguments=options)
    for module, _options in reversed(tasks):
        host.module(module, config=[], purge=True)
    assert host.snapshot() == before
