"""Prepaid money: what a card has left, what a part costs, and what a carrier's service number says of it."""

from dataclasses import dataclass

from appliance.modem.simulator.sim import SimCard

REQUESTED_FACILITY_NOT_SUBSCRIBED = 50
PLENTY_FEN = 10_000

# Short code and words by which the carriers of China tell the balance by SMS (10086 Mobile, 10010 Unicom, 10001 and
# 10000 Telecom); the words differ by province and year, so all that were ever seen are taken.
SERVICE_NUMBERS = frozenset(("10086", "10010", "10001", "10000"))
BALANCE_WORDS = frozenset(("YE", "CXYE", "YECX", "HF", "101", "102", "103", "10086", "余额", "查余额"))
ANSWER = "尊敬的客户您好，您当前账户余额为{balance}元，其中可用余额{balance}元。"
NOT_UNDERSTOOD = "您发送的指令有误，请核实后重新发送。"


@dataclass(slots=True)
class Account:
    """Money in fen (1/100 yuan). `refusal`: the RP-cause of a part that it does not suffice for (24.011 Annex E-2)."""

    balance_fen: int = PLENTY_FEN
    price_fen: int = 0
    refusal: int = REQUESTED_FACILITY_NOT_SUBSCRIBED
    answers_service: bool = True


class Accounts:
    """The account of each card, by its ICCID."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def of(self, sim: SimCard) -> Account:
        """The account of a card."""
        return self._accounts.setdefault(sim.iccid, Account())

    def charge(self, sim: SimCard, recipient: str) -> int | None:
        """Takes the price of a part, which is nothing to a service number; the cause where it cannot be paid."""
        account = self._accounts.get(sim.iccid)
        if account is None or recipient in SERVICE_NUMBERS or not account.price_fen:
            return None
        if account.balance_fen < account.price_fen:
            return account.refusal
        account.balance_fen -= account.price_fen
        return None

    def shown_balance(self, sim: SimCard) -> str:
        """Yuan with two places."""
        fen = self.of(sim).balance_fen
        return f"{fen // 100}.{fen % 100:02d}"

    def service_answer(self, sim: SimCard, recipient: str, text: str) -> str | None:
        """What a carrier's service number answers; None where nobody is asked, or nobody answers."""
        if recipient not in SERVICE_NUMBERS or not self.of(sim).answers_service:
            return None
        if text.strip().upper() not in BALANCE_WORDS:
            return NOT_UNDERSTOOD
        return ANSWER.format(balance=self.shown_balance(sim))
