"""The dashboard as a process, and in a browser."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_cloud import LocalCloud, wait_for
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from warehouse import REPOSITORY

TABS = ("Arrivals", "Processing", "Images", "Near-duplicates", "Retention")
# Superset's scripts are some megabytes, and every chart is a query.
PATIENCE_MILLISECONDS = 120_000
# Its own database is made first: about half a minute on an idle machine.
START_SECONDS = 300


def environment(warehouse: str, cloud: LocalCloud) -> dict[str, str]:
    """What local.env sets, for processes that were started by themselves."""
    return {
        "GOOGLE_CLOUD_PROJECT": "local",
        "GOOGLE_APPLICATION_CREDENTIALS": str(cloud.key),
        "BIGQUERY_EMULATOR_HOST": warehouse,
        "BIGQUERY_DATASET": "darkroom",
        "STORAGE_EMULATOR_HOST": cloud.url,
        "ARCHIVE_BUCKET": "darkroom-archive",
    }


@contextmanager
def dashboard(variables: dict[str, str], folder: Path) -> Iterator[str]:
    """Its address. It is started as `make dashboard` does, and keeps what it has in the folder."""
    log = folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [".local/dashboard/bin/python", "analytics/dashboard/start.py", "--port", "0"],
            cwd=REPOSITORY,
            env=variables | {"SUPERSET_HOME": str(folder)},
            stdout=file,
            stderr=file,
        )
    try:
        address = re.compile(r"The dashboard is at (http://\S+)/")
        yield wait_for(lambda: address.search(log.read_text()), process, log, START_SECONDS)[1]
    finally:
        process.terminate()
        process.wait()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own, or where it has none the one that playwright has installed."""
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        # As Superset marks what its own tests look for.
        playwright.selectors.set_test_id_attribute("data-test")
        yield playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )


def new_page(browser: Browser, width: int = 1440, user_agent: str | None = None) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, user_agent=user_agent)
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    return page


def chart(page: Page, name: str) -> Locator:
    """A chart by its title."""
    return page.locator(f"[data-test-chart-name='{name}']")


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab").filter(has_text=name).click()


def choose(page: Page, name: str, value: str) -> None:
    """Filters by a value, as soon as it can be chosen."""
    title = page.locator(f"[id='filter-name-NATIVE_FILTER-{name}']")
    page.locator("form").filter(has=title).get_by_role("combobox").click()
    page.locator(f".ant-select-item-option[title='{value}']").click()
    page.keyboard.press("Escape")
    apply(page)


def choose_yesterday(page: Page) -> None:
    page.get_by_test_id("time-range-trigger").click()
    popover = page.locator(".ant-popover").filter(has_text="Range type")
    popover.locator(".ant-select").first.click()
    page.locator(".ant-select-item-option").get_by_text("Last", exact=True).click()
    popover.get_by_text("Last day").click()
    popover.get_by_role("button", name="Apply").click()
    apply(page)


def apply(page: Page) -> None:
    page.get_by_test_id("filter-bar__apply-button").click()


def wait_for_charts(page: Page) -> None:
    """Every chart of the open tab has its answer."""
    expect(page.locator("[data-test='chart-container'] >> visible=true")).not_to_have_count(0)
    indicators = page.get_by_test_id("loading-indicator").locator("visible=true")
    expect(indicators).to_have_count(0)
