"""A file from a URL: fetched by checked addresses, within caps of size, time and redirects, and not twice."""

import contextlib
import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from pipelines.errors import FlywheelError, ServerError, SourceError
from pipelines.sources.addresses import Resolver, Target, find_target, parts_of, resolved

REDIRECTS = (301, 302, 303, 307, 308)
AT_MOST = 5
PATIENCE = 30.0  # seconds without a byte
BLOCK = 1 << 18
# What a server calls a table whose URL does not tell, as /export?week=3.
TYPES = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "application/vnd.apache.parquet": ".parquet",
    "application/vnd.apache.arrow.file": ".arrow",
}


@dataclass(frozen=True)
class Reach:
    """What this machine lets a source reach: private places by name, secrets from the environment, and caps."""

    private: tuple[str, ...] = ()
    token: str | None = None
    password: str | None = None
    largest: int = 64 << 30
    longest: float = 3600.0
    resolve: Resolver = resolved


def fetch(url: str, folder: Path, reach: Reach, known: str | None = None) -> tuple[Path, str] | None:
    """The file of `url` in `folder`, and what tells its version apart ("" where the server does not say).

    None where the server says that version `known` still stands. Raises SourceError where it may not or cannot be
    fetched, ServerError where trying again may help.
    """
    ends = time.monotonic() + reach.longest
    first = here = url
    for _ in range(AT_MOST + 1):
        target = find_target(here, reach.private, reach.resolve)
        own = parts_of(here)[:3] == parts_of(first)[:3]
        with _asked(target, _headers(reach.token if own else None, known if own else None), ends) as response:
            if response.status in REDIRECTS:
                here = _next(here, response)
                continue
            if response.status == 304 and known:
                return None
            _refuse_status(target, response.status)
            path = folder / _name(first, here, response.headers)
            _save(response, path, reach.largest, target.host)
            return path, _version(response.headers) if here == first else ""
    raise SourceError(
        f"ingest: {target.host} redirects more than {AT_MOST} times.",
        "Expected a URL that leads to a file.",
        "look up in a browser where it ends, and name that URL.",
    )


def origin_of(url: str) -> str:
    """`url` as it may be written down: without user, query and fragment, which may be secrets."""
    found = urlsplit(url)
    return f"{found.scheme.lower()}://{found.netloc.rpartition('@')[2]}{found.path}"


class _Connection(http.client.HTTPConnection):
    """A connection to addresses that were checked, whatever the name of the host says by now."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=PATIENCE)
        self.default_port = 443 if target.scheme == "https" else 80
        self._target = target

    def connect(self) -> None:
        """Connect to the first address that answers."""
        *others, last = self._target.addresses
        for address in others:
            with contextlib.suppress(OSError):
                self.sock = socket.create_connection((address, self.port), self.timeout)
                break
        else:
            self.sock = socket.create_connection((last, self.port), self.timeout)
        if self._target.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


@contextlib.contextmanager
def _asked(target: Target, headers: dict[str, str], ends: float) -> Iterator[http.client.HTTPResponse]:
    """The response to a request; all that the network does wrong while it is read becomes a ServerError."""
    connection = _Connection(target)
    late = threading.Event()
    # A server that sends a byte now and then is never silent long enough for a socket's own timeout.
    timer = threading.Timer(max(0.0, ends - time.monotonic()), _cut, (connection, late))
    timer.start()
    try:
        connection.request("GET", target.path, headers=headers)
        yield connection.getresponse()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _too_slow(target.host) if late.is_set() else _failed(target.host, error) from None
    except FlywheelError:
        if late.is_set():  # a body cut by us looks as if the server had cut it
            raise _too_slow(target.host) from None
        raise
    finally:
        timer.cancel()
        connection.close()


def _cut(connection: _Connection, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _headers(token: str | None, known: str | None) -> dict[str, str]:
    asked = {"Accept-Encoding": "identity", "User-Agent": "flywheel"}
    if token:
        asked["Authorization"] = f"Bearer {token}"
    if known:
        kind, _, value = known.partition(" ")
        asked["If-None-Match" if kind == "etag" else "If-Modified-Since"] = value
    return asked


def _version(headers: Message) -> str:
    if (etag := headers.get("ETag")) and etag.isprintable():
        return f"etag {etag}"
    modified = headers.get("Last-Modified")
    return f"modified {modified}" if modified and modified.isprintable() else ""


def _next(here: str, response: http.client.HTTPResponse) -> str:
    there = urljoin(here, response.headers.get("Location", ""))
    if here.startswith("https:") and not there.startswith("https:"):
        raise SourceError(
            "ingest: the URL is redirected from https to something else.",
            "Expected a redirect from https to stay with https.",
            "name the URL to which it leads, if you trust it.",
        )
    return there


def _refuse_status(target: Target, status: int) -> None:
    if status == 200:
        return
    if status >= 500 or status in (408, 425, 429):
        raise ServerError(
            f"ingest: {target.host} answers {status}.", "Expected the file (200).", "try again in a while."
        )
    raise SourceError(
        f"ingest: {target.host} answers {status}.",
        "Expected the file (200).",
        "check the URL; where it asks who you are, set FLYWHEEL_SOURCE_TOKEN."
        if status in (401, 403)
        else "check the URL.",
    )


def _name(first: str, last: str, headers: Message) -> str:
    """A file name that cannot leave its folder, and tells its format where URL or server do."""
    from pipelines.sources.kinds import kind_by_name

    names = [re.sub(r"[^\w.-]", "_", unquote(PurePosixPath(urlsplit(url).path).name)) for url in (first, last)]
    plain = [name.lstrip(".-")[-100:] for name in names]
    name = next((name for name in plain if kind_by_name(name)), plain[0] or "download")
    if not kind_by_name(name):
        name += TYPES.get(headers.get_content_type(), "")
    encoding = headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("gzip", "x-gzip") and not name.endswith(".gz"):
        name += ".gz"
    elif encoding not in ("identity", "", "gzip", "x-gzip"):
        raise SourceError(
            "ingest: the server packs the file in a way that was not asked for.",
            "Expected the file as it is, or packed with gzip.",
            "download it, and name where it lies.",
        )
    return name


def _save(response: http.client.HTTPResponse, path: Path, largest: int, host: str) -> None:
    """Write the body to `path`, counting for ourselves: what a server says of its length is a promise."""
    written, promised = 0, response.length
    with path.open("wb") as file:
        while block := response.read1(BLOCK):
            written += len(block)
            if written > largest:
                raise SourceError(
                    f"ingest: the file of {host} is larger than {largest:,} bytes.",
                    "Expected at most as much as FLYWHEEL_FETCH_LARGEST says.",
                    "raise it, or fetch a smaller part.",
                )
            file.write(block)
    if promised is not None and written < promised:
        raise _failed(host, http.client.IncompleteRead(b""))


def _failed(host: str, error: Exception) -> ServerError:
    return ServerError(
        f"ingest: the connection to {host} failed ({type(error).__name__}).",
        "Expected a server that answers and sends the whole file.",
        "try again; check the URL and, for https, the server's certificate.",
    )


def _too_slow(host: str) -> ServerError:
    return ServerError(
        f"ingest: {host} did not send the file in time.",
        "Expected it within FLYWHEEL_FETCH_SECONDS.",
        "try again, or raise that.",
    )
