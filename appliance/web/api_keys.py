"""``/api/v1/keys``: the keys of the box, for those that administer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from appliance.desk import api_keys, key_limits
from appliance.desk.api_keys import CHANGED_KEY_FIELDS, KEY_FIELDS
from appliance.desk.fields import Kind, Schema, read_members, schema_of
from appliance.desk.mistake import Refusal
from appliance.store import keys
from appliance.store.keys import ApiKey, Scope
from appliance.web.answer import Answer, json_answer
from appliance.web.api_ports import NO_CONTENT
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.moment import rfc3339
from appliance.web.objects.common import Page
from appliance.web.objects.keys import Key, NewKey
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.problem import Problem
from appliance.web.words import N_


@dataclass(frozen=True, slots=True)
class Changes:
    """Members to change: what is ``null`` is taken away, what is not there stays."""

    kinds: Mapping[str, Kind]

    def schema(self) -> Schema:
        return schema_of(self.kinds)

    def read(self, members: dict[str, object]) -> dict[str, Any] | Refusal:
        values = read_members(self.kinds, members)
        return values if isinstance(values, Refusal) else {name: values.get(name) for name in members}


@operation(N_("List the API keys"), Group.ACCOUNTS, Page[Key])
def list_keys(office: Office, asked: Asked) -> Answer:
    """Every key, oldest first, revoked ones included."""
    items = [key_object(office, each) for each in keys.list_keys(office.reader())]
    return json_answer({"items": items, "next_cursor": None})


@operation(
    N_("Make an API key"),
    Group.ACCOUNTS,
    {HTTPStatus.CREATED: NewKey},
    body=KEY_FIELDS,
    problems=("scope-not-yours", "conflict"),
    about=N_("The key itself is in “secret” of this answer, and nowhere ever after."),
)
def post_key(office: Office, asked: Asked) -> Answer:
    """A new key: 201."""
    made = agreed(
        api_keys.make_key(office.writer, asked.who, asked.scopes, asked.members, now_ms=office.now_ms())
    )
    told: NewKey = {**key_object(office, made.key), "secret": made.secret}
    return json_answer(told, HTTPStatus.CREATED, {"Location": f"/api/v1/keys/{made.key.id}"})


@operation(N_("Look at an API key"), Group.ACCOUNTS, Key, problems=("no-such-key",))
def get_key(office: Office, asked: Asked, key_id: int) -> Answer:
    """One key."""
    return json_answer(key_object(office, find_key(office, key_id)))


@operation(
    N_("Change what an API key may do"),
    Group.ACCOUNTS,
    Key,
    body=Changes(CHANGED_KEY_FIELDS),
    problems=("no-such-key", "scope-not-yours", "conflict"),
    about=N_("What is null is taken away: a limit, the networks, the date. What is not there stays."),
)
def patch_key(office: Office, asked: Asked, key_id: int) -> Answer:
    """Other terms, from now on."""
    find_key(office, key_id, in_use=True)
    changed = api_keys.change_key(
        office.writer, asked.who, asked.scopes, key_id, asked.members, now_ms=office.now_ms()
    )
    return json_answer(key_object(office, agreed(changed)))


@operation(N_("Revoke an API key"), Group.ACCOUNTS, {HTTPStatus.NO_CONTENT: None}, problems=("no-such-key",))
def delete_key(office: Office, asked: Asked, key_id: int) -> Answer:
    """It is of no use from now on; its row stays, as messages name it."""
    find_key(office, key_id, in_use=True)
    agreed(api_keys.revoke_key(office.writer, asked.who, key_id, now_ms=office.now_ms()))
    return NO_CONTENT


def find_key(office: Office, key_id: int, *, in_use: bool = False) -> ApiKey:
    """The key of an id, or 404."""
    key = keys.key_of_id(office.reader(), key_id)
    if key is None or (in_use and key.revoked_at_ms is not None):
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-key")
    return key


def key_object(office: Office, key: ApiKey) -> Key:
    """A key as the API tells of it."""
    left = key_limits.standings(office.reader(), key, office.now_ms())
    return {
        "id": key.id,
        "name": key.name,
        "account_id": key.account_id,
        "scopes": [each.value for each in Scope if each in key.scopes],
        "messages_per_minute": key.messages_per_minute,
        "messages_per_day": key.messages_per_day,
        "requests_per_minute": key.requests_per_minute,
        "networks": [str(each) for each in key.networks],
        "expires_at": rfc3339(key.expires_at_ms),
        "sandbox": key.is_sandbox,
        "test_allowance": key.test_allowance,
        "created_at": rfc3339(key.created_at_ms),
        "last_used_at": rfc3339(key.last_used_at_ms),
        "last_used_from": key.last_used_from,
        "revoked_at": rfc3339(key.revoked_at_ms),
        "left": [
            {"name": each.name, "limit": each.limit, "left": each.left, "window_s": each.window_s}
            for each in left
        ],
        "links": {"self": f"/api/v1/keys/{key.id}"},
    }
