# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is installed where, from what a host says; and that a host which lacks a library is asked twice, no other."""

from __future__ import annotations

import types

import pytest

from ansible_collections.containerhost.network.plugins.action.document import ActionModule as Document
from ansible_collections.containerhost.network.plugins.action.prerequisites import ActionModule as Prerequisites
from ansible_collections.containerhost.network.plugins.plugin_utils.run.prerequisites import (
    COMMAND,
    INFO,
    PACKAGE,
    steps,
)

PYTHON, REQUIREMENT = "/usr/bin/python3", "pyroute2>=0.7.2"
HAS_ALL = {"missing": [], "venv_wanted": False, "requirement": REQUIREMENT, "plan": "", "python": PYTHON}
LACKS = {**HAS_ALL, "missing": ["libnftables1", "python3-pyroute2"], "plan": "libnftables1 and python3-pyroute2"}
WANTS_VENV = {**HAS_ALL, "missing": ["python3-venv"], "venv_wanted": True}
DOCUMENT = "document"


def test_nothing_is_installed_where_nothing_is_missing():
    assert steps(HAS_ALL, None) == steps(HAS_ALL, "/opt/p") == []


def test_packages_are_installed_at_once():
    assert steps(LACKS, None) == [(PACKAGE, {"name": ["libnftables1", "python3-pyroute2"], "state": "present"})]


def test_a_virtual_environment_is_made_by_the_host_s_python_and_given_pyroute2():
    assert steps(WANTS_VENV, "/opt/p") == [
        (PACKAGE, {"name": ["python3-venv"], "state": "present"}),
        (COMMAND, {"argv": [PYTHON, "-m", "venv", "/opt/p"], "creates": "/opt/p/bin/pip"}),
        (COMMAND, {"argv": ["/opt/p/bin/pip", "install", "--disable-pip-version-check", REQUIREMENT]}),
    ]


def host(kind, answers, check=False, diff=False, **arguments):
    """An action whose host gives these answers, one for each module or action that it is asked to run, in order."""
    task = types.SimpleNamespace(args=arguments, check_mode=check, diff=diff, async_val=0, environment=None)
    action = kind(task, None, None, None, None, None)
    action.asked = []

    def answer(name, *_arguments, **_named):
        action.asked.append(name)
        return dict(answers[len(action.asked) - 1])

    action._execute_module = action._run_other = action.run_with_every_kind = answer
    return action, lambda: (action._apply if kind is Document else action._install)({}, {"inventory_hostname": "h1"})


FAILED = {"failed": True, "msg": "pyroute2 is not installed", "lacks": ["pyroute2"]}
OTHER = {"failed": True, "msg": "the kernel said no"}
DONE = {"changed": False, "counts": {}}


@pytest.mark.parametrize("answer", [DONE, OTHER])
@pytest.mark.parametrize("check", [False, True])
def test_who_lacks_nothing_is_asked_once(answer, check):
    action, apply = host(Document, [answer], check, install=True)
    assert apply() == answer
    assert action.asked == [DOCUMENT]


def test_who_lacks_something_is_given_it_and_asked_again():
    action, apply = host(Document, [FAILED, LACKS, {}, DONE], diff=True, install=True)
    result = apply()
    assert action.asked == [DOCUMENT, INFO, PACKAGE, DOCUMENT]
    assert (result["changed"], result["installed"]) == (True, LACKS["plan"])
    assert [diff["after_header"] for diff in result["diff"]] == [LACKS["plan"]]
    assert "failed" not in result


def test_a_check_installs_nothing_and_ends_there():
    action, apply = host(Document, [FAILED, LACKS], check=True, install=True)
    result = apply()
    assert action.asked == [DOCUMENT, INFO]
    assert (result["changed"], result["lacks"]) == (True, ["pyroute2"])
    assert result["warnings"] == [
        "h1 lacks libnftables1 and python3-pyroute2: a run installs that first, and only then can the host be compared."
    ]


@pytest.mark.parametrize("arguments", [{}, {"install": False}, {"install": "no"}])
def test_unasked_nothing_is_installed(arguments):
    action, apply = host(Document, [FAILED], **arguments)
    assert apply() == FAILED
    assert action.asked == [DOCUMENT]


def test_what_no_package_brings_is_not_tried_again():
    action, apply = host(Document, [FAILED, HAS_ALL], install=True)
    assert apply() == FAILED


def test_what_cannot_be_installed_is_said_with_the_reason():
    action, apply = host(Document, [FAILED, LACKS, {"failed": True, "msg": "no mirror answers."}], install=True)
    assert apply() == {
        "changed": False,
        "failed": True,
        "msg": "h1 lacks libnftables1 and python3-pyroute2, and cannot install it: no mirror answers."
        " Install it by other means, or see to it that the host can.",
    }
    assert action.asked == [DOCUMENT, INFO, PACKAGE]


def test_what_no_package_serves_is_not_installed_and_said_at_once():
    host_says = {**LACKS, "plan": "pyroute2", "obstacle": "/opt/p runs modules here. Set containerhost_python: /x."}
    for check in (False, True):
        action, apply = host(Document, [FAILED, host_says], check, install=True)
        assert apply()["msg"] == "h1 lacks pyroute2: /opt/p runs modules here. Set containerhost_python: /x."
        assert action.asked == [DOCUMENT, INFO]


def test_a_virtual_environment_that_modules_run_in_is_given_pyroute2_by_its_own_pip():
    argv = ["/opt/p/bin/python", "-m", "pip", "install", REQUIREMENT]
    assert steps({**HAS_ALL, "pip": argv}, None) == [(COMMAND, {"argv": argv})]


def test_advice_that_has_been_followed_is_not_given_again():
    elsewhere = {**HAS_ALL, "missing": ["x"], "plan": "pyroute2 in /opt/p", "advice": "Set the interpreter."}
    _action, apply = host(Document, [FAILED, elsewhere, {}, FAILED], install=True)
    assert apply()["msg"] == (
        "h1 has been given pyroute2 in /opt/p, and modules still find none of it: Set the interpreter."
    )


def test_where_the_package_manager_takes_for_installed_what_is_not_there_nothing_is_advised_again():
    missing = {**FAILED, "msg": "Install python3-pyroute2.", "exception": "Install python3-pyroute2."}
    _action, apply = host(Document, [missing, LACKS, {}, missing], install=True)
    said = apply()
    assert "exception" not in said  # Ansible would tell that one's words
    assert said["msg"] == (
        "h1 has been given libnftables1 and python3-pyroute2, and modules still find none of it: Reinstall it, where"
        " its files are not what the package manager takes them for, or set ansible_python_interpreter to a Python that"
        " finds them."
    )


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_host_that_is_lost_meanwhile_is_unreachable_and_no_failure_of_ours(at):
    answers = [FAILED, LACKS, {}, DONE]
    answers[at] = {"unreachable": True, "msg": "gone"}
    _action, apply = host(Document, answers, install=True)
    assert apply()["unreachable"] is True


def test_the_task_of_its_own_says_what_it_did():
    action, install = host(Prerequisites, [LACKS, {}], diff=True)
    assert install() == {
        "changed": True,
        "missing": LACKS["missing"],
        "plan": LACKS["plan"],
        "diff": [{"before_header": f"{LACKS['plan']}: absent", "after_header": LACKS["plan"],
                  "before": "", "after": "installed\n"}],
    }  # fmt: skip
    assert action.asked == [INFO, PACKAGE]
    action, install = host(Prerequisites, [HAS_ALL])
    assert install()["changed"] is False
