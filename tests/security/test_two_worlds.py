"""BL-3: two worlds that differ only in what others did give Ada the same replies, whatever she reads and writes.

Each pair has the same script of Ada's: requests drawn from all routes, then every route that is read. In between
others annotate, claim, cite, decide, hand in, talk, judge, settle, search and export, at other times and other things
in each world. The clock stands still for her, so that a time of theirs would show. Who gets which article is the same
in both worlds (the check asks for no more): the others' places were given to them before.
"""

from __future__ import annotations

import os
import random
import re
import secrets
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import settings as hypothesis_settings

from annotations.errors import WorkbenchError
from annotations.jobs.running import run_job
from annotations.jobs.starting import start_export
from annotations.models import (
    Annotation,
    Article,
    ArticleLabel,
    Assignment,
    Claim,
    Comment,
    CommentThread,
    EvidenceItem,
    Job,
    Membership,
    QuoteLink,
    Relation,
    Suggestion,
    User,
)
from annotations.search.article_filters import ArticleFilters
from annotations.search.saved_filters import save_filter
from annotations.tasks import KINDS
from annotations.workflow import annotating, assigning, claiming, desk, discussing, evidence, projects, relating
from annotations.workflow.adjudicating import NewRuling, settle, take_over
from annotations.workflow.annotating import AnnotationChange
from annotations.workflow.claiming import NewMention
from annotations.workflow.evidence import NewEvidence, SourceLink
from annotations.workflow.passages import PassageDecision, decide_passage
from annotations.workflow.presence import be_present
from annotations.workflow.reviewing import review_of
from annotations.workflow.suggesting import Decided, decide
from annotations.workflow.verdicts import NewVerdict, reach_verdict
from tests import factories

from . import world as worlds
from .test_access_matrix import rows
from .test_blind_sweep import RANKS, VOLATILE, VOLATILE_HEADERS, addresses
from .world import World, body_of, build_world, content_of, path_of, send

IS_LONG = hypothesis_settings.default.max_examples > 100
#: every further world of a script makes a pair with its first: 500 at length, 2 in a quick run. A script whose replies
#: differ is run again alone by its number: `SCRIPTS=1 FROM_SCRIPT=17`
PAIRS_A_SCRIPT = 4 if IS_LONG else 2
SCRIPTS, FROM_SCRIPT = int(os.environ.get("SCRIPTS", 125 if IS_LONG else 1)), int(os.environ.get("FROM_SCRIPT", 0))
#: how many requests of Ada's there are between what others do, and how much those do at most in one go
STEPS, MOST_ACTS = 14, 6
#: what is made by chance: UUIDs, pseudonyms, and what the admin calls rows
NAMES = re.compile(
    rb"\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[a-z]+-[a-z]+-[0-9]{3}|[0-9a-f]{16})\b"
)
#: what is random in a reply for itself: the secret of a new token and how it begins, that of a second factor, drawn too
SECRETS = [
    (rb'"(?:token|secret)": ?"[^"]+"', b"SECRET"),
    (rb'(?<=value=")[\w-]{40,}(?=")', b"SECRET"),
    (rb'(?s)shape-rendering="crispEdges">.*?</svg>', b"SECRET"),
    (rb'(?<=class="secret">)[A-Z2-7]+', b"SECRET"),
    (rb"\bcw_[\w-]+", b"SECRET"),
]
WORDS = ("Preis", "Menge", "Haus", "Flut")
#: Ada's own writes that others' work could get in the way of, or that could get in theirs, come more often
OFTEN = ("annotations/", "evidence/", "claims/", "submit/", "reopen/", "labels/", "decide/", "exports/", "next/")


class Clock(datetime):
    """What `timezone.now` and the defaults of all times read."""

    present = datetime(2026, 11, 20, 12, tzinfo=UTC)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        """Return the time that was set."""
        return cls.present


class Drawn(random.Random):
    """Draws the pseudonyms of people whom Ada takes in; lists are ordered by them."""

    token_hex = staticmethod(secrets.token_hex)

    def randbelow(self, end: int) -> int:
        """Draw as `secrets` does."""
        return self.randrange(end)


@dataclass
class Others:
    """Everybody but Ada in her project, and what they do, drawn by chance."""

    world: World
    chance: random.Random
    done: list[str] = field(default_factory=list)
    #: the kinds of what was ruled on
    ruled: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        members = Membership.objects.select_related("project").filter(project=self.world.ours.manager.project)
        named = {each.user.username: each for each in members if each.user}
        self.ada = named["ada"]
        self.annotators = [named["ben"], named["ada2"]]
        self.judges = [named["rosa"], named["mia"]]

    def act(self) -> None:
        """Do one thing; what is refused has no effect."""
        what = self.chance.choice(self.ACTS)
        try:
            with transaction.atomic():
                what(self)
        except (WorkbenchError, Nothing) as refused:
            self.done.append(f"{what.__name__}: {getattr(refused, 'code', 'nothing')}")
        else:
            self.done.append(what.__name__)

    def annotator(self) -> Membership:
        return self.chance.choice(self.annotators)

    def judge(self) -> Membership:
        return self.chance.choice(self.judges)

    def article(self) -> Article:
        held = Assignment.objects.filter(annotator__in=self.annotators).values("version__article")
        return self.one(Article.objects.select_related("current_version", "project").filter(pk__in=held))

    def one(self, queryset: Any) -> Any:
        found = list(queryset.order_by("pk"))
        if not found:
            raise Nothing
        return self.chance.choice(found)

    def of(self, model: Any, who: Membership) -> Any:
        return self.one(model.objects.filter(project=who.project, created_by=who))

    def key(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)

    def words(self) -> str:
        return f"{self.chance.choice(WORDS)} {self.chance.randrange(1000)}"

    def link(self) -> SourceLink:
        """Return a source that Ada may cite too, or one of their own."""
        url = self.chance.choice(["https://amt.example/", "https://amt.example/3", f"https://x.example/{self.words()}"])
        return SourceLink(url.replace(" ", ""), title=self.words(), note=self.words(), stance="refutes")

    def annotate(self) -> None:
        who, story = self.annotator(), self.article()
        start = self.chance.randrange(story.current_version.length - 2)
        end = self.chance.randrange(start + 1, story.current_version.length + 1)
        label = self.chance.choice(["claim", "number", "date", "quotation"])
        factories.annotation(who, story, start, end, label, note=self.words(), key=self.key())

    def change(self) -> None:
        who = self.annotator()
        row = self.of(Annotation, who)
        new = AnnotationChange(label=self.chance.choice(["claim", "actor"]), note=self.words())
        annotating.change_annotation(row.key, new, by=who, base_version=row.version_number)

    def withdraw(self) -> None:
        who = self.annotator()
        row = self.of(Annotation, who)
        annotating.withdraw_annotation(row.key, by=who, base_version=row.version_number)

    def relate(self) -> None:
        who = self.annotator()
        ends = [self.of(Annotation, who).key, self.of(Annotation, who).key]
        relating.relate(relating.NewRelation(self.key(), *ends, "answers", self.words()), by=who)

    def label_article(self) -> None:
        who, label = self.annotator(), self.chance.choice(["topic", "mood"])
        version = self.article().current_version.uuid
        relating.label_article(relating.NewArticleLabel(self.key(), version, label, self.words()), by=who)

    def unrelate(self) -> None:
        who = self.annotator()
        row = self.of(Relation, who)
        relating.withdraw_relation(row.key, by=who, base_version=row.version_number)

    def unlabel_article(self) -> None:
        who = self.annotator()
        row = self.of(ArticleLabel, who)
        relating.withdraw_article_label(row.key, by=who, base_version=row.version_number)

    def claim(self) -> None:
        who = self.annotator()
        mention = NewMention(self.key(), self.of(Annotation, who).key)
        claiming.make_claim(self.key(), self.words(), by=who, mention=mention)

    def cite(self) -> None:
        who = self.annotator()
        evidence.attach_source(NewEvidence(self.key(), self.link(), claim=self.of(Claim, who).key), by=who)

    def decide_suggestion(self) -> None:
        who = self.annotator()
        offered = self.one(Suggestion.objects.filter(project=who.project))
        state = self.chance.choice(["accepted", "dismissed"])
        decide([Decided(offered.key, state, 0, self.key() if state == "accepted" else None)], by=who)

    def decide_passage(self) -> None:
        who = self.chance.choice([*self.annotators, *self.judges])
        link = self.one(QuoteLink.objects.filter(project=who.project))
        state = self.chance.choice(["confirmed", "rejected"])
        decide_passage(link.key, PassageDecision(state, 0, note=self.words()), by=who)

    def hand_in(self) -> None:
        who = self.annotator()
        assigning.submit(self.article(), by=who, sets_warnings_aside=True)

    def open_again(self) -> None:
        assigning.reopen(self.article(), by=self.annotator())

    def settle(self) -> None:
        """Settle what Ada has no part in: that a reviewer began with her own work she is told when she reopens it."""
        take_over(self.without_ada(), by=self.judge())

    def dispute(self) -> None:
        """Hand in claims and evidence that differ, on what Ada has no part in."""
        story = self.without_ada()
        for who, stance in zip(self.annotators, ("supports", "refutes"), strict=True):
            made = factories.annotation(who, story, 12, 17, key=self.key())
            draft = claiming.make_claim(self.key(), self.words(), by=who, mention=NewMention(self.key(), made.key))
            link = SourceLink(self.chance.choice(["https://amt.example/", "https://x.example/"]), stance=stance)
            evidence.attach_source(NewEvidence(self.key(), link, claim=draft.key), by=who)
            assigning.submit(story, by=who, sets_warnings_aside=True)

    def rule(self) -> None:
        """Rule on a few units of it, the claims and evidence that come up by that too."""
        story, who = self.without_ada(), self.judge()
        take_over(story, by=who)
        for _n in range(3):
            states = review_of(story.current_version).differing
            if not states:
                break
            state, outcome = self.chance.choice(states), self.chance.choice(["chosen", "chosen", "apart", "rejected"])
            person = self.annotator().uuid if outcome == "chosen" else None
            replaces = state.ruling.key if state.ruling else None
            new = NewRuling(self.key(), state.unit.name, outcome, person, note=self.words(), replaces=replaces)
            settle(story, new, by=who)
            self.ruled.add(state.unit.kind)

    def without_ada(self) -> Article:
        held = Assignment.objects.filter(annotator=self.ada).values("version__article")
        rows = Article.objects.select_related("current_version", "project").filter(project=self.ada.project)
        return self.one(
            rows.exclude(pk__in=held).filter(current_version__assignments__annotator__in=self.annotators).distinct()
        )

    def talk(self) -> None:
        who, story = self.judge(), self.article()
        words = f"@{self.ada.pseudonym} @{self.annotator().pseudonym} {self.words()}"
        about = self.one(Annotation.objects.filter(project=who.project, version__article=story)).key
        new = discussing.NewThread(self.key(), self.key(), words, story.uuid, self.chance.choice([None, about]))
        discussing.begin_thread(new, by=who)

    def answer(self) -> None:
        thread = self.one(CommentThread.objects.filter(project=self.ada.project))
        discussing.answer(thread.key, self.key(), f"@{self.ada.pseudonym} {self.words()}", by=self.judge())

    def take_back_words(self) -> None:
        who = self.judge()
        said = self.of(Comment, who)
        discussing.remove_comment(said.key, by=who, base_version=said.version_number)

    def look(self) -> None:
        be_present(self.article(), self.key(), self.chance.choice([*self.annotators, *self.judges]))

    def judge_claim(self) -> None:
        """Reach a verdict on anybody's claim, Ada's too."""
        who = self.judge()
        claim = self.one(Claim.objects.filter(project=who.project))
        items = EvidenceItem.objects.filter(evidence_set__claim=claim)
        sets = tuple(sorted({item.evidence_set.n for item in items.select_related("evidence_set")}))[:1]
        value = self.chance.choice(["refuted", "supported"])
        reach_verdict(NewVerdict(self.key(), claim.key, value, self.words(), sets), by=who)

    def cite_for_claim(self) -> None:
        who = self.judge()
        claim = self.one(Claim.objects.filter(project=who.project))
        evidence.attach_source(NewEvidence(self.key(), self.link(), evidence_set=0, claim=claim.key), by=who)

    def move_desk(self) -> None:
        who = self.judge()
        claim = self.one(Claim.objects.filter(project=who.project))
        desk.change_desk(claim.key, desk.DeskChange(state="gathering", assignee=str(who.uuid)), by=who, base_version=0)

    def merge_claims(self) -> None:
        who = self.judge()
        one, other = (self.one(Claim.objects.filter(project=who.project)) for _n in range(2))
        desk.merge_claims(one.key, other.key, by=who, base_version=0)

    def export(self) -> None:
        job = start_export(self.chance.choice([*self.annotators, *self.judges]))
        if self.chance.random() < 0.5:
            run_job(job.pk, KINDS, owner="another")

    def keep_filter(self) -> None:
        save_filter(self.words(), ArticleFilters(q=self.words()), by=self.annotator())

    def read(self) -> None:
        """Ask for pages, which may leave something behind in the program."""
        client = self.world.clients[self.chance.choice(["peer", "reviewer", "manager"])]
        read = [row["route"] for row in rows() if row["method"] == "GET" and not row["route"].startswith("admin/")]
        content_of(send(client, "GET", path_of(self.chance.choice(read), self.world.ours), {}))

    ACTS = (
        *(annotate, annotate, annotate, annotate, change, withdraw, relate, label_article, unrelate, unlabel_article),
        *(claim, claim, cite, cite, decide_suggestion, decide_passage, hand_in, open_again, settle, talk, talk, answer),
        *(dispute, rule, rule, rule),
        *(take_back_words, look, judge_claim, cite_for_claim, move_desk, merge_claims, export, keep_filter, read),
    )


class Nothing(Exception):
    """There is nothing yet to do it with."""


@dataclass
class Seen:
    """One request of Ada's with its reply, in which what is random is named by its order."""

    request: str
    status: int
    headers: dict[str, str]
    content: bytes


@dataclass
class Reader:
    """Sends what Ada asks, and gives what the server names by chance the number of its first appearance."""

    client: Client
    known: set[bytes]
    numbers: dict[bytes, bytes] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any, key: str) -> Seen:
        """Send a request and return what is equal in both worlds."""
        response = send(self.client, method, path, body, **{"Idempotency-Key": key})
        content = content_of(response)
        for pattern, word in [*VOLATILE, *SECRETS]:
            content = re.sub(pattern, word, content)
        # bodies are compared as a whole, and those with a pseudonym made by chance have another length
        left_out = VOLATILE_HEADERS | {"Content-Length"}
        headers = {name: value for name, value in response.headers.items() if name not in left_out}
        headers = {name: self.named(value.encode()).decode() for name, value in headers.items()}
        return Seen(f"{method} {path}", response.status_code, headers, self.named(content))

    def named(self, content: bytes) -> bytes:
        return NAMES.sub(lambda found: self.name(found.group()), content)

    def name(self, found: bytes) -> bytes:
        if found in self.known:
            return found
        return self.numbers.setdefault(found, b"new-%d" % (len(self.numbers) + 1))


@dataclass
class Script:
    """What Ada asks: some of everything that can be sent, then all that can be read."""

    seed: int
    rank: str
    steps: list[dict[str, str]]
    #: near the real time, by which sessions and cursors end
    begins_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    @classmethod
    def drawn(cls, seed: int) -> Script:
        """Draw a script: its first steps any, its last all that is read."""
        chance = random.Random(seed)
        rank = os.environ.get("RANK") or chance.choice(["member", *RANKS]) if seed else "member"
        every = [row for row in rows() if row["method"] != "GET" and not row["route"].startswith("admin/")]
        sent = [row for row in every if row["route"] not in ("logout/", "api/v1/tokens/")]
        weights = [5 if row["route"].endswith(OFTEN) else 1 for row in sent]
        return cls(seed, rank, chance.choices(sent, weights, k=STEPS))


@pytest.fixture
def world(db, monkeypatch) -> World:
    """Give Ada and others the same articles and each some of their own; Ada has begun, the others' places are kept."""
    world = build_world()
    mia, ada = world.ours.manager, world.ours.annotator
    factories.set_project(mia, annotators_per_article=9)  # a full article tells that others have it
    members = Membership.objects.select_related("project").filter(project=mia.project)
    ben, spare = (members.get(user__username=name) for name in ("ben", "ada2"))
    stories = [Article.objects.select_related("current_version").get(uuid=world.ours.values["article"])]
    stories += [factories.article(mia, f"{factories.GERMAN} {n}", title=f"Der Preis {n}") for n in range(3)]
    factories.suggestion(stories[0], "stieg", "number")
    for story, people in zip(stories, [(ada, ben, spare), (ada, ben), (ben, spare), (ada,)], strict=True):
        for person in people:
            factories.assigned(mia, person, story)
    monkeypatch.setattr(timezone, "datetime", Clock)
    return world


def known_names() -> set[bytes]:
    """Return the names of all that is there before the worlds part."""
    return {name.group() for name in NAMES.finditer(repr(worlds.dump()).encode())}


def replies(world: World, script: Script, others: Others, most: int, known: set[bytes]) -> Iterator[Seen]:
    """Carry the script out, with as much of others' work in between as this world has."""
    keys = random.Random(script.seed)
    User.objects.filter(username="ada").update(**{"is_staff": False, "is_superuser": False} | RANKS[script.rank])
    # named before anything of theirs is removed; the admin is closed to members, whatever there is
    is_staff = script.rank != "member"
    read = [path for path in addresses(world, with_admin=is_staff) if is_staff or not path.startswith("/admin/")]
    reader, start = Reader(world.clients["annotator"], known), script.begins_at

    def new() -> str:
        return str(uuid.UUID(int=keys.getrandbits(128), version=4))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worlds, "_new", new)
        patch.setattr(projects, "secrets", Drawn(script.seed))
        patch.setattr(worlds, "_numbers", iter(range(1000)))
        for n, row in enumerate(script.steps):
            for _act in range(others.chance.randint(0, most)):
                Clock.present = start + timedelta(minutes=n, seconds=others.chance.uniform(1, 59))
                others.act()
            Clock.present = start + timedelta(minutes=n)
            key, path = new(), path_of(row["route"], world.ours)
            yield reader.ask(row["method"], path, body_of(row["method"], row["route"], world.ours), key)
            for job in Job.objects.filter(requested_by=world.ours.annotator, state=Job.State.QUEUED):
                run_job(job.pk, KINDS, owner="this test")
        for path in read:
            yield reader.ask("GET", path, {}, new())


def compared(world: World, seed: int, most: Sequence[int]) -> tuple[list[str], int]:
    """Return how the replies in each further world first differ from the first's, and how much others did in all."""
    script, known = Script.drawn(seed), known_names()
    first: list[Seen] = []
    found, done = [], 0
    for which, acts in enumerate(most):
        with transaction.atomic():
            others = Others(world, random.Random(f"{seed}:{which}"))
            seen = list(replies(world, script, others, acts, known))
            done += sum(":" not in act for act in others.done)
            transaction.set_rollback(True)
        first = first or seen
        for left, right in zip(first, seen, strict=True):
            if left != right:
                found.append(f"script {seed} as {script.rank}, {left.request}: {difference(left, right)}")
                break
    return found, done


def difference(left: Seen, right: Seen) -> str:
    """Say how two replies differ, with the words around the first place."""
    if left.status != right.status:
        return f"{left.status} {left.content[:200]!r} and {right.status} {right.content[:200]!r}"
    if left.headers != right.headers:
        return str(dict(set(left.headers.items()) ^ set(right.headers.items())))
    pairs = zip(left.content, right.content, strict=False)
    at = next((n for n, (one, other) in enumerate(pairs) if one != other), min(len(left.content), len(right.content)))
    return " and ".join(str(each.content[max(0, at - 200) : at + 120]) for each in (left, right))


def test_others_rule_on_claims_and_on_evidence_too(world):
    others = Others(world, random.Random(1))
    for _n in range(8):
        others.dispute() if not Claim.objects.filter(created_by__in=others.annotators).exists() else others.rule()

    assert {"claim", "evidence"} <= others.ruled


def test_two_worlds_that_differ_in_others_work_give_ada_the_same_replies(world):
    found, done = [], 0
    for seed in range(FROM_SCRIPT, FROM_SCRIPT + SCRIPTS):
        # in the first world of every second script nobody but Ada does anything
        differences, acts = compared(world, seed, [MOST_ACTS if seed % 2 else 0] + PAIRS_A_SCRIPT * [MOST_ACTS])
        found += differences
        done += acts

    if found:
        pytest.fail("\n\n".join(found), pytrace=False)
    assert done > 10 * SCRIPTS * PAIRS_A_SCRIPT


@pytest.mark.long
def test_two_worlds_that_differ_in_what_ada_may_see_are_told_apart(world, monkeypatch):
    """Otherwise the worlds would be equal because nothing is compared."""
    world.ours.manager.project.visibility = "open"
    world.ours.manager.project.save(update_fields=["visibility"])

    differences, _done = compared(world, 1, [0, MOST_ACTS])

    assert len(differences) == 1
