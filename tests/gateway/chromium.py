"""A headless Chromium for tests, driven through its DevTools protocol; cut off from every host but this one."""

import asyncio
import base64
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--window-size=1400,900",
)
PATIENCE = 60.0


class Page:
    """One page: commands to it, and everything that it did."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.requested: list[str] = []
        self.complaints: list[str] = []

    async def command(self, method: str, **parameters: Any) -> Any:
        """A DevTools command and its result."""
        number = len(self._answers) + 1
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        return await asyncio.wait_for(self._answers[number], PATIENCE)

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = await self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Wait until the expression is true in the page, and give its value."""
        async with asyncio.timeout(PATIENCE):
            while not (value := await self.evaluate(expression)):  # noqa: ASYNC110  # the event is in the browser
                await asyncio.sleep(0.05)
        return value

    async def picture(self, path: Path) -> None:
        """Write what the page looks like into a PNG file."""
        taken = await self.command("Page.captureScreenshot")
        path.write_bytes(base64.b64decode(taken["data"]))  # noqa: ASYNC240  # a test may wait

    async def listen(self) -> None:
        """Take in what the browser says, for ever."""
        async for message in self._socket:
            said = message.json()
            if "id" in said:
                self._settle(said)
            else:
                self._note(said["method"], said["params"])

    def _settle(self, said: dict[str, Any]) -> None:
        waiting = self._answers[said["id"]]
        if "error" in said:
            waiting.set_exception(AssertionError(said["error"]))
        else:
            waiting.set_result(said["result"])

    def _note(self, method: str, said: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requested.append(said["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(said["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and said["type"] in {"error", "warning", "assert"}:
            self.complaints.append(str(said["args"]))
        elif method == "Log.entryAdded" and said["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(str(said["entry"]))


@asynccontextmanager
async def open_page(profile: Path) -> AsyncIterator[Page]:
    """A new page of a new browser, which ends with the block."""
    assert PROGRAM is not None
    # Without a bus address Chromium does not look for desktop services that a test machine has not.
    browser = await asyncio.create_subprocess_exec(
        PROGRAM,
        *FLAGS,
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        env={"HOME": str(profile), "DBUS_SESSION_BUS_ADDRESS": "disabled:"},
    )
    try:
        async with aiohttp.ClientSession() as session, _connected(session, await _port(profile)) as page:
            yield page
    finally:
        # Its helper processes are in its group, and would outlive it for a moment.
        with suppress(ProcessLookupError):
            os.killpg(browser.pid, signal.SIGKILL)
        await browser.wait()


@asynccontextmanager
async def _connected(session: aiohttp.ClientSession, port: int) -> AsyncIterator[Page]:
    async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
        target = next(each for each in await answer.json() if each["type"] == "page")
    async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
        page = Page(socket)
        listening = asyncio.create_task(page.listen())
        for domain in ("Page", "Network", "Runtime", "Log"):
            await page.command(f"{domain}.enable")
        yield page
        listening.cancel()


async def _port(profile: Path) -> int:
    """The port Chromium chose, which it writes into its profile."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return int((profile / "DevToolsActivePort").read_text().splitlines()[0])
            except (FileNotFoundError, IndexError):
                await asyncio.sleep(0.05)
