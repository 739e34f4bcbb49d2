"""A headless Chromium, spoken to over a pipe: what a page asks for, complains of and looks like."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BASH = shutil.which("bash")                             # hands the two pipes over as descriptors 3 and 4
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
         "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-default-apps",
         "--disable-extensions", "--hide-scrollbars", "--remote-debugging-pipe")
PATIENCE = 60.0                                            # seconds; a busy machine is slow, not broken


# Texts of a page that stand out too little from their ground, with their contrast.
CONTRAST = """(() => {
    const numbers = text => text.match(/[\\d.]+/g).map(Number);
    const light = rgb => rgb.slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = e => {
        for (; e; e = e.parentElement) {
            const rgb = numbers(getComputedStyle(e).backgroundColor);
            if (rgb.length === 3 || rgb[3] === 1) return rgb;
        }
    };
    const texts = 'h1, h2, h3, p, li, dt, dd, th, td, span, small, b, figcaption, text.tick';
    return [...document.querySelectorAll(texts)]
        .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
        .map(e => {
            const style = getComputedStyle(e), inside = e instanceof SVGElement;
            const a = light(numbers(inside ? style.fill : style.color)), b = light(ground(e));
            return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent.slice(0, 40)];
        }).filter(([ratio]) => ratio < 4.5);
})()"""


@dataclass
class Visit:
    """What a page did while it was open."""

    requests: list[str] = field(default_factory=list)      # every address but the page's own and data:
    complaints: list[str] = field(default_factory=list)    # console errors and warnings, exceptions


class Browser:
    """Chromium's DevTools protocol over file descriptors 3 and 4: JSON messages ended by a zero byte."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM and BASH, "no Chromium"
        (theirs_in, self.to), (self.back, theirs_out) = os.pipe(), os.pipe()
        self.serial, self.unread, self.events = 0, b"", []
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        high = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (theirs_in, theirs_out)]    # clear of 3 and 4
        self.process = subprocess.Popen(
            [BASH, "-c", f'exec "$@" 3<&{high[0]} 4>&{high[1]} {high[0]}<&- {high[1]}>&-', "bash",
             *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=high)
        for end in (theirs_in, theirs_out, *high):
            os.close(end)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.tell(f"{domain}.enable")

    def close(self) -> None:
        """End the browser that this object started, and only that."""
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired, RuntimeError):
            self.process.kill()
            self.process.wait(10)
        os.close(self.to)
        os.close(self.back)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result."""
        self.serial += 1
        message = {"id": self.serial, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.receive(deadline)
            if answer.get("id") == self.serial:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command to the open page."""
        return self.call(method, self.session, **parameters)

    def receive(self, deadline: float) -> dict[str, Any]:
        """Return the next message."""
        while b"\0" not in self.unread:
            ready = select.select([self.back], [], [], max(0.0, deadline - time.monotonic()))[0]
            piece = os.read(self.back, 1 << 16) if ready else b""
            if not piece:
                raise RuntimeError("Chromium ended or did not answer in time")
            self.unread += piece
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)

    def visit(self, page: Path, **how: Any) -> Visit:
        """Open a page, wait a moment, and return what it asked for and complained of."""
        self.open(page, **how)
        return self.seen(page)

    def open(self, page: Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Open a page and wait until it has loaded and drawn."""
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.tell("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.events.clear()
        self.tell("Page.navigate", url=page.as_uri())
        deadline = time.monotonic() + PATIENCE
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive(deadline))
        self.run("new Promise(done => requestAnimationFrame(done))")

    def seen(self, page: Path) -> Visit:
        """Return everything since the page was opened, after a frame and a moment for late requests."""
        self.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 150)))")
        visit = Visit()
        for event in self.events:
            self.note(visit, event.get("method", ""), event.get("params", {}), page.as_uri())
        return visit

    @staticmethod
    def note(visit: Visit, method: str, parameters: dict[str, Any], own: str) -> None:
        """Add what one event says to the visit."""
        if method == "Network.requestWillBeSent":
            address = parameters["request"]["url"]
            if address.partition("#")[0] != own and not address.startswith("data:"):
                visit.requests.append(address)
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            visit.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            visit.complaints.append(" ".join(str(a.get("value", a.get("description")))
                                             for a in parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            visit.complaints.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")

    def run(self, script: str) -> Any:
        """Evaluate JavaScript in the page and return its value."""
        answer = self.tell("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def point(self, selector: str, across: float = 0.5, down: float = 0.5) -> None:
        """Move the pointer to a place within the first element that the selector finds."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.run(f"{found}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self.run(f"(r => [r.left, r.top, r.width, r.height])({found}.getBoundingClientRect())")
        self.tell("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] + across * box[2],
                  y=box[1] + down * box[3])

    def screenshot(self, file: Path, *, whole: bool = False, height: int | None = None,
                   below: str = "") -> None:
        """Save what the page looks like: the window, all of it, or `height` pixels from an element on."""
        clip = {}
        if whole or height:
            size = self.tell("Page.getLayoutMetrics")["cssContentSize"]
            top = self.run(f"document.querySelector({json.dumps(below)}).getBoundingClientRect().top + "
                           "scrollY - 12") if below else 0
            clip = {"clip": {"x": 0, "y": top, "width": size["width"], "height": height or size["height"],
                             "scale": 1},
                    "captureBeyondViewport": True}
        file.write_bytes(base64.b64decode(self.tell("Page.captureScreenshot", **clip)["data"]))
