"""Withholding an article, or a capture, on a rights-holder's demand: its words go, the judgements stay.

One transaction takes the words out of every table; files go when it is committed. Nothing brings them back, so it asks
for the title. What people wrote in words of their own (notes, comments, claims) is judgement, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import Refused
from annotations.jobs.cleaning import forget_spool
from annotations.models import (
    Article,
    ArticleVersion,
    Assignment,
    AuditText,
    Capture,
    CommentThread,
    Edition,
    EvidenceItem,
    GuidelinesVersion,
    Job,
    JobFile,
    JobProblem,
    Membership,
    Project,
    RawFile,
    Source,
    User,
    WaitingFile,
    Withholding,
)
from annotations.models.searching import SQLITE_WORDS
from annotations.reuse.index import take_out
from annotations.search.indexing import forget_texts
from annotations.workflow.acts import Request, carry_out_once, record
from annotations.workflow.counting import count_places
from annotations.workflow.editions import without_withheld
from annotations.workflow.sealing import HOLDS_WORDS, replace_personal
from annotations.workflow.wordless import (
    GONE,
    SHORTEST,
    forget_what_came_along,
    stands_in,
    take_evidence_out,
    take_words_out,
    words_of,
)

MOST_REASON, MOST_DEMANDED_BY = 4_000, 300
HOLDING = (Job.Kind.IMPORT, Job.Kind.EXPORT, Job.Kind.SUGGEST, Job.Kind.FETCH)
"""Jobs that have texts in their hands: while one runs, nothing is withheld."""
_IN_ACTS = ("article.put", "import.requested", "attribution.", "boilerplate.")
"""How acts begin whose texts may hold words of articles."""
_QUOTING_FIELDS = ("quote", "text", "annotations", "suggestions", "prefix", "suffix")
_QUOTED = re.compile('[“"„«]([^“”"„«»]+)[”"“»]')


@dataclass(frozen=True, slots=True)
class Demand:
    """Why something is withheld, and on whose demand; `title` is typed again by whoever does it.

    With `deletes_files`, stored files that hold other articles too are deleted; what was read from them stays.
    """

    title: str
    demanded_by: str
    reason: str
    deletes_files: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """What withholding would take words out of.

    `shared` are stored files that hold other articles too, and stay unless that is asked for; `same_text` are the other
    articles of the project that hold one of the very texts, and keep it.
    """

    versions: list[int]
    captures: list[int]
    removable: list[RawFile] = field(default_factory=list)
    shared: list[RawFile] = field(default_factory=list)
    results: int = 0
    same_text: list[Article] = field(default_factory=list)


def reach_of_article(article: Article) -> Reach:
    """Tell what withholding an article would reach; 11 queries, and 2 for each stored file it came from."""
    versions = list(article.versions.values_list("pk", flat=True))
    captures = list(_captures_of(article).values_list("pk", flat=True))
    return _reach(article.project_id, versions, captures)


def reach_of_capture(capture: Capture) -> Reach:
    """Tell what withholding a capture would reach."""
    return _reach(capture.project_id, [], [capture.pk])


def withhold_article(
    article: Article, demand: Demand, *, by: Membership, request: Request | None = None
) -> Withholding:
    """Take the words of all texts of an article, and of captures of it, out of everything. It cannot be undone.

    Raises `Forbidden`, and `Refused` where the title is not typed as it is, reason or name are missing, a job runs
    that has texts in its hands, or the article is withheld already.
    """

    def act() -> Withholding:
        _lock(by.project)
        found = Article.objects.select_for_update(of=("self",), no_key=True).get(pk=article.pk, project=by.project)
        if Withholding.objects.filter(article=found).exists():
            raise Refused("withheld_already", _("This article is withheld already."))
        _check(demand, found.title, by)
        reach = reach_of_article(found)
        of_it = Q(source__in=_sources_of(found))
        addresses = frozenset(EvidenceItem.objects.filter(of_it).values_list("url", flat=True)) - {""}
        counts = _take_out(by.project, reach, demand, quoted=_quotes_on(reach.versions), addresses=addresses)
        counts["evidence"] += take_evidence_out(of_it)["evidence"]
        counts["skipped"] = _skip_open_work(found)
        forget_what_came_along([found.pk])
        count_places([found.pk])
        return _write(by, demand, counts, request, verb="article.withheld", key=found.uuid, article=found)

    require(by, Act.WITHHOLD)
    return carry_out_once(by, request, act, lambda: Withholding.objects.filter(article=article).first())


def withhold_capture(
    capture: Capture, demand: Demand, *, by: Membership, request: Request | None = None
) -> Withholding:
    """Take the words and the file of one capture away, for ever; its source's title is typed. Raises as above."""

    def act() -> Withholding:
        _lock(by.project)
        rows = Capture.objects.select_for_update(of=("self",), no_key=True).select_related("source")
        found = rows.get(pk=capture.pk, project=by.project)
        if found.withheld_at is not None:
            raise Refused("withheld_already", _("This capture is withheld already."))
        _check(demand, title_of_capture(found), by)
        counts = _take_out(by.project, reach_of_capture(found), demand)
        return _write(by, demand, counts, request, verb="capture.withheld", key=found.uuid, capture=found)

    require(by, Act.WITHHOLD)
    return carry_out_once(by, request, act, lambda: Withholding.objects.filter(capture=capture).first())


def title_of_capture(capture: Capture) -> str:
    """Return what is typed to withhold a capture: the source's title, else its address."""
    return capture.source.title or capture.source.url


def withholding_of(article: Article) -> Withholding | None:
    """Return on whose demand an article is withheld, and why, for who may withhold; 1 query."""
    return Withholding.objects.select_related("made_by").filter(article=article).first()


# What it reaches


def _sources_of(article: Article) -> list[int]:
    if not article.url_sha256:
        return []
    rows = Source.objects.filter(project_id=article.project_id, url_sha256=article.url_sha256)
    return list(rows.values_list("pk", flat=True))


def _captures_of(article: Article) -> QuerySet[Capture]:
    """Return the captures that hold the article: of its address, or with its very text or file."""
    texts = article.versions.all()
    same = Q(source__in=_sources_of(article)) | Q(text_sha256__in=list(texts.values_list("text_sha256", flat=True)))
    files = list(texts.filter(raw_file__isnull=False).values_list("raw_file", flat=True))
    same |= Q(raw_file__in=[pk for pk in files if not _holds_others(pk, list(texts.values_list("pk", flat=True)), [])])
    return Capture.objects.filter(same, project_id=article.project_id)


def _reach(project_id: int, versions: list[int], captures: list[int]) -> Reach:
    named = Q(versions__in=versions) | Q(captures__in=captures)
    files = list(RawFile.objects.filter(named, project_id=project_id).distinct().order_by("pk"))
    kept = [each for each in files if _holds_others(each.pk, versions, captures)]
    removable = [each for each in files if each not in kept]
    removable += _sent_again(project_id, versions, captures)
    results = _results(project_id).count()
    return Reach(versions, captures, removable, kept, results, _with_same_text(project_id, versions, captures))


def _with_same_text(project_id: int, versions: Sequence[int], captures: Sequence[int]) -> list[Article]:
    """Return the articles that hold one of these very texts under another id, and have words yet; 3 queries."""
    hashes = {*ArticleVersion.objects.filter(pk__in=versions).values_list("text_sha256", flat=True)}
    hashes |= {*Capture.objects.filter(pk__in=captures).values_list("text_sha256", flat=True)}
    equal = ArticleVersion.objects.filter(
        article__project=project_id, text_sha256__in=list(hashes), withheld_at__isnull=True
    ).exclude(pk__in=versions)
    rows = Article.objects.select_related("project").filter(pk__in=equal.values("article"))
    return list(rows.order_by("title", "pk"))


def _holds_others(raw_file: int, versions: Sequence[int], captures: Sequence[int]) -> bool:
    """Tell whether a stored file holds what is not to be withheld."""
    texts = ArticleVersion.objects.filter(raw_file=raw_file, withheld_at__isnull=True).exclude(pk__in=versions)
    pages = Capture.objects.filter(raw_file=raw_file, withheld_at__isnull=True).exclude(pk__in=captures)
    return texts.exists() or pages.exists()


def _sent_again(project_id: int, versions: Sequence[int], captures: Sequence[int]) -> list[RawFile]:
    """Return stored files that nothing was read from and that hold the words: sent a second time, or only tried."""
    rows = RawFile.objects.filter(project_id=project_id, versions__isnull=True, captures__isnull=True).order_by("pk")
    probes = _probes(versions, captures)
    return [each for each in rows if _holds(each, probes)] if probes else []


def _probes(versions: Sequence[int], captures: Sequence[int]) -> list[bytes]:
    """Return words by which each text is known in a file: its longest line, as UTF-8 and as JSON may write it."""
    found = []
    for model, ids in ((ArticleVersion, versions), (Capture, captures)):
        for text in model.objects.filter(pk__in=ids).exclude(text="").values_list("text", flat=True):
            words = max(text.splitlines(), key=len, default="")[:60].strip()
            if len(words) >= SHORTEST:
                found += [words.encode(), words.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00")]
    return found


def _holds(stored: RawFile, probes: Sequence[bytes]) -> bool:
    longest = max(map(len, probes))
    try:
        with stored.file.open("rb") as stream:
            before = b""
            while block := stream.read(1 << 20):
                if any(probe in before + block for probe in probes):
                    return True
                before = block[-longest:]
    except FileNotFoundError:
        pass
    return False


def _results(project_id: int) -> QuerySet[Job]:
    """Return the jobs whose files may hold words of the project: exports, and what members took of their own."""
    people = User.objects.filter(memberships__project=project_id).values_list("uuid", flat=True)
    own = Q(kind=Job.Kind.OWN_DATA, parameters__user__in=[str(uuid) for uuid in people])
    return Job.objects.filter(Q(kind=Job.Kind.EXPORT, project_id=project_id) | own).exclude(result="")


# What it does


def _lock(project: Project) -> None:
    """Let nobody else withhold, and no export end, in this moment. Raises `Refused` while a job has texts in hand."""
    Project.objects.select_for_update().get(pk=project.pk)
    busy = Job.objects.filter(project=project, kind__in=HOLDING).exclude(state__in=Job.ENDED)
    if busy.exists():
        message = _("An import or export is running that may hold these words. Wait for its end, or cancel it first.")
        raise Refused("job_running", message)


def _check(demand: Demand, title: str, by: Membership) -> None:
    if " ".join(demand.title.split()) != " ".join(title.split()):
        message = _("This is not the title. Type it as it stands above: what is withheld cannot be brought back.")
        raise Refused("title_differs", message, field="title")
    for name, value, most in (
        ("demanded_by", demand.demanded_by, MOST_DEMANDED_BY),
        ("reason", demand.reason, MOST_REASON),
    ):
        if not value.strip():
            raise Refused("reason_missing", _("Say who demands it, and why."), field=name)
        if len(value) > most:
            message = _("At most %(most)s characters are kept; this has %(n)s.")
            raise Refused("too_long", message % {"most": most, "n": len(value)}, field=name)


def _take_out(
    project: Project,
    reach: Reach,
    demand: Demand,
    *,
    quoted: Iterable[str] = (),
    addresses: frozenset[str] = frozenset(),
) -> dict[str, int]:
    """Take the words out of every table, and let go of the files that hold them; return how many rows lost words."""
    texts = words_of(reach.versions, reach.captures)
    messages = _empty_problems(project, texts, _jobs_that_read(reach)) + _empty_replies(project, texts)
    guidelines = _empty_examples(project, quoted)
    counts = take_words_out(reach.versions, reach.captures, at=timezone.now())
    editions = _empty_editions(project, addresses)
    forget_texts(reach.versions)
    take_out([*reach.versions, *(-pk for pk in reach.captures)])
    _forget_index_words()
    deleted = reach.removable + (reach.shared if demand.deletes_files else [])
    for stored in deleted:
        _remove(stored)
    results = _expire_results(project)
    for job in Job.objects.filter(project=project).exclude(spool=""):
        forget_spool(job)
    return counts | {
        "editions": editions,
        "problems": messages,
        "guidelines": guidelines,
        "files": len(deleted),
        "files_kept": len(reach.removable) + len(reach.shared) - len(deleted),
        "results": results,
    }


def _quotes_on(versions: Sequence[int]) -> list[str]:
    """Return the words, or what the annotations quote, whose questions became examples of the guidelines."""
    rows = CommentThread.objects.filter(version__in=versions, announced_in__isnull=False)
    quotes = rows.values_list("quote", "annotation__quote")
    return [words for quote, of_annotation in quotes if (words := quote or of_annotation)]


def _empty_examples(project: Project, quoted: Iterable[str]) -> int:
    """Take quoted lines out of guidelines, and of what was announced; return how many wordings changed."""
    lines = {line for quote in quoted for line in quote.splitlines() if len(line.strip()) >= SHORTEST}
    changed = 0
    for version in GuidelinesVersion.objects.filter(project=project) if lines else ():
        before = version.text, version.announcement
        for line in sorted(lines, key=len, reverse=True):
            version.text = version.text.replace(line, GONE)
            version.announcement = version.announcement.replace(line, GONE)
        if before != (version.text, version.announcement):
            version.save(update_fields=["text", "announcement"])
            changed += 1
    return changed


def _jobs_that_read(reach: Reach) -> set[int]:
    """Return the jobs that wrote the texts, or read the files that they came from."""
    files = [each.pk for each in (*reach.removable, *reach.shared)]
    found = set(JobFile.objects.filter(raw_file__in=files).values_list("job", flat=True))
    for rows in (ArticleVersion.objects.filter(pk__in=reach.versions), Capture.objects.filter(pk__in=reach.captures)):
        found |= set(rows.filter(created_by_job__isnull=False).values_list("created_by_job", flat=True))
    return found


def _empty_problems(project: Project, texts: Sequence[str], readers: set[int]) -> int:
    """Take words of the texts out of what jobs reported; return how many rows changed.

    Of what was wrong with quotes in files that held the text, the value is taken out whole: it resembles the text.
    """
    changed = []
    rows = JobProblem.objects.filter(job__project=project).only("pk", "job_id", "field", "value", "message")
    for row in rows.iterator(chunk_size=1_000):
        is_of_its_file = row.job_id in readers and row.field.rpartition(".")[2] in _QUOTING_FIELDS
        value_is_of_it = bool(row.value) and (is_of_its_file or stands_in(row.value, texts))
        told = [words for words in _QUOTED.findall(row.message) if stands_in(words, texts)]
        if value_is_of_it or told:
            row.value = "" if value_is_of_it else row.value
            for words in told:
                row.message = row.message.replace(words, GONE)
            changed.append(row)
    JobProblem.objects.bulk_update(changed, ["value", "message"], batch_size=500)
    return len(changed)


def _empty_replies(project: Project, texts: Sequence[str]) -> int:
    """Take words of the texts out of what acts keep: replies, for repeated requests, and what people quoted."""
    with_words = Q()
    for beginning in _IN_ACTS:
        with_words |= Q(event__verb__startswith=beginning)
    changed = []
    rows = AuditText.objects.select_for_update(of=("self",)).filter(HOLDS_WORDS, event__project=project)
    for row in rows.filter(with_words).iterator(chunk_size=200):
        values = _without_words(row.values, texts)
        if values != row.values:
            changed.append((row, values))
    return replace_personal(changed)


def _without_words(value: Any, texts: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without_words(each, texts) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_words(each, texts) for each in value]
    if not isinstance(value, str):
        return value
    if stands_in(value, texts):
        return GONE
    for words in _QUOTED.findall(value):
        value = value.replace(words, GONE) if stands_in(words, texts) else value
    return value


def _empty_editions(project: Project, addresses: frozenset[str]) -> int:
    """Take words out of what readers are shown, in every edition; return how many changed."""
    changed = []
    for edition in Edition.objects.filter(project=project).only("pk", "contents").iterator(chunk_size=200):
        (contents,) = without_withheld([edition.contents], addresses)
        if contents != edition.contents:
            edition.contents = contents
            changed.append(edition)
    Edition.objects.bulk_update(changed, ["contents"], batch_size=100)
    return len(changed)


def _forget_index_words() -> None:
    """Have SQLite take deleted words out of its index too, which else keeps them until it is next merged."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {SQLITE_WORDS} ({SQLITE_WORDS}) VALUES ('optimize')")  # noqa: S608 -- own name


def _remove(stored: RawFile) -> None:
    """Let go of a stored file, wherever it is named; it is deleted when the transaction is committed."""
    ArticleVersion.objects.filter(raw_file=stored).update(raw_file=None)
    Capture.objects.filter(raw_file=stored).update(raw_file=None)
    JobFile.objects.filter(raw_file=stored).delete()
    WaitingFile.objects.filter(raw_file=stored).delete()
    stored.delete()
    transaction.on_commit(partial(default_storage.delete, str(stored.file.name)))


def _expire_results(project: Project) -> int:
    rows = list(_results(project.pk).values_list("pk", "result"))
    Job.objects.filter(pk__in=[pk for pk, _name in rows]).update(result="", expires_at=timezone.now())
    for _pk, name in rows:
        transaction.on_commit(partial(default_storage.delete, name))
    return len(rows)


def _skip_open_work(article: Article) -> int:
    """End what is open on an article that cannot be read any more."""
    rows = Assignment.objects.filter(version__article=article, state__in=Assignment.WRITABLE)
    return rows.update(state=Assignment.State.SKIPPED, state_number=F("state_number") + 1)


def _write(
    by: Membership,
    demand: Demand,
    counts: dict[str, int],
    request: Request | None,
    *,
    verb: str,
    key: Any,
    **what: Any,
) -> Withholding:
    made = Withholding.objects.create(
        project_id=by.project_id,
        demanded_by=demand.demanded_by.strip(),
        reason=demand.reason.strip(),
        made_by=by,
        counts=counts,
        **what,
    )
    said = {"demanded_by": made.demanded_by, "reason": made.reason}
    record(by, verb, verb.partition(".")[0], key, after=counts, text=said, request=request)
    return made
