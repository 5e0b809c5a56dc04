"""The tables, as a list of migrations that is only ever added to.

Conventions: ``*_at_ms`` are UTC instants in integer milliseconds since 1970; states are the words of
:mod:`appliance.store.life`; a reason is a code of :mod:`appliance.sentences` with its arguments as a
JSON object, never a finished sentence. Hot paths use the explicit SQL of the other modules;
``sqlite-utils`` only carries the migrations.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("simloft")


@migrations()
def the_main_job(db: Database) -> None:
    """Ports, modems, SIMs, outgoing and incoming messages, reports, events, keys."""
    for statement in _THE_MAIN_JOB:
        db.execute(statement)


@migrations()
def commands_for_ports(db: Database) -> None:
    """What is asked of a port, with the pool's answer."""
    db.execute(
        """
        CREATE TABLE port_commands (
            id INTEGER PRIMARY KEY,
            port_name TEXT NOT NULL,
            command TEXT NOT NULL,           -- a PortCommand of appliance.store.commands
            asked_at_ms INTEGER NOT NULL,
            answer TEXT                      -- NULL until the pool has answered
        ) STRICT
        """
    )


@migrations()
def events_of_a_port_and_of_a_sim(db: Database) -> None:
    """The history of one place, and of one card."""
    db.execute("CREATE INDEX events_of_port ON events (port_id, id) WHERE port_id IS NOT NULL")
    db.execute("CREATE INDEX events_of_sim ON events (sim_id, id) WHERE sim_id IS NOT NULL")


@migrations()
def acts_of_the_technician(db: Database) -> None:
    """Commands with arguments, progress and answers in sentences; sealed PINs; a port that is being pointed at."""
    for statement in _ACTS_OF_THE_TECHNICIAN:
        db.execute(statement)


@migrations()
def balance_and_keep_alive(db: Database) -> None:
    """Carriers as edited on this box, balances with their questions, and messages that keep a SIM alive."""
    for statement in _BALANCE_AND_KEEP_ALIVE:
        db.execute(statement)


@migrations()
def supervision(db: Database) -> None:
    """Where a port is on the USB, what holds its SIM back, and where it stands on the ladder."""
    for statement in _SUPERVISION:
        db.execute(statement)


@migrations()
def recordings_of_lines(db: Database) -> None:
    """Which lines are being recorded, so that one that a stop of the box ended is told as ended."""
    db.execute(
        """
        CREATE TABLE recordings_under_way (
            port_name TEXT PRIMARY KEY,
            file TEXT NOT NULL,              -- in DIR/recordings
            began_at_ms INTEGER NOT NULL
        ) STRICT
        """
    )


@migrations()
def what_a_modem_speaks_and_who_told_a_number(db: Database) -> None:
    """MEID and form of messages of a modem; how the number of a SIM became known."""
    # The column imei has a MEID (or ESN) where there is no IMEI, since modems are told apart by it.
    db.execute("ALTER TABLE modems ADD COLUMN meid TEXT")
    db.execute("ALTER TABLE ports ADD COLUMN form TEXT")  # a SmsForm of appliance.modem.messaging
    # A NumberSource of appliance.store.sims; NULL where nobody wrote it down, or no number is known.
    db.execute("ALTER TABLE sims ADD COLUMN msisdn_source TEXT")


_SUPERVISION = (
    "ALTER TABLE ports ADD COLUMN usb_path TEXT",  # '1-1.4.2'; NULL where udev knows no USB device behind it
    "ALTER TABLE ports ADD COLUMN profile TEXT",  # of appliance.modem.profiles, by which the modem is treated
    # The network's clock minus ours, as it was heard last: only shown.
    "ALTER TABLE ports ADD COLUMN clock_offset_ms INTEGER",
    # Why the SIM in a port that is ready begins nothing for now: a code of sentences.py. NULL: it may.
    "ALTER TABLE ports ADD COLUMN hold_reason TEXT",
    "ALTER TABLE ports ADD COLUMN hold_args TEXT",
    "ALTER TABLE ports ADD COLUMN hold_until_ms INTEGER",  # when it ends by itself, where that is known
    """
    CREATE TABLE port_standings (
        port_id INTEGER PRIMARY KEY REFERENCES ports (id),
        standing TEXT NOT NULL,          -- a Standing of appliance.pool.ladder, as JSON
        updated_at_ms INTEGER NOT NULL
    ) STRICT
    """,
)


@migrations()
def messages_of_the_box_itself(db: Database) -> None:
    """Messages that are one SIM's from the first, loop tests, guided swaps, SIMs that were forgotten."""
    for statement in _MESSAGES_OF_THE_BOX:
        db.execute(statement)


@migrations()
def proofs_in_the_inbox(db: Database) -> None:
    """So that the inbox knows the box's own messages without looking through all proofs."""
    db.execute(
        "CREATE INDEX keep_alive_proofs_inbound ON keep_alive_proofs (inbound_seq) WHERE inbound_seq IS NOT NULL"
    )


@migrations()
def whole_plans_groups_and_accounts(db: Database) -> None:
    """Whole plans of SIMs, groups of SIMs under one contract, accounts, and what a message prefers."""
    for statement in _WHOLE_PLANS_GROUPS_AND_ACCOUNTS:
        db.execute(statement)


@migrations()
def lanes_of_the_queue(db: Database) -> None:
    """A queue of a million messages of which each SIM finds the one that it sends next at once."""
    for statement in _LANES_OF_THE_QUEUE:
        db.execute(statement)


@migrations()
def circuit_breakers(db: Database) -> None:
    """How a SIM stands with its carrier, as one state; the messages that a SIM only tried itself with."""
    for statement in _CIRCUIT_BREAKERS:
        db.execute(statement)


@migrations()
def upkeep_of_the_box(db: Database) -> None:
    """What the box did last to keep its own house, each kind of work in a row."""
    db.execute(
        """
        CREATE TABLE upkeep (
            work TEXT PRIMARY KEY,           -- a Work of appliance.store.upkeep
            at_ms INTEGER NOT NULL,
            outcome TEXT NOT NULL            -- a JSON object: what came of it, in numbers
        ) STRICT
        """
    )


@migrations()
def marks_of_the_clock(db: Database) -> None:
    """What time it was on the box, by clocks that can't be set, and what a person said of the wall clock."""
    for statement in _MARKS_OF_THE_CLOCK:
        db.execute(statement)


@migrations()
def lanes_alone(db: Database) -> None:
    """Drop the indexes of the one row that the queue was, each of which every message paid for."""
    for statement in _LANES_ALONE:
        db.execute(statement)


@migrations()
def parts_sent_from_a_memory(db: Database) -> None:
    """Where on a card a part lies that is sent from there, so that the card can be asked what became of it."""
    db.execute(
        """
        CREATE TABLE written_parts (
            part_id INTEGER PRIMARY KEY,
            sim_id INTEGER NOT NULL REFERENCES sims (id) ON DELETE CASCADE,
            place INTEGER,               -- in the card's memory; NULL until it is known, and until then nothing is sent
            pdu TEXT NOT NULL,           -- by which it is known again, hexadecimal
            written_at_ms INTEGER NOT NULL
        ) STRICT
        """
    )
    db.execute("CREATE INDEX written_parts_of_sim ON written_parts (sim_id)")


@migrations()
def campaigns_and_requests_that_are_done_once(db: Database) -> None:
    """A word that ties messages together; keys by which a repeated request is known."""
    for statement in _CAMPAIGNS_AND_REQUESTS_DONE_ONCE:
        db.execute(statement)


@migrations()
def keys_with_terms_and_people(db: Database) -> None:
    """What a key may do, how much and from where; people with passwords, whose sessions are theirs."""
    for statement in _KEYS_WITH_TERMS_AND_PEOPLE:
        db.execute(statement)


@migrations()
def changes_and_who_is_told(db: Database) -> None:
    """A feed of what changes, who is told of it by HTTP, and what could not be told yet."""
    for statement in _CHANGES_AND_WHO_IS_TOLD:
        db.execute(statement)


@migrations()
def lists_by_any_filter(db: Database) -> None:
    """Indexes of what is rare, so that it is found among a million; a message that is like most is in none."""
    for statement in _LISTS_BY_ANY_FILTER:
        db.execute(statement)


@migrations()
def deliveries_by_when_they_are_due(db: Database) -> None:
    """The first that is due of each subscription, however many wait for it."""
    db.execute("DROP INDEX deliveries_due")
    db.execute(
        "CREATE INDEX deliveries_due ON deliveries (webhook_id, next_try_at_ms, id) WHERE state = 'waiting'"
    )


@migrations()
def parts_that_await_no_report(db: Database) -> None:
    """Reports are looked for only among parts that asked for one: the others stay accepted for ever."""
    db.execute("ALTER TABLE parts ADD COLUMN awaits_report INTEGER NOT NULL DEFAULT 1")
    db.execute("DROP INDEX parts_awaiting")
    db.execute(
        """
        CREATE INDEX parts_awaiting ON parts (sim_id, tp_mr, submitted_at_ms)
        WHERE awaits_report = 1 AND state IN ('accepted', 'uncertain', 'undelivered') AND tp_mr IS NOT NULL
        """
    )


@migrations()
def aliyun_and_templates(db: Database) -> None:
    """Texts with gaps, and what Aliyun's dialect needs to know of keys and messages."""
    for statement in _ALIYUN_AND_TEMPLATES:
        db.execute(statement)


@migrations()
def webhooks_that_fail_for_long(db: Database) -> None:
    """That somebody was told of a receiver that takes nothing, and the dead without their subscription."""
    db.execute("ALTER TABLE webhooks ADD COLUMN alarmed_at_ms INTEGER")  # NULL: nobody since it works
    db.execute("CREATE INDEX deliveries_dead ON deliveries (id) WHERE state = 'dead'")


_THE_MAIN_JOB = (
    """
    CREATE TABLE modems (
        id INTEGER PRIMARY KEY,
        imei TEXT,                       -- NULL where the modem tells none
        manufacturer TEXT, model TEXT, revision TEXT,
        first_seen_at_ms INTEGER NOT NULL,
        last_seen_at_ms INTEGER NOT NULL,
        UNIQUE (imei, manufacturer, model)
    ) STRICT
    """,
    """
    CREATE TABLE sims (
        id INTEGER PRIMARY KEY,
        -- 'iccid:8986…'; where the card can't be read, 'imsi:…'; where neither can, 'port:…' (said in the UI)
        identity TEXT NOT NULL UNIQUE,
        iccid TEXT, imsi TEXT, msisdn TEXT, label TEXT,
        -- The plan: limits count parts in exact sliding windows. NULL = the box's default, 0 = no limit.
        minimum_gap_ms INTEGER, parts_per_minute INTEGER, parts_per_hour INTEGER, parts_per_day INTEGER,
        resting_until_ms INTEGER,        -- taken out of service after failures, or by a person
        resting_reason TEXT, resting_reason_args TEXT,
        failures_in_a_row INTEGER NOT NULL DEFAULT 0, -- refusals for which the SIM is to blame
        next_concat_reference INTEGER NOT NULL DEFAULT 0, -- 0 … 255 and round again
        first_seen_at_ms INTEGER NOT NULL,
        last_seen_at_ms INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE ports (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,       -- the stable place: as configured; by USB path where discovered
        label TEXT,                      -- what the technician calls it
        device TEXT NOT NULL,            -- the tty that was opened last
        state TEXT NOT NULL,             -- a PortState of appliance.modem.states
        reason TEXT NOT NULL, reason_args TEXT NOT NULL DEFAULT '{}',
        modem_id INTEGER REFERENCES modems (id),
        sim_id INTEGER REFERENCES sims (id),
        operator TEXT, registration TEXT, rssi_dbm INTEGER, smsc TEXT,
        simulated INTEGER NOT NULL DEFAULT 0,
        configured INTEGER NOT NULL DEFAULT 1, -- 0: no pattern of the settings names it any more; not shown
        state_since_ms INTEGER NOT NULL,
        updated_at_ms INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE messages (
        seq INTEGER PRIMARY KEY,         -- order of acceptance on this box
        id TEXT NOT NULL UNIQUE,         -- UUIDv7
        recipient TEXT NOT NULL,         -- E.164 with '+', or a short code in digits
        text TEXT NOT NULL,              -- exactly what goes on the air (after transliteration, if asked for)
        alphabet TEXT NOT NULL,          -- 'gsm7' | 'ucs2'
        parts_total INTEGER NOT NULL,
        flash INTEGER NOT NULL DEFAULT 0,
        delivery_report INTEGER NOT NULL DEFAULT 1,
        priority INTEGER NOT NULL DEFAULT 1,      -- 0 one-time code, 1 notice, 2 bulk
        on_uncertain TEXT NOT NULL DEFAULT 'wait',-- 'wait' | 'resend'
        source TEXT NOT NULL,            -- 'api' | 'page' | 'cli'
        api_key_id INTEGER REFERENCES api_keys (id),
        state TEXT NOT NULL,
        reason TEXT NOT NULL, reason_args TEXT NOT NULL DEFAULT '{}',
        attempt INTEGER NOT NULL DEFAULT 0,       -- how many reservations there were
        sim_id INTEGER REFERENCES sims (id),      -- the SIM of the latest attempt
        pinned_sim_id INTEGER REFERENCES sims (id), -- only this SIM may go on (some parts went through it)
        excluded_sim_ids TEXT NOT NULL DEFAULT '[]', -- SIMs that failed it, JSON array
        not_before_ms INTEGER NOT NULL DEFAULT 0, -- back-off; a schedule later
        expires_at_ms INTEGER,
        accepted_at_ms INTEGER NOT NULL,
        sent_at_ms INTEGER, finished_at_ms INTEGER,
        updated_at_ms INTEGER NOT NULL
    ) STRICT
    """,
    # A message that any SIM may take, and one that waits for its SIM, are looked for apart: a long row of
    # the second kind would have to be stepped over by each choice among the first.
    """
    CREATE INDEX messages_queued ON messages (priority, seq)
    WHERE state = 'queued' AND pinned_sim_id IS NULL
    """,
    """
    CREATE INDEX messages_pinned ON messages (pinned_sim_id, priority, seq)
    WHERE state = 'queued' AND pinned_sim_id IS NOT NULL
    """,
    # The rest of the partial indexes hold the few rows that the housekeeping looks for.
    "CREATE INDEX messages_later ON messages (not_before_ms) WHERE state = 'queued' AND not_before_ms > 0",
    "CREATE INDEX messages_excluding ON messages (seq) WHERE state = 'queued' AND excluded_sim_ids <> '[]'",
    """
    CREATE INDEX messages_to_resend ON messages (updated_at_ms)
    WHERE state = 'uncertain' AND on_uncertain = 'resend'
    """,
    """
    CREATE INDEX messages_expiring ON messages (expires_at_ms)
    WHERE state = 'queued' AND expires_at_ms IS NOT NULL
    """,
    "CREATE INDEX messages_state ON messages (state, seq)",
    "CREATE INDEX messages_recipient ON messages (recipient, seq)",
    """
    CREATE TABLE parts (
        id INTEGER PRIMARY KEY,
        message_seq INTEGER NOT NULL REFERENCES messages (seq),
        attempt INTEGER NOT NULL,        -- messages.attempt of its reservation
        number INTEGER NOT NULL,         -- 1 … parts_total
        sim_id INTEGER NOT NULL REFERENCES sims (id),
        port_id INTEGER REFERENCES ports (id),
        concat_reference INTEGER,        -- NULL for a single part
        state TEXT NOT NULL,
        tp_mr INTEGER,                   -- the one in '+CMGS: n', not the one in the PDU
        error_kind TEXT, error_code INTEGER,  -- 'cms' | 'cme' | 'error' | 'line' and its number
        error_detail TEXT,               -- the standard's words for it, or what the modem said
        report_status INTEGER,           -- TP-ST of the last delivery report
        report_delivery TEXT,            -- its meaning, a Delivery of appliance.store.life
        -- Written before Ctrl-Z. The plan counts a part from here until a window after its answer, because
        -- the network took it at some instant between the two. NULL once it is certain that it never went.
        submitted_at_ms INTEGER,
        answered_at_ms INTEGER,          -- of an uncertain part: when the box gave up waiting
        reported_at_ms INTEGER,
        UNIQUE (message_seq, attempt, number)
    ) STRICT
    """,
    # What a SIM sent, newest at the end: for its plan.
    """
    CREATE INDEX parts_of_sim ON parts (sim_id, submitted_at_ms, tp_mr) WHERE submitted_at_ms IS NOT NULL
    """,
    # What a delivery report may still change, and no more: an index of all references would dirty a page of its own
    # for each part, and memory cards wear by pages.
    """
    CREATE INDEX parts_awaiting ON parts (sim_id, tp_mr, submitted_at_ms)
    WHERE state IN ('accepted', 'uncertain', 'undelivered') AND tp_mr IS NOT NULL
    """,
    # Uncertain ones, and those of which a person said that they were sent: no reference leads to either.
    """
    CREATE INDEX parts_uncertain ON parts (sim_id)
    WHERE state = 'uncertain' OR (state = 'accepted' AND tp_mr IS NULL)
    """,
    """
    CREATE TABLE delivery_reports (
        id INTEGER PRIMARY KEY,
        sim_id INTEGER NOT NULL REFERENCES sims (id),
        pdu TEXT NOT NULL,               -- as read from the modem, hexadecimal, SMSC prefix included
        recipient TEXT NOT NULL,         -- as the report spells it
        tp_mr INTEGER NOT NULL,
        status INTEGER NOT NULL,         -- TP-ST
        delivery TEXT NOT NULL,          -- its meaning, a Delivery of appliance.store.life
        scts_at_ms INTEGER, discharged_at_ms INTEGER, -- the network's clock
        received_at_ms INTEGER NOT NULL, -- ours
        part_id INTEGER REFERENCES parts (id) -- NULL until it is matched
    ) STRICT
    """,
    "CREATE INDEX delivery_reports_seen ON delivery_reports (sim_id, scts_at_ms, tp_mr)",
    "CREATE INDEX delivery_reports_unmatched ON delivery_reports (sim_id, tp_mr) WHERE part_id IS NULL",
    """
    CREATE TABLE inbound_messages (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,         -- UUIDv7
        sim_id INTEGER NOT NULL REFERENCES sims (id),
        sender TEXT NOT NULL,            -- '+…', digits, or letters
        text TEXT,                       -- NULL for binary
        data TEXT,                       -- hexadecimal, for binary
        -- 'text' | 'flash' | 'binary' | 'voicemail' | 'wap-push' | 'sim-ota' | 'unreadable'
        kind TEXT NOT NULL DEFAULT 'text',
        parts_total INTEGER NOT NULL, parts_received INTEGER NOT NULL,
        complete INTEGER NOT NULL,       -- 0: shown after the time-out with parts missing
        scts_at_ms INTEGER,              -- the network's clock, only shown
        received_at_ms INTEGER NOT NULL, -- ours, of the first part: this orders
        completed_at_ms INTEGER NOT NULL,
        read_at_ms INTEGER
    ) STRICT
    """,
    "CREATE INDEX inbound_sender ON inbound_messages (sender, seq)",
    """
    CREATE TABLE inbound_parts (
        id INTEGER PRIMARY KEY,
        sim_id INTEGER NOT NULL REFERENCES sims (id),
        pdu TEXT NOT NULL,               -- as read, hexadecimal, SMSC prefix included
        sender TEXT NOT NULL,
        -- NULL for a single part; 16-bit references are 65536 and more, as they are no relatives of 8-bit ones.
        concat_reference INTEGER, parts_total INTEGER NOT NULL, number INTEGER NOT NULL,
        scts_at_ms INTEGER,              -- the network's clock; parts of one message are stamped together
        received_at_ms INTEGER NOT NULL,
        message_seq INTEGER REFERENCES inbound_messages (seq), -- NULL while siblings are missing
        UNIQUE (sim_id, pdu)             -- a second reading of the same TPDU is no second message
    ) STRICT
    """,
    """
    CREATE INDEX inbound_parts_siblings ON inbound_parts (sim_id, sender, concat_reference, parts_total)
    WHERE concat_reference IS NOT NULL
    """,
    "CREATE INDEX inbound_parts_overdue ON inbound_parts (received_at_ms) WHERE message_seq IS NULL",
    "CREATE INDEX inbound_parts_message ON inbound_parts (message_seq) WHERE message_seq IS NOT NULL",
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        -- 'port-state' | 'sim-rested' | 'message-uncertain' | 'missed-call' | 'log-in' | …
        kind TEXT NOT NULL,
        port_id INTEGER, sim_id INTEGER, message_seq INTEGER,
        reason TEXT NOT NULL, reason_args TEXT NOT NULL DEFAULT '{}'
    ) STRICT
    """,
    "CREATE INDEX events_at ON events (at_ms)",
    """
    CREATE TABLE api_keys (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        key_sha256 TEXT NOT NULL UNIQUE, -- keys are 256 random bits, so a plain hash is enough
        created_at_ms INTEGER NOT NULL, last_used_at_ms INTEGER, revoked_at_ms INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE login_links (
        token_sha256 TEXT PRIMARY KEY, created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL,
        used_at_ms INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE sessions (
        token_sha256 TEXT PRIMARY KEY, created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL
    ) STRICT
    """,
)

_ACTS_OF_THE_TECHNICIAN = (
    # Rows live for seconds: the old table has nothing that anybody would miss.
    "DROP TABLE port_commands",
    """
    CREATE TABLE port_commands (
        id INTEGER PRIMARY KEY,
        port_name TEXT NOT NULL,
        command TEXT NOT NULL,           -- a PortCommand of appliance.store.commands
        args TEXT NOT NULL DEFAULT '{}',
        asked_by TEXT NOT NULL DEFAULT '',
        asked_at_ms INTEGER NOT NULL,
        began_at_ms INTEGER,             -- written before the modem is told anything
        progress TEXT, progress_args TEXT,
        done_at_ms INTEGER,              -- NULL until the pool has answered
        ok INTEGER, reason TEXT, reason_args TEXT,
        answer TEXT                      -- what the modem said; deleted by who reads it
    ) STRICT
    """,
    """
    CREATE TABLE sim_pins (
        owner TEXT PRIMARY KEY,          -- 'iccid:8986…', or 'port:…' where the card tells no number
        sealed BLOB NOT NULL,            -- owner and PIN, sealed for the pool (appliance.store.sealing)
        key_id TEXT NOT NULL,            -- of the key that it is sealed for
        forced INTEGER NOT NULL,         -- to be tried even where the tries that are left are not known
        state TEXT NOT NULL,             -- a PinState of appliance.store.pins
        entered_at_ms INTEGER NOT NULL, tried_at_ms INTEGER, accepted_at_ms INTEGER,
        tries_left INTEGER               -- as known at the last refusal
    ) STRICT
    """,
    # Until then the wall points at this port, because somebody asks which slot it is.
    "ALTER TABLE ports ADD COLUMN identified_until_ms INTEGER NOT NULL DEFAULT 0",
)

_MESSAGES_OF_THE_BOX = (
    # Only this SIM may send it, from the first part on; pinned_sim_id says the same while it is queued.
    "ALTER TABLE messages ADD COLUMN via_sim_id INTEGER REFERENCES sims (id)",
    "ALTER TABLE sims ADD COLUMN forgotten_at_ms INTEGER",
    """
    CREATE TABLE loop_tests (
        id INTEGER PRIMARY KEY,
        run TEXT NOT NULL,               -- tests that were asked for together
        from_sim_id INTEGER NOT NULL REFERENCES sims (id),
        to_sim_id INTEGER NOT NULL REFERENCES sims (id),
        recipient TEXT NOT NULL,         -- the number that was believed to be the receiver's
        token TEXT NOT NULL UNIQUE,      -- in the text, by which it is recognised
        message_seq INTEGER REFERENCES messages (seq),
        began_at_ms INTEGER NOT NULL, ends_at_ms INTEGER NOT NULL,
        sent_at_ms INTEGER, delivered_at_ms INTEGER,
        received_at_ms INTEGER, received_sim_id INTEGER REFERENCES sims (id),
        sender TEXT,                     -- as the network told the receiver
        done_at_ms INTEGER,
        result TEXT, result_args TEXT    -- a code of appliance.sentences
    ) STRICT
    """,
    "CREATE INDEX loop_tests_open ON loop_tests (id) WHERE done_at_ms IS NULL",
    """
    CREATE TABLE swaps (
        id INTEGER PRIMARY KEY,
        port_name TEXT NOT NULL,
        step TEXT NOT NULL,              -- a SwapStep of appliance.store.swaps
        old_sim_id INTEGER REFERENCES sims (id),
        new_sim_id INTEGER REFERENCES sims (id),
        state TEXT NOT NULL,             -- JSON: what else the swap remembers
        began_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL, ended_at_ms INTEGER
    ) STRICT
    """,
    "CREATE UNIQUE INDEX swaps_of_port ON swaps (port_name) WHERE ended_at_ms IS NULL",
)

_BALANCE_AND_KEEP_ALIVE = (
    """
    CREATE TABLE carriers (
        id TEXT PRIMARY KEY,             -- of a built-in entry that it overrides, or a new one
        definition TEXT NOT NULL,        -- the members of appliance.desk.carrier_fields as a JSON object
        changed_at_ms INTEGER NOT NULL, changed_by TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    """
    CREATE TABLE sim_money (             -- what people decided for one SIM
        sim_id INTEGER PRIMARY KEY REFERENCES sims (id) ON DELETE CASCADE,
        low_below INTEGER,               -- smallest unit of its currency; NULL: as its carrier has it
        never_rests INTEGER NOT NULL DEFAULT 0, -- a low balance only warns, whatever its carrier has
        keep_alive_days INTEGER          -- NULL: as its carrier has it; 0: never
    ) STRICT
    """,
    """
    CREATE TABLE balance_questions (
        id INTEGER PRIMARY KEY,
        sim_id INTEGER NOT NULL REFERENCES sims (id) ON DELETE CASCADE,
        cause TEXT NOT NULL,             -- a Cause of appliance.store.balance
        asked_by TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL,             -- 'wanted' | 'asked' | 'answered' | 'failed'
        tries INTEGER NOT NULL DEFAULT 0,
        method TEXT, asked_of TEXT,      -- of the latest try: 'ussd' | 'sms', and the code or short number
        command_id INTEGER, message_id TEXT, -- of the latest try: a port_commands row, a messages id
        wanted_at_ms INTEGER NOT NULL,
        asked_at_ms INTEGER,             -- of the latest try
        next_at_ms INTEGER NOT NULL,     -- nothing is done about it before
        done_at_ms INTEGER,
        reason TEXT NOT NULL, reason_args TEXT NOT NULL DEFAULT '{}'
    ) STRICT
    """,
    # One open question a SIM: whoever asks meanwhile gets the answer to that.
    "CREATE UNIQUE INDEX balance_questions_open ON balance_questions (sim_id) WHERE done_at_ms IS NULL",
    "CREATE INDEX balance_questions_of_sim ON balance_questions (sim_id, id)",
    """
    CREATE TABLE balance_readings (
        id INTEGER PRIMARY KEY,
        sim_id INTEGER NOT NULL REFERENCES sims (id) ON DELETE CASCADE,
        question_id INTEGER REFERENCES balance_questions (id) ON DELETE SET NULL,
        units INTEGER,                   -- smallest unit; NULL: no amount was found in the text
        currency TEXT NOT NULL, decimals INTEGER NOT NULL,
        raw TEXT NOT NULL,               -- what the carrier said
        inbound_seq INTEGER,             -- the message of the inbox that it came by
        at_ms INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX balance_readings_of_sim ON balance_readings (sim_id, at_ms)",
    "CREATE INDEX balance_readings_inbound ON balance_readings (inbound_seq) WHERE inbound_seq IS NOT NULL",
    """
    CREATE TABLE low_balance_rests (     -- a rest of its own: it ends neither by time nor with another one
        sim_id INTEGER PRIMARY KEY REFERENCES sims (id) ON DELETE CASCADE,
        balance TEXT NOT NULL,           -- for people: '1.20 CNY'
        since_ms INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE keep_alive_proofs (
        id INTEGER PRIMARY KEY,
        sim_id INTEGER NOT NULL REFERENCES sims (id) ON DELETE CASCADE,
        due_ms INTEGER NOT NULL,         -- by then it had to spend something
        message_id TEXT NOT NULL,
        recipient TEXT NOT NULL, to_sim_id INTEGER, -- the SIM of the box that it went to; NULL: another number
        state TEXT NOT NULL,             -- 'trying' | 'sent' | 'proved' | 'failed'
        tried_at_ms INTEGER NOT NULL,
        sent_at_ms INTEGER, delivered_at_ms INTEGER, received_at_ms INTEGER, inbound_seq INTEGER,
        reason TEXT NOT NULL, reason_args TEXT NOT NULL DEFAULT '{}'
    ) STRICT
    """,
    "CREATE INDEX keep_alive_proofs_of_sim ON keep_alive_proofs (sim_id, id)",
    "CREATE INDEX keep_alive_proofs_open ON keep_alive_proofs (id) WHERE state IN ('trying', 'sent')",
    """
    CREATE TABLE keep_alive_notices (    -- what was told of a SIM, so that it is told once
        sim_id INTEGER PRIMARY KEY REFERENCES sims (id) ON DELETE CASCADE,
        due_ms INTEGER NOT NULL, reason TEXT NOT NULL
    ) STRICT
    """,
)

_WHOLE_PLANS_GROUPS_AND_ACCOUNTS = (
    """
    CREATE TABLE sim_groups (            -- SIMs of one contract, or of one purpose; a SIM is in one at most
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        strategy TEXT NOT NULL DEFAULT 'spread', -- 'spread': the one that used least of its plan; 'fill': the cheapest
        -- What all of them together may send; NULL or 0: no limit.
        parts_per_minute INTEGER, parts_per_hour INTEGER, parts_per_day INTEGER, parts_per_month INTEGER,
        recipients_per_month INTEGER,
        contract_day INTEGER             -- 1 … 31; NULL: as the box has it
    ) STRICT
    """,
    """
    CREATE TABLE accounts (              -- who sends: departments, applications
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        weight INTEGER NOT NULL DEFAULT 1 -- of what is sent while several accounts wait in one priority
    ) STRICT
    """,
    "INSERT INTO accounts (id, name) VALUES (1, 'box')",
    "ALTER TABLE api_keys ADD COLUMN account_id INTEGER NOT NULL DEFAULT 1",
    # The rest of a SIM's plan. NULL: as the box has it; 0: no limit.
    "ALTER TABLE sims ADD COLUMN gap_jitter_percent INTEGER",
    "ALTER TABLE sims ADD COLUMN parts_per_month INTEGER",
    "ALTER TABLE sims ADD COLUMN recipients_per_month INTEGER",
    "ALTER TABLE sims ADD COLUMN parts_per_recipient_per_day INTEGER",
    "ALTER TABLE sims ADD COLUMN sending_hours TEXT",  # '08:00-21:00', several with commas; '': at any hour
    "ALTER TABLE sims ADD COLUMN contract_day INTEGER",  # 1 … 31: the day of the month on which its month begins
    "ALTER TABLE sims ADD COLUMN reserve_percent INTEGER",  # of each window, that bulk leaves to what is urgent
    "ALTER TABLE sims ADD COLUMN warm_up_days INTEGER",
    "ALTER TABLE sims ADD COLUMN allowance_parts INTEGER",  # of a month, that cost nothing
    # Millionths of the unit of its currency, since a part may cost 0.035 yuan. NULL: as its carrier has it.
    "ALTER TABLE sims ADD COLUMN price_on_net_micros INTEGER",
    "ALTER TABLE sims ADD COLUMN price_off_net_micros INTEGER",
    "ALTER TABLE sims ADD COLUMN price_abroad_micros INTEGER",
    "ALTER TABLE sims ADD COLUMN on_net_prefixes TEXT",  # JSON array of E.164 prefixes; NULL: those of its carrier
    "ALTER TABLE sims ADD COLUMN group_id INTEGER REFERENCES sim_groups (id) ON DELETE SET NULL",
    "ALTER TABLE sims ADD COLUMN first_sent_at_ms INTEGER",  # NULL: nothing yet; the warm-up counts from here
    # What retention deleted of the parts is still counted, by days of the box's zone.
    """
    CREATE TABLE sim_days (
        sim_id INTEGER NOT NULL REFERENCES sims (id) ON DELETE CASCADE,
        day TEXT NOT NULL,               -- '2026-11-24' in the zone of the box
        recipient TEXT NOT NULL,
        parts INTEGER NOT NULL,
        PRIMARY KEY (sim_id, day, recipient)
    ) STRICT, WITHOUT ROWID
    """,
    "ALTER TABLE messages ADD COLUMN account_id INTEGER NOT NULL DEFAULT 1",
    # Whose network the recipient seems to be in: a carrier's id, 'abroad', or '' where nobody knows. A number may
    # have been ported, so this is a preference and no constraint.
    "ALTER TABLE messages ADD COLUMN destination TEXT NOT NULL DEFAULT ''",
    # The SIM of the conversation with this recipient: it sends where it can; others take it where it can't.
    "ALTER TABLE messages ADD COLUMN sticky_sim_id INTEGER REFERENCES sims (id)",
)

_LANES_OF_THE_QUEUE = (
    # 0: a queued message that waits for its not_before_ms, so that it stands in no lane that a SIM looks into.
    "ALTER TABLE messages ADD COLUMN is_due INTEGER NOT NULL DEFAULT 1",
    # 1: it does so because no SIM could send it for a reason of its own, and may again when a plan changes.
    "ALTER TABLE messages ADD COLUMN is_parked INTEGER NOT NULL DEFAULT 0",
    "UPDATE messages SET is_due = 0 WHERE state = 'queued' AND not_before_ms > 0",
    # Each of these holds only what is queued, so a message leaves it once and comes back rarely. What waits for one
    # SIM stands apart: a long row of it would have to be stepped over by each choice of another one.
    """
    CREATE INDEX messages_lanes ON messages (priority, account_id, destination, seq)
    WHERE state = 'queued' AND is_due = 1 AND pinned_sim_id IS NULL AND sticky_sim_id IS NULL
    """,
    """
    CREATE INDEX messages_sticky ON messages (sticky_sim_id, priority, account_id, seq)
    WHERE state = 'queued' AND is_due = 1 AND pinned_sim_id IS NULL AND sticky_sim_id IS NOT NULL
    """,
    "CREATE INDEX messages_parked ON messages (seq) WHERE state = 'queued' AND is_parked = 1",
)

_CIRCUIT_BREAKERS = (
    # A Breaker of appliance.policy.breaker, as JSON; NULL: nothing to remember.
    "ALTER TABLE sims ADD COLUMN breaker TEXT",
    "ALTER TABLE sims DROP COLUMN failures_in_a_row",
    """
    CREATE TABLE probes (                -- attempts by which a SIM found out whether it may go on
        message_seq INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
        attempt INTEGER NOT NULL,        -- messages.attempt of the reservation
        part_id INTEGER NOT NULL,
        PRIMARY KEY (message_seq, attempt)
    ) STRICT, WITHOUT ROWID
    """,
)

_MARKS_OF_THE_CLOCK = (
    """
    CREATE TABLE clock_marks (
        id INTEGER PRIMARY KEY,
        boot_id TEXT NOT NULL,           -- which start of the system
        boottime_ms INTEGER NOT NULL,    -- since that start: nobody sets this
        at_ms INTEGER NOT NULL,          -- the time of the box
        wall_ms INTEGER NOT NULL,        -- what the system's wall clock said
        trust TEXT NOT NULL              -- a Trust of appliance.store.clock_judgement
    ) STRICT
    """,
    """
    CREATE TABLE clock_confirmations (   -- that the wall clock is right, said by a person; one row at most
        boot_id TEXT NOT NULL, boottime_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL,
        who TEXT NOT NULL
    ) STRICT
    """,
)

_LANES_ALONE = (
    "UPDATE messages SET is_due = 0 WHERE state = 'queued' AND not_before_ms > 0",
    "DROP INDEX messages_queued",
    "DROP INDEX messages_pinned",
    "DROP INDEX messages_later",
    """
    CREATE INDEX messages_pinned ON messages (pinned_sim_id, is_due, priority, seq)
    WHERE state = 'queued' AND pinned_sim_id IS NOT NULL
    """,
    "CREATE INDEX messages_later ON messages (priority, not_before_ms) WHERE state = 'queued' AND is_due = 0",
    "CREATE INDEX sims_of_group ON sims (group_id) WHERE group_id IS NOT NULL",
    # Without tp_mr, which is known only with the answer: the entry of a part is written once.
    "DROP INDEX parts_of_sim",
    "CREATE INDEX parts_of_sim ON parts (sim_id, submitted_at_ms) WHERE submitted_at_ms IS NOT NULL",
)

_CAMPAIGNS_AND_REQUESTS_DONE_ONCE = (
    "ALTER TABLE messages ADD COLUMN campaign TEXT",
    "CREATE INDEX messages_campaign ON messages (campaign, seq) WHERE campaign IS NOT NULL",
    """
    CREATE TABLE idempotency_keys (
        id INTEGER PRIMARY KEY,
        api_key_id INTEGER NOT NULL,     -- 0: no API key, but a person or a program on the box
        key TEXT NOT NULL,               -- as the client chose it
        fingerprint BLOB NOT NULL,       -- SHA-256 of what the request said
        first_seq INTEGER NOT NULL, messages INTEGER NOT NULL, -- what it stored: so many messages from that on
        answer BLOB,                     -- as it was given; NULL where it can be made again
        at_ms INTEGER NOT NULL,
        UNIQUE (api_key_id, key)
    ) STRICT
    """,
)

_KEYS_WITH_TERMS_AND_PEOPLE = (
    # Keys from before go on with all that they could do.
    "ALTER TABLE api_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT 'admin inbox modems read send'",
    # NULL: no limit.
    "ALTER TABLE api_keys ADD COLUMN messages_per_minute INTEGER",
    "ALTER TABLE api_keys ADD COLUMN messages_per_day INTEGER",
    "ALTER TABLE api_keys ADD COLUMN requests_per_minute INTEGER",
    "ALTER TABLE api_keys ADD COLUMN networks TEXT NOT NULL DEFAULT ''",  # CIDR with spaces; '': from anywhere
    "ALTER TABLE api_keys ADD COLUMN expires_at_ms INTEGER",
    "ALTER TABLE api_keys ADD COLUMN is_sandbox INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE api_keys ADD COLUMN test_allowance INTEGER",
    "ALTER TABLE api_keys ADD COLUMN last_used_from TEXT",
    """
    CREATE TABLE key_usage (             -- of keys that have a limit
        key_id INTEGER PRIMARY KEY REFERENCES api_keys (id) ON DELETE CASCADE,
        -- JSON: [[instant at which a step began, messages], …], see appliance.desk.key_limits
        minute TEXT NOT NULL, day TEXT NOT NULL,
        test_messages INTEGER NOT NULL   -- of its allowance
    ) STRICT
    """,
    """
    CREATE TABLE people (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL,              -- a Role of appliance.store.people
        password TEXT,                   -- argon2id with its parameters; NULL: can't log in yet
        created_at_ms INTEGER NOT NULL, password_at_ms INTEGER,
        last_login_at_ms INTEGER, last_login_from TEXT
    ) STRICT
    """,
    # NULL: opened by a link that was made on the box.
    "ALTER TABLE sessions ADD COLUMN person_id INTEGER REFERENCES people (id) ON DELETE CASCADE",
    "CREATE INDEX sessions_of_person ON sessions (person_id)",
)

_CHANGES_AND_WHO_IS_TOLD = (
    # Filled by triggers that are there only while somebody wants them: appliance.store.changes has them.
    """
    CREATE TABLE changes (
        id INTEGER PRIMARY KEY,          -- ascends in the order of commits
        at_ms INTEGER NOT NULL,
        kind TEXT NOT NULL,              -- a ChangeKind of appliance.store.changes
        state TEXT NOT NULL,             -- of a message; 'received' | 'completed'; the kind of an event
        reason TEXT NOT NULL DEFAULT '', reason_args TEXT NOT NULL DEFAULT '{}',
        -- What a message was at that instant: its own row goes on changing.
        message_seq INTEGER, account_id INTEGER, attempt INTEGER, sim_id INTEGER,
        sent_at_ms INTEGER, finished_at_ms INTEGER,
        inbound_seq INTEGER,
        event_id INTEGER, port_id INTEGER, port_state TEXT
    ) STRICT
    """,
    """
    CREATE TABLE feed (                  -- one row
        box TEXT NOT NULL,               -- tells this database from all others
        told_id INTEGER NOT NULL,        -- up to here every change was told, or has its rows in deliveries
        wanted_until_ms INTEGER NOT NULL -- somebody read it by the API and may come back
    ) STRICT
    """,
    "INSERT INTO feed VALUES (lower(hex(randomblob(8))), 0, 0)",
    """
    CREATE TABLE webhooks (              -- who is told, once for all
        id INTEGER PRIMARY KEY,
        dialect TEXT NOT NULL,           -- by which renderer: 'standard', or that of a dialect
        name TEXT NOT NULL,
        url TEXT NOT NULL,
        secret BLOB NOT NULL,            -- sealed for the web process
        old_secret BLOB, old_secret_until_ms INTEGER, -- signs too until then
        kinds TEXT NOT NULL,             -- JSON array; empty: everything
        account_id INTEGER,              -- messages of this account only; NULL: of all
        api_key_id INTEGER,              -- which key made it; NULL: a person
        options TEXT NOT NULL DEFAULT '{}', -- of its dialect
        is_on INTEGER NOT NULL DEFAULT 1,
        off_reason TEXT,                 -- why the box switched it off itself; a code of sentences.py
        since_id INTEGER NOT NULL,       -- changes up to this one are not told
        made_at_ms INTEGER NOT NULL,
        failing_since_ms INTEGER, told_at_ms INTEGER -- first failure since the last success, and that
    ) STRICT
    """,
    """
    CREATE TABLE callbacks (             -- who is told of one message
        id INTEGER PRIMARY KEY,
        message_seq INTEGER NOT NULL,
        dialect TEXT NOT NULL, url TEXT NOT NULL, options TEXT NOT NULL DEFAULT '{}'
    ) STRICT
    """,
    "CREATE INDEX callbacks_of_message ON callbacks (message_seq)",
    """
    CREATE TABLE deliveries (            -- what could not be told at once
        id INTEGER PRIMARY KEY,
        webhook_id INTEGER, callback_id INTEGER, -- one of the two
        change_id INTEGER NOT NULL,
        subject TEXT NOT NULL,           -- 'm12': the next of one subject waits for the one before
        state TEXT NOT NULL,             -- 'waiting' | 'dead'
        tries INTEGER NOT NULL,
        first_at_ms INTEGER NOT NULL, next_try_at_ms INTEGER NOT NULL,
        tried_at_ms INTEGER, status INTEGER, reason TEXT, answer TEXT -- of the last try
    ) STRICT
    """,
    "CREATE INDEX deliveries_due ON deliveries (next_try_at_ms) WHERE state = 'waiting'",
    "CREATE INDEX deliveries_of_webhook ON deliveries (webhook_id, state, id)",
    "CREATE INDEX deliveries_of_subject ON deliveries (subject, id) WHERE state = 'waiting'",
    "CREATE INDEX deliveries_of_change ON deliveries (change_id)",
)

_LISTS_BY_ANY_FILTER = (
    """
    CREATE INDEX messages_rare_states ON messages (state, seq)
    WHERE state IN ('held', 'uncertain', 'undelivered', 'failed', 'expired', 'cancelled')
    """,
    "CREATE INDEX messages_source ON messages (source, seq) WHERE source <> 'api'",
    "CREATE INDEX messages_account ON messages (account_id, seq) WHERE account_id <> 1",
)

_ALIYUN_AND_TEMPLATES = (
    """
    CREATE TABLE sms_templates (
        id INTEGER PRIMARY KEY,
        code TEXT NOT NULL UNIQUE,       -- what programs call it
        name TEXT NOT NULL,
        text TEXT NOT NULL,              -- with ${name} for each gap
        priority INTEGER NOT NULL,       -- as in messages
        made_at_ms INTEGER NOT NULL, changed_at_ms INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE aliyun_keys (           -- the second form of an API key: an AccessKeyId and what it signs with
        api_key_id INTEGER PRIMARY KEY REFERENCES api_keys (id),
        access_key_id TEXT NOT NULL UNIQUE,
        secret BLOB NOT NULL,            -- sealed for the web process
        made_at_ms INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE aliyun_sent (           -- of each message that came in by Aliyun's dialect
        message_seq INTEGER PRIMARY KEY,
        biz_id TEXT NOT NULL,            -- of all messages of one request
        out_id TEXT NOT NULL,            -- the program's own word for it; '' for none
        template_code TEXT NOT NULL
    ) STRICT
    """,
)
