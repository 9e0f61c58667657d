"""The pages of agreement and the dashboard with twenty people of long names: nothing for axe, nothing runs sideways."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotations.agreement.running import start_measuring
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import AgreementRun, Annotation, ArticleLabel, Assignment, Membership
from annotations.tasks import KINDS
from annotations.workflow.rounds import first_round
from tests import factories
from tests.browser.conftest import picture
from tests.browser.test_accessibility import LONG, LOOKS, too_wide, violations

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
PEOPLE, ARTICLES = 20, 6
PATIENCE = 60_000
ASKED = [
    {"key": "tone", "name": "Tonfall der Überschrift", "kind": "ordinal", "values": ["ruhig", "erregt", "schrill"]},
    {"key": "dead", "name": "Wie viele Tote?", "kind": "number"},
    {"key": "topics", "name": "Themen", "kind": "many", "values": ["Handel", "Krieg"]},
    {"key": "why", "name": "Warum?", "kind": "text"},
]


@pytest.fixture
def run() -> AgreementRun:
    """Twenty people, whose names are long, marked six articles, answered questions, and were measured."""
    mia = factories.project(name="The flood at Ivel")
    mood = factories.label_for(mia.project, "mood", "article", attributes=ASKED)
    claim, chance = factories.label(mia.project), random.Random(5)
    members = [factories.member(mia, f"person{n:02}") for n in range(PEOPLE)]
    for n, each in enumerate(members):
        Membership.objects.filter(pk=each.pk).update(pseudonym=f"{n:02} {LONG[:80].strip()}"[:100])
    made = [factories.article(mia, title=LONG if n == 1 else f"Meldung {n}") for n in range(ARTICLES)]
    first_round(mia.project_id)
    for article in made:
        text = article.current_version
        own = {"project": mia.project, "version": text, "length": text.length}
        Assignment.objects.bulk_create(
            Assignment(
                project=mia.project,
                version=text,
                annotator=each,
                round=first_round(mia.project_id),
                state="submitted",
                submitted_at=timezone.now() - timedelta(days=chance.randrange(20)),
            )
            for each in members
        )
        spans = [(each, start, chance.choice([11, 17])) for each in members for start in (2, chance.choice([2, 6]))]
        Annotation.objects.bulk_create(
            Annotation(
                key=uuid.uuid4(), created_by=by, label=claim, start=start, end=end, quote=text.text[start:end], **own
            )
            for by, start, end in dict.fromkeys(spans)
        )
        ArticleLabel.objects.bulk_create(
            ArticleLabel(key=uuid.uuid4(), created_by=each, label=mood, attributes=_answers(chance), **own)
            for each in members
            if chance.random() < 0.9
        )
    job = start_measuring(mia)
    run_to_the_end(job.pk, KINDS, owner=owner_name())
    return AgreementRun.objects.select_related("requested_by__user").get()


def _answers(chance: random.Random) -> dict[str, object]:
    return {
        "tone": chance.choice(["ruhig", "ruhig", "erregt", "schrill"]),
        "dead": chance.choice([3, 3, 4, 12.5]),
        "topics": chance.choice([["Handel"], ["Krieg"], ["Handel", "Krieg"]]),
        "why": "Weil es so klingt.",
    }


def _pages(run: AgreementRun) -> dict[str, str]:
    start = f"/p/river/agreement/{run.uuid}/"
    figures = {
        "label": run.figures.filter(measure="f1_exact", scope="all"),
        "pair": run.figures.filter(measure="f1_overlap", scope__startswith="pair:"),
        "question": run.figures.filter(measure="alpha_ordinal", scope="all"),
        "time": run.figures.filter(measure="alpha_ordinal", scope__startswith="time:"),
        "numbers": run.figures.filter(measure="alpha_interval", scope__startswith="pair:"),
    }
    found = {name: f"{start}figures/{rows.earliest('n').uuid}/" for name, rows in figures.items()}
    article = run.texts.earliest("pk").version.article.uuid
    return {"run": start, **found, "text": f"{start}texts/{article}/", "dashboard": "/p/river/dashboard/"}


@pytest.mark.parametrize(
    ("looks", "names"),
    [
        (("narrow", "forced"), ("run", "pair", "question", "time", "text")),
        pytest.param(tuple(LOOKS), (), marks=pytest.mark.long),
    ],
)
def test_pages_of_twenty_people_are_in_order_in_every_look(page_of, run, looks, names):
    problems: list[str] = []
    for look in looks:
        page: Page = page_of(run.requested_by.user, **LOOKS[look])
        page.set_default_timeout(PATIENCE)
        for name, path in _pages(run).items():
            if names and name not in names:
                continue
            page.goto(path)
            expect(page.locator("main h1")).to_be_visible()
            problems += [f"{look}: {each}" for each in too_wide(page)]
            if look in ("light", "forced"):
                problems += [f"{look}: {each}" for each in violations(page)]
            if look == "light":
                picture(page, f"agreement-{name}")
    assert not problems, "\n".join(problems)


def test_many_pairs_are_folded_and_unfold_by_key(page_of, run):
    page = page_of(run.requested_by.user)
    page.set_default_timeout(PATIENCE)
    page.goto(_pages(run)["run"])
    pair = page.get_by_role("rowheader", name="00 Donau").first

    expect(pair).to_be_hidden()
    page.locator("summary", has_text="190").focus()
    page.keyboard.press("Enter")

    expect(pair).to_be_visible()
