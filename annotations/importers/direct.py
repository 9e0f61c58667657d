"""Articles that a program sends in one request: read and loaded as those of a file are, answered row by row, at once.

Larger requests become jobs; that is decided where the request is read.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from annotations.access import Act, require
from annotations.access.requests import Request, earlier_act
from annotations.errors import Conflict, Refused
from annotations.jobs.files import copy_in, scratch_file
from annotations.jobs.starting import start_import, start_once
from annotations.models import Article, Chunk, Job, Membership
from annotations.workflow.acts import carry_out_once, record
from annotations.workflow.articles import MetadataChange, edit_article

from .context import Context
from .fields import Place, read_fields
from .json_items import Item, read_document, read_lines
from .loading import load_articles
from .native import parsed
from .records import ImportedArticle, Problem
from .repeated import refuse_repeated
from .tally import Tally, save_tally

ROWS_AT_ONCE = 500
BYTES_AT_ONCE = 2 * 1024 * 1024
"""What is loaded while the client waits: about a second's work. More of either becomes a job."""
ID_NAMES = ("external_id", "id", "url", "link")
Reply = dict[str, Any]


@dataclass(slots=True)
class Row:
    """One record of a request, counted from 1: what was read of it, and what was found wrong."""

    n: int
    article: ImportedArticle | None = None
    problems: list[Problem] = field(default_factory=list)


class Rejected(Refused):
    """An article that is not taken, with everything that was found wrong in it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("article_rejected", problems[0].message, field=problems[0].field)
        self.problems = problems


def items_of(body: bytes, *, is_lines: bool) -> list[Item | Problem]:
    """Cut a request's body into records: JSON Lines, or a JSON list."""
    stream = io.BytesIO(body)
    return list(read_lines(stream, "") if is_lines else read_document(stream, ""))


def put_article(
    external_id: str,
    given: dict[str, Any],
    *,
    by: Membership,
    base_revision: int | None = None,
    request: Request | None = None,
) -> Reply:
    """Add the article of this id, give it this text as a new version, or leave it where nothing differs.

    What is known of an article whose text stays is changed only with `base_revision`; else each difference is told.
    Raises `Forbidden`, `Conflict`, and `Refused` where the article cannot be imported.
    """
    require(by, Act.ADD_ARTICLES)
    return _once(by, request, lambda: _put(external_id, given, by, base_revision, request))


def add_rows(
    items: Iterable[Item | Problem], *, by: Membership, on_conflict: str, request: Request | None = None
) -> Reply:
    """Load a request's articles as an import that is done when it is answered; one result a row."""
    require(by, Act.ADD_ARTICLES)
    return _once(by, request, lambda: _add(list(items), by, on_conflict, request))


def start_rows(
    head: bytes, rest: BinaryIO, *, is_lines: bool, by: Membership, on_conflict: str, key: UUID | None = None
) -> Job:
    """Store a request's body as a file and start its import; the same key and body name the same job again."""
    require(by, Act.ADD_ARTICLES)
    with scratch_file() as scratch:
        scratch.write(head)
        copy_in(rest, scratch)
        scratch.complete()
        request = Request.of(key, "rows", is_lines, on_conflict, scratch.sha256.hex()) if key else None
        name = "request.jsonl" if is_lines else "request.json"

        with scratch.path.open("rb") as file:
            files = [(name, cast(BinaryIO, file))]
            start = partial(start_import, by, files, format="native", on_conflict=on_conflict)
            return start_once(by, request, start)


def request_of_rows(key: UUID | None, body: bytes, *, is_lines: bool, on_conflict: str) -> Request | None:
    """Say what makes a repeated request of rows known."""
    return Request.of(key, "rows", is_lines, on_conflict, hashlib.sha256(body).hexdigest()) if key else None


def earlier_reply(by: Membership, request: Request | None) -> Reply | None:
    """Return what this request was answered before. Raises `Conflict` where its key came with another body."""
    event = earlier_act(by, request)
    return event.text.values.get("reply") if event is not None and hasattr(event, "text") else None


def _once(by: Membership, request: Request | None, act: Any) -> Reply:
    found = earlier_reply(by, request)
    return found if found is not None else carry_out_once(by, request, act, lambda: earlier_reply(by, request))


def _put(
    external_id: str, given: dict[str, Any], by: Membership, base_revision: int | None, request: Request | None
) -> Reply:
    stated = given.get("external_id", external_id)
    if stated != external_id:
        message = _("The address names “%(id)s”. Leave the field out, or give it the same value.")
        raise Refused("external_id_differs", message % {"id": external_id[:200]}, field="external_id")
    row = _read_row(1, {**given, "external_id": external_id})
    context, tally = _context(by, "version"), Tally()
    before = _known(by, [external_id]).select_for_update(of=("self",)).first()
    if before is not None and base_revision not in (None, before.revision):
        message = _("Somebody changed this article in the meantime. Look at their values, then send yours again.")
        raise Conflict("stale_version", message, current=before, field="base_revision")
    if row.article is not None:
        load_articles([row.article], context, tally)
    problems = _all_problems([row], tally)
    if row.article is None or any(problem.is_rejection for problem in problems):
        raise Rejected(problems)
    article = _known(by, [external_id]).get()
    status = _status(article, context)
    if status == "unchanged":
        status, remarks = _settle_record(article, row.article, by, base_revision)
        problems += remarks
        article = _known(by, [external_id]).get()
    reply = _result(status, article, problems)
    after = {"status": status, "version": article.current_version.n if article.current_version else None}
    text = {"title": article.title} | ({"reply": reply} if request else {})
    record(by, "article.put", "article", article.uuid, after=after, text=text, request=request)
    return reply


def _add(items: list[Item | Problem], by: Membership, on_conflict: str, request: Request | None) -> Reply:
    job = Job.objects.create(
        project=by.project,
        kind=Job.Kind.IMPORT,
        state=Job.State.RUNNING,
        requested_by=by,
        parameters={"format": "native", "on_conflict": on_conflict, "is_direct": True},
        stage="writing",
        total=len(items),
        started_at=timezone.now(),
    )
    now = timezone.now()
    chunk = Chunk.objects.create(job=job, n=1, stage=1, count=len(items), done_at=now, tries=1)
    rows = [_row_of(n, item) for n, item in enumerate(items, start=1)]
    _refuse_repeated(rows)
    context, tally = Context.of(job), Tally()
    for row in rows:
        for problem in row.problems:
            tally.take(problem)
    load_articles([row.article for row in rows if row.article is not None], context, tally)
    save_tally(tally, chunk)
    reply = _answer(rows, tally, context, job)
    _end(job, reply)
    after = {"files": 0, "on_conflict": on_conflict}
    text = {"reply": reply} if request else None
    record(by, "import.requested", "job", job.uuid, after=after, text=text, request=request)
    return reply


def _row_of(n: int, item: Item | Problem) -> Row:
    if isinstance(item, Problem):
        return Row(n, problems=[_placed(item, n)])
    given = parsed(item, "")
    if isinstance(given, Problem):
        return Row(n, problems=[_placed(given, n)])
    kind = given.get("type", "article")
    if kind != "article" and "text" not in given:
        message = _("Only articles are taken here. Import a file for everything else.")
        return Row(n, problems=[Problem("", n, "type", str(kind), message)])
    return _read_row(n, given)


def _read_row(n: int, given: dict[str, Any]) -> Row:
    if not any(given.get(name) for name in ID_NAMES):
        message = _("Give the article an external id or an address, so that sending it again does not add it again.")
        return Row(n, problems=[Problem("", n, "external_id", "", message)])
    row = Row(n)
    for found in read_fields(given, Place("", n, "", is_one_of_many=True)):
        if isinstance(found, Problem):
            row.problems.append(found)
        else:
            row.article = found
    return row


def _placed(problem: Problem, n: int) -> Problem:
    """Name the row, not the line of the body: that is what the client counts."""
    return Problem("", n, problem.field, problem.value, problem.message, problem.is_rejection, problem.leaves_out)


def _refuse_repeated(rows: list[Row]) -> None:
    """Refuse a second article with the same id by the rule that files have."""
    with_article = [row for row in rows if row.article is not None]
    checked: Iterator[Any] = refuse_repeated(row.article for row in with_article if row.article is not None)
    for row, found in zip(with_article, checked, strict=True):
        if isinstance(found, Problem):
            row.article, row.problems = None, [found, *row.problems]


def _context(by: Membership, on_conflict: str) -> Context:
    """Build the context of a load that is no job: the job is never saved, its rows name none."""
    job = Job(project=by.project, kind=Job.Kind.IMPORT, requested_by=by, parameters={"on_conflict": on_conflict})
    return Context.of(job)


def _known(by: Membership, external_ids: Iterable[str]) -> QuerySet[Article]:
    rows = Article.objects.filter(project_id=by.project_id, external_id__in=list(external_ids))
    return rows.select_related("publisher", "current_version").defer("current_version__text")


def _all_problems(rows: Iterable[Row], tally: Tally) -> list[Problem]:
    """Return what was found in reading and in loading; readers' problems that the tally has too count once."""
    of_rows = [problem for row in rows for problem in row.problems]
    return of_rows + [each for each in (*tally.problems, *tally.notices) if each not in of_rows]


def _status(article: Article, context: Context) -> str:
    """Say what became of an article: what was written has the moment of this load."""
    if article.created_at == context.now:
        return "created"
    version = article.current_version
    return "updated" if version is not None and version.created_at == context.now else "unchanged"


def _settle_record(
    article: Article, sent: ImportedArticle, by: Membership, base_revision: int | None
) -> tuple[str, list[Problem]]:
    """Change what is known of an article, or tell what stays; a text that is the same stays anyhow."""
    differing = _differing(article, sent)
    if not differing:
        return "unchanged", []
    if base_revision is None:
        message = _("The article has another value, which stays. Send base_revision=%(revision)s to replace it.")
        said = message % {"revision": article.revision}
        return "unchanged", [Problem("", 1, name, str(value), said, False) for name, value in differing.items()]
    edit_article(article, MetadataChange(**differing), by=by, base_revision=base_revision)
    return "updated", []


def _differing(article: Article, sent: ImportedArticle) -> dict[str, Any]:
    publisher = article.publisher.name if article.publisher else ""
    has_date = article.published_at.date() if article.published_at else None
    present: dict[str, tuple[Any, Any]] = {
        "title": (article.title, sent.title),
        "publisher": (publisher, sent.publisher),
        "url": (article.url, sent.url),
        "language": (article.language, sent.language),
        "published_at": (
            article.published_at if hasattr(sent.published_at, "hour") else has_date,
            sent.published_at,
        ),
    }
    return {name: new for name, (old, new) in present.items() if new not in (None, "") and new != old}


def _answer(rows: list[Row], tally: Tally, context: Context, job: Job) -> Reply:
    ids = [row.article.external_id for row in rows if row.article is not None]
    found = {article.external_id: article for article in _known_of(context, ids)}
    of_loading: dict[int | None, list[Problem]] = {}
    for problem in (*tally.problems, *tally.notices):
        of_loading.setdefault(problem.line, []).append(problem)
    results = [_row_result(row, found, of_loading.get(row.n, []), context) for row in rows]
    names = ("created", "updated", "unchanged", "rejected")
    counts = {name: tally.articles[name] for name in names}
    return {"job": str(job.uuid), "counts": {"read": sum(counts.values()), **counts}, "results": results}


def _known_of(context: Context, external_ids: list[str]) -> QuerySet[Article]:
    rows = Article.objects.filter(project=context.project, external_id__in=external_ids)
    return rows.select_related("current_version").defer("current_version__text")


def _row_result(row: Row, found: dict[str, Article], of_loading: list[Problem], context: Context) -> Reply:
    problems = row.problems + [each for each in of_loading if each not in row.problems]
    is_rejected = row.article is None or any(each.is_rejection for each in problems)
    article = found.get(row.article.external_id) if row.article and not is_rejected else None
    if article is None:
        external_id = row.article.external_id if row.article else None
        return {"row": row.n, "status": "rejected", "external_id": external_id, **_NOTHING, **_told(problems)}
    return {"row": row.n, **_result(_status(article, context), article, problems)}


_NOTHING: Reply = {"uuid": None, "version": None, "text_sha256": None, "revision": None}


def _result(status: str, article: Article, problems: list[Problem]) -> Reply:
    version = article.current_version
    return {
        "status": status,
        "external_id": article.external_id,
        "uuid": str(article.uuid),
        "version": version.n if version else None,
        "text_sha256": bytes(version.text_sha256).hex() if version else None,
        "revision": article.revision,
        **_told(problems),
    }


def _told(problems: list[Problem]) -> Reply:
    return {"problems": [{"field": each.field, "value": each.value, "message": each.message} for each in problems]}


def _end(job: Job, reply: Reply) -> None:
    job.refresh_from_db()
    job.state = Job.State.DONE_WITH_PROBLEMS if job.n_problems else Job.State.DONE
    job.finished_at = job.heartbeat_at = timezone.now()
    counts = reply["counts"]
    with override(settings.LANGUAGE_CODE):  # stored, so in the server's language; the reply is in the caller's
        job.message = (
            _("Sent by a program: %(created)s new, %(updated)s with a new text, %(rejected)s not imported.") % counts
        )
    job.save(update_fields=["state", "finished_at", "heartbeat_at", "message"])
