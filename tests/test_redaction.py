"""Other people's words in our messages."""

import pytest

from generator.redaction import MOST, origin_of, redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Unauthorized", "Unauthorized"),
        ("token s3cr3t is wrong", "token … is wrong"),
        ("s3cr3ts3cr3t", "……"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("basic dXNlcjpwYXNz,", "basic …,"),
        ("see https://api.example.com/v1/x?signature=abc now", "see https://api.example.com/… now"),
        ("https://user:pass@api.example.com:8443/x", "https://api.example.com:8443/…"),
        ("(s3://bucket/key)", "(s3://bucket/…"),
        ("\x1b[31mred\x07\u202e", "[31mred"),
        ("a\nb", "a b"),
        ("x" * 300, "x" * MOST + "…"),
        ("https://[::1/x", "…/…"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert redacted(text, ["s3cr3t", ""]) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://api.example.com/v1?x", "https://api.example.com"),
        ("http://[::1]:8001/x", "http://[::1]:8001"),
        ("nothing", "…"),
        ("https://\x1b[31m/", "…"),
        ("https://" + "x" * 300, "…"),
    ],
)
def test_origin(address: str, shown: str) -> None:
    assert origin_of(address) == shown
