"""Workspaces with a champion, and a client of their service."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from served import LINES, TABLE, TEXTS, Workspace, train, train_language

from pipelines.record import parse_record

WORDS = {"bad": "awful broken slow", "fair": "middling usual plain", "good": "great lovely fast"}


@pytest.fixture(scope="session")
def trained_texts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two models of texts."""
    folder, record = tmp_path_factory.mktemp("texts"), parse_record(TEXTS["record"])
    rows = [(f"{word} thing <EMAIL> {n}", label) for label in WORDS for word in WORDS[label].split() for n in range(4)]
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    return [train(record, {"review": texts}, labels, folder / str(c), c) for c in (10.0, 0.1)]


@pytest.fixture(scope="session")
def trained_table(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A model of a table."""
    folder, record = tmp_path_factory.mktemp("table"), parse_record(TABLE["record"])
    ages = [20 + n for n in range(40)]
    columns = {
        "age": ages,
        "hours-per-week": [None if n % 9 == 0 else 20.5 + n for n in range(40)],
        "work": ["office" if n % 3 else None for n in range(40)],
    }
    labels = ["more" if age > 40 else "less" for age in ages]
    return [train(record, columns, labels, folder / "one", 1.0)]


@pytest.fixture
def empty(tmp_path: Path, trained_texts: list[Path]) -> Workspace:
    """A workspace of texts without a champion."""
    return Workspace(tmp_path / "workspace", TEXTS, trained_texts)


@pytest.fixture
def texts(empty: Workspace) -> Workspace:
    """A workspace of texts whose champion is version 1."""
    empty.crown(1)
    return empty


@pytest.fixture
def table(tmp_path: Path, trained_table: list[Path]) -> Workspace:
    """A workspace of a table whose champion is version 1."""
    workspace = Workspace(tmp_path / "workspace", TABLE, trained_table)
    workspace.crown(1)
    return workspace


@pytest.fixture
def client(texts: Workspace) -> Iterator[TestClient]:
    """A client of the service of texts."""
    with texts.serve() as found:
        yield found


@pytest.fixture
def lines(tmp_path: Path) -> Workspace:
    """A workspace of texts alone whose champion, version 1, writes on."""
    rhymes = [f"{a} and {b} <EMAIL>" for a in ("one", "two", "three") for b in ("four", "five", "six")]
    kept = train_language(parse_record(LINES["record"]), rhymes, tmp_path / "rhymes")
    workspace = Workspace(tmp_path / "writing", LINES, [kept])
    workspace.crown(1)
    return workspace
