"""No name of a user's becomes a path that leads elsewhere, or passes for another's."""

import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from workspaces import REVIEWS, lines

from flywheel.new import new
from pipelines.errors import ParameterError, RecordError, SourceError
from pipelines.files import inside
from pipelines.record import parse_record

BAD = [
    "", ".", "..", "...", "../x", "../../etc/passwd", "a/../b", "a/b", "/etc/passwd", "//host/share", "~", "~root",
    "~/x",
    "a\\b", "..\\x", "C:\\x", "c:x", "\\\\host\\share", "a\0", "a\0.db", "\0", "a\nb", "a\r", "a\tb", " a", "a ", " ",
    "con", "CON", "con.db", "nul", "aux", "prn", "com1", "lpt9.txt", "a.", "a..", ".a", ".git", "-rf", "--help", "_a",
    "A", "Reviews", "ré", unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é"), "评论", "а", "a\u200b",
    "a\u202eb", "\ufeffa", "a:b", "a*", "a?", "a|b", "<script>", "a\"b", "a'b", "a;b", "a$b", "$(x)", "`x`", "a&b",
    "%2e%2e",
    "a%00", "x" * 65, "x" * 3000, "a\x7f", "a\x1b[2J", "\ud800", "a,b", "a=b", "a#b", "a@b", "a+b",
]  # fmt: skip
GOOD = ["a", "0", "product_reviews", "reviews-2026.03", "x" * 64, "a..b", "a_", "a-", "consent", "com10x", "null"]


def named(name: str) -> str:
    return parse_record({**REVIEWS, "name": name}).name


@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_a_name_that_could_lead_elsewhere_is_refused_without_being_repeated(name: str) -> None:
    with pytest.raises(RecordError, match=r"record\.name") as caught:
        named(name)
    assert len(lines(caught.value)) == 3
    assert len(name) < 3 or name not in lines(caught.value)[0]


def test_there_are_sixty_names_that_are_refused() -> None:
    assert len(set(BAD)) >= 60


@pytest.mark.parametrize("name", GOOD)
def test_a_plain_name_is_a_name(name: str, tmp_path: Path) -> None:
    assert named(name) == name
    assert inside(tmp_path, f"{name}.db").parent == tmp_path


@given(st.text(max_size=70) | st.from_regex(r"[a-z0-9._~/\\-]{1,12}", fullmatch=True))
def test_whatever_is_accepted_is_one_file_directly_in_its_folder(name: str) -> None:
    try:
        accepted = named(name)
    except RecordError:
        return
    root = Path("/somewhere/keys")
    for path in (root / accepted, root / f"{accepted}.db"):
        assert path.resolve().parent == root
    assert accepted == accepted.lower() == unicodedata.normalize("NFKC", accepted)


@pytest.mark.parametrize("name", ["../x", "..", "", ".", "/etc/passwd", "a/../../x"])
def test_a_path_is_held_inside_its_root(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="led out"):
        inside(tmp_path, name)


def test_a_link_does_not_lead_out_of_its_root(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="led out"):
        inside(tmp_path / "root", "link/x")


@pytest.mark.parametrize("name", [each for each in BAD if "\ud800" not in each], ids=ascii)
def test_no_such_name_is_a_preset(name: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError):
        new(str(tmp_path / "made"), name, None, [])
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "name", ["a\0b", "a\nb", "a\x1b[2J", "a\u202eb", "\ud800", "x" * 3000], ids=lambda name: ascii(name)[:20]
)
def test_a_workspace_is_not_made_where_its_name_could_not_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError):
        new(str(tmp_path / name), "sample", None, [])
    assert not list(tmp_path.iterdir())


def test_a_password_does_not_reach_the_file_and_a_database_is_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceError, match="name or a password"):
        new(str(tmp_path / "made"), "sample", "https://me:pass@good.example/a.csv", [])
    assert not list(tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    new("made", "sample", "sqlite:///reviews.db", [])
    told = yaml.safe_load((tmp_path / "made" / "params.yaml").read_text("utf-8"))["ingest"]["source"]
    assert told == f"sqlite:///{tmp_path}/reviews.db"
