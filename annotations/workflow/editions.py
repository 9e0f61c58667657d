"""What readers are told of a claim: gathered once, when somebody publishes it, and kept as an edition of its page.

Nothing of it names who worked on it. Passages are quoted to a length that is stated; articles are never shown whole.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import visible_to
from annotations.errors import Refused
from annotations.models import (
    ArticleVersion,
    Capture,
    Claim,
    ClaimMention,
    Edition,
    EvidenceItem,
    Membership,
    Project,
    Publication,
    Source,
    Verdict,
)

from .acts import Request, record
from .evidence import count_independent, without_settled

MAX_PASSAGE = 500
"""Longest passage that a public page quotes, in characters."""
MOST_APPEARANCES = 200
MAX_NOTE = 10_000
CUT = " […]"
SIGNED = (Source.Medium.PRINT, Source.Medium.BOOK, Source.Medium.DOCUMENT)
"""Media whose author is told: a work is found by it. Who says something in a conversation may not want to be named."""
Contents = dict[str, Any]
Kind = Edition.Kind
VERBS: dict[str, str] = {
    Kind.PUBLISHED: "page.published",
    Kind.CORRECTED: "page.corrected",
    Kind.WITHDRAWN: "page.withdrawn",
    Kind.RESTORED: "page.restored",
}


def page_of(claim: Claim) -> Publication | None:
    """Return a claim's page for readers, withdrawn or not; 1 query."""
    return Publication.objects.filter(claim=claim).first()


def stands(claim: Claim) -> bool:
    """Tell whether readers find the claim at its address; 1 query."""
    return Publication.objects.filter(claim=claim, state=Publication.State.STANDS).exists()


def write_edition(
    claim: Claim, verdict: Verdict, by: Membership, *, note: str = "", request: Request | None = None
) -> Edition | None:
    """Publish what is known of a claim now, in the caller's transaction, which holds the claim.

    Where a page stands this is a correction, which says why: by `note`, or by the note of the new verdict. None where
    readers would read the same as before. Raises `Refused`.
    """
    page, contents = page_of(claim), contents_of(claim, verdict, by)
    if page is None:
        page = Publication(project_id=by.project_id, claim=claim, edition=0)
        return _write(page, Kind.PUBLISHED, "", contents, by, request)
    if page.state == Publication.State.WITHDRAWN:
        return _write(page, Kind.RESTORED, check_note(note, may_be_empty=True), contents, by, request)
    before = Edition.objects.get(publication=page, n=page.edition)
    if _without_times(before.contents) == _without_times(contents):
        return None
    is_new_verdict = before.contents["verdict"]["key"] != contents["verdict"]["key"]
    reasons = [note.strip(), *(_notes_since(verdict, before) if is_new_verdict else ())]
    return _write(page, Kind.CORRECTED, check_note("\n\n".join(filter(None, reasons))), contents, by, request)


def write_withdrawal(page: Publication, note: str, by: Membership, *, request: Request | None = None) -> Edition:
    """Take what a page says from its readers, in the caller's transaction; its address says why."""
    return _write(page, Kind.WITHDRAWN, check_note(note), {}, by, request)


def check_note(note: str, *, may_be_empty: bool = False) -> str:
    """Return what readers are told of a change. Raises `Refused`."""
    if not note.strip() and not may_be_empty:
        raise Refused("note_empty", _("Say to readers what was changed, and why."), field="note")
    if len(note) > MAX_NOTE:
        message = _("At most %(most)s characters are kept here; you sent %(found)s.")
        raise Refused("note_too_long", message % {"most": MAX_NOTE, "found": len(note)}, field="note")
    return note.strip()


def _write(
    page: Publication, kind: Kind, note: str, contents: Contents, by: Membership, request: Request | None
) -> Edition:
    page.edition += 1
    page.state = Publication.State.WITHDRAWN if kind == Kind.WITHDRAWN else Publication.State.STANDS
    page.changed_at = timezone.now()
    page.save()
    edition = Edition.objects.create(
        project_id=by.project_id,
        publication=page,
        n=page.edition,
        kind=kind,
        note=note,
        contents=contents,
        created_by=by,
        created_at=page.changed_at,
    )
    after = {"edition": page.edition}
    record(
        by, VERBS[kind], "claim", page.claim.key, after=after, text={"note": note} if note else None, request=request
    )
    return edition


def _without_times(contents: Contents) -> Contents:
    return {name: value for name, value in contents.items() if name != "gathered_at"}


def _notes_since(verdict: Verdict, before: Edition) -> list[str]:
    """Return what is said to readers by the verdicts since the one they know, the oldest first."""
    notes: list[str] = []
    known = before.contents["verdict"]["key"]
    each: Verdict | None = verdict
    while each is not None and str(each.key) != known:
        notes.insert(0, each.correction_note.strip())
        each = each.supersedes
    return [note for note in notes if note]


# What is told


def contents_of(claim: Claim, verdict: Verdict, by: Membership) -> Contents:
    """Gather what readers are told of a claim: words, verdict, what it rests on, where it was met; 8 queries.

    What the verdict rests on is told even where it is evidence of a claim that was merged into this one and parted
    again.
    """
    claims = [claim.pk, *visible_to(by, Claim.objects.filter(desk__merged_into=claim.key)).values_list("pk", flat=True)]
    cited = dict(verdict.evidence_sets.values_list("pk", "claim_id"))
    items = _items(claims, set(cited), by)
    numbers = numbers_of(claims + sorted(set(cited.values()) - set(claims)), by)
    captures = _newest_captures(items, by)
    sets: dict[int, list[EvidenceItem]] = {}
    for item in items:
        sets.setdefault(item.evidence_set_id, []).append(item)
    grounds = [rows for pk, rows in sets.items() if pk in cited]
    others = [row for pk, rows in sets.items() if pk not in cited for row in rows]
    flat = [row for rows in grounds for row in rows]
    return {
        "gathered_at": timezone.now().isoformat(),
        "language": by.project.language,
        "claim": {
            "key": str(claim.key),
            "text": claim.text,
            "claimant": claim.claimant,
            "date": _day(claim.claim_date),
        },
        "verdict": _verdict(verdict),
        "grounds": [[_told(row, numbers, captures) for row in rows] for rows in grounds],
        "others": [_told(row, numbers, captures) for row in others],
        "n_cited": len(flat),
        "n_independent": count_independent(flat),
        "appearances": _appearances(claims, by),
    }


def numbers_of(claims: list[int], by: Membership) -> dict[int, int | str]:
    """Number the evidence on claims, so that a rationale can cite it: in the order in which it came, for good; 1 query.

    What was withdrawn keeps its number. Evidence of other claims than the first is called by the number that it has on
    its own claim, and by the end of that claim's key: so it is called the same whatever is merged and parted later.
    """
    rows = visible_to(by, EvidenceItem.objects.filter(evidence_set__claim__in=claims)).order_by("pk")
    numbers: dict[int, int | str] = {}
    counted: Counter[int] = Counter()
    for pk, claim, key in rows.values_list("pk", "evidence_set__claim_id", "evidence_set__claim__key"):
        counted[claim] += 1
        numbers[pk] = counted[claim] if claim == claims[0] else f"{key.hex[-4:]}-{counted[claim]}"
    return numbers


def without_withheld(contents: list[Contents], addresses: frozenset[str] = frozenset()) -> list[Contents]:
    """Return what editions say as it may be shown now: without words of texts that are withheld since; 2 queries.

    Nor is shown what is quoted of pages at these addresses.
    """
    named = {UUID(row["text"]) for each in contents for row in _rows(each) if row.get("text")}
    if not named and not addresses:
        return contents
    texts = (model.objects.filter(uuid__in=named, withheld_at__isnull=False) for model in (ArticleVersion, Capture))
    withheld = {str(uuid) for rows in texts for uuid in rows.values_list("uuid", flat=True)}
    hidden = withheld | addresses
    return [_without(each, hidden) for each in contents] if hidden else contents


def _rows(contents: Contents) -> list[dict[str, Any]]:
    grounds = [row for rows in contents.get("grounds", ()) for row in rows]
    return [*grounds, *contents.get("others", ()), *contents.get("appearances", ())]


def _without(contents: Contents, hidden: set[str] | frozenset[str]) -> Contents:
    def shown(row: dict[str, Any]) -> dict[str, Any]:
        is_hidden = row.get("text") in hidden or (row.get("url") in hidden and row.get("quote"))
        return {**row, "quote": "", "is_withheld": True} if is_hidden else row

    return {
        **contents,
        "grounds": [[shown(row) for row in rows] for rows in contents.get("grounds", ())],
        **{name: [shown(row) for row in contents.get(name, ())] for name in ("others", "appearances")},
    }


def newsroom_of(project: Project) -> str:
    """Return the name under which a project publishes."""
    return project.published_as or project.name


def cut(words: str) -> str:
    """Return a passage as it is shown to readers: whole, or its beginning.

    >>> cut("a" * 400 + " " + "b" * 400)[-6:]
    'aa […]'
    """
    if len(words) <= MAX_PASSAGE:
        return words
    head = words[: MAX_PASSAGE - len(CUT)]
    return (head.rpartition(" ")[0] or head) + CUT


def _items(claims: list[int], cited: set[int], by: Membership) -> list[EvidenceItem]:
    """Return what stands of the evidence on claims, the first one's first, and of the sets a verdict rests on."""
    about = Q(evidence_set__claim__in=claims) | Q(evidence_set__in=cited)
    rows = without_settled(EvidenceItem.objects.filter(about, withdrawn_at__isnull=True), claims[0], cited)
    rows = rows.select_related("evidence_set", "source__publisher", "capture", "version__article__publisher")
    rows = rows.defer("version__text", "version__article__metadata", "capture__text")
    found = visible_to(by, rows).order_by("evidence_set__claim_id", "evidence_set__n", "pk")
    return sorted(found, key=lambda item: item.evidence_set.claim_id != claims[0])


def _verdict(verdict: Verdict) -> dict[str, Any]:
    value = verdict.value
    ratings = [rating for rating in value.scale.values.values_list("rating", flat=True) if rating is not None]
    has_rating = value.rating is not None and len(set(ratings)) > 1
    return {
        "key": str(verdict.key),
        "name": value.name,
        "description": value.description,
        "rating": value.rating if has_rating else None,
        "best": max(ratings) if has_rating else None,
        "worst": min(ratings) if has_rating else None,
        "rationale": verdict.rationale,
    }


def _told(item: EvidenceItem, numbers: dict[int, int | str], captures: dict[int, Capture]) -> dict[str, Any]:
    """Tell one piece of evidence. Notes are for colleagues: readers are shown what it says, not what was thought."""
    article = item.version.article if item.version else None
    publisher = article.publisher if article else item.source.publisher if item.source else None
    source_title = item.source.title if item.source else ""
    dated = article or (item.source if item.source and not item.source.url else None)
    told: dict[str, Any] = {
        "n": numbers[item.pk],
        "kind": "passage" if article else "source" if item.source else "enquiry",
        "stance": item.stance,
        "strength": item.strength,
        "title": item.title or (article.title if article else source_title),
        "url": article.url if article else item.url,
        "publisher": publisher.name if publisher else "",
        "date": _moment(dated.published_at, dated.published_precision) if dated else None,
        "medium": item.source.medium if item.source and not item.source.url else "",
        "author": item.source.author if item.source and item.source.medium in SIGNED else "",
        "quote": cut(item.quote),
        "origin": item.origin,
        "question": item.question,
        "asked_whom": item.asked_whom,
        "asked_on": _day(item.asked_on),
        "answer_by": _day(item.answer_by),
        "answered_on": _day(item.answered_on),
        "text": _text_of(item),
        "capture": _capture(item.capture or captures.get(item.source_id or 0)),
    }
    return {name: value for name, value in told.items() if value not in ("", None)}


def _text_of(item: EvidenceItem) -> str | None:
    """Name the text that is quoted, so that its words are not shown once it is withheld."""
    text = item.version or item.capture
    return str(text.uuid) if text else None


def _newest_captures(items: list[EvidenceItem], by: Membership) -> dict[int, Capture]:
    """Return the newest capture of each source that is cited, by the source's id; 1 query."""
    sources = {item.source_id for item in items if item.source_id}
    rows = visible_to(by, Capture.objects.filter(source__in=sources, withheld_at__isnull=True)).defer("text")
    return {row.source_id: row for row in rows.order_by("source_id", "fetched_at", "pk")} if sources else {}


def _capture(capture: Capture | None) -> dict[str, Any] | None:
    """Tell of a capture when it was fetched, its hash, and where it is archived."""
    if capture is None:
        return None
    return {
        "fetched_at": capture.fetched_at.isoformat(),
        "sha256": bytes(capture.sha256).hex(),
        "archive_url": capture.archive_url,
    }


def _appearances(claims: list[int], by: Membership) -> list[dict[str, Any]]:
    """Tell in which articles the claim was met, each once, the oldest first."""
    rows = ClaimMention.objects.filter(claim__in=claims, withdrawn_at__isnull=True)
    rows = rows.filter(annotation__withdrawn_at__isnull=True, annotation__version__withheld_at__isnull=True)
    rows = rows.select_related("annotation__version__article__publisher")
    rows = rows.defer("annotation__version__text", "annotation__version__article__metadata")
    found: dict[int, dict[str, Any]] = {}
    for mention in visible_to(by, rows).order_by("pk")[: MOST_APPEARANCES * 5]:
        version = mention.annotation.version
        article = version.article
        told = {
            "title": article.title,
            "url": article.url,
            "publisher": article.publisher.name if article.publisher else "",
            "date": _moment(article.published_at, article.published_precision),
            "stance": mention.stance,
            "quote": cut(mention.annotation.quote),
            "text": str(version.uuid),
        }
        found.setdefault(article.pk, {name: value for name, value in told.items() if value not in ("", None)})
    listed = sorted(found.values(), key=lambda row: (row.get("date", "9"), row["title"]))
    return listed[:MOST_APPEARANCES]


def _moment(at: Any, precision: str) -> str | None:
    if at is None:
        return None
    return str(at.date().isoformat() if precision == "day" else at.isoformat())


def _day(day: Any) -> str | None:
    return day.isoformat() if day is not None else None
