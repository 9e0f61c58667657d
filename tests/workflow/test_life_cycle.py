"""DI-4: any sequence of acts by several people leaves what a simple model says, and counters that can be recomputed."""

from __future__ import annotations

import os
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import orjson
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from annotations.agreement.texts import read_texts, scope_of
from annotations.errors import WorkbenchError
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import Adjudication, Annotation, Article, Assignment, AuditEvent, Job, Membership, Ruling
from annotations.models.counters import WRONG_WORK_COUNTS
from annotations.tasks import KINDS
from annotations.text.spans import Span
from annotations.workflow.adjudicating import NewRuling, finish, reopen_adjudication, settle, take_over
from annotations.workflow.annotating import (
    AnnotationChange,
    change_annotation,
    restore_annotation,
    withdraw_annotation,
)
from annotations.workflow.assigning import assign, reopen, submit
from annotations.workflow.counting import wrong_counters
from annotations.workflow.merging_labels import LabelMerge, start_merging_labels
from annotations.workflow.progress import counts_of_round, places_of_round
from annotations.workflow.projects import (
    NewLabel,
    archive_project,
    current_labels,
    new_label_of,
    restore_project,
    revise_label_set,
)
from annotations.workflow.reassigning import reassign
from annotations.workflow.returning import return_work
from annotations.workflow.reviewing import review_of
from annotations.workflow.rounds import first_round
from annotations.workflow.waiting import waiting
from tests import factories
from tests.corpora import article, exported, imported, lines, undone

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SEQUENCES = int(os.environ.get("LIFE_CYCLE_SEQUENCES", "300")) if IS_LONG else 3
STEPS = 50 if IS_LONG else 12
ACTS_BETWEEN_FILES = 6 if IS_LONG else 2
"""Exports and imports cost as much as twenty other acts; without this every third step would be one."""
PEOPLE = ("ada", "ben", "cem")
PLACES = 2
SPANS = ((4, 9), (12, 17), (12, 23), (28, 40))
LABELS = ("claim", "number", "actor")
HANDED_IN, HOLDING = ("submitted", "accepted"), ("open", "submitted", "returned", "accepted")
WRITABLE = (None, "open", "returned")

people, texts = st.sampled_from(PEOPLE), st.integers(0, 1)
spans, labels = st.sampled_from(SPANS), st.sampled_from(LABELS)
numbers = st.integers(0, 30)


@dataclass
class Mark:
    """An annotation as the model has it."""

    key: uuid.UUID
    text: int
    by: str
    span: tuple[int, int]
    label: str
    version: int = 1
    stands: bool = True


@dataclass
class Model:
    """What there is to be, of plain values alone."""

    archived: bool = False
    names: dict[str, str] = field(default_factory=dict)
    work: dict[tuple[int, str], str] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    gold: dict[int, list[tuple[int, int, str]]] = field(default_factory=lambda: {0: [], 1: []})
    review: dict[int, str] = field(default_factory=dict)
    from_files: int = 0

    def held(self, text: int) -> int:
        return sum(state in HOLDING for (of, _by), state in self.work.items() if of == text)

    def may_take(self, text: int, by: str) -> bool:
        return (text, by) in self.work or self.held(text) < PLACES

    def handed_in(self, text: int) -> list[str]:
        return sorted(by for (of, by), state in self.work.items() if of == text and state in HANDED_IN)

    def said(self, text: int, by: str) -> list[tuple[int, int, str]]:
        found = [(*mark.span, mark.label) for mark in self.marks if (mark.text, mark.by) == (text, by) and mark.stands]
        return sorted(found)


is_time_for_a_file = precondition(lambda self: self.acts_since_a_file > ACTS_BETWEEN_FILES)


class LifeCycle(RuleBasedStateMachine):
    """Acts on two texts by three annotators, a reviewer and a manager."""

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        mia = factories.project(f"p{uuid.uuid4().hex[:12]}", visibility="open")
        for name in PEOPLE:
            factories.member(mia, name)
        factories.member(mia, "rosa", "reviewer")
        self.project = mia.project
        self.texts = [factories.article(mia) for _n in range(2)]
        revise_label_set([NewLabel(key, key.title()) for key in LABELS], by=mia)
        self.model = Model(names={key: key.title() for key in LABELS})
        self.acts_since_a_file = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)

    def by(self, name: str) -> Membership:
        return Membership.objects.select_related("project", "user").get(project=self.project, user__username=name)

    def story(self, text: int) -> Article:
        return Article.objects.select_related("current_version").get(pk=self.texts[text].pk)

    def does(self, act, *, if_: bool) -> bool:
        """Carry an act out, which is refused, and changes nothing, where the model says it cannot be; tell which."""
        expected = if_ and not self.model.archived
        code = ""
        try:
            with transaction.atomic():
                act()
        except WorkbenchError as error:
            code = error.code
        assert (not code) == expected, f"refused as {code}" if code else "was not refused"
        return expected

    def some_mark(self, number: int) -> Mark:
        return self.model.marks[number % len(self.model.marks)]

    def assignment(self, text: int, by: str) -> uuid.UUID:
        rows = Assignment.objects.filter(version_id=self.texts[text].current_version_id)
        return rows.get(annotator__user__username=by).uuid

    # Handing out

    @rule(text=texts, by=people)
    def assign(self, text, by):
        model = self.model
        if self.does(
            lambda: assign([self.story(text)], [self.by(by)], by=self.by("mia")), if_=model.may_take(text, by)
        ):
            model.work.setdefault((text, by), "open")

    @precondition(lambda self: self.model.work)
    @rule(number=numbers, to=people)
    def reassign(self, number, to):
        work = self.model.work
        text, by = sorted(work)[number % len(work)]
        may = work[text, by] in ("open", "returned", "skipped") and (text, to) not in work
        if self.does(lambda: reassign(self.assignment(text, by), self.by(to), by=self.by("mia")), if_=may):
            work[text, by], work[text, to] = "skipped", "open"

    # Annotating

    @rule(text=texts, by=people, span=spans, label=labels)
    def annotate(self, text, by, span, label):
        model, key = self.model, uuid.uuid4()
        may = model.may_take(text, by) and model.work.get((text, by)) in WRITABLE and label in model.names
        if self.does(lambda: factories.annotation(self.by(by), self.story(text), *span, label, key=key), if_=may):
            model.work.setdefault((text, by), "open")
            model.marks.append(Mark(key, text, by, span, label))

    @precondition(lambda self: self.model.marks)
    @rule(number=numbers, span=spans, label=labels)
    def edit(self, number, span, label):
        mark = self.some_mark(number)
        text = self.story(mark.text).current_version.text
        change = AnnotationChange(span=Span(*span), quote=text[slice(*span)], label=label)
        may = self.is_writable(mark) and (label == mark.label or label in self.model.names)
        if self.does(
            lambda: change_annotation(mark.key, change, by=self.by(mark.by), base_version=mark.version), if_=may
        ) and (mark.span, mark.label) != (span, label):
            mark.span, mark.label, mark.version = span, label, mark.version + 1

    @precondition(lambda self: self.model.marks)
    @rule(number=numbers, stands=st.booleans())
    def undo_and_redo(self, number, stands):
        mark = self.some_mark(number)
        act = restore_annotation if stands else withdraw_annotation
        if (
            self.does(lambda: act(mark.key, by=self.by(mark.by), base_version=mark.version), if_=self.is_writable(mark))
            and mark.stands != stands
        ):
            mark.stands, mark.version = stands, mark.version + 1

    @precondition(lambda self: self.model.marks)
    @rule(number=numbers)
    def change_what_is_another_s_or_was_changed(self, number):
        mark = self.some_mark(number)
        other = next(name for name in PEOPLE if name != mark.by)
        self.does(lambda: withdraw_annotation(mark.key, by=self.by(other), base_version=mark.version), if_=False)
        if mark.stands:
            base = mark.version + 1
            self.does(lambda: withdraw_annotation(mark.key, by=self.by(mark.by), base_version=base), if_=False)

    def is_writable(self, mark: Mark) -> bool:
        return self.model.work.get((mark.text, mark.by)) in WRITABLE

    # Handing in

    @rule(text=texts, by=people)
    def submit(self, text, by):
        state = self.model.work.get((text, by))
        may = state not in (None, "skipped", "accepted") or (
            state in (None, "skipped") and self.model.held(text) < PLACES
        )
        if self.does(lambda: submit(self.story(text), by=self.by(by), sets_warnings_aside=True), if_=may):
            self.model.work[text, by] = "submitted"

    @rule(text=texts, by=people)
    def reopen(self, text, by):
        state = self.model.work.get((text, by))
        if state == "submitted":
            may = text not in self.model.review
        else:
            may = state in ("open", "returned") or (state != "accepted" and self.model.held(text) < PLACES)
        if self.does(lambda: reopen(self.story(text), by=self.by(by)), if_=may) and state != "returned":
            self.model.work[text, by] = "open"

    @precondition(lambda self: self.model.work)
    @rule(number=numbers)
    def give_back(self, number):
        work = self.model.work
        text, by = sorted(work)[number % len(work)]
        may = work[text, by] in (*HANDED_IN, "returned") and self.model.review.get(text) != "finished"
        if work[text, by] == "returned" and not self.was_given_back(text, by):
            may = False
        if self.does(lambda: return_work(self.assignment(text, by), "Bitte prüfen.", by=self.by("rosa")), if_=may):
            work[text, by] = "returned"

    def was_given_back(self, text: int, by: str) -> bool:
        return self.model.work[text, by] == "returned"  # always with the same note, so that it is no error

    # Review

    @rule(text=texts, number=numbers)
    def adjudicate(self, text, number):
        handed_in = self.model.handed_in(text)
        may = bool(handed_in) and self.model.review.get(text) != "finished"
        whose = handed_in[number % len(handed_in)] if handed_in else "ada"
        if self.does(lambda: self.settle_all(text, whose), if_=may):
            self.model.review[text] = "finished"
            self.model.gold[text] = sorted(set(self.model.said(text, whose)))
            for by in handed_in:
                self.model.work[text, by] = "accepted"

    def settle_all(self, text: int, whose: str) -> None:
        story, rosa, person = self.story(text), self.by("rosa"), self.by(whose)
        take_over(story, by=rosa)
        for state in review_of(story.current_version).units:
            known = state.ruling
            if known is None or known.outcome != Ruling.Outcome.AGREED:
                replaces = known.key if known else None
                new = NewRuling(uuid.uuid4(), state.unit.name, "chosen", person=person.uuid, replaces=replaces)
                settle(story, new, by=rosa)
        finish(story, by=rosa)

    @rule(text=texts)
    def reopen_review(self, text):
        may = bool(self.model.handed_in(text))
        if self.does(lambda: reopen_adjudication(self.story(text), by=self.by("rosa")), if_=may):
            self.model.review[text] = "open"

    # Labels

    def revise(self, change) -> None:
        wanted = [new_label_of(label) for label in current_labels(self.project)]
        revise_label_set(change(wanted), by=self.by("mia"))

    @rule(label=labels, name=st.sampled_from(["Fact", "Figure", "Person"]))
    def rename_label(self, label, name):
        def renamed(wanted):
            return [NewLabel(each.key, name) if each.key == label else each for each in wanted]

        names = self.model.names
        may = label not in names or name not in [each for key, each in names.items() if key != label]
        if self.does(lambda: self.revise(renamed), if_=may) and label in names:
            names[label] = name

    @precondition(lambda self: len(self.model.names) > 1)
    @rule(label=labels)
    def delete_label(self, label):
        if self.does(lambda: self.revise(lambda wanted: [each for each in wanted if each.key != label]), if_=True):
            self.model.names.pop(label, None)

    @rule(label=labels, into=labels)
    def merge_labels(self, label, into):
        may = label != into and into in self.model.names
        if not self.does(lambda: self.merge(label, into), if_=may):
            return
        self.model.names.pop(label, None)
        for mark in self.model.marks:
            if mark.label == label:
                mark.label, mark.version = into, mark.version + 1
        for rows in self.model.gold.values():
            rows[:] = sorted((start, end, into if key == label else key) for start, end, key in rows)

    def merge(self, label: str, into: str) -> None:
        job = start_merging_labels(LabelMerge(label, into), by=self.by("mia"))
        run_to_the_end(job.pk, KINDS, owner=owner_name())
        job.refresh_from_db()
        assert job.state == Job.State.DONE, job.message

    # The project and its files

    @invariant()
    def one_more_act(self):
        self.acts_since_a_file += 1

    @rule(is_archived=st.booleans())
    def archive_and_restore(self, is_archived):
        (archive_project if is_archived else restore_project)(by=self.by("mia"))
        self.model.archived = is_archived

    @precondition(lambda self: self.model.archived)
    @rule()
    def restore_soon(self):
        restore_project(by=self.by("mia"))
        self.model.archived = False

    @is_time_for_a_file
    @rule()
    def export(self):
        self.acts_since_a_file = 0
        self.compare_file(exported(self.by("mia")))

    @is_time_for_a_file
    @rule()
    def import_what_is_there(self):
        self.acts_since_a_file = 0
        file = exported(self.by("mia"))

        def act() -> None:
            job = imported(self.by("mia"), {"a.jsonl": file})
            assert (job.state, job.n_created, list(job.problems.values("field", "message"))) == ("done", 0, [])

        if self.does(act, if_=True):
            assert exported(self.by("mia")).splitlines() == file.splitlines()

    @is_time_for_a_file
    @rule(is_undone=st.booleans())
    def import_what_is_new(self, is_undone):
        self.acts_since_a_file = 0
        made = article(f"new-{uuid.uuid4()}", "Der Pegel sinkt.")

        def act() -> None:
            job = imported(self.by("mia"), {"a.jsonl": lines(made)})
            assert (job.state, job.n_created) == ("done", 1)
            if is_undone:
                assert undone(self.by("mia"), job).state == "done"

        if self.does(act, if_=True) and not is_undone:
            self.model.from_files += 1

    def compare_file(self, file: bytes) -> None:
        rows = [orjson.loads(line) for line in file.splitlines()]
        articles = [row for row in rows if row["type"] == "article"]
        assert len(articles) == 2 + self.model.from_files
        names = {self.by(name).pseudonym: name for name in PEOPLE}
        found: Counter = Counter()
        for row in articles:
            for each in row["annotations"]:
                if each["layer"] == "annotator":
                    what = (each["start"], each["end"], each["label"], each["version"], each["withdrawn_at"] is None)
                    found[names[each["annotator"]], uuid.UUID(each["key"]), *what] += 1
        wanted = Counter((m.by, m.key, *m.span, m.label, m.version, m.stands) for m in self.model.marks)
        assert found == wanted

    # What holds after each step

    @invariant()
    def rows_are_as_the_model_has_them(self):
        places = {story.current_version_id: n for n, story in enumerate(self.texts)}
        marks, gold = [], defaultdict(list)
        rows = Annotation.objects.filter(version__in=places)
        for row in rows.values_list(
            *("key", "version_id", "created_by__user__username", "start", "end"),
            *("label__key", "version_number", "withdrawn_at", "layer"),
        ):
            key, version, by, start, end, label, number, withdrawn_at, layer = row
            if layer == "gold" and withdrawn_at is None:
                gold[places[version]].append((start, end, label))
            elif layer == "annotator":
                marks.append(Mark(key, places[version], by, (start, end), label, number, withdrawn_at is None))
        assert sorted(marks, key=lambda mark: mark.key) == sorted(self.model.marks, key=lambda mark: mark.key)
        assert {text: sorted(gold[text]) for text in (0, 1)} == self.model.gold
        work = Assignment.objects.filter(version__in=places).values_list(
            "version_id", "annotator__user__username", "state"
        )
        assert {(places[version], by): state for version, by, state in work} == self.model.work
        reviews = Adjudication.objects.filter(version__in=places).values_list("version_id", "state")
        assert {places[version]: state for version, state in reviews} == self.model.review
        assert {label.key: label.name for label in current_labels(self.project)} == self.model.names

    @invariant()
    def the_record_of_acts_replays_to_what_is_there(self):
        """AP-1: each act begins where the one before it ended, and where the last one ended is what is there."""
        marks, work, reviews, archived = {}, {}, {}, False
        places = {str(story.uuid): story.current_version_id for story in self.texts}
        assignments = {
            str(row.uuid): row
            for row in Assignment.objects.filter(version__in=places.values()).select_related("annotator")
        }
        for verb, kind, key, before, after in (
            AuditEvent.objects.filter(project=self.project)
            .order_by("pk")
            .values_list("verb", "object_type", "object_key", "before", "after")
        ):
            if kind == "annotation":
                assert before == marks.get(key, {}), verb
                marks[key] = after
            elif kind == "assignment":
                if "state" in before:
                    assert before["state"] == work.get(key, "open"), verb  # those that were given begin as open
                work[key] = "skipped" if verb == "assignment.reassigned" else after["state"]
            elif verb == "labels.merged":
                for mark in marks.values():
                    if mark["label"] == before["label"]:
                        mark.update(label=after["label"], version=mark["version"] + 1)
            elif verb == "adjudication.finished":
                reviews[key] = "finished"
                for uuid_, row in assignments.items():
                    if row.version_id == places[key] and work.get(uuid_) == "submitted":
                        work[uuid_] = "accepted"
            elif verb in ("adjudication.reopened", "adjudication.taken_over", "ruling.made"):
                reviews[key] = "open"
            elif verb in ("project.archived", "project.restored"):
                archived = verb == "project.archived"
        assert marks == {
            str(mark.key): {
                "start": mark.span[0],
                "end": mark.span[1],
                "label": mark.label,
                "version": mark.version,
                "withdrawn": not mark.stands,
            }
            for mark in self.model.marks
        }
        assert {key: work.get(key, "open") for key in assignments} == {
            key: row.state for key, row in assignments.items()
        }
        assert {places[key]: state for key, state in reviews.items()} == dict(
            Adjudication.objects.filter(version__in=places.values()).values_list("version_id", "state")
        )
        assert archived == self.model.archived

    @invariant()
    def counters_equal_recomputation(self):
        assert not wrong_counters(self.project).exists()
        with connection.cursor() as cursor:
            cursor.execute(WRONG_WORK_COUNTS)
            assert cursor.fetchone() == (0,)

    @invariant()
    def progress_equals_recomputation(self):
        found = first_round(self.project.pk)
        counted = {each.person.user.username: each.states for each in counts_of_round(found)}
        wanted: dict[str, Counter] = defaultdict(Counter)
        for (_text, by), state in self.model.work.items():
            wanted[by][state] += 1
        assert counted == {by: dict(states) for by, states in wanted.items()}
        held = [self.model.held(text) for text in (0, 1)]
        assert places_of_round(found) == {
            "articles": 2 + self.model.from_files,
            "full": sum(n >= PLACES for n in held),
            "untouched": sum(n == 0 for n in held) + self.model.from_files,
        }

    @invariant()
    def agreement_reads_what_was_handed_in(self):
        scope = scope_of(self.project)
        names = [self.by_id.get(person.id) for person in scope.people]
        found = {}
        for read in read_texts(scope, [story.current_version_id for story in self.texts], Counter()):
            spans = {
                names[n]: sorted((start, end, label) for label, start, end in each)
                for n, each in read.text.spans.items()
            }
            found[read.version_id] = spans
        wanted = {}
        for text, story in enumerate(self.texts):
            handed_in = self.model.handed_in(text)
            is_reviewed = bool(self.model.gold[text]) or self.model.review.get(text) == "finished"
            if len(handed_in) > 1 or (handed_in and is_reviewed):
                wanted[story.current_version_id] = {by: self.model.said(text, by) for by in handed_in}
        assert found == wanted

    @property
    def by_id(self) -> dict[int, str]:
        return dict(Membership.objects.filter(project=self.project).values_list("pk", "user__username"))

    @invariant()
    def the_queue_of_reviews_counts_alike(self):
        rows = waiting(self.project).between(0, 1_000)
        found = {each.version_id: (each.n_people, each.n_given, each.missing) for each in rows}
        wanted = {}
        for text, story in enumerate(self.texts):
            people = self.model.handed_in(text)
            if len(people) > 1 and self.model.review.get(text) != "finished":
                said = [set(self.model.said(text, by)) for by in people]
                n = sum(map(len, said))
                wanted[story.current_version_id] = (len(people), n, len(set().union(*said)) * len(people) - n)
        assert found == wanted


@pytest.mark.django_db
@pytest.mark.long
def test_any_sequence_of_acts_leaves_what_the_model_says():
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    phases = tuple(Phase) if IS_LONG else (Phase.explicit, Phase.generate)
    chosen = settings(
        max_examples=SEQUENCES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=checks,
    )
    run_state_machine_as_test(LifeCycle, settings=chosen)
