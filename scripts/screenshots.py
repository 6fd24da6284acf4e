"""Take the README's pictures from a demo made for it: ``python -m scripts.screenshots`` (needs chromium and fonts-noto-cjk; some two minutes).

Only the pages named after the command, when there are some: ``python -m scripts.screenshots round-board``.
"""

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright
from tests.browser.conftest import ROOT, launch, make_demo, served
from tests.browser.table import DRAFT

DESK, PHONE = (1440, 900), (390, 844)
FOLDER = ROOT / "docs" / "screenshots"


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: its file's name, the page, the demo account that looks."""

    name: str
    address: str
    who: str = "he"
    size: tuple[int, int] = DESK


SHOTS = (
    Shot("round-board", "/rounds/QTX-2022Q4/"),
    Shot("household-file", "/households/QTX-H000011/"),
    Shot("brief", "/brief/"),
    Shot("today", "/desk/?tab=all"),
    Shot("dashboard", "/dashboard/"),
    Shot("policy-editor", f"/policies/drafts/{DRAFT}/tables/standards.csv/", "pan"),
    Shot("worker-home", "/my/", "w-file", PHONE),
    Shot("visit-form", "/visits/777001/", "bai", PHONE),
)


def main(*wanted: str) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no chromium: apt-get install chromium fonts-noto-cjk")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        make_demo(home)
        with served(home) as site:
            browser = launch(playwright, chromium)
            for shot in SHOTS:
                if wanted and shot.name not in wanted:
                    continue
                width, height = shot.size
                window = browser.new_context(
                    viewport={"width": width, "height": height}, locale="zh-CN", device_scale_factor=1
                )
                if shot.who:
                    window.request.post(f"{site}/gallery/sign-in/{shot.who}/")
                page = window.new_page()
                answer = page.goto(site + shot.address)
                if answer is None or not answer.ok:
                    sys.exit(f"{shot.address}: {answer and answer.status}")
                page.wait_for_load_state("networkidle")
                page.screenshot(path=FOLDER / f"{shot.name}.png")
                window.close()
                print(f"docs/screenshots/{shot.name}.png")
            browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
