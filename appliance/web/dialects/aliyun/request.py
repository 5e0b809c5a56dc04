"""A request as Aliyun's clients make it: by headers (ACS3), or by parameters (RPC), which scripts and old SDKs send."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from appliance.web.asked import Asked
from appliance.web.dialects.aliyun import signature
from appliance.web.dialects.aliyun.words import Rejected, missing, unreadable
from appliance.web.head import Head

MOST_FIELDS = 60
LONGEST_ID = 128
_AUTHORIZATION = re.compile(
    rf"{signature.ACS3}\s+Credential=([^,\s]{{1,{LONGEST_ID}}})\s*,\s*SignedHeaders=([^,\s]{{1,2000}})\s*,\s*"
    r"Signature=([0-9A-Fa-f]{64})\s*"
)
_MUST_BE_SIGNED = frozenset(
    {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
)
_JSON_ASKED_FOR = re.compile(r"(?:^|&)Format=json(?:&|$)", re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """What is asked for, and by whom it says it is; :attr:`is_signed_with` proves it."""

    action: str
    version: str
    access_key_id: str
    nonce: str
    time: str
    """As the client spelt it: ISO 8601, UTC."""
    parameters: Mapping[str, str]
    fingerprint: bytes
    """Of all that is said."""
    is_signed_with: Callable[[str], bool]


def is_for_aliyun(head: Head) -> bool:
    """Whether a GET of ``/`` is a program's and no browser's."""
    query = head.query_string
    is_by_parameters = "Signature=" in query and "Action=" in query
    return head.method == "GET" and (is_by_parameters or "x-acs-action" in head.headers)


def wants_xml(asked: Asked) -> bool:
    """RPC answers XML unless JSON is asked for; ACS3 always answers JSON, and so does what is neither."""
    given = f"{asked.query_string}&{asked.body[:8192].decode('latin-1')}"
    is_signed = "Signature=" in given
    return is_signed and not _is_by_headers(asked, is_signed) and _JSON_ASKED_FOR.search(given) is None


def read_request(asked: Asked) -> SignedRequest:
    """Raises :class:`Rejected`, and the Problem of a body that was given up."""
    asked.check_body()
    query = _pairs(asked.query_string.encode("latin-1", "replace"))
    form = _pairs(asked.body) if _is_form(asked) else []
    if asked.body and not _is_form(asked):
        raise unreadable(f"A body has to be {_FORM}.")
    parameters = dict(query + form)
    if len(parameters) < len(query) + len(form):
        raise unreadable("A parameter is given twice.")
    if _is_by_headers(asked, "Signature" in parameters):
        return _by_headers(asked, query, parameters)
    return _by_parameters(asked, parameters)


def _is_by_headers(asked: Asked, has_signed_parameters: bool) -> bool:
    """SDKs of RPC's time send ``x-acs-action`` too, and no ``Authorization``."""
    if "x-acs-action" not in asked.headers:
        return False
    return not has_signed_parameters or asked.headers.get("authorization", "").startswith(signature.ACS3)


def _is_form(asked: Asked) -> bool:
    kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("", _FORM)


def _pairs(octets: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            octets.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise unreadable("The parameters are no percent-encoded UTF-8, or too many.") from error


def _by_headers(asked: Asked, query: list[tuple[str, str]], parameters: dict[str, str]) -> SignedRequest:
    headers = asked.headers
    authorization = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if authorization is None:
        raise Rejected(
            "MissingAuthorization", f"Authorization has to be {signature.ACS3}.", HTTPStatus.BAD_REQUEST
        )
    access_key_id, names, shown = authorization.groups()
    signed = names.split(";")
    if not _MUST_BE_SIGNED.issubset(signed):
        raise Rejected(
            "IncompleteSignature",
            "These headers have to be signed: " + ", ".join(sorted(_MUST_BE_SIGNED)),
            HTTPStatus.BAD_REQUEST,
        )
    is_whole = signature.is_same(
        headers["x-acs-content-sha256"].lower() if "x-acs-content-sha256" in headers else "",
        hashlib.sha256(asked.body).hexdigest(),
    )

    def is_signed_with(secret: str) -> bool:
        computed = signature.acs3(secret, asked.method, "/", query, headers, signed)
        return signature.is_same(shown.lower(), computed) and is_whole

    return SignedRequest(
        action=headers["x-acs-action"],
        version=headers.get("x-acs-version", ""),
        access_key_id=access_key_id,
        nonce=_nonce(headers.get("x-acs-signature-nonce", "")),
        time=headers.get("x-acs-date", ""),
        parameters=parameters,
        fingerprint=hashlib.sha256(shown.lower().encode()).digest(),
        is_signed_with=is_signed_with,
    )


def _by_parameters(asked: Asked, parameters: dict[str, str]) -> SignedRequest:
    for name in ("Action", "AccessKeyId", "Signature", "SignatureNonce", "Timestamp"):
        if not parameters.get(name):
            raise missing(name)
    algorithm = parameters.get("SignatureMethod", "HMAC-SHA1").upper()
    if algorithm not in signature.RPC_METHODS:
        raise unreadable("SignatureMethod has to be HMAC-SHA1 or HMAC-SHA256.")
    shown = parameters["Signature"]
    signed = [(name, value) for name, value in parameters.items() if name != "Signature"]

    def is_signed_with(secret: str) -> bool:
        return signature.is_same(shown, signature.rpc(secret, asked.method, signed, algorithm))

    return SignedRequest(
        action=parameters["Action"],
        version=parameters.get("Version", ""),
        access_key_id=parameters["AccessKeyId"][:LONGEST_ID],
        nonce=_nonce(parameters["SignatureNonce"]),
        time=parameters["Timestamp"],
        parameters=parameters,
        fingerprint=hashlib.sha256(shown.encode("utf-8", "surrogatepass")).digest(),
        is_signed_with=is_signed_with,
    )


def _nonce(nonce: str) -> str:
    if not 1 <= len(nonce) <= LONGEST_ID:
        raise unreadable("The signature's nonce is missing or too long.")
    return nonce
