# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells what would change between two git revisions of inventory and ledger. Nothing is touched, and no host asked."""

from __future__ import annotations

import datetime
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleError

from ansible_collections.containerhost.network.plugins.plugin_utils import ledger as ledgers
from ansible_collections.containerhost.network.plugins.plugin_utils.errors import PlanError, Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory import variables
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.gather import gather
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.other_folder import read_folder
from ansible_collections.containerhost.network.plugins.plugin_utils.plan import Plan, make_plan
from ansible_collections.containerhost.network.plugins.plugin_utils.show import plan_diff, revisions, show
from ansible_collections.containerhost.network.plugins.plugin_utils.show.planning_action import PlanningAction
from ansible_collections.containerhost.network.plugins.plugin_utils.show.written import write

ARGUMENTS = {
    "from": {"type": "str", "default": "HEAD"},
    "to": {"type": "str"},
    "dest": {"type": "path"},
}
WORK_TREE = "work tree"


@dataclass(frozen=True)
class Tree:
    """Files of the repository: ``folder`` has, of a revision, what ``root`` has of the work tree."""

    root: str
    folder: str
    name: str

    def path(self, path: str) -> str:
        """The same file there; what lies outside of the repository is the same for all revisions."""
        inside = os.path.relpath(os.path.realpath(path), self.root)
        return path if inside.startswith("..") else os.path.normpath(os.path.join(self.folder, inside))


class ActionModule(PlanningAction):
    """The edge around ``plan_diff``: git and Ansible's own loading in, a text out."""

    OPTIONS = ARGUMENTS

    def answer(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        sources = [str(source) for source in context.CLIARGS.get("inventory") or ()]
        paths = [source for source in sources if "," not in source]
        if not paths:
            raise Refusal("the inventory is a list of hosts, and no file that git knows", "Name a file by -i")
        root = revisions.root_of(paths[0])
        with _tree(root, arguments["from"]) as before, _tree(root, arguments["to"]) as after:
            plans = [self._plan(tree, sources) for tree in (before, after)]
            names = before.name, after.name
        (old, was), (new, becomes) = plans
        found = plan_diff.changes(old, new, (was, becomes))
        text = plan_diff.markdown(found, names, new.warnings)
        result: dict[str, Any] = {
            "changed": False,
            "markdown": text,
            "networks": {name: list(said) for name, said in found.networks.items()},
            "hosts": {name: list(said) for name, said in found.hosts.items()},
        }
        if arguments["dest"]:
            return {**result, **write(arguments["dest"], text, self._task.check_mode, self._task.diff)}
        self._display.display("\n" + text.rstrip("\n"))
        return result

    def _plan(self, tree: Tree, sources: list[str]) -> tuple[Plan, list[show.Holder]]:
        """The plan of a tree, with who has which address."""
        there = [source if "," in source else tree.path(source) for source in sources]
        try:
            with _in_words_of(tree):
                inventory = gather(read_folder(there, tree.path(os.getcwd()), self._loader._vault.secrets))
                path = tree.path(variables.ledger_path(inventory.ledger_path, tree.path(os.getcwd())))
                before = ledgers.load(path)
                # What a run would ask about is what a reader of the difference sees.
                asked = {"ledger_read_only": False, "confirm_vanished": True, "confirm_renumbered": True}
                plan = make_plan(replace(inventory, **asked), before, datetime.date.today().isoformat())
                # Documents are made when they are asked for, and say no as well.
                return plan, show.holders(plan, before)
        except PlanError as error:
            raise PlanError([f"at {tree.name}: {problem}" for problem in error.problems]) from None


@contextmanager
def _in_words_of(tree: Tree) -> Iterator[None]:
    """Messages name files as they lie in the repository."""
    places = (os.path.relpath(tree.folder), tree.folder)
    try:
        yield
    except Refusal as refusal:
        raise PlanError([_renamed(f"{refusal.what}. {refusal.fix}", places, tree)]) from None
    except PlanError as error:
        raise PlanError([_renamed(problem, places, tree) for problem in error.problems]) from None
    except AnsibleError as error:  # a file that is no YAML, say
        fix = "Correct it, or name another revision"
        raise PlanError([_renamed(f"{' '.join(str(error).split())}. {fix}", places, tree)]) from None


def _renamed(text: str, places: tuple[str, ...], tree: Tree) -> str:
    if tree.folder != tree.root:
        for place in places:
            text = text.replace(f"{place}/", "")
    return text


@contextmanager
def _tree(root: str, revision: str | None) -> Iterator[Tree]:
    """The work tree as it is, or a revision's files, as long as they are needed."""
    if revision is None:
        yield Tree(root, root, WORK_TREE)
        return
    os.makedirs(C.DEFAULT_LOCAL_TMP, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="containerhost-revision-", dir=C.DEFAULT_LOCAL_TMP) as parent:
        folder = os.path.join(os.path.realpath(parent), "files")
        os.mkdir(folder)
        revisions.export(root, revision, folder)
        yield Tree(root, folder, revision)
