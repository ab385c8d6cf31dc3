"""`flywheel scrub`: texts and JSON lines, anywhere, without the people in them."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from workspaces import REPOSITORY

from flywheel.cli import main
from flywheel.moving import Moving
from flywheel.scrub import LARGEST

Scrubbed = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def scrubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Scrubbed:
    """What `flywheel scrub` makes of some content: its exit code, its output and its words; from standard input too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLYWHEEL_MASTER_KEY", raising=False)

    def call(content: bytes | str, *options: str, name: str = "notes.txt") -> tuple[int, bytes, str]:
        content = content.encode() if isinstance(content, str) else content
        if name == "-":
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        else:
            Path(name).write_bytes(content)
        with pytest.raises(SystemExit) as ended:
            main(["scrub", name, *options])
        out, err = capfdbinary.readouterr()
        return int(str(ended.value.code)), out, err.decode()

    return call


def refused(found: tuple[int, bytes, str], pattern: str) -> None:
    """Check that the input was refused in three lines, without a word of it."""
    code, _, words = found
    assert code == 2
    assert re.search(pattern, words)
    assert len(words.splitlines()) == 3
    assert "canary" not in words


@pytest.mark.parametrize("name", ["notes.txt", "notes", "-"])
def test_a_text_leaves_as_it_came_but_for_the_people(scrubbed: Scrubbed, name: str) -> None:
    text = "Call 202-555-0123\r\nor\tjo@example.com.\n\n张三 13800012345"
    assert scrubbed(text, name=name) == (0, "Call <PHONE>\r\nor\t<EMAIL>.\n\n张三 <PHONE>".encode(), "")


def test_json_tells_where_what_was_found_in_characters_of_the_original(scrubbed: Scrubbed) -> None:
    text = "𝒥张三 jo@example.com!"
    _, out, _ = scrubbed(text, "--json")
    found = json.loads(out)
    assert out.count(b"\n") == 1
    assert found == {"text": "𝒥张三 <EMAIL>!", "spans": [{"start": 4, "end": 18, "type": "EMAIL", "score": 1.0}]}
    assert text[4:18] == "jo@example.com"


@pytest.mark.parametrize("name", ["notes.jsonl", "notes.ndjson", "-"])
def test_json_lines_are_documents(scrubbed: Scrubbed, name: str) -> None:
    lines = [{"text": "jo@example.com\nsaid"}, {"text": "", "name": "canary"}, {"text": "plain"}]
    content = "\n".join(map(json.dumps, lines))
    code, out, _ = scrubbed(content, "--json", name=name)
    assert code == 0
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["<EMAIL>\nsaid", "", "plain"]
    assert b"canary" not in out
    assert scrubbed(content, name=name)[1] == b"<EMAIL>\nsaid\n\nplain\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--mode", "mask"), "████ or ████"),
        (("--numbered", "all"), "<EMAIL_1> or <EMAIL_2>"),
        (("--finders", "patterns"), "<EMAIL> or <EMAIL>"),
    ],
)
def test_modes_are_chosen_by_option(scrubbed: Scrubbed, options: tuple[str, ...], expected: str) -> None:
    assert scrubbed("a@example.com or b@example.com", *options)[1].decode() == expected


def test_surrogates_agree_between_documents_where_there_is_a_master_key(
    scrubbed: Scrubbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = '{"text": "jo.doe@mail.org"}\n' * 2
    one, other = scrubbed(content, "--mode", "surrogate", name="a.jsonl")[1].split()
    assert one != other
    monkeypatch.setenv("FLYWHEEL_MASTER_KEY", "11" * 32)
    one, other = scrubbed(content, "--mode", "surrogate", name="a.jsonl")[1].split()
    assert one == other
    assert re.fullmatch(rb"[a-z]+\.[a-z]+@example\.(com|org|net)", one)
    monkeypatch.setenv("FLYWHEEL_MASTER_KEY", "22" * 32)
    assert one != scrubbed(content, "--mode", "surrogate", name="a.jsonl")[1].split()[0]


GOOD = '{"text": "jo@example.com"}\n'


@pytest.mark.parametrize(
    "bad",
    [
        "canary",
        '{"text": 3}',
        '{"canary": "x"}',
        '["canary"]',
        "null",
        '{"text": "canary',
        '{"text": null}',
        "[" * 100_000,
    ],
)
def test_a_bad_line_is_told_by_its_number_and_the_lines_before_it_are_done(scrubbed: Scrubbed, bad: str) -> None:
    found = scrubbed(f"{GOOD}{bad}\n{GOOD}", name="a.jsonl")
    refused(found, r"line 2 of a\.jsonl")
    assert found[1] == b"<EMAIL>\n"


def test_a_blank_line_may_stand_at_the_end_alone(scrubbed: Scrubbed) -> None:
    assert scrubbed(f"{GOOD}\n \r\n", name="a.jsonl")[:2] == (0, b"<EMAIL>\n")
    refused(scrubbed(f"{GOOD}\n{GOOD}", name="a.jsonl"), "line 2 of a.jsonl is blank")


def test_a_wrong_encoding_is_told_by_its_byte(scrubbed: Scrubbed) -> None:
    refused(scrubbed("canary é".encode("latin-1")), "notes.txt is not UTF-8: byte offset 7")
    found = scrubbed(GOOD.encode() + '{"text": "é"}'.encode("latin-1"), name="a.jsonl")
    refused(found, f"byte offset {len(GOOD) + 10}")
    assert found[1] == b"<EMAIL>\n"
    refused(scrubbed("canary".encode("utf-16")), "byte offset 0")


def test_a_byte_order_mark_is_no_text(scrubbed: Scrubbed) -> None:
    assert scrubbed(b"\xef\xbb\xbfhi")[1] == b"hi"
    assert scrubbed(b"\xef\xbb\xbf" + GOOD.encode(), name="-")[1] == b"<EMAIL>\n"


def test_half_a_character_leaves_as_json_and_is_refused_as_text(scrubbed: Scrubbed) -> None:
    content = '{"text": "\\ud800 jo@example.com"}\n'
    assert json.loads(scrubbed(content, "--json", name="a.jsonl")[1])["text"] == "\ud800 <EMAIL>"
    refused(scrubbed(content, name="a.jsonl"), "half a character")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--mode", "maks"), "write mask"),
        (("--finders", "patterns,oracle"), "does not know 'oracle'"),
        (("--finders", ""), "does not know ''"),
        (("--numbered", "some"), "people, all, none"),
    ],
)
def test_an_option_that_is_not_known_is_refused_before_anything_is_read(
    scrubbed: Scrubbed, options: tuple[str, ...], words: str
) -> None:
    refused(scrubbed("canary", *options), words)


def test_a_file_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scrub", "/nowhere/at all"])
    assert ended.value.code == 2
    assert "at all cannot be opened (FileNotFoundError)" in capsys.readouterr().err


@pytest.mark.no_cover  # long, over lines that others count
def test_a_text_of_ten_megabytes_is_one_document_and_twice_as_much_none(scrubbed: Scrubbed) -> None:
    # Names take two seconds a megabyte to look for: of ten there is one.
    for sentences, options in ((330_000, ("--finders", "patterns")), (33_000, ())):
        text = "A quiet sentence about nobody. " * sentences
        assert scrubbed(text + "jo@example.com", *options)[1] == (text + "<EMAIL>").encode()
    refused(scrubbed(b"x" * (LARGEST + 1)), "more than 20,000,000 bytes")
    refused(scrubbed(b'{"text": "' + b"x" * LARGEST + b'"}', name="a.jsonl"), "line 1 of a.jsonl has more than")


def command(*options: str) -> dict[str, Any]:
    """How to start the command as a process of its own."""
    return {
        "args": [sys.executable, "-m", "flywheel.cli", "scrub", "-", *options],
        "env": {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": ""},
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
    }


def test_each_line_leaves_before_the_next_one_comes() -> None:
    with subprocess.Popen(**command()) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write(GOOD.encode())
            process.stdin.flush()
            assert process.stdout.readline() == b"<EMAIL>\n"
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process how much memory it took")
def test_memory_does_not_grow_with_the_number_of_lines() -> None:
    script = (
        "import sys; from pathlib import Path; from flywheel.scrub import scrub;"
        "scrub('-', 'placeholder', ['patterns'], 'people', as_json=True);"
        "sys.stderr.write(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    line = json.dumps({"text": "a quiet sentence about nobody, " * 300}).encode() + b"\n"
    peaks = []
    for lines in (10, 3000):
        with subprocess.Popen(**command() | {"args": [sys.executable, "-c", script]}) as process:
            _, words = process.communicate(line * lines, timeout=120)
        peaks.append(int(words.split()[-1]))
    assert len(line) * 3000 > 25_000_000
    assert peaks[0] > 5_000
    assert peaks[1] - peaks[0] < 10_000  # kilobytes


def test_a_reader_that_has_gone_is_no_news() -> None:
    with subprocess.Popen(**command()) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, words = process.communicate(GOOD.encode() * 20_000, timeout=60)
    assert (process.returncode, words) == (1, b"")


def test_nothing_heavy_is_imported_for_a_small_text() -> None:
    script = (
        "import io, sys; sys.stdin = io.TextIOWrapper(io.BytesIO(b'jo@example.com'));"
        "from flywheel.scrub import scrub; scrub('-', 'placeholder', ['patterns'], 'people', as_json=False);"
        "heavy = {'polars', 'numpy', 'pyarrow', 'faker', 'yaml', 'cryptography', 'spacy', 'httpx'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=REPOSITORY, timeout=60
    )
    assert done.stdout == "<EMAIL>[]\n"


def test_a_short_command_is_silent_and_a_long_one_tells_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    short = Moving("scrub")
    short.tell(1, 1000)
    assert capsys.readouterr().err == ""
    long = Moving("scrub", _began=short._began - 10)
    long.tell(2500, 40_000_000)
    long.tell(2501, 40_000_100)
    assert re.fullmatch(r"scrub: 2,500 documents, 40\.0 MB, \d\.\d MB/s\n", capsys.readouterr().err)


def test_nothing_is_written_where_it_is_called(scrubbed: Scrubbed, tmp_path: Path) -> None:
    scrubbed("jo@example.com", "--mode", "surrogate")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
