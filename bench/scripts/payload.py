# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the payload of a module as Ansible sends it to a host: ``payload.py NAME FILE ARGUMENTS INTERPRETER``."""

from __future__ import annotations

import json
import sys

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar


def main() -> None:
    name, path, arguments, interpreter = sys.argv[1:]
    init_plugin_loader()
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
