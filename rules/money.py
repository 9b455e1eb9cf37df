"""Amounts as people and destinations read them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from schemas.graph import Total

NO_MINOR_UNIT: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THREE_DIGITS: Final = "BHD IQD JOD KWD LYD OMR TND"


def digits(currency: str) -> int:
    """The decimals of a currency (ISO 4217)."""
    return 0 if currency in NO_MINOR_UNIT else 3 if currency in THREE_DIGITS else 2


def amount(minor: int, currency: str) -> str:
    """Minor units as a plain decimal number: 124000 EUR is `1240.00`."""
    return str(Decimal(minor).scaleb(-digits(currency)))


def value(totals: Mapping[str, Total]) -> str:
    """What somebody has bought for: `EUR 1240.00`, the currency most bought in first."""
    order = sorted(totals.items(), key=lambda each: (-each[1].count, each[0]))
    return ", ".join(f"{currency} {amount(total.minor, currency)}" for currency, total in order)
