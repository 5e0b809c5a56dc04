"""Programs that speak something else than this API: in three lines each how to point them at this box.

``docs/clients/`` says more of each. ``@BOX@`` and ``@HOST@`` are put in by the page.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.web.words import N_

_PASSWORD = N_("Password, token: an API key; the user name is free.")


@dataclass(frozen=True, slots=True)
class Client:
    """A kind of program: where it sends, what it shows as password, and what else there is."""

    name: str
    """English text of the catalogs, as the others are but ``address``."""
    address: str
    password: str
    besides: str


CLIENTS = (
    Client(
        N_("Whatever sends mails: NAS, UPS, cameras, routers"),
        "@HOST@:2525",
        _PASSWORD,
        N_(
            "Recipient: 13912345678@sms.lan. Switched on in the settings file by [smtp] and its listen = "
            '["0.0.0.0:2525"].'
        ),
    ),
    Client(
        "Alertmanager, Grafana, apprise",
        "@BOX@/hook/13912345678",
        N_("Credentials: an API key as bearer’s token, or as password; else ?key= behind the address."),
        N_("Grafana: contact point Webhook. apprise: json:// with x:KEY@ before the address."),
    ),
    Client(
        N_("Kannel (RapidSMS, playSMS, scripts with sendsms)"),
        "@BOX@/cgi-bin/sendsms",
        _PASSWORD,
        N_('On its own port too: [listeners] kannel = "0.0.0.0:13013". dlr-url and dlr-mask as there.'),
    ),
    Client(
        N_("SMSEagle (Uptime Kuma, LibreNMS, netdata, PRTG)"),
        "@BOX@",
        N_("Access token or password: an API key."),
        N_("JSON-RPC, HTTP GET and v2 are there; a script asks /http_api/send_sms."),
    ),
    Client(
        "SMS Gateway for Android",
        "@BOX@/3rdparty/v1",
        _PASSWORD,
        N_('Where only a host can be entered: [listeners] android = "0.0.0.0:8090", and that port.'),
    ),
    Client(
        N_("Teltonika routers (Checkmk, scripts)"),
        "@BOX@/cgi-bin/sms_send",
        _PASSWORD,
        N_("With number and text. The answer begins with OK once the message is on disk."),
    ),
    Client(
        N_("Aliyun SMS (dysmsapi, SendSms)"),
        "@BOX@",
        N_("AccessKeyId and secret: on the page of the key, or by simloft api-key aliyun."),
        N_("Address as endpoint, protocol HTTP. Each TemplateCode has its text on the page “Templates”."),
    ),
)
