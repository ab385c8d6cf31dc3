"""The champion that serves: the one that the ledger names, taken over from the last without a restart."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from pipelines.bundle import Bundle
from pipelines.errors import BundleError, DataError, ParameterError
from pipelines.language import text_losses
from pipelines.ledger import Champion, Ledger, now
from pipelines.privacy.text import clean
from pipelines.record import Record
from pipelines.reigns import champion_bundle
from service.inputs import Arrived, as_columns, read_columns

# How often the ledger is asked who is champion. The question costs a fifth of a millisecond.
POLL_SECONDS = 1.0


class NoChampionError(DataError):
    """No model was promoted yet."""


@dataclass(frozen=True)
class Prediction:
    """What a model says of one row: a label and how sure it is of each; or a number, which is then its own label."""

    label: str
    probabilities: dict[str, float]
    value: float | None = None


@dataclass(frozen=True)
class Reigning:
    """A champion that was loaded, and since when it serves here."""

    champion: Champion
    bundle: Bundle
    since: str
    key: bytes | None = None  # surrogates in questions come from it, as they did in the training texts

    def predict(self, rows: Sequence[Arrived], record: Record) -> list[Prediction]:
        """Each row's label, and how likely every label is; or its number: of a text alone, nats per character."""
        columns, labels = as_columns(rows, record, self.bundle.text, self.key), self.bundle.labels
        if self.bundle.task == "regression":
            return [Prediction(repr(value), {}, value) for value in self.bundle.values(columns).tolist()]
        if self.bundle.task == "language":
            texts = columns[read_columns(record)[0].name]
            return [Prediction(repr(value), {}, value) for value in text_losses(self.bundle, texts).tolist()]
        found = self.bundle.probabilities(columns)
        return [
            Prediction(labels[place], dict(zip(labels, row.tolist(), strict=True)))
            for place, row in zip(self.bundle.decided(found), found, strict=True)
        ]


def load(champion: Champion, record: Record, workspace: Path, key: bytes | None = None) -> Reigning:
    """The champion's bundle, proved by one prediction. Raises BundleError where it cannot serve."""
    from onnxruntime.capi import onnxruntime_pybind11_state as runtime

    body = champion.body
    # The runtime's exceptions have no base of their own.
    refused = (runtime.Fail, runtime.InvalidArgument, runtime.InvalidGraph, runtime.InvalidProtobuf)
    failed = (runtime.NotImplemented, runtime.RuntimeException)
    try:
        reigning = Reigning(champion, champion_bundle(body, workspace, threads=1), now(), key)
        clean("", reigning.bundle.text)  # a finder that is not installed here is missed now, not at the first question
        _refuse_another_task(reigning, record)
        reigning.predict([dict.fromkeys(column.name for column in read_columns(record))], record)
    except ParameterError as error:
        what, expected, fix = str(error).split("\n", 2)
        what = f"The champion, version {champion.version}, cannot be loaded. {what}"
        raise BundleError(what, expected, fix.removeprefix("Fix: ")) from None
    except (*refused, *failed, OSError, ValueError, TypeError, KeyError) as error:
        raise BundleError(
            f"The champion, version {champion.version}, cannot be loaded ({type(error).__name__}).",
            "Expected a bundle that this machine's runtime runs, for the columns of `record` in params.yaml.",
            "roll back to another version (`flywheel rollback`), or train again (`flywheel run`).",
        ) from None
    return reigning


def _refuse_another_task(reigning: Reigning, record: Record) -> None:
    """Raise ParameterError where the champion answers what `record` no longer asks."""
    if reigning.bundle.task != record.task:
        raise ParameterError(
            f"It answers by {reigning.bundle.task}, and `record` in params.yaml asks for {record.task}.",
            "Expected a champion that was trained for the label of today.",
            "train again (`flywheel run`), or restore the label's column in `record`.",
        )


def no_champion() -> NoChampionError:
    """Say that there is nothing to predict with."""
    return NoChampionError(
        "No model was promoted yet.",
        "Expected a champion in the ledger.",
        "run `flywheel run`; a running service takes its model over within two seconds.",
    )


class Serving:
    """Who serves now, and what is wrong with whoever should."""

    def __init__(self, ledger: Ledger, record: Record, workspace: Path, key: bytes | None = None) -> None:
        self._ledger, self._record, self._workspace, self._key = ledger, record, workspace, key
        self.reigning: Reigning | None = None
        self.trouble: str | None = None

    def require(self) -> Reigning:
        """The champion that serves. Raises NoChampionError, or BundleError where there is one and no other before."""
        if self.reigning is not None:
            return self.reigning
        if self.trouble is not None:
            raise BundleError(
                "The champion cannot be loaded, and none served before it.",
                "Expected a bundle with the digest that stands in the ledger.",
                "roll back to another version (`flywheel rollback`), or train again (`flywheel run`).",
            )
        raise no_champion()

    def look(self) -> None:
        """Ask the ledger who is champion, and take a new one over; where it cannot be loaded, the last one stays."""
        try:
            champion = self._ledger.champion(self._record.name)
            if champion is not None and not self._serves(champion):
                self.reigning = load(champion, self._record, self._workspace, self._key)
            self._note(None)
        except BundleError as error:
            self._note(str(error).split("\n")[0])
        except SQLAlchemyError as error:
            self._note(f"The ledger does not answer ({type(error).__name__}).")

    async def watch(self) -> None:
        """Look for ever, beside the event loop: a large bundle may take seconds to read."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            await asyncio.to_thread(self.look)

    def _serves(self, champion: Champion) -> bool:
        return self.reigning is not None and self.reigning.champion == champion

    def _note(self, trouble: str | None) -> None:
        if trouble is not None and trouble != self.trouble:
            logging.getLogger("flywheel.service").warning(trouble)
        self.trouble = trouble
