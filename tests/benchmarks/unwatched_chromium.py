"""A Chromium that nobody watches: driven over a pipe, with nothing recorded of what it transfers.

Playwright has the browser keep every reply and request for it, inside the very process whose memory is measured: 17 MiB
for a text of 100,000 words. Here only what is asked for is done, in the protocol of Chromium's developer tools.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.services import chromium_flags

END = b"\0"
SPARE = 50
"""Descriptors from here on are free to be used while those that Chromium reads are set."""


class UnwatchedChromium:
    """One window of a browser of its own; the size is in CSS pixels."""

    def __init__(self, executable: str, folder: Path, width: int = 1366, height: int = 860) -> None:
        reads, self._to = os.pipe()
        self._from, writes = os.pipe()
        command = [executable, *chromium_flags(), "--headless", "--remote-debugging-pipe", f"--user-data-dir={folder}"]

        def join() -> None:
            """Put the ends where Chromium looks for them: it reads 3 and writes 4."""
            taken, given = (fcntl.fcntl(end, fcntl.F_DUPFD, SPARE) for end in (reads, writes))
            os.dup2(taken, 3)
            os.dup2(given, 4)

        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, preexec_fn=join, close_fds=False, stdout=quiet, stderr=quiet)
        os.close(reads)
        os.close(writes)
        self._read, self._asked, self._session = b"", 0, ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and wait for its answer; raise `RuntimeError` where it is refused."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": params}
        if self._session and not method.startswith(("Target.", "Storage.", "SystemInfo.")):
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + END)
        while True:
            found = json.loads(self._next())
            if found.get("id") == self._asked:
                if "error" in found:
                    raise RuntimeError(f"{method}: {found['error']['message']}")
                return found["result"]

    def _next(self) -> bytes:
        while END not in self._read:
            more = os.read(self._from, 2**16)
            if not more:
                raise RuntimeError("Chromium has ended.")
            self._read += more
        message, _end, self._read = self._read.partition(END)
        return message

    def log_in(self, session: str, url: str) -> None:
        """Give the browser the cookie of a person who is logged in."""
        self.ask("Storage.setCookies", cookies=[{"name": "sessionid", "value": session, "url": url}])

    def evaluate(self, expression: str) -> Any:
        """Return what JavaScript gives, awaited."""
        found = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return found["result"].get("value")

    def wait_until(self, expression: str, seconds: float = 120) -> None:
        """Wait until JavaScript gives something true."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.1)

    def press(self, key: str, code: str, number: int, text: str = "") -> None:
        """Press and let go of a key; `number` is the Windows virtual key code."""
        named = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **named)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **named)

    def renderers(self) -> list[int]:
        """Return the process ids of those that show pages."""
        processes = self.ask("SystemInfo.getProcessInfo")["processInfo"]
        return [int(each["id"]) for each in processes if each["type"] == "renderer"]

    def close(self) -> None:
        """End the browser."""
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
