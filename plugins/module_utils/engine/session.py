# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One piece of work on this host's kernel, as root, by a module or by the program ``containerhost``.

Whatever keeps it from being done, or from being done whole, is an ``Ended`` with words for a person.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.containerhost.network.plugins.module_utils.engine.apply import Failed
from ansible_collections.containerhost.network.plugins.module_utils.engine.kind import LACKS, Kind, link_data_of
from ansible_collections.containerhost.network.plugins.module_utils.engine.objects import Problem
from ansible_collections.containerhost.network.plugins.module_utils.engine.reconcile import Unready
from ansible_collections.containerhost.network.plugins.module_utils.libraries import (
    MINIMUM_PYROUTE2,
    Python,
    distribution,
    is_old,
    obstacle,
    package_of,
    versions,
)
from ansible_collections.containerhost.network.plugins.module_utils.netlink.namespaces import WireError
from ansible_collections.containerhost.network.plugins.module_utils.netlink.transport import Wire
from ansible_collections.containerhost.network.plugins.module_utils.sandboxes import Sandboxes
from ansible_collections.containerhost.network.plugins.module_utils.startup import LibraryMissing
from ansible_collections.containerhost.network.plugins.module_utils.state import lock as lock_file
from ansible_collections.containerhost.network.plugins.module_utils.state.filesystem.files import CannotKeep, read_text
from ansible_collections.containerhost.network.plugins.module_utils.state.kernel import Kernel
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables.nftables import NftError, NftMissing
from ansible_collections.containerhost.network.plugins.module_utils.state.records import CannotNote, Records

# To change networks, and to enter and mount namespaces (linux/capability.h).
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}
NOTHING_DONE = "Nothing has been changed."
CARRY_ON = "What does not depend on it has been made; the next run carries on."


class Ended(Exception):
    """The work has ended early. ``problems`` are its causes, a sentence each; ``lacks`` are missing libraries
    and programs.

    ``partly``: what does not depend on them is done.
    """

    def __init__(
        self, text: str, problems: t.Sequence[str] = (), lacks: t.Sequence[str] = (), partly: bool = False
    ) -> None:
        super().__init__(text)
        self.partly = partly
        self.problems = list(problems)
        self.lacks = list(lacks)


class Incapable(Ended):
    """Nothing can be done: the process may not, or a library is missing."""


class Busy(Ended):
    """Another piece of work has been going on for too long."""


@contextlib.contextmanager
def kernel_of_this_host(
    kinds: t.Sequence[Kind],
    alone: bool = True,
    sandboxes: Sandboxes | None = None,
    patience: float = lock_file.PATIENCE,
    trial: str | None = None,
) -> t.Iterator[Kernel]:
    """The kernel, for one piece of work at a time (``alone``), waited for no longer than ``patience`` seconds.

    ``trial``: the token of the run whose change is on trial, which this is a part of.

    Raises Ended, also for what is raised while it is used.
    """
    if os.geteuid() != 0:
        raise Incapable("This needs root on the host: set become: true.")
    lacking = _lacking_capabilities()
    if lacking:
        raise Incapable(
            f"This needs {' and '.join(lacking)}, which root has not got here: run on the host, not in a container."
        )
    sandboxes = sandboxes or Sandboxes()
    with _in_words():
        turn = lock_file.lock(patience=patience, trial=trial) if alone else contextlib.nullcontext()
        with turn, Wire(link_data_of(kinds), sandboxes.path_of) as wire:
            kernel = Kernel(wire, Records(), kinds, sandboxes=sandboxes)
            try:
                yield kernel
            except Unready as error:
                text = "\n".join([*error.problems, NOTHING_DONE])
                raise Ended(text, error.problems, list(dict.fromkeys(kernel.notes(LACKS)))) from error


@contextlib.contextmanager
def _in_words() -> t.Iterator[None]:
    try:
        yield
    except LibraryMissing as error:
        raise Incapable(f"{error}. {library_advice()} {NOTHING_DONE}", lacks=["pyroute2"]) from error
    except lock_file.LockHeld as error:
        raise Busy(f"{error}\n{NOTHING_DONE}", [str(error)]) from error
    except Problem as error:
        raise Ended(f"{error}\n{NOTHING_DONE}", [str(error)]) from error
    except Failed as error:
        left_out = f"Left out, as they depend on it: {', '.join(_some(error.left_out))}." if error.left_out else ""
        text = "\n".join([*_some(error.failures), *filter(None, [left_out]), CARRY_ON])
        raise Ended(text, error.failures, partly=True) from error
    except CannotNote as error:
        raise Ended(f"{error}.\n{CARRY_ON}", [str(error)]) from error
    except CannotKeep as error:
        raise Ended(f"{error}.", [str(error)]) from error
    except NftMissing as error:
        raise Incapable(str(error), lacks=["libnftables"]) from error
    except (NftError, WireError) as error:
        raise Ended(str(error)) from error


def _lacking_capabilities() -> list[str]:
    """Of those that the work needs, which its process has not got (capabilities(7)), as far as it can be seen."""
    try:
        effective = next(line for line in read_text("/proc/self/status").splitlines() if line.startswith("CapEff:"))
    except (OSError, StopIteration):
        return []
    bits = int(effective.split()[1], 16)
    return [name for name, bit in _CAPABILITIES.items() if not bits >> bit & 1]


def library_advice() -> str:
    """Which package brings pyroute2 to this Python, or what else does."""
    version = versions()["pyroute2"]
    hindrance = obstacle(Python.here(), version if version is not None and is_old(version) else None)
    if hindrance:
        return hindrance[0].upper() + hindrance[1:]
    package = package_of("pyroute2", distribution())
    return (
        f"Install {package} (pyroute2 {MINIMUM_PYROUTE2} or newer) for the Python of"
        " ansible_python_interpreter, or run the role containerhost.network.prerequisites."
    )


def _some(rows: t.Sequence[str], most: int = 10) -> list[str]:
    return [*rows[:most], *([f"… and {len(rows) - most} more like these."] if len(rows) > most else [])]
