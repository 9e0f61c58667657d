"""XS-2: only http and https addresses, whatever is hidden in them, and one form for equal ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.text.urls import BadUrl, canonical_url, check_source_url, url_sha256


@pytest.mark.parametrize(
    ("raw", "checked"),
    [
        (" https://example.org/a b ", "https://example.org/a%20b"),
        ("ht\ntp\t://example.org/\x00", "http://example.org/"),
        ("https://example.org/\u202egpj", "https://example.org/gpj"),
        ("HTTPS://Example.org/Ä?q=é#top", "https://Example.org/Ä?q=é#top"),
        ("https://münchen.example/x", "https://münchen.example/x"),
        ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ('https://example.org/"><b>', "https://example.org/%22%3E%3Cb%3E"),
    ],
)
def test_an_address_is_cleaned_of_what_cannot_be_seen(raw: str, checked: str) -> None:
    assert check_source_url(raw) == checked


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " \x00 ",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "//example.org/",
        "example.org",
        "https:///path",
        "https://",
        "https:example.org",
        "http ://example.org/",
        "https://ada:secret@example.org/",
        "https://example.org@evil.example/",
        "https:\\\\example.org\\",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://[::1",
        "https://exa mple.org/",
        "https://" + "a" * 70 + ".org/",
        "https://example.org/" + "a" * 2_000,
        "https://example.org?" + "a" * 1_980,
        "https://example.org/\ud800",
    ],
)
def test_any_other_address_is_refused_with_a_sentence(raw: str) -> None:
    with pytest.raises(BadUrl) as refusal:
        check_source_url(raw)

    assert refusal.value.code.startswith("url_")
    assert refusal.value.message.endswith(".")


@given(st.text(max_size=40), st.sampled_from(["", "https://", "http://example.org/", "javascript:", "https://a.b/?"]))
def test_what_is_accepted_once_is_accepted_unchanged_again(rest: str, start: str) -> None:
    try:
        checked = check_source_url(start + rest)
    except BadUrl:
        return

    assert checked.casefold().startswith(("http://", "https://"))
    assert check_source_url(checked) == checked
    assert canonical_url(canonical_url(checked)) == canonical_url(checked)


@pytest.mark.parametrize(
    "other",
    [
        "HTTPS://EXAMPLE.ORG/a~b?id=3",
        "https://example.org:443/a~b?id=3#part",
        "https://example.org/a%7Eb?utm_source=x&id=3&fbclid=y",
        "https://example.org./a%7eb?id=3",
    ],
)
def test_two_addresses_of_one_page_are_equal_in_canonical_form(other: str) -> None:
    assert canonical_url(other) == canonical_url("https://example.org/a~b?id=3")
    assert url_sha256(canonical_url(other)) == url_sha256("https://example.org/a~b?id=3")


@pytest.mark.parametrize("other", ["http://example.org/a", "https://example.org/a/", "https://example.org/A"])
def test_addresses_that_may_differ_stay_apart(other: str) -> None:
    assert canonical_url(other) != canonical_url("https://example.org/a")
