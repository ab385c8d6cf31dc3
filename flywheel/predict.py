"""`flywheel predict FILE|-`: the champion's answer to each row; nothing is stored."""

import json
import os
from dataclasses import replace
from pathlib import Path

from flywheel.reading import Settings, format_of, lines, named, rows_of, speaking_as, with_pictures
from pipelines.environment import Environment, read_environment
from pipelines.errors import DataError
from pipelines.ledger import open_ledger
from pipelines.parameters import read_parameters
from pipelines.pictures import PictureError
from pipelines.pictures.lossless import file_cell
from pipelines.record import Record, parse_record
from pipelines.sources import Row
from pipelines.sources.dialect import Dialect
from pipelines.sources.images import KINDS, SUFFIXES
from pipelines.sources.opening import opened
from pipelines.vault import open_vault
from pipelines.workspace import require
from service.champion import Prediction, Reigning, load, no_champion
from service.inputs import is_blank, read_columns, unreadable

# What somebody types or pipes in often ends without a line end, and nothing is learnt from it.
TYPED = Dialect(final_newline=False)


def predict(file: str, *, as_json: bool) -> int:
    """Print the champion's answer to each row of `file`; 0. All rows are read and checked before the first answer."""
    workspace = Path.cwd()
    require(workspace)
    parameters = read_parameters(workspace)
    record = parse_record(parameters.get("record"))
    reigning = _champion(record, workspace)
    rows = read(named(file), record, parameters.get("ingest") or {})
    for prediction in reigning.predict(rows, record):
        print(_in_json(prediction, reigning.champion.version) if as_json else _in_words(prediction))
    return 0


def _champion(record: Record, workspace: Path) -> Reigning:
    environment = read_environment(os.environ, workspace)
    champion = open_ledger(environment).champion(record.name)
    if champion is None:
        raise no_champion()
    reigning = load(champion, record, workspace)
    if reigning.bundle.text.mode != "surrogate":
        return reigning
    return replace(reigning, key=_key(environment, record))


def _key(environment: Environment, record: Record) -> bytes:
    """The key of the data set's surrogates: a question is cleaned as the training texts were."""
    vault = open_vault(environment.home, environment.master_key, record.name)
    try:
        return vault.surrogate_key
    finally:
        vault.close()


def read(path: Path, record: Record, ingest: Settings) -> list[Row]:
    """The rows of a file: one text per line, CSV with a header, JSON lines, or a picture. DataError for a bad row.

    A file is written as is usual, or as `ingest` says that the data set's own files are.
    """
    with speaking_as("predict"):
        if path.suffix.lower() in SUFFIXES and [column.type for column in record.inputs] == ["image"]:
            return [{record.inputs[0].name: _picture(path)}]
        kind = format_of(path, "lines" if not record.features else "csv")
        if record.text is None or record.features:
            names = [column.name for column in read_columns(record)]
            required = [column.name for column in read_columns(record) if column.required]
            rows, place = rows_of(path, names, required, kind, ingest, TYPED), "row"
            rows = with_pictures(rows, record, path, ingest)
        elif kind == "lines":
            rows, place = [{record.text.name: line} for line in lines(path, ingest)], "line"
        else:
            rows, place = _texts(path, kind, record.text.name, ingest), "row"
    _check(rows, record, place)
    return rows


def _picture(path: Path) -> str:
    try:
        with opened(path) as stream:
            return file_cell(stream.read())
    except PictureError as error:
        raise DataError(
            f"predict: the picture {path.name} is not read: {error}.",
            f"Expected a whole {KINDS} file.",
            "write the picture anew with a program that opens it.",
        ) from None


def _texts(path: Path, kind: str, column: str, ingest: Settings) -> list[Row]:
    """Texts that stand under the record's column, or under `text`."""
    names = [column] if column == "text" else [column, "text"]
    rows = rows_of(path, names, (), kind, ingest, TYPED)
    return [{column: row[column] if row[column] is not None else row.get("text")} for row in rows]


def _check(rows: list[Row], record: Record, place: str) -> None:
    """Refuse a row that the model could only guess at. Below a CSV's header, rows are counted from 1."""
    for number, row in enumerate(rows, 1):
        if all(is_blank(row[column.name], column) for column in read_columns(record)):
            raise DataError(
                f"predict: {place} {number} holds nothing to predict from.",
                f"Expected a value for {', '.join(column.name for column in read_columns(record))}.",
                "fill the row, or remove it.",
            )
    bad = unreadable(rows, record)
    if bad is not None:
        raise DataError(
            f"predict: in {place} {bad[0] + 1} the column '{bad[1]}' cannot be read.",
            f"Expected the type `{record[bad[1]].type}`, as `record` in params.yaml says.",
            "correct the cell, or leave it empty where the value is not known.",
        )


def _in_json(prediction: Prediction, version: int) -> str:
    said: dict[str, object] = {"label": prediction.label, "probabilities": prediction.probabilities}
    if prediction.value is not None:
        said = {"value": prediction.value}
    return json.dumps(said | {"model_version": version}, ensure_ascii=False)


def _in_words(prediction: Prediction) -> str:
    if prediction.value is not None:
        return f"{prediction.value:.6g}"
    return f"{prediction.label}  {prediction.probabilities[prediction.label]:.0%}".replace("%", " %")
