"""What one modem does wrong until it is told to behave: states that scenarios set, and that its parts look at."""

from dataclasses import dataclass, field, fields


@dataclass(slots=True)
class Mischief:
    """Everything is in order where nothing is set.

    `prompt_delay_s`: how long `> ` is owed while the modem already takes text for the body (None: for ever).
    `deletions_to_fail`: how many +CMGD get an error (-1: all). `swallows_indications`: +CNMI stands as it was set, yet
    neither +CMTI nor +CDSI comes. `indicates_at_once`: in the middle of a command too, whatever <mode> of +CNMI says.
    `registered_in`: the only registration commands that tell of a network.
    `operator`: a name in place of the carrier's. `all_errors`: every command ends with ERROR.
    `interjections`: unsolicited lines, one at every place where the standards allow one.
    """

    prompt_delay_s: float | None = 0.0
    deletions_to_fail: int = 0
    swallows_indications: bool = False
    indicates_at_once: bool = False
    echo_body: bool = False
    text_only: bool = False
    all_errors: bool = False
    operator: str = ""
    registered_in: frozenset[str] = frozenset()
    interjections: tuple[str, ...] = ()
    interjected: int = field(default=0)

    def interject(self) -> str | None:
        """The next unsolicited line; None where the modem is quiet."""
        if not self.interjections:
            return None
        self.interjected += 1
        return self.interjections[self.interjected % len(self.interjections)]

    def end(self) -> None:
        """Behaves again."""
        good = Mischief()
        for entry in fields(self):
            setattr(self, entry.name, getattr(good, entry.name))
