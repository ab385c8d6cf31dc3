"""What the leak scan reads of a file: pictures by their bytes alone, and every disguise that a file may wear."""

import base64
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.leaks import disguises
from pipelines.leaks.contents import BLOCK
from pipelines.leaks.disguises import readings
from pipelines.leaks.memory import Memory
from pipelines.leaks.search import CANARY, search
from pipelines.leaks.tables import joined
from pipelines.leaks.wanted import Wanted, hashes
from pipelines.pictures import PNG

IBAN = "DE89370400440532013000"
JPEG, WEBP = b"\xff\xd8\xff", b"RIFF\x18\x02\x00\x00WEBPVP8 "
MARKER, KEY = "zqxcanary", b"key"
EMAIL = "mira.lindqvist@example.org"
NOISE = bytes(range(256)) * 40


def cell(begins: bytes, holds: bytes) -> str:
    """A cell of base64; whole threes before what it holds keep the letters of that in step."""
    content = begins + bytes(-len(begins) % 3) + holds
    return base64.b64encode(content + b"\7" * (90 + -len(content) % 3)).decode()


def found_in(folder: Path, cells: list[str]) -> dict[str, int]:
    path = folder / "rows.parquet"
    pl.DataFrame({"image": cells}).write_parquet(path, compression="uncompressed")
    return searched(path, looks=True)


def searched(path: Path, *, looks: bool = False) -> dict[str, int]:
    wanted = Wanted("", KEY, (MARKER,), hashes(KEY, [EMAIL]), hashes(KEY, []))
    return dict(search(path, wanted, Memory(path.with_name("memory.json"), ""), looks=looks))


@pytest.mark.parametrize("begins", [PNG, JPEG, WEBP])
def test_what_a_picture_s_letters_look_like_is_chance(tmp_path: Path, begins: bytes) -> None:
    number = base64.b64decode(f"/+{IBAN}/+++")
    picture = cell(begins, number)
    assert f"+{IBAN}/" in picture
    assert found_in(tmp_path, [picture]) == {}
    assert found_in(tmp_path, [picture, f"pay /+{IBAN}/ now"]) == {"IBAN": 1}


@pytest.mark.parametrize("spoilt", ["{} ", "x{}", "{}\n{}", "see {}"])
def test_what_is_not_a_picture_from_end_to_end_is_read_as_any_text(tmp_path: Path, spoilt: str) -> None:
    picture = cell(PNG, base64.b64decode(f"/+{IBAN}/+++"))
    assert found_in(tmp_path, [spoilt.format(picture, picture)])["IBAN"] >= 1


@pytest.mark.parametrize("begins", [PNG, JPEG, WEBP])
def test_a_canary_among_the_pixels_is_found(tmp_path: Path, begins: bytes) -> None:
    assert found_in(tmp_path, [cell(begins, b"\1" * 60)]) == {}
    assert found_in(tmp_path, [cell(begins, b"\1" * 60 + MARKER.upper().encode())])[CANARY] == 1


@given(st.binary(max_size=300), st.text("0123456789abcdefABCDEF", max_size=40), st.text("abc 1", max_size=12))
@example(b"", "", "")
@example(b"\1" * 7, "6" * 24, "")
@example(b"\1" * 3, "", "secret")
@example(b"\x01" * 9, "41" * 12, "abc 1a")
def test_no_disguise_is_passed_over_by_what_is_asked_before_it_is_searched(
    noise: bytes, digits: str, word: str
) -> None:
    wide, hexadecimal = disguises._WIDE, disguises._HEXADECIMAL
    for codec in ("utf-16-le", "utf-16-be", "utf-32-le"):
        content = noise + word.encode(codec) + noise
        assert disguises._may_be_wide(content) or not wide.search(content)
    for content in (noise + digits.encode() + noise, digits.encode()):
        assert disguises._may_be_hexadecimal(content) or not hexadecimal.search(content)


def test_a_wide_text_and_a_hexadecimal_one_are_read_after_as_much_noise(tmp_path: Path) -> None:
    noise = bytes(range(1, 256)) * 40
    assert any("secret" in each for each in readings(noise + "secret".encode("utf-16-le") + noise))
    assert any("secret word" in each for each in readings(noise + b"secret word ".hex().encode() + noise))


@given(st.binary(max_size=3000), st.sets(st.integers(0, len(EMAIL) - 1), min_size=1), st.booleans())
@example(NOISE, {0}, True)
@example(NOISE, {len(EMAIL) - 1}, False)
@example(NOISE, set(range(len(EMAIL))), True)
def test_an_address_of_which_some_letters_are_escaped_is_read_whole_among_any_noise(
    noise: bytes, escaped: set[int], percent: bool
) -> None:
    mark = "%" if percent else "\\x"
    spelt = "".join(f"{mark}{ord(letter):02x}" if at in escaped else letter for at, letter in enumerate(EMAIL))
    assert any(EMAIL in each for each in readings(noise + b" " + spelt.encode() + b" " + noise))


def test_noise_with_a_few_escapes_is_not_searched_once_more_for_each_kind_of_them() -> None:
    noise = b"~" * 1_000_000 + b"%41" + b"~" * 1_000_000 + b"\\x41" + b"~" * 1_000_000
    plain, *others = readings(noise)
    assert len(plain) == len(noise)
    assert [each for each in others if "A" in each] == others
    assert sum(map(len, others)) < 10_000


def in_base64(value: str) -> str:
    return f"row {base64.b64encode(f'ask {value}'.encode()).decode()}"


def in_hexadecimal(value: str) -> str:
    return value.encode().hex()


@pytest.mark.parametrize("disguise", [str, in_base64, in_hexadecimal, urllib.parse.quote])
@pytest.mark.parametrize("compression", ["zstd", "uncompressed"])
@pytest.mark.parametrize("binary", [False, True])
def test_cells_are_read_under_every_disguise_however_they_were_packed(
    tmp_path: Path, disguise: Callable[[str], str], compression: str, binary: bool
) -> None:
    path = tmp_path / "rows.parquet"
    texts = pl.Series(["a fine day"] * 500 + [f"{disguise(EMAIL)} 好"])
    pl.DataFrame({"said": texts.cast(pl.Binary) if binary else texts}).write_parquet(path, compression=compression)
    assert searched(path) == {"identifier": 1}


def test_what_stands_in_a_parquet_file_beside_its_columns_is_read_as_bytes(tmp_path: Path) -> None:
    rows, path = pl.DataFrame({"said": ["a fine day"] * 500}), tmp_path / "rows.parquet"
    rows.write_parquet(path, metadata={"source": f"sent by {EMAIL}"})
    assert searched(path) == {"identifier": 1}
    rows.write_parquet(path)
    assert searched(path) == {}
    content = path.read_bytes()
    size = int.from_bytes(content[-8:-4], "little")
    path.write_bytes(content[: -8 - size] + EMAIL.encode() + content[-8 - size :])  # between the columns and the footer
    assert len(pl.read_parquet(path)) == 500
    assert searched(path) == {"identifier": 1}


def test_a_table_that_was_cut_off_is_read_as_bytes(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"said": [EMAIL, *["a fine day"] * 500]}).write_parquet(path, compression="uncompressed")
    path.write_bytes(path.read_bytes()[:-20])
    assert searched(path) == {"identifier": 1}


def test_long_columns_are_joined_in_pieces_of_some_size_that_hold_every_cell() -> None:
    texts = pl.Series([f"{number} {'long and dull ' * 9000}" for number in range(600)] + ["好", "end"])
    pieces = list(joined(texts))
    assert max(map(len, pieces)) < 2 * BLOCK < sum(map(len, pieces))
    assert b"\n".join(pieces).decode() == "\n".join(texts)
    assert list(joined(pl.Series(["\xff\x00"]))) == [b"\xff\x00"]
    assert list(joined(texts.clear())) == []
