"""Whom Identity-Aware Proxy lets in, by assertions as it signs them."""

from typing import Any

import iap
import pytest

from proxy import EMAIL, Key


@pytest.fixture
def key(proxys_key: Key, monkeypatch: pytest.MonkeyPatch) -> Key:
    iap.keys.cache_clear()
    for name, value in proxys_key.environment.items():
        monkeypatch.setenv(name, value)
    return proxys_key


def test_whom_the_proxy_names_is_let_in(key: Key) -> None:
    assert iap.email(key.assertion()) == EMAIL


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "/projects/1/locations/europe-west1/services/another"},
        {"iss": "https://example.com"},
        {"exp": 1},
        {"email": None},
    ],
)
def test_what_the_proxy_says_to_others_lets_nobody_in(key: Key, changes: dict[str, Any]) -> None:
    assert iap.email(key.assertion(**changes)) is None


def test_another_key_lets_nobody_in(key: Key) -> None:
    assert iap.email(Key().assertion()) is None


@pytest.mark.parametrize("assertion", [None, "", "a.b.c", "not even that", "\u2603"])
def test_what_is_no_assertion_lets_nobody_in(key: Key, assertion: str | None) -> None:
    assert iap.email(assertion) is None


def test_an_assertion_that_is_not_signed_lets_nobody_in(key: Key) -> None:
    _, claims, _ = key.assertion().split(".")
    header = "eyJhbGciOiJub25lIiwia2lkIjoiYS1rZXkifQ"
    assert iap.email(f"{header}.{claims}.") is None
