"""Moments before a given now, and how the vendors write them."""

from datetime import datetime, timedelta
from random import Random

DAY = 86_400


def after(rng: Random, start: datetime, now: datetime) -> datetime:
    """Some whole second between the two, at least an hour before `now`."""
    span = max(1, int((now - start).total_seconds()) - 3600)
    return start + timedelta(seconds=rng.randrange(span))


def zulu(moment: datetime) -> str:
    """As Shopify and Zendesk write it: `2026-07-04T05:33:18Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def offset(moment: datetime) -> str:
    """As Mailchimp writes it: `2026-07-04T05:33:18+00:00`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def millis(moment: datetime) -> str:
    """As HubSpot writes it: `2026-07-04T05:33:18.000Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
