"""One web process for most tests of the dialect, with an AccessKey and two templates."""

from collections.abc import Iterator

import pytest

from tests.dialects.aliyun.client import AccessKey, make_access_key
from tests.web.running import Web, running_web

SETTINGS = '[aliyun]\npass_through = "SMS_TEXT"\n'


@pytest.fixture(scope="package")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_web(tmp_path_factory.mktemp("aliyun"), settings=SETTINGS) as web:
        for code, text in (
            ("SMS_1", "您的验证码为${code}，请勿泄露"),
            ("SMS_2", "${name}，您的订单${order}已发货"),
        ):
            made = web.api.post(
                f"{web.url}/api/v1/sms-templates",
                json={"code": code, "text": text, "priority": "otp"},
                timeout=60,
            )
            assert made.status_code == 201, made.text
        yield web


@pytest.fixture(scope="package")
def pair(web: Web) -> AccessKey:
    return make_access_key(web.data, 1)
