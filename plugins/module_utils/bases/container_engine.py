# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container engine is to the collection: what its references look like, and where a container's namespace is.

An engine is a file of its name in ``engines/`` with a subclass (``sandboxes.py`` finds it).
"""

from __future__ import annotations

import re
import typing as t

HOSTS, RESOLV = "hosts", "resolv.conf"  # files of /etc
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_SECONDS = 20  # for an answer
# What to do about a container that does not run; of some, it is enough to start it.
START_THEN_RUN = "start it, then run again"
START = "start it, and it is attached"


class NoContainer(t.NamedTuple):
    """Why an engine has no network namespace for a reference, in a sentence; whether it knows of no such container."""

    reason: str
    gone: bool = False


class Running(t.NamedTuple):
    """A container's network namespace, and the files on the host that its engine has made for it (None: none).

    ``root`` is where its file system is on the host. ``asks`` are the name servers that it was started with.
    """

    netns: str
    hosts: t.Optional[str] = None
    resolv: t.Optional[str] = None
    root: t.Optional[str] = None
    asks: t.Tuple[str, ...] = ()


# For each reference, the path of its network namespace.
Answers = t.Dict[str, t.Union[str, Running, NoContainer]]


class Starts:
    """News of what starts, or is to be looked at. It is waited for by ``fileno``, and read without waiting."""

    def fileno(self) -> int:
        raise NotImplementedError

    def read(self) -> list[str]:
        """References, as far as there are any, each by every name that it may have. Raises OSError at the end."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class ContainerEngine:
    """One engine. References are checked before they become part of a path, an address or a command."""

    name: t.ClassVar[str]
    # Does the container's name in the inventory serve as a reference where none is given?
    known_by_name: t.ClassVar[bool] = True
    # Are names as Docker's are? Otherwise ``mistake`` says which ones there are.
    plain_names: t.ClassVar[bool] = True
    # Do its containers read files of their own for ``/etc/hosts`` and ``/etc/resolv.conf`` that can be found?
    has_hosts_file: t.ClassVar[bool] = False
    # Those of them that are in their own file systems, where the engine has made none for them: they outlive the
    # container's process. What an engine makes, it re-creates at each start.
    keeps: t.ClassVar[t.FrozenSet[str]] = frozenset()
    # What gives a container a file of its own, of the name {} in /etc, in an operator's words.
    own_file: t.ClassVar[str] = ""
    # The systemd service without which there is nothing to hear of its containers' starts.
    service: t.ClassVar[t.Optional[str]] = None

    @property
    def tells_of_starts(self) -> bool:
        return type(self).starts is not ContainerEngine.starts

    def mistake(self, ref: str) -> tuple[str, str] | None:
        """What is wrong with a reference, and what to do about it; None where nothing is."""
        if _NAME.fullmatch(ref):
            return None
        return f"{ref!r} is no name of a container of {self.name}", "use letters, digits, '_', '.' and '-'"

    def path(self, ref: str) -> str | None:
        """The path that a reference alone leads to; None where the engine has to be asked."""
        return None

    def root_of(self, ref: str) -> str | None:
        """Where the file system is of a container that does not run; None where it is not on the host."""
        return None

    def missing(self, ref: str) -> str:
        """What to say where nothing is at that path."""
        return self.unknown(ref).reason

    def find(self, refs: t.Sequence[str]) -> Answers:
        """Ask the engine for all of these at once."""
        raise NotImplementedError

    def starts(self) -> Starts | None:
        """News of containers that start, from an engine that calls nobody; None where there are none to be had."""
        return None

    # -- answers -----------------------------------------------------------------------------------------------

    def of_pid(
        self, ref: str, pid: t.Any, hosts: t.Any = None, resolv: t.Any = None, asks: t.Any = None
    ) -> str | Running | NoContainer:
        """The namespace of a container's process, as an engine names it: a number, or text with one."""
        if isinstance(pid, (int, str)) and not isinstance(pid, bool) and re.fullmatch(r"[0-9]{1,10}", str(pid)):
            if int(pid):
                netns = f"/proc/{int(pid)}/ns/net"
                files = [each if isinstance(each, str) and each.startswith("/") else None for each in (hosts, resolv)]
                servers = tuple(map(str, asks)) if isinstance(asks, list) else ()
                return Running(netns, *files, asks=servers) if any(files) else netns
        return NoContainer(f"{self.name} container {ref} is not running on this host: {START_THEN_RUN}")

    def unknown(self, ref: str) -> NoContainer:
        reason = f"there is no {self.name} container {ref} on this host: make and {START_THEN_RUN}"
        return NoContainer(reason, gone=True)

    def silent(self, refs: t.Sequence[str], asked: str, error: object) -> Answers:
        """The engine does not answer: nothing is known of any of its containers."""
        why = getattr(error, "strerror", None) or error
        return {ref: NoContainer(f"{asked} ({why}): {START_THEN_RUN}") for ref in refs}


class Done(t.NamedTuple):
    """An engine's command that has ended: its exit status, and what it said."""

    status: int
    output: str


def ask(command: t.Sequence[str]) -> Done:
    """Run an engine's command. Raises OSError where it cannot be run, or does not end."""
    import subprocess

    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"no answer for {_SECONDS} s") from error
    return Done(done.returncode, done.stdout.decode("utf-8", "replace").strip())
