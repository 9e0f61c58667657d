"""Named people, a project and its texts, the same in every test. Deterministic: a test states what it asserts on."""

from __future__ import annotations

import itertools
import uuid
from datetime import datetime
from typing import Any

from annotations.models import (
    Annotation,
    Article,
    ArticleVersion,
    Assignment,
    Label,
    Membership,
    Project,
    Suggestion,
    User,
)
from annotations.text.spans import Span
from annotations.workflow.annotating import NewAnnotation, annotate
from annotations.workflow.articles import NewArticle, add_article
from annotations.workflow.assigning import assign
from annotations.workflow.projects import NewProject, add_member, change_project, set_up_project

Role = Membership.Role
PASSWORD = "a long enough phrase"

GERMAN = "📈 Der Preis stieg um 4 %. „Das war abzusehen“, sagte Zoë O’Neill.\n\nDie Menge wuchs auf 1.240 Menschen."
COMBINING = "Der Bürgermeister Josée sprach.\n\n👩‍👩‍👧‍👦 Tausende kamen, 🇺🇦 auch von weit her."
HEBREW = "ראש העיר אמר: „240 בתים נפגעו“.\n\nהדיון יימשך."

_numbers = itertools.count(1)


def user(name: str, **values: Any) -> User:
    """Find or make a person who can log in with PASSWORD."""
    found = User.objects.filter(username=name).first()
    if found is None:
        found = User(username=name, email=f"{name}@newsroom.example", display_name=name.title(), **values)
        found.set_password(PASSWORD)
        found.save()
    return found


def project(slug: str = "river", *, visibility: str = "blind", manager: str = "mia", **values: Any) -> Membership:
    """Make a project with the News claims label set; return its manager's part (Mia)."""
    new = NewProject(name=values.pop("name", slug.title()), slug=slug, visibility=visibility, **values)
    return set_up_project(new, user=user(manager))


def set_project(manager: Membership, **values: Any) -> None:
    """Change settings of the manager's project."""
    project = Project.objects.get(pk=manager.project_id)
    change_project(project, values, by=manager, base_revision=project.revision)
    manager.project.refresh_from_db()


def member(manager: Membership, name: str, role: str = Role.ANNOTATOR, **values: Any) -> Membership:
    """Give a named person a part in the project."""
    return add_member(user(name), role, by=manager, **values)


def article(manager: Membership, text: str = GERMAN, *, title: str = "Der Preis", **values: Any) -> Article:
    """Add an article with this text."""
    values.setdefault("external_id", f"article-{next(_numbers)}")
    return add_article(NewArticle(title=title, text=text, **values), by=manager)


def assigned(manager: Membership, annotator: Membership, made: Article) -> Assignment:
    """Give the article to an annotator."""
    assign([made], [annotator], by=manager)
    return Assignment.objects.get(version_id=made.current_version_id, annotator=annotator)


def new_annotation(version: ArticleVersion, start: int, end: int, label: str = "claim", **values: Any) -> NewAnnotation:
    """Build what a client sends for a span of the version's text."""
    values.setdefault("key", uuid.uuid4())
    values.setdefault("quote", version.text[start:end])
    return NewAnnotation(version=version.uuid, span=Span(start, end), label=label, **values)


def annotation(by: Membership, made: Article, start: int, end: int, label: str = "claim", **values: Any) -> Annotation:
    """Have somebody put a label on a span of the article."""
    assert made.current_version is not None
    return annotate(new_annotation(made.current_version, start, end, label, **values), by=by)


def suggestion(made: Article, words: str, key: str = "claim") -> Suggestion:
    """Propose a label on the first place where words stand in the article."""
    version = made.current_version
    assert version is not None
    start = version.text.index(words)
    return Suggestion.objects.create(
        project=made.project,
        version=version,
        length=version.length,
        label=label(made.project, key),
        suggested_by="tagger 1",
        start=start,
        end=start + len(words),
        quote=words,
    )


def label(of: Project, key: str = "claim") -> Label:
    """Find a label of the project's label set."""
    return Label.objects.get(project=of, key=key)


def label_for(of: Project, key: str, applies_to: str, **values: Any) -> Label:
    """Add a label for relations or whole articles to the label set in force."""
    label_set = of.label_sets.order_by("-version")[0]
    row = Label(
        project=of, label_set=label_set, key=key, name=key.title(), applies_to=applies_to, position=90, **values
    )
    row.save()
    return row


def many_articles(manager: Membership, count: int, *, text: str = GERMAN, published_at: datetime | None = None) -> None:
    """Write many short articles at once, without the acts."""
    from annotations.text.spans import text_sha256

    articles = Article.objects.bulk_create(
        [
            Article(
                project=manager.project, external_id=f"bulk-{n:06}", title=f"Meldung {n:06}", published_at=published_at
            )
            for n in range(count)
        ],
        batch_size=1000,
    )
    versions = ArticleVersion.objects.bulk_create(
        [
            ArticleVersion(
                project=manager.project,
                article=each,
                text=text,
                length=len(text),
                text_sha256=text_sha256(text),
                normaliser="workbench-lines/1",
            )
            for each in articles
        ],
        batch_size=1000,
    )
    for each, version in zip(articles, versions, strict=True):
        each.current_version = version
    Article.objects.bulk_update(articles, ["current_version"], batch_size=1000)
