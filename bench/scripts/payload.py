# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the payload of a module as Ansible sends it to a host: ``payload.py NAME FILE ARGUMENTS INTERPRETER``."""

from __future__ import annotations

import json
import sys

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import action_loader, init_plugin_loader, module_loader
from ansible.template import Templar

_OURS = "containerhost.network."


def as_sent(name: str, path: str) -> tuple[str, str]:
    """Our own actions send some modules as a copy that brings every kind, or every engine."""
    from ansible_collections.containerhost.network.plugins.plugin_utils.run.every_kind import (
        SandboxAction,
        write_module,
    )

    action = action_loader.get(name, class_only=True) if name.startswith(_OURS) else None
    if action is None or not issubclass(action, SandboxAction):
        return name, path
    copy = write_module(name[len(_OURS):], action.KINDS)
    return copy, module_loader.find_plugin(copy)


def main() -> None:
    name, path, arguments, interpreter = sys.argv[1:]
    init_plugin_loader()
    name, path = as_sent(name, path)
    with open(arguments, encoding="utf-8") as file:
        module_args = json.load(file)["ANSIBLE_MODULE_ARGS"]
    variables = {"ansible_python_interpreter": interpreter}
    built = modify_module(
        module_name=name,
        module_path=path,
        module_args=module_args,
        templar=Templar(loader=DataLoader(), variables=variables),
        task_vars=variables,
        module_compression="ZIP_DEFLATED",
    )
    sys.stdout.buffer.write(built.b_module_data if hasattr(built, "b_module_data") else built[0])


if __name__ == "__main__":
    main()
