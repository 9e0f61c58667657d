"""The pages of claims: list and board, one claim from mention to a corrected verdict, the verdict scale."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client

from annotations.models import Claim, ClaimDesk, EvidenceItem, Source, Verdict, VerdictScale
from annotations.workflow.claiming import NewMention, make_claim
from annotations.workflow.desk import desk_of
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from tests import factories

pytestmark = pytest.mark.django_db
HOME = "/p/river/claims/"


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
def article(mia):
    return factories.article(mia)


@pytest.fixture
def claim(ada, article):
    made = factories.annotation(ada, article, 2, 26)
    return make_claim(uuid.uuid4(), "Der Preis stieg um 4 %. 📈", by=ada, mention=NewMention(uuid.uuid4(), made.key))


def browser(member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def send(client: Client, claim: Claim, act: str, **values):
    form_key = values.pop("form_key", str(uuid.uuid4()))
    return client.post(f"{HOME}{claim.key}/", {"act": act, "form_key": form_key, **values})


def test_a_claim_goes_from_mention_to_a_corrected_verdict(claim, mia, rosa, article):
    """Every form of the page, sent as a browser without script sends it."""
    at_desk, second = browser(rosa), browser(mia)
    page = at_desk.get(f"{HOME}{claim.key}/").content.decode()
    assert f"/p/river/articles/{article.uuid}/#at=2-26" in page
    values = {"url": "https://amt.example/a", "title": "Amt", "stance": "supports", "evidence_set": "1", "quote": "4 %"}
    assert send(at_desk, claim, "evidence-add", **values).status_code == 302
    link = f"http://testserver/p/river/articles/{article.uuid}/#at=2-26"
    assert send(at_desk, claim, "evidence-add", url=link, stance="refutes", evidence_set="0").status_code == 302
    verdict = {"value": "supported", "rationale": "So steht es dort.", "evidence_sets": ["1", "2"]}
    assert send(at_desk, claim, "verdict-reach", **verdict).status_code == 302
    assert send(at_desk, claim, "desk-give", assignee=str(mia.uuid), due_on="2026-12-01").status_code == 302
    assert send(at_desk, claim, "desk-move", state="in_second_review").status_code == 302
    assert send(at_desk, claim, "desk-move", state="published").status_code == 403
    assert send(second, claim, "desk-move", state="published").status_code == 302
    first = Verdict.objects.get()
    again = {"value": "refuted", "rationale": "Doch nicht.", "supersedes": str(first.key)}
    assert send(second, claim, "verdict-reach", **again).status_code == 422  # readers are told what was wrong
    assert send(second, claim, "verdict-reach", **again, correction_note="Falsche Reihe.").status_code == 302
    send(second, claim, "desk-move", state="in_second_review")
    send(at_desk, claim, "desk-move", state="published")

    assert desk_of(claim).state == "corrected"
    page = second.get(f"{HOME}{claim.key}/").content.decode()
    assert page.index("Doch nicht.") < page.index("So steht es dort.")
    for words in ("superseded", "stands", "Falsche Reihe.", "Set 2", "alternatively", "reached a verdict"):
        assert words in page
    passage = EvidenceItem.objects.get(version__isnull=False)
    assert passage.quote == article.current_version.text[2:26]


def test_a_form_sent_twice_is_carried_out_once(claim, rosa):
    client, key = browser(rosa), str(uuid.uuid4())
    for _n in range(2):
        values = {"url": "https://amt.example/a", "stance": "supports", "evidence_set": "0"}
        assert send(client, claim, "evidence-add", form_key=key, **values).status_code == 302
        verdict = {"value": "refuted", "rationale": "Nein.", "form_key": key}
        assert send(client, claim, "verdict-reach", **verdict).status_code == 302
        client.post(HOME, {"form_key": key, "text": "Neu."})

    assert (EvidenceItem.objects.count(), Verdict.objects.count(), Claim.objects.count()) == (1, 1, 2)


def test_a_form_filled_from_an_earlier_state_is_told_of_it_and_keeps_what_was_written(claim, rosa, mia):
    send(browser(rosa), claim, "claim-change", text="Anders.", claimant="Amt", claim_date="2024-05-31", base="1")

    response = send(browser(mia), claim, "claim-change", text="Noch anders.", base="1")

    page = response.content.decode()
    assert response.status_code == 409
    assert "Noch anders.</textarea>" in page
    assert re.search(r'name="base" value="2"', page)
    claim.refresh_from_db()
    assert (claim.text, claim.claimant) == ("Anders.", "Amt")
    response = send(browser(rosa), claim, "verdict-reach", value="refuted", rationale="x", supersedes=uuid.uuid4())
    assert response.status_code == 409


def test_owners_change_withdraw_and_bring_back_their_own(claim, ada, rosa):
    client = browser(ada)
    send(client, claim, "evidence-add", url="https://amt.example/a", stance="supports", evidence_set="1")
    item, mention = EvidenceItem.objects.get(), claim.mentions.get()
    changed = {"key": item.key, "url": "https://amt.example/b", "stance": "neutral", "base": "1"}
    assert send(client, claim, "evidence-change", **changed).status_code == 302
    assert send(browser(rosa), claim, "evidence-withdraw", key=item.key, base="2").status_code == 403
    assert send(client, claim, "evidence-change", **changed | {"url": "javascript:x", "base": "2"}).status_code == 422
    for act, row, base in (
        ("evidence-withdraw", item, 2),
        ("evidence-restore", item, 3),
        ("mention-change", mention, 1),
        ("mention-withdraw", mention, 2),
        ("claim-withdraw", claim, 1),
    ):
        response = send(client, claim, act, key=row.key, base=base, stance="denies")
        assert response.status_code == 302, act
    item.refresh_from_db(), claim.refresh_from_db(), mention.refresh_from_db()
    assert (item.url, item.stance, item.withdrawn_at) == ("https://amt.example/b", "neutral", None)
    assert mention.withdrawn_at
    assert mention.stance == "denies"
    assert claim.withdrawn_at
    assert "claim-restore" in client.get(f"{HOME}{claim.key}/").content.decode()
    assert send(client, claim, "claim-restore", base="2").status_code == 302


def test_annotations_are_tied_and_claims_merged_from_the_page(claim, ada, rosa, article, django_assert_max_num_queries):
    other = factories.annotation(ada, article, 9, 14)
    third = make_claim(uuid.uuid4(), "Der Preis ist höher.", by=ada)
    client = browser(rosa)
    page = client.get(f"{HOME}{third.key}/", {"find": other.quote, "same": "Preis stieg"}).content.decode()
    assert str(other.key) in page
    assert claim.text in page

    assert send(client, third, "mention-add", annotation=other.key, stance="reports").status_code == 302
    assert send(client, third, "same-merge", into=claim.key, base="0").status_code == 302
    assert "Merged into another claim" in client.get(f"{HOME}{third.key}/").content.decode()
    page = client.get(f"{HOME}{claim.key}/").content.decode()
    assert f"#at={other.start}-{other.end}" in page
    assert third.text not in client.get(HOME).content.decode()
    link = SourceLink("https://amt.example/", quote="Teurer.")
    attach_source(NewEvidence(uuid.uuid4(), link, claim=third.key), by=ada)
    assert f'value="{third.key}:1"' in client.get(f"{HOME}{claim.key}/").content.decode()
    verdict = {"value": "supported", "rationale": "So steht es dort.", "merged_sets": [f"{third.key}:1"]}
    assert send(client, claim, "verdict-reach", **verdict).status_code == 302
    with django_assert_max_num_queries(45):
        page = client.get(f"{HOME}{claim.key}/").content.decode()
    assert "the verdict rests on it" in page
    assert f"[{third.key.hex[-4:]}-1]" in page
    assert send(client, third, "same-part", base="1").status_code == 302
    page = client.get(f"{HOME}{claim.key}/").content.decode()
    assert "Of claims that were merged into this one" in page
    assert "the verdict rests on it" in page
    assert third.text in client.get(HOME).content.decode()


def test_list_and_board_filter_count_and_page_with_constant_queries(
    claim, mia, ada, rosa, django_assert_max_num_queries
):
    send(browser(rosa), claim, "verdict-reach", value="supported", rationale="Ja.")
    send(browser(rosa), claim, "desk-give", assignee=str(rosa.uuid))
    for n in range(55):
        make_claim(uuid.uuid4(), f"Behauptung {n}", by=ada, claimant="Amt" if n else "Haus & Hof")
    client = browser(rosa)

    def found(**params) -> str:
        return client.get(HOME, params).content.decode()

    with django_assert_max_num_queries(17):
        page = found()
    assert page.count('<th scope="row">') == 50
    older = re.search(r'href="(\?after=[^"]+)"', page)
    assert "Behauptung 0<" in client.get(HOME + older[1]).content.decode()
    for params in (
        {"verdict": "supported"},
        {"state": "in_check"},
        {"mine": "given"},
        {"q": "preis 4"},
        {"claimant": "none"},
    ):
        assert "1 claim matches" in found(**params), params
    assert "56 claims match" in found(evidence="no")
    assert "1 claim matches" in found(claimant="Haus & Hof", state="new", verdict="none")
    with django_assert_max_num_queries(22):
        page = found(view="board")
    assert page.count("board-card") == 21
    assert "is not known" in found(state="nowhere")
    assert client.get(HOME, {"after": "x", "q": "\x00"}).status_code == 200
    with django_assert_max_num_queries(30):
        client.get(f"{HOME}{claim.key}/")


def test_what_is_known_of_a_claim_is_filled_in_listed_and_marks_what_came_too_late(claim, rosa):
    details = {"claim_type": "numerical", "check_worthiness": "worth_checking", "evidence_cutoff": "2024-06-01"}
    client = browser(rosa)
    assert send(client, claim, "claim-change", text=claim.text, base="1", **details).status_code == 302
    client.post(HOME, {"text": "Morgen steigt er.", "claim_type": "prediction"})
    assert Claim.objects.get(text="Morgen steigt er.").claim_type == "prediction"
    for n, day in enumerate(("2024-06-01T12:00Z", "2024-06-02T12:00Z", None)):
        url = f"https://amt.example/{n}"
        send(client, claim, "evidence-add", url=url, stance="supports", evidence_set="0")
        Source.objects.filter(url=url).update(published_at=day)
    enquiry = {"question": "Stimmt das?", "quote": "Ja.", "asked_whom": "Amt", "evidence_set": "0"}
    send(client, claim, "enquiry-add", stance="supports", answered_on="2024-06-03", **enquiry)

    page = client.get(f"{HOME}{claim.key}/").content.decode()

    assert EvidenceItem.objects.count() == 4
    assert page.count("after the cut-off") == 2
    assert "evidence until June 1, 2024" in page
    assert 'value="worth_checking" selected' in page
    for asked in ({"claim_type": "numerical"}, {"check_worthiness": "worth_checking"}, {"claim_type": "prediction"}):
        for view in ({}, {"view": "board"}):
            page = client.get(HOME, asked | view).content.decode()
            assert "1 claim matches" in page
            assert ("prediction</span>" if "prediction" in asked.values() else "worth checking</span>") in page
    assert "is not known" in client.get(HOME, {"claim_type": "rumour"}).content.decode()


def test_a_blind_annotator_is_shown_nothing_of_the_desk(mia, claim, rosa, ada):
    send(browser(rosa), claim, "evidence-add", url="https://amt.example/x", stance="refutes", evidence_set="0")
    send(browser(rosa), claim, "verdict-reach", value="refuted", rationale="Nein, nie.")
    send(browser(rosa), claim, "desk-give", assignee=str(rosa.uuid))
    others = make_claim(uuid.uuid4(), "Ganz anders.", by=rosa)
    mia.project.visibility = "blind"
    mia.project.save()
    client = browser(ada)

    page = client.get(f"{HOME}{claim.key}/").content.decode() + client.get(HOME, {"view": "board"}).content.decode()

    for words in ("amt.example", "Nein, nie.", "Desk", "in check", rosa.pseudonym, others.text, "Verdict</h2>"):
        assert words not in page, words
    assert "You see your own" in page
    assert client.get(f"{HOME}{others.key}/").status_code == 404
    assert "1 claim matches" in client.get(HOME, {"mine": "either"}).content.decode()
    assert send(client, claim, "desk-move", state="dropped").status_code == 403


def test_managers_change_the_scale_and_everybody_reads_it(mia, rosa):
    client = browser(mia)
    address = "/p/river/verdict-scale/"
    rows = [("Wahr", "true", "5"), ("Falsch", "false", "1"), ("", "", "")]
    form = {"values-TOTAL_FORMS": "3", "values-INITIAL_FORMS": "0", "scale_name": "Zwei", "base": "1"}
    for n, (name, key, rating) in enumerate(rows):
        form |= {f"values-{n}-name": name, f"values-{n}-key": key, f"values-{n}-rating": rating}

    assert client.post(address, form).status_code == 302
    assert client.post(address, form).status_code == 409
    wrong = client.post(address, form | {"values-1-key": "true", "base": "2"})

    assert (wrong.status_code, "Two values have the same key" in wrong.content.decode()) == (422, True)
    scale = VerdictScale.objects.get(version=2)
    assert [(value.key, value.rating) for value in scale.values.all()] == [("true", 5.0), ("false", 1.0)]
    assert "Falsch" in browser(rosa).get(address).content.decode()
    assert browser(rosa).post(address, form).status_code == 403
    assert ClaimDesk.objects.count() == 0
