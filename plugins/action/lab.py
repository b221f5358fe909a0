# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the inventory for the module of the same name, runs it here once, and keeps the lab's variables file."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
import typing as t

from ansible import context
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.containerhost.network.plugins.module_utils.lab import inventory
from ansible_collections.containerhost.network.plugins.module_utils.lab.members import LabError, is_local
from ansible_collections.containerhost.network.plugins.module_utils.lab.registry import Registry
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.stand_ins import NAMESPACES, VARIABLE
from ansible_collections.containerhost.network.plugins.plugin_utils.inventory.variables import without_answers

_VARS_FILE = "containerhost-lab.yml"
_SYSTEM_PYTHON = "/usr/bin/python3"
# Fresh in every host: an interpreter below these is not to be seen there.
_UNSEEN = ("/tmp/", "/run/", "/dev/", "/proc/", "/sys/")
_HOST_KEYS = (
    "ansible_host",
    "containerhost_underlay_address",
    "containerhost_underlay_interface",
    "containerhost_underlay_mtu",
)
_HEADER = "# The lab `{lab}`, written by containerhost.network.lab_up; lab_down removes it with the lab.\n"


class ActionModule(ActionBase):
    """C(containerhost.network.lab): C(state) is the only option that a task gives."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        state = self._state()
        lab = str(self._fleet_value(variables, "containerhost_lab", "lab"))
        vars_file = os.path.abspath(str(self._fleet_value(variables, "containerhost_lab_vars", _VARS_FILE)))
        engines = self._fleet_value(variables, VARIABLE, NAMESPACES)
        if engines not in (NAMESPACES, "real"):
            raise AnsibleActionFail(f"{VARIABLE} is {engines!r}. Write {NAMESPACES} or real.")
        if state == "absent":
            return self._take_down(lab, vars_file, variables)
        return self._bring_up(lab, vars_file, engines, variables)

    def _state(self) -> str:
        surplus = sorted(set(self._task.args) - {"state"})
        if surplus:
            raise AnsibleActionFail(f"{', '.join(surplus)}: taken from the inventory; a task gives `state` alone")
        return self._task.args.get("state", "present")

    def _fleet_value(self, variables: dict[str, t.Any], key: str, default: str) -> t.Any:
        return self._templar.template(variables.get(key, default))

    # -- present -----------------------------------------------------------------------------------------------

    def _bring_up(self, lab: str, vars_file: str, engines: str, variables: dict[str, t.Any]) -> dict[str, t.Any]:
        _check_is_ours(vars_file, lab)
        names = self._hosts(variables)
        local = [name for name in names if is_local(name)]
        try:
            hostvars = without_answers(variables["hostvars"])
            hosts = {name: _read_host(hostvars, name) for name in names if name not in local}
            options = inventory.options(hosts, variables["groups"]["all"])
        except inventory.InventoryError as error:
            raise AnsibleActionFail(str(error)) from error
        result = self._run_module({"state": "present", "name": lab, "vars_file": vars_file, **options}, variables)
        if not result.get("failed"):
            self._write(vars_file, _vars_text(lab, _interpreter_in_hosts(), engines), result)
            result["msg"] = self._how_to_look(options["outside"], next(iter(hosts)), vars_file)
            result["_ansible_verbose_always"] = True
        others = [path for path in result.get("vars_files", ()) if path != vars_file and os.path.exists(path)]
        if others:
            self._display.warning(
                f"the lab `{lab}` was also made by way of {', '.join(others)}. "
                "If that was another inventory, give one of the two a containerhost_lab of its own."
            )
        if local:
            self._display.warning(
                f"{', '.join(local)}: this machine itself, hence no host of the lab; what a play does there is real"
            )
        return result

    def _hosts(self, variables: dict[str, t.Any]) -> list[str]:
        pattern = self._fleet_value(variables, "containerhost_hosts", "all")
        lookup = self._shared_loader_obj.lookup_loader.get(
            "ansible.builtin.inventory_hostnames", loader=self._loader, templar=self._templar
        )
        return lookup.run(pattern if isinstance(pattern, list) else [str(pattern)], variables=variables)

    def _write(self, path: str, text: str, result: dict[str, t.Any]) -> None:
        before = _read_text(path)
        if before == text:
            return
        result["changed"] = True
        result.setdefault("diff", []).append(
            {"before_header": path, "after_header": path, "before": before or "", "after": text}
        )
        if not self._task.check_mode:
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(text)

    def _how_to_look(self, outside: str, host: str, vars_file: str) -> list[str]:
        sources = [source for source in context.CLIARGS.get("inventory") or () if isinstance(source, str)]
        given = "".join(f" -i {shlex.quote(_shorter(source))}" for source in sources)
        with_lab = f"-e @{shlex.quote(_shorter(vars_file))}"
        playbook = f"ansible-playbook{given} {with_lab}"
        return [
            f"Rehearse: {playbook} containerhost.network.site",
            f"Look around: ansible {shlex.quote(host)}{given} {with_lab} -m command -a 'ip -d link'",
            f"From outside the fleet: ansible {outside} -i {outside}, {with_lab} -m command -a 'ip address'",
            f"Take it down: {playbook} containerhost.network.lab_down",
        ]

    # -- absent ------------------------------------------------------------------------------------------------

    def _take_down(self, lab: str, vars_file: str, variables: dict[str, t.Any]) -> dict[str, t.Any]:
        try:
            # Known before the module forgets them; read again, should it have waited for another run.
            known = set(Registry(lab).vars_files())
        except LabError as error:
            raise AnsibleActionFail(str(error)) from error
        result = self._run_module({"state": "absent", "name": lab}, variables)
        if not result.get("failed"):
            for path in sorted({*known, *result.get("vars_files", ()), vars_file}):
                self._delete(path, lab, result)
        return result

    def _delete(self, path: str, lab: str, result: dict[str, t.Any]) -> None:
        before = _read_text(path)
        if before is None or not before.startswith(_HEADER.format(lab=lab)):
            return
        result["changed"] = True
        result.setdefault("diff", []).append(
            {"before_header": path, "after_header": path, "before": before, "after": ""}
        )
        if not self._task.check_mode:
            os.unlink(path)

    # -- running it here ---------------------------------------------------------------------------------------

    def _run_module(self, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """On this machine as it is, whatever the inventory or a lab's variables say about localhost."""
        become = self._connection.become
        self._connection = self._shared_loader_obj.connection_loader.get(
            "ansible.builtin.local", self._play_context, shell=self._connection._shell
        )
        self._connection.set_options(direct={"pipelining": True})
        # Who is root already needs no sudo, which a container seldom has.
        self._connection.set_become_plugin(become if os.geteuid() else None)
        here = {**variables, "ansible_python_interpreter": _interpreter_here(), "ansible_connection": "local"}
        return self._execute_module(module_name="containerhost.network.lab", module_args=arguments, task_vars=here)


# -- the inventory ---------------------------------------------------------------------------------------------------


def _read_host(hostvars: t.Any, name: str) -> dict[str, t.Any]:
    """The variables that a lab asks for, templated as that host sees them; whole hosts are costly to template."""
    variables = hostvars[name]
    keys = [key for key in variables if key in _HOST_KEYS or key.startswith(inventory.NETWORKS)]
    found = {}
    for key in keys:
        try:
            found[key] = variables[key]
        except AnsibleError as error:
            # Where the real host is found may be anybody's secret; the lab has addresses of its own.
            if key != "ansible_host":
                raise AnsibleActionFail(f"{key} of {name}: {error}") from error
    return found


# -- interpreters ----------------------------------------------------------------------------------------------------


def _interpreter_here() -> str:
    """One that has pyroute2, on this machine."""
    if importlib.util.find_spec("pyroute2") is not None or not _system_python_has_pyroute2():
        return sys.executable
    return _SYSTEM_PYTHON


def _interpreter_in_hosts() -> str:
    """One that has pyroute2 and that a host sees too: the system's own by preference, as on a real host."""
    if not _system_python_has_pyroute2() and importlib.util.find_spec("pyroute2") is not None:
        places = (sys.executable, os.path.realpath(sys.executable))
        if not any(place.startswith(_UNSEEN) for place in places):
            return sys.executable
    return _SYSTEM_PYTHON


def _system_python_has_pyroute2() -> bool:
    check = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pyroute2') is None)"
    command = [_SYSTEM_PYTHON, "-I", "-c", check]
    try:
        return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


# -- the variables file ----------------------------------------------------------------------------------------------


def _vars_text(lab: str, interpreter: str, engines: str) -> str:
    return (
        f"{_HEADER.format(lab=lab)}---\n"
        "ansible_connection: containerhost.network.lab\n"
        f"ansible_python_interpreter: {interpreter}\n"
        "ansible_become: false\n"
        f"containerhost_lab: {lab}\n"
        f"{VARIABLE}: {engines}\n"
    )


def _check_is_ours(path: str, lab: str) -> None:
    """Nobody else's file is overwritten, nor that of another lab that is up."""
    text = _read_text(path)
    if text is None or text.startswith(_HEADER.format(lab=lab)):
        return
    first = text.partition("\n")[0] + "\n"
    before, _lab, after = _HEADER.partition("{lab}")
    if not (first.startswith(before) and first.endswith(after)):
        raise AnsibleActionFail(f"{path} is not a lab's variables file; name another with containerhost_lab_vars")
    other = first[len(before) : -len(after)]
    if Registry(other).exists:
        raise AnsibleActionFail(f"{path} belongs to the lab `{other}`; name another with containerhost_lab_vars")


def _read_text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _shorter(path: str) -> str:
    """As somebody in this folder would type it."""
    relative = os.path.relpath(path)
    return path if not os.path.isabs(path) or relative.startswith("..") else relative
