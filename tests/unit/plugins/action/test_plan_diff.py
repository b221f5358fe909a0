# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ``plan_diff`` as a user runs it, in a real repository: hosts cannot be connected to."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.containerhost.network.plugins import action
from ansible_collections.containerhost.network.tests.unit.plugins.action.project import GROUP, Project

PLAYBOOK = Path(action.__path__[0]).parents[1] / "playbooks" / "plan_diff.yml"


def git(folder, *arguments):
    names = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    plain = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", *names, *arguments]
    return subprocess.run(command, cwd=folder, env=plain, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """That of the project as it begins."""
    project = Project(tmp_path_factory.mktemp("planned"))
    project.run()
    return project.ledger


@pytest.fixture
def project(tmp_path, ledger):
    project = Project(tmp_path)
    shutil.copy(ledger, project.ledger)
    git(tmp_path, "init", "-q", "-b", "main")
    project.commit = lambda: (git(tmp_path, "add", "-A"), git(tmp_path, "commit", "-qm", "x", "--allow-empty"))
    project.write = (project.inventory / "group_vars/all.yml").write_text
    project.told = lambda *options, **more: project.play(PLAYBOOK.read_text(), *options, **more)
    (tmp_path / ".gitignore").write_text("home\nshown\nplays\n")
    project.commit()
    return project


def test_what_is_not_committed_yet_is_told_and_nothing_is_touched(project):
    project.write(GROUP.replace('"8080:80"', '"8081:80", "9000:9000/udp"'))
    ledger, state = project.ledger.read_text(), git(project.folder, "status", "--porcelain")
    told = project.told()
    assert "3 hosts would change: `h1` and `h2` and `h3`." in told
    assert "- `app` on `web`: `8081:80/tcp` is opened; `9000:9000/udp` is opened; `8080:80/tcp` is closed." in told
    assert "```mermaid" in told
    assert (project.ledger.read_text(), git(project.folder, "status", "--porcelain")) == (ledger, state)
    assert not list((project.folder / "home/tmp").glob("containerhost-revision-*"))
    assert git(project.folder, "worktree", "list").count("\n") == 1


def test_two_revisions_are_compared_whatever_the_work_tree_is(project):
    git(project.folder, "tag", "before")
    (project.inventory / "host_vars").mkdir()
    (project.inventory / "host_vars/h2.yml").write_text("containerhost_containers_more: {db: {networks: {web: }}}\n")
    project.commit()
    project.write(GROUP.replace("8080:80", "7070:70"))
    dest = ("-e", "containerhost_diff_dest=out.md")
    project.told("-e", "containerhost_diff_from=before", "-e", "containerhost_diff_to=main", *dest, "--check")
    assert not (project.folder / "out.md").exists()
    project.told("-e", "containerhost_diff_from=before", "-e", "containerhost_diff_to=main", *dest)
    text = (project.folder / "out.md").read_text()
    assert "1 host would change: `h2`." in text
    assert "- `db` comes onto `web` with `10.80.1.3/24` as `eth0`." in text
    assert "### Host `h1`" not in text


def test_nothing_is_said_to_change_where_nothing_does(project):
    assert "Nothing changes on any host." in project.told()


def test_options_of_networks_are_told(project):
    project.write(GROUP.replace("driver: bridge", "driver: bridge\n    mtu: 1400\n    icc: false"))
    told = project.told()
    assert "### Network `web`" in told
    assert "- `mtu` becomes `1400` (was nothing)." in told
    assert "- `icc` becomes `false` (was `true`)." in told


def test_a_fleet_that_was_not_there_yet_is_new(project):
    git(project.folder, "rm", "-rqf", "--cached", "inventory", "containerhost.ledger")
    git(project.folder, "commit", "-qm", "without")
    told = project.told("-e", "containerhost_diff_from=HEAD")
    assert "- is new, with `driver: overlay`." in told
    assert "- the host joins the fleet." in told


def test_values_of_a_vault_are_read_in_both(project):
    (project.folder / "password").write_text("secret")
    secret = VaultLib([("default", VaultSecret(b"secret"))])
    for number in (1400, 1300):
        locked = secret.encrypt(str(number)).decode().replace("\n", "\n      ")
        locked = f"    driver: bridge\n    mtu: !vault |\n      {locked.rstrip()}\n"
        project.write(GROUP.replace("    driver: bridge\n", locked))
        if number == 1400:
            project.commit()
    told = project.told("--vault-password-file", "password")
    assert "- `mtu` becomes `1300` (was `1400`)." in told


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("nope", "there is no `nope` in"),
        ("--help", "there is no `--help` in"),
    ],
)
def test_a_revision_that_is_not_there_is_a_sentence(project, revision, said):
    assert said in " ".join(project.told("-e", f"containerhost_diff_from={revision}", fails=True).split())


def test_a_file_that_is_no_yaml_names_its_revision(project):
    project.write("not: [an, inventory")
    project.commit()
    project.write(GROUP)
    told = " ".join(project.told(fails=True).split())
    assert "at HEAD: YAML parsing failed" in told


def test_a_mistake_names_its_revision_and_its_file(project):
    project.write(GROUP.replace("driver: bridge", "driver: brigde"))
    project.commit()
    project.write(GROUP)
    told = " ".join(project.told(fails=True).split())
    assert "at HEAD: network `web` (inventory/group_vars/all.yml:" in told
    assert "there is no driver 'brigde'" in told
