"""The page as a person has it, in a headless Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from appliance.store.database import connect
from tests.web import a_day
from tests.web.browser import CHROMIUM, Browser, Page, running_browser
from tests.web.running import Web, running_web

pytestmark = [
    pytest.mark.peer("chromium"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(
        not (Path(__file__).parents[2] / "appliance/web/static/vendor/htmx.min.js").exists(),
        reason="the browser parts are not built (make install)",
    ),
]

WIDTHS = (390, 1366)
PAGES = (
    "/",
    "/outbox",
    "/inbox",
    "/modems",
    "/ports/1",
    "/ports/6",
    "/sims",
    "/sims/1",
    "/sims/1/plan",
    "/groups",
    "/waiting",
    "/uncertain",
    "/accounts",
    "/loop-tests",
    "/carriers",
    "/carriers/china-mobile",
    "/events",
)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    data = tmp_path_factory.mktemp("day")
    a_day.fill(data / "simloft.db")
    with running_web(data, "--port", "/dev/none") as web:
        yield web


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running_browser(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def page(day: Web, browser: Browser) -> Iterator[Page]:
    """A tab that came in by a log-in link; nothing that it did was complained about."""
    tab = browser.page()
    tab.language("en")
    tab.size(1366, 900)
    tab.go(f"{day.url}/login/{day.login_token()}")
    tab.wait_for("location.pathname === '/me'")
    tab.go(f"{day.url}/")
    tab.wait_for("document.readyState === 'complete' && 'htmx' in window")
    yield tab
    assert tab.complaints == []


def execute(web: Web, statement: str, *values: object) -> None:
    """As another process would: the pool."""
    with closing(connect(web.data / "simloft.db")) as connection:
        connection.execute(statement, values)


def test_a_log_in_link_leads_to_the_page(page: Page) -> None:
    assert page.run("document.querySelector('h2').textContent") == "Send a message"


def test_the_counter_counts_as_one_types(page: Page) -> None:
    page.write("#text", "“naïve”")
    counted = page.wait_for(
        "document.querySelector('#counter b') && document.querySelector('#counter').innerText"
    )
    assert counted.startswith("1 part · room for 63 characters")
    page.run("document.querySelector('.options').open = true")
    page.click("[name=transliterate]")
    page.wait_for("document.querySelector('#counter .pair')")
    assert '“ → "' in page.run("document.querySelector('#counter').innerText")
    page.write("#text", "中" * 700)
    page.wait_for("document.querySelector('#counter .wrong')")
    assert "10 at most" in page.run("document.querySelector('#counter').innerText")


def test_a_message_is_sent_with_the_keyboard_and_its_state_moves_by_itself(page: Page, day: Web) -> None:
    page.write("#to", "13655550001")
    page.key("Tab")
    assert page.run("document.activeElement.id") == "text"
    page.write("#text", "on its way")
    page.key("Enter", control=True)
    assert "Accepted for +8613655550001." in page.wait_for("document.querySelector('.notice')?.innerText")
    assert page.run("document.querySelector('#text').value") == ""
    row = "[...document.querySelectorAll('.row')].find(each => each.innerText.includes('+8613655550001'))"
    assert "waiting" in page.wait_for(f"{row}?.innerText")

    page.write("#text", "the next one, half written")
    page.run("window.scrollTo(0, 200); document.querySelector('#text').setSelectionRange(3, 8)")
    execute(
        day,
        "UPDATE messages SET state = 'delivered', reason = 'message.delivered' WHERE recipient = ?",
        "+8613655550001",
    )
    page.wait_for(f"{row}.innerText.includes('delivered')")
    kept = "(text => [text.value, document.activeElement.id, text.selectionStart])(document.querySelector('#text'))"
    assert page.run(kept) == ["the next one, half written", "text", 3]
    assert page.run("window.scrollY") > 100


def test_a_mistake_is_said_beside_its_field(page: Page) -> None:
    page.write("#to", "nobody")
    page.click("#composer .primary")
    page.wait_for("document.querySelector('#wrong-to')")
    assert page.run("document.querySelector('#to').getAttribute('aria-describedby')") == "wrong-to"
    assert page.run("document.querySelector('#to').value") == "nobody"
    assert page.run("document.querySelector('#wrong-text').innerText") == "The text is empty."


def test_a_waiting_message_is_cancelled_with_a_button(page: Page, day: Web) -> None:
    message = day.accepted(to="+8613655550002", text="not this one")
    row = f"document.getElementById('m-{message['id']}')"
    page.wait_for(f"{row}?.querySelector('button')")
    page.run(f"{row}.querySelector('button').click()")
    page.wait_for(f"{row}.innerText.includes('cancelled')")
    assert day.get(f"/api/v1/messages/{message['id']}").json()["state"] == "cancelled"


def test_what_comes_in_appears_by_itself(page: Page, day: Web) -> None:
    execute(
        day,
        """
        INSERT INTO inbound_messages (id, sim_id, sender, text, parts_total, parts_received, complete,
            received_at_ms, completed_at_ms)
        SELECT 'new', id, '+8613655550003', 'just arrived', 1, 1, 1, strftime('%s') * 1000, 0 FROM sims LIMIT 1
        """,
    )
    page.wait_for("document.getElementById('i-new')?.innerText.includes('just arrived')")


def test_the_wall_follows_its_ports(page: Page, day: Web) -> None:
    page.go(f"{day.url}/modems")
    page.wait_for("document.querySelector('.slot')?.innerText.includes('ready')")
    execute(day, "UPDATE ports SET state = 'line-lost', reason = 'port.line-lost' WHERE label = 'A1'")
    page.wait_for("document.querySelector('.slot').innerText.includes('connection lost')")
    execute(day, "UPDATE ports SET state = 'ready', reason = 'port.ready' WHERE label = 'A1'")
    page.wait_for("!document.querySelector('.slot').innerText.includes('connection lost')")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_screen(page: Page, day: Web, width: int, language: str) -> None:
    message = day.get("/api/v1/messages", state="failed").json()["items"][0]
    page.language(language)
    page.size(width, 800)
    for path in (*PAGES, f"/messages/{message['id']}"):
        page.go(f"{day.url}{path}")
        assert page.run("document.documentElement.scrollWidth") <= width, path


def test_a_box_that_went_away_is_said_to_be(tmp_path: Path, browser: Browser) -> None:
    with running_web(tmp_path / "box", "--port", "/dev/none") as web:
        tab = browser.page()
        tab.go(f"{web.url}/login/{web.login_token()}")
        tab.wait_for("location.pathname === '/me'")
        tab.go(f"{web.url}/")
        tab.wait_for("'htmx' in window")
        assert tab.run("document.getElementById('offline').hidden") is True
        assert web.stop() == 0
        tab.wait_for("!document.getElementById('offline').hidden")
        # It would go on asking, and another test would hear the browser complain.
        tab.go("about:blank")


def test_after_sending_the_keyboard_is_where_one_goes_on(page: Page) -> None:
    page.write("#to", "+86 136-5555-0004")
    page.key("Enter")
    page.wait_for("document.activeElement.id === 'text' && document.querySelector('#wrong-text')")
    page.write("#text", "with a text now")
    page.key("Enter", control=True)
    page.wait_for("document.querySelector('.notice')?.innerText.includes('+8613655550004')")
    page.wait_for("document.activeElement.id === 'to'")
    page.wait_for("document.querySelector('.row')?.innerText.includes('with a text now')")


def test_what_the_box_refuses_is_said(page: Page) -> None:
    page.write("#to", "13655550005")
    page.write("#text", "too much " * 8000)
    page.click("#composer .primary")
    said = page.wait_for(
        "!document.getElementById('trouble').hidden && document.getElementById('trouble').innerText"
    )
    assert "Body too large" in said
    page.run("document.querySelector('#text').value = ''")
    page.write("#text", "less")
    page.click("#composer .primary")
    page.wait_for("document.getElementById('trouble').hidden")
    page.complaints[:] = [each for each in page.complaints if "413" not in each]


def test_on_a_telephone_the_inbox_is_one_tap_away(page: Page, day: Web) -> None:
    page.size(390, 844)
    page.go(f"{day.url}/")
    shown = "[...document.querySelectorAll('#sent, #inbox')].filter(each => each.offsetHeight).map(each => each.id)"
    assert page.run(shown) == ["sent"]
    assert page.run("document.querySelector('.tabs').getBoundingClientRect().bottom") < 844
    page.click(".tabs a[href='#inbox']")
    page.wait_for("location.hash === '#inbox'")
    assert page.run(shown) == ["inbox"]
    day.accepted(to="+8613655550006", text="meanwhile")
    page.wait_for("document.querySelector('#sent')?.textContent.includes('meanwhile')")
    assert page.run(shown) == ["inbox"]
    page.size(1366, 844)
    assert page.run(shown) == ["sent", "inbox"]


def test_what_came_in_cannot_pass_for_something_else(page: Page, day: Web) -> None:
    execute(
        day,
        """
        INSERT INTO inbound_messages (id, sim_id, sender, text, parts_total, parts_received, complete,
            received_at_ms, completed_at_ms)
        SELECT 'turned', id, ?, ?, 1, 1, 1, strftime('%s') * 1000 + 5000, 0 FROM sims LIMIT 1
        """,
        "\u202e+8613655550007\n",
        "\u202eמרחבא " + "w" * 600,
    )
    row = "document.getElementById('i-turned')"
    page.wait_for(row)
    assert page.run(f"{row}.querySelector('.row-who').textContent") == "+8613655550007"
    assert page.run(f"getComputedStyle({row}.querySelector('.row-text')).unicodeBidi") == "isolate"
    assert page.run("document.documentElement.scrollWidth") <= 1366


def test_a_batch_is_reckoned_where_one_reads(page: Page, day: Web) -> None:
    page.go(f"{day.url}/waiting")
    page.write("#messages", "50")
    page.click("#forecast button")
    page.wait_for("document.querySelector('#told .told')")
    assert "50" in page.run("document.querySelector('#told .told').textContent")
    assert page.run("location.pathname") == "/waiting"


def test_all_that_is_uncertain_is_ticked_at_once_and_the_decision_is_taken_back(page: Page, day: Web) -> None:
    page.go(f"{day.url}/uncertain")
    several = page.run("document.querySelectorAll('#settle ol input').length")
    assert several >= 1
    page.click("[data-ticks]")
    assert page.run("document.querySelectorAll('#settle ol input:checked').length") == several
    page.click("#settle button[value=mark-sent]")
    page.wait_for("document.querySelector('.notice button[value=undo]')")
    assert page.run("document.querySelectorAll('#settle ol input').length") == 0
    page.click(".notice button[value=undo]")
    page.wait_for(f"document.querySelectorAll('#settle ol input').length === {several}")


def test_a_message_is_scheduled_from_the_composer(page: Page, day: Web) -> None:
    page.go(f"{day.url}/")
    page.run("document.querySelector('details.options').open = true")
    page.write("#to", "13900000077")
    page.write("#text", "later")
    tomorrow = page.run("new Date(Date.now() + 864e5).toISOString().slice(0, 16)")
    page.run(f"document.querySelector('#not_before').value = '{tomorrow}'")
    page.click(".send button")
    page.wait_for("document.querySelector('.notice')")
    assert "Scheduled for" in page.run("document.querySelector('.notice').textContent")
    assert page.run("document.querySelector('#not_before').value") == ""
