"""Names and places from Faker, read as lists: no generator with a state is made, and nothing is drawn here."""

from functools import cache


@cache
def given_names() -> tuple[str, ...]:
    """English given names."""
    from faker.providers.person.en_US import Provider

    return tuple(Provider.first_names)


@cache
def surnames() -> tuple[str, ...]:
    """English surnames."""
    from faker.providers.person.en_US import Provider

    return tuple(Provider.last_names)


@cache
def given_names_alone() -> frozenset[str]:
    """English given names in lower case that are no surnames too."""
    return frozenset(map(str.casefold, given_names())) - frozenset(map(str.casefold, surnames()))


@cache
def chinese_given_names(length: int) -> tuple[str, ...]:
    """Chinese given names of so many characters; for any length but 1 and 2 the single characters."""
    from faker.providers.person.zh_CN import Provider

    found = tuple(Provider.first_names)
    return tuple(name for name in found if len(name) == length) or tuple(sorted(set("".join(found))))


@cache
def chinese_surnames(length: int) -> tuple[str, ...]:
    """Chinese surnames of so many characters; for any length that none has, all of them."""
    from faker.providers.person.zh_CN import Provider

    found = tuple(Provider.last_names)
    return tuple(name for name in found if len(name) == length) or found


@cache
def city_endings() -> tuple[str, ...]:
    """What English towns end in: "ton", "ville"."""
    from faker.providers.address.en_US import Provider

    return tuple(Provider.city_suffixes)


@cache
def states() -> tuple[str, ...]:
    """The states of the USA, abbreviated."""
    from faker.providers.address.en_US import Provider

    return tuple(Provider.states_abbr)


@cache
def chinese_places() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Chinese cities and districts, without 市 and 区."""
    from faker.providers.address.zh_CN import Provider

    return tuple(Provider.cities), tuple(Provider.districts)


@cache
def chinese_companies() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How names of Chinese companies begin and end."""
    from faker.providers.company.zh_CN import Provider

    return tuple(Provider.company_prefixes), tuple(Provider.company_suffixes)
