"""Search across claims, evidence, verdicts, sources, captures and notes: what is found on either database, and by whom.

Expected of a query is what plain Python finds in the words, as in `test_matching.py`; the suite runs on both databases.
"""

from __future__ import annotations

import pytest

from annotations.errors import Refused
from annotations.models import (
    Claim,
    EvidenceItem,
    EvidenceSet,
    Membership,
    Publisher,
    Source,
    Verdict,
    VerdictValue,
)
from annotations.removing.withholding import Demand, withhold_capture
from annotations.search import captured
from annotations.search.everywhere import KINDS, SearchFilters, find_rows
from annotations.search.query import parse
from annotations.search.saved_filters import filters_of, save_filter, saved_filters, saved_searches
from annotations.text.urls import url_sha256
from annotations.workflow.source_looks import NewCapture, keep_capture, lock_source
from annotations.workflow.sources import add_source
from tests import factories
from tests.search.test_matching import QUERIES, TEXTS, holds

pytestmark = pytest.mark.django_db
OTHERS = KINDS[1:]


@pytest.fixture
def mia() -> Membership:
    return factories.project()


def claim(by: Membership, text: str = "The river rose.", **values: object) -> Claim:
    return Claim.objects.create(project=by.project, created_by=by, text=text, **values)


def everything_of(by: Membership, word: str) -> dict[str, str]:
    """Make a row of each kind that holds a word, and return the keys by kind."""
    made = claim(by, f"A claim of {word}.")
    url = f"https://{word}.example/"
    source = Source.objects.create(
        project=by.project, url=url, canonical_url=url, url_sha256=url_sha256(url), title=f"Page of {word}"
    )
    in_set = EvidenceSet.objects.create(project=by.project, claim=made, n=1)
    item = EvidenceItem.objects.create(
        project=by.project, created_by=by, evidence_set=in_set, source=source, url=url, quote=f"It says {word}."
    )
    value = VerdictValue.objects.filter(scale__project=by.project).first()
    verdict = Verdict.objects.create(
        project=by.project, created_by=by, claim=made, value=value, rationale=f"Because {word}"
    )
    manager = Membership.objects.get(project=by.project, role=Membership.Role.MANAGER)
    article = factories.article(manager, f"Text of {by.pseudonym} and {word}.", title="Plain")
    if by != manager:
        factories.assigned(manager, by, article)
    noted = factories.annotation(by, article, 0, 4, note=f"A note on {word}")
    page = NewCapture("pasted", sha256=url_sha256(word), size=9, text=f"Préamble. The page says {word} twice.")
    capture, _outcome = keep_capture(lock_source(source.pk), page, by=by)
    rows = made.key, item.key, verdict.key, source.uuid, capture.uuid, noted.key
    return {kind: str(key) for kind, key in zip(OTHERS, rows, strict=True)}


def asking(text: str, **more: str) -> SearchFilters:
    return SearchFilters.parse({"text": text, **more})


def found(kind: str, asked: SearchFilters, by: Membership) -> list[str]:
    return [hit.key for hit in find_rows(kind, asked, by, size=100).hits]


def test_any_query_finds_the_claims_that_hold_it_on_either_database(mia):
    names = {str(claim(mia, text).key): name for name, text in TEXTS.items()}

    for query in QUERIES:
        expected = {name for name, text in TEXTS.items() if holds(parse(query), text)}
        assert {names[key] for key in found("claims", asking(query), mia)} == expected, query


def test_words_may_stand_in_several_fields_and_a_phrase_in_one(mia):
    made = claim(mia, "The river rose.", claimant="Mayor Tell")

    assert found("claims", asking("river mayor"), mia) == [str(made.key)]
    assert found("claims", asking('"rose mayor"'), mia) == []
    assert found("claims", asking("river -mayor"), mia) == []


@pytest.mark.parametrize("kind", OTHERS)
def test_each_kind_is_found_with_its_place(mia, kind):
    keys = everything_of(mia, "quartz")
    everything_of(mia, "granite")

    [hit] = find_rows(kind, asking("QUÁRTZ"), mia).hits

    assert hit.key == keys[kind]
    shown = [hit.title, *(snippet for _name, snippet in hit.snippets)]
    assert any(piece.is_hit and piece.text.lower() == "quartz" for one in shown for piece in one.pieces)
    assert bool(hit.claim) == (kind in ("claims", "evidence", "verdicts"))
    assert hit.span == {"notes": (0, 4), "captures": (24, 30)}.get(kind)
    assert bool(hit.source) == (kind == "captures")


@pytest.mark.parametrize("kind", OTHERS)
def test_blind_annotators_find_their_own_only(mia, kind):
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    own = everything_of(ada, "quartz")
    everything_of(ben, "quartz2")
    keys_of_ben = everything_of(ben, "quartz3")

    assert found(kind, asking("quartz*"), ada) == [own[kind]]
    assert len(found(kind, asking("quartz*"), mia)) >= 2
    assert not set(keys_of_ben.values()) & set(found(kind, asking("quartz"), ada))


def test_what_others_wrote_of_a_shared_source_is_not_looked_at(mia):
    ada = factories.member(mia, "ada")
    everything_of(ada, "quartz")
    Source.objects.update(title="Secret of basalt")

    assert found("sources", asking("basalt"), ada) == []
    [hit] = find_rows("sources", asking("quartz"), ada).hits
    assert "basalt" not in repr(hit)
    assert len(found("sources", asking("basalt"), mia)) == 1


@pytest.mark.parametrize("asked", [{"person": "x"}, {"what": "claims", "in_state": "new"}])
def test_who_may_not_see_others_work_may_not_ask_for_it(mia, asked):
    ada = factories.member(mia, "ada")

    with pytest.raises(Refused, match="You see your own work only"):
        asking("quartz", **asked).check(ada)
    assert SearchFilters.parse_kindly({"text": "quartz", **asked}, ada)[1] == ["You see your own work only."]


@pytest.mark.parametrize("asked", [{"what": "people"}, {"in_state": "new"}, {"what": "claims", "in_state": "x"}])
def test_an_unknown_kind_or_state_is_refused(asked):
    with pytest.raises(Refused):
        asking("quartz", **asked)


def test_filters_narrow_by_person_day_label_and_state(mia):
    ada = factories.member(mia, "ada")
    everything_of(ada, "quartz")
    keys = everything_of(mia, "quartz1")
    words = "quartz*"

    for kind in OTHERS:
        assert found(kind, asking(words, person=mia.pseudonym), mia) == [keys[kind]]
    for kind in OTHERS:
        assert found(kind, asking(words, published_before="2001-01-01"), mia) == []
        assert len(found(kind, asking(words, label="claim"), mia)) == (2 if kind == "notes" else 0)
    assert len(found("claims", asking(words, what="claims", in_state="new"), mia)) == 2
    assert found("claims", asking(words, what="claims", in_state="published"), mia) == []
    assert found("evidence", asking(words, what="evidence", in_state="refutes"), mia) == []
    assert len(found("sources", asking(words, what="sources", in_state="live"), mia)) == 2


def test_a_publisher_is_that_of_the_article_or_source(mia):
    keys = everything_of(mia, "quartz")
    post = Publisher.objects.create(project=mia.project, name="Lumen Post")
    Source.objects.update(publisher=post)
    asked = asking("quartz", publisher=str(post.uuid))

    assert [found(kind, asked, mia) for kind in OTHERS] == [
        *([], [keys["evidence"]], [], [keys["sources"]], [keys["captures"]], []),
    ]


def test_pages_follow_one_another_and_cost_few_queries(mia, django_assert_max_num_queries):
    keys = [str(claim(mia, f"River {n}").key) for n in range(7)][::-1]

    with django_assert_max_num_queries(4):
        first = find_rows("claims", asking("river"), mia, size=5)
    rest = find_rows("claims", asking("river"), mia, after=first.next, size=5)

    assert ([hit.key for hit in first.hits], [hit.key for hit in rest.hits]) == (keys[:5], keys[5:])
    assert (first.total, rest.next) == (7, "")


def test_a_search_is_kept_apart_from_filters_of_articles(mia):
    saved = save_filter("River", asking("river", what="claims"), by=mia)

    assert saved.filters == {"what": "claims", "text": "river"}
    assert (list(saved_filters(mia)), list(saved_searches(mia))) == ([], [saved])
    with pytest.raises(Refused, match="is a saved search"):
        filters_of(saved, mia)
    with pytest.raises(Refused, match="something else under this name"):
        save_filter("River", asking("river").articles, by=mia)
    with pytest.raises(Refused, match="Search for something first"):
        save_filter("Nothing", SearchFilters(what="claims"), by=mia)


def test_any_query_finds_the_captures_that_hold_it_as_it_finds_texts(mia):
    names = {}
    for number, (name, text) in enumerate(TEXTS.items()):
        source = add_source(f"https://a.example/{number}", by=mia)
        page = NewCapture("pasted", sha256=url_sha256(name), size=9, text=text)
        names[str(keep_capture(lock_source(source.pk), page, by=mia)[0].uuid)] = name

    for query in QUERIES:
        expected = {name for name, text in TEXTS.items() if holds(parse(query), text)}
        assert {names[key] for key in found("captures", asking(query), mia)} == expected, query


def test_of_a_source_the_newest_capture_is_found_and_none_that_is_withheld_or_too_far_back(mia, monkeypatch):
    source = add_source("https://a.example/", by=mia)
    made = []
    for text in ("First quartz.", "Second quartz."):
        page = NewCapture("pasted", sha256=url_sha256(text), size=9, text=text, title="Of basalt")
        made.append(keep_capture(lock_source(source.pk), page, by=mia)[0])

    assert found("captures", asking("quartz"), mia) == [str(made[1].uuid)]
    assert found("captures", asking("quartz first"), mia) == [str(made[0].uuid)]
    assert found("captures", asking("basalt"), mia) == [str(made[1].uuid)]
    monkeypatch.setattr(captured, "MOST_SIGNS", 20)
    shown = find_rows("captures", asking("first"), mia)
    assert (shown.hits, shown.is_cut) == ([], True)
    monkeypatch.undo()
    withhold_capture(made[1], Demand("Of basalt", "Paper", "Rights."), by=mia)
    assert found("captures", asking("quartz"), mia) == [str(made[0].uuid)]
