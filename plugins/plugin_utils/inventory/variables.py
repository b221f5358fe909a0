# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From Ansible's variables to plain values: the only file of the plan that knows how Ansible keeps them.

Inventory, play and command line are read, and nothing that a host has answered. Ansible takes what a host returns as
``ansible_facts`` for variables of that host, under any name and above the inventory's; networks are the whole fleet's,
so that one host would plan for all of them.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.inventory.manager import InventoryManager
from ansible.vars.hostvars import HostVars, HostVarsVars

from ansible_collections.containerhost.network.plugins.plugin_utils.checks.coverage import Definer
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Problems, Refusal, Where, on
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import schema
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import PLAY, Sources, is_ours

try:
    # Where a value was written. It is ansible-core's own and may go, so nothing but a message depends on it.
    from ansible._internal._datatag._tags import Origin
except ImportError:
    Origin = None

_MOST_BITS = 1024
LEDGER_NAME = "containerhost.ledger"
ANSIBLES = ("ansible_host", "ansible_connection")
HOST_VARIABLES = (*ANSIBLES, *(option.name for option in schema.HOST))
FLEET_VARIABLES = tuple(option.name for option in schema.FLEET)
# How many hosts a message names before it counts the rest.
NAMED = 5


def plain(value: Any) -> Any:
    """The value without ansible-core's data tags and lazy containers, which templates when it is walked."""
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        # YAML takes hexadecimal numbers of any length, and Python makes no text of so long ones.
        return int.__int__(value) if value.bit_length() <= _MOST_BITS else hex(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)


class _NothingAnswered:
    """In the place of a fact cache: no host has answered anything."""

    def get(self, host: str) -> NoReturn:
        raise KeyError(host)


def without_answers(hostvars: HostVars) -> HostVars:
    """The hosts' variables from inventory and command line: no facts, set_fact, registered results, include_vars.

    The variable manager is copied and not made, as extra variables may come from a pipe, which is read once.
    """
    manager = copy.copy(hostvars._variable_manager)
    manager._fact_cache = _NothingAnswered()
    manager._nonpersistent_fact_cache, manager._vars_cache = {}, {}
    return HostVars(hostvars._inventory, manager, hostvars._loader)


def host_of_task(task_vars: Mapping[str, Any]) -> str:
    """The host that a task runs for. ``inventory_hostname`` is a variable, which a host can answer another's name for.

    Ansible runs each host's task in a process that knows it; where there is none, nothing has been asked of hosts.
    """
    host = getattr(multiprocessing.current_process(), "_host", None)
    return str.__str__(host.name if host else task_vars["inventory_hostname"])


def variables_of_task(task_vars: Mapping[str, Any], task: Any) -> tuple[HostVars, HostVarsVars]:
    """All hosts' variables, and what the task has besides from its play; templated one by one, when asked for."""
    hostvars = without_answers(task_vars["hostvars"])
    host = hostvars._inventory.get_host(host_of_task(task_vars))
    found = hostvars._variable_manager.get_vars(play=task.get_play(), host=host, task=task)
    return hostvars, HostVarsVars(found, loader=hostvars._loader, host=host.name)


def read_sources(task_vars: Mapping[str, Any], task: Any, loader: Any) -> Sources:
    """The whole fleet's variables, of hosts outside --limit as well. Only names that are ours are looked at."""
    problems = Problems()
    hostvars, here = variables_of_task(task_vars, task)
    resolve = _resolver(hostvars._inventory.get_groups_dict(), loader)
    written = _Written(hostvars, here)
    play = _read_play(here, hostvars[host_of_task(task_vars)], written, problems)
    fleet = _fleet_pattern(here)
    names = resolve(fleet)
    variables = {host: _read_host(host, hostvars[host], written, problems) for host in names}
    problems.stop_if_any()
    ignored = tuple(_ignored(task_vars["hostvars"]._variable_manager, names))
    # What containerhost_hosts of the inventory leaves out has left the fleet; what the play's does is another play's.
    others = set(resolve("all")).difference(names) if "containerhost_hosts" in play else ()
    return Sources(variables, play, written.place, resolve, ignored, _definers(task.get_play(), play, written), others)


def _definers(play: Any, variables: Mapping[str, Any], written: _Written) -> dict[str, Definer]:
    """Who defines the play's variables of networks, by variable; by "", the play itself.

    A file of variables, or a playbook that imports another one, is known with the variable's name: many plays may use
    it, and an imported play is not theirs alone.
    """
    own = getattr(Origin.get_tag(play.get_ds()), "path", None) if Origin else None
    itself = Definer(own or "", play.get_name())
    found = {"": itself}
    for name in variables:
        if is_ours(name, schema.NETWORKS):
            file = written.file(name)
            found[name] = itself if file in (own, None) else Definer(file, name)
    return found


def sources_of(hostvars: HostVars, loader: Any) -> Sources:
    """The same of an inventory that no play runs for. Raises PlanError."""
    problems = Problems()
    first = next(iter(hostvars._inventory.hosts), None)
    if first is None:
        return Sources({})
    resolve = _resolver(hostvars._inventory.get_groups_dict(), loader)
    written = _Written(hostvars, hostvars[first])
    names = resolve(_fleet_pattern(hostvars[first]))
    found = {host: _read_host(host, hostvars[host], written, problems) for host in names}
    problems.stop_if_any()
    return Sources(found, {}, written.place, resolve)


def _fleet_pattern(here: Mapping[str, Any]) -> str:
    value = plain(here.get("containerhost_hosts"))
    if isinstance(value, list):
        value = ",".join(map(str, value))
    return str(value) if value else "all"


def _ignored(manager: Any, hosts: Iterable[str]) -> Iterator[str]:
    """Sentences for variables of ours that tasks or hosts have set: whoever has meant it must hear of it."""
    found: dict[str, list[str]] = {}
    for host in hosts:
        try:
            facts = manager._fact_cache.get(host)
        except KeyError:
            facts = {}
        for name in {*facts, *manager._nonpersistent_fact_cache.get(host, ()), *manager._vars_cache.get(host, ())}:
            if isinstance(name, str) and name not in ANSIBLES and _is_read(name):
                found.setdefault(str.__str__(name), []).append(host)
    for name, where in sorted(found.items()):
        more = f" and {len(where) - NAMED} more" if len(where) > NAMED else ""
        yield (
            f"`{name}` of {', '.join(where[:NAMED])}{more} comes from a task or from what the host has answered, and is"
            " ignored: the plan takes variables from inventory, play and command line only."
        )


def _is_read(name: str) -> bool:
    return name in HOST_VARIABLES or name in FLEET_VARIABLES or _is_joined(name)


def _is_joined(name: str) -> bool:
    return is_ours(name, schema.NETWORKS) or is_ours(name, schema.CONTAINERS)


def _read_host(host: str, found: Mapping[str, Any], written: _Written, problems: Problems) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in found:
        if not isinstance(name, str) or name not in ANSIBLES and not name.startswith(schema.PREFIX):
            continue
        # The name of what is not ours is enough, to find slips of the pen.
        try:
            values[str.__str__(name)] = plain(found[name]) if _is_read(name) else None
        except AnsibleError as error:
            if name not in ANSIBLES:
                _untemplatable(host, name, error, written, problems)
    return values


def _untemplatable(host: str, name: str, error: AnsibleError, written: _Written, problems: Problems) -> None:
    """Each part of a variable that has no value, at its own place."""
    for path, why in written.failures(host, name) or [((), error)]:
        where = Where(on(host), lambda inner: written.place(host, name, inner)).inside(*path)
        what = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
        reason = " ".join(str(why).split()).partition(": maximum recursion")[0].rstrip(".")
        problems.add(f"{where}`{name}{what}` can't be worked out: {reason}", _remedy(why))


def _remedy(error: Exception) -> str:
    if "vault" in f"{type(error).__name__} {error}".lower():
        return "Give its password (--ask-vault-pass, or --vault-password-file), or encrypt it again"
    where = "inventory, play and command line are read, what hosts answer is not read"
    if isinstance(error, AnsibleUndefinedVariable):
        return f"Define what it names, or correct the template: {where}"
    return f"Correct its template: {where}"


def _read_play(
    here: Mapping[str, Any], own: Mapping[str, Any], written: _Written, problems: Problems
) -> dict[str, Any]:
    """What the play, and not the inventory, says about the fleet: it differs from what the host itself has."""
    play = {}
    for name in here:
        if not isinstance(name, str) or name not in FLEET_VARIABLES and not _is_joined(name):
            continue
        try:
            theirs = plain(own[name]) if name in own else None
        except AnsibleError:
            continue  # it is the inventory's, and is reported for the hosts that have it
        try:
            value = plain(here[name])
            if name not in own or theirs != value:
                play[str.__str__(name)] = value
        except AnsibleError as error:
            _untemplatable(PLAY, name, error, written, problems)
    return play


def _resolver(groups: Mapping[str, Sequence[str]], loader: Any) -> Callable[[str], list[str]]:
    """Resolves host patterns over the whole inventory, without --limit (as the lookup inventory_hostnames does)."""
    manager = InventoryManager(loader, parse=False)
    for group, hosts in groups.items():
        manager.add_group(group)
        for host in hosts:
            manager.add_host(host, group=group)

    def resolve(pattern: str) -> list[str]:
        try:
            with _without_warning():
                return sorted(str.__str__(host.name) for host in manager.get_hosts(pattern=pattern))
        except AnsibleError as error:
            raise Refusal(f"the host pattern {pattern!r} can't be resolved: {error}", "Name a group or host") from None

    return resolve


@contextlib.contextmanager
def _without_warning() -> Iterator[None]:
    """A pattern that matches no host is told by whoever asks, once."""
    before, C.HOST_PATTERN_MISMATCH = C.HOST_PATTERN_MISMATCH, "ignore"
    try:
        yield
    finally:
        C.HOST_PATTERN_MISMATCH = before


class _Written:
    """Where values were written, and which of them have none: asked only for what a message needs."""

    def __init__(self, hostvars: HostVars, here: HostVarsVars) -> None:
        self._hostvars, self._here = hostvars, here
        self._variables = functools.cache(self._variables_of)

    def _variables_of(self, host: str) -> HostVarsVars:
        return self._here if host == PLAY else self._hostvars[host]

    def place(self, host: str, variable: str, path: Sequence[Any]) -> str | None:
        """The place of the innermost part on the way along the path that is known to be in a file."""
        if Origin is None:
            return None
        try:
            variables = self._variables(host)
            return _place_in(_values(variables), (variable, *path), lambda: variables[variable])
        except Exception:  # a place in a message must never be what fails
            return None

    def file(self, variable: str) -> str | None:
        """The path of the file in which a variable of the play is, if that is known."""
        values = _values(self._here)
        own = next((each for each in values if each == variable), None)
        tags = (Origin.get_tag(each) for each in (values.get(variable), own)) if Origin else ()
        return next((tag.path for tag in tags if tag is not None and tag.path), None)

    def failures(self, host: str, variable: str) -> list[tuple[tuple[Any, ...], AnsibleError]]:
        """The parts of a variable that can't be worked out, as paths, and why; none where the whole is one template."""
        try:
            variables = self._variables(host)
            values = _values(variables)
            return list(_failures(values[variable], lambda value: self._worked_out(values, value)))
        except Exception:  # as above
            return []

    def _worked_out(self, values: Mapping[str, Any], value: Any) -> Any:
        name = "containerhost_worked_out"
        return HostVarsVars({**values, name: value}, loader=self._hostvars._loader, host="")[name]


def _values(variables: HostVarsVars) -> Mapping[str, Any]:
    """A host's variables as they were written."""
    return variables._vars


def _failures(value: Any, work_out: Callable[[Any], Any]) -> Iterator[tuple[tuple[Any, ...], AnsibleError]]:
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        parts = value.items()
    elif isinstance(value, (list, tuple)):
        parts = enumerate(value)
    else:
        try:
            plain(work_out(value))
        except AnsibleError as error:
            yield (), error
    for key, item in parts:
        yield from (((plain(key), *path), error) for path, error in _failures(item, work_out))


def _place_in(value: Any, path: Sequence[Any], worked_out: Callable[[], Any]) -> str | None:
    """``worked_out`` gives what the first key of the path leads to, where a template stands on the way."""
    found = None
    for number, key in enumerate(path):
        if isinstance(value, str) and number:
            value = functools.reduce(lambda part, inner: part[inner], path[1:number], worked_out())
        own = next((each for each in value if each == key), None) if isinstance(value, Mapping) else None
        try:
            value = value[key]
        except (LookupError, TypeError):
            break
        found = _place(own) or _place(value) or found
    return found


def _place(value: Any) -> str | None:
    tag = Origin.get_tag(value)
    if tag is None or not tag.path:
        said = getattr(tag, "description", None) or ""
        return said.strip("<>") if said.startswith("<CLI option") else None
    path = os.path.relpath(tag.path)
    path = tag.path if path.startswith("..") else path
    return f"{path}:{tag.line_num}" if tag.line_num else path


def _text_of_path(named: Any) -> str:
    """What a file can be called: os.fsencode() refuses halves of surrogate pairs, and no path has a NUL in it."""
    try:
        fine = isinstance(named, str) and b"\0" not in os.fsencode(named)
    except UnicodeEncodeError:
        fine = False
    if not fine:
        raise Refusal(f"`containerhost_ledger` is {named!r}, which is no path", "Write the path of a file")
    return str(named)


def ledger_path(named: Any, base: str) -> str:
    """The ledger as named (relative to ``base``), else beside the inventory file, or beside the inventory directory."""
    if named:
        path = os.path.join(base, os.path.expanduser(_text_of_path(named)))
        if os.path.exists(path) and not os.path.isfile(path):
            raise Refusal(f"the ledger {path} is no file", "Name a file in the variable containerhost_ledger")
        return path
    sources = [str(source) for source in context.CLIARGS.get("inventory") or ()]
    places = {os.path.dirname(os.path.abspath(source)) for source in sources if "," not in source}
    if any("," in source for source in sources) or len(places) != 1:
        what = (
            "is a list of hosts, not a file"
            if any("," in source for source in sources)
            else "comes from several places"
        )
        raise Refusal(
            f"the inventory {what}, so it is not clear where the ledger belongs",
            "Name its file in the variable containerhost_ledger",
        )
    return os.path.join(places.pop(), LEDGER_NAME)
