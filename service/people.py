"""What people may ask through the service: to be forgotten, to give or withdraw consent. For operators alone."""

import hmac
from typing import Annotated, Any

from fastapi import FastAPI, Header
from fastapi import Path as InPath
from pydantic import BaseModel

from pipelines.environment import Environment
from pipelines.erasure import erase, heard_of
from pipelines.feedback import FeedbackStore
from service.refusals import DESCRIBED_OPERATOR, DESCRIBED_STRANGER, NotAllowedError, UnknownPersonError
from service.requests import LONGEST_NAME, Strict

Subject = Annotated[str, InPath(min_length=1, max_length=LONGEST_NAME, description="As the source names them.")]
Token = Annotated[str | None, Header(alias="Authorization")]


class Erased(BaseModel):
    """What was removed at once. Rows that stay are sealed under a key that is gone."""

    subject: str
    removed: dict[str, int]
    left: int
    next: str


class Consent(Strict):
    """What somebody says about our learning from them."""

    given: bool


class Heard(BaseModel):
    """How consent stands now."""

    given: bool
    changed: bool


def ask_for_people(app: FastAPI, store: FeedbackStore, environment: Environment) -> None:
    """Add the routes to `app`."""
    described: dict[int | str, dict[str, Any]] = DESCRIBED_OPERATOR

    @app.delete("/subjects/{subject:path}", status_code=202, responses=described | DESCRIBED_STRANGER)
    def forget(subject: Subject, authorization: Token = None) -> Erased:
        """Destroy somebody's key and remove what was predicted and answered; durable before it is acknowledged.

        The flow `forget` then looks through every store and writes the receipt.
        """
        _require_operator(environment, authorization)
        pseudonym = store.vault.pseudonym(subject)
        if not heard_of(pseudonym, store.record.name, store.vault, store.ledger):
            raise UnknownPersonError(
                "Nobody of this name is known here; nobody was forgotten.",
                "Expected a subject as the source names them, whose rows or predictions are held under a key.",
                "check the spelling; a person of whom nothing is held needs no erasure.",
            )
        (lines,) = erase({pseudonym}, store.record.name, store.vault, store.ledger, environment.actor).values()
        return Erased(
            subject=pseudonym,
            removed={line.store: line.removed for line in lines},
            left=sum(line.left for line in lines),
            next="the flow `forget` looks through every store; `flywheel forget --verify` shows the end",
        )

    @app.put("/subjects/{subject:path}/consent", responses=described)
    def consent(subject: Subject, said: Consent, authorization: Token = None) -> Heard:
        """Note what somebody says; this service heeds it from now on, the data from the next run on."""
        _require_operator(environment, authorization)
        changed = store.consents.say({store.vault.pseudonym(subject)}, given=said.given, by="person")
        return Heard(given=said.given, changed=bool(changed))


def _require_operator(environment: Environment, authorization: str | None) -> None:
    """Raise NotAllowedError unless the request bears the operator's token."""
    expected = environment.operator_token
    shown = (authorization or "").removeprefix("Bearer ")
    if expected and hmac.compare_digest(shown.encode(), expected.encode()):
        return
    raise NotAllowedError(
        "This route is for operators." if expected else "This route is closed: no operator's token is set.",
        "Expected the header `Authorization: Bearer TOKEN` with the token in FLYWHEEL_OPERATOR_TOKEN.",
        "send the token, or use `flywheel forget` and `flywheel consent` on the machine itself.",
    )
