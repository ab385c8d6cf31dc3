"""What is wrong, told in JSON: what happened, what was expected, how to fix it; never a value that was sent."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from pipelines.errors import BundleError, DataError, FlywheelError, WorldError
from pipelines.feedback import AnswerError, ContradictionError, UnknownPredictionError
from service.champion import NoChampionError


class NotAllowedError(DataError):
    """Whoever asks is not known as an operator."""


class UnknownPersonError(DataError):
    """Nothing is known of whoever is to be forgotten: a typing error must not pass for an erasure."""


STATUS: dict[type[FlywheelError], int] = {
    UnknownPredictionError: 404,
    UnknownPersonError: 404,
    ContradictionError: 409,
    AnswerError: 422,
    NotAllowedError: 403,
    NoChampionError: 503,
    BundleError: 503,
    WorldError: 503,
}
RETRY_SECONDS = "2"


class Field(BaseModel):
    """Where a body is not as it should be, and why."""

    path: str
    problem: str


class Told(BaseModel):
    """What happened, what was expected, how to fix it."""

    what: str
    expected: str
    fix: str
    fields: list[Field] = []


class Refusal(BaseModel):
    """The one form of all answers that refuse."""

    error: Told


# Put in the place of FastAPI's own description, which would promise that the input is repeated.
DESCRIBED: dict[int | str, dict[str, Any]] = {code: {"model": Refusal} for code in (413, 422, 503)}
DESCRIBED_OPERATOR: dict[int | str, dict[str, Any]] = {code: {"model": Refusal} for code in (403, 422, 503)}
DESCRIBED_STRANGER: dict[int | str, dict[str, Any]] = {404: {"model": Refusal}}
DESCRIBED_ANSWER = DESCRIBED | {code: {"model": Refusal} for code in (404, 409)}


def refusal(status: int, what: str, expected: str, fix: str, **more: Any) -> JSONResponse:
    """The answer that refuses a request."""
    headers = {"Retry-After": RETRY_SECONDS} if status == 503 else None
    return JSONResponse({"error": {"what": what, "expected": expected, "fix": fix, **more}}, status, headers)


def tell_refusals(app: FastAPI) -> None:
    """Let `app` answer each kind of failure in one form."""
    app.add_exception_handler(FlywheelError, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    for busy in (OperationalError, PoolTimeoutError, sqlite3.OperationalError):
        app.add_exception_handler(busy, _busy)
    app.add_exception_handler(Exception, _unexpected)


def _told(_: Request, error: Exception) -> JSONResponse:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    what, expected, fix = str(error).split("\n", 2)
    return refusal(status, what, expected, fix.removeprefix("Fix: "))


def _invalid(_: Request, error: Exception) -> JSONResponse:
    found: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    return refusal(
        422,
        "The request's body or its header is not as it should be.",
        "Expected the schema in /openapi.json.",
        "mend the fields that are listed.",
        fields=[_field(entry) for entry in found],
    )


def _field(entry: dict[str, Any]) -> dict[str, str]:
    """Where and why. Not FastAPI's own entry, which repeats the input; nor a key that we don't know, but was sent."""
    path, problem = list(entry["loc"]), str(entry["msg"]).removeprefix("Value error, ")
    if entry["type"] == "extra_forbidden":
        path, problem = path[:-1], "There is a key that is not known here"
    elif entry["type"] == "json_invalid":
        path, problem = path[:1], "The body is not JSON"
    return {"path": ".".join(map(str, path)), "problem": problem}


def _refused(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    answer = refusal(
        status,
        "There is no such page." if status == 404 else f"The request was refused with status {status}.",
        "Expected one of the routes that GET / lists.",
        "look at GET / or /openapi.json.",
    )
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


def _busy(_: Request, error: Exception) -> JSONResponse:
    return refusal(
        503,
        f"The database does not answer ({type(error).__name__}).",
        "Expected it to take a write within 30 seconds, and room on its disk.",
        "try again; nothing of this request was stored.",
    )


def _unexpected(_: Request, error: Exception) -> JSONResponse:
    return refusal(
        500,
        f"The service failed ({type(error).__name__}).",
        "Expected this never to happen.",
        "report it; the service's log says at which line of code.",
    )
