"""API keys for people: make one for a purpose, see what each may do and uses, change it, revoke it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from appliance.desk import aliyun_keys, api_keys, key_limits
from appliance.desk.aliyun_keys import MadePair
from appliance.desk.api_keys import Made
from appliance.desk.instants import as_typed, typed_instant
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.webhook_secrets import Vault
from appliance.store import accounts, aliyun, keys
from appliance.store.keys import ApiKey, Scope
from appliance.web.answer import Answer, html_answer, see_other
from appliance.web.api_keys import find_key
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.render import render
from appliance.web.words import N_

NUMBERS = ("messages_per_minute", "messages_per_day", "requests_per_minute", "test_allowance")


@dataclass(frozen=True, slots=True)
class Preset:
    """What a key is for, and what it may do then."""

    name: str
    title: str
    about: str
    scopes: frozenset[Scope]
    is_sandbox: bool = False


PRESETS = (
    Preset(
        "sends",
        N_("An application that sends"),
        N_("A shop, a monitor, a machine. It sends, and follows what it sent itself; it sees nothing else."),
        frozenset({Scope.SEND}),
    ),
    Preset(
        "reads-replies",
        N_("Sends and reads replies"),
        N_("A help desk, a survey. It also sees every message and all that comes in."),
        frozenset({Scope.SEND, Scope.READ, Scope.INBOX}),
    ),
    Preset(
        "technician",
        N_("A technician's tool"),
        N_("Monitoring and care of modems and SIM cards. It sends nothing."),
        frozenset({Scope.READ, Scope.MODEMS}),
    ),
    Preset(
        "sandbox",
        N_("A developer's sandbox"),
        N_("Tries everything out on simulated phones: no message ever leaves the box."),
        frozenset({Scope.SEND, Scope.READ, Scope.INBOX}),
        is_sandbox=True,
    ),
)
OWN_CHOICE = "own"
"""The scopes are ticked one by one."""

SCOPES = {
    Scope.SEND: N_("Send messages, and follow its own"),
    Scope.READ: N_("See all messages, and how SIM cards and modems stand"),
    Scope.INBOX: N_("Read what comes in"),
    Scope.MODEMS: N_("Technician's work on modems and SIM cards"),
    Scope.ADMIN: N_("Administer: plans, accounts, keys, people, other applications' messages"),
}


def keys_page(office: Office, asked: Asked) -> Answer:
    """All that are in use, and the form of a new one."""
    asked.query()
    return _list(office, asked, {})


def make(office: Office, asked: Asked) -> Answer:
    """A new key; the answer shows it, this once."""
    form = asked.form()
    members = _members(office, form)
    if isinstance(members, Refusal):
        return _list(office, asked, form, members)
    preset = next((each for each in PRESETS if each.name == form.get("preset")), None)
    if preset is not None:
        members["scopes"] = [each.value for each in preset.scopes]
    members["sandbox"] = preset.is_sandbox if preset is not None else "sandbox" in form
    made = api_keys.make_key(office.writer, asked.who, asked.scopes, members, now_ms=office.now_ms())
    if isinstance(made, Refusal):
        return _list(office, asked, form, made)
    return _list(office, asked, {}, made=made)


def key_page(office: Office, asked: Asked, key_id: int) -> Answer:
    """One key."""
    asked.query()
    key = find_key(office, key_id)
    return _one(office, asked, key, _typed(office, key))


def save(office: Office, asked: Asked, key_id: int) -> Answer:
    """Other terms of a key."""
    key = find_key(office, key_id, in_use=True)
    form = asked.form()
    members = _members(office, form)
    if isinstance(members, Refusal):
        return _one(office, asked, key, form, members)
    changed = api_keys.change_key(
        office.writer, asked.who, asked.scopes, key_id, members, now_ms=office.now_ms()
    )
    if isinstance(changed, Refusal):
        return _one(office, asked, key, form, changed)
    return see_other("/keys")


def revoke(office: Office, asked: Asked, key_id: int) -> Answer:
    """Of no use from now on."""
    asked.check_body()
    find_key(office, key_id, in_use=True)
    api_keys.revoke_key(office.writer, asked.who, key_id, now_ms=office.now_ms())
    return see_other("/keys")


def make_aliyun(office: Office, asked: Asked, key_id: int) -> Answer:
    """An AccessKey for programs of Aliyun's; the answer shows its secret, this once."""
    asked.check_body()
    key = find_key(office, key_id, in_use=True)
    vault = Vault(office.settings.data)
    made = aliyun_keys.make_pair(
        office.writer, vault, asked.who, asked.scopes, key_id, now_ms=office.now_ms()
    )
    if isinstance(made, Refusal):
        return _one(office, asked, key, _typed(office, key), made)
    return _one(office, asked, key, _typed(office, key), pair=made)


def remove_aliyun(office: Office, asked: Asked, key_id: int) -> Answer:
    """Of no use from now on; the key itself stays."""
    asked.check_body()
    find_key(office, key_id)
    aliyun_keys.remove_pair(office.writer, asked.who, key_id, now_ms=office.now_ms())
    return see_other(f"/keys/{key_id}")


def _members(office: Office, form: dict[str, str]) -> dict[str, Any] | Refusal:
    """What a form gives, as the desk's table of fields has it; an empty field takes a limit away."""
    members: dict[str, Any] = {"name": form.get("name", "")}
    mistakes: list[Mistake] = []
    for name in NUMBERS:
        typed = form.get(name, "").strip()
        least = 0 if name == "test_allowance" else 1
        if typed and not (re.fullmatch(r"[0-9]{1,7}", typed) and int(typed) >= least):
            mistakes.append(Mistake(f"/{name}", "problem.field-range", {"least": least, "most": 10**7 - 1}))
        members[name] = int(typed) if typed.isdecimal() and typed.isascii() else None
    members["scopes"] = [each.value for each in Scope if f"scope-{each.value}" in form]
    members["networks"] = re.split(r"[\s,;，；]+", form.get("networks", "").strip())
    members["networks"] = [each for each in members["networks"] if each]
    account = form.get("account_id", "")
    members["account_id"] = int(account) if re.fullmatch(r"[0-9]{1,15}", account) else None
    members["expires_at"] = None
    if form.get("expires_at", "").strip():
        end = typed_instant(form["expires_at"], office.zone, office.now_ms(), "/expires_at")
        if isinstance(end, Mistake):
            mistakes.append(end)
        else:
            members["expires_at"] = end
    return Refusal(tuple(mistakes)) if mistakes else members


def _typed(office: Office, key: ApiKey) -> dict[str, str]:
    """A key as its form has it."""
    typed = {name: str(number) for name in NUMBERS if (number := getattr(key, name)) is not None}
    typed |= {f"scope-{each.value}": "on" for each in key.scopes}
    typed["name"] = key.name
    typed["account_id"] = str(key.account_id)
    typed["networks"] = " ".join(map(str, key.networks))
    if key.expires_at_ms is not None:
        typed["expires_at"] = as_typed(key.expires_at_ms, office.zone)
    return typed


def _by_field(refusal: Refusal | None) -> dict[str, Mistake]:
    """The first mistake of each field; of an entry of a list that of the list."""
    found: dict[str, Mistake] = {}
    for each in refusal.mistakes if refusal is not None else ():
        found.setdefault(each.pointer.lstrip("/").partition("/")[0], each)
    return found


def _list(
    office: Office,
    asked: Asked,
    typed: dict[str, str],
    refusal: Refusal | None = None,
    made: Made | None = None,
) -> Answer:
    now_ms, reader = office.now_ms(), office.reader()
    found = [each for each in keys.list_keys(reader) if each.revoked_at_ms is None]
    page = render(
        "keys.html",
        office,
        asked,
        found=[(each, key_limits.standings(reader, each, now_ms)) for each in found],
        now_ms=now_ms,
        made=made,
        presets=PRESETS,
        scopes=SCOPES,
        own_choice=OWN_CHOICE,
        accounts=accounts.list_accounts(reader),
        typed=typed,
        mistakes=_by_field(refusal),
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK)


def _one(
    office: Office,
    asked: Asked,
    key: ApiKey,
    typed: dict[str, str],
    refusal: Refusal | None = None,
    *,
    pair: MadePair | None = None,
) -> Answer:
    page = render(
        "key.html",
        office,
        asked,
        key=key,
        pair=pair,
        access_key=aliyun.access_key_of(office.reader(), key.id),
        left=key_limits.standings(office.reader(), key, office.now_ms()),
        now_ms=office.now_ms(),
        scopes=SCOPES,
        accounts=accounts.list_accounts(office.reader()),
        typed=typed,
        mistakes=_by_field(refusal),
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK)
