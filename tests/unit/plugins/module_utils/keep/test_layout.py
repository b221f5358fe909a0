# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files a host gets, and that whoever reads them understands them."""

from __future__ import annotations

import configparser
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.keep import layout, pages
from ansible_collections.containerhost.network.plugins.module_utils.keep.layout import HostFacts, KeptFile, KeptLink
from ansible_collections.containerhost.network.tests.unit.plugins.module_utils.keep.documents import (
    bridge,
    saved,
    veth,
)

UNITS = "/etc/systemd/system"
BARE = HostFacts(False, frozenset())
SYSTEMD = HostFacts(True, frozenset())
EVERYTHING = HostFacts(True, frozenset({*layout.FIREWALLS, *layout.ENGINES}))
METRICS = "/var/lib/node"


def with_engines(*engines: str):
    return saved(bridge=[bridge("web")], veth=[veth("web", f"c{n}", engine) for n, engine in enumerate(engines)])


def paths(engines: tuple[str, ...], facts: HostFacts, metrics_folder: str | None = None) -> list[str]:
    return [each.path for each in layout.files(with_engines(*engines), facts, metrics_folder)]


def text(name: str, engines: tuple[str, ...] = (), facts: HostFacts = EVERYTHING, metrics: str | None = METRICS) -> str:
    [found] = [
        each
        for each in layout.files(with_engines(*engines), facts, metrics)
        if isinstance(each, KeptFile) and each.path.endswith(f"/{name}")
    ]
    return found.content.decode()


# -- which -------------------------------------------------------------------------------------------------------------


def test_a_host_without_systemd_has_the_programs_pages_only():
    assert paths((), BARE, METRICS) == [layout.MANUAL, layout.COMPLETION]
    assert paths(("netns", "docker", "nspawn"), BARE) == [layout.MANUAL, layout.COMPLETION]


def test_with_a_network_of_cni_the_program_is_its_plugin_too():
    handed = saved(bridge=[bridge("web")], cni_network=[{"network": "web", "name": "web"}])
    assert layout.files(handed, BARE, None)[2:] == [KeptLink("/opt/cni/bin/containerhost", layout.PROGRAM)]
    among_others = BARE._replace(cni_folders=["/opt/cni/bin", "/usr/lib/cni"])
    assert layout.files(handed, among_others, None)[2:] == [
        KeptLink(f"{folder}/containerhost", layout.PROGRAM) for folder in ("/opt/cni/bin", "/usr/lib/cni")
    ]


def test_with_a_network_of_podmans_the_program_is_a_plugin_of_netavarks():
    handed = saved(bridge=[bridge("web")], podman_network=[{"network": "web", "name": "web"}])
    assert layout.files(handed, BARE, None)[2:] == [
        KeptLink("/usr/local/libexec/netavark/containerhost", layout.PROGRAM)
    ]


def test_with_systemd_it_is_restored_at_boot_and_its_rules_are_watched():
    assert paths((), SYSTEMD)[2:] == [
        f"{UNITS}/containerhost-restore.service",
        f"{UNITS}/multi-user.target.wants/containerhost-restore.service",
        f"{UNITS}/containerhost-nftables.service",
        f"{UNITS}/multi-user.target.wants/containerhost-nftables.service",
    ]


@pytest.mark.parametrize(
    ("engine", "more"),
    [
        ("netns", []),
        ("pid", []),
        ("path", []),
        ("podman", [layout.OCI_HOOKS]),
        ("lxc", [layout.LXC_HOOKS]),
        ("lxd", [f"{UNITS}/containerhost-lxd.service"]),
        ("incus", [f"{UNITS}/containerhost-incus.service"]),
        ("docker", [f"{UNITS}/containerhost-docker.service"]),
        ("nspawn", [f"{UNITS}/containerhost-nspawn.service"]),
        ("systemd", [f"{UNITS}/containerhost-systemd.service"]),
        ("containerd", [f"{UNITS}/containerhost-containerd.service"]),
    ],
)
def test_each_engine_has_what_tells_of_its_starts(engine, more):
    added = set(paths((engine,), SYSTEMD)) - set(paths((), SYSTEMD))
    assert [path for path in sorted(added) if ".wants/" not in path] == more


def test_several_engines_have_theirs_each():
    found = paths(("docker", "podman", "lxc", "nspawn"), SYSTEMD)
    assert {layout.OCI_HOOKS, layout.LXC_HOOKS} < set(found)
    assert [path for path in found if path.startswith(f"{UNITS}/containerhost-")] == [
        f"{UNITS}/containerhost-{name}.service" for name in ("restore", "nftables", "docker", "nspawn")
    ]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("name", layout.FIREWALLS)
def test_a_firewall_that_is_there_calls_us_after_its_start(name):
    found = set(paths((), HostFacts(True, frozenset({name})))) - set(paths((), SYSTEMD))
    assert found == {f"{UNITS}/{name}.service.d/containerhost.conf"}


def test_docker_has_its_watcher_where_a_service_runs_it():
    facts = HostFacts(True, frozenset({"docker"}))
    wants = f"{UNITS}/docker.service.wants/containerhost-docker.service"
    assert wants in paths(("docker",), facts)
    assert wants not in paths(("docker",), SYSTEMD)
    assert f"{UNITS}/multi-user.target.wants/containerhost-docker.service" in paths(("docker",), SYSTEMD)


def test_a_timer_only_where_it_is_asked_for():
    added = set(paths((), SYSTEMD, METRICS)) - set(paths((), SYSTEMD))
    assert sorted(path.removeprefix(f"{UNITS}/") for path in added) == [
        "containerhost-check.service",
        "containerhost-check.timer",
        "timers.target.wants/containerhost-check.timer",
    ]
    assert f"check --metrics {METRICS}\n" in text("containerhost-check.service")


def test_links_lead_to_files_that_are_there():
    found = layout.files(with_engines("docker", "nspawn"), EVERYTHING, METRICS)
    there = {each.path for each in found if isinstance(each, KeptFile)}
    assert {each.target for each in found if isinstance(each, KeptLink)} <= there


def test_every_file_whose_format_has_comments_says_whose_it_is():
    for each in layout.files(with_engines("docker", "podman", "lxc", "nspawn"), EVERYTHING, METRICS):
        if isinstance(each, KeptFile) and not each.path.endswith(".json"):
            assert pages.HEADER in each.content.decode().splitlines()[0], each.path


# -- what is in them ---------------------------------------------------------------------------------------------------


class Unit(configparser.ConfigParser):
    """A service's file; some options may be given again and again, of which the last is kept here."""

    def __init__(self, content: str) -> None:
        super().__init__(strict=False, interpolation=None)
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string(content)


def units() -> list[KeptFile]:
    found = layout.files(with_engines("docker", "nspawn"), EVERYTHING, METRICS)
    return [each for each in found if isinstance(each, KeptFile) and each.path.startswith(UNITS)]


@pytest.mark.parametrize("file", units(), ids=lambda file: file.path.removeprefix(f"{UNITS}/"))
def test_every_line_of_a_service_is_an_option(file):
    parsed = Unit(file.content.decode())
    assert set(parsed.sections()) <= {"Unit", "Service", "Timer", "Install"}
    for section in parsed.sections():
        for name, value in parsed[section].items():
            assert name.isalpha() and value, (section, name)


def test_systemd_understands_every_service(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here; the lines are parsed by the test before")
    names = []
    for file in units():
        path = tmp_path / file.path.removeprefix(f"{UNITS}/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(file.content.decode().replace(layout.PROGRAM, "/bin/true"))
        if path.parent == tmp_path:
            names.append(str(path))
        else:  # a part of somebody else's service, which has a command of its own
            service = tmp_path / path.parent.name[: -len(".d")]
            service.write_text("[Service]\nExecStart=/bin/true\n")
            names.append(str(service))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *names],
        capture_output=True, text=True, check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )  # fmt: skip
    complaints = [line for line in checked.stderr.splitlines() if str(tmp_path) in line]
    assert (complaints, checked.returncode) == ([], 0), checked.stderr


def test_it_is_restored_before_engines_start_containers_and_after_firewalls_have_begun():
    unit = Unit(text("containerhost-restore.service"))
    before, after = unit["Unit"]["Before"].split(), unit["Unit"]["After"].split()
    assert {"docker.service", "podman-restart.service", "lxc.service", "machines.target"} <= set(before)
    assert {"nftables.service", "firewalld.service", "ufw.service"} <= set(after)
    assert set(before).isdisjoint(after)


def test_a_boot_is_waited_for_longer_than_it_waits_itself():
    unit = Unit(text("containerhost-restore.service"))
    waits = float(unit["Service"]["ExecStart"].split("--wait ")[1])
    assert float(unit["Service"]["TimeoutStartSec"]) > waits + 120  # another run's patience


def test_the_watcher_of_docker_lives_as_long_as_docker_and_does_not_start_it():
    unit = Unit(text("containerhost-docker.service", ("docker",)))["Unit"]
    assert (unit["Requisite"], unit["After"]) == ("docker.service", "docker.service")
    assert {"BindsTo", "Requires", "Wants"}.isdisjoint(unit)


@pytest.mark.parametrize("what", layout.watchable())
def test_a_watcher_is_begun_again_however_often_it_is_killed(what):
    """systemd would give up after five starts within ten seconds."""
    unit = Unit(text(f"containerhost-{what}.service", tuple({*layout.watchable()} - {"nftables"})))
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"


def test_a_firewalls_own_start_does_not_depend_on_ours():
    for name in layout.FIREWALLS:
        drop_in = next(file for file in units() if f"/{name}.service.d/" in file.path).content.decode()
        commands = [line.partition("=")[2] for line in drop_in.splitlines() if line.startswith("Exec")]
        assert commands and all(command.startswith("-/") for command in commands), name


def test_no_container_is_kept_from_starting_whatever_has_become_of_the_program(monkeypatch):
    """The shell answers for a program that has gone, as for a Python that has."""
    monkeypatch.setattr(layout, "PROGRAM", "/nonexistent/containerhost")
    hook = json.loads(text("containerhost.json", ("podman",)))
    [line] = [line for line in text("50-containerhost.conf", ("lxc",)).splitlines() if not line.startswith("#")]
    name, _equals, command = line.partition(" = ")
    assert (hook["stages"], hook["when"], name) == (["createRuntime"], {"always": True}, "lxc.hook.start-host")
    assert hook["hook"]["args"][0] == Path(hook["hook"]["path"]).name
    called = subprocess.run(hook["hook"]["args"], executable=hook["hook"]["path"], check=False, capture_output=True)
    assert (called.returncode, b"not found" in called.stderr) == (0, True)
    # As lxc calls it: by a shell, with words of its own.
    called = subprocess.run(["sh", "-c", f"exec {command} shop lxc start-host"], check=False, capture_output=True)
    assert (called.returncode, b"not found" in called.stderr) == (0, True)


# -- pages -------------------------------------------------------------------------------------------------------------


def test_the_manual_page_is_one_without_complaints(tmp_path):
    if shutil.which("man") is None:
        pytest.skip("man is not here")
    page = tmp_path / "containerhost.8"
    page.write_text(pages.MANUAL)
    shown = subprocess.run(
        ["man", "--warnings", "--local-file", str(page)], capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "100", "LANG": "C.UTF-8"},
    )  # fmt: skip
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "containerhost check" in shown.stdout


def test_bash_completes_commands_options_and_names(tmp_path):
    script = f"""{pages.COMPLETION}
complete_() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _containerhost; echo "${{COMPREPLY[*]}}"; }}
complete_ containerhost ""
complete_ containerhost restore ""
complete_ containerhost check --j
"""
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    assert found == ["restore check diff show attach version", "--wait --again --json", "--json"]
