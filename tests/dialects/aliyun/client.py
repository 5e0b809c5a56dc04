"""What the tests of Aliyun's dialect ask with: its SDK, and requests that are signed by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import requests
from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_tea_openapi.utils_models import Config

from appliance.desk.aliyun_keys import MadePair, make_pair
from appliance.desk.webhook_secrets import Vault
from appliance.desk.who import Source, Who
from appliance.store.keys import EVERY_SCOPE
from appliance.store.writer import GroupCommitWriter
from tests.web.running import Web


@dataclass(frozen=True)
class AccessKey:
    """What is typed into a program."""

    id: str
    secret: str


def make_access_key(data: Path, key_id: int) -> AccessKey:
    """The second form of an API key."""
    writer = GroupCommitWriter(data / "simloft.db")
    try:
        made = make_pair(
            writer, Vault(data), Who(Source.CLI), EVERY_SCOPE, key_id, now_ms=int(time.time() * 1000)
        )
    finally:
        writer.close()
    assert isinstance(made, MadePair)
    return AccessKey(made.access_key_id, made.secret)


def sdk(url: str, pair: AccessKey) -> Client:
    """Aliyun's own client with another endpoint, and nothing else."""
    return Client(
        Config(
            access_key_id=pair.id,
            access_key_secret=pair.secret,
            endpoint=url.removeprefix("http://"),
            protocol="http",
        )
    )


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def rpc_parameters(pair: AccessKey, method: str = "GET", **given: str) -> dict[str, str]:
    """Signed as scripts do it by the public documentation."""
    parameters = {
        "AccessKeyId": pair.id,
        "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": str(uuid.uuid4()),
        "SignatureVersion": "1.0",
        "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "Version": "2017-05-25",
        "RegionId": "cn-hangzhou",
        **given,
    }
    query = "&".join(f"{_encoded(name)}={_encoded(parameters[name])}" for name in sorted(parameters))
    said = f"{method}&%2F&{_encoded(query)}"
    digest = hmac.new(f"{pair.secret}&".encode(), said.encode(), hashlib.sha1).digest()
    return {**parameters, "Signature": base64.b64encode(digest).decode()}


def rpc(web: Web, pair: AccessKey, method: str = "GET", **given: str) -> requests.Response:
    parameters = rpc_parameters(pair, method, **given)
    if method == "POST":
        return requests.post(f"{web.url}/", data=parameters, timeout=60)
    return requests.get(f"{web.url}/?{urlencode(parameters)}", timeout=60)


def send(web: Web, pair: AccessKey, **given: str) -> dict[str, Any]:
    """``SendSms`` with what is usual where nothing else is given; the answer's body."""
    usual = {
        "Action": "SendSms",
        "PhoneNumbers": "13912345678",
        "SignName": "小店",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"code":"123456"}',
    }
    answer = rpc(web, pair, "POST", **{**usual, **given})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body
