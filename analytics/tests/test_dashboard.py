"""The dashboard in a browser, over the world of images, and what it lets analysts do."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import iap
import pytest
import requests
from google.cloud import bigquery
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, Route, expect

import browser
import world
from browser import TABS, chart, choose, choose_yesterday, open_tab, wait_for_charts
from proxy import Key

PHONE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"


@pytest.fixture(scope="session")
def url(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard's address."""
    with browser.dashboard(environment, tmp_path_factory.mktemp("superset")) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as chromium:
        yield chromium


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = browser.new_page(chromium)
    yield page
    page.close()


@pytest.fixture
def said(page: Page) -> list[str]:
    """What the page's console says of errors, and what the browser asked for in vain."""
    said: list[str] = []

    def of_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(message.text)

    def of_answer(answer: Response) -> None:
        if answer.status >= 400:
            said.append(answer.url)

    page.on("console", of_console)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", of_answer)
    return said


def numbers(page: Page, tab: str, **expected: str) -> None:
    """The numbers of a tab are these, by the chart's title."""
    open_tab(page, tab)
    for name, number in expected.items():
        expect(chart(page, name.replace("_", " ")).locator(".header-line")).to_have_text(number)


def cards(page: Page, tab: str, count: int) -> None:
    """The gallery of a tab has so many cards, and every image in it is loaded."""
    open_tab(page, tab)
    gallery = chart(page, {"Images": "Newest images"}.get(tab, tab)).locator(".card")
    expect(gallery).to_have_count(count)
    for image in gallery.locator("img").all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") == 320


def test_it_shows_what_is_there(page: Page, url: str, said: list[str]) -> None:
    page.goto(url)
    expect(page).to_have_url(f"{url}/superset/dashboard/darkroom/")
    numbers(page, "Arrivals", Images="14", Share_rejected="21.4%", Median_time_to_process="2.00")
    open_tab(page, "Processing")
    expect(chart(page, "Who sends what is rejected")).to_contain_text("unsupported_format")
    cards(page, "Images", 11)
    numbers(page, "Near-duplicates", Pairs="7")
    cards(page, "Near-duplicates", 7)
    numbers(page, "Retention", Due_within_24_hours="1", Purged_outside_the_policy="1", Findings="1")
    row = chart(page, "Checks of the last sweep").locator("tbody tr").first
    expect(row).to_contain_text("archive/lifecycle")
    for tab in TABS:
        open_tab(page, tab)
        wait_for_charts(page)
    assert said == []


def test_the_filter_by_source_is_on_every_chart(page: Page, url: str, said: list[str]) -> None:
    page.goto(url)
    choose(page, "Source", "kafka")
    numbers(page, "Arrivals", Images="3", Share_rejected="0.0%")
    open_tab(page, "Processing")
    expect(chart(page, "Who sends what is rejected")).to_contain_text("No results")
    cards(page, "Images", 3)
    cards(page, "Near-duplicates", 4)
    # What is purged has left no source, and stays.
    numbers(page, "Retention", Due_within_24_hours="0", Purged_outside_the_policy="1")
    assert said == []


@pytest.mark.parametrize(
    ("name", "value", "images", "pairs"), [("Format", "image/png", 2, 1), ("Label", "site=north", 2, 3)]
)
def test_other_filters_are_on_them_too(
    page: Page, url: str, name: str, value: str, images: int, pairs: int
) -> None:
    page.goto(url)
    choose(page, name, value)
    numbers(page, "Arrivals", Images=str(images))
    cards(page, "Images", images)
    cards(page, "Near-duplicates", pairs)
    numbers(page, "Retention", Due_within_24_hours="0")


def test_stages_are_of_the_images_that_are_left(page: Page, url: str) -> None:
    page.goto(url)
    choose(page, "Label", "site=south")
    with page.expect_response(of_stages) as answered:
        open_tab(page, "Processing")
    (row,) = answered.value.json()["result"][0]["data"]
    # Of the one image with that label.
    assert row["decode"] == 300


def of_stages(answer: Response) -> bool:
    """Whether it answers the chart of the stages' times."""
    return "/api/v1/chart/data" in answer.url and "95th percentile, ms" in (answer.request.post_data or "")


def test_the_filter_by_time_is_on_arrivals_and_purges(page: Page, url: str) -> None:
    page.goto(url)
    choose_yesterday(page)
    numbers(page, "Arrivals", Images="10")
    cards(page, "Near-duplicates", 4)
    numbers(page, "Retention", Purged_outside_the_policy="1", Findings="1")


def test_a_chart_says_that_it_waits(page: Page, url: str) -> None:
    held: list[Route] = []
    page.route("**/api/v1/chart/data*", lambda route: held.append(route), times=1)
    page.goto(url)
    waiting = page.get_by_test_id("chart-grid-component").filter(has_text="Waiting on Darkroom")
    expect(waiting).to_have_count(1)
    assert len(held) == 1
    held[0].continue_()
    expect(waiting).to_have_count(0)
    expect(chart(page, "Images").locator(".header-line")).to_have_text("14")


def test_a_chart_says_why_it_has_nothing_to_show(page: Page, url: str, client: bigquery.Client) -> None:
    """The view behind one chart is gone; the others are as they were."""
    view = client.get_table("local.darkroom.audit_findings")
    made_again = bigquery.Table(view.reference, schema=view.schema)
    made_again.view_query = view.view_query
    made_again.description = view.description
    client.delete_table(view)
    try:
        page.goto(url)
        open_tab(page, "Retention")
        # What was asked before is kept for a minute, and shown until it is asked anew.
        either = re.compile("checks that are not ok|audit_findings")
        expect(chart(page, "Findings")).to_contain_text(either)
        page.get_by_test_id("refresh-button").click()
        expect(chart(page, "Findings")).to_contain_text("audit_findings")
        numbers(page, "Retention", Due_within_24_hours="1")
    finally:
        client.create_table(made_again)


def test_it_fits_a_phone(chromium: Browser, url: str) -> None:
    page = browser.new_page(chromium, 390, PHONE)
    page.goto(url)
    expect(page).to_have_url(re.compile("/superset/dashboard/darkroom-phone/"))
    expect(chart(page, "Images").locator(".header-line")).to_have_text("14")
    for name in ("Images", "Images by hour and source", "Cameras"):
        box = chart(page, name).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert 280 <= box["width"] <= 390 - box["x"]
    page.close()


@pytest.fixture
def analyst(url: str) -> requests.Session:
    """A browser's session of Superset's API."""
    session = requests.Session()
    token = session.get(f"{url}/api/v1/security/csrf_token/", timeout=60).json()["result"]
    session.headers.update({"X-CSRFToken": token, "Referer": url})
    return session


def run_sql(analyst: requests.Session, url: str, sql: str) -> requests.Response:
    databases = analyst.get(f"{url}/api/v1/database/", timeout=60).json()["result"]
    (database,) = databases
    asked = {"database_id": database["id"], "sql": sql, "schema": "darkroom", "runAsync": False}
    return analyst.post(f"{url}/api/v1/sqllab/execute/", json=asked, timeout=60)


def test_analysts_ask_their_own_questions(analyst: requests.Session, url: str) -> None:
    answer = run_sql(analyst, url, "SELECT source, COUNT(*) AS n FROM images GROUP BY 1 ORDER BY n")
    assert answer.json()["data"] == [{"source": "kafka", "n": 3}, {"source": "web", "n": 11}]


def test_a_wrong_question_is_answered_with_what_is_wrong(analyst: requests.Session, url: str) -> None:
    answer = run_sql(analyst, url, "SELECT nonsense FROM images")
    assert answer.status_code >= 400
    assert "nonsense" in json.dumps(answer.json()["errors"])


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM image_records WHERE TRUE",
        "CREATE TABLE mine AS SELECT * FROM images",
        "DROP VIEW images",
    ],
)
def test_analysts_cannot_write(analyst: requests.Session, url: str, sql: str) -> None:
    answer = run_sql(analyst, url, sql)
    assert answer.status_code >= 400
    assert "DML_NOT_ALLOWED" in json.dumps(answer.json())


def test_analysts_cannot_change_the_connection(analyst: requests.Session, url: str) -> None:
    (database,) = analyst.get(f"{url}/api/v1/database/", timeout=60).json()["result"]
    change: dict[str, Any] = {"allow_dml": True}
    answer = analyst.put(f"{url}/api/v1/database/{database['id']}", json=change, timeout=60)
    assert answer.status_code in (403, 404)


def test_a_thumbnail_leads_to_a_signed_url(url: str) -> None:
    image = world.IMAGES[0]
    answer = requests.get(f"{url}/thumbnail/{image.key('thumbnail.jpg')}", timeout=60, allow_redirects=False)
    assert answer.status_code == 302
    assert "X-Goog-Signature=" in answer.headers["Location"]
    assert "X-Goog-Expires=300" in answer.headers["Location"]


@pytest.mark.parametrize(
    "name",
    [
        world.IMAGES[0].key("original"),
        world.IMAGES[0].key("record.json"),
        f"%2e%2e%2f{world.IMAGES[0].key('thumbnail.jpg')}",
        f"{world.IMAGES[0].key('original')}%3F/thumbnail.jpg",
        f"{world.IMAGES[0].key('original')}%2F..%2Fthumbnail.jpg",
        f"{world.IMAGES[0].key('thumbnail.jpg')}%0A",
        "thumbnail.jpg",
    ],
)
def test_nothing_else_of_the_archive_is_signed(url: str, name: str) -> None:
    assert requests.get(f"{url}/thumbnail/{name}", timeout=60).status_code == 404


def test_whom_the_proxy_names_is_an_analyst_and_nobody_else_is_let_in(
    environment: dict[str, str], proxys_key: Key, tmp_path: Path
) -> None:
    """As on Cloud Run, with the proxy's keys at an address of this machine's."""
    with browser.dashboard(environment | proxys_key.environment, tmp_path) as url:
        asked = f"{url}/api/v1/me/roles/"
        assert requests.get(asked, timeout=60).status_code == 401
        forged = {iap.HEADER: Key().assertion()}
        assert requests.get(asked, headers=forged, timeout=60).status_code == 401
        thumbnail = f"{url}/thumbnail/{world.IMAGES[0].key('thumbnail.jpg')}"
        assert requests.get(thumbnail, headers=forged, timeout=60).status_code == 401
        # A page asks for many things at once, of which the first makes the user.
        headers = {iap.HEADER: proxys_key.assertion()}
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: requests.get(asked, headers=headers, timeout=60), range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert {tuple(answer.json()["result"]["roles"]) for answer in answers} == {("Analyst",)}


def test_superset_tells_its_makers_nothing(page: Page, url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    expect(chart(page, "Images").locator(".header-line")).to_have_text("14")
    assert {address for address in asked if not address.startswith((url, "data:", "blob:"))} == set()
