"""A person's stand-in, in the form of each mention: titles, initials, order and capitals stay, the names change.

Names are exchanged word by word: whoever shares a surname in the document shares one behind it.
"""

from functools import partial
from random import Random

from pipelines.privacy.people import Person
from pipelines.privacy.person_names import (
    LONGEST,
    PARTICLES,
    Name,
    Piece,
    is_han,
    is_initial,
    split_chinese,
    western_pieces,
)
from pipelines.privacy.shadow import BLANK, cast
from pipelines.privacy.surrogates import pools
from pipelines.privacy.surrogates.chosen import Choice


def stand_in(choice: Choice, mention: str, name: Name, person: Person) -> str | None:
    """The mention with other names in it; None where no free name was found, or where it holds no name at all."""
    if len(mention) > LONGEST:
        return None
    plain = cast(mention).text.replace(BLANK, " ")
    if name.is_chinese:
        return _chinese(choice, plain, person)
    pieces = western_pieces(plain)
    words = [piece for piece in pieces if piece.role in ("given", "surname", "alone")]
    if not words:
        return None
    given = [piece for piece in words if piece.role == "given"]
    done, parts = 0, []
    for piece in words:
        order = given.index(piece) if piece.role == "given" else -1
        new = _word(choice, plain, piece, name, person, order)
        if new is None:
            return None
        parts += [plain[done : piece.start], new]
        done = piece.end
    return "".join([*parts, plain[done:]])


def _word(choice: Choice, plain: str, piece: Piece, name: Name, person: Person, order: int) -> str | None:
    role = piece.role if piece.role != "alone" else _role(piece.text, name, person)
    said = piece.text
    if role == "surname" and said in PARTICLES and said != person.surname:
        return plain[piece.start : piece.end]
    shown = plain[piece.start : piece.end]
    if not is_initial(said):
        chosen = choice.choose("NAME", said, partial(_name, said, role))
        return None if chosen is None else _in_case_of(chosen, shown)
    written = person.given[order] if 0 <= order < len(person.given) else ""
    full = written if written[:1] == said and not is_initial(written) else said
    chosen = choice.choose("NAME", full, partial(_name, full, role))
    end = "." if piece.end - piece.start > 1 else ""
    return None if chosen is None else chosen[0] + end


def _role(word: str, name: Name, person: Person) -> str:
    """Which part a lone name is: what the document says elsewhere, a title before it, or else what is usual."""
    if word in person.given:
        return "given"
    if word in person.surname.split() or name.titled:
        return "surname"
    return "given" if word in pools.given_names_alone() else "surname"


def _in_case_of(chosen: str, shown: str) -> str:
    return chosen.upper() if shown.isupper() else chosen.lower() if shown.islower() else chosen


def _chinese(choice: Choice, plain: str, person: Person) -> str | None:
    before, surname, given, after = split_chinese(plain)
    whole = surname + given
    if whole in person.given:
        parts = [("given", whole)]
    elif whole == person.surname:
        parts = [("surname", whole)]
    else:
        parts = [("surname", surname), ("given", given)]
    chosen = [choice.choose("NAME", part, partial(_name, part, role)) for role, part in parts if part]
    if not chosen or None in chosen:
        return None
    return before + "".join(part for part in chosen if part) + after


def _name(original: str, role: str, random: Random, wide: bool) -> str:
    if is_han(original):
        if role == "surname":
            return random.choice(pools.chinese_surnames(0 if wide else len(original)))
        named = pools.chinese_given_names(len(original))
        if len(original) <= 2 and not wide:
            return random.choice(named)
        return "".join(random.choice(pools.chinese_given_names(0)) for _ in original)
    return random.choice(pools.given_names() if role == "given" else pools.surnames())
