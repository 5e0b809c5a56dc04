"""The examples of the page of the API: what people come for, in five languages, with the box's own address in them.

``@BOX@`` and ``@KEY@`` are put in by the page. Tests copy them from the page and run them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.web.words import N_

LANGUAGES: Mapping[str, str] = {
    "curl": "curl",
    "python": "Python",
    "php": "PHP",
    "javascript": "JavaScript",
    "powershell": "PowerShell",
}


@dataclass(frozen=True, slots=True)
class Task:
    """Something that a program wants to do."""

    id: str
    title: str
    """English text of the catalogs, as ``about``."""
    about: str
    code: Mapping[str, str]
    """By :data:`LANGUAGES`."""


def _curl(method: str, path: str, body: str = "") -> str:
    verb = "" if method == "GET" or body else f" -X {method}"
    given = f" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{body}'" if body else ""
    return f'curl -s{verb} "@BOX@{path}" \\\n  -H "Authorization: Bearer @KEY@"{given}'


def _python(
    method: str, path: str, body: str = "", then: str = "print(answer.status_code, answer.json())"
) -> str:
    given = f",\n    json={body}" if body else ""
    return (
        f'import requests  # pip install requests\n\nanswer = requests.{method.lower()}(\n    "@BOX@{path}",\n'
        f'    headers={{"Authorization": "Bearer @KEY@"}}{given},\n    timeout=15,\n)\n{then}'
    )


def _php(path: str, body: str = "") -> str:
    given = f"\n    CURLOPT_POSTFIELDS => json_encode({body})," if body else ""
    return (
        f"<?php\n$request = curl_init('@BOX@{path}');\ncurl_setopt_array($request, [\n"
        "    CURLOPT_RETURNTRANSFER => true,\n    CURLOPT_TIMEOUT => 15,\n    CURLOPT_HTTPHEADER => [\n"
        "        'Authorization: Bearer @KEY@',\n        'Content-Type: application/json',\n    ],"
        f"{given}\n]);\n$answer = json_decode(curl_exec($request), true);\n"
        'echo curl_getinfo($request, CURLINFO_RESPONSE_CODE), "\\n";\nprint_r($answer);'
    )


def _javascript(method: str, path: str, body: str = "") -> str:
    given = f",\n  body: JSON.stringify({body})" if body else ""
    return (
        f'// Node.js 18 or later: node send.mjs\nconst answer = await fetch("@BOX@{path}", {{\n  method: "{method}",\n'
        '  headers: { "Authorization": "Bearer @KEY@", "Content-Type": "application/json" }'
        f"{given},\n}});\nconsole.log(answer.status, await answer.json());"
    )


def _powershell(method: str, path: str, body: str = "", headers: str = "") -> str:
    """Windows has it. Octets and not a text as body, as PowerShell 5 sends a text with question marks for Chinese."""
    begin = f"$body = [Text.Encoding]::UTF8.GetBytes('{body}')\n" if body else ""
    given = ' `\n  -ContentType "application/json" -Body $body' if body else ""
    return (
        f'{begin}Invoke-RestMethod -Method {method} -Uri "@BOX@{path}" `\n'
        f'  -Headers @{{ Authorization = "Bearer @KEY@"{headers} }}{given} | ConvertTo-Json -Depth 9'
    )


_CODE = '{"to": "13912345678", "text": "您的验证码是 482913", "priority": "otp"}'
_MANY = (
    '{"messages": [{"to": "13912345678", "text": "张先生，您的车已修好"}, '
    '{"to": "13812345678", "text": "李女士，您的车已修好"}]}'
)
_HOOK = '{"url": "http://192.168.1.30:9000/sms", "kinds": ["message", "inbound"]}'

TASKS = (
    Task(
        "send",
        N_("Send a message"),
        N_(
            "202 means that it is on disk: it is not lost, whatever happens to the box. The answer has its id."
        ),
        {
            "curl": _curl("POST", "/api/v1/messages", _CODE),
            "python": _python("POST", "/api/v1/messages", _CODE),
            "php": _php(
                "/api/v1/messages",
                "['to' => '13912345678', 'text' => '您的验证码是 482913', 'priority' => 'otp']",
            ),
            "javascript": _javascript(
                "POST",
                "/api/v1/messages",
                '{ to: "13912345678", text: "您的验证码是 482913", priority: "otp" }',
            ),
            "powershell": _powershell("POST", "/api/v1/messages", _CODE),
        },
    ),
    Task(
        "follow",
        N_("Follow it"),
        N_(
            "“state” goes from queued over sending and sent to delivered, “reason” says in a sentence why. This lists "
            "the newest message; one of them alone is /api/v1/messages/ with its id."
        ),
        {
            "curl": _curl("GET", "/api/v1/messages?limit=1"),
            "python": _python("GET", "/api/v1/messages?limit=1"),
            "php": _php("/api/v1/messages?limit=1"),
            "javascript": _javascript("GET", "/api/v1/messages?limit=1"),
            "powershell": _powershell("GET", "/api/v1/messages?limit=1"),
        },
    ),
    Task(
        "receive",
        N_("Read what came in"),
        N_(
            "Newest first; “next_cursor” goes to older ones. To be told without asking, use a webhook or the events."
        ),
        {
            "curl": _curl("GET", "/api/v1/inbox?limit=20"),
            "python": _python("GET", "/api/v1/inbox?limit=20"),
            "php": _php("/api/v1/inbox?limit=20"),
            "javascript": _javascript("GET", "/api/v1/inbox?limit=20"),
            "powershell": _powershell("GET", "/api/v1/inbox?limit=20"),
        },
    ),
    Task(
        "many",
        N_("Send many with one request"),
        N_(
            'Up to 10,000, all or none of them. One text to many is {"to": ["139…", "138…"], "text": "…"}. Send an '
            "Idempotency-Key along: after a broken line the same request again sends nothing twice."
        ),
        {
            "curl": _curl("POST", "/api/v1/messages", _MANY).replace(
                " \\\n  -d", ' \\\n  -H "Idempotency-Key: order-20261124-1" \\\n  -d'
            ),
            "python": _python("POST", "/api/v1/messages", _MANY).replace(
                '"Bearer @KEY@"}', '"Bearer @KEY@", "Idempotency-Key": "order-20261124-2"}'
            ),
            "php": _php(
                "/api/v1/messages",
                "['messages' => [\n        ['to' => '13912345678', 'text' => '张先生，您的车已修好'],\n"
                "        ['to' => '13812345678', 'text' => '李女士，您的车已修好'],\n    ]]",
            ).replace("json',\n", "json',\n        'Idempotency-Key: order-20261124-3',\n", 1),
            "javascript": _javascript("POST", "/api/v1/messages", _MANY).replace(
                'json" }', 'json", "Idempotency-Key": "order-20261124-4" }'
            ),
            "powershell": _powershell(
                "POST", "/api/v1/messages", _MANY, '; "Idempotency-Key" = "order-20261124-5"'
            ),
        },
    ),
    Task(
        "webhooks",
        N_("Be told by a webhook"),
        N_(
            "The box POSTs what happens to your address, signed by the Standard Webhooks scheme; the secret to check "
            "it with is in the answer, once. What can't be delivered is tried again for 24 hours. Needs the scope "
            "admin."
        ),
        {
            "curl": _curl("POST", "/api/v1/webhooks", _HOOK),
            "python": _python("POST", "/api/v1/webhooks", _HOOK),
            "php": _php(
                "/api/v1/webhooks",
                "['url' => 'http://192.168.1.30:9000/sms', 'kinds' => ['message', 'inbound']]",
            ),
            "javascript": _javascript("POST", "/api/v1/webhooks", _HOOK),
            "powershell": _powershell("POST", "/api/v1/webhooks", _HOOK),
        },
    ),
)
