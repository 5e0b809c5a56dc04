"""The outbox of each office of the process: that of the box from the start, that of the sandbox once it has one."""

from __future__ import annotations

import threading

from appliance.web.office import Office
from appliance.web.outbox_worker import Outbox


class Outboxes:
    """Starts them, and stops them together."""

    def __init__(self) -> None:
        self._of: dict[Office, Outbox] = {}
        self._lock = threading.Lock()

    def of(self, office: Office) -> Outbox:
        """The outbox of an office, started when it is first asked for."""
        with self._lock:
            outbox = self._of.get(office)
            if outbox is None:
                outbox = self._of[office] = Outbox(office, office.settings.outbox)
                outbox.start()
            return outbox

    def stop(self) -> None:
        """Tell nobody anything more."""
        with self._lock:
            running, self._of = list(self._of.values()), {}
        for outbox in running:
            outbox.stop()


OUTBOXES = Outboxes()
"""Of this process: there is one worker to a database, whoever asks for it."""
