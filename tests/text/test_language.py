"""Language tags are spelt one way; direction comes from the tag or the letters."""

import pytest

from annotations.text.language import direction_of, language_tag


@pytest.mark.parametrize(
    ("raw", "tag"), [("en", "en"), (" pt_br ", "pt-BR"), ("zh-hans-CN", "zh-Hans-CN"), ("English", None), ("", None)]
)
def test_a_language_tag_is_spelt_as_usual_or_not_one(raw: str, tag: str | None) -> None:
    assert language_tag(raw) == tag


@pytest.mark.parametrize(
    ("given", "direction"),
    [
        ("ar", "rtl"),
        ("ug-Latn", "ltr"),
        ("pa-Arab", "rtl"),
        ("de", "ltr"),
        ("رؤساء بلديات 14 (AFP)", "rtl"),
        ("The mayor said שלום and left.", "ltr"),
        ("123 📈", "ltr"),
        ("", "ltr"),
    ],
)
def test_the_direction_follows_the_tag_or_the_letters(given: str, direction: str) -> None:
    assert direction_of(given) == direction
