"""Two projects with people, work and files in them, and one valid request for every route of the site."""

from __future__ import annotations

import io
import itertools
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from annotations.admin.addresses import name_of
from annotations.jobs.starting import store_named
from annotations.jobs.waiting import keep_upload
from annotations.models import (
    Adjudication,
    AgreementAnswer,
    AgreementFigure,
    AgreementRun,
    AgreementText,
    ApiToken,
    Article,
    ArticleVersion,
    Assignment,
    AuditEvent,
    BoilerplateRuling,
    Capture,
    Claim,
    ClaimMention,
    Edition,
    Erasure,
    ExternalIdentity,
    Job,
    LoginThrottle,
    Membership,
    PreviewLink,
    Project,
    Publication,
    Quotation,
    QuotationDecision,
    QuotationMatch,
    QuoteDecision,
    QuoteLink,
    Ruling,
    RulingSource,
    SecondFactor,
    StorySuggestion,
    SuggestedArticle,
    Suggestion,
    User,
    Withholding,
    Worker,
)
from annotations.search.article_filters import ArticleFilters
from annotations.search.saved_filters import save_filter
from annotations.text.spans import Span
from annotations.workflow.accounts import issue_token
from annotations.workflow.answering import NewAnswer, NewStatement, add_row, answer
from annotations.workflow.attributing import Said, attribute
from annotations.workflow.claiming import make_claim, reword_claim
from annotations.workflow.discussing import NewThread, begin_thread
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.inviting import NewInvitation, invite
from annotations.workflow.relating import NewArticleLabel, NewRelation, label_article, relate
from annotations.workflow.rounds import first_round
from annotations.workflow.sources import paste_capture
from annotations.workflow.stories import make_story
from annotations.workflow.wording_rules import add_spelling, ruling_hash
from annotations.workflow.zoning import NewZone, mark_zone
from tests import factories

ADMIN = "admin/"
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass
class Work:
    """One project and an object of each kind in it, all made by its annotator."""

    manager: Membership
    annotator: Membership
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    """The project that is asked for, another one, and a client for each kind of person."""

    ours: Work
    theirs: Work
    clients: dict[str, Client] = field(default_factory=dict)


def routes() -> Iterator[tuple[str, Any]]:
    """Walk the resolver: every route with its view; those of the admin under their own paths."""

    def walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, Any]]:
        for pattern in resolver.url_patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield path, pattern.callback
            else:
                yield from walk(pattern, path)

    return walk(get_resolver(), "")


def build_world(media_canary: str = "CANARY") -> World:
    """Make both projects; every text of the other one begins with the canary."""
    ours = _work("river", "mia", "ada", "")
    theirs = _work("lake", "otto", "olga", media_canary)
    world = World(ours, theirs)
    members = {
        "viewer": factories.member(ours.manager, "vera", Membership.Role.VIEWER),
        "annotator": ours.annotator,
        "peer": factories.member(ours.manager, "ben"),
        "reviewer": factories.member(ours.manager, "rosa", Membership.Role.REVIEWER),
        "manager": ours.manager,
    }
    users = {name: member.user for name, member in members.items()}
    users["stranger"] = theirs.manager.user
    users["admin"] = factories.user("root", is_staff=True, is_superuser=True)
    users["disabled"] = factories.member(ours.manager, "dora", Membership.Role.MANAGER).user
    world.clients = {name: _client(user) for name, user in users.items()} | {"anonymous": Client()}
    User.objects.filter(username="dora").update(is_active=False)
    Worker.objects.create(name="worker", last_seen_at=timezone.now() - timedelta(days=1))
    LoginThrottle.objects.create(subject="address", digest=b"d" * 32)
    gone = User.objects.create(username="erased-1", is_active=False)
    erasing = Job.objects.create(project=None, kind=Job.Kind.ERASING, state=Job.State.DONE)
    Erasure.objects.create(user=gone, job=erasing, pseudonym="erased-1")
    return world


def _client(user: User | None) -> Client:
    client = Client()
    assert user is not None
    client.force_login(user)
    return client


def _work(slug: str, manager: str, annotator: str, canary: str) -> Work:
    mia = factories.project(slug, manager=manager, name=f"{canary}{slug}")
    ada = factories.member(mia, annotator, pseudonym=f"{canary}{annotator}")
    spare = factories.member(mia, f"{annotator}2", pseudonym=f"{canary}{annotator}2")
    story = factories.article(
        mia, f"{canary} Der Preis stieg um 4 %.", title=f"{canary} Preis", publisher=f"{canary}Bote"
    )
    annotation = factories.annotation(ada, story, 1 + len(canary), 10 + len(canary), note=f"{canary} Notiz")
    link = SourceLink(url=f"https://{canary.lower()}amt.example/", title=f"{canary} Titel", note=f"{canary} Notiz")
    keys = {"claim_key": uuid.uuid4(), "mention_key": uuid.uuid4()}
    evidence = attach_source(NewEvidence(uuid.uuid4(), link, annotation=annotation.key, **keys), by=ada)
    assert evidence.source is not None
    capture = paste_capture(evidence.source.uuid, f"{canary} Der Preis stieg.", title=f"{canary} Amt", by=ada)
    raw_file = store_named(mia.project, f"{canary}.html", io.BytesIO(f"{canary} page".encode()))[1]
    Capture.objects.filter(pk=capture.pk).update(raw_file=raw_file)
    other = make_claim(uuid.uuid4(), f"{canary} Der Preis stieg.", by=ada)
    reword_claim(other.key, f"{canary} Der Preis stieg um 4 %.", by=ada, base_version=1)
    act = AuditEvent.objects.get(verb="claim.changed", object_key=str(other.key)).uuid
    assert story.current_version is not None
    second = factories.annotation(ada, story, 1 + len(canary), 4 + len(canary), "number")
    factories.label_for(mia.project, "topic", "article")
    factories.label_for(mia.project, "mood", "article")
    factories.label_for(mia.project, "answers", "relation")
    relation = relate(NewRelation(uuid.uuid4(), annotation.key, second.key, "answers", f"{canary} Notiz"), by=ada)
    of_text = NewArticleLabel(uuid.uuid4(), story.current_version.uuid, "topic", f"{canary} Notiz")
    article_label = label_article(of_text, by=ada)
    words = story.current_version.text[: 3 + len(canary)]
    excerpt = NewZone(uuid.uuid4(), story.current_version.uuid, "excerpt", Span(0, len(words)), words, link.title)
    zone = mark_zone(excerpt, by=mia)
    begun = NewThread(uuid.uuid4(), uuid.uuid4(), f"{canary} Stimmt das?", story.uuid, annotation.key)
    thread = begin_thread(begun, by=mia)
    job = Job.objects.create(project=mia.project, kind=Job.Kind.EXPORT, state=Job.State.DONE, requested_by=mia)
    job.result_name = f"{canary}x.jsonl"
    job.result.save("result", ContentFile(f"{canary} exported".encode()))
    issue_token(ada.user, f"{canary} script", expires_at=timezone.now() + timedelta(days=1))
    run, figure = agreement_of(mia, ada, story)
    ruling = Ruling.objects.create(project=mia.project, created_by=mia, outcome="noted", note=f"{canary} Notiz")
    RulingSource.objects.create(project=mia.project, ruling=ruling, annotation=second, annotation_version=1)
    assert story.publisher is not None
    identity = ExternalIdentity.objects.create(
        user=ada.user, issuer="https://id.example", subject=f"{canary}{annotator}"
    )
    SecondFactor.objects.create(user=ada.user, sealed_secret=b"waits for its first code")
    invitation, secret = invite(NewInvitation("annotator", f"{canary} for Zoe", most_uses=9), by=mia)
    suggestion = Suggestion.objects.create(
        project=mia.project,
        version=story.current_version,
        length=story.current_version.length,
        label=factories.label(mia.project),
        start=0,
        end=1,
        quote=story.current_version.text[:1],
        suggested_by=f"{canary} tagger",
    )
    earlier = ArticleVersion.objects.create(
        project=mia.project, article=story, n=9, text=f"{canary} Neu.", length=len(canary) + 5, text_sha256=b"2" * 32,
        normaliser="none",
    )  # fmt: skip
    Adjudication.objects.create(project=mia.project, version=earlier, created_by=mia)
    spans = {"from_start": 0, "from_end": 2, "to_start": 0, "to_end": 2, "to_length": earlier.length}
    passage = QuoteLink.objects.create(
        project=mia.project, from_version=story.current_version, from_length=story.current_version.length,
        to_version=earlier, relation="verbatim", found_by="words-1", **spans,
    )  # fmt: skip
    QuoteLink.objects.create(
        project=mia.project, from_version=story.current_version, from_length=story.current_version.length,
        to_capture=capture, relation="verbatim", found_by="words-1", **spans | {"to_length": capture.length},
    )  # fmt: skip
    Withholding.objects.create(
        project=mia.project, article=story, demanded_by=f"{canary} Verlag", reason=f"{canary} Rechte", made_by=mia
    )
    said = Said(f"{canary} Amt", voice="named_source", voice_name=f"{canary} Funk", note=f"{canary} Notiz")
    attribution = attribute(uuid.uuid4(), annotation.key, said, by=ada)
    quotation = Quotation.objects.create(
        project=mia.project, version=story.current_version, length=story.current_version.length, start=0, end=2,
        quote=story.current_version.text[:2], n_words=1, origin="rule", rule="quotations-1",
    )  # fmt: skip
    place = QuotationMatch.objects.create(
        project=mia.project, quotation=quotation, version=earlier, length=earlier.length, start=0, end=2,
        is_verbatim=True, score=1.0,
    )  # fmt: skip
    words_of = f"{canary} Abonnieren Sie"
    BoilerplateRuling.objects.create(
        project=mia.project,
        hash=ruling_hash(mia.project_id, words_of),
        quote=words_of,
        is_boilerplate=True,
        decided_by=mia,
    )
    QuoteDecision.objects.create(
        project=mia.project, link=passage, decided_by=spare, state="confirmed", note=f"{canary} Notiz"
    )
    QuotationDecision.objects.create(
        project=mia.project, match=place, decided_by=spare, state="original", note=f"{canary} Notiz"
    )
    spelling = add_spelling(uuid.uuid4(), [f"{canary}eins", f"{canary}zwei"], by=mia)
    page, preview = published(mia, make_claim(uuid.uuid4(), f"{canary} Veröffentlicht.", by=mia), canary)
    return Work(
        mia,
        ada,
        {
            "slug": slug,
            "article": story.uuid,
            "external_id": story.external_id,
            "text": story.current_version.text,
            "version": story.current_version.uuid,
            "sha256": bytes(story.current_version.text_sha256).hex(),
            "publisher": story.publisher.uuid,
            "annotation": annotation.key,
            "suggestion": suggestion.key,
            "passage": passage.key,
            "ruling": ruling.key,
            **told(mia, story, canary),
            "attribution": attribution.key,
            "speaker": attribution.speaker.key if attribution.speaker else "",
            "quotation": quotation.key,
            "place": place.key,
            "spelling": spelling.key,
            "second": second.key,
            "claim": evidence.evidence_set.claim.key,
            "publication": page.uuid,
            "project": mia.project.uuid,
            "preview": preview.uuid,
            "other_claim": other.key,
            "act": act,
            "mention": ClaimMention.objects.get(project=mia.project).key,
            "evidence": evidence.key,
            "source": evidence.source.uuid,
            "capture": capture.uuid,
            "capture_words": capture.text[:4],
            "relation": relation.key,
            "article_label": article_label.key,
            "zone": zone.uuid,
            "thread": thread.key,
            "comment": begun.comment,
            "member": spare.uuid,
            "assignment": Assignment.objects.filter(project=mia.project).order_by("pk")[0].uuid,
            "job": job.uuid,
            "run": run.uuid,
            "round": first_round(mia.project_id).uuid,
            "figure": figure.uuid,
            "upload": keep_upload(mia, [("text.txt", io.BytesIO(f"{canary} sent".encode()))]).uuid,
            "filter": save_filter(f"{canary} Bote", ArticleFilters(q=f"{canary}Preis"), by=ada).uuid,
            "invitation": invitation.uuid,
            "identity": identity.uuid,
            "account": ada.user.uuid,
            "secret": secret,
            "token": ApiToken.objects.get(user=ada.user).uuid,
        },
    )


def told(mia: Membership, article: Article, canary: str) -> dict[str, Any]:
    """Store two stories, a question with an answer, and a suggested one."""
    story = make_story(uuid.uuid4(), f"{canary} Preise", by=mia, articles=[article.uuid])
    other = make_story(uuid.uuid4(), f"{canary} Mehr", by=mia)
    row = add_row(story.key, uuid.uuid4(), f"{canary} Wie viel?", "number", by=mia)
    said = NewStatement(f"{canary} 4", said_by=canary, quote=article.current_version.text[:4])
    answer(row.key, article.uuid, NewAnswer("agrees", 0, [said], canary), by=mia)
    suggestion = StorySuggestion.objects.create(project=mia.project, found_by=f"{canary} rules")
    SuggestedArticle.objects.create(
        project=mia.project,
        suggestion=suggestion,
        article=article,
        ground=[{"article": str(article.uuid), "names": [canary], "words": 0, "passages": [], "days": None}],
    )
    return {"story": story.key, "other_story": other.key, "row": row.key, "story_suggestion": suggestion.key}


def published(mia: Membership, claim: Claim, canary: str) -> tuple[Publication, PreviewLink]:
    """Store a page for readers, which names nothing of the project, and a link to look at it before."""
    Project.objects.filter(pk=mia.project_id).update(publishes=True, published_as="Bote")
    page = Publication.objects.create(project=mia.project, claim=claim)
    contents = {
        "language": "de",
        "claim": {"key": str(claim.key), "text": "Der Preis stieg.", "claimant": "", "date": None},
        "verdict": {"key": str(uuid.uuid4()), "name": "Falsch", "description": "", "rationale": "Nein."},
        "grounds": [],
        "others": [],
        "n_cited": 0,
        "n_independent": 0,
        "appearances": [],
    }
    Edition.objects.create(
        project=mia.project, publication=page, n=1, kind="published", contents=contents, created_by=mia
    )
    expires_at = timezone.now() + timedelta(days=1)
    digest = canary.encode().ljust(32, b"p")
    return page, PreviewLink.objects.create(
        project=mia.project, claim=claim, name=f"{canary} Rat", digest=digest, created_by=mia, expires_at=expires_at
    )


MATRIX = [["claim", "claim", 1], ["claim", "", 2]]


def agreement_of(
    mia: Membership, ada: Membership, story: Article, words: str = "Tone"
) -> tuple[AgreementRun, AgreementFigure]:
    """Store a run as a job would have left it: a figure of spans, and a question, whose name and value are `words`."""
    job = Job.objects.create(project=mia.project, kind=Job.Kind.AGREEMENT, state=Job.State.DONE, requested_by=mia)
    people = [{"id": each.pk, "uuid": str(each.uuid), "pseudonym": each.pseudonym} for each in (ada, mia)]
    run = AgreementRun.objects.create(
        project=mia.project, job=job, requested_by=mia, code_version="1", labels=["claim"], people=people
    )
    asked = {"label": "mood", "attribute": "tone", "option": "", "kind": "one", "values": [words], "name": words}
    not_measured = {**asked, "attribute": "why", "kind": "text"}
    AgreementRun.objects.filter(pk=run.pk).update(measured_at=timezone.now(), questions=[asked, not_measured])
    text = AgreementText.objects.create(
        run=run, project=mia.project, version=story.current_version, n_people=2, people=",0,1,", digest=b"d" * 32
    )
    AgreementAnswer.objects.create(text=text, question=0, n_people=2, apart=0, answers={"p0": 0, "p1": 0})
    AgreementFigure.objects.create(
        run=run,
        n=1,
        measure="alpha_nominal",
        unit="article",
        scope="all",
        why="no_variation",
        question=0,
        matrix=[[words, words, 2]],
    )
    scope = f"pair:{ada.pseudonym}/{mia.pseudonym}"
    return run, AgreementFigure.objects.create(
        run=run, n=0, measure="f1_exact", unit="span", scope=scope, value=0.5, matrix=MATRIX
    )


#: which object a path parameter names, by the route's part before it
NAMED_BY = {
    "agreement/": "run",
    "figures/": "figure",
    "texts/": "article",
    "members/": "member",
    "invitations/": "invitation",
    "identities/": "identity",
    "accounts/": "account",
    "articles/": "article",
    "jobs/": "job",
    "import/": "upload",
    "tokens/": "token",
    "annotations/": "annotation",
    "unplaced/": "annotation",
    "claims/": "claim",
    "mentions/": "mention",
    "evidence/": "evidence",
    "sources/": "source",
    "captures/": "capture",
    "relations/": "relation",
    "article-labels/": "article_label",
    "threads/": "thread",
    "comments/": "comment",
    "filters/": "filter",
    "zones/": "zone",
    "passages/": "passage",
    "attributions/": "attribution",
    "speakers/": "speaker",
    "quotations/": "quotation",
    "places/": "place",
    "spellings/": "spelling",
    "rulings/": "ruling",
    "assignments/": "assignment",
    "published/": "publication",
    "published/by/": "project",
    "previews/": "preview",
    "rounds/": "round",
    "acts/": "act",
    "deleted-projects/": "project",
    "data/": "job",
    "stories/": "story",
    "rows/": "row",
    "answers/": "article",
    "story-suggestions/": "story_suggestion",
}


def path_of(route: str, work: Work, *, slug: str = "") -> str:
    """Fill a route with the objects of a project; `slug` asks for them in another."""
    if route.startswith(ADMIN):
        return admin_path_of(route, work)
    filled = route.replace("<slug:slug>", slug or work.values["slug"]).replace("<int:version>", "1")
    filled = filled.replace("<str:language>", "en").replace("<slug:name>", "labels")
    if "<str:sha256>" in filled:
        filled = filled.replace("<str:sha256>", work.values["sha256"])
    filled = filled.replace("<str:secret>", work.values.get("secret", "x"))
    while "<uuid:" in filled:
        before, _opening, rest = filled.partition("<uuid:")
        kind = next(kind for part, kind in NAMED_BY.items() if before.endswith(part))
        filled = before + str(work.values[kind]) + rest.partition(">")[2]
    if filled.endswith("/by-external-id/"):
        filled += f"?external_id={work.values['external_id']}"
    if filled.endswith("/search/"):
        filled += "?text=Preis"
    if filled.endswith("/named/"):
        filled += "?name=Preis"
    return f"/{filled}"


def row_of(model: str, work: Work) -> int:
    """Return the primary key of a row of a project; of a table without projects, of any."""
    rows = apps.get_model("annotations", model)._default_manager.order_by("pk")
    chosen = {
        "project": {"pk": work.manager.project_id},
        "user": {"pk": work.annotator.user_id},
        "apitoken": {"user": work.annotator.user_id},
        "secondfactor": {"user": work.annotator.user_id},
        "externalidentity": {"user": work.annotator.user_id},
        "membership": {"uuid": work.values["member"]},
        "worker": {},
        "loginthrottle": {},
        "erasure": {},
    }
    return rows.filter(**chosen.get(model, {"project": work.manager.project_id})).values_list("pk", flat=True)[0]


def admin_path_of(route: str, work: Work) -> str:
    """Fill a route of the admin with the rows of a project."""
    plain = {
        "^(?P<app_label>annotations)/$": "annotations/",
        "(?P<url>.*)$": "nothing/",
        "r/<path:content_type_id>/<path:object_id>/": f"r/{_content_type()}/{row_of('article', work)}/",
        "annotations/job/result/<uuid:uuid>/": f"annotations/job/result/{work.values['job']}/",
    }
    rest = route.removeprefix(ADMIN)
    if rest in plain or "<" not in rest:
        return f"/{ADMIN}{plain.get(rest, rest)}"
    model = rest.split("/")[1]
    number = row_of(model, work)
    named = rest.replace("<path:object_id>", name_of(apps.get_model("annotations", model), number))
    return f"/{ADMIN}{named.replace('<id>', str(number))}"


def _content_type() -> int:
    return ContentType.objects.get_by_natural_key("annotations", "article").pk


def body_of(method: str, route: str, work: Work) -> Any:
    """Return the body of a valid request, with the objects of a project."""
    if route.startswith(ADMIN):
        return admin_body_of(method, route, work)
    make = BODIES.get((method, route.removeprefix("api/v1/projects/<slug:slug>/")))
    return make(work.values) if make else {}


def send(client: Client, method: str, path: str, body: Any, **headers: str) -> Any:
    """Send a request as the site's own pages or an API client would."""
    headers = {"Idempotency-Key": str(uuid.uuid4()), **headers}
    call = getattr(_as_now(client), method.lower())
    if method in ("GET", "HEAD"):
        return call(path, headers=headers)
    if path.endswith("/files/"):  # a form, in which nothing is null
        body = {name: "" if value is None else value for name, value in body.items()}
    if not path.startswith("/api/") or path.endswith(("/imports/", "/files/")):
        return call(path, body, headers=headers)
    return call(path, json.dumps(body), content_type="application/json", headers=headers)


def _as_now(client: Client) -> Client:
    """Return a client with the same cookies, so that logging out does not last."""
    fresh = Client(enforce_csrf_checks=client.handler.enforce_csrf_checks)
    fresh.cookies = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
    return fresh


def content_of(response: Any) -> bytes:
    """Return the body. A file's stream is read to its end, which closes it without closing the database too."""
    return b"".join(response.streaming_content) if response.streaming else response.content


_numbers = itertools.count()


def _new() -> str:
    return str(uuid.uuid4())


def _upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("text.txt", f"Der Preis stieg {next(_numbers)}.".encode())


BASED = {"base_version": 1}
LABELS = [{"key": "claim", "name": "Claim"}]
PROJECT_FORM = {"name": "x", "visibility": "blind", "language": "", "annotators_per_article": 2, "description": ""}
NEW_PROJECT_FORM = {"name": "Tal", "starter": "blank", "visibility": "blind", "language": ""}
NEW_PERSON = {"username": "zoe", "password": "a long enough phrase"}
LABEL_FORM = {
    "labels-TOTAL_FORMS": 1,
    "labels-INITIAL_FORMS": 0,
    "labels-0-name": "Claim",
    "labels-0-key": "claim",
    "labels-0-color": "#aa3300",
    "labels-0-position": 1,
}
SCALE_FORM = {
    "values-TOTAL_FORMS": 1,
    "values-INITIAL_FORMS": 0,
    "values-0-name": "Wahr",
    "values-0-key": "true",
}

#: the routes of a project are named without `api/v1/projects/<slug:slug>/`
#: the title is typed wrong: what is asked for here is who may ask
DEMAND = {"title": "another", "demanded_by": "Verlag", "reason": "Rechte"}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "api/v1/tokens/"): lambda v: {
        "name": "n",
        "expires_at": (timezone.now() + timedelta(days=1)).isoformat(),
        "project": v["slug"],
    },
    ("POST", "api/v1/projects/"): lambda v: {"name": "Tal"},
    ("POST", "articles/<uuid:uuid>/withhold/"): lambda v: DEMAND,
    ("POST", "captures/<uuid:uuid>/withhold/"): lambda v: DEMAND,
    ("POST", "delete/"): lambda v: {"name": "another"},
    ("POST", "api/v1/accounts/<uuid:uuid>/erase/"): lambda v: {"username": "another"},
    ("POST", "api/v1/me/erasing/"): lambda v: {"asks": False},
    ("POST", "p/<slug:slug>/articles/<uuid:article>/withhold/"): lambda v: DEMAND,
    ("POST", "p/<slug:slug>/sources/<uuid:source>/captures/<uuid:capture>/withhold/"): lambda v: DEMAND,
    ("POST", "p/<slug:slug>/delete/"): lambda v: {"name": "another"},
    ("POST", "account/erasing/"): lambda v: {"ask": "no"},
    ("PATCH", ""): lambda v: {"base_revision": 1, "name": "Der Fluss"},
    ("POST", "acts/<uuid:uuid>/restore/"): lambda v: {"base_version": 2},
    ("POST", "members/"): lambda v: {"username": "root", "role": "viewer"},
    ("POST", "invitations/"): lambda v: {"role": "viewer", "memo": "Zoe"},
    ("POST", "api/v1/invitations/take/"): lambda v: {"token": v["secret"]},
    ("POST", "api/v1/invitations/account/"): lambda v: {"token": v["secret"], **NEW_PERSON},
    ("POST", "members/<uuid:uuid>/match/"): lambda v: {"username": "root"},
    ("PATCH", "members/<uuid:uuid>/"): lambda v: {"role": "viewer"},
    ("PUT", "labels/"): lambda v: {**BASED, "labels": LABELS},
    ("POST", "labels/merge/"): lambda v: {**BASED, "from": "place", "into": "date"},
    ("PUT", "guidelines/"): lambda v: {**BASED, "text": "neu"},
    ("POST", "articles/"): lambda v: {"title": "T", "text": "Ein Text."},
    ("PATCH", "articles/<uuid:uuid>/"): lambda v: {"base_revision": 1, "title": "Neu"},
    ("POST", "articles/bulk/"): lambda v: [{"external_id": v["external_id"], "text": v["text"]}],
    ("PUT", "articles/by-external-id/"): lambda v: {"title": "Preis", "text": v["text"]},
    ("POST", "articles/metadata/"): lambda v: {"articles": [str(v["article"])], "changes": {"language": "de"}},
    ("POST", "articles/<uuid:uuid>/skip/"): lambda v: {"note": "kein Artikel"},
    ("POST", "articles/<uuid:uuid>/time/"): lambda v: {
        "visit": _new(),
        "days": [{"day": timezone.now().date().isoformat(), "seconds": 5}],
    },
    ("POST", "skipped/give-back/"): lambda v: {"assignment": str(v["assignment"])},
    ("POST", "articles/give/"): lambda v: {
        "articles": [str(v["article"])],
        "annotators": [str(v["member"])],
        "each": 1,
    },
    ("POST", "rounds/"): lambda v: {
        "name": "Pilot",
        "annotators_per_article": 2,
        "articles": [str(v["article"])],
    },
    ("POST", "assignments/<uuid:uuid>/confirm/"): lambda v: {},
    ("POST", "assignments/<uuid:uuid>/reassign/"): lambda v: {"to": str(v["member"])},
    ("POST", "articles/assign/"): lambda v: {"articles": [str(v["article"])], "annotators": [str(v["member"])]},
    ("POST", "articles/<uuid:uuid>/annotations/"): lambda v: {
        "key": _new(),
        "version_uuid": str(v["version"]),
        "text_sha256": v["sha256"],
        "start": 0,
        "end": 1,
        "quote": " " if v["slug"] == "river" else "C",
        "label": "claim",
    },
    ("POST", "articles/<uuid:uuid>/correct/"): lambda v: {
        "base_version": str(v["version"]),
        "text": f"{v['text']} Neu.",
    },
    ("POST", "articles/<uuid:uuid>/unplaced/<uuid:key>/place/"): lambda v: {"start": 0, "end": 1, "quote": " "},
    ("POST", "articles/<uuid:uuid>/unplaced/<uuid:key>/withdraw/"): lambda v: BASED,
    ("POST", "articles/<uuid:uuid>/unplaced/<uuid:key>/wait/"): lambda v: BASED,
    ("POST", "articles/<uuid:uuid>/labels/"): lambda v: {
        "key": _new(),
        "version_uuid": str(v["version"]),
        "label": "mood",
    },
    ("POST", "articles/<uuid:uuid>/zones/"): lambda v: {
        "key": _new(),
        "version_uuid": str(v["version"]),
        "text_sha256": v["sha256"],
        "kind": "caption",
        "start": 0,
        "end": 1,
        "quote": v["text"][:1],
    },
    ("POST", "articles/<uuid:uuid>/zones/everywhere/"): lambda v: {
        "version_uuid": str(v["version"]),
        "start": 0,
        "end": len(v["text"]),
        "quote": v["text"],
    },
    ("PATCH", "zones/<uuid:key>/"): lambda v: {**BASED, "kind": "byline"},
    ("POST", "zones/<uuid:key>/withdraw/"): lambda v: BASED,
    ("POST", "zones/<uuid:key>/restore/"): lambda v: BASED,
    ("POST", "relations/"): lambda v: {
        "key": _new(),
        "from": str(v["second"]),
        "to": str(v["annotation"]),
        "label": "answers",
    },
    ("PATCH", "relations/<uuid:key>/"): lambda v: {**BASED, "note": "neu"},
    ("POST", "relations/<uuid:key>/withdraw/"): lambda v: BASED,
    ("POST", "relations/<uuid:key>/restore/"): lambda v: BASED,
    ("PATCH", "article-labels/<uuid:key>/"): lambda v: {**BASED, "note": "neu"},
    ("POST", "article-labels/<uuid:key>/withdraw/"): lambda v: BASED,
    ("POST", "article-labels/<uuid:key>/restore/"): lambda v: BASED,
    ("POST", "articles/<uuid:uuid>/threads/"): lambda v: {
        "key": _new(),
        "comment": _new(),
        "annotation": str(v["annotation"]),
        "text": "neu",
    },
    ("POST", "articles/<uuid:uuid>/presence/"): lambda v: {"tab": _new()},
    ("POST", "threads/<uuid:key>/comments/"): lambda v: {"key": _new(), "text": "neu"},
    ("POST", "threads/<uuid:key>/resolve/"): lambda v: BASED,
    ("POST", "threads/<uuid:key>/reopen/"): lambda v: BASED,
    ("POST", "threads/<uuid:key>/announce/"): lambda v: {**BASED, "text": "neu"},
    ("PATCH", "comments/<uuid:key>/"): lambda v: {**BASED, "text": "neu"},
    ("POST", "comments/<uuid:key>/remove/"): lambda v: BASED,
    ("POST", "articles/<uuid:uuid>/merge/"): lambda v: {"into": str(v["article"])},
    ("POST", "imports/"): lambda v: {"files": [_upload()]},
    ("PUT", "api/v1/me/digest/"): lambda v: {"wants_digest": False},
    ("POST", "api/v1/me/second-factor/begin/"): lambda v: {"password": "wrong"},
    ("POST", "api/v1/me/second-factor/confirm/"): lambda v: {"code": "000000"},
    ("POST", "api/v1/me/second-factor/codes/"): lambda v: {"code": "000000"},
    ("POST", "api/v1/me/second-factor/off/"): lambda v: {"code": "000000"},
    ("POST", "api/v1/password/forgotten/"): lambda v: {"name": "ada"},
    ("POST", "api/v1/password/reset/"): lambda v: {"token": "x.y", "password": NEW_PERSON["password"]},
    ("PUT", "api/v1/me/reading/"): lambda v: {"face": "sans", "size": "", "measure": "wide", "folds": ["caption"]},
    ("PUT", "api/v1/me/shortcuts/"): lambda v: {"own": {}},
    ("POST", "filters/"): lambda v: {"name": "Deutsch", "filters": {"language": "de"}},
    ("POST", "articles/<uuid:uuid>/review/rulings/"): lambda v: {
        "key": _new(),
        "unit": "0" * 32,
        "outcome": "rejected",
        "replaces": str(v["ruling"]),
    },
    ("POST", "rulings/<uuid:key>/withdraw/"): lambda v: BASED,
    ("POST", "assignments/<uuid:uuid>/return/"): lambda v: {"note": "Bitte prüfen."},
    ("POST", "agreement/run/"): lambda v: {"people": [str(v["member"])]},
    ("POST", "quotations/<uuid:key>/places/"): lambda v: {
        "key": _new(),
        "version": str(v["version"]),
        "start": 0,
        "end": 1,
        "quote": "C",
    },
    ("POST", "quotations/<uuid:key>/places/<uuid:place>/decide/"): lambda v: {
        "state": "not_original",
        "base_version": 0,
    },
    ("POST", "attributions/"): lambda v: {"key": _new(), "annotation": str(v["second"]), "speaker_name": "Amt"},
    ("PATCH", "attributions/<uuid:key>/"): lambda v: {**BASED, "cue": "sagte"},
    ("POST", "attributions/<uuid:key>/withdraw/"): lambda v: BASED,
    ("POST", "attributions/<uuid:key>/restore/"): lambda v: BASED,
    ("PATCH", "speakers/<uuid:key>/"): lambda v: {**BASED, "name": "Amt"},
    ("POST", "speakers/<uuid:key>/merge/"): lambda v: {**BASED, "into": str(v["speaker"])},
    ("POST", "speakers/<uuid:key>/part/"): lambda v: BASED,
    ("POST", "spellings/"): lambda v: {"key": _new(), "words": ["Uigure", "Uygure"]},
    ("PATCH", "spellings/<uuid:key>/"): lambda v: {**BASED, "words": ["Uigure", "Uygure"]},
    ("POST", "boilerplate/"): lambda v: {"quote": "Der Preis stieg", "is_boilerplate": True},
    ("POST", "p/<slug:slug>/quotations/"): lambda v: {
        "quotation": str(v["quotation"]),
        "place": str(v["place"]),
        "base_version": "0",
        "state": "not_original",
    },
    ("POST", "p/<slug:slug>/quotations/speakers/"): lambda v: {
        "act": "change",
        "speaker": str(v["speaker"]),
        "base_version": "1",
        "name": "Amt",
    },
    ("POST", "p/<slug:slug>/passages/words/"): lambda v: {"act": "rule", "quote": "Der Preis", "is_boilerplate": "yes"},
    ("POST", "passages/<uuid:key>/decide/"): lambda v: {"state": "rejected", "base_version": 0},
    ("POST", "stories/"): lambda v: {"key": _new(), "name": "neu", "articles": [str(v["article"])]},
    ("PATCH", "stories/<uuid:key>/"): lambda v: {**BASED, "name": "neu"},
    ("POST", "stories/<uuid:key>/articles/"): lambda v: {"add": [str(v["article"])]},
    ("POST", "stories/<uuid:key>/merge/"): lambda v: {**BASED, "into": str(v["other_story"])},
    ("POST", "stories/<uuid:key>/part/"): lambda v: BASED,
    ("POST", "stories/<uuid:key>/rows/"): lambda v: {"key": _new(), "text": "Wer?", "kind": "name"},
    ("PATCH", "story-rows/<uuid:key>/"): lambda v: {**BASED, "text": "Wer?"},
    ("PUT", "story-rows/<uuid:key>/answers/<uuid:uuid>/"): lambda v: {**BASED, "state": "omits"},
    ("POST", "story-suggestions/<uuid:key>/decide/"): lambda v: {**BASED, "state": "refused"},
    ("POST", "suggestions/run/"): lambda v: {"labels": {"number": "claim"}},
    ("POST", "suggestions/decide/"): lambda v: {
        "decisions": [{"suggestion": str(v["suggestion"]), "state": "dismissed", "base_version": 0}]
    },
    ("POST", "exports/"): lambda v: {"filters": {"publisher": str(v["publisher"])}, "layer": "all"},
    ("PATCH", "annotations/<uuid:key>/"): lambda v: {**BASED, "note": "neu"},
    ("POST", "annotations/<uuid:key>/withdraw/"): lambda v: BASED,
    ("POST", "annotations/<uuid:key>/restore/"): lambda v: BASED,
    ("POST", "claims/"): lambda v: {
        "key": _new(),
        "text": "T",
        "annotation": str(v["annotation"]),
        "mention_key": _new(),
        "check_worthiness": "unimportant",
        "evidence_cutoff": "2024-03-20",
    },
    ("PATCH", "claims/<uuid:key>/"): lambda v: {**BASED, "text": "neu", "claim_type": "event"},
    ("POST", "claims/<uuid:key>/withdraw/"): lambda v: BASED,
    ("POST", "claims/<uuid:key>/restore/"): lambda v: BASED,
    ("POST", "claims/<uuid:key>/threads/"): lambda v: {"key": _new(), "comment": _new(), "text": "neu"},
    ("POST", "claims/<uuid:key>/verdicts/"): lambda v: {"key": _new(), "value": "refuted", "rationale": "neu"},
    ("PATCH", "claims/<uuid:key>/desk/"): lambda v: {"base_version": 0, "state": "dropped"},
    ("POST", "claims/<uuid:key>/merge/"): lambda v: {"base_version": 0, "into": str(v["other_claim"])},
    ("POST", "claims/<uuid:key>/part/"): lambda v: {"base_version": 0},
    ("POST", "claims/<uuid:key>/page/"): lambda v: {"base_version": 0},
    ("POST", "claims/<uuid:key>/page/withdraw/"): lambda v: {"base_version": 0, "note": "Falsch."},
    ("POST", "claims/<uuid:key>/previews/"): lambda v: {
        "key": _new(),
        "expires_at": (timezone.now() + timedelta(days=1)).isoformat(),
    },
    ("PUT", "verdict-scale/"): lambda v: {**BASED, "values": [{"key": "true", "name": "Wahr"}]},
    ("POST", "claims/<uuid:key>/mentions/"): lambda v: {"key": _new(), "annotation": str(v["second"])},
    ("PATCH", "mentions/<uuid:key>/"): lambda v: {**BASED, "stance": "denies"},
    ("POST", "mentions/<uuid:key>/withdraw/"): lambda v: BASED,
    ("POST", "mentions/<uuid:key>/restore/"): lambda v: BASED,
    ("POST", "evidence/"): lambda v: {"key": _new(), "claim": str(v["claim"]), "url": "https://amt.example/3"},
    ("PATCH", "evidence/<uuid:key>/"): lambda v: {**BASED, "note": "neu"},
    ("POST", "evidence/<uuid:key>/withdraw/"): lambda v: BASED,
    ("POST", "evidence/<uuid:key>/restore/"): lambda v: BASED,
    ("POST", "sources/"): lambda v: {"url": "https://amt.example/5"},
    ("PATCH", "sources/<uuid:uuid>/"): lambda v: {**BASED, "title": "neu"},
    ("POST", "sources/<uuid:uuid>/not-held/"): lambda v: {"not_held": True, "note": "neu"},
    ("POST", "sources/<uuid:uuid>/captures/"): lambda v: {"text": "Der Preis stieg."},
    ("POST", "sources/<uuid:uuid>/files/"): lambda v: {"file": _upload()},
    ("PATCH", "captures/<uuid:uuid>/"): lambda v: {**BASED, "archive_url": "https://archiv.example/1"},
    ("POST", "articles/by-address/"): lambda v: {"url": "https://amt.example/6"},
    ("POST", "login/"): lambda v: {"username": "ada", "password": "wrong"},
    ("POST", "account/"): lambda v: {"display_name": "Neu", "language": ""},
    ("POST", "account/password/"): lambda v: {"old_password": "wrong", "new_password1": "x", "new_password2": "x"},
    ("POST", "login/code/"): lambda v: {"code": "000000"},
    ("POST", "reset/"): lambda v: {"name": "ada"},
    ("POST", "reset/new/"): lambda v: {"password": NEW_PERSON["password"], "again": NEW_PERSON["password"]},
    ("POST", "invitation/"): lambda v: NEW_PERSON | {"again": NEW_PERSON["password"]},
    ("POST", "account/second-factor/"): lambda v: {"password": "wrong"},
    ("POST", "account/second-factor/confirm/"): lambda v: {"code": "000000"},
    ("POST", "account/second-factor/codes/"): lambda v: {"code": "000000"},
    ("POST", "account/second-factor/off/"): lambda v: {"code": "000000"},
    ("POST", "account/tokens/"): lambda v: {"name": "n", "days": "30", "project": ""},
    ("POST", "projects/new/"): lambda v: NEW_PROJECT_FORM,
    ("POST", "p/<slug:slug>/bulk/"): lambda v: {"act": "metadata", "article": [str(v["article"])], "language": "de"},
    ("POST", "p/<slug:slug>/skipped/"): lambda v: {"assignment": str(v["assignment"])},
    ("POST", "p/<slug:slug>/rounds/"): lambda v: {
        "name": "Pilot",
        "kind": "pilot",
        "annotators_per_article": "2",
        "open": "yes",
    },
    ("POST", "p/<slug:slug>/give/"): lambda v: {
        "each": "1",
        "annotators": [str(v["member"])],
        "seed": "1",
        "give": "yes",
    },
    ("POST", "p/<slug:slug>/assignments/<uuid:assignment>/"): lambda v: {"to": str(v["member"])},
    ("POST", "p/<slug:slug>/questions/"): lambda v: {"act": "nothing", "question": str(v["thread"])},
    ("POST", "p/<slug:slug>/claims/"): lambda v: {"text": "neu"},
    ("POST", "p/<slug:slug>/claims/<uuid:key>/"): lambda v: {
        "act": "evidence-add",
        "url": "https://amt.example/4",
        "stance": "supports",
    },
    ("POST", "p/<slug:slug>/stories/"): lambda v: {
        "act": "refuse",
        "suggestion": str(v["story_suggestion"]),
        "base": "1",
    },
    ("POST", "p/<slug:slug>/stories/<uuid:key>/"): lambda v: {"act": "articles-remove", "key": str(v["article"])},
    ("POST", "p/<slug:slug>/stories/rows/<uuid:row>/answers/<uuid:article>/"): lambda v: {
        "state": "omits",
        "base": "1",
        "s-TOTAL_FORMS": "0",
        "s-INITIAL_FORMS": "0",
    },
    ("POST", "p/<slug:slug>/sources/"): lambda v: {"url": "https://amt.example/7"},
    ("POST", "p/<slug:slug>/sources/<uuid:source>/"): lambda v: {"act": "paste-text", "text": "Der Preis stieg."},
    ("POST", "p/<slug:slug>/sources/<uuid:source>/captures/<uuid:capture>/"): lambda v: {
        "act": "cite-passage",
        "words": v["capture_words"],
        "claim": str(v["claim"]),
        "stance": "supports",
    },
    ("POST", "p/<slug:slug>/verdict-scale/"): lambda v: SCALE_FORM,
    ("POST", "p/<slug:slug>/articles/add/"): lambda v: {"title": "T", "text": "Ein Text.", "save": "1"},
    ("POST", "p/<slug:slug>/articles/<uuid:article>/details/"): lambda v: {"revision": 1, "title": "Neu"},
    ("POST", "p/<slug:slug>/articles/<uuid:article>/correct/"): lambda v: {
        "base": str(v["version"]),
        "text": f"{v['text']} Neu.",
        "save": "1",
    },
    ("POST", "p/<slug:slug>/import/"): lambda v: {"uploads": [_upload()], "on_conflict": "skip"},
    ("POST", "p/<slug:slug>/import/<uuid:upload>/"): lambda v: {"start": "1", "on_conflict": "skip"},
    ("POST", "p/<slug:slug>/filters/"): lambda v: {"name": "Deutsch"},
    ("POST", "p/<slug:slug>/articles/<uuid:article>/review/"): lambda v: {"act": "take_over"},
    ("POST", "p/<slug:slug>/articles/<uuid:article>/passages/"): lambda v: {
        "passage": str(v["passage"]),
        "base_version": "0",
        "state": "rejected",
    },
    ("POST", "p/<slug:slug>/agreement/"): lambda v: {"labels": ["claim"], "seed": "1"},
    ("POST", "p/<slug:slug>/suggest/"): lambda v: {"number": "claim"},
    ("POST", "p/<slug:slug>/export/"): lambda v: {"format": "native", "texts": "with"},
    ("POST", "p/<slug:slug>/articles/<uuid:article>/history/"): lambda v: {"act": str(v["act"]), "base": "2"},
    ("POST", "p/<slug:slug>/claims/<uuid:key>/history/"): lambda v: {"act": str(v["act"]), "base": "2"},
    ("POST", "p/<slug:slug>/guidelines/edit/"): lambda v: {"text": "neu", "save": "1"},
    ("POST", "p/<slug:slug>/labels/edit/"): lambda v: LABEL_FORM,
    ("POST", "p/<slug:slug>/labels/merge/"): lambda v: {
        "from_label": "place",
        "into_label": "date",
        "confirmed": "yes",
    },
    ("POST", "p/<slug:slug>/invitations/"): lambda v: {"role": "viewer", "most_uses": "1", "days": "7"},
    ("POST", "p/<slug:slug>/members/"): lambda v: {"person": "root", "role": "viewer"},
    ("POST", "p/<slug:slug>/members/<uuid:uuid>/"): lambda v: {"role": "viewer"},
    ("POST", "p/<slug:slug>/settings/"): lambda v: PROJECT_FORM,
}


def _no(rows: str) -> dict[str, int]:
    return {f"{rows}-TOTAL_FORMS": 0, f"{rows}-INITIAL_FORMS": 0}


ADMIN_BODIES: dict[str, Any] = {
    "article/add/": lambda w: {"project": w.manager.project_id, "title": "T", "text": "Ein Text."},
    "article/<path:object_id>/change/": lambda w: _no("versions") | {"revision": 1, "title": "Neu"},
    "publisher/<path:object_id>/change/": lambda w: {"name": "Post", "kind": "wire"},
    "guidelinesversion/add/": lambda w: {"project": w.manager.project_id, "text": "neu"},
    "labelset/<path:object_id>/change/": lambda w: LABEL_FORM,
    "membership/add/": lambda w: {"project": w.manager.project_id, "person": "root", "role": "viewer"},
    "membership/<path:object_id>/change/": lambda w: {"role": "viewer"},
    "project/add/": lambda w: NEW_PROJECT_FORM | _no("memberships"),
    "project/<path:object_id>/change/": lambda w: PROJECT_FORM | _no("memberships") | {"base_revision": 1},
    "project/import/": lambda w: {"project": w.manager.project_id, "uploads": [_upload()], "on_conflict": "skip"},
    "project/export/": lambda w: {"projects": [w.manager.project_id], "format": "native", "texts": "with"},
    "user/add/": lambda w: {"username": "new", "usable_password": "false"},
    "user/<path:object_id>/change/": lambda w: _no("memberships") | {"username": "renamed", "is_active": "on"},
    "user/<id>/password/": lambda w: {"password1": "a long new phrase", "password2": "a long new phrase"},
}
#: what is done to the rows chosen in each list; other lists have no acts
ADMIN_ACTS = {
    "assignment": ("take_in_late",),
    "article": ("assign_articles", "set_what_is_known", "withhold_articles", "export_articles"),
    "membership": ("end_parts",),
    "invitation": ("withdraw",),
    "previewlink": ("revoke",),
    "project": ("export_projects", "delete_one", "undelete", "measure_agreement", "suggest_labels"),
    "user": ("make_link", "erase", "deactivate", "activate", "end_waits"),
    "secondfactor": ("turn_off",),
    "externalidentity": ("unlink",),
    "apitoken": ("revoke",),
    "loginthrottle": ("lift",),
}


def admin_body_of(method: str, route: str, work: Work) -> dict[str, Any]:
    """Return a form of the admin, filled in; for a list, its last act on a row of the project; else a deletion's."""
    if method != "POST":
        return {}
    rest = route.removeprefix(f"{ADMIN}annotations/")
    if rest in ADMIN_BODIES:
        return dict(ADMIN_BODIES[rest](work))
    model = rest.rstrip("/")
    if model in ADMIN_ACTS:
        return {
            "action": ADMIN_ACTS[model][-1],
            "_selected_action": name_of(apps.get_model("annotations", model), row_of(model, work)),
        }
    return {"post": "yes"}


def dump() -> dict[str, list[dict[str, Any]]]:
    """Return every row of the application, except the noted use of keys and sessions, and refused attempts."""
    volatile = {"last_used_at", "last_login"}
    found: dict[str, list[dict[str, Any]]] = {}
    for model in apps.get_app_config("annotations").get_models():
        names = [field.attname for field in model._meta.concrete_fields if field.name not in volatile]
        rows = model._default_manager.order_by("pk").values(*names)
        if model.__name__ in ("AuditWaiting", "AuditSeal"):
            continue  # they follow from the acts
        if model.__name__ == "AuditEvent":
            rows = rows.exclude(verb="act.refused")
        found[model.__name__] = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return found


def _plain(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def model_fields() -> set[str]:
    """Name every column and relation of every model, and a few that Django's own have."""
    found: set[str] = {"is_staff", "is_superuser", "user_permissions", "id", "pk"}
    for model in apps.get_app_config("annotations").get_models():
        for one in model._meta.get_fields():
            found.add(one.name)
            if isinstance(one, models.ForeignKey):
                found.add(one.attname)
    return found
