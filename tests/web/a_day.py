"""A box in the middle of its day: modems in many states, messages in every state, replies. For pictures and pages."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

from appliance.modem.sms import plan_text
from appliance.store import messages, ports, sims
from appliance.store.database import connect, prepare
from appliance.store.life import MessageState
from appliance.store.messages import NewMessage

NOW_MS = int(time.time() * 1000)

PORTS = (
    # label, state, operator, rssi, msisdn, maker and model
    ("A1", "ready", "CHINA MOBILE", -67, "+8613800138001", "Quectel", "EC20F"),
    ("A2", "ready", "CHINA MOBILE", -81, "+8613800138002", "Quectel", "EC20F"),
    ("A3", "ready", "CHN-UNICOM", -95, None, "SIMCOM", "SIM7600CE"),
    ("A4", "no-sim", None, None, None, "SIMCOM", "SIM7600CE"),
    ("A5", "registering", None, None, None, "huawei", "ME909s-821"),
    ("A6", "pin-required", None, None, None, "huawei", "ME909s-821"),
    ("A7", "no-answer", None, None, None, None, None),
    ("A8", "ready", "CHN-CT", -103, "+8613300133008", "ZTE", "ME3630"),
)

OUTBOX = (
    # minutes ago, recipient, text, state, reason, args
    (
        190,
        "+8613912345678",
        "【悦来超市】您好，您订的两箱赣南脐橙已到店，今晚 9 点前可取。",
        "delivered",
        "message.delivered",
        {},
    ),
    (
        150,
        "+8613711112222",
        "您的验证码是 482913，5 分钟内有效，请勿告诉他人。",
        "delivered",
        "message.delivered",
        {},
    ),
    (
        96,
        "+8615000000001",
        "尊敬的家长：明天（周三）下午两点在三楼会议室召开家长会，请准时参加。" * 3,
        "delivered",
        "message.delivered",
        {},
    ),
    (
        61,
        "+8615888880000",
        "Your parcel arrives tomorrow between 9 and 12.",
        "undelivered",
        "message.undelivered.expired",
        {},
    ),
    (
        45,
        "+8613612340000",
        "尾款 1,280 元已收到，谢谢惠顾！",
        "failed",
        "message.failed.refused",
        {"detail": "1 unassigned number", "sim": "+8613800138002"},
    ),
    (31, "10086", "YE", "sent", "message.sent", {"sim": "+8613800138001"}),
    (
        12,
        "+8613512340001",
        "王姐，您的外套已经熨好，随时可以来取。",
        "uncertain",
        "message.uncertain",
        {"sim": "+8613800138002", "detail": "no final"},
    ),
    (
        9,
        "+8613512340002",
        "李先生，预约的 15:30 检修改到 16:00，可以吗？",
        "cancelled",
        "message.cancelled",
        {},
    ),
    (
        4,
        "+8613512340003",
        "📦 您的包裹已放在 3 号柜，取件码 71-2-4093。",
        "sent",
        "message.sent",
        {"sim": "+8613800138001"},
    ),
    (
        1,
        "+8613512340004",
        "您的维修单 #20931 已完成，费用 85 元，可到店支付。",
        "sending",
        "message.sending",
        {"sim": "+8613800138001"},
    ),
    (
        0,
        "+8613512340005",
        "今日特价：西瓜 0.98 元/斤，鸡蛋 4.5 元/斤，售完即止。回复 T 退订。",
        "queued",
        "message.queued",
        {},
    ),
    (
        0,
        "+8613512340006",
        "今日特价：西瓜 0.98 元/斤，鸡蛋 4.5 元/斤，售完即止。回复 T 退订。",
        "queued",
        "message.queued",
        {},
    ),
)

INBOX = (
    (180, "+8613912345678", "好的，我七点左右过来", "text", 1, 1),
    (
        88,
        "+8615000000001",
        "收到，我会准时到。请问可以带孩子一起参加吗？如果不方便的话我让奶奶来家里照看一下。",
        "text",
        1,
        1,
    ),
    (30, "10086", "尊敬的客户，您的账户余额为 86.40 元。回复“CXLL”查询流量。", "text", 1, 1),
    (14, "+8613711112222", "T", "text", 1, 1),
    (2, "+8615888880000", "师傅到哪里了？我在小区", "text", 1, 2),
)


def fill(database: Path) -> None:
    """Make the database and put the day into it, which ends now: a run of all tests takes longer than its windows."""
    global NOW_MS  # noqa: PLW0603 - all that is below counts from it
    NOW_MS = int(time.time() * 1000)
    prepare(database)
    with closing(connect(database)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        sim_ids = [_port(connection, index, row) for index, row in enumerate(PORTS)]
        sim_ids = [each for each in sim_ids if each is not None]
        for row in OUTBOX:
            _outgoing(connection, row, sim_ids)
        for row in INBOX:
            _incoming(connection, row, sim_ids[0])
        connection.execute("COMMIT")


def _port(connection, index, row):  # type: ignore[no-untyped-def]
    label, state, operator, rssi_dbm, msisdn, maker, model = row
    name = f"/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.{1 + index // 4}.{index % 4 + 1}:1.2-port0"
    condition = ports.Condition(
        state=state,
        reason=f"port.{state}",
        args={"device": f"/dev/ttyUSB{index}", "detail": "+CME ERROR: 10", "tries_left": "3"},
    )
    port_id = ports.declare(connection, name, condition, simulated=False, now_ms=NOW_MS - 3_600_000)
    connection.execute(
        "UPDATE ports SET label = ?, device = ? WHERE id = ?", [label, f"/dev/ttyUSB{index}", port_id]
    )
    if maker is None:
        return None
    modem_id = ports.register_modem(
        connection,
        imei=f"8600000000000{index:02d}",
        manufacturer=maker,
        model=model,
        revision="R06",
        port_id=port_id,
        now_ms=NOW_MS,
    )
    connection.execute("UPDATE ports SET modem_id = ? WHERE id = ?", [modem_id, port_id])
    if state != "ready":
        return None
    sim = sims.register(
        connection,
        iccid=f"8986001234567890{index:04d}",
        imsi=f"46000123456{index:04d}",
        msisdn=msisdn,
        port_name=name,
        now_ms=NOW_MS,
    )
    ports.note_equipment(
        connection,
        port_id,
        ports.Equipment(
            modem_id=modem_id,
            sim_id=sim.id,
            operator=operator,
            registration="home",
            rssi_dbm=rssi_dbm,
            smsc="+8613800100500",
        ),
        NOW_MS,
    )
    limits = {0: (2000, 6, 60, 200), 1: (2000, 6, 2, 100)}.get(index)
    if limits:
        connection.execute(
            "UPDATE sims SET minimum_gap_ms=?, parts_per_minute=?, parts_per_hour=?, parts_per_day=? WHERE id=?",
            [*limits, sim.id],
        )
    if index == 7:
        sims.rest(connection, sim.id, until_ms=NOW_MS + 1_500_000, reason="sim.rests-after-refusals", args={})
    return sim.id


def _outgoing(connection, row, sim_ids):  # type: ignore[no-untyped-def]
    minutes, recipient, text, state, reason, args = row
    at_ms = NOW_MS - minutes * 60_000 - 20_000
    plan = plan_text(text)
    stored = messages.accept(
        connection,
        NewMessage(
            id=messages.new_id(at_ms),
            recipient=recipient,
            text=text,
            alphabet=plan.alphabet.value,
            parts_total=len(plan.parts),
            flash=False,
            delivery_report=True,
            priority=1,
            on_uncertain="wait",
            source="api",
            api_key_id=None,
            state=MessageState(state),
            reason=reason,
            reason_args=args,
            expires_at_ms=None,
            accepted_at_ms=at_ms,
        ),
    )
    if state in ("queued", "cancelled"):
        return
    sim_id = sim_ids[1 if state in ("uncertain", "failed") else 0]
    part_state = {"sending": "submitting", "sent": "accepted", "failed": "refused"}.get(state, state)
    for number in range(1, len(plan.parts) + 1):
        connection.execute(
            """
            INSERT INTO parts (message_seq, attempt, number, sim_id, port_id, state, tp_mr, error_kind, error_code,
                error_detail, submitted_at_ms, answered_at_ms, reported_at_ms)
            VALUES (?, 1, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                stored.seq,
                number,
                sim_id,
                part_state,
                None if state in ("failed", "uncertain", "sending") else 40 + number,
                "cms" if state == "failed" else None,
                1 if state == "failed" else None,
                "1 unassigned number" if state == "failed" else None,
                at_ms + 900,
                at_ms + 3200,
                at_ms + 7400 if state in ("delivered", "undelivered") else None,
            ],
        )
    connection.execute(
        "UPDATE messages SET attempt = 1, sim_id = ?, sent_at_ms = ?, finished_at_ms = ? WHERE seq = ?",
        [
            sim_id,
            at_ms + 3200 if state in ("sent", "delivered") else None,
            at_ms + 7400 if state in ("delivered", "undelivered", "failed") else None,
            stored.seq,
        ],
    )


def _incoming(connection, row, sim_id):  # type: ignore[no-untyped-def]
    minutes, sender, text, kind, received, total = row
    at_ms = NOW_MS - minutes * 60_000
    connection.execute(
        """
        INSERT INTO inbound_messages (id, sim_id, sender, text, kind, parts_total, parts_received, complete,
            scts_at_ms, received_at_ms, completed_at_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            messages.new_id(at_ms),
            sim_id,
            sender,
            text,
            kind,
            total,
            received,
            received == total,
            at_ms,
            at_ms,
            at_ms,
        ],
    )


if __name__ == "__main__":
    import sys

    fill(Path(sys.argv[1]))
    print(json.dumps({"filled": sys.argv[1]}))
