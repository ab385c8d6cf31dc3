"""No person stands anywhere outside the sealed files: every byte of every store is searched."""

import gzip
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from places import Moment, Place
from planted import CANARIES, WRITTEN, planted

pytestmark = pytest.mark.xdist_group("no network")


@pytest.fixture(scope="module")
def place(planted_once: Moment) -> Place:
    made = planted_once.again()
    made.flywheel("status")
    return made


def searched(place: Place) -> list[Path]:
    """The workspace with DVC's cache, both homes with the keys and Prefect's store, and the temporary folder."""
    return [place.folder.parent, Path(place.environment["HOME"]), Path(place.environment["TMPDIR"])]


def contents(folders: list[Path]) -> Iterator[tuple[Path, bytes]]:
    """The bytes of every file, packed ones also unpacked."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                yield path, content
                yield from ((path, unpacked) for unpacked in unpack(path, content))


def unpack(path: Path, content: bytes) -> Iterator[bytes]:
    if content[:4] == b"PAR1":
        frame = pl.read_parquet(path)
        yield frame.select(pl.exclude(pl.Binary)).write_json().encode()
        yield from (value for name in frame.columns if frame[name].dtype == pl.Binary for value in frame[name])
    elif content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    elif content[:15] == b"SQLite format 3":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            yield "\n".join(database.iterdump()).encode()


def test_a_canary_of_every_column_and_every_identifier_in_a_text_is_found_nowhere(place: Place) -> None:
    wanted = {name: canary.encode() for name, canary in {**CANARIES, **WRITTEN}.items()}
    files, found = 0, []
    for path, content in contents(searched(place)):
        files += 1
        found += [(name, path.name) for name, canary in wanted.items() if canary in content]
    assert files > 200
    assert not found, f"{len(found)} canaries got out: {sorted(set(found))[:12]}"


def test_no_subject_name_mail_or_phone_of_the_whole_source_is_found_anywhere(place: Place) -> None:
    people = {str(row[name]) for row in planted() for name in ("user_id", "email", "phone") if row[name]}
    assert len(people) > 800
    everything = b"\0".join(content for _, content in contents(searched(place)))
    found = [person for person in people if person.encode() in everything]
    assert not found, f"{len(found)} of {len(people)} identifiers got out"


def test_the_search_itself_finds_what_is_there(place: Place) -> None:
    """A search that finds nothing proves nothing until it has found something."""
    nest = Path(place.environment["TMPDIR"]) / "nest.parquet"
    pl.DataFrame({"leak": [CANARIES["email"]]}).write_parquet(nest)
    try:
        assert any(CANARIES["email"].encode() in content for _, content in contents([nest.parent]))
    finally:
        nest.unlink()


def test_the_canary_rows_were_really_ingested(place: Place) -> None:
    status = place.status()
    assert status["data"]["rows"] > 900
    assert status["data"]["quarantined"] > 5
    from workspaces import ACCESS

    from pipelines.parameters import convert, read_parameters
    from pipelines.raw import open_rows
    from pipelines.record import Record
    from pipelines.vault import open_vault

    record = convert("record", read_parameters(place.folder)["record"], Record)
    home = Path(place.environment["FLYWHEEL_HOME"])
    vault = open_vault(home, place.environment["FLYWHEEL_MASTER_KEY"], record.name)
    rows = open_rows(place.folder / "data" / "raw", record, vault, ACCESS)
    assert CANARIES["email"] in rows["email"].to_list()
    assert CANARIES["city"] in rows["city"].to_list()
