"""What an export holds: the articles asked for, and of the judgements on them what its requester may see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Collate

from annotations.access import visible_to
from annotations.models import (
    Annotation,
    Article,
    Assignment,
    Claim,
    ClaimMention,
    EvidenceItem,
    Membership,
    Project,
    Source,
)
from annotations.search.article_filters import ArticleFilters

M = TypeVar("M", bound=Model)
BATCH = 500


@dataclass(frozen=True)
class Scope:
    """One requester's view of the articles of one export. Judgements are read through `visible_to` alone."""

    membership: Membership
    filters: ArticleFilters

    @classmethod
    def of(cls, project: Project, by: Membership | None, filters: dict[str, Any]) -> Scope:
        """Read the filters. Without a membership it is the operator's view: everything. Raises `Refused`."""
        operator = Membership(project=project, role=Membership.Role.MANAGER)
        return cls(by or operator, ArticleFilters.parse(filters))

    @property
    def project(self) -> Project:
        """Return the project."""
        return self.membership.project

    def articles(self) -> QuerySet[Article]:
        """Return the articles that have a text."""
        return self.filters.exported_articles(self.membership).filter(current_version__isnull=False)

    def annotations(self) -> QuerySet[Annotation]:
        """Return the annotations on the present texts of these articles, withdrawn ones too."""
        rows = visible_to(self.membership, Annotation.objects.all())
        if not self.filters.narrows:
            return rows.filter(version_id=F("version__article__current_version_id"))
        return rows.filter(version__in=self.articles().values("current_version"))

    def assignments(self) -> QuerySet[Assignment]:
        """Return the assignments of the present texts of these articles."""
        rows = visible_to(self.membership, Assignment.objects.all())
        if not self.filters.narrows:
            return rows.filter(version_id=F("version__article__current_version_id"))
        return rows.filter(version__in=self.articles().values("current_version"))

    def mentions(self) -> QuerySet[ClaimMention]:
        """Return the mentions of claims by these annotations."""
        rows = visible_to(self.membership, ClaimMention.objects.all())
        return rows.filter(annotation__in=self.annotations().values("pk"))

    def claims(self) -> QuerySet[Claim]:
        """Return the claims these annotations express; with no filter, also those that none expresses."""
        rows = visible_to(self.membership, Claim.objects.all())
        if not self.filters.narrows:
            return rows
        return rows.filter(Exists(self.mentions().filter(claim=OuterRef("pk"))))

    def evidence(self) -> QuerySet[EvidenceItem]:
        """Return the evidence on these claims."""
        rows = visible_to(self.membership, EvidenceItem.objects.all())
        return rows.filter(evidence_set__claim__in=self.claims().values("pk"))

    def sources(self) -> QuerySet[Source]:
        """Return the sources this evidence cites; with no filter, also those that none cites any more."""
        rows = visible_to(self.membership, Source.objects.all())
        if not self.filters.narrows:
            return rows
        return rows.filter(Exists(self.evidence().filter(source=OuterRef("pk"))))

    def annotators(self) -> QuerySet[Membership]:
        """Return the people whose work is in the export."""
        work = Q()
        for rows, owner in (
            (self.annotations(), "created_by"),
            (self.mentions(), "created_by"),
            (self.claims(), "created_by"),
            (self.evidence(), "created_by"),
            (self.assignments(), "annotator"),
        ):
            work |= Q(pk__in=rows.order_by().values(owner))
        return Membership.objects.filter(work, project=self.project)


def ids_in_order(rows: QuerySet[M], by: str, *, is_text: bool = True) -> Iterator[list[int]]:
    """Yield the ids in batches, ordered by a column's code points on either database.

    One sort by the database for the whole export, read through a cursor: memory stays flat.
    """
    if is_text and connection.vendor == "postgresql":
        rows = rows.order_by(Collate(by, "C"), "pk")
    else:
        rows = rows.order_by(by, "pk")
    batch: list[int] = []
    for pk in rows.values_list("pk", flat=True).iterator(chunk_size=BATCH):
        batch.append(pk)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def snapshot() -> Iterator[None]:
    """Show one state of the database to everything inside, while others go on writing."""
    if connection.in_atomic_block:  # the caller's transaction is the snapshot
        yield
    elif connection.vendor == "sqlite":
        with _reading_only_on_sqlite(), transaction.atomic():
            yield
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


@contextmanager
def _reading_only_on_sqlite() -> Iterator[None]:
    """Begin the transaction as a reader: IMMEDIATE would keep everybody from writing for as long as the export."""
    mode = connection.transaction_mode  # type: ignore[attr-defined]
    connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connection.transaction_mode = mode  # type: ignore[attr-defined]
