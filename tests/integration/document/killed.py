# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the document module and kills it before the n-th thing that it does to the host: ``killed.py N ARGUMENTS``.

A program of its own: the process that is killed is the one that works. It prints how many things it did if it was
not killed at all.
"""

from __future__ import annotations

import builtins
import os
import signal
import sys
from typing import Any

from ansible_collections.containerhost.network.plugins.module_utils.engine import executor
from ansible_collections.containerhost.network.plugins.module_utils.netlink import namespaces, transport
from ansible_collections.containerhost.network.plugins.module_utils.state import nftables
from ansible_collections.containerhost.network.plugins.modules import document

last = int(sys.argv[1])
done = 0


def counted(function: Any, counts: Any = lambda *arguments, **options: True) -> Any:
    def wrapped(*arguments: Any, **options: Any) -> Any:
        global done
        if counts(*arguments, **options):
            done += 1
            if done == last:
                os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)

    return wrapped


def main() -> None:
    transport.Wire._send_batch = counted(transport.Wire._send_batch)
    namespaces._libc.unshare = counted(namespaces._libc.unshare)
    nftables.run = counted(nftables.run, lambda command, **options: not command.startswith("list"))
    for name in ("bind", "unmount", "make_shared"):
        setattr(executor, name, counted(getattr(executor, name)))
    for name in ("unlink", "replace", "rmdir", "makedirs"):
        setattr(os, name, counted(getattr(os, name)))
    os.open = counted(os.open, lambda path, flags, *mode, **more: flags & os.O_CREAT)
    builtins.open = counted(builtins.open, lambda path, mode="r", *more, **options: "w" in mode and "/run" in str(path))
    sys.argv[1:] = sys.argv[2:]
    try:
        document.main()
    finally:
        print(done, file=sys.stderr)


if __name__ == "__main__":
    main()
