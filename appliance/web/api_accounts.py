"""``/api/v1/accounts``: in whose name messages go, with the keys of each and its share."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk.accounts import (
    ACCOUNT_FIELDS,
    CHANGED_ACCOUNT_FIELDS,
    Standing,
    change_account,
    create_account,
    give_key,
    remove_account,
    standings,
)
from appliance.web.answer import Answer, json_answer
from appliance.web.api_ports import NO_CONTENT
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.moment import rfc3339
from appliance.web.objects import box
from appliance.web.objects.common import Page
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.problem import Problem
from appliance.web.words import N_

COUNTED_AT_MOST = 10_000


@operation(
    N_("Every account, the box’s own first"),
    Group.ACCOUNTS,
    Page[box.Account],
)
def list_accounts(office: Office, asked: Asked) -> Answer:
    """Every account, the box's own first."""
    items = [account_object(each) for each in standings(office.reader(), COUNTED_AT_MOST)]
    return json_answer({"items": items, "next_cursor": None})


@operation(
    N_("Make an account"),
    Group.ACCOUNTS,
    {HTTPStatus.CREATED: box.Account},
    body=ACCOUNT_FIELDS,
    problems=("conflict",),
)
def post_account(office: Office, asked: Asked) -> Answer:
    """A new account: 201."""
    members = asked.members
    made = agreed(
        create_account(
            office.writer,
            office.ring,
            asked.who,
            members["name"],
            members.get("weight", 1),
            now_ms=office.now_ms(),
        )
    )
    headers = {"Location": f"/api/v1/accounts/{made.id}"}
    return json_answer(account_object(find_account(office, made.id)), HTTPStatus.CREATED, headers)


@operation(
    N_("One account"),
    Group.ACCOUNTS,
    box.Account,
    problems=("no-such-account",),
)
def get_account(office: Office, asked: Asked, account_id: int) -> Answer:
    """One account."""
    return json_answer(account_object(find_account(office, account_id)))


@operation(
    N_("Another name, another weight"),
    Group.ACCOUNTS,
    box.Account,
    body=CHANGED_ACCOUNT_FIELDS,
    problems=(
        "no-such-account",
        "conflict",
    ),
)
def patch_account(office: Office, asked: Asked, account_id: int) -> Answer:
    """Another name, another weight."""
    find_account(office, account_id)
    members = asked.members
    agreed(change_account(office.writer, office.ring, asked.who, account_id, members, now_ms=office.now_ms()))
    return json_answer(account_object(find_account(office, account_id)))


@operation(
    N_("Remove an account; its keys send in the name of the box"),
    Group.ACCOUNTS,
    {HTTPStatus.NO_CONTENT: None},
    problems=(
        "no-such-account",
        "conflict",
    ),
)
def delete_account(office: Office, asked: Asked, account_id: int) -> Answer:
    """Its keys send in the name of the box from then on."""
    find_account(office, account_id)
    agreed(remove_account(office.writer, office.ring, asked.who, account_id, now_ms=office.now_ms()))
    return NO_CONTENT


@operation(
    N_("Give an API key to an account"),
    Group.ACCOUNTS,
    box.Account,
    body={},
    body_may_be_absent=True,
    problems=(
        "no-such-account",
        "conflict",
    ),
)
def put_key(office: Office, asked: Asked, account_id: int, key_id: int) -> Answer:
    """Give an API key to an account."""
    find_account(office, account_id)
    agreed(give_key(office.writer, asked.who, key_id, account_id, now_ms=office.now_ms()))
    return json_answer(account_object(find_account(office, account_id)))


def find_account(office: Office, account_id: int) -> Standing:
    """The account of an id, or 404."""
    found = next(
        (each for each in standings(office.reader(), COUNTED_AT_MOST) if each.account.id == account_id), None
    )
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-account")
    return found


def account_object(standing: Standing) -> box.Account:
    """An account; ``waiting`` is what may go and waits its turn, counted up to :data:`COUNTED_AT_MOST`."""
    return {
        "id": standing.account.id,
        "name": standing.account.name,
        "weight": standing.account.weight,
        "waiting": standing.waiting,
        "keys": [
            {"id": each.id, "name": each.name, "last_used_at": rfc3339(each.last_used_at_ms)}
            for each in standing.keys
        ],
        "links": {"self": f"/api/v1/accounts/{standing.account.id}"},
    }
