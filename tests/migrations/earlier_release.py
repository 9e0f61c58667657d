"""A database as the first release left it, with a row of every kind that a later migration touches."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import GERMAN

RELEASE = ("annotations", "0003_addresses_are_web_addresses")
PROJECT = "river"
PERSON = "ada"


def make() -> None:
    """Migrate an empty database to that release, and no further, and fill it."""
    executor = MigrationExecutor(connection)
    executor.migrate([RELEASE])
    _fill(executor.loader.project_state([RELEASE]).apps)


def _fill(apps: Any) -> None:
    def create(model: str, /, **values: Any) -> Any:
        return apps.get_model("annotations", model)._default_manager.create(**values)

    project = create("Project", slug=PROJECT, name="River")
    inside = {"project": project}
    ada = create("Membership", **inside, user=create("User", username=PERSON), pseudonym="amber-otter-101")
    create("GuidelinesVersion", **inside, version=1, text="Read first.", created_by=ada)
    label_set = create("LabelSet", **inside, name="News claims")
    above = create("Label", **inside, label_set=label_set, key="statement", name="Statement")
    label = create("Label", **inside, label_set=label_set, key="claim", name="Claim", parent=above)

    job = create("Job", **inside, kind="import", requested_by=ada, state="done", done=0, total=0)
    create("Chunk", job=job, n=1)
    raw_file = create("RawFile", **inside, sha256=b"1" * 32, name="a.txt", size=0, file="raw/a.txt")
    version = _article(create, inside, job, raw_file)
    create("Assignment", **inside, version=version, annotator=ada)

    span = {"start": 6, "end": 11, "quote": GERMAN[6:11]}
    on_text = {**inside, "version": version, "length": version.length}
    judged = {**inside, "created_by": ada}
    around = {"prefix": GERMAN[:6], "suffix": GERMAN[11:43]}
    annotation = create("Annotation", **on_text, **span, **around, created_by=ada, label=label, version_number=2)
    create("AnnotationRevision", annotation=annotation, label=label, **span, **_state(ada), label_set_version=1)
    create("Fragment", **on_text, **span, annotation=annotation, n=0)
    claim = create("Claim", **judged, text="Der Preis stieg.", version_number=2)
    create("ClaimRevision", claim=claim, text="Der Preis steigt.", **_state(ada))
    create("ClaimMention", **judged, claim=claim, annotation=annotation)
    create(
        "EvidenceItem", **judged, **_cited(create, inside), evidence_set=create("EvidenceSet", **inside, claim=claim)
    )
    create("AuditEvent", **inside, actor=ada, verb="annotation.created", object_type="annotation", object_key="1")


def _article(create: Any, inside: dict[str, Any], job: Any, raw_file: Any) -> Any:
    from annotations.text.spans import text_sha256

    publisher = create("Publisher", **inside, name="Tagblatt")
    article = create(
        "Article",
        **inside,
        external_id="a-1",
        title="Der Preis",
        publisher=publisher,
        url="https://example.org/preis?utm_source=x",
        created_by_job=job,
    )
    text = {"text": GERMAN, "length": len(GERMAN), "text_sha256": text_sha256(GERMAN)}
    version = create("ArticleVersion", **inside, article=article, **text, normaliser="lines/1", raw_file=raw_file)
    article.current_version = version
    article.save()
    span = {**inside, "version": version, "length": version.length, "start": 0, "end": 5}
    create("Region", **span, kind="headline", publisher=publisher)
    create("TextLink", **span, url="https://example.org/")
    return version


def _cited(create: Any, inside: dict[str, Any]) -> dict[str, Any]:
    from annotations.text.urls import url_sha256

    url = "https://example.org/"
    source = create("Source", **inside, url=url, canonical_url=url, url_sha256=url_sha256(url))
    return {"source": source, "url": url}


def _state(by: Any) -> dict[str, Any]:
    return {"version_number": 1, "replaced_by": by}
