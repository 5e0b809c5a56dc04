"""Every address of the box, what it takes to be let in, and which function answers: one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from appliance.desk.sms_templates import CODE as TEMPLATE_CODE
from appliance.policy.swap import SwapAction
from appliance.web import (
    api_accounts,
    api_box,
    api_conversations,
    api_desk,
    api_events,
    api_forecast,
    api_groups,
    api_keys,
    api_messages,
    api_metrics,
    api_plans,
    api_ports,
    api_sims,
    api_sms_templates,
    api_submit,
    api_swaps,
    api_upkeep,
    api_webhooks,
    clock_pages,
    page_accounts,
    page_carriers,
    page_certificate,
    page_console,
    page_docs,
    page_door,
    page_events,
    page_groups,
    page_handsets,
    page_keys,
    page_login,
    page_loop_tests,
    page_messages,
    page_modems,
    page_money,
    page_people,
    page_pins,
    page_plan,
    page_ports,
    page_sims,
    page_swaps,
    page_templates,
    page_waiting,
    page_webhooks,
    recordings,
)
from appliance.web.access import Access
from appliance.web.answer import Answer
from appliance.web.asked import Asked
from appliance.web.dialects import teltonika
from appliance.web.dialects.aliyun import ways_in as aliyun
from appliance.web.dialects.aliyun.request import is_for_aliyun
from appliance.web.dialects.android import shapes as android
from appliance.web.dialects.android.table import PREFIXES as ANDROID_PREFIXES
from appliance.web.dialects.android.table import TABLE as ANDROID
from appliance.web.dialects.hook import post as hook
from appliance.web.dialects.kannel import sendsms as kannel
from appliance.web.dialects.smseagle import ways_in as smseagle
from appliance.web.head import Head
from appliance.web.office import Office
from appliance.web.problem import Problem


@dataclass(frozen=True, slots=True)
class Route:
    """``handler(office, asked, **pieces of the path)``. Paths are written as bottle wants them."""

    method: str
    path: str
    access: Access
    handler: Callable[..., Answer]
    refusal: Callable[[Office, Asked, Problem], Answer] | None = None
    """How a dialect says no, in its own form and with its own status; None: problem+json, or a page for people."""
    knock: Callable[[Office, Asked], tuple[Asked, Office]] | None = None
    """How a dialect that takes large bodies lets in before one is read."""
    body_bytes: int | None = None
    """The largest body that it takes; None for the usual :attr:`~appliance.web.gateway.Limits.body_bytes`. Where it
    takes more, whoever asks is let in before the body is read."""
    is_quick: bool = False
    """Whether the handler may run in the server's loop, for which it must never wait: not for a thread, not for the
    writer. Without, it runs in one of the threads."""
    in_loop: Callable[..., Awaitable[Answer]] | None = None
    """A coroutine function that answers instead of the handler where the body is of the usual size. It holds no thread
    while it waits, and must never block the loop: it writes with ``await office.writer.write(…)``."""
    instead: Callable[[Head], Route | None] | None = None
    """Another route for some requests to the same address, where it has to be shared."""


NUMBERED = frozenset(
    {
        "sim_id",
        "port_id",
        "command_id",
        "swap_id",
        "group_id",
        "account_id",
        "key_id",
        "person_id",
        "webhook_id",
        "delivery_id",
    }
)
"""Pieces of paths that are numbers of rows; a path is only matched where they are."""

OF_THE_BOX_ALONE = (
    "/api/v1/accounts",
    "/api/v1/clock/",
    "/api/v1/keys",
    "/api/v1/people",
    "/api/v1/tls",
)
"""Beginnings of paths that make no sense in a sandbox: who may do what, and the machine itself, are of the box."""

_NUMBER = ":re:[0-9]{1,15}>"
_SIM, _PORT, _COMMAND, _SWAP, _GROUP, _ACCOUNT, _KEY, _PERSON = (
    f"<{name}{_NUMBER}"
    for name in (
        "sim_id",
        "port_id",
        "command_id",
        "swap_id",
        "group_id",
        "account_id",
        "key_id",
        "person_id",
    )
)
_WEBHOOK, _DELIVERY = (f"<{name}{_NUMBER}" for name in ("webhook_id", "delivery_id"))
_TEMPLATE = f"<template_code:re:{TEMPLATE_CODE}>"
_CARRIER = "<carrier_id:re:[a-z0-9][a-z0-9-]{0,39}>"

_SWAP_ACTIONS = "|".join(SwapAction)

_OPEN, _PAGE = Access.OPEN, Access.PAGE
_SEND, _READ, _INBOX = Access.SEND, Access.READ, Access.INBOX
_MODEMS, _ADMIN = Access.MODEMS, Access.ADMIN
_PAGE_SEND, _PAGE_READ, _PAGE_INBOX = Access.PAGE_SEND, Access.PAGE_READ, Access.PAGE_INBOX
_PAGE_MODEMS, _PAGE_ADMIN = Access.PAGE_MODEMS, Access.PAGE_ADMIN


def _sandbox(handler: Callable[..., Answer]) -> Callable[..., Answer]:
    """The same page for the handsets of the sandbox."""
    return partial(handler, place=page_handsets.SANDBOX)


_ALIYUN = Route("GET", "/", Access.DIALECT, aliyun.answer, aliyun.refusal)

ROUTES = (
    Route("GET", "/healthz", _OPEN, api_box.healthz, is_quick=True),
    Route("GET", "/readyz", _OPEN, api_box.readyz),
    Route("GET", "/metrics", _READ, api_metrics.metrics, api_metrics.refusal),
    Route(
        "POST",
        "/api/v1/messages",
        _SEND,
        api_submit.post_messages,
        body_bytes=api_submit.LARGEST_BODY_BYTES,
        in_loop=api_submit.post_messages_in_loop,
    ),
    Route(
        "POST",
        "/api/v1/cancel",
        _SEND,
        api_messages.cancel_several,
        body_bytes=api_messages.LARGEST_BODY_BYTES,
    ),
    Route("GET", "/api/v1/messages", _READ, api_messages.list_messages),
    Route("GET", "/api/v1/messages/<message_id>", Access.OWN, api_messages.get_message),
    Route(
        "POST",
        "/api/v1/messages/<message_id>/<action:re:cancel|resend|mark-sent|undo>",
        _SEND,
        api_messages.act_on_message,
    ),
    Route("GET", "/cgi-bin/sendsms", Access.DIALECT, kannel.sendsms, kannel.refusal),
    Route("POST", "/cgi-bin/sendsms", Access.DIALECT, kannel.sendsms, kannel.refusal),
    *(
        Route("POST", f"{under}/jsonrpc/sms", Access.DIALECT, smseagle.jsonrpc, smseagle.refusal_of_jsonrpc)
        for under in ("", "/index.php")
    ),
    *(
        Route(
            method,
            f"{under}/http_api/<method:re:[a-z_]{{1,40}}>",
            Access.DIALECT,
            smseagle.http_api,
            smseagle.refusal_of_http_api,
        )
        for under in ("", "/index.php")
        for method in ("GET", "POST")
    ),
    *(
        Route(
            "POST",
            path,
            Access.DIALECT,
            hook.post,
            hook.refusal,
            knock=hook.let_in,
            body_bytes=hook.LARGEST_BODY_BYTES,
        )
        for path in ("/hook", "/hook/<numbers:re:[^/]{1,4000}>")
    ),
    Route("GET", "/cgi-bin/sms_send", Access.DIALECT, teltonika.sms_send, teltonika.refusal),
    Route("POST", "/cgi-bin/sms_send", Access.DIALECT, teltonika.sms_send, teltonika.refusal),
    Route("POST", "/api/login", Access.DIALECT, teltonika.log_in, teltonika.refusal_of_api),
    Route(
        "POST",
        "/api/messages/actions/send",
        Access.DIALECT,
        teltonika.send_action,
        teltonika.refusal_of_api,
    ),
    *(
        Route(method, f"{under}{path}", Access.DIALECT, handler, android.refusal)
        for under in ANDROID_PREFIXES
        for method, path, handler in ANDROID
    ),
    Route("POST", "/api/v2/messages/sms", Access.DIALECT, smseagle.send_v2, smseagle.refusal_v2),
    Route(
        "POST",
        "/api/v2/calls/<kind:re:[a-z_]{1,40}>",
        Access.DIALECT,
        smseagle.calls_v2,
        smseagle.refusal_v2,
    ),
    Route("POST", "/api/v1/uncertain", _SEND, api_messages.act_on_several_messages),
    Route("GET", "/api/v1/forecast", _SEND, api_forecast.get_forecast),
    Route("POST", "/api/v1/forecast", _SEND, api_forecast.post_forecast),
    Route("POST", "/api/v1/preview", _SEND, api_messages.post_preview),
    Route("GET", "/api/v1/conversations", _INBOX, api_conversations.list_conversations),
    Route("GET", "/api/v1/conversations/<number>/messages", _INBOX, api_conversations.list_talk),
    Route("GET", "/api/v1/inbox", _INBOX, api_box.list_inbox),
    Route("GET", "/api/v1/inbox/<message_id>", _INBOX, api_box.get_inbox_message),
    Route("GET", "/api/v1/modems", _READ, api_ports.list_ports),
    Route("GET", "/api/v1/ports", _READ, api_ports.list_ports),
    Route("GET", f"/api/v1/ports/{_PORT}", _READ, api_ports.get_port),
    Route("PATCH", f"/api/v1/ports/{_PORT}", _MODEMS, api_ports.patch_port),
    Route("POST", f"/api/v1/ports/{_PORT}/commands", _MODEMS, api_ports.post_command),
    Route("PUT", f"/api/v1/ports/{_PORT}/pin", _MODEMS, api_ports.put_pin),
    Route("DELETE", f"/api/v1/ports/{_PORT}/pin", _MODEMS, api_ports.delete_pin),
    Route("GET", f"/api/v1/commands/{_COMMAND}", _MODEMS, api_ports.get_command),
    Route("DELETE", f"/api/v1/commands/{_COMMAND}", _MODEMS, api_ports.delete_command),
    Route("GET", "/api/v1/upkeep", _READ, api_upkeep.get_upkeep),
    Route("GET", "/api/v1/recordings", _MODEMS, recordings.list_recordings),
    Route("GET", "/api/v1/recordings/<name>", _MODEMS, recordings.recording),
    Route("GET", "/api/v1/sims", _READ, api_sims.list_sims),
    Route("GET", f"/api/v1/sims/{_SIM}", _READ, api_sims.get_sim),
    Route("PATCH", f"/api/v1/sims/{_SIM}", _MODEMS, api_sims.patch_sim),
    Route("POST", f"/api/v1/sims/{_SIM}/rest", _MODEMS, api_sims.rest),
    Route("POST", f"/api/v1/sims/{_SIM}/resume", _MODEMS, api_sims.resume),
    Route("POST", f"/api/v1/sims/{_SIM}/forget", _MODEMS, api_sims.forget),
    Route("PUT", f"/api/v1/sims/{_SIM}/pin", _MODEMS, api_sims.put_pin),
    Route("DELETE", f"/api/v1/sims/{_SIM}/pin", _MODEMS, api_sims.delete_pin),
    Route("GET", f"/api/v1/sims/{_SIM}/balance", _READ, api_sims.get_balance),
    Route("POST", f"/api/v1/sims/{_SIM}/balance", _MODEMS, api_sims.ask_balance),
    Route("PUT", f"/api/v1/sims/{_SIM}/low-balance", _MODEMS, api_sims.put_low_balance),
    Route("GET", f"/api/v1/sims/{_SIM}/keep-alive", _READ, api_sims.get_keep_alive),
    Route("PUT", f"/api/v1/sims/{_SIM}/keep-alive", _MODEMS, api_sims.put_keep_alive),
    Route("POST", "/api/v1/loop-tests", _MODEMS, api_desk.post_loop_tests),
    Route("GET", "/api/v1/loop-tests", _READ, api_desk.list_loop_tests),
    Route("GET", "/api/v1/loop-tests/<run:re:[0-9a-f]{1,32}>", _READ, api_desk.get_run),
    Route("POST", "/api/v1/swaps", _MODEMS, api_swaps.post_swap),
    Route("GET", f"/api/v1/swaps/{_SWAP}", _MODEMS, api_swaps.get_swap),
    Route("POST", f"/api/v1/swaps/{_SWAP}/choose", _MODEMS, api_swaps.choose),
    Route("GET", "/api/v1/carriers", _READ, api_desk.list_carriers),
    Route("GET", f"/api/v1/carriers/{_CARRIER}", _READ, api_desk.get_carrier),
    Route("PUT", f"/api/v1/carriers/{_CARRIER}", _ADMIN, api_desk.put_carrier),
    Route("DELETE", f"/api/v1/carriers/{_CARRIER}", _ADMIN, api_desk.delete_carrier),
    Route("GET", f"/api/v1/sims/{_SIM}/plan", _READ, api_plans.get_plan),
    Route("PUT", f"/api/v1/sims/{_SIM}/plan", _ADMIN, api_plans.put_plan),
    Route("PATCH", f"/api/v1/sims/{_SIM}/plan", _ADMIN, api_plans.patch_plan),
    Route("PUT", f"/api/v1/sims/{_SIM}/group", _ADMIN, api_groups.put_group_of_sim),
    Route("GET", "/api/v1/groups", _READ, api_groups.list_groups),
    Route("POST", "/api/v1/groups", _ADMIN, api_groups.post_group),
    Route("GET", f"/api/v1/groups/{_GROUP}", _READ, api_groups.get_group),
    Route("PUT", f"/api/v1/groups/{_GROUP}", _ADMIN, api_groups.put_group),
    Route("DELETE", f"/api/v1/groups/{_GROUP}", _ADMIN, api_groups.delete_group),
    Route("GET", "/api/v1/accounts", _ADMIN, api_accounts.list_accounts),
    Route("POST", "/api/v1/accounts", _ADMIN, api_accounts.post_account),
    Route("GET", f"/api/v1/accounts/{_ACCOUNT}", _ADMIN, api_accounts.get_account),
    Route("PATCH", f"/api/v1/accounts/{_ACCOUNT}", _ADMIN, api_accounts.patch_account),
    Route("DELETE", f"/api/v1/accounts/{_ACCOUNT}", _ADMIN, api_accounts.delete_account),
    Route("PUT", f"/api/v1/accounts/{_ACCOUNT}/keys/{_KEY}", _ADMIN, api_accounts.put_key),
    Route("GET", "/api/v1/keys", _ADMIN, api_keys.list_keys),
    Route("POST", "/api/v1/keys", _ADMIN, api_keys.post_key),
    Route("GET", f"/api/v1/keys/{_KEY}", _ADMIN, api_keys.get_key),
    Route("PATCH", f"/api/v1/keys/{_KEY}", _ADMIN, api_keys.patch_key),
    Route("DELETE", f"/api/v1/keys/{_KEY}", _ADMIN, api_keys.delete_key),
    Route("GET", "/api/v1/events", Access.ANY, api_events.list_events),
    Route("GET", "/api/v1/webhooks", Access.ANY, api_webhooks.list_webhooks),
    Route("POST", "/api/v1/webhooks", Access.ANY, api_webhooks.post_webhook),
    Route("GET", f"/api/v1/webhooks/{_WEBHOOK}", Access.ANY, api_webhooks.get_webhook),
    Route("PATCH", f"/api/v1/webhooks/{_WEBHOOK}", Access.ANY, api_webhooks.patch_webhook),
    Route("DELETE", f"/api/v1/webhooks/{_WEBHOOK}", Access.ANY, api_webhooks.delete_webhook),
    Route("POST", f"/api/v1/webhooks/{_WEBHOOK}/test", Access.ANY, api_webhooks.post_test),
    Route("POST", f"/api/v1/webhooks/{_WEBHOOK}/secret", Access.ANY, api_webhooks.post_secret),
    Route("GET", f"/api/v1/webhooks/{_WEBHOOK}/tries", Access.ANY, api_webhooks.list_tries),
    Route("GET", f"/api/v1/webhooks/{_WEBHOOK}/deliveries", Access.ANY, api_webhooks.list_deliveries),
    Route("POST", f"/api/v1/webhooks/{_WEBHOOK}/resend", Access.ANY, api_webhooks.post_resend),
    Route(
        "POST",
        f"/api/v1/webhooks/{_WEBHOOK}/deliveries/{_DELIVERY}/resend",
        Access.ANY,
        api_webhooks.post_resend_one,
    ),
    Route("GET", "/api/v1/sms-templates", Access.OWN, api_sms_templates.list_templates),
    Route("POST", "/api/v1/sms-templates", _ADMIN, api_sms_templates.post_template),
    Route("GET", f"/api/v1/sms-templates/{_TEMPLATE}", Access.OWN, api_sms_templates.get_template),
    Route("PATCH", f"/api/v1/sms-templates/{_TEMPLATE}", _ADMIN, api_sms_templates.patch_template),
    Route("DELETE", f"/api/v1/sms-templates/{_TEMPLATE}", _ADMIN, api_sms_templates.delete_template),
    Route("GET", "/api/v1/clock", _READ, clock_pages.get_clock),
    Route("POST", "/api/v1/clock/confirm", _ADMIN, clock_pages.post_confirm),
    Route("GET", "/api/openapi.json", _OPEN, page_docs.openapi),
    Route("GET", "/docs", _OPEN, page_docs.docs),
    Route("GET", "/login", _OPEN, page_login.login_page),
    Route("POST", "/login", _OPEN, page_login.log_in),
    Route("GET", "/certificate", _OPEN, page_certificate.certificate_page),
    Route("GET", "/certificate/simloft.<form:re:crt|pem>", _OPEN, page_certificate.authority),
    Route("GET", "/login/<token>", _OPEN, page_door.login),
    Route("GET", "/me", _PAGE, page_login.me_page),
    Route("POST", "/me", _PAGE, page_login.save_me),
    Route("POST", "/me/log-out-everywhere", _PAGE, page_login.log_out_everywhere),
    Route("GET", "/webhooks", _PAGE_ADMIN, page_webhooks.webhooks_page),
    Route("POST", "/webhooks", _PAGE_ADMIN, page_webhooks.make),
    Route("GET", f"/webhooks/{_WEBHOOK}", _PAGE_ADMIN, page_webhooks.webhook_page),
    Route("POST", f"/webhooks/{_WEBHOOK}", _PAGE_ADMIN, page_webhooks.save),
    Route(
        "POST",
        f"/webhooks/{_WEBHOOK}/<action:re:test|secret|on|off|resend|forget|remove>",
        _PAGE_ADMIN,
        page_webhooks.act,
    ),
    Route("GET", "/templates", _PAGE_ADMIN, page_templates.templates_page),
    Route("POST", "/templates", _PAGE_ADMIN, page_templates.make),
    Route("POST", f"/templates/{_TEMPLATE}", _PAGE_ADMIN, page_templates.save),
    Route("POST", f"/templates/{_TEMPLATE}/remove", _PAGE_ADMIN, page_templates.remove),
    Route("GET", "/keys", _PAGE_ADMIN, page_keys.keys_page),
    Route("POST", "/keys", _PAGE_ADMIN, page_keys.make),
    Route("GET", f"/keys/{_KEY}", _PAGE_ADMIN, page_keys.key_page),
    Route("POST", f"/keys/{_KEY}", _PAGE_ADMIN, page_keys.save),
    Route("POST", f"/keys/{_KEY}/revoke", _PAGE_ADMIN, page_keys.revoke),
    Route("POST", f"/keys/{_KEY}/aliyun", _PAGE_ADMIN, page_keys.make_aliyun),
    Route("POST", f"/keys/{_KEY}/aliyun/remove", _PAGE_ADMIN, page_keys.remove_aliyun),
    Route("GET", "/people", _PAGE_ADMIN, page_people.people_page),
    Route("POST", "/people", _PAGE_ADMIN, page_people.add),
    Route("POST", f"/people/{_PERSON}/role", _PAGE_ADMIN, page_people.save_role),
    Route("POST", f"/people/{_PERSON}/password", _PAGE_ADMIN, page_people.save_password),
    Route("POST", f"/people/{_PERSON}/log-out", _PAGE_ADMIN, page_people.log_out),
    Route("POST", f"/people/{_PERSON}/remove", _PAGE_ADMIN, page_people.remove),
    Route("POST", "/logout", _PAGE, page_door.logout),
    Route("GET", "/language/<tag>", _OPEN, page_door.choose_language),
    Route("GET", "/static/<path:path>", _OPEN, page_door.static_file),
    Route("GET", "/favicon.ico", _OPEN, page_door.favicon),
    Route("GET", "/problems/<slug:path>", _OPEN, page_door.problem_page),
    # Aliyun's clients ask for no other path, and it can't be chosen in them.
    Route(
        "GET",
        "/",
        _PAGE_READ,
        page_messages.home,
        instead=lambda head: _ALIYUN if is_for_aliyun(head) else None,
    ),
    Route("POST", "/", Access.DIALECT, aliyun.answer, aliyun.refusal),
    Route("GET", "/live/home", _PAGE_READ, page_messages.home_live),
    Route("POST", "/messages", _PAGE_SEND, page_messages.send),
    Route("POST", "/counter", _PAGE_SEND, page_messages.counter),
    Route("GET", "/outbox", _PAGE_READ, page_messages.outbox_page),
    Route("GET", "/inbox", _PAGE_INBOX, page_messages.inbox_page),
    Route("GET", "/waiting", _PAGE_READ, page_waiting.waiting_page),
    Route("GET", "/live/waiting", _PAGE_READ, page_waiting.waiting_live),
    Route("POST", "/forecast", _PAGE_READ, page_waiting.ask_forecast),
    Route("POST", "/when", _PAGE_READ, page_waiting.when_done),
    Route("GET", "/uncertain", _PAGE_READ, page_waiting.uncertain_page),
    Route("POST", "/uncertain", _PAGE_SEND, page_waiting.settle),
    Route("GET", "/accounts", _PAGE_ADMIN, page_accounts.accounts_page),
    Route("POST", "/accounts", _PAGE_ADMIN, page_accounts.make),
    Route("POST", f"/accounts/{_ACCOUNT}", _PAGE_ADMIN, page_accounts.save),
    Route("POST", f"/accounts/{_ACCOUNT}/remove", _PAGE_ADMIN, page_accounts.remove),
    Route("POST", f"/accounts/keys/{_KEY}", _PAGE_ADMIN, page_accounts.move_key),
    Route("GET", "/groups", _PAGE_READ, page_groups.groups_page),
    Route("POST", "/groups", _PAGE_ADMIN, page_groups.make),
    Route("GET", f"/groups/{_GROUP}", _PAGE_READ, page_groups.group_page),
    Route("POST", f"/groups/{_GROUP}", _PAGE_ADMIN, page_groups.save),
    Route("POST", f"/groups/{_GROUP}/add", _PAGE_ADMIN, page_groups.add),
    Route("POST", f"/groups/{_GROUP}/take", _PAGE_ADMIN, page_groups.take),
    Route("POST", f"/groups/{_GROUP}/remove", _PAGE_ADMIN, page_groups.remove),
    Route("GET", "/messages/<message_id>", _PAGE_READ, page_messages.message_page),
    Route("GET", "/live/messages/<message_id>", _PAGE_READ, page_messages.message_live),
    Route(
        "POST",
        "/messages/<message_id>/<action:re:cancel|resend|mark-sent|undo>",
        _PAGE_SEND,
        page_messages.act,
    ),
    Route("POST", "/clock/confirm", _PAGE_ADMIN, clock_pages.confirm_on_page),
    Route("GET", "/modems", _PAGE_READ, page_modems.modems_page),
    Route("GET", "/live/modems", _PAGE_READ, page_modems.modems_live),
    Route("GET", f"/ports/{_PORT}", _PAGE_READ, page_ports.port_page),
    Route("GET", f"/live/ports/{_PORT}", _PAGE_READ, page_ports.port_live),
    Route("POST", f"/ports/{_PORT}/name", _PAGE_MODEMS, page_ports.rename),
    Route("POST", f"/ports/{_PORT}/commands", _PAGE_MODEMS, page_ports.command),
    Route("GET", f"/live/commands/{_COMMAND}", _PAGE_MODEMS, page_ports.command_live),
    Route("GET", "/recordings/<name>", _PAGE_MODEMS, recordings.recording),
    Route("GET", f"/sims/{_SIM}", _PAGE_READ, page_sims.sim_page),
    Route("GET", "/sims", _PAGE_READ, page_sims.sims_page),
    Route("GET", "/live/sims", _PAGE_READ, page_sims.sims_live),
    Route("GET", f"/live/sims/{_SIM}", _PAGE_READ, page_sims.sim_live),
    Route("POST", f"/sims/{_SIM}/rest", _PAGE_MODEMS, page_sims.rest),
    Route("POST", f"/sims/{_SIM}/resume", _PAGE_MODEMS, page_sims.resume),
    Route("POST", f"/sims/{_SIM}/names", _PAGE_MODEMS, page_sims.save_names),
    Route("POST", f"/sims/{_SIM}/pin", _PAGE_MODEMS, page_pins.save_pin),
    Route("POST", f"/sims/{_SIM}/pin/remove", _PAGE_MODEMS, page_pins.drop_pin),
    Route("POST", f"/sims/{_SIM}/forget", _PAGE_MODEMS, page_sims.forget),
    Route("GET", f"/live/sims/{_SIM}/money", _PAGE_READ, page_money.money_live),
    Route("POST", f"/sims/{_SIM}/balance", _PAGE_MODEMS, page_money.ask),
    Route("POST", f"/sims/{_SIM}/threshold", _PAGE_MODEMS, page_money.save_threshold),
    Route("POST", f"/ports/{_PORT}/pin", _PAGE_MODEMS, page_pins.save_pin_of_port),
    Route("POST", f"/ports/{_PORT}/pin/remove", _PAGE_MODEMS, page_pins.drop_pin_of_port),
    Route("GET", f"/sims/{_SIM}/plan", _PAGE_READ, page_plan.plan_page),
    Route("GET", f"/live/sims/{_SIM}/plan", _PAGE_READ, page_plan.plan_live),
    Route("POST", f"/sims/{_SIM}/plan", _PAGE_ADMIN, page_plan.save_plan),
    Route("POST", f"/sims/{_SIM}/group", _PAGE_ADMIN, page_plan.save_group),
    Route("POST", f"/sims/{_SIM}/keep-alive", _PAGE_MODEMS, page_money.save_keep_alive),
    Route("POST", f"/ports/{_PORT}/swap", _PAGE_MODEMS, page_swaps.start),
    Route("GET", f"/swaps/{_SWAP}", _PAGE_MODEMS, page_swaps.swap_page),
    Route("GET", f"/live/swaps/{_SWAP}", _PAGE_MODEMS, page_swaps.swap_live),
    Route("POST", f"/swaps/{_SWAP}/pin", _PAGE_MODEMS, page_swaps.save_pin),
    Route("POST", f"/swaps/{_SWAP}/<action:re:{_SWAP_ACTIONS}>", _PAGE_MODEMS, page_swaps.act),
    Route("GET", "/loop-tests", _PAGE_READ, page_loop_tests.loop_tests_page),
    Route("GET", "/live/loop-tests", _PAGE_READ, page_loop_tests.loop_tests_live),
    Route("POST", "/loop-tests", _PAGE_MODEMS, page_loop_tests.start),
    Route("GET", "/carriers", _PAGE_READ, page_carriers.carriers_page),
    Route("POST", "/carriers/try", _PAGE_ADMIN, page_carriers.try_pattern),
    Route("GET", f"/carriers/{_CARRIER}", _PAGE_READ, page_carriers.carrier_page),
    Route("POST", f"/carriers/{_CARRIER}", _PAGE_ADMIN, page_carriers.save_carrier),
    Route("POST", f"/carriers/{_CARRIER}/reset", _PAGE_ADMIN, page_carriers.reset),
    Route("GET", "/events", _PAGE_READ, page_events.events_page),
    Route("GET", "/handsets", _PAGE_INBOX, page_handsets.handsets_page),
    Route("GET", "/live/handsets", _PAGE_INBOX, page_handsets.handsets_live),
    Route("GET", "/live/chat", _PAGE_INBOX, page_handsets.chat_live),
    Route("GET", "/handsets/<number>", _PAGE_INBOX, page_handsets.handset_page),
    Route("POST", "/handsets/<number>/reply", _PAGE_SEND, page_handsets.reply),
    Route("POST", "/handsets/<number>/auto-reply", _PAGE_SEND, page_handsets.auto_reply),
    Route("GET", "/console", _PAGE_READ, page_console.console_page),
    Route("POST", "/console/keys", _PAGE_ADMIN, page_console.make_key),
    Route("GET", f"/console/{_KEY}", _PAGE_READ, page_console.key_page),
    Route("GET", f"/live/console/{_KEY}", _PAGE_READ, page_console.key_live),
    Route("GET", "/console/handsets", _PAGE_INBOX, _sandbox(page_handsets.handsets_page)),
    Route("GET", "/live/console/handsets", _PAGE_INBOX, _sandbox(page_handsets.handsets_live)),
    Route("GET", "/live/console/chat", _PAGE_INBOX, _sandbox(page_handsets.chat_live)),
    Route("GET", "/console/handsets/<number>", _PAGE_INBOX, _sandbox(page_handsets.handset_page)),
    Route("POST", "/console/handsets/<number>/reply", _PAGE_SEND, _sandbox(page_handsets.reply)),
    Route("POST", "/console/handsets/<number>/auto-reply", _PAGE_SEND, _sandbox(page_handsets.auto_reply)),
)
