"""With a telephone in the hand: what is asked of a modem is followed, and a card is changed, with no reload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.box import Box
from tests.web.browser import CHROMIUM, Page, running_browser
from tests.web.running import Web
from tests.web.technicians_box import call, technicians_box

pytestmark = [
    pytest.mark.peer("chromium"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(
        not (Path(__file__).parents[2] / "appliance/web/static/vendor/htmx.min.js").exists(),
        reason="the browser parts are not built (make install)",
    ),
]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Box, Web]]:
    with technicians_box(tmp_path_factory.mktemp("box"), modems=2) as running:
        yield running


@pytest.fixture(scope="module")
def telephone(both: tuple[Box, Web], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    web = both[1]
    with running_browser(tmp_path_factory.mktemp("chromium")) as browser:
        tab = browser.page()
        tab.language("en")
        tab.size(390, 844)
        tab.go(f"{web.url}/login/{web.login_token()}")
        tab.wait_for("location.pathname === '/me'")
        tab.go(f"{web.url}/")
        tab.wait_for("'htmx' in window")
        yield tab
        assert tab.complaints == []


def says(page: Page, words: str) -> None:
    """Until the big instruction has these words."""
    page.wait_for(f"document.querySelector('.swap-now')?.innerText.includes({words!r})", 30)


def press(page: Page, action: str) -> None:
    button = f"form[action$='/{action}'] button"
    page.wait_for(f'document.querySelector("{button}")')
    page.click(button)


def test_a_card_is_changed_step_by_step(both: tuple[Box, Web], telephone: Page) -> None:
    box, web = both
    port: dict[str, Any] = call(web, "GET", "/ports").json()["items"][0]
    call(web, "PATCH", f"/ports/{port['id']}", label="hub A, slot 1")
    box.bank("card", action="make", card="fresh")
    telephone.go(f"{web.url}/ports/{port['id']}")
    press(telephone, "swap")
    says(telephone, "hub A, slot 1: pull the card")
    assert telephone.run("document.documentElement.scrollWidth") <= 390
    box.bank("card", action="pull", modem="modem01")
    says(telephone, "put in the new card")
    box.bank("card", action="insert", modem="modem01", card="fresh")
    says(telephone, "Choose its limits")
    press(telephone, "plan-copy")
    says(telephone, "by a message to another SIM")
    press(telephone, "test")
    says(telephone, "the swap is done")
    swap = call(web, "GET", telephone.run("location.pathname")).json()
    assert (swap["step"], swap["old_sim"]["id"]) == ("done", port["sim"]["id"])
    assert swap["new_sim"]["id"] != swap["old_sim"]["id"]
    after = call(web, "GET", f"/ports/{port['id']}").json()
    assert after["sim"]["id"] == swap["new_sim"]["id"]
    assert after["sim"]["resting_until"] is None


def test_a_swap_is_cancelled_and_the_sim_goes_on(both: tuple[Box, Web], telephone: Page) -> None:
    web = both[1]
    port: dict[str, Any] = call(web, "GET", "/ports").json()["items"][1]
    telephone.go(f"{web.url}/ports/{port['id']}")
    press(telephone, "swap")
    says(telephone, "pull the card")
    there = telephone.run("location.pathname")
    assert call(web, "GET", f"/ports/{port['id']}").json()["sim"]["resting_until"] is not None
    telephone.go(f"{web.url}/ports/{port['id']}")
    press(telephone, "swap")
    telephone.wait_for(f"location.pathname === {there!r}")
    press(telephone, "cancel")
    says(telephone, "was cancelled")
    assert call(web, "GET", f"/ports/{port['id']}").json()["sim"]["resting_until"] is None


def test_what_is_typed_stays_while_nothing_changes(both: tuple[Box, Web], telephone: Page) -> None:
    box, web = both
    port: dict[str, Any] = call(web, "GET", "/ports").json()["items"][1]
    box.bank("card", action="make", card="locked", pin="4831")
    telephone.go(f"{web.url}/ports/{port['id']}")
    press(telephone, "swap")
    says(telephone, "pull the card")
    box.bank("card", action="pull", modem="modem02")
    says(telephone, "put in the new card")
    box.bank("card", action="insert", modem="modem02", card="locked")
    says(telephone, "asks for its PIN")
    telephone.write("#pin-digits", "48")
    box.post("+8613912345678", "meanwhile")
    seen = telephone.run("performance.getEntriesByType('resource').length")
    telephone.wait_for(f"performance.getEntriesByType('resource').length > {seen} + 1")
    assert telephone.run("document.querySelector('#pin-digits').value") == "48"
    telephone.write("#pin-digits", "31")
    press(telephone, "pin")
    says(telephone, "Choose its limits")
    press(telephone, "plan-box")
    says(telephone, "by a message to another SIM")
    press(telephone, "skip-test")
    says(telephone, "the swap is done")


def test_what_is_asked_of_a_modem_is_followed_without_a_reload(
    both: tuple[Box, Web], telephone: Page
) -> None:
    web = both[1]
    port: dict[str, Any] = call(web, "GET", "/ports").json()["items"][0]
    telephone.go(f"{web.url}/ports/{port['id']}")
    telephone.run("window.sameDocument = true")
    telephone.click("form:has([value=trace]) button")
    telephone.wait_for("document.querySelector('#command.command-good pre')")
    telephone.click("form:has([value=identify]) button")
    telephone.wait_for("document.querySelector('#command.command-good:not(:has(pre))')")
    # Highlighted by the part that moves by itself.
    telephone.wait_for("document.querySelector('#live .slot-identified')")
    telephone.run("document.querySelector('details.panel').open = true")
    telephone.write("#at-line", "AT+CSQ")
    telephone.click("[name=sure]")
    telephone.click("form:has(#at-line) button")
    telephone.wait_for("document.querySelector('#command pre')?.innerText.includes('+CSQ:')")
    assert telephone.run("window.sameDocument") is True
    assert telephone.run("document.querySelector('#at-line').value") == "AT+CSQ"
    assert telephone.run("document.documentElement.scrollWidth") <= 390
