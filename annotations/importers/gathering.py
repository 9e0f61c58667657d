"""Sources, claims, mentions and evidence of a native file; they come after the articles they refer to.

Annotations that come apart from their articles are handed to `attaching.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from annotations.models import (
    Annotation,
    Claim,
    ClaimDesk,
    ClaimMention,
    ClaimRevision,
    EvidenceItem,
    EvidenceRevision,
    EvidenceSet,
    Judgement,
    MentionRevision,
    Revision,
    Source,
    Verdict,
)
from annotations.text.urls import BadUrl, canonical_url, check_source_url, is_name_of_its_own, url_sha256
from annotations.workflow.claiming import MAX_TEXT
from annotations.workflow.differing import note_claims_changed
from annotations.workflow.evidence import MAX_QUOTE, MAX_TITLE, MOST_SETS
from annotations.workflow.judging import CLAIM_DETAILS, EVIDENCE_DETAILS

from . import attaching, checking, stories_in_file
from .captured import Named, captures_known, facts_of_source, named, people_in, words_of, write_captured
from .checking import BadValue
from .citing import KIND as CITATION
from .citing import write_citations
from .context import ANNOTATOR_UNNAMED, PSEUDONYM_LENGTH, Context, ignores_conflicts
from .earlier_states import State, claim_details, day, evidence_details, read_states, write_states
from .passages_in_file import Passage, Passages, look_up, write_passages, write_shared
from .placing import name_of_annotator
from .publishers import publishers_named
from .quotations_in_file import write_quotations
from .records import ImportedRecord, Problem
from .referring import link_articles
from .settled_in_file import write_rulings_on_claims
from .speech_in_file import write_attributions, write_speakers
from .talk_in_file import write_claim_threads
from .tally import Tally
from .verdicts import gather_verdict, write_verdicts
from .wording_in_file import write_boilerplate, write_spellings


@dataclass
class Gathered:
    """What the claims of one chunk bring, checked, by key; a key met twice counts once.

    `states` are the earlier states of claims, mentions and evidence.
    """

    claims: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    sets: set[tuple[UUID, int]] = field(default_factory=set)
    mentions: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    items: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    verdicts: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    desks: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    threads: dict[UUID, tuple[ImportedRecord, list[dict[str, Any]]]] = field(default_factory=dict)
    states: dict[UUID, list[State]] = field(default_factory=dict)

    def people(self) -> set[str]:
        """Return everybody whose work this is, and who changed it."""
        groups = (self.claims, self.mentions, self.items, self.verdicts)
        owners = {values["annotator"] for group in groups for values in group.values()}
        at_desks = {desk[name] for desk in self.desks.values() for name in ("assignee", "changed_by") if desk[name]}
        return owners | at_desks | {state.replaced_by for states in self.states.values() for state in states}


def load_records(records: Sequence[ImportedRecord], context: Context, tally: Tally) -> None:
    """Write a chunk of what follows the articles; halved like articles where the database refuses one."""
    trial = Tally()
    try:
        with transaction.atomic():
            _load(records, context, trial)
    except (DataError, IntegrityError) as error:
        context.forget_people()
        if len(records) > 1:
            middle = len(records) // 2
            load_records(records[:middle], context, tally)
            load_records(records[middle:], context, tally)
            return
        message = _("The database refuses this record: %(reason)s")
        reason = str(error).partition("\n")[0][:200]
        tally.leave_out(records[0].kind, _problem(records[0], "", "", message % {"reason": reason}))
        return
    tally.add(trial)


def _load(records: Iterable[ImportedRecord], context: Context, tally: Tally) -> None:
    sources: dict[bytes, dict[str, Any]] = {}
    gathered = Gathered()
    references: list[ImportedRecord] = []
    apart: list[ImportedRecord] = []
    stories: list[ImportedRecord] = []
    last: dict[str, list[ImportedRecord]] = {kind: [] for kind in _LAST}
    for record in records:
        try:
            if record.kind == "source":
                _gather_source(record.data, sources)
            elif record.kind == "claim":
                _gather_claim(record, gathered, context, tally)
            elif record.kind == "reference":
                references.append(record)
            elif record.kind in last:
                last[record.kind].append(record)
            elif record.kind in attaching.KINDS:
                apart.append(record)
            elif record.kind in stories_in_file.KINDS:
                stories.append(record)
            else:
                message = _(
                    "Lines of this type are not read here. Known: corpus, article, source, claim, story, ruling."
                )
                raise BadValue("type", record.kind, message)
        except BadValue as bad:
            tally.leave_out(record.kind[:40], _problem(record, bad.field, bad.value, bad.message))
    _leave_nameless(gathered, sources, context, tally)
    for item in gathered.items.values():
        if item["url"]:
            sources.setdefault(item["sha256"], {"url": item["url"], "canonical_url": item["canonical_url"]})
    for state in _with_address(gathered):
        address = _address(state.values)
        sources.setdefault(address["sha256"], {"url": address["url"], "canonical_url": address["canonical_url"]})
    source_ids = _write_sources(sources, context, tally)
    context.meet(people_in(sources.values()))
    write_captured({source_ids[sha256]: values for sha256, values in sources.items()}, context, tally)
    for state in _with_address(gathered):
        state.values["source_id"] = source_ids[_address(state.values)["sha256"]]
    source_ids |= _nameless(gathered, context)
    for key, item in gathered.items.items():
        for state in gathered.states.get(key, ()) if item["sha256"] and not item["url"] else ():
            state.values["source_id"] = source_ids[item["sha256"]]
    attaching.attach(apart, context, tally)  # first: mentions of claims may point to these annotations
    _write(gathered, source_ids, context, tally)
    stories_in_file.write_stories(stories, context, tally)
    link_articles(references, context, tally)
    for kind, write in _LAST.items():
        write(last[kind], context, tally)


_LAST: dict[str, Callable[[Sequence[ImportedRecord], Context, Tally], None]] = {
    CITATION: write_citations,
    "ruling": write_rulings_on_claims,
    "passage": write_passages,
    "speaker": write_speakers,
    "attribution": write_attributions,
    "shared_passage": write_shared,
    "quotation": write_quotations,
    "spelling": write_spellings,
    "boilerplate": write_boilerplate,
}
"""What comes last, as it names all that comes before; of the passages, the first are those that other tools found."""


def _with_address(gathered: Gathered) -> Iterator[State]:
    """Yield the earlier states of evidence that cited a source."""
    return (state for states in gathered.states.values() for state in states if state.values.get("url"))


def _nameless(gathered: Gathered, context: Context) -> dict[bytes, int]:
    """Return the ids of sources without an address that evidence names; 1 query where there is any."""
    digests = [item["sha256"] for item in gathered.items.values() if item["sha256"] and not item["url"]]
    rows = Source.objects.filter(project=context.project, url_sha256__in=digests)
    return {bytes(sha256): pk for sha256, pk in rows.values_list("url_sha256", "pk")} if digests else {}


def _leave_nameless(gathered: Gathered, sources: dict[bytes, dict[str, Any]], context: Context, tally: Tally) -> None:
    """Leave out evidence that names a source without an address which is not here: nobody could say what it is."""
    known = _nameless(gathered, context).keys() | sources.keys()
    for key, item in list(gathered.items.items()):
        if item["sha256"] and not item["url"] and item["sha256"] not in known:
            del gathered.items[key]
            message = _("The source without an address that is named here is not in the file. Import it too.")
            tally.leave_out("evidence", _problem(item["record"], "evidence.url", item["canonical_url"], message))


def _problem(record: ImportedRecord, name: str, value: str, message: str) -> Problem:
    return Problem(record.file, record.line, name, value, message, is_rejection=False)


# Sources


def _gather_source(data: dict[str, Any], sources: dict[bytes, dict[str, Any]]) -> None:
    address = _address(data)
    if not address["url"] and not checking.text(data, "title", most=MAX_TITLE, default="").strip():
        raise BadValue("title", "", _("A source without an address needs a title."))
    sources[address.pop("sha256")] = {
        **address,
        "title": checking.text(data, "title", most=MAX_TITLE, default=""),
        "publisher": checking.text(data, "publisher", most=200, default=""),
        **facts_of_source(data),
    }


def _address(data: dict[str, Any]) -> dict[str, Any]:
    given = checking.text(data, "url", most=10_000)
    if is_name_of_its_own(given):
        return {"url": "", "canonical_url": given, "sha256": url_sha256(given)}
    try:
        url = check_source_url(given)
    except BadUrl as error:
        raise BadValue("url", given, error.message) from None
    canonical = canonical_url(url)
    return {"url": url, "canonical_url": canonical, "sha256": url_sha256(canonical)}


def _write_sources(sources: dict[bytes, dict[str, Any]], context: Context, tally: Tally) -> dict[bytes, int]:
    """Find or make sources by canonical address; a title that was open is filled in; at most 8 queries."""
    if not sources:
        return {}
    rows = Source.objects.filter(project=context.project, url_sha256__in=list(sources))
    known = {bytes(sha256): title for sha256, title in rows.values_list("url_sha256", "title")}
    publishers = publishers_named({each["publisher"] for each in sources.values() if each.get("publisher")}, context)
    new = sources.keys() - known.keys()
    Source.objects.bulk_create(
        [_source_row(sha256, sources[sha256], publishers, context) for sha256 in sorted(new)],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
    tally.others["sources_created"] += len(new)
    untitled = [row for row in rows.filter(title="") if sources[bytes(row.url_sha256)].get("title")]
    for row in untitled:
        row.title = sources[bytes(row.url_sha256)]["title"]
    Source.objects.bulk_update(untitled, ["title"], batch_size=500)
    unsigned = [row for row in rows.filter(author="") if sources[bytes(row.url_sha256)].get("author")]
    for row in unsigned:
        row.author = sources[bytes(row.url_sha256)]["author"]
    Source.objects.bulk_update(unsigned, ["author"], batch_size=500)
    return {bytes(sha256): pk for sha256, pk in rows.values_list("url_sha256", "pk")}


def _source_row(sha256: bytes, values: dict[str, Any], publishers: dict[str, int], context: Context) -> Source:
    return Source(
        project=context.project,
        url_sha256=sha256,
        url=values["url"],
        canonical_url=values["canonical_url"],
        title=values.get("title", ""),
        publisher_id=publishers.get(values.get("publisher", "")),
        author=values.get("author", ""),
        published_at=values.get("published_at"),
        published_precision=values.get("published_precision", "second"),
        medium=values.get("medium", ""),
        version_number=values.get("version_number", 1),
        created_by_job_id=context.job.pk,
        created_at=context.now,
    )


# Claims


def _gather_claim(record: ImportedRecord, gathered: Gathered, context: Context, tally: Tally) -> None:
    data = record.data
    key = checking.key(data, "key")
    text = checking.text(data, "text", most=MAX_TEXT)
    if not text.strip():
        raise BadValue("text", text, _("A claim needs a text."))
    claimant = checking.text(data, "claimant", most=300, default="")
    gathered.claims[key] = {
        **_judgement(data, context),
        "text": text,
        "claimant": claimant,
        "claim_date": day(data, "claim_date"),
        **claim_details(data),
        "metadata": checking.carried(data, "metadata"),
    }
    gathered.sets.add((key, 1))
    if data.get("threads"):
        gathered.threads[key] = record, checking.listed(data, "threads")
    if data.get("desk"):
        try:
            gathered.desks[key] = _desk(checking.carried(data, "desk"), context)
        except BadValue as bad:
            tally.leave_out("desks", _problem(record, f"desk.{bad.field}", bad.value, bad.message))

    def states(model: type[Revision], of: dict[str, Any], where: str) -> None:
        def leave(field: str, bad: BadValue) -> None:
            tally.leave_out("revisions", _problem(record, f"{where}{field}", bad.value, bad.message))

        if of.get("revisions"):
            gathered.states[checking.key(of, "key")] = read_states(model, of, context, leave)

    states(ClaimRevision, data, "")

    def each(name: str, rows: list[dict[str, Any]], gather: Callable[[dict[str, Any]], None]) -> None:
        for number, row in enumerate(rows):
            try:
                gather(row)
                if name in _STATES:
                    states(_STATES[name], row, f"{name}.{number}.")
            except BadValue as bad:
                where = f"{name}.{number}.{bad.field}"
                tally.leave_out(name, _problem(record, where, bad.value, bad.message))

    each(
        "mentions", checking.listed(data, "mentions"), lambda row: _gather_mention(key, row, record, gathered, context)
    )
    for number, group in enumerate(checking.listed(data, "evidence_sets")[:MOST_SETS]):
        n = checking.whole(group, "n", least=1, default=number + 1)
        if n > MOST_SETS:
            raise BadValue("n", n, _("A claim has at most %(most)s evidence sets.") % {"most": MOST_SETS})
        gathered.sets.add((key, n))
        items = checking.listed(group, "items")
        each("evidence", items, lambda row, n=n: _gather_item((key, n), row, record, gathered, context))  # type: ignore[misc]
    sets = {n for claim, n in gathered.sets if claim == key}

    def verdict(row: dict[str, Any]) -> None:
        found = {**_judgement(row, context), "record": record, **gather_verdict(key, row, sets)}
        gathered.verdicts[found.pop("key")] = found

    each("verdicts", checking.listed(data, "verdicts"), verdict)


_STATES: dict[str, type[Revision]] = {"mentions": MentionRevision, "evidence": EvidenceRevision}


def _judgement(data: dict[str, Any], context: Context) -> dict[str, Any]:
    created_at = checking.moment(data, "created_at", context.now)
    return {
        "annotator": name_of_annotator(data),
        "version_number": checking.whole(data, "version", least=1, default=1),
        "created_at": created_at,
        "updated_at": checking.moment(data, "updated_at", created_at),
        "withdrawn_at": checking.moment(data, "withdrawn_at"),
    }


def _desk(data: dict[str, Any], context: Context) -> dict[str, Any]:
    """Check where the work on a claim stands. Raises `BadValue`."""
    return {
        "state": checking.one_of(data, "state", ClaimDesk.State.values, default=ClaimDesk.State.NEW),
        "assignee": checking.text(data, "assignee", most=PSEUDONYM_LENGTH, default="").strip(),
        "due_on": day(data, "due_on"),
        "merged_into": checking.key(data, "merged_into") if data.get("merged_into") else None,
        "version_number": checking.whole(data, "version", least=1, default=1),
        "changed_by": checking.text(data, "changed_by", most=PSEUDONYM_LENGTH, default="").strip() or ANNOTATOR_UNNAMED,
        "changed_at": checking.moment(data, "changed_at", context.now),
    }


def _gather_mention(
    claim: UUID, data: dict[str, Any], record: ImportedRecord, gathered: Gathered, context: Context
) -> None:
    gathered.mentions[checking.key(data, "key")] = {
        **_judgement(data, context),
        "record": record,
        "claim": claim,
        "annotation": checking.key(data, "annotation"),
        "stance": checking.one_of(data, "stance", ClaimMention.Stance.values, default=ClaimMention.Stance.ASSERTS),
    }


def _gather_item(
    of: tuple[UUID, int], data: dict[str, Any], record: ImportedRecord, gathered: Gathered, context: Context
) -> None:
    passage = checking.carried(data, "passage")
    details = evidence_details(data)
    is_enquiry = bool(details["question"]) and not data.get("url")
    captured = _passage_of_capture(passage) if "capture" in passage else None
    passage = {} if captured else passage
    address = {"url": "", "canonical_url": "", "sha256": b""} if passage or is_enquiry else _address(data)
    gathered.items[checking.key(data, "key")] = {
        **_judgement(data, context),
        "record": record,
        **address,
        "set": of,
        "passage": _passage(passage) if passage else None,
        "captured": captured,
        "title": checking.text(data, "title", most=MAX_TITLE, default=""),
        "stance": checking.one_of(data, "stance", EvidenceItem.Stance.values),
        "quote": checking.text(data, "quote", most=MAX_QUOTE, default=""),
        "without_words": "quote" not in data and bool(passage),
        "note": checking.text(data, "note", most=MAX_QUOTE, default=""),
        **details,
        "metadata": checking.carried(data, "metadata"),
    }


def _passage(data: dict[str, Any]) -> Passage:
    start, end = checking.whole(data, "start"), checking.whole(data, "end")
    if start >= end:
        raise BadValue("passage.end", end, _("A passage ends after its start."))
    return checking.text(data, "article", most=500), checking.whole(data, "version", default=0), start, end


def _passage_of_capture(data: dict[str, Any]) -> tuple[Named, int, int]:
    start, end = checking.whole(data, "start"), checking.whole(data, "end")
    if start >= end:
        raise BadValue("passage.end", end, _("A passage ends after its start."))
    return named(checking.carried(data, "capture")), start, end


# Rows


def _write(gathered: Gathered, source_ids: dict[bytes, int], context: Context, tally: Tally) -> None:
    for group, model, name in (
        (gathered.claims, Claim, "claims"),
        (gathered.mentions, ClaimMention, "mentions"),
        (gathered.items, EvidenceItem, "evidence"),
        (gathered.verdicts, Verdict, "verdicts"),
    ):
        _leave_known(group, model, name, context, tally)
    context.meet(gathered.people())
    _insert(
        Claim,
        gathered.claims,
        lambda values: _named(values, "text", "claimant", "claim_date", *CLAIM_DETAILS, "metadata"),
        context,
    )
    claims = _ids(Claim, {claim for claim, _n in gathered.sets}, context)
    sets = _write_sets(gathered.sets, claims, context)
    annotations = _ids(Annotation, {values["annotation"] for values in gathered.mentions.values()}, context)
    _drop_homeless_mentions(gathered.mentions, claims, annotations, tally)
    _insert(
        ClaimMention,
        gathered.mentions,
        lambda values: {
            "claim_id": claims[values["claim"]],
            "annotation_id": annotations[values["annotation"]],
            "stance": values["stance"],
        },
        context,
    )
    passages = _passages(gathered.items, context, tally)
    captured = _captured(gathered.items, source_ids, context, tally)
    _insert(
        EvidenceItem,
        gathered.items,
        lambda values: {
            "evidence_set_id": sets[values["set"]],
            **_pointer(values, source_ids, passages),
            **captured.get(id(values), {}),
            **_named(values, "url", "title", "stance", "quote", "note", "metadata", *EVIDENCE_DETAILS),
        },
        context,
    )
    note_claims_changed(claims.values())
    _write_states(gathered, context, tally)
    write_verdicts(gathered.verdicts, claims, sets, context, tally)
    _write_desks(gathered, claims, context)
    write_claim_threads(
        ((record, claims[key], rows) for key, (record, rows) in gathered.threads.items()), context, tally
    )
    for name, group in (
        ("claims", gathered.claims),
        ("mentions", gathered.mentions),
        ("evidence", gathered.items),
        ("verdicts", gathered.verdicts),
    ):
        tally.others[f"{name}_created"] += len(group)
        tally.wrote(*group)


def _write_desks(gathered: Gathered, claims: dict[UUID, int], context: Context) -> None:
    """Write where the work on the claims stands that this chunk has made; what was there stays; at most 1 query."""
    rows = [
        ClaimDesk(
            project=context.project,
            claim_id=claims[key],
            assignee_id=context.person(values["assignee"]) if values["assignee"] else None,
            changed_by_id=context.person(values["changed_by"]),
            **_named(values, "state", "due_on", "merged_into", "version_number", "changed_at"),
        )
        for key, values in gathered.desks.items()
        if key in gathered.claims
    ]
    ClaimDesk.objects.bulk_create(rows, batch_size=500, ignore_conflicts=ignores_conflicts())


def _write_states(gathered: Gathered, context: Context, tally: Tally) -> None:
    """Write the earlier states of what this chunk has made; evidence without a quote had that of its passage."""
    for key, values in gathered.items.items():
        for state in gathered.states.get(key, ()):
            if state.values["quote"] is None:
                state.values["quote"] = values["quote"]
    groups: tuple[tuple[type[Judgement], type[Revision], str, dict[UUID, Any]], ...] = (
        (Claim, ClaimRevision, "claim_id", gathered.claims),
        (ClaimMention, MentionRevision, "mention_id", gathered.mentions),
        (EvidenceItem, EvidenceRevision, "evidence_id", gathered.items),
    )
    for model, revision, owner, made in groups:
        ids = _ids(model, made.keys() & gathered.states.keys(), context)
        states = [(pk, gathered.states[key]) for key, pk in ids.items()]
        tally.others["revisions_created"] += write_states(revision, owner, states, context) if states else 0


def _leave_known(group: dict[UUID, Any], model: type[Judgement], name: str, context: Context, tally: Tally) -> None:
    """Leave out what is there already; the claim of a known claim's new mention is found again by its key."""
    known = _ids(model, set(group), context)
    for key in known:
        del group[key]
    tally.others[f"{name}_unchanged"] += len(known)


def _ids(model: type[Judgement], keys: set[UUID], context: Context) -> dict[UUID, int]:
    if not keys:
        return {}
    return dict(model._base_manager.filter(project=context.project, key__in=keys).values_list("key", "pk"))


def _named(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names}


def _insert(
    model: type[Judgement],
    group: dict[UUID, dict[str, Any]],
    rest: Callable[[dict[str, Any]], dict[str, Any]],
    context: Context,
) -> None:
    rows = [
        model(
            key=key,
            project=context.project,
            created_by_id=context.person(values["annotator"]),
            **_named(values, "version_number", "created_at", "updated_at", "withdrawn_at"),
            **rest(values) | {"created_by_job_id": context.job.pk},
        )
        for key, values in group.items()
    ]
    model._base_manager.bulk_create(rows, batch_size=500, ignore_conflicts=ignores_conflicts())


def _write_sets(
    wanted: set[tuple[UUID, int]], claims: dict[UUID, int], context: Context
) -> dict[tuple[UUID, int], int]:
    rows = EvidenceSet.objects.filter(project=context.project, claim__in=claims.values())
    known = set(rows.values_list("claim_id", "n"))
    EvidenceSet.objects.bulk_create(
        [
            EvidenceSet(project=context.project, claim_id=claims[claim], n=n)
            for claim, n in sorted(wanted)
            if (claims[claim], n) not in known
        ],
        batch_size=500,
        ignore_conflicts=ignores_conflicts(),
    )
    ids = {(claim_id, n): pk for claim_id, n, pk in rows.values_list("claim_id", "n", "pk")}
    return {(claim, n): ids[claims[claim], n] for claim, n in wanted}


def _drop_homeless_mentions(
    mentions: dict[UUID, dict[str, Any]],
    claims: dict[UUID, int],
    annotations: dict[UUID, int],
    tally: Tally,
) -> None:
    """Leave out mentions of annotations that are not here, and second ones of the same annotation."""
    rows = ClaimMention.objects.filter(claim__in=claims.values(), withdrawn_at__isnull=True)
    taken = set(rows.values_list("claim_id", "annotation_id"))
    for key, values in list(mentions.items()):
        annotation = annotations.get(values["annotation"])
        pair = (claims[values["claim"]], annotation)
        if annotation is None:
            message = _("The mention points to an annotation that the project does not have. Import its article too.")
        elif values["withdrawn_at"] is None and pair in taken:
            message = _("This annotation expresses the claim already.")
        else:
            if values["withdrawn_at"] is None:
                taken.add(pair)  # type: ignore[arg-type]
            continue
        del mentions[key]
        value = str(values["annotation"])
        tally.leave_out("mentions", _problem(values["record"], "mentions.annotation", value, message))


def _passages(items: dict[UUID, dict[str, Any]], context: Context, tally: Tally) -> Passages:
    """Find the texts that evidence points into; items whose passage or quote is not there are left out."""
    wanted = {values["passage"] for values in items.values() if values["passage"]}
    if not wanted:
        return {}
    found, words = look_up(wanted, context)
    for key, values in list(items.items()):
        passage = values["passage"]
        if not passage or (passage in found and values["quote"] in ("", words[passage])):
            if passage and values["without_words"]:
                values["quote"] = words[passage][:MAX_QUOTE]
            continue
        del items[key]
        if passage in found:
            message = _("The text has “%(there)s” at this place. Import evidence with the text that it was found in.")
            field, value, message = "quote", values["quote"], message % {"there": words[passage][:80]}
        else:
            message = _("The passage does not lie in an article of the project. Import the article too.")
            field, value = "passage", passage[0]
        tally.leave_out("evidence", _problem(values["record"], f"evidence.{field}", value, message))
    return found


def _captured(
    items: dict[UUID, dict[str, Any]], source_ids: dict[bytes, int], context: Context, tally: Tally
) -> dict[int, dict[str, Any]]:
    """Return the columns of passages of captures, by the values they belong to; at most 2 queries.

    Where the capture, or its text, is not here, the evidence cites its source without a place.
    """
    wanted = [values for values in items.values() if values["captured"]]
    if not wanted:
        return {}
    known = captures_known({source_ids[values["sha256"]] for values in wanted}, context)
    places = {id(values): known.get((source_ids[values["sha256"]], *values["captured"][0])) for values in wanted}
    texts = words_of(place[0] for place in places.values() if place)
    found: dict[int, dict[str, Any]] = {}
    for values in wanted:
        _name, start, end = values["captured"]
        pk, length = places[id(values)] or (0, 0)
        text, is_withheld = texts.get(pk, ("", False))
        stands = end <= length and (is_withheld or text[start:end] == values["quote"])
        if (stands and end - start == len(values["quote"])) or (is_withheld and end <= length and not values["quote"]):
            found[id(values)] = {"capture_id": pk, "length": length, "start": start, "end": end}
            continue
        message = _("The capture with this passage is not here, or has other words. The evidence cites its source.")
        tally.leave_out("passages", _problem(values["record"], "evidence.passage", values["url"], message))
    return found


def _pointer(values: dict[str, Any], source_ids: dict[bytes, int], passages: Passages) -> dict[str, Any]:
    if values["passage"]:
        return passages[values["passage"]]
    return {"source_id": source_ids[values["sha256"]]} if values["sha256"] else {}
