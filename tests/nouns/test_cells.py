"""A row's cells as one text: the same bytes row by row and for a whole frame, and the same that they always were."""

from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as some
from workspaces import MASTER_KEY

from pipelines.cells import decode, decode_rows, encode, encode_rows, name_rows
from pipelines.vault import open_vault

COLUMNS = ("b", "a", "c")
cell = some.none() | some.text(max_size=5) | some.text("\x1d\x1e\x1f[", max_size=3)
rows = some.lists(some.tuples(cell, cell, cell), min_size=1, max_size=6)


def frame(found: list[tuple[str | None, ...]]) -> pl.DataFrame:
    return pl.DataFrame(found, dict.fromkeys(COLUMNS, pl.String), orient="row")


@given(rows)
def test_a_frame_is_encoded_as_its_rows_are(found: list[tuple[str | None, ...]]) -> None:
    assert encode_rows(frame(found), COLUMNS).to_list() == [encode(row) for row in found]


@given(rows)
def test_what_was_encoded_is_decoded_as_it_was(found: list[tuple[str | None, ...]]) -> None:
    encoded = encode_rows(frame(found), COLUMNS)
    assert decode_rows(encoded, COLUMNS).equals(frame(found))
    assert [tuple(decode(each)) for each in encoded] == found


@given(rows)
def test_the_name_of_a_row_is_that_of_its_cells_by_column(found: list[tuple[str | None, ...]]) -> None:
    by_name = [dict(zip(COLUMNS, row, strict=True)) for row in found]
    parts = [
        [each for name in sorted(row) if (text := row[name]) is not None for each in (name, text)] for row in by_name
    ]
    assert name_rows(frame(found)).to_list() == [encode(each) for each in parts]


def test_the_encoding_is_the_one_that_data_were_sealed_in() -> None:
    """Other bytes would make other rows of those that are known, and none would open."""
    assert encode(["canary@example.org", None, "好", ""]) == b"\x1dcanary@example.org\x1f\x1e\x1f\xe5\xa5\xbd\x1f"
    assert encode(["a\x1fb", None]) == b'["a\\u001fb",null]'
    assert encode(["\x1e"]) == b'["\\u001e"]'
    assert (encode([]), encode([None]), encode(["\x1d"])) == (b"[]", b"\x1d\x1e", b"\x1d\x1d")


def test_row_ids_and_pseudonyms_are_those_that_data_bear(tmp_path: Path) -> None:
    vault = open_vault(tmp_path, MASTER_KEY, "people")
    assert vault.row_id(["text", '好 "x"', "user", "ann"], 0) == "e40932f04e194a0b05efacf9ad12f855"
    assert vault.row_id(["text", "a\x1fb"], 3) == "5515dafb803a6e274dfdc313ca91ae77"
    assert vault.row_id([], 1) == "18c67268f5d7eee73b418022659a6df7"
    assert vault.pseudonym("ann") == "5f0809d3e410128a0ecf5e45ee9c453a"
    assert vault.row_ids([encode(["text", '好 "x"', "user", "ann"])], 0)[0].hex() == "e40932f04e194a0b05efacf9ad12f855"
