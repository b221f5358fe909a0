# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module of this collection runs, on this host, as root: with a document, or objects of one kind."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.containerhost.network.plugins.module_utils import startup
from ansible_collections.containerhost.network.plugins.module_utils.bases.container_engine import START, START_THEN_RUN
from ansible_collections.containerhost.network.plugins.module_utils.engine import diff, writable
from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import Failed, apply
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.executor import Executor
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import (
    COMMON_OPTIONS,
    Kind,
    Place,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Found,
    Pending,
    Problem,
    Values,
    Wanted,
    network_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import (
    ChangeSet,
    Unready,
    compare,
    describe,
    wanted_object,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.session import (
    NOTHING_DONE,
    Ended,
    kernel_of_this_host,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import is_there
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import Sandboxes, netns_of, sandboxes_of
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel, Link
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nft_frame import TABLE

# Options that name another device, which an object stands on or belongs to.
_DEVICES = ("device", "link", "master", "parent", "bridge", "uplink")
# The key of a sysctl that only one device has.
_SETTING_OF_DEVICE = re.compile(r"net/ipv[46]/(?:conf|neigh)/(?!all/|default/)([^/]+)/")
_BARE = "netns"  # the engine whose namespaces are made by tasks of ours
# So many objects of a task are told each of which a check cannot say anything.
_TOLD = 5
# A mark is a word of an alias, or of an nftables comment of at most 127 bytes.
_OWNER = re.compile(r"[A-Za-z0-9._-]{1,64}")


class HostModule(AnsibleModule):
    """A module that may speak of devices whose names are no text: Ansible takes no answer that is not UTF-8.

    ``on_trial``: what it has changed stays only once somebody comes back over a new connection.
    """

    on_trial = False

    def __init__(self, **arguments: t.Any) -> None:
        try:
            super().__init__(**arguments)
        except TypeError as error:  # Ansible 2.19 looks into a list as if it were the mapping that belongs there
            self.refuse(f"An option that takes a mapping has been given something else ({error}). {NOTHING_DONE}")

    @staticmethod
    def refuse(text: str) -> t.NoReturn:
        """Fail before there is a module that could."""
        sys.stdout.write(json.dumps({"failed": True, "msg": text}) + "\n")
        raise SystemExit(1)

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        super().exit_json(**self._trial(), **_printable(result))

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        super().fail_json(_printable(msg), **self._trial(), **_printable(result))

    def _trial(self) -> dict[str, bool]:
        return {"on_trial": True} if self.on_trial else {}


def _printable(value: t.Any) -> t.Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {_printable(name): _printable(inner) for name, inner in value.items()}
    return [_printable(inner) for inner in value] if isinstance(value, (list, tuple)) else value


@contextlib.contextmanager
def kernel_for(
    module: AnsibleModule,
    alone: bool = True,
    kinds: t.Sequence[Kind] = KINDS,
    trial: str | None = None,
    sandboxes: Sandboxes | None = None,
) -> t.Iterator[Kernel]:
    """The kernel of this host, for a module. What keeps it from being used ends the module in a sentence."""
    try:
        with kernel_of_this_host(kinds, alone, sandboxes, trial=trial) as kernel:
            yield kernel
    except Ended as end:
        told = (("problems", end.problems), ("lacks", end.lacks), ("partly", end.partly))
        about = {name: value for name, value in told if value}
        module.fail_json(msg=str(end), invocation=_quiet(module), **about)


class Beside(t.NamedTuple):
    """What a run does besides objects, as a diff tells it, and how; ``attached_later``: engines that need no run."""

    diff: t.Sequence[t.Mapping[str, str]]
    do: t.Callable[[], None]
    attached_later: t.Collection[str]


def finish(
    module: AnsibleModule,
    kernel: Kernel,
    kinds: t.Sequence[Kind],
    todo: ChangeSet,
    beside: Beside | None = None,
    guarded: t.Callable[[], t.ContextManager[None]] | None = None,
    told: t.Callable[[], t.Mapping[str, t.Any]] = dict,
    **result: t.Any,
) -> None:
    """Apply the changes, unless it is only asked for, and say what changed. ``beside`` comes last, but for what is
    ``told`` of the host as it is then; what is ``guarded`` is left to whoever comes back, and ``beside`` with it."""
    changes = todo.changes
    guarded = None if module.check_mode else guarded
    beside = None if guarded else beside
    for text in _staying(kernel):
        module.warn(text)
    writable.check(kinds, kernel, todo)
    result["changed"] = bool(changes) or (beside is not None and bool(beside.diff))
    result["counts"] = diff.counts(changes)
    if module._diff:
        result["diff"] = [*diff.diffs(kinds, changes), *(beside.diff if beside else ())]
    if not module.check_mode:
        # Also where nothing changes: a run that was killed at its very end has left its tidying to the next one.
        with guarded() if guarded else contextlib.nullcontext():
            todo.pending.extend(apply(kinds, Executor(kernel), todo))
        if beside is not None:
            beside.do()
    if "pending" in result:
        attached_later = beside.attached_later if beside is not None else ()
        result["pending"] = [_pending(each, attached_later) for each in todo.pending]
    elif todo.pending:
        raise Failed([f"{describe(kinds[0], each.wanted.values)}: {each.reason}" for each in todo.pending])
    startup.end()
    module.exit_json(invocation=_quiet(module), **result, **told())


def _pending(each: Pending, attached_later: t.Collection[str]) -> dict[str, t.Any]:
    """What an answer says of an object that is left as it is for now; of some engines, starting it is enough."""
    values = each.wanted.values
    reason = each.reason
    sandbox = next(iter(sandboxes_of(values)), None)
    if (sandbox or {}).get("engine") in attached_later and reason.endswith(START_THEN_RUN):
        reason = f"{reason[: -len(START_THEN_RUN)]}{START}"
    return {
        "network": network_of(each.wanted.owner),
        "object": f"{each.wanted.kind} {values.get('name')}",
        "sandbox": sandbox,
        "interface": values.get("interface"),
        "reason": reason,
    }


def _staying(kernel: Kernel) -> t.Iterator[str]:
    """Tables of ours, as the records say, that nobody can look into."""
    for netns, table in kernel.tables():
        if table.lack is not None and kernel.records.digest(netns) is not None:
            where = f" in {netns}" if netns else ""
            yield f"The nftables table inet {TABLE}{where} stays as it is, with all that is in it: {table.lack}."


def _quiet(module: AnsibleModule) -> dict[str, t.Any]:
    """What Ansible echoes of the arguments: not the objects (0.15 s for 10,000 of them, and as long a log)."""
    return {"module_args": {name: value for name, value in module.params.items() if name not in ("document", "config")}}


# -- one kind --------------------------------------------------------------------------------------------------


def argument_spec(kind: Kind) -> dict[str, t.Any]:
    """The options of a kind's module: those of one object, or many of them in ``config``."""
    own = {**kind.options, **COMMON_OPTIONS}
    top = {name: {k: v for k, v in spec.items() if k != "required"} for name, spec in own.items()}
    return {
        **top,
        "config": {"type": "list", "elements": "dict", "options": own},
        "owner": {"type": "str", "default": "task"},
        "purge": {"type": "bool", "default": False},
    }


def run_kind(kind: Kind) -> None:
    """The whole of a kind's module."""
    module = HostModule(argument_spec=argument_spec(kind), supports_check_mode=True)
    params = module.params
    misuse = _misuse(kind, params)
    if misuse:
        module.fail_json(msg=f"{misuse}. {NOTHING_DONE}", problems=[misuse], invocation=_quiet(module))
    rows = params["config"]
    if rows is None:
        rows = [{name: params[name] for name in [*kind.options, *COMMON_OPTIONS]}]
    known = {each.name: each for each in (*KINDS, kind)}
    with kernel_for(module, kinds=list(known.values())) as kernel:
        wanted = _objects(kind, rows, params["owner"])
        if module.check_mode:
            wanted = _without_unknown(module, kind, kernel, wanted)
        _check_places(kind, kernel, wanted)
        _check_absences(kind, kernel, wanted)

        def leaves(found: Found) -> bool:
            return bool(params["purge"]) and found.owner == params["owner"]

        kernel.sandboxes.expect(each for object_ in wanted for each in sandboxes_of(object_.values))
        todo = compare([kind], kernel, wanted, leaves)
        if todo.pending:
            raise Unready([f"{describe(kind, each.wanted.values)}: {each.reason}" for each in todo.pending])
        _check_changes(kind, kernel, todo)
        finish(module, kernel, [kind], todo)


def _misuse(kind: Kind, params: Values) -> str | None:
    """What is wrong with a module's options as a whole."""
    owner = params["owner"]
    if owner == "plan" or owner.startswith("plan/"):
        return f"owner {owner} is the plan's own: choose another, such as task"
    if not _OWNER.fullmatch(owner):
        return f"owner {owner!r} is no name to mark things with: use at most 64 letters, digits, '.', '_' and '-'"
    own = {**kind.options, **COMMON_OPTIONS}
    if params["config"] is not None:
        given = sorted(name for name, spec in own.items() if params[name] not in (None, spec.get("default")))
        if given:
            return f"{', '.join(given)} and config exclude each other: give such options in each object of `config`"
    elif params["purge"]:
        return "purge removes what `config` does not list: give `config`, if only an empty list"
    else:
        missing = [name for name, spec in own.items() if spec.get("required") and params[name] is None]
        if missing:
            return f"{', '.join(missing)} is missing: it says which {kind.name} is meant (or list many in `config`)"
    return None


def _without_unknown(module: AnsibleModule, kind: Kind, kernel: Kernel, wanted: t.Sequence[Wanted]) -> list[Wanted]:
    """What can be predicted: not what is to be on a device or in a namespace that a task before this one may make."""
    lacks = {id(each): lack for each in wanted if each.present and (lack := _lacks(kind, kernel, each))}
    if lacks and kind.guards:
        # That our table cannot be read has nothing to do with a device that is missing. Raises what is wrong with it.
        list(kind.read(kernel, [each for each in wanted if kernel.has_netns(each.netns)]))
    known = [each for each in wanted if id(each) not in lacks]
    told = [
        f"{describe(kind, each.values)}: {lacks[id(each)]}. If a task before this one makes that, a check cannot tell"
        " what a run would do here."
        for each in wanted
        if id(each) in lacks
    ]
    for text in told[:_TOLD]:
        module.warn(text)
    if told and not known and not module.params["purge"]:
        module.exit_json(changed=False, skipped=True, skip_reason=told[0], msg=told[0], invocation=_quiet(module))
    return known


def _lacks(kind: Kind, kernel: Kernel, wanted: Wanted) -> str | None:
    """What an object is to be made on and is not there, in words."""
    if wanted.netns is not None and not kernel.has_netns(wanted.netns):
        return None if is_there(wanted.netns) else f"there is no network namespace {wanted.netns}"
    devices = [wanted.values.get(option) for option in _DEVICES if option in kind.options]
    setting = _SETTING_OF_DEVICE.match(str(wanted.values.get("key", "")))
    for device in [*devices, *([setting[1]] if setting else [])]:
        if device is not None and kernel.link(device, wanted.netns) is None and _is_refused(kind, kernel, wanted):
            return f"there is no device {device}"
    # Of a container's namespace only such as module netns makes: what else is the matter is so in a run as well.
    sandbox = wanted.values.get("sandbox") or {}
    path = netns_of(sandbox) if sandbox.get("engine") == _BARE else ""
    return kind.pending(kernel, wanted) if path.startswith("/") and not is_there(path) else None


def _is_refused(kind: Kind, kernel: Kernel, wanted: Wanted) -> bool:
    """Some are made all the same where the device that they are for is not there yet."""
    wanted = kind.resolve(kernel, wanted)
    return any(kind.obstacles(kernel, wanted)) or any(kind.limits(kernel, wanted, wanted.values))


def _check_places(kind: Kind, kernel: Kernel, wanted: t.Sequence[Wanted]) -> None:
    """Nothing can be made in a namespace that is not there; what is to be absent is absent from it."""
    lost = [object_ for object_ in wanted if object_.present and not kernel.has_netns(object_.netns)]
    if lost:
        raise Unready([f"{describe(kind, each.values)}: {_lack(kernel, each.values['netns'])}" for each in lost])


def _lack(kernel: Kernel, netns: str) -> str:
    if kernel.is_the_hosts_own(netns):
        return f"{netns} is the host's own network namespace: leave `netns` out for that one"
    if is_there(netns):
        return f"{kernel.lack_of(netns)}; name another `netns`"
    return f"there is no network namespace {netns}; make it first (module netns), or name another `netns`"


def _check_absences(kind: Kind, kernel: Kernel, wanted: t.Sequence[Wanted]) -> None:
    """A document is content with what others have made; a task that wants it gone is told that it stays."""
    absent = {object_.key: object_ for object_ in wanted if not object_.present} if kind.accepts_foreign else {}
    theirs = [row for row in kind.read(kernel, wanted) if row.key in absent and row.owner is None] if absent else []
    if theirs:
        raise Unready(
            [f"{describe(kind, row.values)} is not ours, so it stays; remove it with what made it" for row in theirs]
        )


def _check_changes(kind: Kind, kernel: Kernel, todo: ChangeSet) -> None:
    """What other kinds of objects have to say, which a document would have among its own objects."""
    problems = []
    for change in todo.make:
        wanted = t.cast(Wanted, change.wanted)
        what = describe(kind, wanted.values)
        if change.action != "add":
            problems += [f"{what}: {text}" for text in kind.obstacles(kernel, wanted)]
            continue
        for place in kind.occupies(wanted.values):
            link = _standing(kernel, place)
            if link is not None:
                problems.append(
                    f"{what} cannot be made: there is a device of that name already ({link.kind or 'physical'}, which"
                    f" belongs to {link.owner}); give one of the two another name"
                )
    if problems:
        raise Unready(problems)


def _standing(kernel: Kernel, place: Place) -> Link | None:
    """The device that has a place, be it of whatever kind."""
    if place[0] == "link":
        return kernel.link(place[2], place[1])
    if place[0] == "interface" and not kernel.will_be_free(place):
        return kernel.link(place[3], netns_of({"engine": place[1], "ref": place[2]}))
    return None


def _objects(kind: Kind, rows: t.Iterable[Values], owner: str) -> list[Wanted]:
    objects, problems = [], []
    for row in rows:
        present, recreate = row.get("state", "present") == "present", bool(row.get("recreate"))
        values = {name: value for name, value in row.items() if name not in ("recreate", "network")}
        if present:
            values.pop("state", None)
        try:
            objects.append(wanted_object(kind, values, owner, present, recreate))
        except Problem as error:
            problems.append(str(error))
    if problems:
        raise Unready(problems)
    return objects
