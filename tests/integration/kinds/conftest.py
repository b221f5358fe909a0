# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every test of this folder runs in a process of its own, in namespaces of its own, with a /run and an /etc of its own.

So a test may use the wire in process, and whatever it leaves behind goes with it.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import traceback
from collections.abc import Callable

import pytest

from ansible_collections.containerhost.network.tests.integration.conftest import OWN_FOLDER

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "no namespaces: this needs root")


def alone(test: Callable[[], None]) -> None:
    _check(_libc.unshare(CLONE_NEWNS | CLONE_NEWNET))
    _check(_libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))
    _check(_libc.mount(b"none", b"/run", b"tmpfs", ctypes.c_ulong(0), None))
    subprocess.run(["sh", "-ec", OWN_FOLDER.format("/etc")], check=True)
    test()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        text = "it ended without a word"
        try:
            alone(lambda: pyfuncitem.obj(**arguments))
            text = ""
        except BaseException:
            text = traceback.format_exc()
        finally:
            os.write(writing, text.encode()[-60000:])
            sys.stdout.flush()
            os._exit(bool(text))
    os.close(writing)
    with open(reading, encoding="utf-8", errors="replace") as pipe:
        text = pipe.read()
    _pid, status = os.waitpid(child, 0)
    if status:
        pytest.fail(text or f"the test's process ended with status {status}", pytrace=False)
    return True
