"""Loading the demonstration, once, from `fixtures/`.

Everything goes the way it goes in daily work: files through the importers, judgements through the acts.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from django.db import transaction

from annotations.importers.commanding import ImportOrder, import_paths
from annotations.models import (
    Annotation,
    Article,
    Assignment,
    AuditEvent,
    Claim,
    ClaimDesk,
    EvidenceItem,
    EvidenceSet,
    Membership,
    Project,
    Publisher,
    Story,
    User,
)
from annotations.text.spans import Span
from annotations.workflow.acts import record
from annotations.workflow.annotating import NewAnnotation, annotate
from annotations.workflow.answering import NewAnswer, NewStatement, add_row, answer
from annotations.workflow.articles import MetadataChange, set_metadata
from annotations.workflow.assigning import assign, submit
from annotations.workflow.claiming import ClaimDetails, NewMention, make_claim, mention_claim
from annotations.workflow.desk import DeskChange, change_desk
from annotations.workflow.evidence import NewEvidence, Passage, SourceLink, attach_source
from annotations.workflow.projects import NewProject, add_member, change_project, set_up_project
from annotations.workflow.sources import add_source, paste_capture
from annotations.workflow.stories import change_articles, make_story
from annotations.workflow.verdicts import NewVerdict, reach_verdict
from workbench.demonstration import ACCOUNTS, PASSWORD
from workbench.environment import BASE_DIR

FIXTURES = BASE_DIR / "fixtures"
LOADED = "demonstration.loaded"
NAMESPACE = uuid.UUID("5f0d2f3e-54a5-5b55-8f0c-3c6f3a7e6b10")
"""Names the demonstration's judgements, so that loading twice finds what is there."""
NAMES = {"ada": "Ada Lindqvist", "ben": "Ben Okafor", "rosa": "Rosa Duarte", "mia": "Mia Hansen"}
ROLES = {"ada": Membership.Role.ANNOTATOR, "ben": Membership.Role.ANNOTATOR, "rosa": Membership.Role.REVIEWER}


class DemonstrationSpoilt(Exception):
    """The fixtures do not fit together, or the import of them was not clean."""


def make_accounts() -> None:
    """Make the people of the demonstration where they are missing; Mia manages and may use the admin."""
    known = set(User.objects.filter(username__in=ACCOUNTS).values_list("username", flat=True))
    for name in ACCOUNTS:
        if name not in known:
            is_manager = name == "mia"
            person = User(
                username=name,
                email=f"{name}@newsroom.example",
                display_name=NAMES[name],
                is_staff=is_manager,
                is_superuser=is_manager,
            )
            person.set_password(PASSWORD)
            person.save()


def is_loaded() -> bool:
    """Tell whether the demonstration was loaded to its end."""
    return AuditEvent.objects.filter(verb=LOADED).exists()


def load_demonstration() -> Project:
    """Load what is missing of the demonstration; harmless and quick when it is all there."""
    make_accounts()
    demonstration = _Demonstration(FIXTURES)
    if not is_loaded():
        demonstration.load()
    return Project.objects.get(slug=demonstration.slug)


class _Demonstration:
    """The loading of the demonstration, step by step; each step finds what an interrupted one left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts = read_json(folder / "demo_metadata.json")
        self.work = read_json(folder / "demo_work.json")
        self.told = read_json(folder / "demo_stories.json")
        self.slug = self.facts["project"]["slug"]

    def load(self) -> None:
        import_articles(self.manager, self.folder)
        describe_articles(self.manager, self.facts)
        assign(self.articles.values(), [self.people["ada"], self.people["ben"]], by=self.manager)
        for work in self._pieces_of_work():
            self._annotate(**work)
        for claim in self.work["claims"]:
            self._claim(claim)
        self._publish()
        for story in self.told["stories"]:
            self._tell(story)
        for work in self._pieces_of_work():
            if work["state"] == Assignment.State.SUBMITTED:
                submit(self.articles[work["file"]], by=self.people[work["annotator"]])
        record(self.manager, LOADED, "project", self.slug)

    @cached_property
    def manager(self) -> Membership:
        mia = User.objects.get(username="mia")
        found = Membership.objects.filter(project__slug=self.slug, user=mia).select_related("project").first()
        if found is not None:
            return found
        given = self.facts["project"]
        new = NewProject(name=given["name"], slug=self.slug, language=given["language"], starter=given["label_set"])
        return set_up_project(new, user=mia)

    @cached_property
    def people(self) -> dict[str, Membership]:
        present = Membership.objects.filter(project=self.manager.project, user__isnull=False).select_related("project")
        known = {member.user.get_username(): member for member in present.select_related("user") if member.user}
        for name, role in ROLES.items():
            if name not in known:
                user = User.objects.get(username=name)
                known[name] = add_member(user, role, by=self.manager, pseudonym=name)
        return known

    @cached_property
    def articles(self) -> dict[str, Article]:
        return articles_by_file(self.manager.project)

    def _pieces_of_work(self) -> Iterable[dict[str, Any]]:
        for article in self.work["articles"]:
            for work in article["work"]:
                yield {"file": article["file"], **work}

    def _annotate(self, file: str, annotator: str, annotations: list[dict[str, Any]], **_rest: Any) -> None:
        by, version = self.people[annotator], self.articles[file].current_version
        assert version is not None
        known = set(Annotation.objects.filter(version=version, created_by=by).values_list("key", flat=True))
        for number, given in enumerate(annotations):
            key = _key("annotation", given.get("ref") or f"{file}/{annotator}/{number}")
            if key in known:
                continue
            start = _find(version.text, given["quote"], given["occurrence"])
            new = NewAnnotation(
                key=key,
                version=version.uuid,
                span=Span(start, start + len(given["quote"])),
                quote=given["quote"],
                label=given["label"],
                note=given.get("note", ""),
            )
            annotate(new, by=by)

    def _claim(self, given: dict[str, Any]) -> None:
        """Make the claim once for each annotator who worked on it: in a blind project nobody sees another's."""
        parts = [*given["mentions"], *given["evidence"]]
        for name in dict.fromkeys([given["annotator"], *(part["annotator"] for part in parts)]):
            by, key = self.people[name], _key("claim", f"{given['ref']}/{name}")
            if Claim.objects.filter(key=key).exists():
                continue
            with transaction.atomic():
                make_claim(key, given["text"], by=by)
                for mention in given["mentions"]:
                    if mention["annotator"] == name:
                        ref = mention["annotation"]
                        made = NewMention(
                            _key("mention", f"{given['ref']}/{ref}"), _key("annotation", ref), mention["stance"]
                        )
                        mention_claim(key, made, by=by)
                for number, item in enumerate(given["evidence"]):
                    if item["annotator"] == name:
                        self._attach(key, f"{given['ref']}/{number}", item, by)

    def _tell(self, given: dict[str, Any]) -> None:
        """Bring articles together as a story, and say what each answers to its questions."""
        by, key = self.people[given["by"]], _key("story", given["ref"])
        if Story.objects.filter(key=key).exists():
            return
        articles = {name: article.uuid for name, article in self.articles.items()}
        with transaction.atomic():
            make_story(
                key, given["name"], by=by, articles=[articles[name] for name in given["articles"]], note=given["note"]
            )
            change_articles(key, by=by, relate=[articles[name] for name in given["related"]])
            for row in given["rows"]:
                row_key = _key("account_row", f"{given['ref']}/{row['ref']}")
                add_row(key, row_key, row["text"], row["kind"], by=by, cues=row["cues"])
                for said in row["answers"]:
                    statements = [NewStatement(**each) for each in said["statements"]]
                    new = NewAnswer(said["state"], 0, statements, said.get("note", ""))
                    answer(row_key, articles[said["file"]], new, by=by)

    def _publish(self) -> None:
        """Have the desk check claims and publish them, with an earlier verdict and its correction."""
        desk, project = self.work["desk"], self.manager.project
        if not project.publishes:
            changes = {"publishes": True, "published_as": desk["published_as"]}
            change_project(project, changes, by=self.manager, base_revision=project.revision)
            self.__dict__.pop("people", None)  # each brought the project as it was
        for given in desk["claims"]:
            key = _key("claim", given["ref"])
            if not ClaimDesk.objects.filter(claim__key=key).exists():
                with transaction.atomic():
                    self._check(key, given)

    def _check(self, key: uuid.UUID, given: dict[str, Any]) -> None:
        by, ref = self.people["rosa"], given["ref"]
        day = date.fromisoformat(given["claim_date"])
        details = ClaimDetails(given["claim_type"], given["check_worthiness"])
        make_claim(key, given["text"], by=by, claimant=given["claimant"], claim_date=day, details=details)
        for number, mention in enumerate(given["mentions"]):
            annotation = _key("annotation", mention["annotation"])
            made = NewMention(_key("mention", f"{ref}/{number}"), annotation, mention["stance"])
            mention_claim(key, made, by=by)
        for number, item in enumerate(given["evidence"]):
            self._bring(key, f"{ref}/{number}", item, by)
        for number, verdict in enumerate(given["verdicts"]):
            before = _key("verdict", f"{ref}/{number - 1}") if number else None
            new = NewVerdict(
                _key("verdict", f"{ref}/{number}"),
                key,
                verdict["value"],
                verdict["rationale"],
                tuple(verdict["sets"]),
                before,
                verdict.get("correction", ""),
            )
            reach_verdict(new, by=self.people[verdict["by"]])
            self._move(key, ClaimDesk.State.IN_SECOND_REVIEW, self.people[verdict["by"]])
            self._move(key, ClaimDesk.State.PUBLISHED, self.people[verdict["publishes"]])

    def _move(self, key: uuid.UUID, state: str, by: Membership) -> None:
        desk = ClaimDesk.objects.get(claim__key=key)
        change_desk(key, DeskChange(state), by=by, base_version=desk.version_number)

    def _bring(self, claim: uuid.UUID, name: str, item: dict[str, Any], by: Membership) -> None:
        """Bring evidence of the desk: a page, the passage of an annotation, or what somebody was asked."""
        days: dict[str, Any] = {
            day: date.fromisoformat(item[day]) for day in ("asked_on", "answer_by", "answered_on") if item.get(day)
        }
        link = SourceLink(
            url=item.get("url", ""),
            title=item.get("title", ""),
            stance=item["stance"],
            quote=item.get("answer", ""),
            question=item.get("question", ""),
            strength=item["strength"],
            origin=item.get("origin", ""),
            asked_whom=item.get("asked_whom", ""),
            **days,
        )
        passage = None
        if "annotation" in item:
            start, end = Annotation.objects.values_list("start", "end").get(key=_key("annotation", item["annotation"]))
            passage = Passage(self.articles[item["file"]].uuid, start, end)
        if "capture" in item:
            passage = self._capture(item, by)
        number = 0 if item["set"] > 1 and not self._has_set(claim, item["set"]) else item["set"]
        is_enquiry = item.get("enquiry", False)
        new = NewEvidence(_key("evidence", name), link, passage, is_enquiry, evidence_set=number, claim=claim)
        attach_source(new, by=by)

    def _capture(self, item: dict[str, Any], by: Membership) -> Passage:
        """Paste what a page said, as one does where nothing is fetched, and return the passage that is cited."""
        text = (self.folder / "captures" / item["capture"]).read_text(encoding="utf-8")
        source = add_source(item["url"], by=by)
        capture = paste_capture(source.uuid, text, by=by, title=item["title"])
        start = _find(capture.text, item["passage"], 1)
        return Passage(None, start, start + len(item["passage"]), capture.uuid)

    def _has_set(self, claim: uuid.UUID, n: int) -> bool:
        return EvidenceSet.objects.filter(claim__key=claim, n=n).exists()

    def _attach(self, claim: uuid.UUID, name: str, item: dict[str, Any], by: Membership) -> None:
        link = SourceLink(
            url=item["url"],
            title=item.get("title", ""),
            stance=item.get("stance", EvidenceItem.Stance.SUPPORTS),
            quote=item.get("quote", ""),
            note=item.get("note", ""),
        )
        attach_source(NewEvidence(key=_key("evidence", name), link=link, claim=claim), by=by)


def import_articles(manager: Membership, folder: Path) -> None:
    """Bring the raw files in, by the importers."""
    user = manager.user
    assert user is not None
    order = ImportOrder(paths=(folder / "raw",), slug=manager.project.slug, username=user.get_username())
    report = import_paths(order)
    if report.rejected or not report.read:
        raise DemonstrationSpoilt(f"{report.message} {report.problems}")


@transaction.atomic
def describe_articles(manager: Membership, facts: dict[str, Any]) -> None:
    """Set what the raw files leave unsaid: publishers, dates, addresses, languages."""
    articles = articles_by_file(manager.project)
    for each in facts["articles"]:
        change = MetadataChange(
            publisher=each["publisher"],
            url=each["url"],
            published_at=_date(each["published_at"]),
            language=each["language"],
        )
        set_metadata(Article.objects.filter(pk=articles[each["file"]].pk), change, by=manager)
    for each in facts["publishers"]:
        Publisher.objects.filter(project=manager.project, name=each["name"]).update(
            domain=each["domain"], kind=each["kind"]
        )


def articles_by_file(project: Project) -> dict[str, Article]:
    """Return the articles by the name of the file they came from."""
    rows = Article.objects.filter(project=project).select_related("current_version__raw_file")
    return {
        article.current_version.raw_file.name: article
        for article in rows
        if article.current_version and article.current_version.raw_file
    }


def read_json(path: Path) -> dict[str, Any]:
    """Read one of the fixtures' JSON objects."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _key(kind: str, name: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"{kind}/{name}")


def _date(text: str) -> date | datetime:
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def _find(text: str, quote: str, occurrence: int) -> int:
    """Return where the n-th occurrence of a quote begins, counted from 1 without overlaps."""
    start = -len(quote)
    for _nth in range(occurrence):
        start = text.find(quote, start + len(quote))
        if start < 0:
            raise DemonstrationSpoilt(f"The text does not hold “{quote}” {occurrence} times.")
    return start


def log_ins() -> list[str]:
    """Say who can log in, and as what."""
    parts = {"ada": "annotator", "ben": "annotator", "rosa": "reviewer", "mia": "manager, and the admin at /admin/"}
    return [f"{name:<5} {PASSWORD}   {NAMES[name]}, {parts[name]}" for name in ACCOUNTS]
