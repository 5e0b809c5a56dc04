"""The one error of the codec: what is wrong with a packet or a value, as a code with arguments and as a sentence."""

from __future__ import annotations

from appliance.sentences import sentence


class CdmaError(ValueError):
    """Octets that are no transport layer message, or values that none can carry.

    ``code`` and ``args_for_person`` name a sentence of :mod:`appliance.sentences`; ``str()`` gives it in English.
    """

    def __init__(self, code: str, **args_for_person: str | int) -> None:
        super().__init__(sentence(code, args_for_person))
        self.code = code
        self.args_for_person: dict[str, str] = {name: str(value) for name, value in args_for_person.items()}
