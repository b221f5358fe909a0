# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on a host: written, changed and removed in a folder of the test's own, and interrupted at each single step."""

from __future__ import annotations

import builtins
import errno
import functools
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.keep import archive, install, layout, manifest
from ansible_collections.containerhost.network.plugins.module_utils.keep import saved as saved_file
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import ENGINES
from ansible_collections.containerhost.network.plugins.module_utils.state.engines import cni_lists
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import CannotKeep
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.documents import (
    bridge,
    saved,
    veth,
)

WEB = saved(bridge=[bridge("web")], veth=[veth("web", "shop"), veth("web", "front", "podman")])
MORE = saved(bridge=[bridge("web")], veth=[veth("web", "shop", "lxc"), veth("web", "db", "docker")])
# What changes a file system.
CALLS = ("open", "mkdir", "rmdir", "unlink", "replace", "symlink", "utime", "fchmod", "fsync")


class Host:
    """A host's folders below one of the test's own; what was asked of systemd is noted."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        for folder in ("etc", "usr/local/sbin", "units/usr", "run"):
            (root / folder).mkdir(parents=True)

    def boot(self) -> None:
        """systemd runs it."""
        (self.root / "run/systemd").mkdir(exist_ok=True)

    def has_service(self, name: str) -> None:
        (self.root / f"units/usr/{name}.service").touch()

    def path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def tree(self) -> dict[str, str]:
        """Every file, folder and link, with its mode and its content but for the document's date."""
        return {str(path.relative_to(self.root)): _told(path) for path in sorted(self.root.rglob("*"))}

    def names(self) -> list[str]:
        return [name for name, told in self.tree().items() if not told.startswith("folder ")]


def _told(path: Path) -> str:
    mode = oct(path.lstat().st_mode & 0o7777)
    if path.is_symlink():
        return f"link to {os.readlink(path)}"
    if path.is_dir():
        return f"folder {mode}"
    rows = path.read_bytes().decode("latin-1").splitlines(keepends=True)
    return mode + "".join(row for row in rows if not row.startswith('"date":'))


@pytest.fixture
def host(tmp_path, monkeypatch) -> Host:
    """The modules' paths lead below it, and its program is built in no time."""
    made = Host(tmp_path)
    for name in ("PROGRAM", "MANUAL", "COMPLETION", "UNITS", "OCI_HOOKS", "LXC_HOOKS"):
        monkeypatch.setattr(layout, name, f"{tmp_path}{getattr(layout, name)}")
    titles = {f"{tmp_path}{path}": title for path, title in layout.TITLES.items()}
    monkeypatch.setattr(layout, "TITLES", titles)
    monkeypatch.setattr(saved_file, "FOLDER", f"{tmp_path}/etc/containerhost")
    monkeypatch.setattr(saved_file, "PATH", f"{tmp_path}/etc/containerhost/document.json")
    monkeypatch.setattr(saved_file, "read", functools.partial(saved_file.read, saved_file.PATH))
    monkeypatch.setattr(manifest, "PATH", f"{tmp_path}/etc/containerhost/installed.json")
    monkeypatch.setattr(install, "_BOOTED", f"{tmp_path}/run/systemd")
    monkeypatch.setattr(install, "_UNIT_FOLDERS", [f"{tmp_path}/units/usr"])
    monkeypatch.setattr(install, "_systemctl", lambda *words: made.asked.append(" ".join(words)))
    monkeypatch.setattr(os, "fsync", _no_fsync)  # whoever waits for a disk a thousand times waits for half a minute
    monkeypatch.setattr(archive, "identity", lambda: "first")
    monkeypatch.setattr(archive, "build", lambda: b"#!/usr/bin/python3 -I\nfirst")
    return made


def _no_fsync(fd: int) -> None:
    os.fstat(fd)


def keep(document, metrics_folder=None):
    """A run: returns what it was going to do."""
    todo = install.plan(document, metrics_folder)
    if todo is not None:
        install.install(todo)
    return todo


def changed(todo) -> list[str]:
    return [] if todo is None else [Path(change.path).name for change in todo.changes]


# -- installing, changing, removing ------------------------------------------------------------------------------------


def test_a_host_gets_the_program_its_pages_hooks_and_document(host):
    keep(WEB)
    assert host.names() == [
        "etc/containerhost/document.json",
        "etc/containerhost/installed.json",
        "usr/local/sbin/containerhost",
        "usr/local/share/bash-completion/completions/containerhost",
        "usr/local/share/man/man8/containerhost.8",
        "usr/share/containers/oci/hooks.d/containerhost.json",
    ]
    modes = {name: host.tree()[name].split("#")[0][:5] for name in host.names()}
    assert modes["usr/local/sbin/containerhost"] == "0o755"
    assert modes["etc/containerhost/document.json"] == modes["etc/containerhost/installed.json"] == "0o600"
    assert host.tree()["etc/containerhost"] == "folder 0o700"
    assert host.tree()["usr/share/containers"] == "folder 0o755"
    assert saved_file.read()._replace(date=None) == WEB


def test_folders_can_be_gone_through_whatever_the_callers_umask(host):
    before = os.umask(0o077)
    try:
        keep(WEB)
    finally:
        os.umask(before)
    assert host.tree()["usr/share/containers/oci/hooks.d"] == "folder 0o755"


@pytest.mark.parametrize("systemd", [False, True])
def test_a_second_run_changes_nothing(host, systemd):
    if systemd:
        host.boot()
        host.has_service("nftables")
    keep(WEB, "/var/lib/node")
    before = host.tree()
    assert changed(keep(WEB, "/var/lib/node")) == []
    assert host.tree() == before


def test_a_plan_of_another_digest_is_no_change_and_is_saved(host):
    keep(WEB)
    date = saved_file.read().date
    assert changed(keep(WEB._replace(digest="d2"))) == []
    assert (saved_file.read().digest, saved_file.read().date) == ("d2", date)


def test_the_documents_time_is_that_of_the_last_run(host):
    keep(WEB)
    os.utime(saved_file.PATH, (1, 1))
    keep(WEB)
    assert saved_file.last_run(saved_file.PATH) > 1


def test_files_that_are_no_longer_needed_go_with_their_folders(host):
    keep(WEB)
    todo = keep(MORE)
    assert changed(todo) == ["containerhost.json", "50-containerhost.conf", "document.json"]
    assert not host.path("/usr/share/containers").exists()
    assert host.path("/usr/share/lxc/config/common.conf.d/50-containerhost.conf").exists()


def test_a_changed_program_is_replaced(host, monkeypatch):
    keep(WEB)
    monkeypatch.setattr(archive, "identity", lambda: "second")
    monkeypatch.setattr(archive, "build", lambda: b"#!/usr/bin/python3 -I\nsecond")
    assert changed(keep(WEB)) == ["containerhost"]
    assert host.path("/usr/local/sbin/containerhost").read_bytes().endswith(b"second")
    assert changed(keep(WEB)) == []


@pytest.mark.parametrize("name", ["sbin/containerhost", "share/man/man8/containerhost.8"])
@pytest.mark.parametrize("harm", [
    lambda path: path.write_text("x"), lambda path: path.chmod(0o600), Path.unlink, lambda path: os.chown(path, 7, 7),
])  # fmt: skip
def test_a_file_of_ours_that_somebody_has_changed_is_mended(host, name, harm):
    keep(WEB)
    before = host.tree()
    harm(host.path(f"/usr/local/{name}"))
    assert changed(keep(WEB)) == [Path(name).name]
    assert host.tree() == before


@pytest.mark.parametrize("harm", [lambda path: path.chmod(0o644), lambda path: os.chown(path, 7, 7), Path.unlink])
def test_a_document_that_others_may_read_is_written_again(host, harm):
    keep(WEB)
    before = host.tree()
    harm(host.path("/etc/containerhost/document.json"))
    assert changed(keep(WEB)) == ["document.json"]
    assert host.tree() == before
    assert host.path("/etc/containerhost/document.json").stat().st_uid == os.geteuid()
    assert changed(keep(WEB)) == []


@pytest.mark.parametrize("document", [None, saved(networks={}, bridge=[])], ids=["off", "nothing on this host"])
@pytest.mark.parametrize("systemd", [False, True])
def test_nothing_is_left_of_it(host, document, systemd):
    if systemd:
        host.boot()
        host.has_service("docker")
    host.path("/usr/share/lxc/config").mkdir(parents=True)
    before = host.tree()
    keep(MORE, "/var/lib/node")
    keep(WEB)
    keep(document)
    assert host.tree() == before
    assert install.plan(document) is None


def test_a_folder_that_somebody_else_has_put_something_in_stays(host):
    keep(WEB)
    host.path("/usr/share/containers/oci/hooks.d/theirs.json").touch()
    keep(None)
    assert host.names() == ["usr/share/containers/oci/hooks.d/theirs.json"]


def test_a_folder_of_our_name_that_was_there_before_stays(host):
    host.path("/etc/containerhost").mkdir(mode=0o755)
    before = host.tree()
    keep(None)
    keep(WEB)
    keep(None)
    assert host.tree() == before


def test_the_metrics_go_when_nobody_writes_them_any_more(host):
    host.boot()
    folder = host.path("/var/lib/node")
    folder.mkdir(parents=True)
    keep(WEB, str(folder))
    (folder / "containerhost.prom").touch()
    (folder / "other.prom").touch()
    assert changed(keep(WEB, str(folder))) == []
    assert "containerhost.prom" in changed(keep(WEB))
    assert [path.name for path in folder.iterdir()] == ["other.prom"]


def test_check_mode_touches_nothing(host):
    before = host.tree()
    install.plan(WEB)
    assert host.tree() == before


# -- what is there already ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/usr/local/sbin/containerhost", "/usr/share/containers/oci/hooks.d/containerhost.json"]
)
def test_a_file_of_somebody_elses_is_refused_by_its_name_and_stays(host, path):
    place = host.path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("theirs")
    before = host.tree()
    with pytest.raises(Problem, match=f"{path} is a file of somebody else's, .* containerhost_keep: false"):
        install.plan(WEB)
    assert host.tree() == before


def test_a_link_of_somebody_elses_is_refused_by_its_name(host):
    host.boot()
    place = host.path("/etc/systemd/system/multi-user.target.wants/containerhost-restore.service")
    place.parent.mkdir(parents=True)
    place.symlink_to("/elsewhere")
    with pytest.raises(Problem, match=r"containerhost-restore\.service is a link of somebody else's"):
        install.plan(WEB)


def test_where_the_manifest_is_lost_files_of_ours_are_known_by_their_header(host, monkeypatch):
    keep(WEB)
    os.unlink(manifest.PATH)
    manual = host.path("/usr/local/share/man/man8/containerhost.8")
    manual.write_text(f"{manual.read_text()}an older one")
    assert changed(keep(WEB)) == ["containerhost.8"]
    keep(None)
    assert host.names() == []


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": 2, "files": {}, "folders": []}', '{"version": 1}'])
def test_a_damaged_manifest_is_a_sentence(host, content):
    keep(WEB)
    Path(manifest.PATH).write_text(content)
    with pytest.raises(Problem, match=r"installed\.json .*remove it"):
        install.plan(WEB)


@pytest.mark.parametrize("content", ["", "{}", '{"version": 2}'])
def test_a_damaged_document_is_written_anew(host, content):
    keep(WEB)
    Path(saved_file.PATH).write_text(content)
    assert changed(keep(WEB)) == ["document.json"]
    assert saved_file.read().document == WEB.document


# -- CNI ---------------------------------------------------------------------------------------------------------------

HANDED = saved(bridge=[bridge("web")], cni_network=[{"network": "web", "name": "web"}])


@pytest.fixture
def plugins(host, monkeypatch) -> Callable[[], list[str]]:
    """Which of the folders of CNI plugins have ours; the first two of those that engines look into are called so."""
    folders = (f"{host.root}/opt/cni/bin", f"{host.root}/usr/lib/cni")
    monkeypatch.setattr(cni_lists, "PLUGIN_FOLDERS", folders)
    names = ("opt/cni/bin", "usr/lib/cni")
    return lambda: [name for name in names if (host.root / name / "containerhost").is_symlink()]


def test_the_plugin_is_where_others_are_and_no_folder_is_made_that_an_engine_would_look_into_instead(host, plugins):
    (host.root / "usr/lib/cni").mkdir(parents=True)
    (host.root / "usr/lib/cni/bridge").touch()
    keep(HANDED)
    assert plugins() == ["usr/lib/cni"]
    assert not (host.root / "opt").exists()
    assert changed(keep(HANDED)) == []
    keep(None)
    assert [path.name for path in (host.root / "usr/lib/cni").iterdir()] == ["bridge"]


def test_a_folder_that_is_there_for_the_plugin_alone_goes_when_a_distribution_brings_its_own(host, plugins):
    keep(HANDED)
    assert plugins() == ["opt/cni/bin"]
    assert changed(keep(HANDED)) == []
    (host.root / "usr/lib/cni").mkdir(parents=True)
    keep(HANDED)
    assert plugins() == ["usr/lib/cni"]
    assert not (host.root / "opt").exists()
    # Somebody's own, be it that nothing is in it yet.
    (host.root / "opt/cni/bin").mkdir(parents=True)
    keep(HANDED)
    assert plugins() == ["opt/cni/bin", "usr/lib/cni"]
    assert changed(keep(HANDED)) == []
    keep(None)
    assert (host.root / "opt/cni/bin").is_dir()
    assert (host.root / "usr/lib/cni").is_dir()
    assert plugins() == []


# -- systemd -----------------------------------------------------------------------------------------------------------


def test_systemd_hears_of_new_services_and_of_those_that_go(host):
    host.boot()
    host.has_service("docker")
    keep(MORE)
    assert host.asked == [
        "daemon-reload",
        "restart --no-block containerhost-nftables.service",
        "restart --no-block containerhost-docker.service",
    ]
    host.asked.clear()
    keep(MORE)
    assert [words.split()[0] for words in host.asked] == ["start", "start"]
    host.asked.clear()
    keep(WEB)
    assert host.asked == [
        "stop containerhost-docker.service",
        "daemon-reload",
        "start --no-block containerhost-nftables.service",
    ]
    host.asked.clear()
    keep(None)
    assert host.asked == ["stop containerhost-nftables.service containerhost-restore.service", "daemon-reload"]


@pytest.mark.parametrize("engine", [name for name in ENGINES if ENGINES[name].service is not None])
def test_what_hears_of_an_engines_starts_lives_with_its_service_where_the_host_has_that(host, engine):
    host.boot()
    service = f"{ENGINES[engine].service}.service"
    document = saved(bridge=[bridge("web")], veth=[veth("web", "shop", engine)])
    keep(document)
    assert f"Requisite={service}" not in Path(f"{layout.UNITS}/containerhost-{engine}.service").read_text()
    host.has_service(ENGINES[engine].service)
    keep(document)
    assert f"Requisite={service}" in Path(f"{layout.UNITS}/containerhost-{engine}.service").read_text()
    assert os.path.lexists(f"{layout.UNITS}/{service}.wants/containerhost-{engine}.service")


def test_whoever_finishes_a_killed_run_tells_systemd_for_it(host, monkeypatch):
    host.boot()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(install, "_tell_systemd", _killed)
        keep(MORE)
    host.asked.clear()
    assert changed(keep(MORE)) == []
    assert host.asked[0] == "daemon-reload"
    assert "restart --no-block containerhost-nftables.service" in host.asked


@pytest.mark.parametrize("error", [subprocess.TimeoutExpired("systemctl", 60), FileNotFoundError(2, "none", "x")])
def test_a_systemd_that_does_not_answer_is_a_sentence(host, monkeypatch, error):
    host.boot()

    def silent(*words: str) -> None:
        raise error

    monkeypatch.setattr(install, "_systemctl", silent)
    with pytest.raises(CannotKeep, match="containerhost_keep: false"):
        keep(WEB)


# -- faults ------------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Nobody catches it: the process is gone."""


def _killed(*_arguments, **_options) -> None:
    raise Killed


_real_open = os.open


class Fault:
    """Lets so many steps of a file system pass, and none after them."""

    def __init__(self, steps: int, error: Callable[[], BaseException]) -> None:
        self.left, self.error = steps, error

    def wrap(self, call: Callable) -> Callable:
        def wrapped(*arguments, **options):
            writes = call is not _real_open or arguments[1] & os.O_CREAT
            if writes and self.left <= 0:
                raise self.error()
            self.left -= bool(writes)
            return call(*arguments, **options)

        return wrapped

    def wrap_open(self, call: Callable) -> Callable:
        """Half of what is written is there when it stops."""

        def opened(*arguments, **options):
            file = call(*arguments, **options)
            if self.left <= 0 and "w" in str(arguments[1:]):
                file.write(b"{")
                file.flush()
                raise self.error()
            return file

        return opened


def interrupted(patch: pytest.MonkeyPatch, document, steps: int, error=Killed) -> bool:
    """A run that stops after so many steps; was there anything left for it to do?"""
    todo = install.plan(document)
    assert todo is not None
    fault = Fault(steps, error)
    with patch.context() as context:
        for name in CALLS:
            context.setattr(os, name, fault.wrap(getattr(os, name)))
        context.setattr(builtins, "open", fault.wrap_open(builtins.open))
        try:
            install.install(todo)
        except (Killed, CannotKeep):
            return True
    return False


def stops(run: Callable[[int], bool]) -> Iterator[int]:
    """Every point at which a run can stop."""
    for steps in range(500):
        if not run(steps):
            assert steps > 10
            return
        yield steps
    pytest.fail("it does not end")


@pytest.fixture
def ready(host) -> Host:
    host.boot()
    host.has_service("nftables")
    host.path("/usr/share/lxc").mkdir(parents=True)
    return host


def no_space() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("error", [Killed, no_space], ids=["killed", "disk full"])
@pytest.mark.parametrize("before", [None, WEB], ids=["first", "later"])
def test_a_run_that_stops_anywhere_is_finished_by_the_next(ready, monkeypatch, before, error):
    keep(before)
    keep(MORE)
    whole = ready.tree()
    keep(before)
    for _steps in stops(lambda steps: interrupted(monkeypatch, MORE, steps, error)):
        keep(MORE)
        assert ready.tree() == whole
        keep(before)


@pytest.mark.parametrize("error", [Killed, no_space], ids=["killed", "disk full"])
@pytest.mark.parametrize("before", [None, WEB], ids=["first", "later"])
def test_of_a_run_that_stops_anywhere_nothing_is_left_when_all_goes(ready, monkeypatch, before, error):
    empty = ready.tree()
    keep(before)
    for _steps in stops(lambda steps: interrupted(monkeypatch, MORE, steps, error)):
        keep(None)
        assert ready.tree() == empty
        keep(before)


def test_of_a_run_that_stops_anywhere_nothing_is_left_when_the_one_before_is_wanted_again(ready, monkeypatch):
    keep(WEB)
    before = ready.tree()
    for _steps in stops(lambda steps: interrupted(monkeypatch, MORE, steps)):
        keep(WEB)
        assert ready.tree() == before


def test_the_document_is_the_one_before_or_the_new_one_wherever_a_run_stops(ready, monkeypatch):
    keep(WEB)
    for _steps in stops(lambda steps: interrupted(monkeypatch, MORE, steps)):
        assert saved_file.read()._replace(date=None) in (WEB, MORE)
        assert json.loads(Path(manifest.PATH).read_text())["version"] == 1
        keep(WEB)


def test_a_removal_that_stops_anywhere_is_finished_by_the_next(ready, monkeypatch):
    empty = ready.tree()
    keep(MORE)
    for _steps in stops(lambda steps: interrupted(monkeypatch, None, steps)):
        keep(None)
        assert ready.tree() == empty
        keep(MORE)


def test_a_program_goes_after_the_hooks_that_call_it(host):
    keep(MORE)
    assert changed(install.plan(None))[-2:] == ["containerhost", "document.json"]


def test_a_full_disk_is_a_sentence_with_the_place(host, monkeypatch):
    todo = install.plan(WEB)

    def full(*_arguments) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/etc/containerhost/document.json.new")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotKeep, match=r"/etc/containerhost/document\.json\.new cannot be written \(No space left"):
        install.install(todo)


def test_a_file_system_that_is_read_only_is_known_before_anything_is_changed(host, monkeypatch):
    class ReadOnly:
        f_flag = os.ST_RDONLY

    before = host.tree()
    monkeypatch.setattr(os, "statvfs", lambda path: ReadOnly)
    with pytest.raises(Problem, match=r"/etc/containerhost is on a file system that is read-only"):
        install.plan(WEB)
    assert host.tree() == before
