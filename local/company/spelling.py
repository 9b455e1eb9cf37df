"""How one and the same thing is written by different hands: typos, letter case, number formats."""

import unicodedata
from collections.abc import Callable
from random import Random

_FORMATS: dict[str, tuple[Callable[[str], str], ...]] = {
    "DE": (
        lambda n: n,
        lambda n: f"030 / {n[5:10]} {n[10:]}",
        lambda n: f"+49 (0)30 {n[5:10]}-{n[10:]}",
        lambda n: f"0049 30 {n[5:]}",
    ),
    "GB": (
        lambda n: n,
        lambda n: f"0{n[3:7]} {n[7:10]}{n[10:]}",
        lambda n: f"+44 {n[3:7]} {n[7:]}",
    ),
    "US": (
        lambda n: n,
        lambda n: f"({n[2:5]}) {n[5:8]}-{n[8:]}",
        lambda n: f"{n[2:5]}.{n[5:8]}.{n[8:]}",
        lambda n: f"+1 {n[2:5]}-{n[5:8]}-{n[8:]}",
    ),
}


def plain(word: str) -> str:
    """The word in a-z, as people write their names in addresses."""
    word = word.replace("ß", "ss")
    for umlaut, pair in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        word = word.replace(umlaut, pair)
    letters = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    return "".join(c for c in letters.lower() if c.isalnum())


def typo(rng: Random, word: str) -> str:
    """The word with two neighbours swapped or a letter dropped, never the first."""
    at = rng.randrange(1, max(2, len(word) - 1))
    if rng.random() < 0.5:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at : at + 2][::-1] + word[at + 2 :]


def mistyped(rng: Random, email: str) -> str:
    """An address with a typo before the @."""
    local, domain = email.split("@")
    return f"{typo(rng, local)}@{domain}"


def recased(rng: Random, email: str) -> str:
    """The same address in another letter case."""
    local, domain = email.split("@")
    return rng.choice((email.upper(), f"{local.title()}@{domain}", f"{local}@{domain.title()}"))


def tagged(rng: Random, email: str) -> str:
    """The same mailbox with a plus-tag."""
    local, domain = email.split("@")
    return f"{local}+{rng.choice(('shop', 'news', 'outdoor'))}@{domain}"


def written(rng: Random, phone: str, country: str) -> str:
    """An E.164 number as a person of that country may type it."""
    return rng.choice(_FORMATS[country])(phone)
