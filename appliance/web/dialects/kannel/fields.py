"""The parameters of a request to Kannel's ``sendsms``, in octets: from the query, a form, headers, or XML.

Octets, because ``text`` may be raw UTF-16 that is percent-encoded, which no decoding of the whole query survives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

from appliance.desk.charset import text_of
from appliance.web.asked import Asked
from appliance.web.dialects.kannel.words import Rejected, misformed

MOST_FIELDS = 60

_ALIASES = {"user": "username", "pass": "password", "dlrmask": "dlr-mask", "dlrurl": "dlr-url"}

_XML = {
    "da/number": "to",
    "oa/number": "from",
    "ud": "text",
    "udh": "udh",
    "dcs/mclass": "mclass",
    "dcs/coding": "coding",
    "dcs/mwi": "mwi",
    "dcs/compress": "compress",
    "dcs/alt-dcs": "alt-dcs",
    "pid": "pid",
    "rpi": "rpi",
    "priority": "priority",
    "meta-data": "meta-data",
    "vp/delay": "validity",
    "timing/delay": "deferred",
    "statusrequest/dlr-mask": "dlr-mask",
    "statusrequest/dlr-url": "dlr-url",
    "from/user": "username",
    "from/username": "username",
    "from/pass": "password",
    "from/password": "password",
    "from/account": "account",
    "to": "smsc",
}
"""What elements below ``/message/submit`` mean (Kannel's user guide, "SMS push using HTTP POST with XML")."""

_DECLARES_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)

Fields = dict[str, bytes]
"""By Kannel's names; the first of several of one name, as Kannel takes it."""


def fields_of(asked: Asked) -> Fields:
    """Every parameter of a request. Raises :class:`Rejected`, and the Problem of a body that was given up."""
    fields: Fields = {}
    pairs = list(_pairs(asked.query_string.encode("latin-1", "replace")))
    if asked.method == "POST":
        asked.check_body()
        pairs += _posted(asked)
    if len(pairs) > MOST_FIELDS:
        raise misformed("Charset or body")
    for name, value in pairs:
        known = name.lower()
        fields.setdefault(_ALIASES.get(known, known), value)
    return fields


def _posted(asked: Asked) -> list[tuple[str, bytes]]:
    content_type = asked.headers.get("content-type", "")
    match content_type.partition(";")[0].strip().lower():
        case "application/x-www-form-urlencoded":
            return list(_pairs(asked.body))
        case "text/xml" | "application/xml":
            return _of_xml(asked.body)
        case "text/plain" | "text/html" | "application/octet-stream" | "":
            return [*_of_headers(asked), *_charset(content_type), ("text", asked.body)]
        case _:
            raise Rejected(400, "Invalid content-type")


def _pairs(query: bytes) -> Iterator[tuple[str, bytes]]:
    for pair in query.split(b"&"):
        name, equals, value = pair.partition(b"=")
        if equals:
            yield _unquoted(name).decode("latin-1"), _unquoted(value)


def _unquoted(octets: bytes) -> bytes:
    return unquote_to_bytes(octets.replace(b"+", b" "))


def _of_headers(asked: Asked) -> Iterator[tuple[str, bytes]]:
    for name, value in asked.headers.items():
        if name.startswith("x-kannel-"):
            yield name.removeprefix("x-kannel-"), value.encode("latin-1", "replace")


def _charset(content_type: str) -> Iterator[tuple[str, bytes]]:
    if found := _CHARSET.search(content_type):
        yield "charset", found[1].encode("latin-1", "replace")


def _of_xml(body: bytes) -> list[tuple[str, bytes]]:
    if _DECLARES_ENTITIES.search(body):
        raise misformed("Charset or body")
    encoding = _ENCODING.match(body)
    try:
        # The parser knows no charset of several octets a character, and takes a text for what it is.
        root = ET.fromstring(text_of(body, encoding[1].decode() if encoding else "utf-8"))
    except (ET.ParseError, ValueError, LookupError, RecursionError) as error:
        raise misformed("Charset or body") from error
    submit = root if root.tag == "submit" else root.find("submit")
    if submit is None:
        raise misformed("Charset or body")
    found: dict[str, list[str]] = {}
    for path, name in _XML.items():
        for element in submit.findall(path)[:MOST_FIELDS]:
            if not len(element):
                found.setdefault(name, []).append(element.text or "")
    # The text of XML has a charset already; what it is sent in is not what its octets were.
    texts = {name: " ".join(values) if name == "to" else values[0] for name, values in found.items()}
    return [*((name, text.encode()) for name, text in texts.items()), ("charset", b"UTF-8")]
