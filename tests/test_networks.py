"""Which machines a download may reach: every spelling of an address that is not public is refused."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import DownloadError
from generator.networks import Reach, guarded, judged, plain_host, refusal, split_entry, system_addresses

PUBLIC = (
    *("1.1.1.1", "8.8.8.8", "52.84.150.9", "93.184.215.14", "172.15.255.255", "172.32.0.0", "100.63.255.255"),
    *("100.128.0.0", "169.253.255.255", "192.167.255.255", "198.17.255.255", "223.255.255.255"),
    *("2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2001:4860:4860::8888", "2400:cb00::1"),
)
NOT_PUBLIC = {
    "this machine": ("127.0.0.1", "127.255.255.254", "::1"),
    "nobody": ("0.0.0.0", "::", "0.1.2.3"),  # noqa: S104  # refused, not listened at
    "private": ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1", "fec0::1"),
    "a carrier's": ("100.64.0.1", "100.127.255.255"),
    "the local link": ("169.254.0.1", "169.254.169.254", "fe80::1", "fe80::1%eth0"),
    "many at once": ("224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"),
    "everybody": ("255.255.255.255",),
    "kept for later": ("240.0.0.1",),
    "kept for examples and tests": (
        *("192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.255"),
        *("2001:db8::1", "3fff::1"),
    ),
    "kept for protocols": ("192.0.0.1", "192.88.99.1", "192.31.196.1", "192.175.48.1", "2001:2::1", "2001:20::1"),
    "mapped": ("::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8", "::127.0.0.1", "::ffff:0:127.0.0.1"),
    "translated": ("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1"),
    "tunnels": ("2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2a00::5efe:10.0.0.1"),
    "blocks that nobody has": ("4000::1", "8000::1", "100::1", "5f00::1", "2620:4f:8000::1"),
}


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize("address", [address for them in NOT_PUBLIC.values() for address in them])
def test_an_address_that_is_not_public(address: str) -> None:
    reason = refusal(address)
    assert reason
    assert "None" not in reason


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_form_of_ipv6_makes_an_ipv4_address_reachable(address: IPv4Address) -> None:
    """Whatever the inner address is: what is wrapped is refused, so nothing has to be unwrapped rightly."""
    number = int(address)
    wrapped = (
        *(number, 0xFFFF << 32 | number, 0xFFFF << 48 | number),
        *(0x64_FF9B << 96 | number, 0x64_FF9B_0001 << 80 | number),
        *(0x2002 << 112 | number << 80, 0x2001_0000 << 96 | (number ^ 0xFFFF_FFFF)),
        *(0x2A00 << 112 | 0x5EFE << 32 | number, 0x2A00 << 112 | 0x0200_5EFE << 32 | number),
    )
    assert [str(IPv6Address(it)) for it in wrapped if refusal(str(IPv6Address(it))) is None] == []


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_never_more_than_python_calls_global(address: IPv4Address) -> None:
    assert refusal(str(address)) is not None or (address.is_global and not address.is_multicast)


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("Pictures.Example.COM", "pictures.example.com"),
        ("example.com.", "example.com"),
        ("xn--fa-hia.de", "xn--fa-hia.de"),
        ("a_b.example.com", "a_b.example.com"),
        ("localhost.", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("::FFFF:127.0.0.1", "::ffff:7f00:1"),
        ("2606:4700:0:0::1111", "2606:4700::1111"),
    ],
)
def test_a_host_in_its_plain_spelling(host: str, plain: str) -> None:
    assert plain_host(host) == plain


@pytest.mark.parametrize(
    "host",
    [
        *("0x7f000001", "0X7F.1", "2130706433", "017700000001", "127.1", "127.0.1", "0177.0.0.1", "127.0.0.01"),
        *("1.2.3.4.5", "256.0.0.1", "0x", "1.0x7f", "127.0.0.1.0x1"),
        *("", ".", "a..b", "-a.com", "a-.com", "a b.com", "ex%61mple.com", "a,b.com", "a@b", "a" * 64 + ".com"),
        *("a." * 127 + "com", "[::1]", "::1%25eth0", "::g", "1::2::3", "１２７.0.0.1", "local\u3002host", "a\x00b"),
    ],
)
def test_a_host_that_nobody_writes_honestly(host: str) -> None:
    with pytest.raises(DownloadError):
        plain_host(host)


def test_one_private_answer_is_enough_to_refuse_a_name() -> None:
    with pytest.raises(DownloadError, match=r"^mixed\.example is not fetched from: 10\.0\.0\.7 is of a private"):
        judged("mixed.example", 443, Reach(), ["1.1.1.1", "10.0.0.7"])


def test_answers_are_given_once_and_in_their_order() -> None:
    assert judged("many.example", 443, Reach(), ["8.8.8.8", "1.1.1.1", "8.8.8.8"]) == ("8.8.8.8", "1.1.1.1")


def test_a_name_without_an_address() -> None:
    with pytest.raises(DownloadError, match="no address"):
        judged("none.example", 443, Reach(), [])


@pytest.mark.parametrize(
    ("entry", "reached", "not_reached"),
    [
        ("files.internal", {("files.internal", 80), ("files.internal", 443)}, {("files.internal", 8443)}),
        ("Files.Internal:8443", {("files.internal", 8443)}, {("files.internal", 443), ("x.files.internal", 8443)}),
        ("10.1.2.3", {("10.1.2.3", 443)}, {("10.1.2.4", 443)}),
        ("[fd00::1]:8080", {("fd00::1", 8080)}, {("fd00::1", 80)}),
        ("[FD00:0::1]", {("fd00::1", 80)}, set()),
    ],
)
def test_what_an_entry_of_allow_hosts_reaches(
    entry: str, reached: set[tuple[str, int]], not_reached: set[tuple[str, int]]
) -> None:
    reach = Reach.of([entry])
    assert all(reach.holds(*place) for place in reached)
    assert not any(reach.holds(*place) for place in not_reached)
    host, port = next(iter(reached))
    assert judged(host, port, reach, ["10.1.2.3"]) == ("10.1.2.3",)


@pytest.mark.parametrize(
    "entry", ["", "a b", "https://files.internal", "files.internal/x", "a@b", "a:0", "a:65536", "127.1", "*"]
)
def test_an_entry_that_is_no_host(entry: str) -> None:
    with pytest.raises(DownloadError):
        split_entry(entry)


def test_a_name_that_changes_its_answer_is_judged_at_each_connection() -> None:
    answers = iter([["1.1.1.1"], ["127.0.0.1"]])

    def rebinding(host: str, port: int) -> Sequence[str]:
        return next(answers)

    ask = guarded(rebinding, Reach())
    assert ask("rebind.example", 443) == ("1.1.1.1",)
    with pytest.raises(DownloadError, match="this machine"):
        ask("rebind.example", 443)


@pytest.mark.parametrize("error", [OSError("gaierror"), UnicodeError("label too long")])
def test_a_resolver_that_fails(error: Exception) -> None:
    def failing(host: str, port: int) -> Sequence[str]:
        raise error

    with pytest.raises(DownloadError, match=r"^lost\.example has no address$"):
        guarded(failing, Reach())("lost.example", 443)


@pytest.mark.parametrize("spelling", ["0x7f000001", "2130706433", "127.1", "127.0.0.1", "::1"])
def test_what_the_system_makes_of_a_spelling_is_judged_too(spelling: str) -> None:
    """Should such a host get past `plain_host`, the system's answer would still be refused."""
    with pytest.raises(DownloadError):
        guarded(system_addresses, Reach())(spelling, 80)
