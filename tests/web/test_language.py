"""Chinese first; every text has its Chinese; no placeholder is lost in it."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from appliance.web.language import CHINESE, ENGLISH, choose_language, languages
from tests.web.texts import all_texts, texts_of_code, texts_of_templates


@pytest.mark.parametrize(
    ("cookie", "accept_language", "tag"),
    [
        (None, None, CHINESE),
        (None, "", CHINESE),
        (None, "*", CHINESE),
        (None, "zh", CHINESE),
        (None, "zh-TW,zh;q=0.9,en;q=0.8", CHINESE),
        (None, "en-GB,en;q=0.9,zh;q=0.8", ENGLISH),
        (None, "zh;q=0.1, en;q=0.9", ENGLISH),
        (None, "en;q=0, zh", CHINESE),
        (None, "de-DE,de;q=0.9,en;q=0.5", ENGLISH),
        (None, "de", ENGLISH),
        (None, "en;q=x,zh;q=0.1", CHINESE),
        ("en", "zh-CN", ENGLISH),
        ("zh-CN", "en", CHINESE),
        ("klingon", "en", ENGLISH),
    ],
)
def test_the_language_is_the_chosen_one_or_the_best_known(
    cookie: str | None, accept_language: str | None, tag: str
) -> None:
    assert choose_language(cookie, accept_language).tag == tag


def test_every_text_has_its_chinese() -> None:
    chinese = languages()[CHINESE]
    missing = [
        english
        for english, plural in all_texts().items()
        if not (chinese.texts.get(english) if plural is None else chinese.plurals.get(english))
    ]
    assert missing == []


def test_the_catalog_has_nothing_that_is_used_no_more() -> None:
    chinese = languages()[CHINESE]
    assert sorted({*chinese.texts, *chinese.plurals} - set(all_texts())) == []


def test_the_texts_are_found_where_they_stand() -> None:
    assert len(texts_of_templates()) > 60
    assert len(texts_of_code()) > 40


def test_the_placeholders_agree() -> None:
    chinese = languages()[CHINESE]
    pairs = dict(chinese.texts) | {one: forms[0] for one, forms in chinese.plurals.items()}
    wrong = [english for english, translated in pairs.items() if _fields(english) != _fields(translated)]
    assert wrong == []


def test_chinese_is_set_as_chinese_is() -> None:
    """Full-width punctuation between ideographs; no stray space between them."""
    for translated in languages()[CHINESE].texts.values():
        assert not re.search(r"[\u4e00-\u9fff][,;:?!]", translated), translated
        assert not re.search(r"[\u4e00-\u9fff] [\u4e00-\u9fff]", translated), translated


def _fields(pattern: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(pattern) if name is not None}
