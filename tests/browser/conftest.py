"""A demo installation, served; a real browser that looks at it.

The browser is Debian's ``chromium`` (with ``fonts-noto-cjk``). Where there is none the tests are skipped and say so; with
``NUANXIN_BROWSER=required``, as in CI, they fail.
"""

import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
NUANXIN = Path(sys.executable).with_name("nuanxin")
AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# A whole resident ID, phone or card number, wherever it stands.
NUMBERS = re.compile(r"(?<![0-9A-Za-z*.])(?:[1-9]\d{16}[\dXx]|1[3-9]\d{9}|\d{16,19})(?![0-9A-Za-z*])")
# A part that scrolls by itself (a table in its frame) may be wider.
WIDER = """() => {
  const page = document.documentElement, wide = page.clientWidth;
  if (page.scrollWidth <= wide) { return []; }
  const beyond = [...document.querySelectorAll("body *")].filter(part => part.getBoundingClientRect().right > wide + 0.5);
  const found = beyond.filter(part => !beyond.includes(part.parentElement));
  return [`${page.scrollWidth} > ${wide}`, ...found.map(part => part.outerHTML.slice(0, 160))];
}"""
# How long a page may take, in milliseconds: a test waits on what the page says, and a busy machine is no failure.
PATIENCE = 60_000
SIZES = {"desk": ((1440, 900), (1280, 900)), "phone": ((390, 844), (340, 700))}
# Said on the console, and so wrong, by every page of a window that is walked: nothing is scrolled sideways to.
TOLD_WIDER = f"addEventListener('load', () => {{ const wider = ({WIDER})(); if (wider.length) console.error(wider.join(' ')); }});"


def _environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("NUANXIN", "DJANGO", "PYTEST"))}
    return kept | {
        "NUANXIN_HOME": str(home), "NUANXIN_DEMO": "1", "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
    }  # fmt: skip


def _run(home: Path, *words: str | Path) -> None:
    done = subprocess.run(words, env=_environment(home), cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{' '.join(map(str, words))}\n{done.stdout}\n{done.stderr}"


def make_plain(home: Path) -> None:
    """Run the example's four quarters in the folder and load the demo's accounts: what ``make run`` leaves."""
    _run(home, NUANXIN, "example", "run", "examples")
    _run(home, NUANXIN, "demo", "load")


def prepare(home: Path) -> None:
    """Make what rows of the table need."""
    _run(home, sys.executable, "-m", "tests.browser.prepare")


def make_demo(home: Path) -> None:
    make_plain(home)
    prepare(home)


def launch(playwright: Playwright, chromium: str) -> Browser:
    """Debian's own browser, as root and without a screen."""
    return playwright.chromium.launch(
        executable_path=chromium,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        timeout=PATIENCE,
    )


def _once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A copy of its own for each worker of a data folder that is made once for all of them."""
    shared = factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    made = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "ready").exists():
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            make(made)
            (made / "ready").touch()
    return Path(shutil.copytree(made, factory.mktemp("browser") / "home"))


def plain_copy(factory: pytest.TempPathFactory) -> Path:
    """A data folder of one's own of a demo with four quarters run, as ``make run`` leaves it."""
    return _once(factory, "plain", make_plain)


def demo_copy(factory: pytest.TempPathFactory) -> Path:
    """A data folder of one's own of such a demo, prepared for the table of pages."""

    def make(folder: Path) -> None:
        shutil.copytree(plain_copy(factory), folder, dirs_exist_ok=True)
        (folder / "ready").unlink()
        prepare(folder)

    return _once(factory, "demo", make)


@contextmanager
def served(home: Path) -> Iterator[str]:
    """``nuanxin serve`` over the data folder; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = home / "serve.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [NUANXIN, "serve", "--port", str(port)], env=_environment(home), cwd=ROOT, stdout=out, stderr=out
        )
    site = f"http://127.0.0.1:{port}"
    try:
        for _ in range(PATIENCE // 200):
            try:
                urlopen(f"{site}/account/login/").close()
                break
            except OSError:
                assert server.poll() is None, log.read_text()
                time.sleep(0.2)
        yield site
    finally:
        server.terminate()
        server.wait(PATIENCE / 1000)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo that is only looked at. A file whose tests change what others see has a ``site`` of its own: ``changed_site``."""
    with served(demo_copy(tmp_path_factory)) as address:
        yield address


@pytest.fixture(scope="module")
def changed_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo of one file's own, so that no other test depends on what this one does to it."""
    with served(demo_copy(tmp_path_factory)) as address:
        yield address


@pytest.fixture(scope="module", params=[wide for wide, _narrow in SIZES.values()], ids=list(SIZES))
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """The window in which a journey is walked: each of them at the desk's size and at the phone's, whichever face its pages have."""
    return request.param


@pytest.fixture(scope="module")
def walked_site(tmp_path_factory: pytest.TempPathFactory, size: tuple[int, int]) -> Iterator[str]:
    """As ``changed_site``, another for each size."""
    with served(demo_copy(tmp_path_factory)) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        if os.environ.get("NUANXIN_BROWSER") == "required":
            pytest.fail("there is no chromium: apt-get install chromium fonts-noto-cjk")
        pytest.skip("there is no chromium: apt-get install chromium fonts-noto-cjk")
    # Playwright's loop lives in this thread, which Django takes for asynchronous code; ours is not.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = launch(playwright, chromium)
        yield started
        started.close()


@dataclass(slots=True)
class Visit:
    """One browser window on the site, and everything that went wrong in it."""

    page: Page
    site: str
    wrong: list[str] = field(default_factory=list)

    def go(self, address: str) -> None:
        self.page.goto(self.site + address)
        self.settle()

    def settle(self) -> None:
        """Wait until the page is there with what it asked for, scripts run and charts drawn."""
        self.page.wait_for_load_state("load")

    def axe(self, *rules: str) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA, or by the rules named: rule, element, why."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        # Passed on, a page's thousands of passes take longer than the check.
        found = self.page.evaluate(
            "([type, values]) => axe.run(document, {runOnly: {type, values}, resultTypes: ['violations']}).then(all => ({violations: all.violations}))",
            ["rule", rules] if rules else ["tag", WCAG],
        )
        return [
            f"{rule['id']}: {node['html'][:160]} — {' '.join(node['failureSummary'].split())[:200]}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def overflow(self) -> list[str]:
        """What makes the page wider than the window: nothing, or the elements that end beyond it."""
        return self.page.evaluate(WIDER)

    def numbers(self) -> list[str]:
        """Whole personal numbers in the page's source."""
        source = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", self.page.content())
        return NUMBERS.findall(source)


def watch(visit: Visit) -> None:
    page, wrong = visit.page, visit.wrong
    # A form that is sent back says 422, which the browser remarks on; a window that only looks has no service worker.
    page.on(
        "console",
        lambda said: (
            said.type in ("error", "warning")
            and "status of 422" not in said.text
            and "registration blocked by Playwright" not in said.text
            and wrong.append(f"console: {said.text[:300]}")
        ),
    )
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    # What is broken off because the window goes on to the next page has not failed.
    page.on(
        "requestfailed",
        lambda asked: asked.failure != "net::ERR_ABORTED" and wrong.append(f"failed: {asked.url} {asked.failure}"),
    )
    page.on("response", lambda got: got.status >= 500 and wrong.append(f"{got.status}: {got.url}"))


Opener = Callable[..., Visit]


def _context(
    browser: Browser, site: str, who: str, size: tuple[int, int], *, language: str = "", dark: bool = False, large: bool = False,
    javascript: bool = True, workers: Literal["allow", "block"] = "allow",
) -> BrowserContext:  # fmt: skip
    width, height = size
    window = browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        color_scheme="dark" if dark else "light",
        # A button fades into its dark colours for 0.15 s: what is measured in between is no colour that anybody keeps seeing.
        reduced_motion="reduce",
        java_script_enabled=javascript,
        service_workers=workers,
    )
    window.set_default_timeout(PATIENCE)
    cookies = {"django_language": language, "nuanxin_size": "large" if large else ""}
    window.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items() if value])
    if who:
        # The way in has its own journey; here it would only be repeated.
        answer = window.request.post(f"{site}/gallery/sign-in/{who}/", timeout=PATIENCE)
        assert answer.ok, f"{who}: {answer.status}"
    return window


@pytest.fixture
def open_window(browser: Browser, site: str) -> Iterator[Opener]:
    """Open a window: ``who`` is a demo account or empty; ``dark``, ``large``, ``language`` and ``javascript`` as a person may have set them."""
    windows: list[BrowserContext] = []

    def opened(who: str = "", size: tuple[int, int] = (1440, 900), **settings: Any) -> Visit:
        windows.append(_context(browser, site, who, size, **settings))
        visit = Visit(windows[-1].new_page(), site)
        visit.page.add_init_script(TOLD_WIDER)
        watch(visit)
        return visit

    yield opened
    for window in windows:
        window.close()


@pytest.fixture(scope="session")
def _kept(browser: Browser, site: str) -> Iterator[Callable[[str, str], BrowserContext]]:
    windows: dict[tuple[str, str], BrowserContext] = {}

    def kept(who: str, language: str) -> BrowserContext:
        if (who, language) not in windows:
            # The shared demo's only; what answers without a line has a test of its own.
            windows[who, language] = _context(browser, site, who, (1440, 900), language=language, workers="block")
        return windows[who, language]

    yield kept
    for window in windows.values():
        window.close()


@pytest.fixture
def look(_kept: Callable[[str, str], BrowserContext], site: str) -> Iterator[Opener]:
    """Open a page only to look at it, in a window in which the account is already signed in and whose styles and scripts are already there."""
    pages: list[Page] = []

    def opened(who: str, size: tuple[int, int], *, language: str = "") -> Visit:
        visit = Visit(_kept(who, language).new_page(), site)
        visit.page.set_viewport_size({"width": size[0], "height": size[1]})
        pages.append(visit.page)
        watch(visit)
        return visit

    yield opened
    for page in pages:
        page.close()
