"""Which SIM a recipient knows: the one that he wrote to, or that wrote to him, last."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

LOOKED_BACK = 20
"""Outgoing messages to one recipient that are looked at: a thousand that wait for him tell nothing of a SIM."""

SIM_OF_CONVERSATION = """
    SELECT sim_id FROM (
        SELECT * FROM (
            SELECT sim_id, received_at_ms AS at_ms FROM inbound_messages
            WHERE sender = :peer ORDER BY seq DESC LIMIT 1
        )
        UNION ALL
        SELECT * FROM (
            SELECT sim_id, sent_at_ms AS at_ms FROM (
                SELECT sim_id, sent_at_ms, seq FROM messages WHERE recipient = :peer ORDER BY seq DESC LIMIT :most
            ) WHERE sent_at_ms IS NOT NULL AND sim_id IS NOT NULL ORDER BY seq DESC LIMIT 1
        )
    ) ORDER BY at_ms DESC LIMIT 1
"""


def sim_of_conversation(connection: sqlite3.Connection, peer: str) -> int | None:
    """The SIM of the latest message from or to ``peer``; None where there was none of late."""
    row = connection.execute(SIM_OF_CONVERSATION, {"peer": peer, "most": LOOKED_BACK}).fetchone()
    return None if row is None else int(row[0])


SIMS_OF_CONVERSATIONS = f"""
    SELECT value, ({SIM_OF_CONVERSATION.replace(":peer", "value")}) FROM json_each(:peers)
    WHERE EXISTS (SELECT 1 FROM messages WHERE recipient = value)
        OR EXISTS (SELECT 1 FROM inbound_messages WHERE sender = value)
"""


def sims_of_conversations(connection: sqlite3.Connection, peers: Collection[str]) -> dict[str, int]:
    """The same for several; whoever knows none is not among them."""
    if len(peers) == 1:
        (peer,) = peers
        known = sim_of_conversation(connection, peer)
        return {} if known is None else {peer: known}
    values = {"peers": json.dumps(list(peers)), "most": LOOKED_BACK}
    rows = connection.execute(SIMS_OF_CONVERSATIONS, values)
    return {peer: sim_id for peer, sim_id in rows if sim_id is not None}
