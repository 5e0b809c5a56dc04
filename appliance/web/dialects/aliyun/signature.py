"""Signatures of Aliyun's requests: ACS3-HMAC-SHA256 over headers, and RPC version 1 over parameters. Pure.

Both are of its public documentation ("V3 request structure and signature", "RPC signature"), whose worked examples
are in the tests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import quote

ACS3 = "ACS3-HMAC-SHA256"
RPC_METHODS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}

Pairs = Sequence[tuple[str, str]]


def encoded(text: str) -> str:
    """Percent-encoding of RFC 3986: a space is ``%20``, and only letters, digits and ``-_.~`` stay."""
    return quote(text, safe="-_.~", errors="surrogatepass")


def canonical_query(pairs: Pairs) -> str:
    """Parameters in the order of their names."""
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(pairs))


def acs3(  # noqa: PLR0917 - in the order in which they are signed
    secret: str, method: str, path: str, query: Pairs, headers: Mapping[str, str], signed: Sequence[str]
) -> str:
    """The signature of a request whose ``headers`` (by lower-case name) are signed as ``signed`` names them.

    ``x-acs-content-sha256`` stands for the body: whoever calls this has compared it.
    """
    canonical = "\n".join(
        (
            method,
            path,
            canonical_query(query),
            "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed),
            ";".join(signed),
            headers.get("x-acs-content-sha256", ""),
        )
    )
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
    return hmac.new(_octets(secret), f"{ACS3}\n{digest}".encode(), hashlib.sha256).hexdigest()


def rpc(secret: str, method: str, parameters: Pairs, algorithm: str = "HMAC-SHA1") -> str:
    """The signature of a request with those ``parameters``, of query and form, without ``Signature`` itself."""
    said = f"{method}&{encoded('/')}&{encoded(canonical_query(parameters))}"
    digest = hmac.new(_octets(secret + "&"), said.encode(), RPC_METHODS[algorithm]).digest()
    return base64.b64encode(digest).decode()


def is_same(shown: str, computed: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(_octets(shown), _octets(computed))


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
