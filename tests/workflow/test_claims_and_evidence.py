"""Claims, their mentions and their evidence: made once, changed by their owner only, never lost."""

from __future__ import annotations

import uuid

import pytest

from annotations.access.requests import Request
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.models import Claim, ClaimMention, EvidenceItem, EvidenceRevision, Source
from annotations.workflow.assigning import submit
from annotations.workflow.claiming import (
    NewMention,
    change_mention,
    claim_rows,
    make_claim,
    mention_claim,
    reword_claim,
    set_claim_withdrawn,
    set_mention_withdrawn,
)
from annotations.workflow.evidence import (
    NewEvidence,
    SourceLink,
    attach_source,
    change_evidence,
    set_evidence_withdrawn,
)
from tests import factories

pytestmark = pytest.mark.django_db

LINK = SourceLink("https://statistik.example/preise?utm_source=x", title="Preise 2024", quote="um 4 %")


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def ben(mia):
    return factories.member(mia, "ben")


@pytest.fixture
def article(mia):
    return factories.article(mia)


@pytest.fixture
def annotation(ada, article):
    return factories.annotation(ada, article, 2, 26)


def evidence_for(annotation, link: SourceLink = LINK, **values) -> NewEvidence:
    values.setdefault("key", uuid.uuid4())
    return NewEvidence(link=link, annotation=annotation.key, claim_key=uuid.uuid4(), mention_key=uuid.uuid4(), **values)


def test_a_source_on_a_span_makes_the_claim_it_speaks_about(ada, annotation):
    evidence = attach_source(evidence_for(annotation), by=ada)

    claim = Claim.objects.get()
    assert claim.text == annotation.quote == "Der Preis stieg um 4 %. "
    assert ClaimMention.objects.get(claim=claim).annotation == annotation
    assert evidence.evidence_set.claim == claim


def test_a_second_source_on_the_span_joins_the_same_claim(ada, annotation):
    attach_source(evidence_for(annotation), by=ada)
    attach_source(evidence_for(annotation, SourceLink("https://amt.example/", stance="refutes")), by=ada)

    assert Claim.objects.count() == 1
    assert [each.stance for each in EvidenceItem.objects.order_by("id")] == ["supports", "refutes"]


def test_two_spellings_of_an_address_are_one_source_and_both_are_kept(ada, annotation):
    attach_source(evidence_for(annotation), by=ada)
    attach_source(evidence_for(annotation, SourceLink("https://STATISTIK.example/preise")), by=ada)

    assert Source.objects.count() == 1
    assert EvidenceItem.objects.values_list("url", flat=True).distinct().count() == 2


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "//host", "https://", "ftp://a.example/", ""],
)
def test_an_address_that_is_no_web_page_is_refused(ada, annotation, url):
    """XS-2: only http and https, after control characters and spaces are removed."""
    with pytest.raises(Refused) as refusal:
        attach_source(evidence_for(annotation, SourceLink(url)), by=ada)

    assert refusal.value.field == "url"
    assert not Claim.objects.exists()


def test_a_repeated_request_attaches_once(ada, annotation):
    new, request = evidence_for(annotation), Request.of(uuid.uuid4(), "link")

    first = attach_source(new, by=ada, request=request)
    again = attach_source(new, by=ada, request=request)

    assert first.pk == again.pk
    assert (Claim.objects.count(), EvidenceItem.objects.count()) == (1, 1)


def test_a_change_of_evidence_keeps_what_it_was(ada, annotation):
    made = attach_source(evidence_for(annotation), by=ada)

    changed = change_evidence(made.key, {"stance": "refutes", "note": "andere Reihe"}, by=ada, base_version=1)

    kept = EvidenceRevision.objects.get(evidence=made)
    assert (changed.stance, changed.note, changed.version_number) == ("refutes", "andere Reihe", 2)
    assert (kept.stance, kept.note, kept.title) == ("supports", "", "Preise 2024")


def test_a_stale_change_of_evidence_is_refused(ada, annotation):
    made = attach_source(evidence_for(annotation), by=ada)
    change_evidence(made.key, {"note": "eins"}, by=ada, base_version=1)

    with pytest.raises(Conflict):
        change_evidence(made.key, {"note": "zwei"}, by=ada, base_version=1)

    assert EvidenceItem.objects.get().note == "eins"


def test_evidence_can_be_withdrawn_and_brought_back(ada, annotation):
    made = attach_source(evidence_for(annotation), by=ada)

    assert set_evidence_withdrawn(made.key, True, by=ada, base_version=1).withdrawn_at is not None
    assert set_evidence_withdrawn(made.key, False, by=ada, base_version=2).withdrawn_at is None


def test_in_a_blind_project_the_same_source_tells_nothing_of_anothers(ada, ben, article, annotation):
    attach_source(evidence_for(annotation), by=ada)
    own = factories.annotation(ben, article, 2, 26)
    made = attach_source(evidence_for(own, SourceLink(LINK.url)), by=ben)

    claims = list(claim_rows(ben))

    assert [claim.created_by for claim in claims] == [ben]
    assert made.title == ""  # Ada's "Preise 2024" stays hers
    assert [item.title for item in claims[0].evidence_sets.all()[0].items.all()] == [""]


def test_in_a_blind_project_nobody_adds_evidence_to_anothers_claim(ada, ben, annotation):
    attach_source(evidence_for(annotation), by=ada)

    with pytest.raises(NotThere):
        attach_source(NewEvidence(key=uuid.uuid4(), link=LINK, claim=Claim.objects.get().key), by=ben)


def test_a_manager_does_not_change_anothers_evidence(mia, ada, annotation):
    made = attach_source(evidence_for(annotation), by=ada)

    with pytest.raises(Forbidden):
        change_evidence(made.key, {"note": "nein"}, by=mia, base_version=1)


def test_after_submission_evidence_stays_as_it_is(ada, article, annotation):
    made = attach_source(evidence_for(annotation), by=ada)
    submit(article, by=ada)

    for act in (
        lambda: attach_source(evidence_for(annotation), by=ada),
        lambda: change_evidence(made.key, {"note": "spät"}, by=ada, base_version=1),
        lambda: set_evidence_withdrawn(made.key, True, by=ada, base_version=1),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "assignment_closed"


def test_after_submission_a_claim_and_its_mention_stay_as_they_are(ada, article, annotation):
    mention = NewMention(uuid.uuid4(), annotation.key)
    claim = make_claim(uuid.uuid4(), "Die Preise stiegen.", by=ada, mention=mention)
    submit(article, by=ada)

    for act in (
        lambda: reword_claim(claim.key, "Die Preise fielen.", by=ada, base_version=1),
        lambda: set_claim_withdrawn(claim.key, True, by=ada, base_version=1),
        lambda: change_mention(mention.key, "denies", by=ada, base_version=1),
        lambda: set_mention_withdrawn(mention.key, True, by=ada, base_version=1),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "assignment_closed"


def test_a_mention_does_not_come_back_beside_a_second_one(ada, annotation):
    first = NewMention(uuid.uuid4(), annotation.key)
    claim = make_claim(uuid.uuid4(), "Die Preise stiegen.", by=ada, mention=first)
    set_mention_withdrawn(first.key, True, by=ada, base_version=1)
    mention_claim(claim.key, NewMention(uuid.uuid4(), annotation.key), by=ada)

    with pytest.raises(Refused) as refusal:
        set_mention_withdrawn(first.key, False, by=ada, base_version=2)

    assert refusal.value.code == "mentioned_already"


def test_a_written_claim_can_be_reworded_mentioned_and_withdrawn(ada, annotation):
    claim = make_claim(uuid.uuid4(), "Die Preise stiegen.", by=ada)
    reword_claim(claim.key, "Die Preise stiegen um 4 %.", by=ada, base_version=1)
    mention = mention_claim(claim.key, NewMention(uuid.uuid4(), annotation.key, "reports"), by=ada)
    change_mention(mention.key, "denies", by=ada, base_version=1)
    set_mention_withdrawn(mention.key, True, by=ada, base_version=2)
    set_claim_withdrawn(claim.key, True, by=ada, base_version=2)

    claim.refresh_from_db()
    assert (claim.text, claim.version_number) == ("Die Preise stiegen um 4 %.", 3)
    assert claim.withdrawn_at is not None
    assert [kept.text for kept in claim.revisions.all()] == ["Die Preise stiegen.", "Die Preise stiegen um 4 %."]
    assert [kept.stance for kept in mention.revisions.all()] == ["reports", "denies"]


@pytest.mark.parametrize("stance", ["agrees", "", "SUPPORTS"])
def test_an_unknown_stance_is_refused_and_names_the_known(ada, annotation, stance):
    with pytest.raises(Refused, match="supports, refutes, neutral"):
        attach_source(evidence_for(annotation, SourceLink(LINK.url, stance=stance)), by=ada)


def test_reading_claims_takes_four_queries_however_many(ada, article, annotation, django_assert_num_queries):
    for start in range(0, 12, 3):
        attach_source(evidence_for(factories.annotation(ada, article, start, start + 3)), by=ada)

    with django_assert_num_queries(4):
        for claim in claim_rows(ada):
            assert [item.created_by for each in claim.evidence_sets.all() for item in each.items.all()] == [ada]


def test_anothers_mention_of_the_same_claim_does_not_show_through(mia, ada, annotation):
    rosa = factories.member(mia, "rosa", factories.Role.REVIEWER)
    claim = make_claim(uuid.uuid4(), "Die Preise stiegen.", by=ada)
    ClaimMention.objects.create(project=mia.project, claim=claim, annotation=annotation, created_by=rosa)

    mention = mention_claim(claim.key, NewMention(uuid.uuid4(), annotation.key), by=ada)

    assert mention.created_by == ada
