"""Every text of the interface is there in every language, said with the same placeholders, and compiled."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog

from tests import catalogues

MAKE = "Run `make messages`, fill in what it lists (docs/translating.md), run it again, commit .po and .mo."


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return catalogues.marked_texts()


@pytest.mark.parametrize("path", catalogues.catalogue_files(), ids=lambda path: path.parent.parent.name)
def test_a_catalogue_is_complete_right_and_compiled(path, texts):
    catalogue = catalogues.read_catalogue(path)

    missing = list(catalogues.untranslated(catalogue, texts))
    assert not missing, "\n  ".join([f"{len(missing)} texts are not translated. {MAKE}", *missing])
    differing = list(catalogues.differing_placeholders(catalogue))
    assert not differing, "\n  ".join(["Placeholders, tags or outer spaces differ:", *differing])
    gone = catalogues.no_longer_marked(catalogue, texts)
    assert not gone, "\n  ".join([f"These texts are not in use any more. {MAKE}", *gone])
    assert catalogues.is_compiled(path), f"The .mo is older than its .po. {MAKE}"


def test_every_language_that_can_be_chosen_but_english_has_a_catalogue(settings):
    kept = {path.parent.parent.name for path in catalogues.catalogue_files()}

    assert kept == {code for code, _name in settings.LANGUAGES} - {"en"}


def test_texts_are_found_in_code_and_in_templates(texts):
    assert texts.get("There is no such job, or you may not see it.").locations
    assert texts.get("{n} annotation", "plural: one").locations
    assert isinstance(texts.get("%(n)s minute").id, tuple)
    assert isinstance(texts.get("%(n)s character").id, tuple)


@pytest.mark.parametrize(
    ("text", "translation", "is_amiss"),
    [
        ("%(n)s of {all}", "{all} und %(n)s", False),
        ("%(n)s of {all}", "%(n)s von allen", True),
        ("Lost %(n)d", "%(n)s verloren", True),
        ("<b>Yes</b>", "<b>Ja", True),
        (("One", "%(n)s more"), ("Einer", "%(n)s mehr"), False),
        (("One", "%(n)s more"), ("Einer", "viele mehr"), True),
        ("Yes", "Ja ", True),
    ],
)
def test_a_translation_with_other_placeholders_is_found(text, translation, is_amiss):
    catalogue = Catalog(locale="de", fuzzy=False)
    catalogue.add(text, translation)

    assert bool(list(catalogues.differing_placeholders(catalogue))) == is_amiss


@pytest.mark.parametrize(
    ("text", "translation"), [("Yes", ""), (("One", "%(n)s"), ("Einer", "")), (("One", "%(n)s"), ("Einer",))]
)
def test_a_missing_translation_or_plural_form_is_found(text, translation):
    marked, catalogue = Catalog(), Catalog(locale="de", fuzzy=False)
    marked.add(text, locations=[("a.py", 1)])
    catalogue.add(text, translation)

    assert [line.partition(":")[0] for line in catalogues.untranslated(catalogue, marked)] == ["a.py"]


def test_a_compiled_file_that_says_something_else_is_found(tmp_path):
    path = tmp_path / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid "Yes"\nmsgstr "Ja"\n', encoding="utf-8")
    path.with_suffix(".mo").write_bytes(catalogues.compiled(catalogues.read_catalogue(path)))
    was_compiled = catalogues.is_compiled(path)

    path.write_text('msgid "Yes"\nmsgstr "Doch"\n', encoding="utf-8")

    assert was_compiled
    assert not catalogues.is_compiled(path)


def test_no_text_of_ours_takes_the_place_of_a_month_or_a_day_of_django(texts):
    """A catalogue of ours comes before Django's: "May" for what a key allows made every 31 May a “31. Darf”."""
    from django.utils.dates import MONTHS, WEEKDAYS
    from django.utils.translation import override

    with override("en"):
        names = {str(name) for name in (*MONTHS.values(), *WEEKDAYS.values())}

    assert names & {text.id for text in texts if not text.context and isinstance(text.id, str)} == set()
