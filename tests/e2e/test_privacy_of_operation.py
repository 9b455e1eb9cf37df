"""Nothing that the product leaves outside its tables' data says who anybody is, or a secret."""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest

from local.company.model import Company
from local.company.people import people
from tests.e2e.conftest import Travelled
from tests.e2e.hub import Hub
from tests.e2e.standins import Standins
from tests.e2e.tap import Tap

EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
DIGITS = re.compile(r"\d[\d ()./-]{5,20}\d")


@pytest.fixture(scope="module")
def written(hub: Hub, journey: Travelled, outbound: Tap) -> dict[str, str]:
    """Everything the local cloud wrote, by what it is."""
    hub.api.get("agent", "/v1/context", {"phone": "+12025550143"})
    hub.api.get("agent", "/v1/context", {"email": "ben.aydin@example.org"})
    rows = [*hub.rows(), *hub.rows("JournalTable")]
    home = hub.stage.home
    return {
        "the cloud's log": hub.stage.cloud.service.log.read_text(errors="replace"),
        "the stand-ins' log": (home / "standins.log").read_text(errors="replace"),
        "the calls": hub.stage.cloud.calls.read_text(),
        "function logs": "\n".join(_function_logs(hub)),
        "queue names": json.dumps(hub.client("sqs").list_queues()["QueueUrls"]),
        "table keys": "\n".join(f"{key.pk} {key.sk}" for key in rows),
        "events that left": "\n".join(outbound.bodies()),
        "dead letters": "\n".join(_left_in_dead_letters(hub)),
    }


def _function_logs(hub: Hub) -> Iterator[str]:
    logs = hub.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
        yield name
        yield from (event["message"] for page in pages for event in page["events"])


def _left_in_dead_letters(hub: Hub) -> Iterator[str]:
    """Of the queues that carry ids only; those of `resolve` and the pulls carry records."""
    for name, url in hub.queues.items():
        if name.endswith("-dead") and name.startswith(("deliver-", "announce")):
            found = hub.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            yield from (message["Body"] for message in found.get("Messages", []))


def addresses(company: Company) -> set[str]:
    """Every e-mail address of the company, as written anywhere in its systems, in lower case."""
    who = people(company.seed, company.now)
    said = EMAIL.findall(json.dumps(_everything(company), ensure_ascii=False, default=str))
    own = [address for p in who for address in (p.email, p.old_email) if address]
    return {each.lower() for each in (*said, *own)}


def numbers(company: Company) -> set[str]:
    """The national digits of every phone number."""
    return {re.sub(r"^(1|44|49)", "", p.phone[1:]) for p in people(company.seed, company.now)}


def _everything(company: Company) -> list[object]:
    shops = [[*shop.customers, *shop.orders] for shop in company.shops.values()]
    return [shops, company.mailchimp.members, company.zendesk.users, company.hubspot.contacts]


def test_no_address_of_anybody(written: dict[str, str], standins: Standins) -> None:
    known = addresses(standins.company)
    for what, text in written.items():
        said = {each.lower() for form in (text, unquote(text)) for each in EMAIL.findall(form)}
        assert not said & known, f"{what}: {len(said & known)} addresses"
        for email in known:
            assert quote(email) not in text, what


def test_no_number_of_anybody(written: dict[str, str], standins: Standins) -> None:
    known = numbers(standins.company)
    for what, text in written.items():
        spans = (re.sub(r"\D", "", each) for each in DIGITS.findall(unquote(text)))
        found = {span for span in spans if len(span) <= 15 and span.endswith(tuple(known))}
        assert not found, f"{what}: {len(found)} numbers"


def test_no_secret(hub: Hub, written: dict[str, str]) -> None:
    client = hub.client("secretsmanager")
    names = [each["Name"] for each in client.list_secrets(MaxResults=100)["SecretList"]]
    secret = [
        value
        for name in names
        for field, value in json.loads(
            client.get_secret_value(SecretId=name)["SecretString"]
        ).items()
        if field not in {"version", "client_id"}
    ]
    assert len(secret) > 10
    for what, text in written.items():
        assert not any(value in text for value in secret), what


def test_no_name_is_in_a_key(hub: Hub, written: dict[str, str], standins: Standins) -> None:
    """As a word of its own: five letters in a row stand in one of thousands of random keys."""
    keys = written["table keys"].lower()
    words = set(re.split(r"[^a-z0-9_-]+", keys))
    company = standins.company
    for person in people(company.seed, company.now):
        assert person.last.lower() not in words
        assert person.email not in keys
