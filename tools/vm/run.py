# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command on Debian's own kernel, in a VM whose root is this machine's.

Usage: `tools/vm/run.py KERNEL SECONDS COMMAND…`. KERNEL is a folder that `tools/vm/kernel` has made. The command sees
the machine's files, the current folder and the environment; what it writes is gone with the VM. Its output and its
exit status are this program's. After SECONDS it is ended, and that is a failure. qemu emulates the processor (TCG), as
build machines often are virtual themselves.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

INIT = Path(__file__).with_name("init")
BUSYBOX = Path("/bin/busybox")
# What must be loaded before the root is there; all others are loaded by the kernel when it needs them.
MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
QEMU = """
qemu-system-x86_64 -accel tcg,thread=single -machine q35 -cpu max -smp 1 -m 2048 -nodefaults -no-user-config
-display none -no-reboot
"""
# What hardens a kernel, and what a larger address space needs, an emulated processor pays for: an eighth of its time.
COMMAND_LINE = "console=ttyS0 quiet panic=-1 mitigations=off init_on_alloc=0 no5lvl"


def main(kernel: Path, seconds: float, command: list[str]) -> int:
    (version,) = os.listdir(kernel / "lib/modules")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="run-", dir=kernel) as name:
        folder = Path(name)
        initramfs(folder, kernel, version, command)
        ended = boot(folder, kernel / f"boot/vmlinuz-{version}", seconds)
        status, console = read(folder / "status"), read(folder / "console")
    print(f"Linux {version}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    if status:
        return int(status)
    print(console, f"The VM {ended}, and its command had not; above is its console.", sep="\n", file=sys.stderr)
    return 1


def initramfs(folder: Path, kernel: Path, version: str, command: list[str]) -> None:
    """The VM's first root: busybox, ``init``, the modules for the machine's files, and the command."""
    root = folder / "root"
    (root / "bin").mkdir(parents=True)
    (root / "bin/busybox").write_bytes(BUSYBOX.read_bytes())
    (root / "bin/sh").symlink_to("busybox")
    (root / "init").write_bytes(INIT.read_bytes())
    for program in ("bin/busybox", "init"):
        (root / program).chmod(0o755)
    names = []
    for path in load_order(kernel, version):
        (root / path.name).write_bytes(path.read_bytes())
        names.append(f"/{path.name}\n")
    (root / "modules.order").write_text("".join(names))
    (root / "kernel").write_text(str(kernel))
    # Its standard output is a serial line, which is a terminal whatever this program's is.
    environment = os.environ if sys.stdout.isatty() else {**os.environ, "TERM": "dumb"}
    exports = [f"export {name}={shlex.quote(value)}" for name, value in environment.items() if name.isidentifier()]
    words = [f"cd {shlex.quote(os.getcwd())}", *exports, f"exec {shlex.join(command)}", ""]
    (root / "command").write_text("\n".join(words))
    files = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with (folder / "initramfs").open("wb") as archive:
        subprocess.run(
            ["cpio", "--quiet", "--create", "--format=newc"], cwd=root, input=files.encode(), stdout=archive, check=True
        )


def load_order(kernel: Path, version: str) -> list[Path]:
    """The modules and what they need, each after what it needs."""
    shown = subprocess.run(
        ["modprobe", f"--dirname={kernel}", f"--set-version={version}", "--show-depends", "--all", *MODULES],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [Path(path) for path in dict.fromkeys(line.split()[1] for line in shown.splitlines())]


def boot(folder: Path, image: Path, seconds: float) -> str:
    """Runs the VM until it has ended, or ends it. What became of it."""
    qemu = subprocess.Popen(
        # It ends with this program, whatever ends this one.
        ["setpriv", "--pdeathsig", "KILL", *QEMU.split(), "-kernel", image, "-initrd", folder / "initramfs"]
        + ["-append", COMMAND_LINE, "-fsdev", "local,id=machine,path=/,security_model=none,readonly=on,multidevs=remap"]
        + ["-device", "virtio-9p-pci,fsdev=machine,mount_tag=machine", "-serial", f"file:{folder / 'console'}"]
        + ["-serial", "stdio", "-serial", f"file:{folder / 'status'}"],
        stdin=subprocess.DEVNULL,
    )
    try:
        return f"has ended with status {qemu.wait(seconds)}"
    except subprocess.TimeoutExpired:
        return f"did not end within {seconds:.0f} s"
    finally:
        qemu.kill()
        qemu.wait()


def read(path: Path) -> str:
    return path.read_text(errors="replace").strip() if path.exists() else ""


if __name__ == "__main__":
    # Ended as by the keyboard, so that nothing is left behind; a shell's background job would not hear of it at all.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(main(Path(sys.argv[1]).resolve(), float(sys.argv[2]), sys.argv[3:]))
    except KeyboardInterrupt:
        sys.exit(130)
