# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: prerequisites_info
short_description: What a host lacks for container networks
version_added: 0.1.0
description:
  - Says which libraries the host's Python finds, in which versions, and the names of the distribution's packages that
    bring what is missing. Changes nothing and needs no root.
options:
  venv:
    description:
      - The folder of a virtual environment that pyroute2 is to be in, instead of the distribution's package.
    type: path
  programs:
    description:
      - Programs that the host needs besides, for what it is to have, such as C(dnsmasq) for a name server.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - containerhost.network.attributes.info
author:
  - containerhost.network contributors (@containerhost)
seealso:
  - module: containerhost.network.document
"""

EXAMPLES = r"""
- name: What the host lacks is known
  containerhost.network.prerequisites_info:
  register: host

- name: It is installed
  ansible.builtin.package:
    name: "{{ host.missing }}"
  when: host.missing | length > 0
"""

RETURN = r"""
missing:
  description: Packages to install, by the names of this distribution.
  returned: success
  type: list
  elements: str
  sample: [python3-pyroute2]
venv_wanted:
  description: Whether the virtual environment has yet to be made, or given pyroute2.
  returned: success
  type: bool
requirement:
  description: What pip is to install into it.
  returned: success
  type: str
  sample: pyroute2>=0.7.2
pip:
  description: The command that installs pyroute2 into the virtual environment that modules run in, where they do so.
  returned: success
  type: list
  elements: str
  sample: [/opt/ansible/bin/python3, -m, pip, install, --disable-pip-version-check, "pyroute2>=0.7.2"]
obstacle:
  description: Why no package brings pyroute2 to the Python that runs modules, and what does, if that is so.
  returned: success
  type: str
advice:
  description: What is left to do once all is installed, as for a virtual environment that modules do not find.
  returned: success
  type: str
plan:
  description: What is to be installed, in words.
  returned: success
  type: str
  sample: python3-pyroute2 and libnftables1
pyroute2:
  description: The version of pyroute2, or nothing.
  returned: success
  type: str
  sample: 0.9.7
libnftables:
  description: Whether libnftables is there.
  returned: success
  type: bool
python:
  description: The Python that looked.
  returned: success
  type: str
  sample: /usr/bin/python3
"""

import sys

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.containerhost.network.plugins.module_utils.libraries import (
    MINIMUM_PYROUTE2,
    REQUIREMENT,
    VENV,
    Python,
    distribution,
    is_old,
    missing_packages,
    missing_programs,
    obstacle,
    versions,
)

ARGUMENTS = {
    "venv": {"type": "path"},
    "programs": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    venv = module.params["venv"]
    found = versions(venv)
    missing = missing_packages(found, distribution(), venv is not None)
    python = Python.here()
    lacking = found["pyroute2"] is None or is_old(found["pyroute2"])
    wanted = venv is not None and lacking
    hindrance = obstacle(python, found["pyroute2"]) if lacking and venv is None else ""
    by_pip = bool(hindrance) and python.is_virtual and not python.is_served
    if hindrance:
        missing = missing_packages({**found, "pyroute2": MINIMUM_PYROUTE2}, distribution())
    missing += missing_programs(module.params["programs"], distribution())
    words = [*missing, *([f"pyroute2 in {venv}"] if wanted else [])]
    if hindrance:
        words.append(f"pyroute2 in {sys.prefix}" if by_pip else "pyroute2")
    module.exit_json(
        changed=False,
        missing=missing,
        venv_wanted=wanted,
        requirement=REQUIREMENT,
        pip=python.pip if by_pip else [],
        obstacle="" if by_pip else hindrance,
        advice=_advice(venv, python),
        plan=" and ".join(words),
        pyroute2=found["pyroute2"],
        libnftables=found["libnftables"] is not None,
        python=sys.executable,
    )


def _advice(venv: str | None, python: Python) -> str:
    """What is left to do once all is installed."""
    if venv is None or venv == VENV or python.executable.startswith(f"{venv}/"):
        return ""
    return f"Set ansible_python_interpreter: {venv}/bin/python, or take {VENV}, where modules look by themselves."


if __name__ == "__main__":
    main()
