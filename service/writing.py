"""POST /generate, where the record asks for a language model: it writes on, and nothing of that is stored."""

import secrets
from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, Field

from pipelines.language import Manner, go_on
from pipelines.record import Record
from service.champion import Serving
from service.inputs import as_columns
from service.refusals import DESCRIBED
from service.requests import Number, Strict, Text

# A piece takes a pass of the whole model; of more, whoever asks had better ask again.
LONGEST = 1_000
SEEDS = 2**31


class Prompt(Strict):
    """How a text begins, and how it is to go on."""

    prompt: Text = Field(description="The model reads it without the people in it. It is not stored.")
    length: Annotated[int, Field(ge=1, le=LONGEST)] = 200
    temperature: Annotated[Number, Field(ge=0, le=100, description="0: always the likeliest piece.")] = 0.8
    top_k: Annotated[int, Field(ge=0, description="How many pieces to choose from; 0: all.")] = 0
    seed: Annotated[int, Field(ge=0, lt=SEEDS)] | None = Field(None, description="Drawn where left out.")


class Written(BaseModel):
    """The prompt as the model read it, and what it wrote behind it."""

    prompt: str
    text: str
    seed: int = Field(description="With it the same model writes the same again.")
    model: str
    model_version: int


def write_on(serving: Serving, record: Record, asked: Prompt) -> Written:
    """What the champion writes behind the prompt of `asked`. Raises NoChampionError, or BundleError."""
    reigning, (column,) = serving.require(), record.inputs
    columns = as_columns([{column.name: asked.prompt}], record, reigning.bundle.text, reigning.key)
    seen = columns[column.name][0] or ""
    seed = secrets.randbelow(SEEDS) if asked.seed is None else asked.seed
    text = go_on(reigning.bundle, seen, asked.length, Manner(asked.temperature, asked.top_k, seed))
    return Written(prompt=seen, text=text, seed=seed, model=record.name, model_version=reigning.champion.version)


def ask_for_texts(app: FastAPI, serving: Serving, record: Record) -> None:
    """Add the route to `app`."""

    @app.post("/generate", responses=DESCRIBED)
    def generate(asked: Prompt) -> Written:
        """What the model writes behind a prompt; neither is stored."""
        return write_on(serving, record, asked)
