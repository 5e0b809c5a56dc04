"""A headless Chromium, spoken to through its DevTools pipe: no driver, no further package.

Protocol: https://chromedevtools.github.io/devtools-protocol/; messages are JSON, each ended by a NUL, over the
descriptors 3 and 4 (``--remote-debugging-pipe``).
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class NavigatedError(Exception):
    """The page went elsewhere before it could answer."""


class Page:
    """One tab."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.complaints: list[str] = []
        """Errors of scripts, of the console and of the content security policy."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")

    def size(self, width: int, height: int) -> None:
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def language(self, tag: str) -> None:
        self._ask("Network.setExtraHTTPHeaders", headers={"Accept-Language": tag})

    def dark(self, on: bool) -> None:
        value = "dark" if on else "light"
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": value}])

    def go(self, address: str) -> None:
        """Open an address and wait until it is loaded."""
        self._browser.events.clear()
        self._ask("Page.navigate", url=address)
        self._browser.wait_for_event("Page.loadEventFired")
        self.wait_for("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is awaited."""
        answer = self._ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, condition: str, limit_s: float = 10.0) -> Any:
        """Ask until an expression is true, over navigations too; returns its value."""
        end = time.monotonic() + limit_s
        while True:
            with contextlib.suppress(NavigatedError):
                value = self.run(
                    f"(() => {{ const seen = {condition}; return seen instanceof Node ? true : seen; }})()"
                )
                if value:
                    return value
            assert time.monotonic() < end, f"never: {condition}"
            time.sleep(0.02)

    def write(self, selector: str, text: str) -> None:
        """Type into a field, as one paste."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self._ask("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def key(self, key: str, *, control: bool = False) -> None:
        codes = {"Enter": 13, "Tab": 9}
        common = {
            "key": key,
            "code": key,
            "windowsVirtualKeyCode": codes[key],
            "modifiers": 2 if control else 0,
        }
        # Only a key that types something sends a form.
        typed = {"text": "\r"} if key == "Enter" and not control else {}
        self._ask("Input.dispatchKeyEvent", type="keyDown" if typed else "rawKeyDown", **common, **typed)
        self._ask("Input.dispatchKeyEvent", type="keyUp", **common)

    def picture(self, path: Path, *, whole: bool = True) -> None:
        answer = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        answer = self._browser.ask(method, self._session, **parameters)
        self.complaints += self._browser.take_complaints()
        return answer


class Browser:
    """The process and its pipe."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to = to_browser
        self._from = from_browser
        self._rest = b""
        self._last_id = 0
        self._complaints: list[str] = []
        self.events: list[dict[str, Any]] = []

    def page(self) -> Page:
        """A new tab."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session)

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._last_id += 1
        message: dict[str, Any] = {"id": self._last_id, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._last_id:
                if "navigated" in str(answer.get("error")) or "context" in str(answer.get("error")):
                    raise NavigatedError
                assert "error" not in answer, (method, answer["error"])
                return dict(answer["result"])
            self._note(answer)

    def wait_for_event(self, method: str) -> None:
        while not any(event.get("method") == method for event in self.events):
            self._note(self._read())

    def take_complaints(self) -> list[str]:
        taken, self._complaints = self._complaints, []
        return taken

    def _note(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        parameters = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                self._complaints.append(str(parameters["exceptionDetails"]))
            case "Log.entryAdded" if parameters["entry"]["level"] == "error":
                self._complaints.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            chunk = os.read(self._from, 1 << 20)
            assert chunk, "chromium ended"
            self._rest += chunk
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))


@contextlib.contextmanager
def running_browser(directory: Path) -> Iterator[Browser]:
    """Chromium with a profile of its own in ``directory``; ended afterwards."""
    assert CHROMIUM is not None
    to_child, to_browser = os.pipe()
    from_browser, from_child = os.pipe()
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        "--disable-background-networking", "--disable-dev-shm-usage", "--remote-debugging-pipe",
        f"--user-data-dir={directory / 'profile'}", "about:blank",
    ]  # fmt: skip

    # The pipe's ends must be 3 and 4 in the child; the shell moves them there after this process has forked.
    shell = f'exec 3<&{to_child} 4>&{from_child} && exec "$@"'
    process = subprocess.Popen(
        ["/bin/bash", "-c", shell, "bash", *command],
        pass_fds=(to_child, from_child),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_child)
    os.close(from_child)
    try:
        yield Browser(to_browser, from_browser)
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(to_browser)
        os.close(from_browser)
