# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the document module in a process of its own and kills it before the n-th thing that it does to the host.

A thing is a netlink message, a transaction of nftables, a setting, or what is done to a file, a mount or a namespace.
Of messages that go out in one send, those before the n-th are sent.
"""

from __future__ import annotations

import builtins
import os
import signal
import tempfile
import traceback
from typing import Any

from ansible.module_utils.testing import patch_module_args

from ansible_collections.containerhost.network.plugins.module_utils.engine import executor
from ansible_collections.containerhost.network.plugins.module_utils.netlink import namespaces, transport
from ansible_collections.containerhost.network.plugins.module_utils.state.nftables import nftables
from ansible_collections.containerhost.network.plugins.modules import document
from ansible_collections.containerhost.network.tests.integration.conftest import Host
from ansible_collections.containerhost.network.tests.integration.resident import enter


class Killer:
    """Counts what is done, and kills this process before the ``last`` of it."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.done = 0

    def does(self, things: int = 1) -> int:
        """How many of so many things may still be done; this process ends here if none may."""
        left = self.last - 1 - self.done
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.done += things
        return left

    def counted(self, function: Any, counts: Any = lambda *arguments, **options: True) -> Any:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            if counts(*arguments, **options):
                self.does()
            return function(*arguments, **options)

        return wrapped

    def install(self) -> None:
        send = transport.Wire._send_batch

        def sent(wire: Any, sock: Any, batch: Any) -> list[Any]:
            left = self.does(len(batch))
            refused = list(send(wire, sock, batch[:left]))
            if left < len(batch):
                os.kill(os.getpid(), signal.SIGKILL)
            return refused

        transport.Wire._send_batch = sent
        namespaces._libc.unshare = self.counted(namespaces._libc.unshare)
        nftables.run = self.counted(nftables.run, lambda command, **options: not command.startswith("list"))
        for name in ("bind", "unmount", "make_shared"):
            if hasattr(executor, name):
                setattr(executor, name, self.counted(getattr(executor, name)))
        for name in ("unlink", "replace", "rmdir", "makedirs", "mkdir"):
            setattr(os, name, self.counted(getattr(os, name)))
        os.open = self.counted(os.open, lambda path, flags, *mode, **more: flags & os.O_CREAT)
        builtins.open = self.counted(builtins.open, lambda path, mode="r", *more, **options: "w" in mode)


def killed_before(host: Host, number: int, **options: Any) -> bool:
    """Run it on that host. False: it came to its end, as it does fewer things."""
    given = {**options, "_ansible_check_mode": False, "_ansible_diff": False}
    with tempfile.TemporaryFile("w+") as said:
        child = os.fork()
        if child == 0:
            try:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                enter(host._host.pid, "net", "mnt")
                with patch_module_args(given):
                    Killer(number).install()
                    document.main()
            except SystemExit as end:
                os._exit(int(end.code or 0))
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(99)
        _pid, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return True
        said.seek(0)
        assert os.WEXITSTATUS(status) == 0, said.read()
        return False
