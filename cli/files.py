"""The two files, read as the deployment reads them: held to the connectors and to each other."""

from pathlib import Path

from connectors import fitting
from schemas import documents
from schemas.config import Config
from schemas.policy import Policy


def config(path: Path) -> Config:
    """`sluice.yaml`, whose connectors are there and take these settings; or `Invalid`."""
    found = documents.config(path)
    fitting.fit(found, path)
    return found


def both(sluice: Path, policy: Path) -> tuple[Config, Policy]:
    """Both, or `Invalid` with the problems of both; at last, those between them."""
    problems: list[documents.Problem] = []
    read: list[Config | Policy] = []
    for reader, path in ((config, sluice), (documents.policy, policy)):
        try:
            read.append(reader(path))
        except documents.Invalid as error:
            problems += error.problems
    if problems:
        raise documents.Invalid(problems)
    systems, rules = read
    assert isinstance(systems, Config)
    assert isinstance(rules, Policy)
    problems += documents.together(systems, rules, policy)
    if problems:
        raise documents.Invalid(problems)
    return systems, rules
