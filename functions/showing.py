"""Which ids of the sources a caller is shown.

An id that is made from an address tells whose it is to whoever can guess the address. It is shown
to those who may see identifiers; to others, only of which source and kind it is.
"""

from connectors import registry
from functions import wiring
from functions.caller import Access
from schemas.evidence import JudgedView
from schemas.identifiers import Subject

ANONYMOUS = "anonymous"
"""The object of a subject that is its set of identifiers: its id is their hash."""


def telling(source: str, object_: str = "") -> bool:
    """Whether a source's ids may be made from an address; so may those of one that is gone."""
    named = wiring.config().sources.get(source)
    if object_ == ANONYMOUS or named is None:
        return True
    return registry.load(named.connector).SPEC.telling_ids


def shown(allowed: Access, subject: Subject) -> bool:
    """Whether the caller is shown which contact of its source a subject is."""
    return allowed.sees("identifiers") or not telling(subject.source, subject.object)


def subject(allowed: Access, key: str) -> str:
    """`<source>:<object>:<id>`, without an id that tells."""
    source, object_, _ = key.split(":", 2)
    hidden = telling(source, object_) and not allowed.sees("identifiers")
    return f"{source}:{object_}" if hidden else key


def consent(allowed: Access, name: str) -> str:
    """A consent event, `<source>:<kind>:<id>@<time>`, without an id that tells."""
    source, _, record = name.partition(":")
    if allowed.sees("identifiers") or not telling(source):
        return name
    return f"{source}:{record.partition(':')[0]}@{name.rpartition('@')[2]}"


def judged(allowed: Access, view: JudgedView) -> JudgedView:
    """What became of the customers, as the caller is shown it."""
    parts = tuple(
        each.model_copy(update={"subjects": tuple(subject(allowed, s) for s in each.subjects)})
        for each in view.customers
    )
    return view.model_copy(update={"customers": parts})
