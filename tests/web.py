"""A web server of the tests' own, on loopback, that answers as it is told and remembers what it was asked."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Web:
    """The server's port, what it answers by path, and the headers of each request."""

    port: int
    answers: dict[str, Answer]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str, host: str = "good.example", scheme: str = "http") -> str:
        """The URL of `path` here, under any name."""
        return f"{scheme}://{host}:{self.port}{path}"


@contextlib.contextmanager
def serving(answers: dict[str, Answer], tls: SSLContext | None = None) -> Iterator[Web]:
    """A server on loopback for the time of the block."""
    web = Web(0, answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            web.asked.append((self.path, dict(self.headers.items())))
            with contextlib.suppress(OSError):
                answers.get(self.path.partition("?")[0], plain(404, b""))(self)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()


def plain(status: int, body: bytes, **headers: str) -> Answer:
    """An answer with a body of the right length; underscores in names of headers are hyphens."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def versioned(body: bytes, etag: str) -> Answer:
    """An answer that says 304 to whoever has this version."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        known = handler.headers.get("If-None-Match") == etag
        plain(304 if known else 200, b"" if known else body, ETag=etag)(handler)

    return answer


def raw(content: bytes) -> Answer:
    """Bytes as they are, head included."""
    return lambda handler: handler.wfile.write(content) and None
