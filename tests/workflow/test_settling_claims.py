"""Claims and evidence in review: drafts side by side, joined or kept apart, their evidence taken over, and undone."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.access import visible_to
from annotations.errors import Refused
from annotations.models import (
    Annotation,
    Article,
    AuditEvent,
    Claim,
    ClaimDesk,
    ClaimMention,
    EvidenceItem,
    Membership,
    Project,
    Ruling,
    RulingSource,
    Source,
)
from annotations.text.spans import Span
from annotations.workflow.adjudicating import (
    GoldSpan,
    NewRuling,
    finish,
    reopen_adjudication,
    settle,
    take_over,
    undo_take_over,
    withdraw_ruling,
)
from annotations.workflow.assigning import submit
from annotations.workflow.claiming import NewMention, make_claim, refuse_if_settled, set_claim_withdrawn
from annotations.workflow.correcting import correct_article
from annotations.workflow.desk import merge_claims
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.gold_claims import GoldClaim
from annotations.workflow.reviewing import CLAIM, EVIDENCE, review_of
from tests import factories
from tests.corpora import empty_project, exported, imported, undone, without_name

pytestmark = pytest.mark.django_db
GOLD = Annotation.Layer.GOLD
PAGE, OTHER = "https://tern.example/zahlen", "https://tern.example/rede"


def claim(by, marked, text, **values):
    mention = NewMention(uuid.uuid4(), marked.key, values.pop("stance", "asserts"))
    return make_claim(uuid.uuid4(), text, by=by, mention=mention, **values)


def evidence(by, of, url=PAGE, stance="supports", **values):
    link = SourceLink(url=url, stance=stance, **values)
    return attach_source(NewEvidence(uuid.uuid4(), link, claim=of.key), by=by)


@pytest.fixture
def story(mia, ada, ben):
    """Both marked 4–9, and 12–17 or 12–23, of which each makes a claim. On one of two pages they differ."""
    made = factories.article(mia)
    for by, end, text, stance in ((ada, 17, "Brot wird teurer.", "supports"), (ben, 23, "Brot ist teuer.", "refutes")):
        factories.annotation(by, made, 4, 9)
        marked = factories.annotation(by, made, 12, end)
        draft = claim(by, marked, text, claimant="Die Bäcker" if by == ben else "")
        evidence(by, draft, title="Zahlen")
        evidence(by, draft, OTHER, stance)
        submit(made, by=by)
    return made


def open_units(story, kind=None):
    return [each for each in review_of(story.current_version).differing if kind in (None, each.unit.kind)]


def ruling(state, outcome="chosen", **values):
    replaces = state.ruling.key if state.ruling else None
    return NewRuling(uuid.uuid4(), state.unit.name, outcome, replaces=replaces, **values)


def settle_spans(story, rosa, whose):
    take_over(story, by=rosa)
    for state in open_units(story, "span"):
        settle(story, ruling(state, person=whose.uuid), by=rosa)


def shared(rosa):
    rows = Claim.objects.filter(created_by=rosa, withdrawn_at__isnull=True).order_by("pk")
    return [(row.text, row.claimant) for row in rows]


def merged_into(*people):
    """Say for each person's drafts which text stands for them."""
    texts = dict(Claim.objects.values_list("key", "text"))
    desks = ClaimDesk.objects.filter(claim__created_by__in=people).order_by("claim__created_by_id", "claim_id")
    return [texts.get(key) for key in desks.values_list("merged_into", flat=True)]


def gold_evidence(rosa):
    rows = EvidenceItem.objects.filter(created_by=rosa, withdrawn_at__isnull=True)
    return sorted(
        (row.url, row.stance, row.evidence_set.claim.text) for row in rows.select_related("evidence_set__claim")
    )


def test_claims_wait_for_their_span_and_then_stand_side_by_side(story, rosa, ada, ben):
    review = review_of(story.current_version)
    assert (review.pending, [each.unit.kind for each in review.differing]) == (6, ["span"])

    settle_spans(story, rosa, ada)

    review = review_of(story.current_version)
    (state,) = open_units(story, CLAIM)
    assert [review.rows[span.key].claim.text for span in state.unit.spans] == ["Brot wird teurer.", "Brot ist teuer."]
    assert (state.unit.is_agreed, review.pending) == (False, 4)


def test_choosing_joins_the_drafts_into_one_claim_whose_origin_is_known(story, rosa, ada, ben):
    settle_spans(story, rosa, ada)

    made = settle(story, ruling(open_units(story, CLAIM)[0], person=ben.uuid), by=rosa)

    assert shared(rosa) == [("Brot ist teuer.", "Die Bäcker")]
    assert merged_into(ada, ben) == ["Brot ist teuer."] * 2
    assert Claim.objects.filter(created_by__in=(ada, ben), withdrawn_at__isnull=True).count() == 2
    (mention,) = ClaimMention.objects.filter(created_by=rosa)
    assert (mention.annotation.layer, mention.annotation.start, mention.annotation.end) == (GOLD, 12, 17)
    came_from = RulingSource.objects.filter(ruling=made).values_list("mention__created_by", "gold_mention")
    assert set(came_from) == {(ada.pk, mention.pk), (ben.pk, mention.pk)}
    with pytest.raises(Refused, match="settled in a review"):
        set_claim_withdrawn(mention.claim.key, True, by=rosa, base_version=1)


@pytest.mark.parametrize("into", ["ada", "ben"])
def test_drafts_that_were_merged_into_one_another_before_are_joined_once(story, rosa, ada, ben, into):
    drafts = {by: Claim.objects.get(created_by=by) for by in (ada, ben)}
    kept, merged = (drafts[ada], drafts[ben]) if into == "ada" else (drafts[ben], drafts[ada])
    merge_claims(merged.key, kept.key, by=rosa, base_version=0)
    settle_spans(story, rosa, ada)
    (state,) = open_units(story, CLAIM)

    settle(story, ruling(state, person=ada.uuid), by=rosa)

    assert merged_into(ada, ben) == ["Brot wird teurer."] * 2
    (own,) = Claim.objects.filter(created_by=rosa)
    rows = AuditEvent.objects.filter(verb="claim.merged", after={"claim": str(own.key)})
    assert [row.object_key for row in rows] == [str(kept.key)]


def test_a_claim_that_somebody_wrote_without_a_span_is_not_reworded_by_a_ruling(story, mia, rosa, ada):
    """Whoever wrote it would read another's words in their own claim, before they handed anything in."""
    cara = factories.member(mia, "cara")
    written = make_claim(uuid.uuid4(), "Alles wird teurer.", by=cara)
    for draft in Claim.objects.exclude(created_by=cara):
        merge_claims(draft.key, written.key, by=rosa, base_version=0)
    settle_spans(story, rosa, ada)
    (state,) = open_units(story, CLAIM)

    settle(story, ruling(state, person=ada.uuid), by=rosa)
    settle(story, ruling(open_units(story, CLAIM)[0], "rejected"), by=rosa)

    written.refresh_from_db()
    assert (written.text, written.version_number, written.withdrawn_at) == ("Alles wird teurer.", 1, None)


def test_evidence_that_is_alike_is_taken_over_once_and_a_different_stance_is_settled(story, rosa, ada, ben):
    settle_spans(story, rosa, ada)
    settle(story, ruling(open_units(story, CLAIM)[0], person=ada.uuid), by=rosa)
    (state,) = open_units(story, EVIDENCE)
    assert {span.more for span in state.unit.spans} == {"supports", "refutes"}

    assert take_over(story, by=rosa) == 1
    assert gold_evidence(rosa) == [(PAGE, "supports", "Brot wird teurer.")]
    for outcome, values, stances in (
        ("chosen", {"person": ben.uuid}, ["refutes"]),
        ("edited", {"stance": "neutral"}, ["neutral"]),
        ("apart", {}, ["refutes", "supports"]),
        ("rejected", {}, []),
    ):
        settle(story, ruling(open_units(story, EVIDENCE)[0], outcome, **values), by=rosa)
        assert [stance for url, stance, _text in gold_evidence(rosa) if url == OTHER] == stances
    finish(story, by=rosa)
    origin = RulingSource.objects.filter(gold_evidence__url=PAGE, ruling__withdrawn_at__isnull=True)
    assert {row.evidence.created_by_id for row in origin} == {ada.pk, ben.pk}


def test_two_quotations_of_one_page_both_stay_and_what_one_left_out_is_filled_in(mia, rosa, ada, ben):
    story = factories.article(mia)
    said = ((ada, {"quote": "vier Prozent", "note": ""}), (ben, {"quote": "fünf Prozent"}), (ben, {"note": "Seite 3"}))
    drafts = {by: claim(by, factories.annotation(by, story, 12, 17), "Brot wird teurer.") for by in (ada, ben)}
    for by, values in said:
        evidence(by, drafts[by], **values)
    for by in (ada, ben):
        submit(story, by=by)

    assert take_over(story, by=rosa) == 3
    finish(story, by=rosa)

    rows = EvidenceItem.objects.filter(created_by=rosa).order_by("quote")
    assert sorted((row.quote, row.note) for row in rows) in (
        [("fünf Prozent", ""), ("vier Prozent", "Seite 3")],
        [("fünf Prozent", "Seite 3"), ("vier Prozent", "")],
    )
    assert {row.evidence_set.n for row in rows} == {1, 2}


def test_a_claim_is_edited_kept_apart_and_taken_back_while_its_key_stays(story, rosa, ada, ben):
    settle_spans(story, rosa, ben)
    Claim.objects.update(claim_type="numerical", check_worthiness="worth_checking")
    Claim.objects.filter(created_by=ben).update(check_worthiness="")
    given = GoldClaim("Brot wird um 4 % teurer.", "Die Bäcker", date(2026, 3, 1), "reports")
    settle(story, ruling(open_units(story, CLAIM)[0], "edited", claim=given), by=rosa)
    (first,) = Claim.objects.filter(created_by=rosa)
    assert (first.text, first.claim_date, first.mentions.get().stance) == (given.text, given.claim_date, "reports")
    assert (first.claim_type, first.check_worthiness) == ("numerical", "")  # what both drafts say, and only that
    take_over(story, by=rosa)

    settle(story, ruling(open_units(story, CLAIM)[0], "merged"), by=rosa)
    first.refresh_from_db()
    assert shared(rosa) == [("Brot wird teurer.", "Die Bäcker")]
    assert (first.text, first.revisions.count()) == ("Brot wird teurer.", 1)
    assert gold_evidence(rosa) == [(PAGE, "supports", "Brot wird teurer.")]

    made = settle(story, ruling(open_units(story, CLAIM)[0], "apart"), by=rosa)
    assert shared(rosa) == [("Brot wird teurer.", ""), ("Brot ist teuer.", "Die Bäcker")]
    assert merged_into(ada, ben) == ["Brot wird teurer.", "Brot ist teuer."]
    assert open_units(story, EVIDENCE) == []
    assert take_over(story, by=rosa) == 4

    withdraw_ruling(made.key, by=rosa, base_version=1)
    assert (shared(rosa), merged_into(ada, ben), gold_evidence(rosa)) == ([], [None, None], [])
    verbs = AuditEvent.objects.filter(object_type="claim", actor=rosa).order_by("pk").values_list("verb", flat=True)
    assert set(verbs) == {"claim.created", "claim.merged", "claim.changed", "claim.parted", "claim.withdrawn"}


def test_what_rests_on_a_span_goes_with_it(story, rosa, ada, ben):
    settle_spans(story, rosa, ada)
    settle(story, ruling(open_units(story, CLAIM)[0], person=ada.uuid), by=rosa)
    take_over(story, by=rosa)
    assert len(gold_evidence(rosa)) == 1

    settle(story, ruling(open_units(story, "span")[0], "rejected"), by=rosa)

    assert (shared(rosa), merged_into(ada, ben), gold_evidence(rosa)) == ([], [None, None], [])
    review = review_of(story.current_version)
    assert (review.pending, review.baseless, open_units(story, CLAIM)) == (0, [], [])
    finish(story, by=rosa)
    reopen_adjudication(story, by=rosa)
    settle(story, ruling(open_units(story, "span")[0], person=ada.uuid), by=rosa)
    assert len(open_units(story, CLAIM)) == 1


def test_a_draft_that_changes_opens_its_claim_and_one_that_goes_leaves_it(story, rosa, ada, ben):
    settle_spans(story, rosa, ada)
    settle(story, ruling(open_units(story, CLAIM)[0], person=ada.uuid), by=rosa)

    Claim.objects.filter(created_by=ben).update(text="Brot bleibt teuer.", version_number=2)

    (state,) = open_units(story, CLAIM)
    assert (state.is_settled, len(state.former)) == (False, 1)
    settle(story, ruling(state, person=ben.uuid), by=rosa)
    assert shared(rosa) == [("Brot bleibt teuer.", "Die Bäcker")]


def test_a_draft_expressed_in_two_articles_has_one_shared_claim(mia, rosa, ada, ben):
    drafts, stories = {}, [factories.article(mia) for _n in range(2)]
    for story in stories:
        for by in (ada, ben):
            marked = factories.annotation(by, story, 12, 17)
            if by not in drafts:
                drafts[by] = claim(by, marked, "Brot wird teurer.")
                evidence(by, drafts[by])
                continue
            mention = NewMention(uuid.uuid4(), marked.key)
            ClaimMention.objects.create(
                key=mention.key, project=mia.project, created_by=by, claim=drafts[by], annotation=marked
            )
    for story in stories:
        for by in (ada, ben):
            submit(story, by=by)

    assert [take_over(story, by=rosa) for story in stories] == [3, 2]

    assert shared(rosa) == [("Brot wird teurer.", "")]
    assert ClaimMention.objects.filter(created_by=rosa, claim__created_by=rosa).count() == 2
    for n, story in enumerate(stories):
        finish(story, by=rosa)
        reopen_adjudication(story, by=rosa)
        undo_take_over(story, by=rosa)
        assert len(shared(rosa)) == 1 - n
    assert merged_into(ada, ben) == [None, None]


def test_a_published_claim_keeps_its_words_and_its_address(story, rosa, ada, ben):
    draft = Claim.objects.get(created_by=ada)
    ClaimDesk.objects.create(claim=draft, project=draft.project, state="published", changed_by=rosa)
    settle_spans(story, rosa, ada)

    with pytest.raises(Refused, match="is published as"):
        settle(story, ruling(open_units(story, CLAIM)[0], person=ben.uuid), by=rosa)
    settle(story, ruling(open_units(story, CLAIM)[0], person=ada.uuid), by=rosa)

    assert shared(rosa) == []
    assert ClaimMention.objects.get(created_by=rosa).claim == draft
    assert ClaimDesk.objects.get(claim__created_by=ben).merged_into == draft.key
    refuse_if_settled(draft)  # its owner is told nothing of it


@pytest.mark.parametrize(
    ("kind", "outcome", "values", "code"),
    [
        (CLAIM, "edited", {}, "claim_does_not_fit"),
        (CLAIM, "edited", {"claim": GoldClaim(" ")}, "claim_empty"),
        (CLAIM, "edited", {"claim": GoldClaim("Brot.", stance="perhaps")}, "stance_unknown"),
        (CLAIM, "merged", {"span": GoldSpan(Span(12, 17), "claim")}, "span_does_not_fit"),
        (EVIDENCE, "edited", {}, "stance_does_not_fit"),
        (EVIDENCE, "edited", {"stance": "perhaps"}, "stance_unknown"),
        (EVIDENCE, "merged", {}, "outcome_does_not_fit"),
        ("span", "apart", {}, "outcome_does_not_fit"),
        ("span", "rejected", {"claim": GoldClaim("Brot.")}, "claim_does_not_fit"),
    ],
)
def test_a_ruling_that_does_not_fit_its_kind_is_refused_and_leaves_nothing(
    story, rosa, ada, kind, outcome, values, code
):
    settle_spans(story, rosa, ada)
    if kind == EVIDENCE:
        settle(story, ruling(open_units(story, CLAIM)[0], person=ada.uuid), by=rosa)
    before = RulingSource.objects.count(), Claim.objects.count(), EvidenceItem.objects.count()

    with pytest.raises(Refused) as refused:
        settle(story, ruling(open_units(story, kind)[0], outcome, **values), by=rosa)

    assert refused.value.code == code
    assert (RulingSource.objects.count(), Claim.objects.count(), EvidenceItem.objects.count()) == before


def test_annotators_of_a_blind_project_see_nothing_of_it(story, rosa, ada, ben):
    settle_spans(story, rosa, ada)
    settle(story, ruling(open_units(story, CLAIM)[0], person=ben.uuid), by=rosa)
    take_over(story, by=rosa)

    for model in (Claim, ClaimMention, EvidenceItem, ClaimDesk):
        owners = set(visible_to(ada, model.objects.all()).values_list("claim" if model is ClaimDesk else "created_by"))
        assert owners <= {(ada.pk,)}


def test_settling_a_claim_asks_few_queries(story, rosa, ada):
    settle_spans(story, rosa, ada)
    state = open_units(story, CLAIM)[0]

    with CaptureQueriesContext(connection) as queries:
        settle(story, ruling(state, person=ada.uuid), by=rosa)
    assert len(queries) <= 50
    with CaptureQueriesContext(connection) as queries:
        review_of(story.current_version)
    assert len(queries) <= 14


def test_viewers_see_the_shared_claim_and_its_evidence_once_the_review_is_finished(mia, story, rosa, ada, ben):
    vic = factories.member(mia, "vic", "viewer")
    settle_spans(story, rosa, ada)
    settle(story, ruling(open_units(story, CLAIM)[0], person=ada.uuid), by=rosa)
    take_over(story, by=rosa)
    settle(story, ruling(open_units(story, EVIDENCE)[0], person=ada.uuid), by=rosa)

    def seen():
        return [visible_to(vic, model.objects.all()).count() for model in (Claim, ClaimMention, EvidenceItem, Source)]

    assert seen() == [0, 0, 0, 0]
    finish(story, by=rosa)
    assert seen() == [1, 1, 2, 2]
    assert visible_to(vic, Claim.objects.all()).get().created_by == rosa


def test_after_a_correction_claims_open_again_and_go_on_with_the_same_shared_claim(mia, story, rosa, ada, ben):
    settle_spans(story, rosa, ada)
    settle(story, ruling(open_units(story, CLAIM)[0], person=ada.uuid), by=rosa)
    take_over(story, by=rosa)
    settle(story, ruling(open_units(story, EVIDENCE)[0], person=ada.uuid), by=rosa)
    finish(story, by=rosa)
    before = set(Claim.objects.values_list("pk")), set(EvidenceItem.objects.values_list("pk"))
    version = story.current_version

    correct_article(story, version.text + " Mehr dazu morgen.", by=mia, base_version=version.uuid)
    story.refresh_from_db()

    assert [state.unit.kind for state in open_units(story)] == ["span"]
    settle_spans(story, rosa, ada)
    (state,) = open_units(story, CLAIM)
    settle(story, ruling(state, person=ben.uuid), by=rosa)
    assert shared(rosa) == [("Brot ist teuer.", "Die Bäcker")]
    finish(story, by=rosa)
    assert (set(Claim.objects.values_list("pk")), set(EvidenceItem.objects.values_list("pk"))) == before


def test_the_page_of_a_shared_claim_shows_evidence_once(mia, story, rosa, ada, ben, client):
    settle_spans(story, rosa, ada)
    settle(story, ruling(open_units(story, CLAIM)[0], person=ada.uuid), by=rosa)
    take_over(story, by=rosa)
    settle(story, ruling(open_units(story, EVIDENCE)[0], person=ada.uuid), by=rosa)
    made = Claim.objects.get(created_by=rosa)
    client.force_login(rosa.user)

    page = client.get(f"/p/{mia.project.slug}/claims/{made.key}/").content.decode()

    assert page.count(f'href="{PAGE}"') == page.count(f'href="{OTHER}"') == 1
    draft = Claim.objects.get(created_by=ben)
    assert f'href="{OTHER}"' in client.get(f"/p/{mia.project.slug}/claims/{draft.key}/").content.decode()


def test_settled_claims_and_evidence_come_back_from_a_file_and_go_with_its_import(mia, story, rosa, ada, ben):
    settle_spans(story, rosa, ada)
    settle(story, ruling(open_units(story, CLAIM)[0], person=ada.uuid), by=rosa)
    take_over(story, by=rosa)
    settle(story, ruling(open_units(story, EVIDENCE)[0], "apart"), by=rosa)
    finish(story, by=rosa)
    file = exported(None, project=mia.project)
    Project.objects.filter(pk=mia.project_id).update(slug="before")
    there = empty_project("after")

    job = imported(None, {"a.jsonl": file}, project=there)

    assert (job.state, list(job.problems.values())) == ("done", [])
    review = review_of(Article.objects.get(project=there).current_version)
    counted = review.counted()
    assert (review.is_finished, review.baseless, counted["differing"], counted["settled"]) == (True, [], 3, 3)
    assert counted["taken_over"] == counted["agreed"] == 2
    assert without_name(exported(None, project=there)) == without_name(file)
    assert exported(None, project=there).count(b'"type":"ruling"') == 3

    otto = Membership.objects.create(project=there, user=factories.user("otto"), role="manager", pseudonym="otto")
    gone = undone(otto, job)
    assert (gone.state, list(gone.problems.values())) == ("done", [])
    for model in (Claim, Ruling, RulingSource, EvidenceItem, Article):
        assert not model.objects.filter(project=there).exists()
