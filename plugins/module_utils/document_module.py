# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the module ``document`` runs: a document, and what keeps its host as it says until the next run.

Modules of one kind go without this file, and so without all that is installed on hosts.
"""

from __future__ import annotations

import collections
import functools
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.bases.outside_bridge import turned
from ansible_collections.containerhost.network.plugins.module_utils.engine import renumbering, underlay_room, way_in
from ansible_collections.containerhost.network.plugins.module_utils.engine.discovery import KINDS
from ansible_collections.containerhost.network.plugins.module_utils.engine.document import leaving, read_document
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import Kind
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import (
    Problem,
    Values,
    Wanted,
    network_of,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import (
    ChangeSet,
    Unready,
    compare,
    wanted_object,
)
from ansible_collections.containerhost.network.plugins.module_utils.engine.waiting import LATER, Held, Holds
from ansible_collections.containerhost.network.plugins.module_utils.firewalls import report as foreign_drops
from ansible_collections.containerhost.network.plugins.module_utils.keep import saved
from ansible_collections.containerhost.network.plugins.module_utils.kinds.wireguard_key import WireguardKey
from ansible_collections.containerhost.network.plugins.module_utils.kinds.wireguard_peer import WireguardPeer
from ansible_collections.containerhost.network.plugins.module_utils.module import Beside, HostModule, finish, kernel_for
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import Sandboxes, sandboxes_of
from ansible_collections.containerhost.network.plugins.module_utils.state import handshakes
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import attachments, docker_ports
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.trial import Trial

if t.TYPE_CHECKING:
    from ansible_collections.containerhost.network.plugins.module_utils.keep.install import Installation
    from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel

_KINDS = {kind.name: kind for kind in KINDS}


_OPTIONS: dict[str, dict[str, t.Any]] = {
    "document": {"type": "dict"},
    "plan_dir": {"type": "str"},
    "phase": {"type": "str", "choices": ["keys", "make", "left_over", "switch", "remove", "all"], "default": "all"},
    "drivers": {"type": "list", "elements": "str"},
    "remove": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "list", "elements": "str", "default": []},
    "hold": {"type": "list", "elements": "str", "default": []},
    "switch": {"type": "list", "elements": "str", "default": []},
    "shared": {"type": "list", "elements": "str", "default": []},
    "everything": {"type": "bool", "default": False},
    "recreate": {"type": "bool", "default": False},
    "settled": {"type": "dict", "default": {}},
    "underlay": {"type": "dict", "default": {}},
    "save": {"type": "dict"},
    "guard": {
        "type": "dict",
        "options": {
            "seconds": {"type": "int", "required": True},
            "token": {"type": "str", "required": True, "no_log": False},
            "confirm": {"type": "bool", "default": False},
        },
    },
    "install": {"type": "bool", "default": False},
    "venv": {"type": "path"},
}


def run_document(kinds: t.Sequence[Kind]) -> None:
    """The whole of module ``document``."""
    module = HostModule(
        argument_spec=_OPTIONS,
        required_one_of=[("document", "plan_dir")],
        supports_check_mode=True,
    )
    params = module.params
    if params["document"] is None:
        module.fail_json(msg="plan_dir is read on the controller, by the action of the same name: call it by its FQCN.")
    guard = params["guard"] or {}
    asked = _asked_before(params["document"])
    with kernel_for(module, kinds=kinds, trial=guard.get("token"), sandboxes=asked) as kernel:
        asked.forget_ended()
        if guard.get("confirm"):
            _confirm(guard)
        elif not module.check_mode:
            Trial().forget()  # what one that went back has left for its run to read
        _check_underlay(kernel, params)
        wanted = read_document(kinds, params["document"], params["recreate"])
        kernel.sandboxes.expect(each for object_ in wanted for each in sandboxes_of(object_.values))
        in_use = attachments.in_use(kernel.has_link)
        leaves = leaving(params["remove"], params["keep"], params["everything"], in_use)
        late = module.check_mode and params["phase"] in ("switch", "remove")
        done = done_by(params) if late else None
        todo = compare(kinds, kernel, wanted, leaves, holds=holding(params, late, turned(kernel, wanted)), late=done)
        todo = _late(todo, params) if late else _with_others(module, todo, kernel, wanted)
        _check_renumbering(todo, wanted, params["settled"])
        makes = params["phase"] in ("make", "all")
        dropped = [*foreign_drops.sentences(kernel, wanted), *docker_ports.sentences(wanted)] if makes else []
        beside = _beside(kept_files_of(params, todo, module.check_mode))
        waiting = () if late and params["phase"] == "remove" else todo.held
        left = {(change.kind, change.key): change for change in (*todo.kept, *(each.change for each in waiting))}
        kept = dict(collections.Counter(network_of(change.owner) for change in left.values()))
        switches = any(each.until == "switch" for each in todo.held)
        about = {"kept": kept, "pending": todo.pending, "dropped": dropped, "switches": switches}
        told = functools.partial(_public_keys, kernel, wanted)
        if params["phase"] == "switch" and todo.changes and not module.check_mode:
            handshakes.make(kernel.wire, peers_of(wanted, params["switch"]))
        finish(module, kernel, kinds, todo, beside, _guarded(module, kernel, kinds, todo), told, **about)


def _asked_before(document: Values) -> Sandboxes:
    """Podman answers for no container while one of its own waits for this run to end, to be put on a network of ours
    (podman 5.4: ``podman inspect`` takes the lock that it holds for netavark). So it is asked before the run begins."""
    sandboxes = Sandboxes()
    if document.get("podman_network") or document.get("cni_network"):
        rows = (row for rows in document.values() if isinstance(rows, list) for row in rows if isinstance(row, dict))
        named = (each for row in rows for each in sandboxes_of(row) if isinstance(each, dict))
        sandboxes.expect(each for each in named if each.get("engine") == "podman" and isinstance(each.get("ref"), str))
        sandboxes.ask("podman")
    return sandboxes


def _guarded(
    module: HostModule, kernel: Kernel, kinds: t.Sequence[Kind], todo: ChangeSet
) -> t.Callable[[], t.ContextManager[None]] | None:
    """What undoes the change, unless the run comes back, where the change could cut the way that it came."""
    about = module.params["guard"]
    if not about or about["confirm"] or not todo.changes:
        return None  # after it has come back, what still differs is somebody else's doing
    login = way_in.ssh_connection()
    way = way_in.way_of(kernel.again(), login) if login else None
    if login is None or way is None or not way_in.is_at_risk(kinds, todo, way):
        return None

    def guarded() -> t.ContextManager[None]:
        from ansible_collections.containerhost.network.plugins.module_utils.keep import guard

        module.on_trial = True
        return guard.on_trial(kernel, about["token"], login, about["seconds"])

    return guarded


def _confirm(about: Values) -> None:
    from ansible_collections.containerhost.network.plugins.module_utils.keep import guard

    guard.confirm(about["token"], way_in.ssh_connection())


def peers_of(wanted: t.Sequence[Wanted], networks: t.Collection[str]) -> dict[str, list[str]]:
    """The keys of these networks' peers, by the tunnel's device: what turns to it does not wait for a handshake."""
    found: dict[str, list[str]] = {}
    for each in wanted:
        if each.kind == WireguardPeer.name and network_of(each.owner) in networks:
            found.setdefault(each.values["device"], []).append(each.values["public_key"])
    return found


def _public_keys(kernel: Kernel, wanted: t.Sequence[Wanted]) -> dict[str, t.Any]:
    """What other hosts know this one's keys by, by the keys' names, where a document has any."""
    names = [each.values["name"] for each in wanted if each.kind == WireguardKey.name]
    found = {name: kernel.tunnels.public_key(name) for name in names}
    return {"public_keys": {name: public for name, public in found.items() if public}} if names else {}


def _late(todo: ChangeSet, params: Values) -> ChangeSet:
    """What a check says of a later phase: a run has made all else by now."""
    done = done_by(params)
    mine = [each.change for each in todo.held if each.until == params["phase"] and done(each)]
    return ChangeSet([], [], mine, todo.remove, todo.kept, todo.pending, todo.held, todo.in_parts)


def _with_others(module: HostModule, todo: ChangeSet, kernel: Kernel, wanted: t.Sequence[Wanted]) -> ChangeSet:
    """Where somebody has taken our nftables table away: with what other networks had there, of a run that is not about
    all of them. It comes with the first phase that makes anything."""
    told, table = module.params["save"], kernel.table()
    if not told or module.params["phase"] not in ("make", "all") or table.exists or table.lack is not None:
        return todo
    drivers, elsewhere = told["drivers"], told.get("elsewhere", ())
    before = _saved_before() if drivers or elsewhere else None
    if before is None:
        return todo
    from ansible_collections.containerhost.network.plugins.module_utils.keep import flushed

    others = saved.others(before, told["networks"], drivers, elsewhere)
    todo, reasons = flushed.with_others(todo, kernel, before, others, wanted)
    for reason in reasons:
        module.warn(
            f"The rules of this host's other networks have been taken away, and cannot be put back now: {reason}."
            " Mend that, and run `containerhost restore` there."
        )
    return todo


def holding(params: Values, late: bool, turned_: t.Collection[str]) -> Holds:
    """What waits for other hosts: of the networks in ``hold`` all that does, of those in ``switch`` what other hosts
    may still need. Of what a check finds late, that is what a run would have left for now. Of those that have
    ``turned_`` from a LAN or to one, nothing waits."""
    hold, switch = {*params["hold"]}.difference(turned_), {*params["switch"]}.difference(turned_)
    left = {*params["shared"]}.difference(turned_) if late else set()

    def holds(wanted: Wanted) -> str | None:
        network = network_of(wanted.owner)
        return "switch" if network in left or network in hold else "remove" if network in switch else None

    return holds


def done_by(params: Values) -> t.Callable[[Held], bool]:
    """What waits and a run has done by the end of this phase."""
    until, hold = LATER[: LATER.index(params["phase"]) + 1], {*params["hold"]}
    return lambda held: held.until in until and network_of(held.change.owner) not in hold


def _beside(kept_files: Installation | None) -> Beside | None:
    if kept_files is None:
        return None
    from ansible_collections.containerhost.network.plugins.module_utils.keep import install

    return Beside(install.diffs(kept_files), functools.partial(install.install, kept_files), kept_files.attaches)


def kept_files_of(params: Values, todo: ChangeSet, check: bool) -> Installation | None:
    """What is to be done to have the host keep its networks, or to have it forget them. Raises Problem."""
    if params["everything"]:
        return _planned(None)
    told = params["save"]
    if not told:
        return None  # a document of somebody's own
    new = saved.Saved(
        host=told["host"],
        digest=told["digest"],
        collection=saved.COLLECTION,
        networks=told["networks"],
        document=params["document"],
        waiting=sorted({network_of(change.owner) for change in todo.kept} & {*told["networks"]}),
    )
    elsewhere = told.get("elsewhere", ())
    before = _saved_before() if told["drivers"] or elsewhere else None
    whole = saved.merged(before, new, told["drivers"], _key_of_row, elsewhere)
    if whole.is_empty and todo.kept:
        return None  # what is left over here is kept like all else, until it goes
    if check and params["phase"] in ("switch", "remove") and not whole.is_empty:
        return None  # a run has done it by now, when it made
    return _planned(whole if told["enabled"] else None, told["metrics_folder"])


def _planned(document: saved.Saved | None, metrics_folder: str | None = None) -> Installation | None:
    """A host that keeps nothing, and kept nothing before, goes without importing what would: 20 ms."""
    if document is None and not os.path.lexists(saved.FOLDER):
        return None
    from ansible_collections.containerhost.network.plugins.module_utils.keep import install

    return install.plan(document, metrics_folder)


def _saved_before() -> saved.Saved | None:
    """What is saved, of which other drivers' part is taken over as it is. Raises Problem for one that is damaged."""
    found = saved.read()
    if found is not None:
        try:
            read_document(KINDS, found.document, recreate=False)
        except Unready as error:
            raise Problem(
                f"{saved.PATH} is not what this collection saves ({error.problems[0]}). Run containerhost.network.site"
                " for this host: it is written again"
            ) from error
    return found


def _key_of_row(kind: str, row: Values) -> t.Any:
    values = {name: value for name, value in row.items() if name != "network"}
    return wanted_object(_KINDS[kind], values, row["network"]).key


def _check_underlay(kernel: Kernel, params: Values) -> None:
    """Before it makes anything, and where nothing is to be changed as well: what is too large is lost on the way."""
    narrow = underlay_room.too_narrow(kernel, params["underlay"]) if params["phase"] in ("make", "all") else None
    if narrow:
        raise Unready([narrow])


def _check_renumbering(todo: ChangeSet, wanted: t.Sequence[Wanted], settled: renumbering.Settled) -> None:
    """Nothing is changed on a host that another ledger has made."""
    moves = renumbering.renumbered([*todo.make, *todo.in_parts], wanted, settled)
    if moves:
        raise Unready([renumbering.sentence(moves)])
