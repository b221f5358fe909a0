# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python a package of the distribution serves, and what else brings pyroute2 to the others."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.libraries import VENV, Python, obstacle


def python(executable, *path, version="3.11", virtual=False, system="3.11"):
    return Python(executable, path, version, virtual, "/usr/bin/python3", system)


DEBIAN = python("/usr/bin/python3", "/usr/lib/python3.11", "/usr/lib/python3/dist-packages")
FEDORA = python("/usr/bin/python3", "/usr/lib64/python3.13/site-packages", version="3.13", system="3.13")
WITH_SYSTEM = python("/opt/p/bin/python", "/opt/p/lib", "/usr/lib/python3/dist-packages", virtual=True)
OTHER_PACKAGE = python("/usr/bin/python3.12", "/usr/lib/python3.12/site-packages", version="3.12", system="3.9")
LOCAL = python("/usr/local/bin/python3.13", "/usr/local/lib/python3.13/site-packages", version="3.13")
OWN = python("/opt/p/bin/python", "/opt/p/lib/python3.11/site-packages", virtual=True)


@pytest.mark.parametrize("each", [DEBIAN, FEDORA, WITH_SYSTEM])
def test_a_package_serves_whoever_sees_its_folder(each):
    assert each.is_served
    assert obstacle(each, None) == ""


@pytest.mark.parametrize("each", [OTHER_PACKAGE, LOCAL])
def test_of_another_python_it_is_said_what_brings_the_library_to_it(each):
    said = obstacle(each, None)
    assert said.startswith(f"{each.executable} runs modules here, and sees no package of the distribution. Set")
    assert f"containerhost_python: {VENV}" in said
    assert "ansible_python_interpreter: /usr/bin/python3" in said
    assert f"`{each.executable} -m pip install 'pyroute2>=0.7.2'`" in said


def test_a_virtual_environment_has_a_pip_of_its_own():
    assert obstacle(OWN, None).endswith("Run `/opt/p/bin/python -m pip install 'pyroute2>=0.7.2'`.")
    assert OWN.pip[:4] == ["/opt/p/bin/python", "-m", "pip", "install"]


def test_what_the_distribution_has_may_be_too_old():
    assert obstacle(DEBIAN, "0.6.4").startswith("0.6.4 is what the distribution has, and 0.7.2 is needed. Set")
