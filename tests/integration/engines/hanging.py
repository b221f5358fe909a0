# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file system that answers nothing but that it is there (FUSE, linux/fuse.h), as whoever may mount one can make it.

As a program (``hanging.py PLACE``) it is mounted there, says so, and serves until it is ended. ``hanging.py PLACE
root`` is in it as well: it is the program's root.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys

_INIT, _ACCESS = 26, 34
_ENOSYS = 38  # whoever is told so does not ask again
_HEADER = struct.Struct("=IIQ")  # length, operation, number of the request
_ANSWER = struct.Struct("=IiQ")
# Of fuse_init_out: version 7.31, read-ahead, flags, requests in the background, the largest write, time's granularity.
_STARTED = struct.pack("=IIIIHHIIHHI7I", 7, 31, 1 << 16, 0, 12, 10, 1 << 16, 1, 1, 0, 0, *[0] * 7)


def main(place: str, inside: bool) -> None:
    device = os.open("/dev/fuse", os.O_RDWR)
    mode = stat.S_IFMT(os.stat(place).st_mode)
    options = f"fd={device},rootmode={mode:o},user_id=0,group_id=0,allow_other"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"hanging", place.encode(), b"fuse", 0, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), place)
    lives, server = os.pipe()
    if inside and os.fork() == 0:
        os.close(device)
        os.close(server)
        os.chroot(place)
        os.write(1, f"ready {os.getpid()}\n".encode())
        os.read(lives, 1)  # until the other one has ended
        os._exit(0)
    if not inside:
        os.write(1, b"ready\n")
    while True:
        _length, operation, number = _HEADER.unpack_from(os.read(device, 1 << 17))
        if operation == _INIT:
            os.write(device, _ANSWER.pack(_ANSWER.size + len(_STARTED), 0, number) + _STARTED)
        elif operation == _ACCESS:
            os.write(device, _ANSWER.pack(_ANSWER.size, -_ENOSYS, number))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:] == ["root"])
