# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium, spoken to by the DevTools protocol over its pipe: messages of JSON that end in a zero byte.

https://chromedevtools.github.io/devtools-protocol/ has the methods; ``--remote-debugging-pipe`` reads from descriptor 3
and writes to 4, so that no port is opened.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-headless-shell")
# --no-sandbox: root has none. The rest keeps it from asking anybody anything.
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
    "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--hide-scrollbars", "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
PATIENCE = 90  # seconds, for a machine that is busy with other tests


class PageFailed(Exception):
    """The browser or the page says that something went wrong."""


class Browser:
    """One page of it. ``problems`` are errors of the page: exceptions, violations of its policy, requests."""

    def __init__(self, folder: Path) -> None:
        program = next(filter(None, map(shutil.which, PROGRAMS)))
        down, self._write = os.pipe()
        self._read, up = os.pipe()
        self.problems: list[str] = []
        self._number, self._buffer, self._loaded = 0, b"", False
        self._process = subprocess.Popen(
            [
                "bash", "-c", f'exec 3<&{down} 4>&{up}; exec "$@"', "bash",
                program, *OPTIONS, f"--user-data-dir={folder / 'browser'}", "about:blank",
            ],
            pass_fds=(down, up), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
        os.close(down)
        os.close(up)
        self._session: str | None = None
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(each["targetId"] for each in targets if each["type"] == "page")
        self._session = self.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.ask("Performance.enable", timeDomain="threadTicks")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a method."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._next(until)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise PageFailed(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _next(self, until: float) -> dict[str, Any]:
        """The next message; events are taken note of."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._read, selectors.EVENT_READ)
            while b"\0" not in self._buffer:
                if not selector.select(max(0, until - time.monotonic())):
                    raise PageFailed(f"Chromium has not answered within {PATIENCE} seconds")
                received = os.read(self._read, 1 << 20)
                if not received:
                    raise PageFailed("Chromium has ended")
                self._buffer += received
        text, _zero, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(text)
        self._notice(message.get("method"), message.get("params", {}))
        return message

    def _notice(self, method: str | None, said: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Runtime.exceptionThrown":
            self.problems.append(str(said["exceptionDetails"]))
        elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.problems.append(said["entry"]["text"])
        elif method == "Network.requestWillBeSent" and not said["request"]["url"].startswith("file:"):
            self.problems.append(f"asks for {said['request']['url']}")

    def open(self, path: Path, width: int, height: int, *, dark: bool = False, script: bool = True) -> None:
        """Load a file in a window of that size, and wait until it is there."""
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        self._loaded = False
        self.ask("Page.navigate", url=path.as_uri())
        until = time.monotonic() + PATIENCE
        while not self._loaded:
            self._next(until)

    def busy(self) -> float:
        """Seconds of a processor that the page's thread has taken since it was opened."""
        return next(
            each["value"] for each in self.ask("Performance.getMetrics")["metrics"] if each["name"] == "TaskDuration"
        )

    def value(self, expression: str) -> Any:
        """What JavaScript makes of it; a promise is waited for."""
        done = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise PageFailed(str(done["exceptionDetails"]))
        return done["result"].get("value")

    def picture(self, path: Path) -> None:
        """What the window shows, as PNG."""
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))

    def printed(self, path: Path) -> None:
        """What a printer would get, on A4, as PDF."""
        done = self.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=True)
        path.write_bytes(base64.b64decode(done["data"]))
