"""What readers are shown: a claim's page from publication to withdrawal, previews, list, method and feed."""

from __future__ import annotations

import json
import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from annotations.errors import NotThere
from annotations.models import (
    ArticleVersion,
    AuditEvent,
    Capture,
    Edition,
    EvidenceItem,
    PreviewLink,
    Publication,
    Verdict,
)
from annotations.workflow.claiming import NewMention, make_claim
from annotations.workflow.desk import DeskChange, change_desk, desk_of
from annotations.workflow.editions import MAX_PASSAGE
from annotations.workflow.evidence import NewEvidence, Passage, SourceLink, attach_source
from annotations.workflow.publishing import NewPreview, make_preview, preview_of
from annotations.workflow.sources import paste_capture
from annotations.workflow.verdicts import NewVerdict, reach_verdict
from tests import factories
from tests.claim_review_rules import faults, missing, search_faults, search_missing

pytestmark = pytest.mark.django_db
HOME = "/p/river/claims/"
LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
HOSTILE = "</script><script>alert(1)</script> & „Zitat“ 📈"


@pytest.fixture
def mia():
    made = factories.project(visibility="open", language="de")
    factories.set_project(made, publishes=True, published_as="Flussblatt", published_from="https://fluss.example/")
    return made


@pytest.fixture
def rosa(mia):
    return factories.member(mia, "rosa", "reviewer")


@pytest.fixture
def claim(mia, rosa):
    """Return a claim with a mention, a page, a long passage and an enquiry, whose verdict waits for a second person."""
    ada = factories.member(mia, "ada")
    long_text = f"{factories.GERMAN}\n\n{'Sehr lange. ' * 200}"
    article = factories.article(mia, long_text, url="https://bote.example/1", publisher="Niederauer Bote")
    noted = factories.annotation(ada, article, 2, 26)
    made = make_claim(
        uuid.uuid4(), "Der Preis stieg um 4 %.", by=ada, claimant="Amt", mention=NewMention(uuid.uuid4(), noted.key)
    )
    made.claim_date = "2024-05-31"
    made.save()
    n = len(factories.GERMAN) + 2
    for new in (
        {"link": SourceLink("https://amt.example/a", HOSTILE, "supports", "um 4 %", "nur für uns", origin="Amt")},
        {"link": SourceLink(origin=" amt "), "passage": Passage(article.uuid, n, n + 2000)},
        {
            "link": SourceLink(asked_whom="Ministerium", question="Stimmt das?", answer_by=timezone.now().date()),
            "is_enquiry": True,
            "evidence_set": 0,
        },
    ):
        attach_source(NewEvidence(uuid.uuid4(), claim=made.key, **new), by=rosa)
    new = NewVerdict(uuid.uuid4(), made.key, "supported", f"So steht es in [1].\n\n{HOSTILE}", (1,))
    reach_verdict(new, by=rosa)
    return made


def move(claim, state, by, **more):
    return change_desk(claim.key, DeskChange(state, **more), by=by, base_version=desk_of(claim).version_number)


@pytest.fixture
def page(claim, mia, rosa):
    move(claim, "in_second_review", rosa)
    move(claim, "published", mia)
    return Publication.objects.get()


def browser(member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def send(client: Client, claim, act: str, **values):
    return client.post(f"{HOME}{claim.key}/", {"act": act, "form_key": str(uuid.uuid4()), **values})


def address(page: Publication) -> str:
    return f"/published/{page.uuid}/"


def test_anybody_reads_a_published_claim_and_learns_nothing_of_who_worked_on_it(
    page, mia, rosa, django_assert_max_num_queries
):
    with django_assert_max_num_queries(4):
        response = Client().get(address(page))

    words = response.content.decode()
    assert response.status_code == 200
    for shown in (
        "Der Preis stieg um 4 %.",
        "Amt",
        "31. Mai 2024",
        "Supported",
        "Flussblatt",
        "Niederauer Bote",
        "Ministerium",
        "Stimmt das?",
        'href="#evidence-1"',
        "Zitiert: 2, davon unabhängiger Herkunft: 1.",
        'lang="de"',
    ):
        assert shown in words, shown
    for hidden in (rosa.pseudonym, mia.pseudonym, "ada", "nur für uns", "alert(1)</script>", "river"):
        assert hidden not in words, hidden
    assert "Sehr lange. " * 60 not in words
    assert max(map(len, re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", words, re.DOTALL))) <= MAX_PASSAGE
    assert response["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in response
    assert "Cookie" not in response.get("Vary", "")
    assert Client().get(address(page), headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_the_page_of_a_claim_has_a_valid_claim_review(page):
    words = Client().get(address(page)).content.decode()

    [found] = LD.findall(words)
    review = json.loads(found)
    assert (faults(review), missing(review)) == ([], [])
    assert "<" not in found
    assert review["url"] == f"http://testserver{address(page)}"
    assert review["author"] == {"@type": "Organization", "name": "Flussblatt", "url": "https://fluss.example/"}
    assert review["itemReviewed"]["appearance"][0]["url"] == "https://bote.example/1"
    assert review["reviewRating"]["ratingExplanation"].endswith(HOSTILE)
    assert review["citation"][0]["name"] == HOSTILE


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (["url"], "claims/1", "/url: no web address"),
        (["datePublished"], "3 May", "/datePublished: no date of ISO 8601"),
        (["reviewRating", "alternateName"], "", "/reviewRating/alternateName: required"),
        (["reviewRating", "bestRating"], None, "/reviewRating: give all three numbers or none"),
        (["reviewRating", "ratingValue"], 99, "/reviewRating: the value lies outside its scale"),
        (["author", "@type"], "Rating", "/author: the type 'Rating' does not belong here"),
        (["verdict"], "x", "/verdict: ClaimReview has no such property"),
    ],
)
def test_the_validator_finds_what_is_wrong(path, value, fault):
    review = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": "https://a.example/1",
        "claimReviewed": "x",
        "datePublished": "2024-05-31",
        "author": {"@type": "Organization", "name": "A"},
        "reviewRating": {
            "@type": "Rating",
            "alternateName": "False",
            "ratingValue": 1,
            "bestRating": 5,
            "worstRating": 1,
        },
    }
    assert faults(review) == []
    place = review
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    if value is None:
        del place[path[-1]]

    assert fault in faults(review)


def test_nothing_changes_before_readers_eyes_without_an_act_that_says_why(page, claim, mia, rosa):
    before = Client().get(address(page)).content
    claim.refresh_from_db()
    claim.text = "Der Preis stieg um 40 %."
    claim.save()
    EvidenceItem.objects.filter(url__startswith="https").update(withdrawn_at=timezone.now())
    assert Client().get(address(page)).content == before

    desk = browser(mia)
    assert send(desk, claim, "page-publish", note="").status_code == 422
    assert send(browser(rosa), claim, "page-publish", note="Es hieß 40 %.").status_code == 403
    assert send(desk, claim, "page-publish", note="Es waren 40 %.").status_code == 302
    assert send(desk, claim, "page-publish", note="Noch einmal.").status_code == 422

    words = Client().get(address(page)).content.decode()
    assert "40 %" in words
    assert "Es waren 40 %." in words
    assert json.loads(LD.findall(words)[0])["correction"][0]["text"] == "Es waren 40 %."
    assert desk_of(claim).state == "corrected"
    assert AuditEvent.objects.filter(verb="page.corrected", after={"edition": 2}).count() == 1


def test_a_corrected_verdict_is_shown_with_its_note_even_where_one_between_was_never_published(page, claim, mia, rosa):
    for value, note, before in (("refuted", "Die Reihe war falsch.", 1), ("conflicting_evidence", "", 2)):
        last = Verdict.objects.order_by("-pk").first()
        reach_verdict(NewVerdict(uuid.uuid4(), claim.key, value, "Neu.", (), last.key, note), by=rosa)
        assert Verdict.objects.count() == before + 1
    move(claim, "in_second_review", rosa)
    move(claim, "published", mia)

    words = Client().get(address(page)).content.decode()

    assert "Conflicting Evidence" in words
    assert "Die Reihe war falsch." in words
    assert [each.kind for each in Edition.objects.order_by("n")] == ["published", "corrected"]


def test_a_withdrawn_page_says_so_and_why_and_comes_back_by_the_desk(page, claim, mia, rosa):
    desk = browser(rosa)
    assert send(desk, claim, "page-withdraw", note="").status_code == 422
    assert send(desk, claim, "page-withdraw", note="Der Beleg war <gefälscht>.").status_code == 302

    gone = Client().get(address(page))
    words = gone.content.decode()
    assert gone.status_code == 410
    assert "Der Beleg war &lt;gefälscht&gt;." in words
    assert gone["X-Robots-Tag"] == "noindex"
    for hidden in ("Der Preis", "ld+json", "Supported", "nur für uns", rosa.pseudonym):
        assert hidden not in words, hidden
    assert "Der Preis" not in Client().get(f"/published/by/{mia.project.uuid}/").content.decode()
    assert desk_of(claim).state == "in_check"
    move(claim, "in_second_review", rosa)
    move(claim, "published", mia)
    assert Client().get(address(page)).status_code == 200
    assert "Erneut veröffentlicht" in Client().get(address(page)).content.decode()


def test_readers_find_nothing_where_the_project_does_not_publish(page, claim, mia, rosa):
    project = mia.project.uuid
    public = [address(page), *(f"/published/by/{project}/{tail}" for tail in ("", "method/", "claims.jsonld"))]
    assert [Client().get(path).status_code for path in public] == [200] * 4
    factories.set_project(mia, publishes=False)

    assert [Client().get(path).status_code for path in public] == [404] * 4
    assert Client().get(f"/published/{uuid.uuid4()}/").content == Client().get(address(page)).content
    assert send(browser(mia), claim, "page-publish", note="x").status_code == 422
    assert send(browser(mia), claim, "preview-make", days="1").status_code == 422


def test_a_verdict_published_before_the_project_published_gets_its_page_afterwards(mia, claim, rosa):
    factories.set_project(mia, publishes=False)
    move(claim, "in_second_review", rosa)
    move(claim, "published", mia)
    assert not Publication.objects.exists()
    factories.set_project(mia, publishes=True)

    assert send(browser(mia), claim, "page-publish", note="").status_code == 302

    assert Edition.objects.get().kind == "published"


def test_words_of_a_text_that_is_withheld_later_are_not_shown_any_more(page):
    version = ArticleVersion.objects.get()
    ArticleVersion.objects.filter(pk=version.pk).update(text="", withheld_at=timezone.now())

    words = Client().get(address(page)).content.decode()

    assert "Sehr lange." not in words
    assert "Der Text dieses Artikels wird zurückgehalten." in words


def test_a_page_tells_when_a_source_was_seen_and_loses_the_words_of_a_capture_that_is_withheld(claim, mia, rosa):
    item = EvidenceItem.objects.get(url="https://amt.example/a")
    capture = paste_capture(item.source.uuid, "Der Preis stieg um 4 %.", by=rosa)
    Capture.objects.filter(pk=capture.pk).update(archive_url="https://archive.example/1")
    values = {"capture": capture, "length": capture.length, "start": 16, "end": 22, "quote": capture.text[16:22]}
    EvidenceItem.objects.filter(pk=item.pk).update(**values)
    move(claim, "in_second_review", rosa)
    move(claim, "published", mia)
    page = Publication.objects.get()

    words = Client().get(address(page)).content.decode()
    Capture.objects.filter(pk=capture.pk).update(text="", withheld_at=timezone.now())
    withheld = Client().get(address(page)).content.decode()

    assert bytes(capture.sha256).hex() in words
    assert "https://archive.example/1" in words
    assert ">um 4 %<" in words
    assert ">um 4 %<" not in withheld


def test_a_preview_shows_the_page_to_whoever_has_the_link_until_it_ends(claim, mia, rosa):
    reply = send(browser(rosa), claim, "preview-make", days="3", name="Anwältin")
    link = re.search(r'value="http://testserver(/preview/\?token=[\w-]+)"', reply.content.decode())[1]
    shown = Client().get(link)

    words = shown.content.decode()
    assert shown.status_code == 200
    assert "Vorschau, nicht veröffentlicht." in words
    assert "Der Preis stieg um 4 %." in words
    assert "ld+json" not in words
    assert (shown["Cache-Control"], shown["Referrer-Policy"]) == ("private, no-store", "no-referrer")
    assert "noindex" in shown["X-Robots-Tag"]
    assert rosa.pseudonym not in words
    row = PreviewLink.objects.get()
    assert link.partition("=")[2].encode() not in bytes(row.digest)
    assert link.partition("=")[2] not in browser(rosa).get(f"{HOME}{claim.key}/").content.decode()
    row.expires_at = timezone.now() - timedelta(seconds=1)
    row.save()
    expired = Client().get(link)
    assert expired.status_code == 404
    assert expired.content == Client().get("/preview/?token=x").content
    row.expires_at = timezone.now() + timedelta(days=1)
    row.save()
    assert Client().get(link).status_code == 200
    assert send(browser(mia), claim, "preview-revoke", key=str(row.uuid)).status_code == 302
    assert Client().get(link).status_code == 404


def test_a_preview_ends_with_its_makers_part_and_with_publishing(claim, mia, rosa):
    new = NewPreview(uuid.uuid4(), claim.key, timezone.now() + timedelta(days=1))
    _link, secret = make_preview(new, by=rosa)
    assert preview_of(secret)
    rosa.role = "annotator"
    rosa.save()
    with pytest.raises(NotThere):
        preview_of(secret)


def test_the_feed_is_paged_and_every_review_in_it_is_valid(page, mia, monkeypatch):
    monkeypatch.setattr("annotations.web.readers.FEED_SIZE", 2)
    for n in range(2):
        other = make_claim(uuid.uuid4(), f"Behauptung {n}", by=mia)
        copy = Publication.objects.create(project=mia.project, claim=other)
        contents = {**Edition.objects.get(publication=page).contents}
        Edition.objects.create(
            project=mia.project, publication=copy, n=1, kind="published", contents=contents, created_by=mia
        )
    start = f"/published/by/{mia.project.uuid}/claims.jsonld"

    first = Client().get(start)
    following = re.search(r'<http://testserver([^>]+)>; rel="next"', first["Link"])[1]
    second = Client().get(following)

    assert [faults(reply.json()) for reply in (first, second)] == [[], []]
    assert [len(reply.json()["dataFeedElement"]) for reply in (first, second)] == [2, 1]
    assert "Link" not in second
    assert (first["Content-Type"], first["Access-Control-Allow-Origin"]) == ("application/ld+json", "*")


def test_the_method_page_is_made_of_the_guidelines_and_the_scale(mia):
    words = Client().get(f"/published/by/{mia.project.uuid}/method/").content.decode()

    assert "Wie wir prüfen" in words
    assert "Not Enough Evidence" in words
    assert "höchstens 500 Zeichen" in words


def test_the_desk_copies_html_with_json_ld_for_a_site_of_its_own(page, claim, mia):
    import html

    shown = html.unescape(browser(mia).get(f"{HOME}{claim.key}/").content.decode())
    by_api = browser(mia).get(f"/api/v1/projects/river/claims/{claim.key}/page/").json()

    assert by_api["html"].startswith("<article")
    assert by_api["html"] in shown
    assert faults(by_api["claim_review"]) == []
    assert json.loads(LD.findall(by_api["html"])[0]) == by_api["claim_review"]
    found = by_api["claim_review_for_search"]
    assert (search_faults(found, host="testserver"), search_missing(found)) == ([], [])
    assert json.loads(LD.findall(shown)[-1]) == found


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (["url"], "https://elsewhere.example/1", "/url: of another host than its page"),
        (["claimReviewed"], "", "/claimReviewed: required"),
        (["reviewRating"], {}, "/reviewRating: the type None does not belong here"),
        (["reviewRating", "worstRating"], 0, "/reviewRating: the worst is 1 at least, and less than the best"),
        (["reviewRating", "alternateName"], "", "/reviewRating/alternateName: required"),
        (["itemReviewed", "author", "name"], "", "/itemReviewed/author/name: required"),
        (["identifier"], "x", "/identifier: not documented"),
        (["author"], {"@type": "Person"}, "/author: a name or an address"),
    ],
)
def test_the_validator_of_what_search_engines_document_finds_what_is_wrong(page, mia, claim, path, value, fault):
    review = browser(mia).get(f"/api/v1/projects/river/claims/{claim.key}/page/").json()["claim_review_for_search"]
    place = review
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value

    assert fault in search_faults(review, host="testserver")


def test_a_page_that_stands_keeps_its_claim_from_being_merged_or_dropped(page, claim, mia, rosa):
    other = make_claim(uuid.uuid4(), "Noch eine.", by=rosa)
    move(claim, "in_check", rosa)
    client = browser(mia)

    assert send(client, claim, "same-merge", into=str(other.key)).status_code == 422
    assert send(client, claim, "desk-move", state="dropped").status_code == 422
    move(claim, "in_second_review", rosa)
    assert send(client, claim, "desk-move", state="published").status_code == 302  # nothing changed for readers
    assert Edition.objects.count() == 1


def test_an_enquiry_is_noted_changed_and_shown_with_its_questions(claim, rosa):
    client = browser(rosa)
    values = {"asked_whom": "Amt", "question": "Seit wann?", "stance": "neutral", "asked_on": "2024-06-01"}
    assert send(client, claim, "enquiry-add", **values | {"asked_whom": ""}).status_code == 422
    late = send(client, claim, "enquiry-add", **values, answer_by="2024-05-01", evidence_set="1")
    assert late.status_code == 422
    assert send(client, claim, "enquiry-add", **values, answer_by="2024-06-08", evidence_set="1").status_code == 302
    item = EvidenceItem.objects.get(asked_whom="Amt")
    changed = {**values, "quote": "Seit Mai.", "answered_on": "2024-06-07", "strength": "fair", "base": "1"}
    assert send(client, claim, "evidence-change", key=str(item.key), **changed).status_code == 302

    item.refresh_from_db()
    assert (item.quote, item.strength, str(item.answered_on)) == ("Seit Mai.", "fair", "2024-06-07")
    assert item.revisions.get().asked_whom == "Amt"
    words = client.get(f"{HOME}{claim.key}/").content.decode()
    assert "Questions and answers" in words
    assert "Cited by the verdict: 3, of independent origin: 2." in words
