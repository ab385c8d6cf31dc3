"""What the leak scan reads of a file: pictures by their bytes alone, and every disguise that a file may wear."""

import base64
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.leaks import disguises
from pipelines.leaks.disguises import readings
from pipelines.leaks.memory import Memory
from pipelines.leaks.search import CANARY, search
from pipelines.leaks.wanted import Wanted, hashes
from pipelines.pictures import PNG

IBAN = "DE89370400440532013000"
JPEG, WEBP = b"\xff\xd8\xff", b"RIFF\x18\x02\x00\x00WEBPVP8 "
MARKER, KEY = "zqxcanary", b"key"


def cell(begins: bytes, holds: bytes) -> str:
    """A cell of base64; whole threes before what it holds keep the letters of that in step."""
    content = begins + bytes(-len(begins) % 3) + holds
    return base64.b64encode(content + b"\7" * (90 + -len(content) % 3)).decode()


def found_in(folder: Path, cells: list[str]) -> dict[str, int]:
    path = folder / "rows.parquet"
    pl.DataFrame({"image": cells}).write_parquet(path, compression="uncompressed")
    wanted = Wanted("", KEY, (MARKER,), hashes(KEY, []), hashes(KEY, []))
    return dict(search(path, wanted, Memory(folder / "memory.json", ""), looks=True))


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
