"""Aliyun's SendSms: its SDK, its signatures, its codes, and that nothing is stored by halves or sent twice."""

import hashlib
import json
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
import requests
from alibabacloud_dysmsapi20170525 import models
from darabonba.exceptions import DaraException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.desk.outbox import Facts, HttpResponse, Target
from appliance.desk.sms_templates import GapError, filled
from appliance.store import keys
from appliance.store.database import connect
from appliance.store.keys import Scope, Terms
from appliance.web.asked import Asked
from appliance.web.dialects.aliyun import signature
from appliance.web.dialects.aliyun.entrance import Nonces, admit
from appliance.web.dialects.aliyun.numbers import as_aliyun, read_number
from appliance.web.dialects.aliyun.push import AliyunRenderer
from appliance.web.dialects.aliyun.request import SignedRequest
from appliance.web.dialects.aliyun.sending import send_sms
from appliance.web.dialects.aliyun.words import Rejected
from appliance.web.head import Head
from appliance.web.office import Office
from appliance.web.settings import AliyunRules, WebSettings
from tests.dialects.aliyun.client import AccessKey, make_access_key, rpc, rpc_parameters, sdk, send
from tests.web.running import Web


def rows(web: Web, sql: str = "SELECT * FROM messages ORDER BY seq") -> list[dict[str, Any]]:
    with closing(connect(web.data / "simloft.db", read_only=True)) as connection:
        return [dict(row) for row in connection.execute(sql)]


def new_key(web: Web, name: str, **terms: Any) -> AccessKey:
    with closing(connect(web.data / "simloft.db")) as connection:
        key_id = keys.add(connection, Terms(name=name, **terms), keys.new_key(), int(time.time() * 1000))
    return make_access_key(web.data, key_id)


# -- signatures -----------------------------------------------------------------------------------------------------


def test_the_documented_example_of_rpc_signatures() -> None:
    parameters = {
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "Format": "XML",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "SignatureVersion": "1.0",
        "Timestamp": "2016-02-23T12:46:24Z",
        "Version": "2014-05-26",
    }
    assert signature.rpc("testsecret", "GET", list(parameters.items())) == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


def test_the_documented_example_of_sendsms() -> None:
    parameters = {
        "AccessKeyId": "testId",
        "Action": "SendSms",
        "Format": "XML",
        "OutId": "123",
        "PhoneNumbers": "15300000001",
        "RegionId": "cn-hangzhou",
        "SignName": "阿里云短信测试专用",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466",
        "SignatureVersion": "1.0",
        "TemplateCode": "SMS_71390007",
        "TemplateParam": '{"customer":"test"}',
        "Timestamp": "2017-07-12T02:42:19Z",
        "Version": "2017-05-25",
    }
    assert signature.rpc("testSecret", "GET", list(parameters.items())) == "zJDF+Lrzhj/ThnlvIToysFRq6t4="


def test_the_documented_example_of_acs3() -> None:
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = [
        ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
        ("RegionId", "cn-shanghai"),
    ]
    computed = signature.acs3("YourAccessKeySecret", "POST", "/", query, headers, sorted(headers))
    assert computed == "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"


# -- what is accepted -----------------------------------------------------------------------------------------------


def test_the_sdk_sends_with_another_endpoint_only(web: Web, pair: AccessKey) -> None:
    request = models.SendSmsRequest(
        phone_numbers="13912345601",
        sign_name="阿里云",
        template_code="SMS_1",
        template_param='{"code":"1234"}',
        out_id="订单 7/8&9",
    )
    body = sdk(web.url, pair).send_sms(request).body
    assert (body.code, body.message) == ("OK", "OK")
    stored = rows(web)[-1]
    assert (stored["recipient"], stored["text"]) == ("+8613912345601", "【阿里云】您的验证码为1234，请勿泄露")
    assert (stored["source"], stored["api_key_id"], stored["priority"]) == ("aliyun", 1, 0)
    assert body.biz_id == stored["id"]
    kept = rows(web, "SELECT * FROM aliyun_sent ORDER BY message_seq")[-1]
    assert (kept["message_seq"], kept["biz_id"]) == (stored["seq"], stored["id"])
    assert (kept["out_id"], kept["template_code"]) == ("订单 7/8&9", "SMS_1")


def test_the_sdk_sends_a_batch(web: Web, pair: AccessKey) -> None:
    request = models.SendBatchSmsRequest(
        phone_number_json='["13912345602","13912345603"]',
        sign_name_json='["甲","乙"]',
        template_code="SMS_2",
        template_param_json='[{"name":"张三","order":"0012"},{"name":"李四","order":13}]',
    )
    body = sdk(web.url, pair).send_batch_sms(request).body
    assert body.code == "OK"
    first, second = rows(web)[-2:]
    assert (first["text"], second["text"]) == (
        "【甲】张三，您的订单0012已发货",
        "【乙】李四，您的订单13已发货",
    )
    assert body.biz_id == first["id"]


def test_several_numbers_are_stored_together(web: Web, pair: AccessKey) -> None:
    before = web.count()
    numbers = [f"139{number:08}" for number in range(1000)]
    body = send(web, pair, PhoneNumbers=",".join(numbers))
    assert body["Code"] == "OK"
    assert web.count() == before + 1000
    assert {row["biz_id"] for row in rows(web, "SELECT * FROM aliyun_sent")[-1000:]} == {body["BizId"]}
    assert send(web, pair, PhoneNumbers="13912345678,+86 139 1234 5678,8613912345678")["Code"] == "OK"
    assert web.count() == before + 1001
    assert (
        send(web, pair, PhoneNumbers=",".join([*numbers, "13812345678"]))["Code"]
        == "isv.MOBILE_COUNT_OVER_LIMIT"
    )
    assert send(web, pair, PhoneNumbers="13912345678,13x")["Code"] == "isv.MOBILE_NUMBER_ILLEGAL"
    assert web.count() == before + 1001


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("form", ["JSON", "XML"])
def test_scripts_sign_by_parameters(web: Web, pair: AccessKey, method: str, form: str) -> None:
    answer = rpc(
        web,
        pair,
        method,
        Action="SendSms",
        Format=form,
        PhoneNumbers="13912345678",
        SignName="小 店*~",
        TemplateCode="SMS_TEXT",
        TemplateParam=json.dumps({"text": "任意 <文字> ${code}"}),
    )
    assert answer.status_code == 200
    assert rows(web)[-1]["text"] == "【小 店*~】任意 <文字> ${code}"
    if form == "XML":
        assert answer.headers["Content-Type"].startswith("text/xml")
        assert answer.text.startswith("<?xml")
        assert f"<BizId>{rows(web)[-1]['id']}</BizId>" in answer.text
        assert "<SendSmsResponse>" in answer.text
    else:
        assert answer.json()["BizId"] == rows(web)[-1]["id"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("form", ["JSON", "XML"])
def test_sdks_that_sign_by_parameters_say_the_action_in_a_header_too(
    web: Web, pair: AccessKey, method: str, form: str
) -> None:
    """As ``@alicloud/pop-core`` and ``aliyun-python-sdk-core`` do."""
    signed = rpc_parameters(
        pair,
        method,
        Action="SendSms",
        Format=form,
        PhoneNumbers="13912345678",
        SignName="小店",
        TemplateCode="SMS_1",
        TemplateParam='{"code":"123456"}',
    )
    where: dict[str, Any] = {"data": signed} if method == "POST" else {"params": signed}
    headers = {"x-acs-action": "SendSms", "x-acs-version": "2017-05-25"}
    before = web.count()
    answer = requests.request(method, f"{web.url}/", headers=headers, timeout=60, **where)
    assert (answer.status_code, web.count()) == (200, before + 1), answer.text
    assert answer.headers["Content-Type"].startswith("text/xml" if form == "XML" else "application/json")
    assert "123456" in rows(web)[-1]["text"]
    signed["Signature"] = "AAAA"
    wrong = requests.request(method, f"{web.url}/", headers=headers, timeout=60, **where)
    assert (wrong.status_code, web.count()) == (400, before + 1)
    assert "SignatureDoesNotMatch" in wrong.text


def test_the_page_of_people_stays_at_the_same_address(web: Web, pair: AccessKey) -> None:
    assert requests.get(f"{web.url}/", timeout=30).status_code == 401
    assert "text/html" in requests.get(f"{web.url}/?Action=x", timeout=30).headers["Content-Type"]
    web.log_in()
    assert "text/html" in web.page.get(f"{web.url}/", timeout=30).headers["Content-Type"]
    answer = web.page.get(f"{web.url}/?Action=SendSms&Signature=x", timeout=30)
    # A browser that is logged in is nobody here.
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/xml;charset=utf-8")
    assert requests.post(f"{web.url}/", timeout=30).json()["Code"] == "MissingAction"


# -- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"TemplateCode": "SMS_9"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"PhoneNumbers": "abc"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": " , "}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"SignName": "甲\n乙"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"SignName": "【】"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateParam": "{}"}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"TemplateParam": ""}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"TemplateParam": '{"code":"1","name":"2"}'}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
        ({"TemplateParam": '{"code":[1]}'}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
        ({"TemplateParam": '{"code":null}'}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
        ({"TemplateParam": '{"code":"\\ud800"}'}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
        ({"TemplateParam": '{"code":"\\u0000"}'}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
        ({"TemplateParam": "{code:1}"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": "[1]"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": "[" * 3000}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": json.dumps({"code": "长" * 1200})}, "isv.PARAM_LENGTH_LIMIT"),
        ({"OutId": "x" * 257}, "isv.PARAM_LENGTH_LIMIT"),
    ],
)
def test_what_can_not_be_sent_has_aliyuns_code_and_status_200(
    web: Web, pair: AccessKey, given_: dict[str, str], code: str
) -> None:
    before = web.count()
    body = send(web, pair, **given_)
    assert body["Code"] == code
    assert body["Message"]
    assert body["RequestId"]
    assert "BizId" not in body
    assert web.count() == before


def test_what_can_not_be_understood_is_a_4xx(web: Web, pair: AccessKey) -> None:
    before = web.count()
    usual = {"Action": "SendSms", "PhoneNumbers": "13912345678", "SignName": "a", "TemplateCode": "SMS_1"}

    def said(**given_: str) -> tuple[int, str]:
        answer = rpc(web, pair, **{**usual, **given_})
        return answer.status_code, answer.json()["Code"]

    assert said(Action="SendCardSms") == (404, "InvalidAction.NotFound")
    assert said(Version="2016-01-01") == (400, "InvalidVersion")
    assert said(PhoneNumbers="") == (400, "MissingPhoneNumbers")
    assert said(AccessKeyId="SLAKnobody") == (404, "InvalidAccessKeyId.NotFound")
    assert said(Timestamp="2026-11-24") == (400, "InvalidTimeStamp.Format")
    assert said(Timestamp="2020-01-01T00:00:00Z") == (400, "InvalidTimeStamp.Expired")
    assert said(SignatureMethod="NONE") == (400, "InvalidParameter")
    assert said(SignatureNonce="x" * 200) == (400, "InvalidParameter")
    assert said(Action="QuerySendDetails", PhoneNumber="13912345678", SendDate="20261124", PageSize="51") == (
        400,
        "InvalidParameter",
    )
    for octets, status in ((b"Action=%FF", 400), (b"a&" * 100 + b"b=1&" * 100, 400), (b"x" * (1 << 20), 413)):
        answer = requests.post(
            f"{web.url}/",
            data=octets,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=60,
        )
        assert (answer.status_code, answer.json()["Code"]) == (status, "InvalidParameter")
    assert web.count() == before


def test_a_changed_request_is_not_signed(web: Web, pair: AccessKey) -> None:
    before = web.count()
    signed = rpc_parameters(
        pair,
        "POST",
        Action="SendSms",
        PhoneNumbers="13912345678",
        SignName="a",
        TemplateCode="SMS_1",
        TemplateParam='{"code":"1"}',
    )
    for changed in (
        {"PhoneNumbers": "13900000000"},
        {"SignatureNonce": "other"},
        {"Extra": "1"},
        {"Signature": "é"},
    ):
        answer = requests.post(f"{web.url}/", data={**signed, **changed}, timeout=30)
        assert (answer.status_code, answer.json()["Code"]) == (400, "SignatureDoesNotMatch")
    with pytest.raises(DaraException) as refused:
        sdk(web.url, AccessKey(pair.id, "wrong")).send_sms(
            models.SendSmsRequest(phone_numbers="13912345678", sign_name="a", template_code="SMS_1")
        )
    assert refused.value.code == "SignatureDoesNotMatch"
    assert web.count() == before
    # It was not used up by the tries, and is by itself.
    assert requests.post(f"{web.url}/", data=signed, timeout=30).json()["Code"] == "OK"
    again = requests.post(f"{web.url}/", data=signed, timeout=30)
    assert (again.status_code, again.json()["Code"]) == (400, "SignatureNonceUsed")
    assert web.count() == before + 1


def test_nonces_are_bounded() -> None:
    nonces = Nonces(most=2)
    assert [nonces.take("a", each) for each in "1213"] == [True, True, False, True]
    assert nonces.take("b", "3")
    assert nonces.take("a", "1")


def test_what_holds_for_the_key_holds_for_its_access_key(web: Web) -> None:
    now_ms = int(time.time() * 1000)
    usual = {"Action": "SendSms", "PhoneNumbers": "13912345678", "SignName": "a", "TemplateCode": "SMS_1"}
    usual["TemplateParam"] = '{"code":"1"}'

    def said(pair: AccessKey, **given_: str) -> tuple[int, str]:
        answer = rpc(web, pair, **{**usual, **given_})
        return answer.status_code, answer.json()["Code"]

    before = web.count()
    reads = new_key(web, "reads", scopes=frozenset({Scope.READ}))
    assert said(reads) == (403, "Forbidden.RAM")
    elsewhere = new_key(web, "elsewhere", networks=(keys._networks("192.0.2.0/24")))
    assert said(elsewhere) == (403, "Forbidden")
    over = new_key(web, "over", expires_at_ms=now_ms - 1)
    assert said(over) == (400, "InvalidAccessKeyId.Inactive")
    often = new_key(web, "often", requests_per_minute=1)
    assert said(often, Action="QuerySmsTemplateList") == (200, "OK")
    assert said(often) == (429, "Throttling.User")
    assert web.count() == before
    few = new_key(web, "few", messages_per_day=2, scopes=frozenset({Scope.SEND}))
    assert said(few, PhoneNumbers="13912345678,13912345679,13912345670") == (
        200,
        "isv.BUSINESS_LIMIT_CONTROL",
    )
    assert said(few, PhoneNumbers="13912345678,13912345679") == (200, "OK")
    assert said(few) == (200, "isv.BUSINESS_LIMIT_CONTROL")
    assert said(few, Action="AddSmsTemplate", TemplateContent="x") == (403, "Forbidden.RAM")
    assert web.count() == before + 2
    with closing(connect(web.data / "simloft.db")) as connection:
        (key_id,) = connection.execute("SELECT id FROM api_keys WHERE name = 'few'").fetchone()
        keys.revoke_key(connection, key_id, now_ms)
    assert said(few) == (404, "InvalidAccessKeyId.NotFound")


def test_a_key_of_the_sandbox_stays_there(web: Web) -> None:
    before = web.count()
    pair = new_key(web, "sandbox", is_sandbox=True, scopes=frozenset({Scope.SEND}))
    body = send(web, pair, PhoneNumbers="13912345621", OutId="s1")
    assert body["Code"] == "OK"
    assert web.count() == before
    with closing(connect(web.data / "sandbox" / "simloft.db", read_only=True)) as connection:
        assert connection.execute("SELECT recipient, source FROM messages").fetchall()[-1][:] == (
            "+8613912345621",
            "aliyun",
        )
    today = datetime.now(ZoneInfo("Asia/Shanghai")).strftime("%Y%m%d")
    asked = rpc(web, pair, Action="QuerySendDetails", PhoneNumber="13912345621", SendDate=today).json()
    assert [each["OutId"] for each in asked["SmsSendDetailDTOs"]["SmsSendDetailDTO"]] == ["s1"]


def test_a_replay_after_a_restart_sends_nothing(web: Web, pair: AccessKey) -> None:
    signed = rpc_parameters(
        pair,
        "POST",
        Action="SendSms",
        PhoneNumbers="13912345678",
        SignName="a",
        TemplateCode="SMS_TEXT",
        TemplateParam='{"text":"1"}',
    )
    request = SignedRequest(
        action="SendSms",
        version="2017-05-25",
        access_key_id=pair.id,
        nonce=signed["SignatureNonce"],
        time=signed["Timestamp"],
        parameters=signed,
        fingerprint=hashlib.sha256(signed["Signature"].encode()).digest(),
        is_signed_with=lambda _secret: True,
    )
    assert requests.post(f"{web.url}/", data=signed, timeout=30).json()["Code"] == "OK"
    before = web.count()
    # Another process, which remembers no nonce.
    box = Office(
        WebSettings(
            database=web.data / "simloft.db",
            doorbell=web.data / "pool.sock",
            bank_control=web.data / "bank.sock",
            first_api_key=web.data / "first-api-key",
            aliyun=AliyunRules(pass_through="SMS_TEXT"),
        )
    )
    try:
        asked = Asked(head=Head(method="POST", path="/"), body=b"", refused=None)
        asked, at = admit(box, asked, request, Scope.SEND)
        with pytest.raises(Rejected) as refused:
            send_sms(box, at, asked, request)
    finally:
        box.close()
    assert refused.value.code == "SignatureNonceUsed"
    assert web.count() == before


# -- what is asked for ----------------------------------------------------------------------------------------------


def test_the_sdk_asks_what_became_of_it(web: Web, pair: AccessKey) -> None:
    sent = send(web, pair, PhoneNumbers="13912345611", OutId="o1")
    send(web, pair, PhoneNumbers="13912345611", OutId="o2")
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y%m%d")
    client = sdk(web.url, pair)

    def details(**given_: Any) -> Any:
        usual = {"phone_number": "13912345611", "send_date": today, "page_size": 10, "current_page": 1}
        return client.query_send_details(models.QuerySendDetailsRequest(**{**usual, **given_})).body

    body = details()
    assert (body.code, int(body.total_count)) == ("OK", 2)
    newest, oldest = body.sms_send_detail_dtos.sms_send_detail_dto
    assert (newest.out_id, oldest.out_id) == ("o2", "o1")
    assert (oldest.phone_num, oldest.send_status, oldest.template_code) == ("13912345611", 1, "SMS_1")
    assert oldest.content == "【小店】您的验证码为123456，请勿泄露"
    assert [
        each.out_id for each in details(biz_id=sent["BizId"]).sms_send_detail_dtos.sms_send_detail_dto
    ] == ["o1"]
    assert [
        each.out_id for each in details(page_size=1, current_page=2).sms_send_detail_dtos.sms_send_detail_dto
    ] == ["o1"]
    assert int(details(send_date="20200101").total_count) == 0
    assert details(send_date="20201301").code == "isv.INVALID_PARAMETERS"
    other = new_key(web, "another", scopes=frozenset({Scope.SEND}))
    answer = rpc(web, other, Action="QuerySendDetails", PhoneNumber="13912345611", SendDate=today)
    assert answer.json()["TotalCount"] == 0
    as_xml = rpc(
        web, pair, Action="QuerySendDetails", Format="XML", PhoneNumber="13912345611", SendDate=today
    )
    assert as_xml.text.count("<SmsSendDetailDTO>") == 2


def test_the_sdk_lists_and_adds_templates(web: Web, pair: AccessKey) -> None:
    client = sdk(web.url, pair)
    one = client.query_sms_template(models.QuerySmsTemplateRequest(template_code="SMS_1")).body
    assert (one.template_status, one.template_content) == (1, "您的验证码为${code}，请勿泄露")
    added = client.add_sms_template(
        models.AddSmsTemplateRequest(
            template_type=2, template_name="双十一", template_content="大促${day}", remark="x"
        )
    ).body
    assert added.code == "OK"
    listed = client.query_sms_template_list(
        models.QuerySmsTemplateListRequest(page_index=1, page_size=50)
    ).body
    found = {each.template_code: each for each in listed.sms_template_list}
    assert {"SMS_1", "SMS_2", added.template_code} <= set(found)
    body = send(web, pair, TemplateCode=added.template_code, TemplateParam='{"day":"11.11"}')
    assert body["Code"] == "OK"
    assert (rows(web)[-1]["text"], rows(web)[-1]["priority"]) == ("【小店】大促11.11", 2)
    assert (
        web.api.delete(f"{web.url}/api/v1/sms-templates/{added.template_code}", timeout=30).status_code == 204
    )
    assert send(web, pair, TemplateCode=added.template_code)["Code"] == "isv.SMS_TEMPLATE_ILLEGAL"


# -- keys and templates of the box ----------------------------------------------------------------------------------


def test_a_person_makes_an_access_key_on_the_page(web: Web) -> None:
    web.log_in()
    new_key(web, "shop", scopes=frozenset({Scope.SEND}))
    (key,) = [each for each in rows(web, "SELECT id, name FROM api_keys") if each["name"] == "shop"]
    page = web.form(f"/keys/{key['id']}/aliyun")
    assert page.status_code == 200, page.text
    shown = [
        page.text.partition(f'id="{name}">')[2].partition("<")[0]
        for name in ("access-key-id", "access-key-secret")
    ]
    pair = AccessKey(*shown)
    assert send(web, pair)["Code"] == "OK"
    assert pair.secret not in web.page.get(f"{web.url}/keys/{key['id']}", timeout=30).text
    assert pair.secret.encode() not in (web.data / "simloft.db").read_bytes()
    assert web.form(f"/keys/{key['id']}/aliyun/remove").status_code == 303
    assert rpc(web, pair, Action="SendSms").json()["Code"] == "InvalidAccessKeyId.NotFound"
    told = rows(web, "SELECT reason FROM events WHERE reason LIKE '%aliyun%'")
    assert {each["reason"] for each in told} == {
        "event.technician.aliyun-key-made",
        "event.technician.aliyun-key-removed",
    }


def test_a_person_keeps_templates_on_the_page(web: Web) -> None:
    web.log_in()
    refused = web.form("/templates", text=" ", code="SMS_50")
    assert refused.status_code == 422
    assert 'value="SMS_50"' in refused.text
    made = web.form("/templates", text="您好${name}", code="SMS_50", name="问候", priority="bulk")
    assert (made.status_code, made.headers["Location"]) == (303, "/templates#t-SMS_50")
    assert web.form("/templates", text="x", code="SMS_50").status_code == 422
    assert web.form("/templates/SMS_50", text="再见${name}", name="告别", priority="otp").status_code == 303
    page = web.page.get(f"{web.url}/templates", timeout=30).text
    assert "再见${name}" in page
    assert "告别" in page
    assert web.form("/templates/SMS_50", text="").status_code == 422
    assert web.form("/templates/SMS_50/remove").status_code == 303
    assert "SMS_50" not in web.page.get(f"{web.url}/templates", timeout=30).text


def test_templates_of_the_api(web: Web) -> None:
    url = f"{web.url}/api/v1/sms-templates"
    made = web.api.post(url, json={"text": "${a} ${b} ${a}", "name": "n"}, timeout=30)
    assert made.status_code == 201
    body = made.json()
    assert (body["gaps"], body["priority"]) == (["a", "b"], "notice")
    changed = web.api.patch(f"{url}/{body['code']}", json={"text": "${c}"}, timeout=30).json()
    assert (changed["gaps"], changed["name"]) == (["c"], "n")
    assert web.api.post(url, json={"text": "x", "code": body["code"]}, timeout=30).status_code == 409
    assert web.api.post(url, json={"text": "x", "code": ""}, timeout=30).status_code == 422
    assert web.api.post(url, json={"text": " "}, timeout=30).status_code == 422
    assert web.api.get(f"{url}/{body['code']}", timeout=30).json() == changed
    assert web.api.delete(f"{url}/{body['code']}", timeout=30).status_code == 204
    assert web.api.get(f"{url}/{body['code']}", timeout=30).status_code == 404


# -- pure parts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "number", "spelt"),
    [
        ("13912345678", "+8613912345678", "13912345678"),
        ("8613912345678", "+8613912345678", "13912345678"),
        ("+8613912345678", "+8613912345678", "13912345678"),
        ("008613912345678", "+8613912345678", "13912345678"),
        ("85261234567", "+85261234567", "85261234567"),
        ("447911123456", "+447911123456", "447911123456"),
        ("10086", "10086", "10086"),
    ],
)
def test_numbers_as_aliyun_spells_them(typed: str, number: str, spelt: str) -> None:
    assert read_number(typed, "CN") == number
    assert as_aliyun(number) == spelt


@given(
    text=st.text(max_size=60),
    values=st.dictionaries(st.sampled_from(["a", "b", "码"]), st.text(max_size=10), max_size=3),
)
def test_gaps_are_filled_once_or_named(text: str, values: dict[str, str]) -> None:
    whole = text.replace("$", "") + "".join(f"${{{name}}}" for name in values)
    assert filled(whole, values) == text.replace("$", "") + "".join(values.values())
    with pytest.raises(GapError):
        filled(whole, {**values, "more": ""})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(
        st.sampled_from(
            [
                "Action",
                "PhoneNumbers",
                "SignName",
                "TemplateCode",
                "TemplateParam",
                "OutId",
                "Format",
                "PhoneNumberJson",
                "SignNameJson",
                "TemplateParamJson",
                "PhoneNumber",
                "SendDate",
                "PageSize",
                "CurrentPage",
                "Timestamp",
                "Version",
                "TemplateContent",
            ]
        ),
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
            st.sampled_from(
                [
                    "SendSms",
                    "SendBatchSms",
                    "QuerySendDetails",
                    "SMS_1",
                    "13912345678",
                    "[]",
                    "{}",
                    '{"code":1}',
                ]
            ),
            st.sampled_from(
                ['["13912345678"]', "20261124", "99999999", "-1", "[null]", '[{"code":{}}]', "1e9", "\x00"]
            ),
        ),
        max_size=8,
    ),
    by_post=st.booleans(),
)
def test_no_request_is_too_odd(web: Web, pair: AccessKey, fields: dict[str, str], by_post: bool) -> None:
    before, stored = web.count(), web.count("aliyun_sent")
    answer = rpc(web, pair, "POST" if by_post else "GET", **{"Action": "SendSms", **fields})
    assert answer.status_code < 500, answer.text
    assert answer.status_code != 200 or "Code" in answer.text
    added = web.count() - before
    assert added == web.count("aliyun_sent") - stored
    assert not added or ">OK<" in answer.text or '"OK"' in answer.text


def test_odd_headers_are_no_crash(web: Web, pair: AccessKey) -> None:
    for authorization in (
        "",
        "x",
        "ACS3-HMAC-SHA256",
        f"ACS3-HMAC-SHA256 Credential={pair.id},SignedHeaders=host,Signature=0",
    ):
        headers = {"x-acs-action": "SendSms", "x-acs-version": "2017-05-25", "Authorization": authorization}
        answer = requests.post(f"{web.url}/?a=%00", headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["Code"]) == (400, "MissingAuthorization")
    headers["Authorization"] = (
        f"ACS3-HMAC-SHA256 Credential={pair.id},SignedHeaders=host,Signature={'0' * 64}"
    )
    assert requests.post(f"{web.url}/", headers=headers, timeout=30).json()["Code"] == "IncompleteSignature"
    assert "ERROR" not in web.log()


@pytest.mark.parametrize(
    ("status", "body", "is_taken"),
    [
        (200, b'{"code":0,"msg":"ok"}', True),
        (200, b'{"code":"0"}', True),
        (200, b'{"code":1}', False),
        (500, b'{"code":0}', False),
        (200, b"", False),
        (200, b"ok", False),
        (200, b"[0]", False),
    ],
)
def test_a_push_is_taken_where_the_answer_says_so(status: int, body: bytes, is_taken: bool) -> None:
    renderer = AliyunRenderer.__new__(AliyunRenderer)
    facts, target = cast("Facts", None), Target(url="", options={})
    assert renderer.is_taken(facts, target, HttpResponse(status=status, headers={}, body=body)) is is_taken
