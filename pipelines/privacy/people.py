"""Which mentions of a document are one person: "Anna Smith", later "Ms Smith" or "Anna"; 张伟, 张先生, 小张.

Mentions are read in their order, and every question is one look into an index: time is linear. What is ambiguous
goes to whoever was mentioned last; what contradicts (another given name, Mr and Ms) is somebody else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipelines.privacy.person_names import Name, is_initial

Key = tuple[str, ...]


@dataclass
class Person:
    """What is known of one person so far."""

    given: tuple[str, ...] = ()
    surname: str = ""
    alone: str = ""
    gender: str = ""
    age: str = ""
    last: int = 0

    @property
    def is_one_name(self) -> bool:
        """Whether only one name was ever said, without telling which part it is."""
        return not self.surname

    def contradicts(self, name: Name) -> bool:
        """Tell whether a title or a nickname makes this mention somebody else."""
        return _differ(self.gender, name.gender) or _differ(self.age, name.age)

    def learn(self, name: Name) -> None:
        """Add what a mention says; a name written out replaces its initial."""
        if name.surname:
            longer = not self.given or is_initial(self.given[0]) or len(name.given) > len(self.given)
            self.given = name.given if (longer and not is_initial(name.given[0])) or not self.given else self.given
            self.surname = self.surname or name.surname
        elif self.is_one_name:
            self.alone = name.alone
        self.gender, self.age = self.gender or name.gender, self.age or name.age


def link(names: Iterable[Name]) -> tuple[list[int], list[Person]]:
    """For each mention the place of its person, and the people in the order in which they appear."""
    people: list[Person] = []
    index: dict[Key, int] = {}
    places: list[int] = []
    for number, name in enumerate(names):
        found = next(_candidates(name, people, index), None)
        if found is None:
            people.append(Person())
            found = len(people) - 1
        people[found].learn(name)
        people[found].last = number
        for key in (*_keys_of_mention(name), *_keys_of_person(people[found])):
            index[key] = found
        places.append(found)
    return places, people


def _differ(one: str, other: str) -> bool:
    return bool(one) and bool(other) and one != other


def _candidates(name: Name, people: list[Person], index: dict[Key, int]) -> Iterator[int]:
    """Yield whoever a mention can be, the likeliest first."""
    for group in _full_questions(name) if name.surname else _alone_questions(name):
        found = {index[key]: key for key in group if key in index}
        for place in sorted(found, key=lambda place: -people[place].last):
            if not people[place].contradicts(name) and _fits(people[place], name, found[place]):
                yield place


def _full_questions(name: Name) -> Iterator[list[Key]]:
    given, surname = name.given, name.surname
    yield [("full", surname, *given)]
    yield [("first", surname, given[0])]
    yield [("initial", surname, given[0][0])]
    if name.is_chinese:
        whole = surname + given[0]
        yield [("given", whole), ("surname", whole)]  # 志强, of 李志强; 史密斯, of 约翰·史密斯
    yield [("alone", surname), ("alone", given[0])]


def _alone_questions(name: Name) -> Iterator[list[Key]]:
    marks = (name.gender, name.age)
    surnames: list[Key] = [("surname", name.alone), ("alone", name.alone)]
    surnames += [("surname", name.alone, *marks), ("alone", name.alone, *marks)]
    if name.titled:
        yield surnames
        yield [("given", name.alone)]
    else:
        yield [*surnames, ("given", name.alone)]


def _fits(person: Person, name: Name, key: Key) -> bool:
    """Tell whether the given names of a full mention agree with the person's: "J. Smith" is John, "Jane" is not."""
    if key[0] == "alone":
        return name.surname == "" or person.is_one_name
    if not name.surname or key[0] in ("full", "given", "surname"):
        return True
    first = name.given[0]
    if key[0] == "initial" and not is_initial(first) and not is_initial(person.given[0]):
        return False
    return not any(_differ(one[:1], other[:1]) for one, other in zip(person.given[1:], name.given[1:], strict=False))


def _keys_of_mention(name: Name) -> Iterator[Key]:
    if name.surname:
        yield ("full", name.surname, *name.given)
    else:
        yield ("alone", name.alone)


def _keys_of_person(person: Person) -> Iterator[Key]:
    """Where later mentions will look for this person."""
    if person.is_one_name:
        yield ("alone", person.alone)
        yield ("alone", person.alone, person.gender, person.age)
        return
    for surname in {person.surname, person.surname.rpartition(" ")[2]}:  # Beethoven, of van Beethoven
        yield ("surname", surname)
        yield ("surname", surname, person.gender, person.age)
    yield ("first", person.surname, person.given[0])
    yield ("initial", person.surname, person.given[0][0])
    yield ("given", person.given[0])
