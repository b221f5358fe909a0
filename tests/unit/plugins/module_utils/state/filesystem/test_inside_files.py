# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in the root of a container, where whoever is inside has put things in the way."""

from __future__ import annotations

import os

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine import file_steps
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.steps import WriteBlock, WriteResolv
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem import inside_files
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.host_files import HostFiles
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.inside_files import InsideFile

NAMES = ("10.80.0.2 db db.web",)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "secret").write_text("the host's\n")
    return tmp_path / "root"


def hosts(root):
    return InsideFile(str(root), "etc", "hosts")


def block(root, entries=NAMES):
    return list(file_steps.write_blocks([WriteBlock(hosts(root), "plan/web", "web", entries, True)]))


def part(root, *lines):
    place = InsideFile(str(root), "etc", "resolv.conf")
    return list(file_steps.write_resolvs([WriteResolv(place, "plan/web", lines)]))


@pytest.mark.parametrize("text", ["127.0.0.1 localhost\n", ""])
def test_a_file_stays_the_one_that_it_is_and_is_as_before_in_the_end(root, text):
    (root / "etc/hosts").write_text(text)
    before = (root / "etc/hosts").stat()
    assert block(root) == [] and NAMES[0] in (root / "etc/hosts").read_text()
    assert block(root, None) == [] and (root / "etc/hosts").read_text() == text
    after = (root / "etc/hosts").stat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)


def test_one_that_is_missing_is_made_and_goes_again(root):
    assert block(root) == [] and part(root, "nameserver 10.80.0.1") == []
    assert "127.0.0.1 localhost" in (root / "etc/hosts").read_text()
    assert HostFiles().text(hosts(root)) == (root / "etc/hosts").read_text()
    assert {oct((root / "etc" / name).stat().st_mode) for name in ("hosts", "resolv.conf")} == {"0o100644"}
    assert block(root, None) == [] and part(root) == []
    assert os.listdir(root / "etc") == []


def test_what_has_gone_with_its_container_is_gone(root):
    (root / "etc").rmdir()
    root.rmdir()
    assert block(root, None) == [] and part(root) == []
    assert HostFiles().text(hosts(root)) is None


def link(root):
    (root / "etc/hosts").symlink_to(root.parent / "secret")


def linked_folder(root):
    (root / "etc").rmdir()
    (root / "etc").symlink_to(root.parent)
    (root.parent / "hosts").write_text("the host's\n")


def pipe(root):
    os.mkfifo(root / "etc/hosts")


def endless(root):
    (root / "etc/hosts").touch()
    os.truncate(root / "etc/hosts", 1 << 40)


TRAPS = [(link, "is a link"), (linked_folder, "cannot be used"), (pipe, "regular"), (endless, "is larger than any")]


@pytest.mark.parametrize(("trap", "said"), TRAPS)
def test_nothing_that_somebody_inside_has_made_of_it_is_followed_or_waited_for(root, trap, said):
    trap(root)
    assert said in HostFiles().fault(hosts(root), "/etc/hosts")
    assert len(block(root)) == 1
    assert (root.parent / "secret").read_text() == "the host's\n"
    assert not (root.parent / "hosts").exists() or (root.parent / "hosts").read_text() == "the host's\n"


@pytest.mark.parametrize("inside", [True, False], ids=["in its file system", "made by its engine"])
def test_what_grows_meanwhile_is_not_read_into_memory(root, inside):
    endless(root)
    place = hosts(root) if inside else str(root / "etc/hosts")
    with pytest.raises(Problem, match="is larger than any file of its kind"):
        HostFiles().text_of_container(place)
    assert len(list(file_steps.write_blocks([WriteBlock(place, "plan/web", "web", NAMES, True)]))) == 1
    assert len(list(file_steps.write_resolvs([WriteResolv(place, "plan/web", ("nameserver 10.0.0.1",))]))) == 1
    assert (root / "etc/hosts").stat().st_size == 1 << 40


def test_the_hosts_own_is_nobody_elses(root):
    os.link(root.parent / "secret", root / "etc/hosts")
    assert HostFiles().fault(hosts(root), str(root.parent / "secret")) == "is the host's own"
    assert inside_files.fault(InsideFile("/", "etc", "no-such-file"), "/etc/hosts") == "is the host's own"


def test_where_there_is_nothing_and_can_be_nothing(root):
    assert HostFiles().fault(hosts(root), "/etc/hosts") is None
    (root / "etc").rmdir()
    assert HostFiles().fault(hosts(root), "/etc/hosts") == "is missing, and its folder as well"
    assert HostFiles().fault(str(root / "nothing"), "/etc/hosts") == "is missing"
