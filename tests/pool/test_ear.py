"""What a modem tells before its SIM is known."""

from __future__ import annotations

import asyncio

from appliance.modem.session import (
    DeliverArrived,
    ModemEvent,
    NetworkTimeHeard,
    Registration,
    RegistrationChanged,
    SignalChanged,
)
from appliance.pool.ear import MOST_EARLY, Ear


def test_a_modem_that_chats_while_it_waits_for_its_pin_costs_no_message() -> None:
    async def test() -> None:
        ear, heard = Ear(), list[ModemEvent]()
        for number in range(2 * MOST_EARLY):
            ear(SignalChanged(-60 - number % 5))
            ear(RegistrationChanged(Registration.SEARCHING))
            ear(NetworkTimeHeard(number, 480))
        ear(DeliverArrived("07"))
        ear(SignalChanged(-51))
        ear.given_to(heard.append)
        assert heard == [
            RegistrationChanged(Registration.SEARCHING),
            NetworkTimeHeard(2 * MOST_EARLY - 1, 480),
            DeliverArrived("07"),
            SignalChanged(-51),
        ]

    asyncio.run(test())
