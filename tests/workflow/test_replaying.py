"""AP-1: the record of acts, replayed, gives what is there of claims, evidence, verdicts, talk, relations and labels.

Annotations, assignments and reviews are replayed beside their life cycle (`test_life_cycle`).
"""

from __future__ import annotations

import os
import random
import uuid
from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from annotations.errors import WorkbenchError
from annotations.models import (
    Annotation,
    ArticleLabel,
    AuditEvent,
    Claim,
    ClaimDesk,
    ClaimMention,
    Comment,
    CommentThread,
    EvidenceItem,
    Membership,
    Relation,
    Verdict,
)
from annotations.workflow import claiming, desk, discussing, evidence, relating, verdicts
from annotations.workflow.projects import NewLabel, revise_label_set
from tests import factories

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SEQUENCES, STEPS = (20 if IS_LONG else 1), 120


class Acts:
    """Acts of four people on one article's judgements, drawn by chance; what is refused leaves nothing."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        mia = factories.project(f"p{seed}", visibility="open")
        self.people = [mia, factories.member(mia, "ada"), factories.member(mia, "ben")]
        self.people.append(factories.member(mia, "rosa", "reviewer"))
        self.project = mia.project
        labels = [NewLabel(key, key.title(), applies_to="relation") for key in ("answers", "repeats")]
        labels += [NewLabel(key, key.title(), applies_to="article") for key in ("topic", "mood")]
        revise_label_set([NewLabel("claim", "Claim"), *labels], by=mia)
        self.story = factories.article(mia)
        for person in self.people[1:3]:
            for span in ((4, 9), (12, 17), (28, 40)):
                factories.annotation(person, self.story, *span, "claim")
        self.done: Counter[str] = Counter()

    def act(self) -> None:
        what = self.chance.choice(self.ALL)
        try:
            with transaction.atomic():
                what(self)
        except (WorkbenchError, LookupError):
            self.done["refused"] += 1
        else:
            self.done[what.__name__] += 1

    def one(self, model: Any) -> Any:
        """Return any row of the project, withdrawn ones too; `LookupError` where there is none."""
        return self.chance.choice(list(model.objects.filter(project=self.project).order_by("pk")))

    def owner(self, row: Any) -> Membership:
        """Return mostly whose it is, and sometimes another, who is refused or may change it too."""
        others = [self.chance.choice(self.people)] if self.chance.random() < 0.2 else []
        return (others or [next(each for each in self.people if each.pk == row.created_by_id)])[0]

    def words(self) -> str:
        return f"Wort {self.chance.randrange(6)}"

    def version(self, row: Any) -> int:
        return max(1, row.version_number - self.chance.randrange(1, 3))

    def relate(self) -> None:
        who = self.chance.choice(self.people)
        ends = [self.one(Annotation).key, self.one(Annotation).key]
        label = self.chance.choice(["answers", "repeats"])
        relating.relate(relating.NewRelation(uuid.uuid4(), *ends, label, self.words()), by=who)

    def label(self) -> None:
        who, label = self.chance.choice(self.people), self.chance.choice(["topic", "mood"])
        relating.label_article(
            relating.NewArticleLabel(uuid.uuid4(), self.story.current_version.uuid, label, self.words()), by=who
        )

    def change_relation(self) -> None:
        row = self.one(Relation)
        change = relating.LabelChange(label=self.chance.choice(["answers", "repeats"]), note=self.words())
        relating.change_relation(row.key, change, by=self.owner(row), base_version=row.version_number)

    def change_label(self) -> None:
        row = self.one(ArticleLabel)
        change = relating.LabelChange(label=self.chance.choice(["topic", "mood"]), note=self.words())
        relating.change_article_label(row.key, change, by=self.owner(row), base_version=row.version_number)

    def claim(self) -> None:
        who = self.chance.choice(self.people[1:3])
        mention = claiming.NewMention(uuid.uuid4(), self.one(Annotation).key) if self.chance.random() < 0.7 else None
        claimant, details = self.chance.choice(["", "Zoë"]), claiming.ClaimDetails(**self.claim_details())
        claiming.make_claim(uuid.uuid4(), self.words(), by=who, mention=mention, claimant=claimant, details=details)

    def claim_details(self) -> dict[str, Any]:
        return {
            "claim_type": self.chance.choice(["", "numerical", "opinion"]),
            "check_worthiness": self.chance.choice(["", "unimportant", "worth_checking"]),
            "evidence_cutoff": self.chance.choice([None, date(2024, 2, 29), date(2024, 3, 1)]),
        }

    def change_claim(self) -> None:
        row = self.one(Claim)
        changes = {"text": self.words(), "claimant": self.chance.choice(["", "Zoë", "Ann"])} | self.claim_details()
        claiming.change_claim(row.key, changes, by=self.owner(row), base_version=row.version_number)

    def mention(self) -> None:
        new = claiming.NewMention(uuid.uuid4(), self.one(Annotation).key, self.chance.choice(["asserts", "denies"]))
        claiming.mention_claim(self.one(Claim).key, new, by=self.chance.choice(self.people[1:3]))

    def change_mention(self) -> None:
        row = self.one(ClaimMention)
        stance = self.chance.choice(["asserts", "denies"])
        claiming.change_mention(row.key, stance, by=self.owner(row), base_version=row.version_number)

    def cite(self) -> None:
        link = evidence.SourceLink(f"https://amt.example/{self.chance.randrange(3)}", title=self.words())
        about: dict[str, Any] = {"claim": self.one(Claim).key}
        if self.chance.random() < 0.3:
            keys = {"claim_key": uuid.uuid4(), "mention_key": uuid.uuid4()}
            about = {"annotation": self.one(Annotation).key, **keys}
        evidence.attach_source(evidence.NewEvidence(uuid.uuid4(), link, **about), by=self.chance.choice(self.people))

    def change_evidence(self) -> None:
        row = self.one(EvidenceItem)
        changes = {"stance": self.chance.choice(["supports", "refutes"]), "note": self.words(), "origin": self.words()}
        evidence.change_evidence(row.key, changes, by=self.owner(row), base_version=row.version_number)

    def withdraw_or_restore(self) -> None:
        model, act, back = self.chance.choice(
            [
                (Claim, claiming.set_claim_withdrawn, None),
                (ClaimMention, claiming.set_mention_withdrawn, None),
                (EvidenceItem, evidence.set_evidence_withdrawn, None),
                (Relation, relating.withdraw_relation, relating.restore_relation),
                (ArticleLabel, relating.withdraw_article_label, relating.restore_article_label),
            ]
        )
        row, withdraws = self.one(model), self.chance.random() < 0.6
        known: dict[str, Any] = {"by": self.owner(row), "base_version": row.version_number}
        if back is None:
            act(row.key, withdraws, **known)
        else:
            (act if withdraws else back)(row.key, **known)

    def revert(self) -> None:
        model, act = self.chance.choice(
            [
                (Claim, claiming.revert_claim),
                (ClaimMention, claiming.revert_mention),
                (EvidenceItem, evidence.revert_evidence),
                (Relation, relating.revert_relation),
                (ArticleLabel, relating.revert_article_label),
            ]
        )
        row = self.one(model)
        act(row.key, self.version(row), by=self.owner(row), base_version=row.version_number)

    def judge(self) -> None:
        claim, who = self.one(Claim), self.chance.choice([self.people[0], self.people[3]])
        standing = Verdict.objects.filter(claim=claim, superseded_by_verdict__isnull=True).first()
        value, note = self.chance.choice(["supported", "refuted"]), self.words() if standing else ""
        sets = (1,) if EvidenceItem.objects.filter(evidence_set__claim=claim).exists() else ()
        before = standing.key if standing else None
        verdicts.reach_verdict(
            verdicts.NewVerdict(uuid.uuid4(), claim.key, value, self.words(), sets, before, note), by=who
        )

    def move(self) -> None:
        claim, who = self.one(Claim), self.chance.choice([self.people[0], self.people[3]])
        state = self.chance.choice([*ClaimDesk.State.values])
        change = desk.DeskChange(state=state, assignee=self.chance.choice(["", str(who.uuid)]))
        desk.change_desk(claim.key, change, by=who, base_version=desk.desk_of(claim).version_number)

    def merge(self) -> None:
        claim = self.one(Claim)
        version = desk.desk_of(claim).version_number
        desk.merge_claims(claim.key, self.one(Claim).key, by=self.people[3], base_version=version)

    def part(self) -> None:
        claim = self.one(ClaimDesk).claim
        desk.part_claim(claim.key, by=self.people[3], base_version=desk.desk_of(claim).version_number)

    def talk(self) -> None:
        article, claim = self.chance.choice([(None, self.one(Claim).key), (self.story.uuid, None)])
        new = discussing.NewThread(uuid.uuid4(), uuid.uuid4(), self.words(), article, claim=claim)
        discussing.begin_thread(new, by=self.chance.choice(self.people))

    def answer(self) -> None:
        discussing.answer(self.one(CommentThread).key, uuid.uuid4(), self.words(), by=self.chance.choice(self.people))

    def reword_or_remove(self) -> None:
        said = self.one(Comment)
        known: dict[str, Any] = {"by": self.owner(said), "base_version": said.version_number}
        if self.chance.random() < 0.5:
            discussing.edit_comment(said.key, self.words(), **known)
        else:
            discussing.remove_comment(said.key, **known)

    def resolve_or_reopen(self) -> None:
        thread = self.one(CommentThread)
        act = self.chance.choice([discussing.resolve_thread, discussing.reopen_thread])
        act(thread.key, by=self.chance.choice(self.people), base_version=thread.version_number)

    ALL = (
        *(relate, relate, label, change_relation, change_label, claim, claim, change_claim, mention, change_mention),
        *(cite, cite, change_evidence, withdraw_or_restore, withdraw_or_restore, revert, revert, judge, judge, move),
        *(merge, part, talk, answer, reword_or_remove, resolve_or_reopen),
    )


FRESH = {"version": 1, "withdrawn": False}


class Replay:
    """What the record of a project alone says there is; each act begins where the one before it ended."""

    def __init__(self, events: Any) -> None:
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        for event in events:
            text = dict(event.text.values) if hasattr(event, "text") else {}
            self.take(event.verb, event.object_type, event.object_key, event.before, event.after, text)

    def take(self, verb: str, kind: str, key: str, before: dict, after: dict, text: dict) -> None:
        earlier = text.pop("earlier", {})
        known = self.rows.setdefault((kind, key), {})
        if kind == "claim" and verb in ("claim.moved", "claim.merged", "claim.parted"):
            known = self.rows.setdefault(("desk", key), {"state": "new", "assignee": "", "merged": ""})
            if verb != "claim.moved":
                before, after = {"merged": before.get("claim", "")}, {"merged": after.get("claim", "")}
                for (of, _key), other in self.rows.items():  # those that it stood for go along
                    if of == "desk" and other["merged"] == key:
                        other |= after
        if kind in ("claim", "mention", "evidence", "relation", "article_label"):
            assert {name: known.get(name) for name in before} == before, verb
            said = {name: known.get(name) or "" for name in earlier}
            assert said == {name: value or "" for name, value in earlier.items()}, verb
        if verb.endswith(".created") and kind in ("claim", "mention", "evidence", "comment"):
            known |= FRESH
        if verb == "claim.created" and after:
            mention = {"claim": key, "annotation": after["annotation"], "stance": after["stance"]}
            self.rows["mention", after["mention"]] = FRESH | mention
            after = {}
        if verb == "verdict.reached":
            place = self.rows.setdefault(("desk", after["claim"]), {"state": "new", "assignee": "", "merged": ""})
            place["state"] = after.pop("state")
        if verb == "verdict.published":
            known["published"] = True
            return
        if verb.startswith("thread."):
            if "comment" in after:
                known |= {"version": 1, "resolved": False}
                self.rows["comment", after.pop("comment")] = FRESH | {"thread": key, **text}
                text = {}
            else:
                known["resolved"] = verb == "thread.resolved"
        if verb == "comment.removed":
            text, after = {"text": ""}, after | {"withdrawn": True}
        text.pop("earlier_text", None)
        after.pop("called", None)
        known.update(after, **text)


def what_is_there(project: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Read the same from the tables."""
    found: dict[tuple[str, str], dict[str, Any]] = {}

    def state(row: Any) -> dict[str, Any]:
        return {"version": row.version_number, "withdrawn": row.withdrawn_at is not None}

    def rows(model: Any, *related: str) -> Any:
        return model.objects.filter(project=project).select_related(*related)

    for row in rows(Claim):
        details = {"claim_type": row.claim_type, "check_worthiness": row.check_worthiness}
        until = row.evidence_cutoff.isoformat() if row.evidence_cutoff else None
        said = {"text": row.text, "claimant": row.claimant, **details, "evidence_cutoff": until}
        found["claim", str(row.key)] = state(row) | said
    for row in rows(ClaimMention, "claim", "annotation"):
        ends = {"claim": str(row.claim.key), "annotation": str(row.annotation.key), "stance": row.stance}
        found["mention", str(row.key)] = state(row) | ends
    for row in rows(EvidenceItem, "evidence_set__claim"):
        words = {name: getattr(row, name) for name in ("url", "title", "note", "origin")}
        about = {"claim": str(row.evidence_set.claim.key), "stance": row.stance}
        found["evidence", str(row.key)] = state(row) | about | words
    for row in rows(Relation, "label", "from_annotation", "to_annotation"):
        ends = {"from": str(row.from_annotation.key), "to": str(row.to_annotation.key)}
        found["relation", str(row.key)] = state(row) | ends | {"label": row.label.key, "note": row.note}
    for row in rows(ArticleLabel, "label"):
        found["article_label", str(row.key)] = state(row) | {"label": row.label.key, "note": row.note}
    for row in rows(Verdict, "claim", "value", "supersedes").prefetch_related("evidence_sets__claim"):
        found["verdict", str(row.key)] = {
            "claim": str(row.claim.key),
            "value": row.value.key,
            "supersedes": str(row.supersedes.key) if row.supersedes else "",
            "sets": [{"claim": str(each.claim.key), "n": each.n} for each in row.evidence_sets.all()],
            "rationale": row.rationale,
            "correction_note": row.correction_note,
            "published": row.published_at is not None,
        }
    for row in rows(CommentThread, "claim", "version__article"):
        about = {"claim": str(row.claim.key)} if row.claim else {"article": str(row.version.article.uuid)}
        found["thread", str(row.key)] = about | {"version": row.version_number, "resolved": row.resolved_at is not None}
    for row in Comment.objects.filter(thread__project=project).select_related("thread"):
        found["comment", str(row.key)] = state(row) | {"thread": str(row.thread.key), "text": row.text}
    for row in ClaimDesk.objects.filter(project=project).select_related("claim", "assignee"):
        found["desk", str(row.claim.key)] = {
            "state": row.state,
            "assignee": str(row.assignee.uuid) if row.assignee else "",
            "merged": str(row.merged_into or ""),
        }
    return found


def without_nothing(rows: dict[tuple[str, str], dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Leave out what is empty: the record says nothing of it."""
    return {
        place: {name: value for name, value in row.items() if value not in ("", None, [], False)}
        for place, row in rows.items()
    }


@pytest.mark.django_db
def test_the_record_of_any_acts_replays_to_what_is_there():
    kinds = ("claim", "mention", "evidence", "relation", "article_label", "verdict", "thread", "comment", "desk")
    done: Counter[str] = Counter()
    for seed in range(SEQUENCES):
        with transaction.atomic():
            acts = Acts(seed)
            for _step in range(STEPS):
                acts.act()
            events = AuditEvent.objects.filter(project=acts.project).select_related("text").order_by("pk")
            replayed = {place: row for place, row in Replay(events).rows.items() if place[0] in kinds}
            assert without_nothing(replayed) == without_nothing(what_is_there(acts.project)), seed
            done += acts.done
            transaction.set_rollback(True)

    assert done.pop("refused") < done.total()
    assert IS_LONG is False or {act.__name__ for act in Acts.ALL} <= set(done)
