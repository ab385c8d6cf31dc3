"""data/raw: parts that are appended and never rewritten, and that show nobody."""

from pathlib import Path

import pytest
from workspaces import ACCESS, MASTER_KEY, REVIEWS, review

from pipelines.raw import SealedRow, count_rows, open_rows, parts, roles_in, table_of, write_part
from pipelines.record import Record, parse_record
from pipelines.vault import Vault, open_vault

RECORD = parse_record(REVIEWS)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return open_vault(tmp_path / "home", MASTER_KEY, "reviews")


def sealed(vault: Vault, *numbers: int) -> list[SealedRow]:
    rows = [(f"row{number}", f"subject{number}", review(number, user="canary")) for number in numbers]
    return [SealedRow(row, owner, "source", blob) for (row, owner, _), blob in zip(rows, vault.seal(rows), strict=True)]


def append(raw: Path, rows: list[SealedRow]) -> Path:
    part = raw / f"{len(parts(raw)) + 1:06}.parquet"
    write_part(part, table_of(rows), RECORD.names, roles_in(RECORD))
    return part


def test_rows_open_in_the_order_in_which_they_came(vault: Vault, tmp_path: Path) -> None:
    append(tmp_path, sealed(vault, 2, 1))
    append(tmp_path, sealed(vault, 3))
    opened = open_rows(tmp_path, RECORD, vault, ACCESS)
    assert opened.columns == ["row", "subject", "origin", *RECORD.names]
    assert opened["row"].to_list() == ["row2", "row1", "row3"]
    assert opened["text"].to_list() == [f"thing number {number} is fine" for number in (2, 1, 3)]


def test_a_new_part_leaves_the_old_ones_as_they_are(vault: Vault, tmp_path: Path) -> None:
    first = append(tmp_path, sealed(vault, 1))
    before = first.read_bytes()
    second = append(tmp_path, sealed(vault, 2))
    assert first.read_bytes() == before
    assert parts(tmp_path) == [first, second]
    assert count_rows(tmp_path) == 2
    assert set(open_rows(tmp_path, RECORD, vault, ACCESS)["row"]) == {"row1", "row2"}


def test_equal_rows_make_equal_parts(vault: Vault, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one, two = (append(tmp_path / name, sealed(vault, 1, 2)) for name in ("a", "b"))
    assert one.read_bytes() == two.read_bytes()


def test_a_part_shows_nobody(vault: Vault, tmp_path: Path) -> None:
    content = append(tmp_path, sealed(vault, 1)).read_bytes()
    assert b"canary" not in content
    assert b"thing number" not in content
    assert b"Paris" not in content


def test_rows_of_a_forgotten_person_are_left_out(vault: Vault, tmp_path: Path) -> None:
    append(tmp_path, sealed(vault, 1, 2))
    vault.forget({"subject1"})
    assert open_rows(tmp_path, RECORD, vault, ACCESS)["row"].to_list() == ["row2"]


def test_a_column_that_came_later_is_missing_in_older_parts(vault: Vault, tmp_path: Path) -> None:
    append(tmp_path, sealed(vault, 1))
    columns = REVIEWS["columns"] | {"stars": {"type": "integer", "required": False}}  # type: ignore[operator]
    wider: Record = parse_record(REVIEWS | {"columns": columns})
    opened = open_rows(tmp_path, wider, vault, ACCESS)
    assert opened["stars"].to_list() == [None]
    assert opened["text"].to_list() == ["thing number 1 is fine"]


def test_a_column_that_moved_is_found_by_its_name(vault: Vault, tmp_path: Path) -> None:
    append(tmp_path, sealed(vault, 1))
    turned = parse_record(REVIEWS | {"columns": dict(reversed(REVIEWS["columns"].items()))})  # type: ignore[attr-defined]
    assert open_rows(tmp_path, turned, vault, ACCESS)["city"].to_list() == ["Paris"]
