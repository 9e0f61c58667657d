"""Quotations looked up in a project: the states are those of brute force, and stay right as texts come."""

from __future__ import annotations

import io

import pytest

from annotations.jobs.starting import start_import
from annotations.models import Article, Quotation, Region
from annotations.quoting.matching import RULE
from annotations.reuse.finding import start_finding
from tests import factories
from tests.quoting import oracle
from tests.reuse.test_finding import done

pytestmark = pytest.mark.django_db
ORIGINAL = (
    "Nobody in the capital had answered the letter by Thursday evening.\n\n“We will read it when it comes, and not"
    " before,” the minister told the assembly. He called it a rumour."
)


def state_of(quotation: Quotation) -> str:
    matches = list(quotation.matches.all())
    if any(match.is_verbatim for match in matches):
        return "verbatim"
    return "altered" if matches else "not_found"


def test_states_follow_the_words_and_texts_that_come_later_count():
    mia = factories.project()
    article = factories.article(
        mia,
        text="He said “We will read it when it comes, and not before”. “we will read it when it comes” stood there. "
        "“We will read it, and not before” too. “A letter that nobody has ever seen” was mentioned.",
    )
    assert done(start_finding(mia)).state == "done"
    rows = list(Quotation.objects.order_by("start"))
    assert [(row.origin, row.rule, state_of(row)) for row in rows] == [("rule", RULE, "not_found")] * 4

    other = factories.article(mia, text=ORIGINAL)
    done(start_finding(mia))

    mine = Quotation.objects.filter(version=article.current_version).order_by("start")
    assert [state_of(row) for row in mine] == ["verbatim", "altered", "altered", "not_found"]
    match = mine[0].matches.get()
    assert (match.version_id, match.score) == (other.current_version_id, 1.0)
    assert ORIGINAL[match.start : match.end] == "We will read it when it comes, and not before"
    assert done(start_finding(mia, again=True)).state == "done"
    assert [state_of(row) for row in mine.all()] == ["verbatim", "altered", "altered", "not_found"]
    assert Quotation.objects.count() == 5


def test_an_annotated_quotation_is_looked_up_and_goes_with_the_annotation():
    mia = factories.project()
    other = factories.article(mia, text=ORIGINAL)
    article = factories.article(mia, text="It was a rumour, said the minister. Nothing more.")
    note = factories.annotation(mia, article, 3, 15, "quotation")
    done(start_finding(mia))
    row = Quotation.objects.get(annotation=note)
    assert (row.quote, row.n_words, state_of(row)) == ("was a rumour", 3, "not_found")
    type(note).objects.filter(pk=note.pk).update(start=7, end=15, quote="a rumour")
    done(start_finding(mia))
    row = Quotation.objects.get(annotation=note)
    there = row.matches.get().version_id
    assert (row.quote, state_of(row), there) == ("a rumour", "verbatim", other.current_version_id)


@pytest.mark.long
def test_the_states_of_real_quotations_are_those_of_brute_force(shared_samples):
    folder = shared_samples / "seeds"
    if not folder.is_dir():
        pytest.skip("the seed articles are not at hand")
    mia = factories.project()
    files = [(path.name, io.BytesIO(path.read_bytes())) for path in sorted(folder.glob("0*.txt"))]
    done(start_import(mia, files))
    done(start_finding(mia))
    texts = {article.pk: article.current_version for article in Article.objects.select_related("current_version")}
    told = {}
    for pk, version in texts.items():
        text, gone = version.text, Region.objects.filter(version=version, kind__in=["boilerplate", "citation_marker"])
        for start, end in gone.order_by("-start").values_list("start", "end"):
            text = f"{text[:start]}[…]{text[end:]}"
        told[pk] = text
    states = []
    for row in Quotation.objects.filter(origin="rule").select_related("version"):
        if len(oracle.parts(row.quote)) != 1:
            continue
        others = [text for pk, text in told.items() if pk != row.version.article_id]
        expected = oracle.state_among(row.quote, others)
        states.append(expected)
        assert state_of(row) == expected, row.quote
    assert len(states) >= 20
    assert states.count("verbatim") >= 5
    assert states.count("not_found") >= 5
