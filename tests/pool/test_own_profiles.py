"""A person's own profiles while the pool runs: taken up when they change, and told of when they have a mistake."""

from __future__ import annotations

from pathlib import Path

from appliance.modem.profiles import ProfileBook
from tests.bank import running_bank
from tests.pool.pools import box

PROFILE = 'title = "mine"\nmanufacturer = "."\n'


def test_a_mistake_is_an_event_and_the_last_good_version_stays(tmp_path: Path) -> None:
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    file = profiles / "mine.toml"
    file.write_text(PROFILE)
    book = ProfileBook.built_in().with_directory(profiles)
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank, profiles=book)
        with pool.running():
            pool.wait_until_ready()
            assert book.match("any maker", None).title == "mine"
            file.write_text(PROFILE + "titel = 3\n")
            events = "SELECT reason_args FROM events WHERE kind = 'profile' AND reason = 'profile.mistake'"
            [row] = pool.wait_for(lambda: pool.rows(events))
            assert '"line": 3' in row["reason_args"]
            assert "titel" in row["reason_args"]
            assert book.match("any maker", None).title == "mine"
            file.write_text(PROFILE.replace("mine", "mended"))
            pool.wait_for(lambda: book.match("any maker", None).title == "mended")
            assert len(pool.rows(events)) == 1
