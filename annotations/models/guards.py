"""Rules that Django's constraints cannot say: references over several columns, and frozen texts.

A reference over several columns ties a copied value to its origin: a span's `length` to its
version's, a judgement's project to its owner's. PostgreSQL holds them as composite foreign keys,
SQLite as triggers. A table rebuild in a later migration drops SQLite's triggers without a word, and
fails while triggers of other tables name the rebuilt one: so they are taken away before each
`migrate` and put back after it, from the one list below.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from .announcing import ANNOUNCE_WORK, PREFIX
from .audit_guards import KEEP_AUDIT_POSTGRESQL, KEEP_AUDIT_SQLITE
from .counters import COUNT_WORK_POSTGRESQL, COUNT_WORK_SQLITE

VERSION_OF_TEXT = ("version_id", "length", "project_id")
_OF_TEXT = ("version_id", "length")


@dataclass(frozen=True, slots=True)
class Reference:
    """Columns of a table that must be found together in one row of another.

    `may_wait` lets one transaction move both rows: see `moving_annotations`. One that `waits` is looked at when the
    transaction ends, so that its row may be written before the one it names; `columns[0]` then names that one's id.
    One that `outlives` its target is looked at when its row is written, and never again.
    """

    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    may_wait: bool = False
    waits: bool = False
    outlives: bool = False

    @property
    def name(self) -> str:
        """Name the guard after its table and target."""
        return f"guard_{self.table}_{self.target}_{self.columns[0].removesuffix('_id')}"

    @property
    def timing(self) -> str:
        """Say in PostgreSQL's words when it is looked at."""
        if self.waits:
            return "DEFERRABLE INITIALLY DEFERRED"
        return "DEFERRABLE INITIALLY IMMEDIATE" if self.may_wait else "NOT DEFERRABLE"


def _span(table: str) -> Reference:
    """Tie a row to its version with the length it copied; a span's end is checked against that."""
    return Reference(table, VERSION_OF_TEXT, "articleversion", ("id", "length", "project_id"))


def _same_project(table: str, column: str, target: str) -> Reference:
    return Reference(table, (column, "project_id"), target, ("id", "project_id"))


REFERENCES = (
    _span("textlink"),
    _span("region"),
    _span("annotation"),
    _span("fragment"),
    _span("evidenceitem"),
    _span("suggestion"),
    _span("sentence"),
    Reference("fragment", ("annotation_id", *_OF_TEXT), "annotation", ("id", *_OF_TEXT), may_wait=True),
    _same_project("label", "label_set_id", "labelset"),
    _same_project("article", "publisher_id", "publisher"),
    _same_project("articleversion", "article_id", "article"),
    _same_project("region", "publisher_id", "publisher"),
    _same_project("region", "created_by_id", "membership"),
    _same_project("source", "publisher_id", "publisher"),
    _same_project("capture", "source_id", "source"),
    _same_project("capture", "requested_by_id", "membership"),
    _same_project("capture", "raw_file_id", "rawfile"),
    _same_project("sourcecheck", "source_id", "source"),
    _same_project("sourcecheck", "requested_by_id", "membership"),
    _same_project("sourcecheck", "job_id", "job"),
    Reference("sourcecheck", ("capture_id", "source_id"), "capture", ("id", "source_id")),
    _same_project("annotation", "label_id", "label"),
    _same_project("annotation", "created_by_id", "membership"),
    _same_project("assignment", "annotator_id", "membership"),
    _same_project("invitation", "created_by_id", "membership"),
    _same_project("notice", "member_id", "membership"),
    _same_project("claim", "created_by_id", "membership"),
    _same_project("claimmention", "claim_id", "claim"),
    _same_project("claimmention", "annotation_id", "annotation"),
    _same_project("claimmention", "created_by_id", "membership"),
    _same_project("claimdesk", "claim_id", "claim"),
    _same_project("claimdesk", "assignee_id", "membership"),
    _same_project("claimdesk", "changed_by_id", "membership"),
    _same_project("evidenceset", "claim_id", "claim"),
    _same_project("evidenceitem", "evidence_set_id", "evidenceset"),
    _same_project("evidenceitem", "source_id", "source"),
    Reference("evidenceitem", ("capture_id", "length", "project_id"), "capture", ("id", "length", "project_id")),
    Reference("evidenceitem", ("source_id", "capture_id"), "capture", ("source_id", "id")),
    _same_project("evidenceitem", "created_by_id", "membership"),
    Reference("relation", ("from_annotation_id", *_OF_TEXT), "annotation", ("id", *_OF_TEXT), may_wait=True),
    Reference("relation", ("to_annotation_id", *_OF_TEXT), "annotation", ("id", *_OF_TEXT), may_wait=True),
    _span("relation"),
    _same_project("relation", "label_id", "label"),
    _same_project("relation", "created_by_id", "membership"),
    _span("articlelabel"),
    _same_project("articlelabel", "label_id", "label"),
    _same_project("articlelabel", "created_by_id", "membership"),
    _same_project("suggestion", "label_id", "label"),
    _same_project("suggestion", "offered_to_id", "membership"),
    _same_project("suggestiondecision", "suggestion_id", "suggestion"),
    _same_project("suggestiondecision", "annotation_id", "annotation"),
    _same_project("verdictvalue", "scale_id", "verdictscale"),
    _same_project("verdict", "claim_id", "claim"),
    _same_project("verdict", "value_id", "verdictvalue"),
    _same_project("verdict", "created_by_id", "membership"),
    Reference("verdict", ("supersedes_id", "claim_id"), "verdict", ("id", "claim_id")),
    _same_project("article", "repost_of_id", "article"),
    _same_project("article", "merged_into_id", "article"),
    Reference("article", ("current_version_id", "id"), "articleversion", ("id", "article_id"), waits=True),
    Reference("label", ("parent_id", "label_set_id"), "label", ("id", "label_set_id"), waits=True),
    _same_project("articleversion", "raw_file_id", "rawfile"),
    _same_project("assignment", "version_id", "articleversion"),
    _same_project("timespent", "assignment_id", "assignment"),
    _same_project("guidelinesversion", "created_by_id", "membership"),
    _same_project("suggestiondecision", "decided_by_id", "membership"),
    _same_project("job", "requested_by_id", "membership"),
    _same_project("job", "undoes_id", "job"),
    _same_project("waitingupload", "sent_by_id", "membership"),
    Reference("auditevent", ("actor_id", "project_id"), "membership", ("id", "project_id"), outlives=True),
    Reference("auditevent", ("acting_for_id", "project_id"), "membership", ("id", "project_id"), outlives=True),
    _same_project("savedfilter", "owner_id", "membership"),
    _same_project("removedrow", "owner_id", "membership"),
    _span("commentthread"),
    Reference("commentthread", ("annotation_id", *_OF_TEXT), "annotation", ("id", *_OF_TEXT), may_wait=True),
    _same_project("commentthread", "claim_id", "claim"),
    _same_project("commentthread", "created_by_id", "membership"),
    _same_project("commentthread", "resolved_by_id", "membership"),
    _same_project("commentthread", "announced_in_id", "guidelinesversion"),
    _same_project("comment", "thread_id", "commentthread"),
    _same_project("comment", "created_by_id", "membership"),
    _same_project("commentmention", "comment_id", "comment"),
    _same_project("commentmention", "member_id", "membership"),
    _same_project("presence", "article_id", "article"),
    _same_project("presence", "member_id", "membership"),
    _same_project("agreementrun", "job_id", "job"),
    _same_project("agreementrun", "requested_by_id", "membership"),
    _same_project("agreementrun", "label_set_id", "labelset"),
    _same_project("agreementtext", "run_id", "agreementrun"),
    _same_project("agreementtext", "version_id", "articleversion"),
    _same_project("searchpassage", "version_id", "articleversion"),
    Reference(
        "quotelink", ("from_version_id", "from_length", "project_id"), "articleversion", ("id", "length", "project_id")
    ),
    Reference(
        "quotelink", ("to_version_id", "to_length", "project_id"), "articleversion", ("id", "length", "project_id")
    ),
    Reference("quotelink", ("to_capture_id", "to_length", "project_id"), "capture", ("id", "length", "project_id")),
    _same_project("quotelink", "made_by_id", "membership"),
    _same_project("quotedecision", "link_id", "quotelink"),
    _same_project("quotedecision", "decided_by_id", "membership"),
    _same_project("speaker", "merged_into_id", "speaker"),
    _span("attribution"),
    Reference("attribution", ("annotation_id", *_OF_TEXT), "annotation", ("id", *_OF_TEXT), may_wait=True),
    _same_project("attribution", "speaker_id", "speaker"),
    _same_project("attribution", "created_by_id", "membership"),
    _span("quotation"),
    _same_project("quotation", "annotation_id", "annotation"),
    _same_project("quotation", "named_publisher_id", "publisher"),
    _span("quotationmatch"),
    Reference("quotationmatch", ("capture_id", "length", "project_id"), "capture", ("id", "length", "project_id")),
    _same_project("quotationmatch", "quotation_id", "quotation"),
    _same_project("quotationmatch", "made_by_id", "membership"),
    _same_project("quotationdecision", "match_id", "quotationmatch"),
    _same_project("quotationdecision", "decided_by_id", "membership"),
    _same_project("boilerplateruling", "decided_by_id", "membership"),
    _same_project("adjudication", "version_id", "articleversion"),
    _same_project("adjudication", "created_by_id", "membership"),
    _same_project("adjudication", "finished_by_id", "membership"),
    _same_project("publication", "claim_id", "claim"),
    _same_project("edition", "publication_id", "publication"),
    _same_project("edition", "created_by_id", "membership"),
    _same_project("previewlink", "claim_id", "claim"),
    _same_project("previewlink", "created_by_id", "membership"),
    _same_project("ruling", "created_by_id", "membership"),
    _same_project("ruling", "chosen_id", "membership"),
    _same_project("rulingsource", "ruling_id", "ruling"),
    _same_project("rulingsource", "annotation_id", "annotation"),
    _same_project("rulingsource", "gold_id", "annotation"),
    _same_project("rulingsource", "relation_id", "relation"),
    _same_project("rulingsource", "gold_relation_id", "relation"),
    _same_project("rulingsource", "article_label_id", "articlelabel"),
    _same_project("rulingsource", "gold_article_label_id", "articlelabel"),
    _same_project("rulingsource", "mention_id", "claimmention"),
    _same_project("rulingsource", "gold_mention_id", "claimmention"),
    _same_project("rulingsource", "evidence_id", "evidenceitem"),
    _same_project("rulingsource", "gold_evidence_id", "evidenceitem"),
    _same_project("rulingsource", "version_id", "articleversion"),
    _same_project("reviewcount", "version_id", "articleversion"),
    _same_project("reviewopening", "version_id", "articleversion"),
    _same_project("reviewopening", "member_id", "membership"),
    _same_project("round", "label_set_id", "labelset"),
    _same_project("round", "guidelines_id", "guidelinesversion"),
    _same_project("round", "repeats_id", "round"),
    _same_project("round", "created_by_id", "membership"),
    _same_project("article", "round_id", "round"),
    _same_project("assignment", "round_id", "round"),
    _same_project("agreementrun", "round_id", "round"),
    _same_project("assignment", "past_round_id", "round"),
    _same_project("annotation", "past_round_id", "round"),
    _same_project("relation", "past_round_id", "round"),
    _same_project("articlelabel", "past_round_id", "round"),
    _same_project("adjudication", "past_round_id", "round"),
    _same_project("suggestiondecision", "past_round_id", "round"),
    _same_project("workcount", "round_id", "round"),
    _same_project("workcount", "annotator_id", "membership"),
    _same_project("withholding", "article_id", "article"),
    _same_project("withholding", "capture_id", "capture"),
    _same_project("withholding", "made_by_id", "membership"),
    _same_project("story", "created_by_id", "membership"),
    _same_project("storyarticle", "story_id", "story"),
    _same_project("storyarticle", "article_id", "article"),
    _same_project("storyarticle", "added_by_id", "membership"),
    _same_project("accountrow", "story_id", "story"),
    _same_project("accountrow", "created_by_id", "membership"),
    _same_project("accountcell", "row_id", "accountrow"),
    _same_project("accountcell", "article_id", "article"),
    _same_project("accountcell", "created_by_id", "membership"),
    _same_project("statement", "cell_id", "accountcell"),
    _span("statement"),
    _same_project("statement", "annotation_id", "annotation"),
    _same_project("storysuggestion", "story_id", "story"),
    _same_project("storysuggestion", "decided_by_id", "membership"),
    _same_project("suggestedarticle", "suggestion_id", "storysuggestion"),
    _same_project("suggestedarticle", "article_id", "article"),
)

JOB_CHANNEL = "workbench_jobs"
FROZEN = "The text of an article version never changes; make a new version."
WORDLESS = "Only what lies on a withheld text may be without its words."
QUOTING = (
    ("annotation", "articleversion", "version_id"),
    ("fragment", "articleversion", "version_id"),
    ("suggestion", "articleversion", "version_id"),
    ("evidenceitem", "capture", "capture_id"),
    ("quotation", "articleversion", "version_id"),
    ("statement", "articleversion", "version_id"),
    ("commentthread", "articleversion", "version_id"),
)
"""Tables whose quotes are as long as their spans, with the text that they are of and its column."""
_QUOTES_WHERE = {"commentthread": "start"}
"""The column without which a row quotes nothing, of the tables where that is not the one that names the text."""
FROZEN_CAPTURE = "What was captured never changes; capture the source again."


def install_guards(sender: Any = None, using: str = "default", **kwargs: Any) -> None:
    """Put every guard into the database; harmless when they are there already."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    present = [r for r in REFERENCES if {PREFIX + r.table, PREFIX + r.target} <= tables]
    has_versions = PREFIX + "articleversion" in tables
    install = _install_postgresql if connection.vendor == "postgresql" else _install_sqlite
    install(connection, present, has_versions, tables)


def remove_triggers(sender: Any = None, using: str = "default", **kwargs: Any) -> None:
    """Take SQLite's triggers away, so that a migration can rebuild the tables they name."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'guard_%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')


@contextmanager
def moving_annotations(using: str = "default") -> Iterator[None]:
    """Let annotations, then what hangs on them, move to another version; what does not fit at the end is refused.

    PostgreSQL looks at the end of the block instead of after each statement; SQLite's triggers look at fragments and
    relations alone, so there annotations must move first.
    """
    connection = connections[using]
    names = ", ".join(reference.name for reference in REFERENCES if reference.may_wait)
    is_postgresql = connection.vendor == "postgresql"
    if is_postgresql:
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS {names} DEFERRED")
    yield
    if is_postgresql:
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS {names} IMMEDIATE")


def _install_postgresql(
    connection: BaseDatabaseWrapper, references: list[Reference], has_versions: bool, tables: set[str]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname, condeferrable, condeferred FROM pg_constraint WHERE conname LIKE 'guard_%'")
        known = {name: timing for name, *timing in cursor.fetchall()}
        for reference in references:
            if reference.outlives:
                cursor.execute(_looked_at_once(reference))
            elif reference.name not in known:
                cursor.execute(_foreign_key(reference))
            elif known[reference.name] != [reference.may_wait or reference.waits, reference.waits]:
                change = f"ALTER CONSTRAINT {reference.name} {reference.timing}"
                cursor.execute(f"ALTER TABLE {PREFIX}{reference.table} {change}")
        if has_versions:
            cursor.execute(_FREEZE_POSTGRESQL)
            cursor.execute(_ANNOUNCE_POSTGRESQL)
        if PREFIX + "capture" in tables:
            cursor.execute(_FREEZE_CAPTURE_POSTGRESQL)
        if PREFIX + "withholding" in tables:
            for table, text, column in _quoting(connection):
                cursor.execute(_wordless_postgresql(table, text, column))
        if {PREFIX + "commentthread", PREFIX + "presence"} <= tables:
            cursor.execute(ANNOUNCE_WORK)
        if PREFIX + "workcount" in tables:
            cursor.execute(COUNT_WORK_POSTGRESQL)
        if PREFIX + "auditwaiting" in tables:
            cursor.execute(KEEP_AUDIT_POSTGRESQL)


def _foreign_key(reference: Reference) -> str:
    columns, target_columns = ", ".join(reference.columns), ", ".join(reference.target_columns)
    return (
        f"ALTER TABLE {PREFIX}{reference.table} ADD CONSTRAINT {reference.name} "
        f"FOREIGN KEY ({columns}) REFERENCES {PREFIX}{reference.target} ({target_columns}) {reference.timing}"
    )


def _looked_at_once(reference: Reference) -> str:
    pairs = list(zip(reference.target_columns, reference.columns, strict=True))
    same = " AND ".join(f"{target} = NEW.{column}" for target, column in pairs)
    given = " AND ".join(f"NEW.{column} IS NOT NULL" for column in reference.columns)
    table, name = PREFIX + reference.table, reference.name
    return f"""
ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name};
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {given} AND NOT EXISTS (SELECT 1 FROM {PREFIX}{reference.target} WHERE {same}) THEN
    RAISE EXCEPTION 'FOREIGN KEY constraint failed: {name}' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS {name} ON {table};
CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
"""  # noqa: S608 -- own names


def _install_sqlite(
    connection: BaseDatabaseWrapper, references: list[Reference], has_versions: bool, tables: set[str]
) -> None:
    remove_triggers(using=connection.alias)
    with connection.cursor() as cursor:
        for reference in references:
            if reference.waits:
                triggers = _triggers_that_wait(reference)
            else:
                triggers = _triggers(reference, _index_of(reference, cursor))
            for trigger in triggers:
                cursor.execute(trigger)
        if has_versions:
            cursor.execute(_FREEZE_SQLITE)
        if PREFIX + "capture" in tables:
            cursor.execute(_FREEZE_CAPTURE_SQLITE)
        if PREFIX + "withholding" in tables:
            for table, text, column in _quoting(connection):
                for trigger in _wordless_sqlite(table, text, column):
                    cursor.execute(trigger)
        if PREFIX + "searchpassage" in connection.introspection.table_names(cursor):
            cursor.execute(_FORGET_WORDS_SQLITE)
        if PREFIX + "workcount" in tables:
            for trigger in COUNT_WORK_SQLITE:
                cursor.execute(trigger)
        if PREFIX + "auditwaiting" in tables:
            for trigger in KEEP_AUDIT_SQLITE:
                cursor.execute(trigger)


def _index_of(reference: Reference, cursor: CursorWrapper) -> str:
    """Return the clause for the index on the target's columns: in the row, they may stand behind a long text.

    A version's text of 10 MB is a chain of 2,500 pages, which SQLite would walk for each span.
    """
    cursor.execute(f'PRAGMA index_list("{PREFIX}{reference.target}")')
    for _n, name, _is_unique, _origin, is_partial in cursor.fetchall():
        cursor.execute(f'PRAGMA index_info("{name}")')
        if tuple(column for _m, _place, column in cursor.fetchall()) == reference.target_columns and not is_partial:
            return f'INDEXED BY "{name}" '
    return ""


def _triggers(reference: Reference, index: str) -> Iterator[str]:
    """Refuse a row whose target is not there."""
    pairs = zip(reference.target_columns, reference.columns, strict=True)
    same = " AND ".join(f"{target} = NEW.{column}" for target, column in pairs)
    broken = f"NOT EXISTS (SELECT 1 FROM {PREFIX}{reference.target} {index}WHERE {same})"  # noqa: S608 -- own names
    for event in ("INSERT", f"UPDATE OF {', '.join(reference.columns)}"):
        yield _trigger(reference, f"BEFORE {event} ON {PREFIX}{reference.table}", broken, reference.columns)


def _triggers_that_wait(reference: Reference) -> Iterator[str]:
    """Refuse whichever of two rows comes second and does not fit; that both come is held by Django's own key.

    AFTER, as a row that gets its id from the database has none before.
    """
    (own_id, *own), (target_id, *others) = reference.columns, reference.target_columns
    table, target = PREFIX + reference.table, PREFIX + reference.target
    differs = " OR ".join(f"{column} <> NEW.{name}" for column, name in zip(others, own, strict=True))
    broken = f"EXISTS (SELECT 1 FROM {target} WHERE {target_id} = NEW.{own_id} AND ({differs}))"  # noqa: S608
    for event in ("INSERT", f"UPDATE OF {', '.join(reference.columns)}"):
        yield _trigger(reference, f"AFTER {event} ON {table}", broken, reference.columns)
    differs = " OR ".join(f"{column} <> NEW.{name}" for column, name in zip(own, others, strict=True))
    broken = f"EXISTS (SELECT 1 FROM {table} WHERE {own_id} = NEW.{target_id} AND ({differs}))"  # noqa: S608
    for event in ("INSERT", f"UPDATE OF {', '.join(reference.target_columns)}"):
        yield _trigger(reference, f"AFTER {event} ON {target}", broken, reference.target_columns, of="target_")


def _trigger(reference: Reference, when: str, broken: str, columns: tuple[str, ...], of: str = "") -> str:
    given = " AND ".join(f"NEW.{column} IS NOT NULL" for column in columns)
    event = when.split()[1].lower()
    return (
        f"CREATE TRIGGER {reference.name}_{of}{event} {when} WHEN {given} BEGIN "
        f"SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed: {reference.name}') WHERE {broken}; END"
    )


_FREEZE_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION guard_frozen_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.length <> OLD.length OR NEW.text_sha256 <> OLD.text_sha256
     OR (NEW.text <> OLD.text AND NOT (NEW.text = '' AND NEW.withheld_at IS NOT NULL)) THEN
    RAISE EXCEPTION '{FROZEN}' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS guard_frozen_text ON {PREFIX}articleversion;
CREATE TRIGGER guard_frozen_text BEFORE UPDATE OF text, length, text_sha256 ON {PREFIX}articleversion
  FOR EACH ROW EXECUTE FUNCTION guard_frozen_text();
"""

#: not a guard, but kept in place by the same hand: whoever changes a job, live channels hear of it on commit
_ANNOUNCE_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION announce_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('{JOB_CHANNEL}', NEW.uuid::text);
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS announce_job ON {PREFIX}job;
CREATE TRIGGER announce_job AFTER INSERT OR UPDATE ON {PREFIX}job FOR EACH ROW EXECUTE FUNCTION announce_job();
"""

_FREEZE_SQLITE = f"""
CREATE TRIGGER guard_frozen_text BEFORE UPDATE OF text, length, text_sha256 ON {PREFIX}articleversion
WHEN NEW.length <> OLD.length OR NEW.text_sha256 <> OLD.text_sha256
  OR (NEW.text <> OLD.text AND NOT (NEW.text = '' AND NEW.withheld_at IS NOT NULL))
BEGIN SELECT RAISE(ABORT, '{FROZEN}'); END
"""

_CAPTURE_CHANGED = """NEW.length <> OLD.length OR NEW.text_sha256 <> OLD.text_sha256 OR NEW.sha256 <> OLD.sha256
  OR (NEW.text <> OLD.text AND NOT (NEW.text = '' AND NEW.withheld_at IS NOT NULL))"""

_FREEZE_CAPTURE_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION guard_frozen_capture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_CAPTURE_CHANGED} THEN
    RAISE EXCEPTION '{FROZEN_CAPTURE}' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS guard_frozen_capture ON {PREFIX}capture;
CREATE TRIGGER guard_frozen_capture BEFORE UPDATE OF text, length, text_sha256, sha256 ON {PREFIX}capture
  FOR EACH ROW EXECUTE FUNCTION guard_frozen_capture();
"""

_FREEZE_CAPTURE_SQLITE = f"""
CREATE TRIGGER guard_frozen_capture BEFORE UPDATE OF text, length, text_sha256, sha256 ON {PREFIX}capture
WHEN {_CAPTURE_CHANGED}
BEGIN SELECT RAISE(ABORT, '{FROZEN_CAPTURE}'); END
"""


def _quoting(connection: BaseDatabaseWrapper) -> Iterator[tuple[str, str, str]]:
    """Yield the tables that quote by now: threads had no words at each step of the schema's history."""
    for table, text, column in QUOTING:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {PREFIX}{table} LIMIT 0")  # noqa: S608 -- own names
            columns = {each[0] for each in cursor.description}
        if "quote" in columns:
            yield table, text, column


def _wordless_postgresql(table: str, text: str, column: str) -> str:
    """Refuse an empty quote on a text that is not withheld; a quote that is there costs no look at the text."""
    name = f"guard_{table}_words"
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM {PREFIX}{text} WHERE id = NEW.{column} AND withheld_at IS NOT NULL) THEN
    RAISE EXCEPTION '{WORDLESS}' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS {name} ON {PREFIX}{table};
CREATE TRIGGER {name} BEFORE INSERT OR UPDATE OF quote, {column} ON {PREFIX}{table}
  FOR EACH ROW WHEN (NEW.quote = '' AND NEW.{_QUOTES_WHERE.get(table, column)} IS NOT NULL) EXECUTE FUNCTION {name}();
"""  # noqa: S608 -- own names


def _wordless_sqlite(table: str, text: str, column: str) -> Iterator[str]:
    """Say the same to SQLite."""
    broken = f"NOT EXISTS (SELECT 1 FROM {PREFIX}{text} WHERE id = NEW.{column} AND withheld_at IS NOT NULL)"  # noqa: S608
    for event in ("INSERT", f"UPDATE OF quote, {column}"):
        yield (
            f"CREATE TRIGGER guard_{table}_words_{event.split()[0].lower()} BEFORE {event} ON {PREFIX}{table} "
            f"WHEN NEW.quote = '' AND NEW.{_QUOTES_WHERE.get(table, column)} IS NOT NULL BEGIN "
            f"SELECT RAISE(ABORT, '{WORDLESS}') WHERE {broken}; END"
        )


#: the words of a passage go with it; on PostgreSQL they stand in its row
_FORGET_WORDS_SQLITE = f"""
CREATE TRIGGER guard_search_words AFTER DELETE ON {PREFIX}searchpassage
BEGIN DELETE FROM {PREFIX}searchwords WHERE rowid = OLD.id; END
"""  # noqa: S608 -- own names
