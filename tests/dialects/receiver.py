"""A web server of somebody else: what was asked of it, and what it answers."""

from __future__ import annotations

import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """Requests by their path, each as the fields of its query or form; ``says`` is what it answers."""

    port: int
    says: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    posted: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    """Headers, by lower-case name, and body of each POST."""
    _news: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def note(self, path: str, fields: dict[str, str]) -> None:
        with self._news:
            self.asked.append((path, fields))
            self._news.notify_all()

    def wait_for(self, path: str, count: int = 1, within_s: float = 60.0) -> list[dict[str, str]]:
        """The fields of the requests to a path, once there are so many."""

        def found() -> list[dict[str, str]]:
            return [fields for each, fields in self.asked if each == path]

        with self._news:
            assert self._news.wait_for(lambda: len(found()) >= count, within_s), (path, self.asked)
            return found()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run one on a free port."""
    receiver = Receiver(0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            query = urllib.parse.parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape")
            receiver.note(parts.path, dict(query))
            body = receiver.says.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=UTF-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.posted.append(({name.lower(): value for name, value in self.headers.items()}, body))
            form = urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
            receiver.note(self.path, dict(form))
            said = receiver.says.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
