"""XS-2: one marker with all special characters in every field; pages hold it as text or in a quoted attribute only."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as some

from annotations.jobs.running import run_job
from annotations.jobs.starting import start_import
from annotations.jobs.waiting import keep_upload
from annotations.models import (
    Article,
    Assignment,
    BoilerplateRuling,
    EvidenceItem,
    Job,
    JobProblem,
    Label,
    Membership,
    Project,
    Quotation,
    QuotationDecision,
    QuotationMatch,
    Region,
    Source,
    Spelling,
    TextLink,
    User,
    Verdict,
)
from annotations.tasks import KINDS
from annotations.text.spans import Span
from annotations.text.urls import BadUrl, check_source_url
from annotations.web.markdown import render_markdown
from annotations.workflow.accounts import issue_token
from annotations.workflow.annotating import AnnotationChange, change_annotation
from annotations.workflow.answering import NewAnswer, NewStatement, add_row, answer
from annotations.workflow.attributing import Said, attribute
from annotations.workflow.claiming import NewMention, make_claim
from annotations.workflow.editions import write_edition
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.identities import Identity, link_identity
from annotations.workflow.inviting import NewInvitation, invite
from annotations.workflow.projects import NewLabel, publish_guidelines, revise_label_set
from annotations.workflow.rounds import first_round
from annotations.workflow.sources import paste_capture
from annotations.workflow.stories import make_story
from annotations.workflow.zoning import NewZone, mark_zone
from tests import factories

from .test_access_matrix import rows
from .world import ADMIN, agreement_of, content_of, path_of

MARKER = "mk&lt;\"'`=/><mk-x mk-a='b'>{{ 7|add:7 }}{% now 'Y' %}</script></style></textarea>-->]]>"
PLAIN = "<mk-x"
WEB = "https://bote.example/?q="


class Reader(HTMLParser):
    """Reads a page as a browser would, and notes what the marker became."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.intruders: list[str] = []
        self.text: list[str] = []
        self.values: list[str] = []
        self.links: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attrs}
        self.values += names.values()
        if tag.startswith("mk") or any(name.startswith(("mk", "on", "{")) for name in names):
            self.intruders.append(self.get_starttag_text() or tag)
        if tag == "a" and names.get("href", "").startswith(("http:", "https:")):
            self.links.append(names)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.fixture
def mia(db) -> Membership:
    """Give a manager and superuser of a project in which every text is the marker."""
    mia = factories.project("river", name=MARKER, visibility="open", description=MARKER)
    names = {"display_name": MARKER, "first_name": MARKER, "last_name": MARKER, "email": MARKER}
    User.objects.filter(pk=mia.user_id).update(**names, username=MARKER, is_staff=True, is_superuser=True)
    revise_label_set([NewLabel("claim", MARKER[:100], shortcut="7", description=MARKER)], by=mia)
    publish_guidelines(MARKER, by=mia)
    return mia


@pytest.fixture
def filled(mia) -> dict[str, uuid.UUID]:
    """Fill the project with an article, work, jobs; return what the routes name."""
    ada = factories.member(mia, "ada", pseudonym=MARKER)
    story = factories.article(mia, f"Der Preis. {MARKER}", title=MARKER, publisher=MARKER, url=f"{WEB}{MARKER}")
    candidate = {"value": MARKER, "place": {"snippet": MARKER}}
    Article.objects.filter(pk=story.pk).update(
        metadata={MARKER: MARKER}, candidates={"publisher": [candidate], "published_at": [candidate]}
    )
    made = factories.annotation(ada, story, 0, 40, note=MARKER)
    change_annotation(made.key, AnnotationChange(note=f"{MARKER} 2"), base_version=1, by=ada)
    claim = make_claim(uuid.uuid4(), MARKER, by=ada, mention=NewMention(uuid.uuid4(), made.key))
    link = SourceLink(f"{WEB}{MARKER}", title=MARKER, quote=MARKER, note=MARKER)
    evidence = attach_source(NewEvidence(uuid.uuid4(), link, claim=claim.key), by=ada)
    page = _published(claim, ada, mia)
    words = story.current_version.text[:10]
    excerpt = (uuid.uuid4(), story.current_version.uuid, "excerpt", Span(0, 10), words, MARKER, f"{WEB}{MARKER}")
    zone = mark_zone(NewZone(*excerpt), by=mia)
    run, figure = agreement_of(mia, ada, story, MARKER)
    job = start_import(mia, [(f"{MARKER}.jsonl", io.BytesIO(f'{{"title": "{MARKER[:6]}'.encode()))])
    run_job(job.pk, KINDS, owner="this test")
    JobProblem.objects.create(job=job, file=MARKER, field=MARKER, value=MARKER, message=MARKER)
    Job.objects.filter(pk=job.pk).update(message=MARKER)
    invitation, secret = invite(NewInvitation("viewer", MARKER), by=mia)
    identity = link_identity(Identity("https://id.example", MARKER, MARKER), mia.user)
    token, _secret = issue_token(mia.user, MARKER, expires_at=timezone.now() + timedelta(days=1))
    table = f'title,text,{MARKER[:40]}\n"{MARKER[:20]}","{MARKER[:20]}",1\n'.encode()
    return {
        "slug": "river",
        "external_id": story.external_id,
        "sha256": bytes(story.current_version.text_sha256).hex(),
        "upload": keep_upload(mia, [(f"{MARKER}.csv", io.BytesIO(table))]).uuid,
        "article": story.uuid,
        "annotation": made.key,
        "claim": claim.key,
        "publication": page.uuid,
        "project": mia.project.uuid,
        "preview": uuid.uuid4(),
        "evidence": evidence.key,
        "source": evidence.source.uuid,
        "capture": paste_capture(evidence.source.uuid, MARKER, by=ada, title=MARKER).uuid,
        "zone": zone.uuid,
        "run": run.uuid,
        "round": first_round(mia.project_id).uuid,
        "passage": uuid.uuid4(),
        "story_suggestion": uuid.uuid4(),
        **_told(story, mia),
        **_quoted(story, made, ada, mia),
        "ruling": uuid.uuid4(),
        "assignment": Assignment.objects.filter(version=story.current_version)[0].uuid,
        "figure": figure.uuid,
        "mention": claim.mentions.get().key,
        "member": ada.uuid,
        "job": job.uuid,
        "token": token.uuid,
        "invitation": invitation.uuid,
        "secret": secret,
        "identity": identity.uuid,
        "account": ada.user.uuid,
    }


def _told(article, mia):
    """Make a story in which every text is the marker."""
    told = make_story(uuid.uuid4(), MARKER, by=mia, articles=[article.uuid], note=MARKER)
    row = add_row(told.key, uuid.uuid4(), MARKER, "name", by=mia, cues=MARKER)
    said = NewStatement(MARKER, "source", MARKER)
    answer(row.key, article.uuid, NewAnswer("agrees", 0, [said], MARKER), by=mia)
    return {"story": told.key, "row": row.key}


def _quoted(story, made, ada, mia) -> dict[str, object]:
    """Say who says it, look a quotation up, and rule about words, each with the marker wherever a text may stand."""
    said = Said(MARKER[:300], MARKER[:300], voice="named_source", voice_name=MARKER[:300], note=MARKER)
    attribution = attribute(uuid.uuid4(), made.key, said, by=ada)
    version = story.current_version
    values = {"origin": "rule", "rule": "quotations-1", "speaker": MARKER[:300], "named_url": f"{WEB}{MARKER}"}
    quotation = Quotation.objects.create(
        project=mia.project, version=version, length=version.length, start=0, end=10, quote=version.text[:10],
        n_words=1, **values,
    )  # fmt: skip
    other = factories.article(mia, MARKER, title=MARKER).current_version
    place = QuotationMatch.objects.create(
        project=mia.project, quotation=quotation, version=other, length=other.length, start=0, end=10,
        is_verbatim=False, score=0.9,
    )  # fmt: skip
    QuotationDecision.objects.create(project=mia.project, match=place, decided_by=ada, state="original", note=MARKER)
    spelling = Spelling.objects.create(project=mia.project, words=[MARKER, MARKER])
    BoilerplateRuling.objects.create(project=mia.project, hash=1, quote=MARKER, is_boilerplate=True, decided_by=mia)
    return {
        "attribution": attribution.key,
        "speaker": attribution.speaker.key,
        "quotation": quotation.key,
        "place": place.key,
        "spelling": spelling.key,
    }


def _published(claim, ada, mia):
    """Publish a claim, in which every text that readers see is the marker."""
    Project.objects.filter(pk=mia.project_id).update(publishes=True, published_as=MARKER, published_from=f"{WEB}x")
    mia.project.refresh_from_db()
    asked = SourceLink(quote=MARKER, question=MARKER, asked_whom=MARKER, origin=MARKER)
    attach_source(NewEvidence(uuid.uuid4(), asked, is_enquiry=True, claim=claim.key), by=ada)
    scale = mia.project.verdict_scales.get()
    scale.values.update(name=MARKER[:100], description=MARKER)
    value = scale.values.first()
    verdict = Verdict.objects.create(
        project=mia.project, created_by=ada, claim=claim, value=value, rationale=MARKER, published_at=timezone.now()
    )
    write_edition(claim, verdict, mia)
    claim.claimant = MARKER[:300]
    claim.save()
    edition = write_edition(claim, verdict, mia, note=MARKER)
    return edition.publication


COPIED = re.compile(r"<textarea[^>]*\bdata-copied\b[^>]*>[^<]*</textarea>")


def faults_of(response, address: str) -> Iterator[str]:
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return
    page = response.content.decode()
    if PLAIN in page:
        yield f"{address}: not escaped: {page[page.index(PLAIN) - 120 :][:200]}"
    once = COPIED.sub("", page)  # markup that is offered to be copied stands there as text
    if "&amp;amp;lt;" in once:
        yield f"{address}: escaped twice: {once[once.index('&amp;amp;lt;') - 120 :][:200]}"
    reader = read(page)
    yield from (f"{address}: became an element: {one}" for one in reader.intruders)
    for link in reader.links:
        if not {"noopener", "noreferrer", "nofollow"} <= set(link.get("rel", "").split()):
            yield f"{address}: link without rel: {link}"


class Named:
    """What `path_of` asks of a project's work."""

    def __init__(self, values: dict) -> None:
        self.values = values


def test_xs2_every_page_shows_the_marker_as_text_or_quoted(mia, filled):
    client, wrong, shown = Client(), [], 0
    client.force_login(mia.user)
    named = [row for row in rows() if row["method"] == "GET" and not row["route"].startswith(ADMIN)]
    addresses = [path_of(row["route"], Named(filled)) for row in named]
    addresses += [f"/p/river/?q={MARKER}", f"/p/river/?{MARKER}=1", f"/login/?next={MARKER}", f"/{MARKER}"]
    for model in admin.site._registry:
        name = f"admin:annotations_{model._meta.model_name}"
        addresses.append(reverse(f"{name}_changelist"))
        for row in model._default_manager.order_by("-pk")[:1]:
            addresses += [reverse(f"{name}_{what}", args=[row.pk]) for what in ("change", "history")]

    for address in addresses:
        response = client.get(address)
        if not response.streaming:
            wrong += faults_of(response, address)
            shown += "mk&amp;lt;" in response.content.decode(errors="replace")
        else:
            content_of(response)

    assert wrong == []
    assert shown > 30


def test_xs2_a_form_that_comes_back_shows_the_marker_as_text_or_quoted(mia, filled):
    client, wrong = Client(), []
    client.force_login(mia.user)
    base, details = "/p/river/", f"/p/river/articles/{filled['article']}/details/"
    label = {"labels-TOTAL_FORMS": "1", "labels-INITIAL_FORMS": "0", "labels-0-key": MARKER, "labels-0-name": MARKER}
    forms = [
        ("/projects/new/", {"name": MARKER * 9, "language": MARKER, "text": MARKER, "text_title": MARKER}),
        (f"{base}articles/add/", {"title": MARKER, "publisher": MARKER, "url": MARKER, "text": MARKER, "save": "1"}),
        (f"{base}articles/add/", {"title": MARKER, "text": MARKER, "preview": "1"}),
        (details, {"title": MARKER, "published_at": MARKER, "url": MARKER, "language": MARKER, "revision": MARKER}),
        (f"{base}labels/edit/", {**label, "labels-0-color": MARKER, "labels-0-shortcut": MARKER}),
        (f"{base}labels/merge/", {"from_label": MARKER, "into_label": MARKER}),
        (f"{base}guidelines/edit/", {"text": MARKER, "preview": "1"}),
        (f"{base}settings/", {"name": MARKER * 9, "language": MARKER, "visibility": MARKER}),
        (f"{base}members/", {"person": MARKER, "role": MARKER, "pseudonym": MARKER}),
        (f"{base}bulk/", {"act": MARKER, "choice": "matching", "language": MARKER, "publisher": MARKER}),
        (f"{base}import/", {"format": MARKER, "on_conflict": MARKER, "publisher": MARKER * 9}),
        (f"{base}export/", {"format": MARKER, "texts": MARKER}),
        ("/account/", {"display_name": MARKER * 9, "email": MARKER}),
        ("/account/tokens/", {"name": MARKER, "days": MARKER, "project": MARKER}),
        (f"{base}invitations/", {"memo": MARKER, "role": MARKER, "days": MARKER, "most_uses": MARKER, "sends": "on"}),
        ("/account/second-factor/", {"password": MARKER}),
        ("/account/second-factor/confirm/", {"code": MARKER}),
        ("/account/second-factor/off/", {"code": MARKER}),
        (details.replace("details", "withhold"), {"title": MARKER, "demanded_by": MARKER, "reason": MARKER}),
        (f"{base}delete/", {"name": MARKER}),
        ("/projects/deleted/", {"project": MARKER}),
        ("/account/erasing/", {"ask": MARKER}),
        (f"{base}stories/", {"act": "new", "name": MARKER * 9, "note": MARKER}),
        (f"{base}stories/{filled['story']}/", {"act": "story-change", "name": MARKER * 9, "base": MARKER}),
        (f"{base}stories/rows/{filled['row']}/answers/{filled['article']}/", {"state": MARKER, "note": MARKER}),
        (f"{base}quotations/", {"quotation": MARKER, "place": MARKER, "state": MARKER, "base_version": MARKER}),
        (f"{base}quotations/speakers/", {"act": "change", "speaker": MARKER, "name": MARKER * 9}),
        (f"{base}passages/words/", {"act": "add", "words": MARKER}),
        (f"{base}passages/words/", {"act": "rule", "quote": MARKER, "is_boilerplate": MARKER}),
        ("/inbox/", {"item": MARKER}),
        ("/reset/", {"name": MARKER * 3}),
    ]

    for address, data in forms:
        response = client.post(address, data, follow=True)
        assert response.status_code < 500, address
        wrong += faults_of(response, f"POST {address} {response.status_code}")
    invited, form = Client(), {"username": MARKER, "display_name": MARKER, "email": MARKER, "password": MARKER}
    invited.get(f"/invitation/{filled['secret']}/")
    wrong += faults_of(invited.post("/invitation/", form), "invitation")
    wrong += faults_of(Client().post("/login/", {"username": MARKER, "password": MARKER, "next": MARKER}), "log-in")

    assert wrong == []


def test_xs2_the_stylesheet_of_labels_holds_nothing_but_keys_and_colours(mia, filled):
    """Rows that no form would write, written around the forms: the database refuses them, or the sheet leaves them."""
    client = Client()
    client.force_login(mia.user)
    Label.objects.filter(key="claim").update(name="x}body{display:none}", description="*/@import '//elsewhere.test'")

    sheet = client.get("/p/river/labels.css").content.decode()

    assert "mk" not in sheet
    assert "import" not in sheet
    assert "display" not in sheet
    for value in ("red", "#12345g", "#123456;}body{", "#123456\n}*{", "url(//elsewhere.test)"):
        assert not _accepts(Label, color=value), value
    for value in ("a}body{x", "A", "a b", "a-b", "", "9a", "a\nb"):
        assert not _accepts(Label, key=value), value


def _accepts(model: type[Label], **values: str) -> bool:
    from django.db import DatabaseError, transaction

    try:
        with transaction.atomic():
            model.objects.filter(key="claim").update(**values)
            transaction.set_rollback(True)
    except DatabaseError:
        return False
    return True


MARKS = some.sampled_from(["javascript:", "JaVaScRiPt&colon;", "data:text/html,", "//", "\\", "@", "\t", "\n", "\x00"])
PIECES = some.one_of(
    MARKS, some.text(max_size=8), some.sampled_from(["http://", "https://", "a.example", "[::1]", " "])
)


@given(some.lists(PIECES, max_size=6).map("".join))
def test_xs2_a_link_in_guidelines_leads_to_the_web_or_is_none(address):
    text = address.replace("\n", " ").replace("\r", " ")
    for written in (f"[word]({text})", f"[word](<{text}>)", f"<{text}>", f"[word][1]\n\n[1]: {text}"):
        reader = read(render_markdown(written))
        assert reader.intruders == []
        for link in reader.links:
            assert {"noopener", "noreferrer", "nofollow"} <= set(link["rel"].split())
        hrefs = [
            value for value in reader.values if value.lower().lstrip().startswith(("javascript", "data", "vbscript"))
        ]
        assert hrefs == []


@given(some.lists(PIECES, max_size=6).map("".join))
def test_xs2_an_accepted_address_is_one_that_a_browser_opens_on_the_web(address):
    """What a browser drops from an address (tab, line ends, leading controls) cannot hide a scheme."""
    try:
        checked = check_source_url(address)
    except BadUrl:
        return

    as_browsers_read = "".join(sign for sign in checked if sign not in "\t\r\n").lstrip("".join(map(chr, range(33))))
    assert as_browsers_read == checked
    assert checked.startswith(("http://", "https://"))
    assert not set(checked) & set('<>"`{}|^\\ ')


BAD = ("javascript:alert(1)", " java\tscript:alert(1)", "data:text/html,x", "//elsewhere.test/", "https://a@b.example/")


@pytest.mark.parametrize("url", BAD)
def test_xs2_no_way_in_stores_another_kind_of_address(mia, filled, url):
    """Links are made of stored addresses, so each way that stores one checks it."""
    before = _addresses()
    client, ada = Client(), Client()
    client.force_login(mia.user)
    ada.force_login(User.objects.get(username="ada"))
    text = "Der Preis stieg."
    annotation = {"key": str(uuid.uuid4()), "start": 0, "end": 3, "quote": "Der", "label": "claim", "annotator": "x"}
    claim, evidence = {"key": str(uuid.uuid4()), "text": "T", "annotator": "x"}, {"key": str(uuid.uuid4()), "url": url}
    mention = {"key": str(uuid.uuid4()), "annotation": annotation["key"], "stance": "asserts", "annotator": "x"}
    items = [{"n": 1, "items": [evidence | {"stance": "supports", "annotator": "x"}]}]
    lines = [
        {"external_id": "a", "title": "T", "text": text, "url": url},
        {"external_id": "b", "title": "T", "text": text, "links": [{"start": 0, "end": 3, "url": url}]},
        {"type": "article", "external_id": "c", "title": "T", "text": text, "annotations": [annotation]},
        {"type": "source", "url": url, "title": "T"},
        {"type": "claim", **claim, "mentions": [mention], "evidence_sets": items},
    ]
    job = start_import(mia, [("a.jsonl", io.BytesIO("\n".join(map(json.dumps, lines)).encode()))])
    run_job(job.pk, KINDS, owner="this test")
    article = f"/api/v1/projects/river/articles/{filled['article']}/"
    new = {"key": str(uuid.uuid4()), "claim": str(filled["claim"])}
    sent = [
        ("post", "/api/v1/projects/river/articles/", {"title": "T", "text": text, "url": url}),
        ("patch", article, {"base_revision": 1, "url": url}),
        ("post", "/api/v1/projects/river/evidence/", {**new, "url": url}),
        ("patch", f"/api/v1/projects/river/evidence/{filled['evidence']}/", {"base_version": 1, "url": url}),
    ]
    for method, address, body in sent:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        sender = ada if method == "patch" and "evidence" in address else client
        reply = getattr(sender, method)(address, json.dumps(body), content_type="application/json", headers=headers)
        assert reply.status_code in (400, 422), f"{method} {address} {reply.status_code}"
    form = {"title": "T", "text": text, "url": url, "save": "1"}
    assert client.post("/p/river/articles/add/", form).status_code == 422

    assert _addresses() == before
    assert all(one.startswith(("http://", "https://")) for one in before)


def _addresses() -> set[str]:
    rows = [Article, TextLink, EvidenceItem, Source, Region]
    return {url for model in rows for url in model.objects.values_list("url", flat=True) if url}
