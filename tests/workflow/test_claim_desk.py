"""The desk of claims: verdicts that supersede one another, a second pair of eyes, merging, alternatives of evidence."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from annotations.access import visible_to
from annotations.access.requests import Request
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.models import AuditEvent, Claim, ClaimDesk, EvidenceItem, Verdict
from annotations.web.acts import tell
from annotations.workflow.claiming import ClaimDetails, change_claim, make_claim, revert_claim
from annotations.workflow.desk import DeskChange, change_desk, desk_of, merge_claims, part_claim, standing_verdict
from annotations.workflow.editions import contents_of
from annotations.workflow.evidence import NewEvidence, Passage, SourceLink, attach_source, change_evidence
from annotations.workflow.scales import NewValue, current_scale, revise_scale
from annotations.workflow.verdicts import MergedSet, NewVerdict, reach_verdict
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project(visibility="open")


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def rosa(mia):
    return factories.member(mia, "rosa", "reviewer")


@pytest.fixture
def claim(ada):
    return make_claim(uuid.uuid4(), "Der Preis stieg um 4 %. 📈", by=ada)


def conclude(claim: Claim, by, value: str = "supported", **values) -> Verdict:
    before = standing_verdict(claim, by)
    new = NewVerdict(uuid.uuid4(), claim.key, value, "So steht es im Amt.", supersedes=before and before.key, **values)
    return reach_verdict(new, by=by)


def move(claim: Claim, by, state: str, **values) -> ClaimDesk:
    return change_desk(claim.key, DeskChange(state=state, **values), by=by, base_version=desk_of(claim).version_number)


def test_another_person_than_the_author_publishes_and_a_later_verdict_is_a_correction(claim, mia, rosa):
    first = conclude(claim, rosa)
    assert desk_of(claim).state == "in_check"
    move(claim, rosa, "in_second_review")
    with pytest.raises(Forbidden):
        move(claim, rosa, "published")
    assert move(claim, mia, "published").state == "published"
    first.refresh_from_db()
    assert first.published_at is not None

    with pytest.raises(Refused) as refusal:
        conclude(claim, mia, "refuted")
    assert refusal.value.field == "correction_note"
    second = conclude(claim, mia, "refuted", correction_note="Die Reihe war eine andere.")

    assert second.supersedes == first
    assert (desk_of(claim).state, standing_verdict(claim, rosa)) == ("in_check", second)
    move(claim, mia, "in_second_review")
    assert move(claim, rosa, "published").state == "corrected"
    first.refresh_from_db()
    assert first.rationale == "So steht es im Amt."
    assert [event.verb for event in AuditEvent.objects.filter(object_type="verdict").order_by("pk")] == [
        "verdict.reached",
        "verdict.published",
        "verdict.reached",
        "verdict.published",
    ]


def test_of_two_verdicts_reached_at_once_the_second_is_told_of_the_first(claim, mia, rosa):
    conclude(claim, rosa)

    with pytest.raises(Conflict) as conflict:
        reach_verdict(NewVerdict(uuid.uuid4(), claim.key, "refuted", "Nein."), by=mia)

    assert conflict.value.code == "stale_verdict"
    assert Verdict.objects.count() == 1


def test_a_verdict_sent_twice_is_reached_once(claim, rosa):
    new, request = NewVerdict(uuid.uuid4(), claim.key, "refuted", "Nein."), Request.of(uuid.uuid4(), "verdict")

    assert reach_verdict(new, by=rosa, request=request).pk == reach_verdict(new, by=rosa, request=request).pk


def test_a_claim_moves_only_along_the_desk_and_only_for_who_read_it_as_it_is(claim, mia, rosa, ada):
    with pytest.raises(Refused):
        move(claim, rosa, "published")
    with pytest.raises(Refused):
        move(claim, rosa, "in_second_review")
    move(claim, rosa, "in_check", assignee=str(ada.uuid), due_on=date(2026, 12, 1))
    with pytest.raises(Refused):
        move(claim, rosa, "in_second_review")  # there is no verdict to look at
    with pytest.raises(Conflict):
        change_desk(claim.key, DeskChange(state="dropped"), by=mia, base_version=0)
    with pytest.raises(Forbidden):
        move(claim, ada, "dropped")

    desk = desk_of(claim)
    assert (desk.assignee, desk.due_on, desk.version_number) == (ada, date(2026, 12, 1), 1)


def test_merged_claims_are_parted_again_with_all_that_was_theirs(claim, ada, rosa):
    other, third = (make_claim(uuid.uuid4(), words, by=ada) for words in ("Um 4 % teurer.", "Alles teurer."))
    merge_claims(other.key, claim.key, by=rosa, base_version=0)
    merge_claims(claim.key, third.key, by=rosa, base_version=0)

    assert {desk_of(each).merged_into for each in (other, claim)} == {third.key}
    with pytest.raises(Refused):
        conclude(claim, rosa)
    part_claim(claim.key, by=rosa, base_version=1)
    assert desk_of(claim).merged_into is None
    with pytest.raises(Refused):
        merge_claims(third.key, third.key, by=rosa, base_version=0)


def test_a_verdict_rests_on_evidence_of_a_merged_claim_and_goes_on_to_when_they_are_parted(claim, mia, ada, rosa):
    mia.project.publishes = True
    mia.project.save()
    other, third = (make_claim(uuid.uuid4(), words, by=ada) for words in ("Um 4 % teurer.", "Alles teurer."))
    for n, (on, by) in enumerate([(other, ada), (other, ada), (claim, rosa), (third, ada)]):
        link = SourceLink(f"https://amt.example/{n}", quote=f"Satz {n}.")
        attach_source(NewEvidence(uuid.uuid4(), link, evidence_set=1 if n != 1 else 0, claim=on.key), by=by)
    cited = (MergedSet(other.key, 2),)
    with pytest.raises(Refused) as refusal:
        conclude(claim, rosa, merged_sets=cited)  # not merged yet
    assert refusal.value.field == "merged_sets"
    merge_claims(other.key, claim.key, by=rosa, base_version=0)
    for wrong in (MergedSet(other.key, 3), MergedSet(third.key, 1), MergedSet(claim.key, 1)):
        with pytest.raises(Refused):
            conclude(claim, rosa, merged_sets=(wrong,))

    verdict = conclude(claim, rosa, evidence_sets=(1,), merged_sets=cited)

    mark = other.key.hex[-4:]
    assert [[row["n"] for row in rows] for rows in contents_of(claim, verdict, mia)["grounds"]] == [[1], [f"{mark}-2"]]
    told = contents_of(claim, verdict, mia)
    attach_source(NewEvidence(uuid.uuid4(), SourceLink("https://b.example/"), claim=claim.key), by=rosa)
    part_claim(other.key, by=rosa, base_version=1)
    now = contents_of(claim, verdict, mia)
    assert now["grounds"][1:] == told["grounds"][1:]  # what was cited is, by the same name
    assert [row["n"] for row in now["grounds"][0]] == [1, 2]
    assert [row["n"] for row in told["others"]] == [f"{mark}-1"]
    assert now["others"] == []
    with pytest.raises(Refused):
        conclude(claim, rosa, merged_sets=cited)  # a new verdict cites what is merged now


def test_evidence_holds_together_in_sets_and_a_passage_is_quoted_by_its_place(claim, mia, ada, rosa):
    article = factories.article(mia)
    first = attach_source(NewEvidence(uuid.uuid4(), SourceLink("https://amt.example/"), claim=claim.key), by=ada)
    passage = Passage(article.uuid, 2, 26)
    new = NewEvidence(uuid.uuid4(), SourceLink("", stance="refutes"), passage, evidence_set=0, claim=claim.key)
    second = attach_source(new, by=rosa)
    both = NewEvidence(uuid.uuid4(), SourceLink("https://b.example/"), evidence_set=2, claim=claim.key)
    attach_source(both, by=rosa)

    assert (first.evidence_set.n, second.evidence_set.n) == (1, 2)
    assert second.quote == article.current_version.text[2:26]
    assert change_evidence(second.key, {"note": "S. 2"}, by=rosa, base_version=1).note == "S. 2"
    with pytest.raises(Refused):
        change_evidence(second.key, {"quote": "etwas anderes"}, by=rosa, base_version=2)
    for place in (Passage(article.uuid, 5, 5), Passage(article.uuid, 0, 10_000)):
        with pytest.raises(Refused):
            attach_source(NewEvidence(uuid.uuid4(), SourceLink(""), place, claim=claim.key), by=ada)
    with pytest.raises(NotThere):
        attach_source(NewEvidence(uuid.uuid4(), SourceLink(""), Passage(uuid.uuid4(), 0, 1), claim=claim.key), by=ada)
    verdict = conclude(claim, rosa, evidence_sets=(1, 2))
    assert {each.n for each in verdict.evidence_sets.all()} == {1, 2}
    with pytest.raises(Refused):
        conclude(claim, rosa, evidence_sets=(3,))


def test_in_a_blind_project_an_annotator_notices_nothing_of_the_desk():
    mia = factories.project("blind")
    ada, rosa = factories.member(mia, "ada"), factories.member(mia, "rosa", "reviewer")
    claim = make_claim(uuid.uuid4(), "Der Preis stieg.", by=ada)
    for _n in range(2):
        link = SourceLink("https://amt.example/")
        attach_source(NewEvidence(uuid.uuid4(), link, evidence_set=0, claim=claim.key), by=rosa)
    conclude(claim, rosa)
    with pytest.raises(Forbidden):
        change_claim(claim.key, {"text": "Anders."}, by=rosa, base_version=1)

    mine = attach_source(NewEvidence(uuid.uuid4(), link, evidence_set=0, claim=claim.key), by=ada)

    claim.refresh_from_db()
    assert (claim.version_number, mine.evidence_set.n) == (1, 2)  # as if there were no other but the first
    for model in (Verdict, ClaimDesk):
        assert not visible_to(ada, model.objects.all()).exists()
    assert list(visible_to(ada, EvidenceItem.objects.all())) == [mine]


def test_in_an_open_project_who_judges_claims_puts_them_into_normal_form(claim, ada, rosa):
    changes = {"text": "Der Preis stieg 2024 um 4 %.", "claimant": "Amt", "claim_date": date(2024, 5, 31)}
    change_claim(claim.key, changes, by=rosa, base_version=1)
    change_claim(claim.key, changes, by=rosa, base_version=2)  # nothing is different

    claim.refresh_from_db()
    assert (claim.text, claim.claimant, claim.version_number) == (changes["text"], "Amt", 2)
    assert claim.revisions.get().replaced_by == rosa


def test_what_is_known_of_a_claim_is_said_changed_and_brought_back(ada, rosa):
    details = ClaimDetails("numerical", "worth_checking", date(2024, 6, 1))
    claim = make_claim(uuid.uuid4(), "Um 4 %.", by=ada, details=details)
    changes = {"claim_type": "prediction", "check_worthiness": "", "evidence_cutoff": None}
    change_claim(claim.key, changes, by=rosa, base_version=1)

    text = AuditEvent.objects.get(verb="claim.changed").text.values
    before = {"claim_type": "numerical", "check_worthiness": "worth_checking", "evidence_cutoff": "2024-06-01"}
    assert text == {**changes, "earlier": before}
    told = {
        change.name: change.before for change in tell(list(AuditEvent.objects.filter(verb="claim.changed")))[0].changes
    }
    assert told["type of claim"] == "numbers"
    assert told["check-worthiness"] == "worth checking"
    revert_claim(claim.key, 1, by=rosa, base_version=2)
    claim.refresh_from_db()
    assert {name: getattr(claim, name) for name in asdict(details)} == asdict(details)
    for wrong in ({"claim_type": "rumour"}, {"check_worthiness": "urgent"}):
        with pytest.raises(Refused) as refusal:
            change_claim(claim.key, wrong, by=rosa, base_version=3)
        assert refusal.value.field == next(iter(wrong))
        with pytest.raises(IntegrityError), transaction.atomic():
            Claim.objects.filter(pk=claim.pk).update(**wrong)


def test_a_new_scale_leaves_verdicts_their_values(claim, mia, rosa):
    verdict = conclude(claim, rosa)
    values = [NewValue("true", "True", rating=5.0), NewValue("false", "False", rating=1.0)]
    made = revise_scale(values, by=mia, base_version=1)

    assert (made.version, current_scale(mia.project), verdict.value.key) == (2, made, "supported")
    assert revise_scale(values, by=mia).pk == made.pk
    with pytest.raises(Conflict):
        revise_scale(values, by=mia, base_version=1)
    with pytest.raises(Refused) as refusal:
        revise_scale([values[0], values[0]], by=mia)
    assert refusal.value.field == "values.1.key"
    with pytest.raises(Forbidden):
        revise_scale(values, by=rosa)
