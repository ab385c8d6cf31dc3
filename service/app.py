"""The service's routes: POST /predict, POST /feedback, GET /health; those of people and of texts are added to them."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Header, Response

from pipelines.environment import Environment
from pipelines.feedback import FeedbackStore, Shown, as_row
from pipelines.ledger import Ledger, now, open_ledger
from pipelines.parameters import read_parameters
from pipelines.record import Record, parse_record
from pipelines.vault import open_vault
from service.champion import Serving
from service.commits import GroupCommit
from service.limits import BodyLimit
from service.people import ask_for_people
from service.refusals import DESCRIBED, DESCRIBED_ANSWER, tell_refusals
from service.requests import (
    LONGEST_NAME,
    Acknowledged,
    Feedback,
    Health,
    Predicted,
    PredictedNumber,
    Question,
    largest_body,
    question,
)
from service.writing import ask_for_texts

ROUTES = {
    "POST /predict": "a row in, a label or a number out",
    "POST /generate": "a prompt in, a text out (language models)",
    "POST /feedback": "what would have been right",
    "DELETE /subjects/{subject}": "forget somebody (operators)",
    "PUT /subjects/{subject}/consent": "give or withdraw consent (operators)",
    "GET /health": "who serves",
    "GET /openapi.json": "all of this, for programs",
}
ABOUT = """Predictions by the champion of this workspace, and what users answer to them.

Inputs are sealed under a key of the person's own before they reach the disk. **Posting feedback is consent to
learn from the input and the answer**; with `"consent": false` it is counted and teaches nothing."""

Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=LONGEST_NAME)]


@dataclass(frozen=True)
class Desk:
    """What the routes need: the record, its ledger, who serves, and the store of what was shown and answered."""

    record: Record
    ledger: Ledger
    serving: Serving
    store: FeedbackStore
    showing: GroupCommit[Shown]

    def predict(self, asked: Question) -> Predicted | PredictedNumber:
        """Predict one row, and remember it sealed."""
        reigning, values = self.serving.require(), asked.cells(self.record)
        (found,) = reigning.predict([values], self.record)
        name, version = secrets.token_hex(16), reigning.champion.version
        person = asked.subject or name
        cells = as_row(self.record, values, person, now())
        owner = self.store.vault.pseudonym(person)
        held_back = asked.subject is not None and self.store.holds_back(owner)
        if not held_back:
            self.showing.add(Shown(name, version, found.label, found.probabilities, owner, cells))
        shown: dict[str, Any] = {
            "prediction_id": None if held_back else name,
            "model": self.record.name,
            "model_version": version,
        }
        if found.value is not None:
            return PredictedNumber(value=found.value, **shown)
        return Predicted(label=found.label, probabilities=found.probabilities, **shown)

    def health(self) -> Health:
        """Who serves, since when, and how many answers wait to be learnt from."""
        reigning, trouble = self.serving.reigning, self.serving.trouble
        waiting = self.store.waiting(self.ledger.learnt_until())
        return Health(
            status="degraded" if trouble else "ok" if reigning else "no champion",
            model=self.record.name,
            model_version=reigning.champion.version if reigning else None,
            family=reigning.bundle.family if reigning else None,
            since=reigning.since if reigning else None,
            trouble=trouble,
            feedback_waiting=waiting,
        )


def create_app(workspace: Path, environment: Environment) -> FastAPI:
    """The service of `workspace`. Raises FlywheelError where its record, ledger or keys cannot be opened."""
    desk = _desk(workspace, environment)
    app = FastAPI(
        title=f"Flywheel: {desk.record.name}",
        description=ABOUT,
        # Their pages load scripts from a foreign host; a privacy product's pages phone nobody.
        docs_url=None,
        redoc_url=None,
        lifespan=lambda _: _watching(desk),
    )
    app.add_middleware(BodyLimit, largest=largest_body(desk.record))
    tell_refusals(app)
    _routes(app, desk)
    ask_for_people(app, desk.store, environment)
    if desk.record.task == "language":
        ask_for_texts(app, desk.serving, desk.record)
    return app


def _desk(workspace: Path, environment: Environment) -> Desk:
    record = parse_record(read_parameters(workspace).get("record"))
    ledger = open_ledger(environment)
    vault = open_vault(environment.home, environment.master_key, record.name)
    store = FeedbackStore(environment, record, vault)
    return Desk(record, ledger, Serving(ledger, record, workspace, vault.surrogate_key), store, GroupCommit(store.show))


@contextlib.asynccontextmanager
async def _watching(desk: Desk) -> AsyncIterator[None]:
    """Load the champion before the first request, and watch for the next one as long as the service runs."""
    await asyncio.to_thread(desk.serving.look)
    watch = asyncio.create_task(desk.serving.watch())
    yield
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch
    desk.showing.close()


def _routes(app: FastAPI, desk: Desk) -> None:
    writes = desk.record.task == "language"

    @app.get("/")
    def index() -> dict[str, Any]:
        """What there is."""
        routes = {route: told for route, told in ROUTES.items() if writes or route != "POST /generate"}
        return {"model": desk.record.name, "routes": routes}

    def predict(asked: Question) -> Any:
        """The label of one row and how sure the model is of each, or its number; and an id to answer to."""
        return desk.predict(asked)

    # The bodies' schemas follow from the record, which no annotation in the source can name.
    predict.__annotations__["asked"] = question(desk.record)
    predict.__annotations__["return"] = Predicted if desk.record.has_classes else PredictedNumber
    app.post("/predict", responses=DESCRIBED)(predict)

    replayed = {"model": Acknowledged, "description": "The same answer was stored before"}

    @app.post("/feedback", status_code=201, responses={**DESCRIBED_ANSWER, 200: replayed})
    def feedback(said: Feedback, response: Response, idempotency_key: Key = None) -> Acknowledged:
        """Store one answer; acknowledged when it is durable, and stored once however often it is sent."""
        outcome = desk.store.answer(said.answer(idempotency_key))
        response.status_code = 201 if outcome == "stored" else 200
        return Acknowledged(outcome=outcome)

    @app.get("/health")
    def health() -> Health:
        """Who serves, and whether all is well; 200 also where there is no champion yet: the status says so."""
        return desk.health()
