"""Vendors are at public addresses; anything else is a way into the network we run in."""

import pytest

from adapters.http_address import base, permitted, public
from schemas.errors import Misconfigured


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.8", "172.16.4.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",  # noqa: S104
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fd00::1", "ff02::1",
        "::ffff:10.0.0.8", "64:ff9b::a00:8", "2002:a00:8::1", "::",
        "64:ff9b:1::a9fe:a9fe", "::ffff:0:169.254.169.254", "::127.0.0.1", "fec0::1",
    ],
)  # fmt: skip
def test_addresses_of_no_vendor(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_of_the_open_internet(address: str) -> None:
    assert public(address)


def test_one_private_address_among_several_is_enough_to_refuse() -> None:
    answers = ["93.184.215.14", "10.0.0.8"]
    with pytest.raises(Misconfigured, match="private address"):
        permitted("rebound.example", 443, lambda *_: answers, private=False)
    assert permitted("rebound.example", 443, lambda *_: answers, private=True) == answers


@pytest.mark.parametrize("url", ["http://vendor.example", "https://me:pw@vendor.example"])
def test_a_base_url_is_https_and_has_no_password(url: str) -> None:
    with pytest.raises(Misconfigured):
        base(url, private=False)
