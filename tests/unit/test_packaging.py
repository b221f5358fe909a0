# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the packaging promises about the files, held to the files."""

from __future__ import annotations

import ast
import fnmatch
import functools
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path for path in (ROOT / "plugins/modules").glob("*.py") if path.stem != "__init__")
PLUGINS = sorted(path for path in (ROOT / "plugins").rglob("*.py") if path.name != "__init__.py")
HEADER = (
    "# Copyright (c) 2026 containerhost.network contributors",
    "# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
)
# What a user's copy may hold; all else is named in build_ignore. Code runs from the four folders alone.
SHIPPED = {
    "meta", "playbooks", "plugins", "roles",
    "CHANGELOG.md", "COPYING", "README.md", "bindep.txt", "changelogs", "docs", "examples", "requirements.txt",
    "schemas",
}  # fmt: skip


# What Ansible looks for in each plugin of a type.
NAMED_BY_ANSIBLE = ("ActionModule", "Connection", "FilterModule", "LookupModule", "ModuleDocFragment")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def load(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text())


@functools.cache
def definitions(path: Path) -> tuple[list[str], dict[str, int]]:
    """The names of a file's classes, and its functions' lines: a file is parsed once for all tests."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    lines = {f"{node.name}:{node.lineno}": node.end_lineno - node.lineno for node in functions}
    return [node.name for node in nodes if isinstance(node, ast.ClassDef)], lines


def documentation(path: Path, name: str = "DOCUMENTATION") -> dict:
    """A plugin's documentation, read as ansible-doc does, without importing it."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and [getattr(target, "id", None) for target in node.targets] == [name]:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{relative(path)} has no {name}")


def work_tree() -> list[str]:
    """Files that git knows or would add and that are there."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).exists()]


def test_the_action_group_lists_every_module():
    listed, there = load("meta/runtime.yml")["action_groups"]["all"], [path.stem for path in MODULES]
    assert sorted({*there} - {*listed}) == [], "add these modules to the action group in meta/runtime.yml"
    assert listed == there, "meta/runtime.yml lists each module once, sorted, and nothing else"


def test_no_two_files_have_a_class_of_one_name():
    """But for those that Ansible looks for by name."""
    found: dict[str, list[str]] = {}
    for path in sorted([*ROOT.glob("plugins/**/*.py"), *ROOT.glob("tools/**/*.py")]):
        for name in definitions(path)[0]:
            if name not in NAMED_BY_ANSIBLE:
                found.setdefault(name, []).append(relative(path))
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_says_since_when_and_in_which_group(path):
    stated = documentation(path)
    assert stated["module"] == path.stem
    assert stated["version_added"]
    groups = stated.get("attributes", {}).get("action_group", {}).get("membership", [])
    assert "containerhost.network.attributes" in str(stated.get("extends_documentation_fragment")) or (
        "containerhost.network.all" in groups
    )


@pytest.mark.parametrize("path", PLUGINS, ids=relative)
def test_a_plugin_carries_the_licence_header(path):
    lines = path.read_text().splitlines()[:5]
    assert [line for line in HEADER if line not in lines] == []


@pytest.mark.parametrize("path", PLUGINS, ids=relative)
def test_a_plugin_is_read_in_one_go(path):
    assert len(path.read_text().splitlines()) <= 400
    assert [name for name, lines in definitions(path)[1].items() if lines >= 40] == []


@pytest.mark.parametrize("path", PLUGINS, ids=relative)
def test_a_plugin_is_no_program(path):
    assert path.stat().st_mode & 0o111 == 0


def test_the_tarball_holds_nothing_to_develop_with():
    ignored = load("galaxy.yml")["build_ignore"]
    tops = {name.split("/")[0] for name in work_tree()}
    shipped = {top for top in tops if not any(fnmatch.fnmatch(top, pattern) for pattern in ignored)}
    assert shipped - SHIPPED - {"galaxy.yml"} == set()


def test_the_pinned_tools_satisfy_what_users_are_told():
    assert load("meta/runtime.yml")["requires_ansible"] == ">=2.19.0"
    assert "ansible-core==2.19." in (ROOT / "tests/requirements.txt").read_text()


def test_every_role_has_a_readme_and_argument_specs():
    roles = sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())
    for role in roles:
        assert (role / "README.md").is_file(), role.name
        assert (role / "meta/argument_specs.yml").is_file(), role.name


def test_playbooks_of_the_fleet_go_step_by_step_whatever_the_configuration_says():
    """``strategy = free`` in ansible.cfg: a host would turn to a tunnel whose other end is yet to be made."""
    for path in (ROOT / "playbooks").glob("*.yml"):
        for play in yaml.safe_load(path.read_text()):
            assert play["hosts"] == "localhost" or play["strategy"] == "linear", relative(path)
