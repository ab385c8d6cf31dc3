"""Which files a source is made of, what they truly are, and their fingerprint."""

import bz2
import gzip
import lzma
import os
import re
from pathlib import Path

import pytest
from arriving import SECRET, read, refusal, told, written
from proposed import look
from workspaces import lines

from pipelines.errors import SourceError
from pipelines.sources import SourceFile, find_files, fingerprint

GOOD = f"id,text\n1,{SECRET}\n"


def not_found(source: Path, files: dict[str, str] | None = None, format: str | None = None) -> str:
    with pytest.raises(SourceError) as caught:
        find_files(source, files, format)
    return told(caught.value, source)


def test_a_file_is_a_source_of_itself(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", GOOD)
    assert find_files(path, None, None) == [SourceFile(path, None)]


def test_a_folder_gives_its_data_files_by_name_and_nothing_else(tmp_path: Path) -> None:
    names = ["a.CSV", "b.csv.gz", "c.jsonl", "d.ndjson.gz", "e.parquet", "f.tsv"]
    for name in [*names, "README.md", "x.parquet.gz", ".hidden.csv"]:
        written(tmp_path / name, GOOD)
    (tmp_path / "folder.csv").mkdir()
    assert [file.path.name for file in find_files(tmp_path, None, None)] == names


def test_a_folder_without_data_files_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "README.md", "nothing")
    assert not_found(tmp_path).endswith("has no data files.")


def test_a_source_that_does_not_exist_is_refused_without_its_folders(tmp_path: Path) -> None:
    assert not_found(tmp_path / "gone.csv") == "the source gone.csv does not exist."


def test_the_files_mapping_gives_splits_in_its_own_order(tmp_path: Path) -> None:
    for name in ("dev.csv", "train-1.csv", "train-2.csv", "other.csv"):
        written(tmp_path / name, GOOD)
    found = find_files(tmp_path, {"train-*.csv": "train", "dev.csv": "valid"}, None)
    assert [(file.path.name, file.split) for file in found] == [
        ("train-1.csv", "train"),
        ("train-2.csv", "train"),
        ("dev.csv", "valid"),
    ]


def test_a_key_of_files_that_matches_nothing_is_named(tmp_path: Path) -> None:
    written(tmp_path / "train.csv", GOOD)
    assert not_found(tmp_path, {"train.csv": "train", "tset.csv": "test"}).endswith("matches 'tset.csv'.")


def test_a_key_of_files_cannot_leave_the_folder(tmp_path: Path) -> None:
    written(tmp_path / "outside.csv", GOOD)
    inside = tmp_path / "inside"
    inside.mkdir()
    assert not_found(inside, {"../outside.csv": "train"}).endswith("matches '../outside.csv'.")


def test_a_file_named_by_two_keys_is_refused_because_it_would_be_in_two_splits(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", GOOD)
    assert not_found(tmp_path, {"a.csv": "train", "*.csv": "test"}).startswith("a.csv matches '*.csv'")


def test_an_exact_name_comes_before_a_pattern(tmp_path: Path) -> None:
    written(tmp_path / "a[1].csv", GOOD)
    written(tmp_path / "a1.csv", GOOD)
    assert [file.path.name for file in find_files(tmp_path, {"a[1].csv": "train"}, None)] == ["a[1].csv"]


def test_a_declared_format_overrides_the_suffix(tmp_path: Path) -> None:
    path = written(tmp_path / "adult.data", GOOD)
    assert not_found(path) == "the format of adult.data is not known."
    assert not_found(path, format="xlsb") == "'xlsb' is not a format."
    assert find_files(path, None, "csv") == [SourceFile(path, None)]
    assert read(path, ["id"], format="csv") == [{"id": "1"}]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"PK\x03\x04\x14\x00[Content_Types].xml", "Excel workbook (.xlsx)"),
        (b"PK\x05\x06" + bytes(18), "empty ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"%PDF-1.7\n", "PDF"),
        (b"PAR1\x15\x04", "Parquet"),
        (gzip.compress(GOOD.encode(), mtime=0), "gzip"),
        (b"BZh91AY&SY", "bzip2"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"\x80\x04\x95\x10", "pickle"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\n <!DOCTYPE html>\n<html>", "HTML"),
        (b"<html><body>log in", "HTML"),
        (b"\xef\xbb\xbf<HTML lang='en'>", "HTML"),
        ("\ufeff<html>".encode("utf-16-le"), "HTML"),
        (b'<?xml version="1.0"?>', "XML"),
    ],
)
def test_what_is_no_csv_is_refused_by_the_kind_it_is(tmp_path: Path, head: bytes, kind: str) -> None:
    path = written(tmp_path / "reviews.csv", head + f"\nid,text\n1,{SECRET}\n".encode())
    said = refusal(path)
    assert said.startswith("reviews.csv is a")
    assert kind in said


def test_a_header_that_begins_like_a_mark_is_still_a_header(tmp_path: Path) -> None:
    for first in ("PARENT", "PAR1", "BZhl", "ARROW1", "GIF8"):
        path = written(tmp_path / "a.csv", f"{first},b\n1,2\n")
        assert read(path, [first], [first]) == [{first: "1"}]


def test_a_packed_file_reads_as_the_plain_one(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv.gz", gzip.compress(b"id,text\n") + gzip.compress(b"1,x\n"))
    assert read(path, ["id", "text"]) == [{"id": "1", "text": "x"}]


def test_a_packed_file_with_altered_bytes_is_refused(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(GOOD.encode() * 100))
    whole[-5] ^= 1
    assert "damaged" in refusal(written(tmp_path / "a.csv.gz", bytes(whole)))


def test_a_file_named_gz_that_is_not_packed_is_refused(tmp_path: Path) -> None:
    assert refusal(written(tmp_path / "a.csv.gz", GOOD)) == "a.csv.gz is not a gzip file."


def test_a_file_name_with_a_line_end_does_not_break_the_message(tmp_path: Path) -> None:
    assert refusal(written(tmp_path / "a\nb.csv", "")) == "a?b.csv is empty."


def test_the_fingerprint_changes_with_names_bytes_and_their_order(tmp_path: Path) -> None:
    first = SourceFile(written(tmp_path / "a.csv", "ab"), None)
    second = SourceFile(written(tmp_path / "b.csv", "c"), None)
    prints = [fingerprint(files) for files in ([first], [second], [first, second], [second, first])]
    written(first.path, "a")
    written(second.path, "bc")
    prints.append(fingerprint([first, second]))
    first = SourceFile(first.path.rename(tmp_path / "c.csv"), None)
    prints.append(fingerprint([first, second]))
    assert len(set(prints)) == len(prints)
    assert fingerprint([first, second]) == prints[-1]


REAL = [
    ("adult/adult.data", "age classification", 32_561),
    ("airline_tweets/Tweets.csv", "airline_sentiment text", 14_640),
    ("imdb/train.csv.gz", "label text", 25_000),
    ("sst2/train.csv", "label text", 6_920),
    ("sst2/train_phrases.csv.gz", "label text", 67_349),
    ("waimai_10k/waimai_10k.csv", "label review", 11_987),
    ("chnsenticorp_htl/ChnSentiCorp_htl_all.csv", "label review", 7_766),
    ("telco_churn/WA_Fn-UseC_-Telco-Customer-Churn.csv", "customerID Churn", 7_043),
]


@pytest.mark.skipif("FLYWHEEL_DATASETS" not in os.environ, reason="FLYWHEEL_DATASETS names no folder of data sets")
@pytest.mark.parametrize(("name", "columns", "rows"), REAL)
def test_real_files_are_read_to_the_last_row(name: str, columns: str, rows: int) -> None:
    path = Path(os.environ["FLYWHEEL_DATASETS"]) / name
    [file] = find_files(path.parent, {path.name: "train"}, "csv")
    assert len(read(file.path, columns.split(), columns.split(), "csv")) == rows


def zstd(content: bytes) -> bytes:
    import pyarrow

    out = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(out, "zstd") as stream:
        stream.write(content)
    return bytes(out.getvalue())


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


PACKERS = {".gz": gzipped, ".zst": zstd, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_packed_file_reads_as_the_plain_one_also_in_several_streams(tmp_path: Path, suffix: str) -> None:
    pack = PACKERS[suffix]
    path = written(tmp_path / f"a.csv{suffix}", pack(b"id,text\n1,x\n"))
    assert read(path, ["id", "text"]) == [{"id": "1", "text": "x"}]
    assert find_files(tmp_path, None, None) == [SourceFile(path, None)]
    lines = written(tmp_path / f"b.jsonl{suffix}", pack(b'{"id": "1"}\n') + pack(b'{"id": "2"}\n'))
    assert read(lines, ["id"]) == [{"id": "1"}, {"id": "2"}]
    many = written(tmp_path / f"c.csv{suffix}", b"".join(pack(f"{n}\n".encode() * 9000) for n in ["id", *range(99)]))
    assert len(read(many, ["id"])) == 99 * 9000 + 8999


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_packed_file_cut_anywhere_is_refused(tmp_path: Path, suffix: str) -> None:
    whole = PACKERS[suffix]("".join(f"{i},{SECRET}{i * i}\n" for i in range(60)).encode())
    for length in range(len(whole)):
        said = refusal(written(tmp_path / f"a.csv{suffix}", whole[:length]), columns=["0"])
        assert said.startswith(f"a.csv{suffix} is ")


@pytest.mark.parametrize("suffix", PACKERS)
def test_no_stream_behind_the_first_is_left_out_without_a_word(tmp_path: Path, suffix: str) -> None:
    """Who packs with all cores writes many streams: one that is damaged at its head would end the file early."""
    first, second = (PACKERS[suffix](b"id,text\n1,x\n" * 40) for _ in range(2))
    for place in range(4):
        spoilt = bytearray(second)
        spoilt[place] ^= 0x55
        said = refusal(written(tmp_path / f"a.csv{suffix}", first + bytes(spoilt)))
        assert "does not unpack" in said or "ends early" in said


def test_zeros_between_streams_of_xz_are_padding(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv.xz", lzma.compress(b"id\n") + bytes(8) + lzma.compress(b"7\n") + bytes(4))
    assert read(path, ["id"]) == [{"id": "7"}]


@pytest.mark.parametrize(("suffix", "packer"), [(".zst", "zstd"), (".bz2", "bzip2"), (".xz", "xz")])
def test_what_is_named_as_packed_and_is_not_is_refused(tmp_path: Path, suffix: str, packer: str) -> None:
    path = written(tmp_path / f"a.csv{suffix}", GOOD)
    assert refusal(path) == f"a.csv{suffix} is not {'an' if packer == 'xz' else 'a'} {packer} file."


@pytest.mark.parametrize(
    ("name", "head", "fix"),
    [
        ("book.zip", b"PK\x03\x04", "name a workbook .xlsx"),
        ("old.xls", b"\xd0\xcf\x11\xe0", "save it as .xlsx"),
        ("all.7z", b"7z\xbc\xaf", "unpack it"),
        ("shop.db", b"SQLite format 3\x00", "sqlite:///FILE"),
        ("paper", b"%PDF-", "write its texts as rows"),
        ("rows.foo", b"a,b", "declare `ingest.format`"),
        ("rows.gz", gzip.compress(b"a,b", mtime=0), "declare `ingest.format`"),
    ],
)
def test_what_is_often_brought_as_a_table_is_refused_with_what_helps(
    tmp_path: Path, name: str, head: bytes, fix: str
) -> None:
    path = tmp_path / name
    path.write_bytes(head + bytes(40))
    with pytest.raises(SourceError, match=re.escape(fix)) as caught:
        find_files(path, None, None)
    lines(caught.value)
    if "ingest.format" not in fix:
        with pytest.raises(SourceError, match=re.escape(fix)):
            look(path)


def test_an_archive_is_refused_by_name_and_by_content(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "reviews.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../escaped.csv", GOOD)
        archive.writestr("bomb.csv", bytes(50_000_000))
    assert not_found(path) == "reviews.zip is a ZIP archive or an Excel workbook (.xlsx)."
    assert "ZIP archive" in refusal(path, format="csv")
    assert not list(tmp_path.parent.glob("escaped.csv"))
