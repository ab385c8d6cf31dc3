"""Bodies that are too large are refused before anything reads them: beyond 64 KiB, or more where pictures are sent."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.refusals import refusal

LARGEST_BODY = 64 * 1024


class BodyLimit:
    """Counts the bytes that arrive, whatever the header claims, and hands on a body that is whole and small."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self._app, self._largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413, or let the application answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _read(receive, self._largest)
        if body is not None:
            await self._app(scope, _again(body, receive), send)
            return
        told = refusal(
            413,
            "The request's body is too large.",
            f"Expected at most {self._largest:,} bytes.",
            "send one row per request, and a text of at most 20,000 characters.",
        )
        await told(scope, receive, send)


async def _read(receive: Receive, largest: int) -> bytes | None:
    """The whole body, or None as soon as it is too large, or the client has gone, whom no answer will reach."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > largest or message["type"] == "http.disconnect":
            return None
        if not message.get("more_body", False):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """What hands out `body`, and then whatever else arrives: the client's leaving."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
