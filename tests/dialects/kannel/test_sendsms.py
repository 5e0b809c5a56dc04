"""Kannel's `sendsms` over HTTP: its names, its answers, its charsets, and that nothing is stored by halves."""

import contextlib
import json
import os
import subprocess
import time
from contextlib import closing
from typing import Any
from urllib.parse import quote, quote_from_bytes, urlencode

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.store import keys
from appliance.store.database import connect
from appliance.store.keys import Scope, Terms
from appliance.web.dialects.kannel.fields import _of_xml, _pairs
from appliance.web.dialects.kannel.request import read_request
from appliance.web.dialects.kannel.text import read_text
from appliance.web.dialects.kannel.words import Rejected
from tests.peers.peer import find
from tests.web.running import Web

ACCEPTED = (202, "0: Accepted for delivery")


def ask(web: Web, query: str = "", **fields: str) -> requests.Response:
    """A GET with the key, as scripts do it; ``query`` goes as it is."""
    shown = {"username": "u", "password": web.key, "to": "13912345678", "text": "hi", **fields}
    left_out = [name for name in shown if f"{name}=" in query]
    given_ = urlencode({name: value for name, value in shown.items() if name not in left_out})
    return requests.get(f"{web.url}/cgi-bin/sendsms?{given_}{'&' * bool(query)}{query}", timeout=30)


def said(answer: requests.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "text/html"
    return answer.status_code, answer.text.splitlines()[0]


def rows(web: Web, sql: str = "SELECT * FROM messages ORDER BY seq") -> list[dict[str, Any]]:
    with closing(connect(web.data / "simloft.db", read_only=True)) as connection:
        return [dict(row) for row in connection.execute(sql)]


def test_what_is_accepted_is_on_disk(web: Web) -> None:
    assert said(ask(web, text="你好", to="+8613912345678")) == ACCEPTED
    newest = rows(web)[-1]
    assert (newest["recipient"], newest["text"], newest["source"]) == ("+8613912345678", "你好", "kannel")
    assert newest["api_key_id"] == 1


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("text=O%60Y%7D&coding=2&charset=UTF-16BE", "你好"),
        ("text=O%60Y%7D&coding=2", "你好"),
        ("text=" + quote("你好吗") + "&coding=2", "你好吗"),
        ("text=hello%21&coding=2", "hello!"),
        ("text=%00h%00i&coding=2", "hi"),
        ("text=" + quote("你好") + "&coding=2&charset=UTF-8", "你好"),
        ("text=" + quote_from_bytes("你好".encode("gbk")) + "&charset=GBK", "你好"),
        ("text=" + quote_from_bytes("你好".encode("gbk")), "你好"),
        ("text=" + quote("你好") + "&coding=0", "你好"),
        ("text=a+b%2Bc%0D%0Ad", "a b+c\nd"),
        ("text=caf%E9&charset=ISO-8859-1", "café"),
        ("text=" + quote_from_bytes("Привет".encode("utf-16-be")) + "&coding=2", "Привет"),
    ],
)
def test_texts_in_every_coding(web: Web, query: str, text: str) -> None:
    assert said(ask(web, query)) == ACCEPTED
    assert rows(web)[-1]["text"] == text


@pytest.mark.parametrize(
    "to",
    [
        "to=13912345678+13912345679",
        "to=%2B8613912345678%20008613912345679",
        "to=+8613912345678+13912345679+13912345678",
    ],
)
def test_several_numbers_get_one_answer_and_a_message_each(web: Web, to: str) -> None:
    before = len(rows(web))
    assert said(ask(web, to)) == ACCEPTED
    assert [row["recipient"] for row in rows(web)[before:]] == ["+8613912345678", "+8613912345679"]


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("password=wrong", 403, "Authorization failed for sendsms"),
        ("to=", 400, "Missing receiver number, rejected"),
        ("to=abc", 400, "Number(s) has/have been denied by white- and/or black-lists."),
        ("to=13912345678+110", 400, "Number(s) has/have been denied by white- and/or black-lists."),
        ("coding=9", 400, "Coding field misformed, rejected"),
        ("coding=1", 400, "Coding field misformed, rejected"),
        ("priority=7", 400, "Priority field misformed, rejected"),
        ("dlr-mask=x", 400, "DLR-Mask field misformed, rejected"),
        ("dlr-url=nonsense&dlr-mask=1", 400, "DLR-URL field misformed, rejected"),
        ("dlr-url=http%3A%2F%2F%5B&dlr-mask=1", 400, "DLR-URL field misformed, rejected"),
        ("validity=soon", 400, "Validity field misformed, rejected"),
        ("validity=5&deferred=10", 400, "Validity field misformed, rejected"),
        ("udh=%05%00", 400, "UDH field misformed, rejected"),
        ("mclass=2", 400, "MClass field misformed, rejected"),
        ("mwi=1", 400, "MWI field misformed, rejected"),
        ("text=", 400, "Charset or body misformed, rejected"),
        ("text=a%00b", 400, "Charset or body misformed, rejected"),
        ("text=%D8%00&coding=2&charset=UTF-16BE", 400, "Charset or body misformed, rejected"),
        ("text=" + "a" * 3000, 400, "Charset or body misformed, rejected"),
    ],
)
def test_refusals_in_kannels_words(web: Web, query: str, status: int, words: str) -> None:
    before = len(rows(web))
    assert said(ask(web, query)) == (status, words)
    assert len(rows(web)) == before


def test_the_aliases_and_what_is_ignored(web: Web) -> None:
    query = urlencode(
        {"user": "u", "pass": web.key, "to": "10086", "text": "ye", "smsc": "box", "alt-dcs": "0", "x": "y"}
    )
    assert (
        said(requests.get(f"{web.url}/cgi-bin/sendsms?{query}&from=&validity=&mclass=", timeout=30))
        == ACCEPTED
    )


def test_a_bearerbox_that_asks_again_sends_once(web: Web) -> None:
    before = len(rows(web))
    url = "http://10.0.0.9:13015/sms?username=k&password=p&dlr-url=x&dlr-mask=%d&dlr-mid="
    for mid in ("7ae3-1", "7ae3-1", "7ae3-2"):
        fields = {"dlr-mask": "3", "dlr-url": url + mid}
        assert said(ask(web, **fields)) == ACCEPTED
    assert len(rows(web)) == before + 2


def test_priority_flash_validity_and_deferral(web: Web) -> None:
    now_ms = time.time() * 1000
    assert said(ask(web, priority="3", mclass="0", validity="60", deferred="10")) == ACCEPTED
    newest = rows(web)[-1]
    assert (newest["priority"], newest["flash"]) == (0, 1)
    assert abs(newest["not_before_ms"] - now_ms - 600_000) < 60_000
    assert abs(newest["expires_at_ms"] - now_ms - 3_600_000) < 60_000


def test_forms_headers_and_xml_are_posts(web: Web) -> None:
    url = f"{web.url}/cgi-bin/sendsms"
    form = {"username": "u", "password": web.key, "to": "13912345678", "text": "表单"}
    assert said(requests.post(url, data=form, timeout=30)) == ACCEPTED
    headers = {
        "X-Kannel-Username": "u",
        "X-Kannel-Password": web.key,
        "X-Kannel-To": "13912345678",
        "X-Kannel-Coding": "2",
        "Content-Type": "text/plain; charset=UTF-8",
    }
    assert said(requests.post(url, headers=headers, data="头".encode(), timeout=30)) == ACCEPTED
    xml = f"""<?xml version="1.0" encoding="GBK"?><message><submit>
        <da><number>13912345678</number></da><da><number>13912345679</number></da><oa><number>10086</number></oa>
        <ud>信 &lt;a&gt;</ud><dcs><coding>2</coding></dcs><priority>3</priority>
        <statusrequest><dlr-mask>3</dlr-mask><dlr-url>http://10.0.0.9/x?a=%d&amp;b=1</dlr-url></statusrequest>
        <from><username>u</username><password>{web.key}</password></from></submit></message>"""
    answer = requests.post(url, headers={"Content-Type": "text/xml"}, data=xml.encode("gbk"), timeout=30)
    assert said(answer) == ACCEPTED
    assert [row["text"] for row in rows(web)[-4:]] == ["表单", "头", "信 <a>", "信 <a>"]
    last = rows(web, "SELECT * FROM callbacks ORDER BY id")[-1]
    assert (last["url"], last["dialect"]) == ("http://10.0.0.9/x?a=%d&b=1", "kannel")
    options = json.loads(last["options"])
    assert (options["mask"], options["from"], options["to"]) == (3, "10086", "13912345679")


def test_bodies_that_are_no_request_are_refused(web: Web) -> None:
    url = f"{web.url}/cgi-bin/sendsms"
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><message><submit><ud>&a;</ud></submit></message>'
    for kind, body in (
        ("text/xml", bomb),
        ("text/xml", b"<message>"),
        ("text/xml", b"<a/>"),
        ("image/png", b"x"),
    ):
        status, _ = said(requests.post(url, headers={"Content-Type": kind}, data=body, timeout=30))
        assert status == 400
    assert requests.put(url, timeout=30).status_code == 405
    assert requests.head(ask(web).url, timeout=30).status_code == 405


def test_a_key_that_may_not_send_and_one_at_its_limit(web: Web) -> None:
    shown = {name: keys.new_key() for name in ("reads", "slow", "tries")}
    with closing(connect(web.data / "simloft.db")) as connection:
        now_ms = int(time.time() * 1000)
        keys.add(connection, Terms(name="reads", scopes=frozenset({Scope.READ})), shown["reads"], now_ms)
        keys.add(connection, Terms(name="slow", messages_per_minute=1), shown["slow"], now_ms)
        keys.add(connection, Terms(name="tries", is_sandbox=True), shown["tries"], now_ms)
    assert said(ask(web, password=shown["reads"])) == (403, "Authorization failed for sendsms")
    assert said(ask(web, password=shown["slow"])) == ACCEPTED
    limited = ask(web, password=shown["slow"])
    assert said(limited) == (503, "Temporal failure, try again later.")
    assert int(limited.headers["Retry-After"]) > 0
    before = len(rows(web))
    assert said(ask(web, password=shown["tries"])) == ACCEPTED
    assert len(rows(web)) == before
    with closing(connect(web.data / "sandbox" / "simloft.db", read_only=True)) as connection:
        assert connection.execute("SELECT count(*) FROM messages").fetchone()[0] == 1


def test_no_log_has_the_password(web: Web) -> None:
    assert web.key not in web.log()
    assert "13912345678" not in web.log()


def test_rapidsms_sends(web: Web) -> None:
    django = pytest.importorskip("django.conf")
    if not django.settings.configured:
        django.settings.configure(INSTALLED_APPS=[], DATABASES={})
    kannel = pytest.importorskip("rapidsms.backends.kannel.outgoing")
    backend = kannel.KannelBackend(
        None,
        "k",
        sendsms_url=f"{web.url}/cgi-bin/sendsms",
        sendsms_params={"username": "u", "password": web.key, "from": "10086", "smsc": "box"},
        coding=2,
        charset="UTF-16BE",
        delivery_report_url=None,
    )
    before = len(rows(web))
    backend.send("1", "磁盘已满", ["+8613912345678", "13912345679"], {})
    assert [(row["recipient"], row["text"]) for row in rows(web)[before:]] == [
        ("+8613912345678", "磁盘已满"),
        ("+8613912345679", "磁盘已满"),
    ]


@pytest.mark.peer("libnetsds-kannel-perl")
def test_netsds_of_perl_sends(web: Web) -> None:
    perl = find("perl")
    if subprocess.run([perl, "-MNetSDS::Kannel", "-e", "1"], capture_output=True, check=False).returncode:
        pytest.skip("NetSDS::Kannel is not installed (Debian package: libnetsds-kannel-perl)")
    program = """
        use NetSDS::Kannel;
        my $kannel = NetSDS::Kannel->new(sendsms_url => $ENV{URL}, sendsms_user => 'u', sendsms_passwd => $ENV{KEY},
            dlr_url => 'http://10.0.0.9:9/dlr?type=%d', default_charset => 'UTF-8');
        print $kannel->send(from => '10086', to => '+8613912345678', text => 'hello box', validity => 60,
            dlr_mask => 31);
    """
    environment = {**os.environ, "URL": f"{web.url}/cgi-bin/sendsms", "KEY": web.key}
    run = subprocess.run(
        [perl, "-e", program], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert "0: Accepted for delivery" in run.stdout, run.stderr
    assert rows(web)[-1]["text"] == "hello box"


WORDS = st.sampled_from(
    [
        "to",
        "text",
        "coding",
        "charset",
        "dlr-mask",
        "dlr-url",
        "validity",
        "deferred",
        "priority",
        "mclass",
        "udh",
        "pid",
    ]
)
VALUES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [
            b"0",
            b"1",
            b"2",
            b"-1",
            b"999999999999",
            b"UTF-16BE",
            b"UTF-8",
            b"13912345678",
            b"http://10.0.0.9/%d",
        ]
    ),
)


@given(st.dictionaries(WORDS, VALUES))
def test_any_fields_are_a_sending_or_a_rejection(fields: dict[str, bytes]) -> None:
    with contextlib.suppress(Rejected):
        sending = read_request(fields, 0, "CN")
        assert len(sending.submissions) == len(sending.recipients) > 0


@given(
    st.binary(max_size=200),
    st.sampled_from([None, 0, 2]),
    st.sampled_from([None, "UTF-16BE", "ucs-2", "x", "gbk"]),
)
def test_any_octets_are_a_text_or_none(octets: bytes, coding: int | None, charset: str | None) -> None:
    text = read_text(octets, coding, charset)
    assert text is None or text.encode("utf-8") is not None


@given(st.binary(max_size=200))
def test_any_query_and_any_xml_can_be_looked_at(octets: bytes) -> None:
    assert all(isinstance(value, bytes) for _, value in _pairs(octets))
    with contextlib.suppress(Rejected):
        _of_xml(b"<message><submit>" + octets + b"</submit></message>")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(WORDS, VALUES),
    st.binary(max_size=60),
    st.sampled_from(["GET", "text/plain", "text/xml", "application/x-www-form-urlencoded"]),
)
def test_the_box_answers_anything_in_kannels_form(
    web: Web, fields: dict[str, bytes], noise: bytes, way: str
) -> None:
    before = len(rows(web))
    query = urlencode({"password": web.key.encode(), **fields}) + "&" + quote_from_bytes(noise, safe="&=%+")
    url = f"{web.url}/cgi-bin/sendsms?{query}"
    if way == "GET":
        answer = web.page.get(url, timeout=30)
    else:
        answer = web.page.post(url, data=noise, headers={"Content-Type": way}, timeout=30)
    assert answer.status_code in (202, 400, 403), (answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == "text/html"
    assert (len(rows(web)) > before) == (answer.status_code == 202)
