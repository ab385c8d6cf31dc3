"""What may be asked: request bodies made from the record, checked strictly; and what is answered."""

import base64
import binascii
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import polars as pl
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
    model_validator,
)

from pipelines.feedback import Answer, Outcome, Verdict
from pipelines.pictures import PictureError, picture_cell
from pipelines.quantities import LARGEST_WHOLE, as_cell
from pipelines.record import Column, Record
from pipelines.values import FALSE, TRUE, readable
from service.limits import LARGEST_BODY

LONGEST_TEXT = 20_000
LONGEST_NAME = 200
# Base64 of a picture of 5 MB.
LONGEST_PICTURE = 6_700_000


def _storable(text: str) -> str:
    """Refuse what cannot be stored as text."""
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("Text may not hold NUL or a lone surrogate, half of a character")
    return text


def _spoken(text: str) -> str:
    if not text.strip():
        raise ValueError("Text may not be blank")
    return text


def _whole(number: float) -> float:
    if number != int(number) or abs(number) >= LARGEST_WHOLE:
        raise ValueError("Input should be a whole number")
    return number


Text = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_storable)]
Spoken = Annotated[Text, AfterValidator(_spoken)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_storable), AfterValidator(_spoken)]


def _pixels_alone(cell: str) -> str:
    """The picture without what a camera wrote beside its pixels: it is stored as the pipeline would store it."""
    try:
        return picture_cell(base64.b64decode(cell, validate=True))
    except (PictureError, binascii.Error, ValueError):
        raise ValueError("Input should be a whole PNG, JPEG or WEBP file in base64") from None


def _spelled(value: object) -> object:
    """A class that is called by a number, as the number or as the text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _truth(value: object) -> object:
    """What sources call true and false, 1 and "yes" among them, as JSON does."""
    told = str(value).lower() if isinstance(value, (int, str)) else ""
    return True if told in TRUE else False if told in FALSE else value


Truth = Annotated[bool, BeforeValidator(_truth)]
Picture = Annotated[str, Field(max_length=LONGEST_PICTURE), AfterValidator(_pixels_alone)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Strict(BaseModel):
    """A body whose keys are all known, and whose values are of their type without conversion."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Question(Strict, ABC):
    """A row to predict."""

    subject: Name | None = Field(
        None,
        description="Whoever this row is about, by any name. Stored as a keyed pseudonym; "
        "the row is sealed under a key of that person's own, which can be destroyed.",
    )

    @abstractmethod
    def cells(self, record: Record) -> dict[str, str | None]:
        """The row as text cells, by the record's columns."""


class TextQuestion(Question):
    """A text to predict."""

    text: Spoken

    def cells(self, record: Record) -> dict[str, str | None]:
        """The text, under the record's text column."""
        return {record.text.name: self.text} if record.text else {}


class TableQuestion(Question):
    """A table's row to predict."""

    features: BaseModel
    apart: ClassVar[frozenset[str]] = frozenset({"subject"})

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, body: Any) -> Any:
        """Take features that stand beside each other without `features` around them."""
        if not isinstance(body, Mapping) or "features" in body:
            return body
        flat = {key: value for key, value in body.items() if key not in cls.apart}
        return {"features": flat} | {key: value for key, value in body.items() if key in cls.apart}

    def cells(self, record: Record) -> dict[str, str | None]:
        """The features as text, each under its column."""
        given = self.features.model_dump(by_alias=True)
        return {column.name: _cell(given[column.name], column) for column in record.features}


def largest_body(record: Record) -> int:
    """How many bytes a question may have: a picture is larger than any text."""
    return LARGEST_BODY + LONGEST_PICTURE * sum(column.type == "image" for column in record.features)


class JoinedQuestion(TableQuestion):
    """A text with columns of a table beside it."""

    text: Spoken

    def cells(self, record: Record) -> dict[str, str | None]:
        """The text and the features, each under its column."""
        text = {record.text.name: self.text} if record.text else {}
        return text | super().cells(record)


def question(record: Record) -> type[Question]:
    """The body of POST /predict for `record`."""
    if record.text is None:
        return create_model("TableQuestion", __base__=TableQuestion, features=(_features(record), ...))
    aliases = ("text", record.text.name) if record.text.name != "subject" else ("text",)
    described = Field(validation_alias=AliasChoices(*aliases), description=f"Also accepted as `{record.text.name}`.")
    if not record.features:
        return create_model("TextQuestion", __base__=TextQuestion, text=(Spoken, described))
    made = create_model(
        "JoinedQuestion", __base__=JoinedQuestion, text=(Spoken, described), features=(_features(record), ...)
    )
    made.apart = frozenset({"subject", *aliases} - {column.name for column in record.features})
    return made


def _features(record: Record) -> type[BaseModel]:
    # A column may be called anything, also what Python or pydantic reserve: it is an alias, not an attribute.
    fields: dict[str, Any] = {f"column_{place}": _field(column) for place, column in enumerate(record.features)}
    return create_model("Features", __base__=Strict, **fields)


def _field(column: Column) -> tuple[Any, Any]:
    default: Any = ... if column.required else None
    return (_type(column) | None, Field(default, alias=column.name))


def _type(column: Column) -> Any:
    """What JSON a column takes: a number, true or false, or a text; null is "missing" for all."""
    if column.is_numeric:
        number = Annotated[Number, AfterValidator(_whole)] if column.type == "integer" else Number
        return Annotated[number, Field(ge=column.min, le=column.max)]
    if column.type == "boolean":
        return Truth
    if column.type == "image":
        return Picture
    if column.categories:
        return Annotated[Literal[(*column.categories, *column.missing)], BeforeValidator(_spelled)]
    return Annotated[Text, AfterValidator(_time(column))] if column.type == "time" else Text


def _time(column: Column) -> Any:
    """A validator that refuses a time which the pipeline could not read."""
    alone = Record("", (column,))

    def check(text: str) -> str:
        if not readable(pl.DataFrame({column.name: [text]}), alone)[column.name].all():
            raise ValueError("Input should be a time, for example 2026-01-31T12:00:00Z")
        return text

    return check


def _cell(value: str | float | bool | None, column: Column) -> str | None:
    """A JSON value as the text that would stand in a source."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if column.type == "integer" else as_cell(value)


class Feedback(Strict):
    """What a user says of one prediction: the label or the number that would have been right, or a verdict.

    Posting it is consent to learn from it, unless `consent` is false: then it is counted and teaches nothing.
    """

    prediction_id: Name
    label: Name | None = None
    value: Number | None = Field(None, description="The right number, where the model estimates one.")
    verdict: Verdict | None = None
    idempotency_key: Name | None = Field(
        None, description="One per answer; the header `Idempotency-Key` will do, else the prediction's id is the key."
    )
    consent: bool = True

    @model_validator(mode="after")
    def _says_something(self) -> "Feedback":
        if self.label is None and self.value is None and self.verdict is None:
            raise ValueError("Give a label, a value or a verdict")
        if self.label is not None and self.value is not None:
            raise ValueError("Give a label or a value, not both")
        return self

    def answer(self, header: str | None) -> Answer:
        """The answer, under the key of the body, of the header, or of the prediction itself."""
        key = self.idempotency_key or header or self.prediction_id
        label = self.label if self.value is None else as_cell(self.value)
        return Answer(key, self.prediction_id, self.verdict, label, self.consent)


class Predicted(BaseModel):
    """The label of a row, and how sure the model is of each."""

    prediction_id: str | None = Field(
        description="What feedback names; null where nothing of this person may be stored."
    )
    label: str
    probabilities: dict[str, float]
    model: str
    model_version: int


class PredictedNumber(BaseModel):
    """The number that is estimated for a row, in the units of the label."""

    prediction_id: str | None = Field(
        description="What feedback names; null where nothing of this person may be stored."
    )
    value: float
    model: str
    model_version: int


class Acknowledged(BaseModel):
    """What became of an answer; sent when it is durable."""

    outcome: Outcome


class Health(BaseModel):
    """Who serves, and whether all is well."""

    status: Literal["ok", "no champion", "degraded"]
    model: str
    model_version: int | None = None
    family: str | None = None
    since: str | None = None
    trouble: str | None = None
    feedback_waiting: int | None = None
