"""Who sees whose work, decided in one place (BL-1 as far as the model reaches)."""

from __future__ import annotations

import uuid

import pytest

from annotations.access import membership_of, projects_of, visible_to
from annotations.access.visibility import _RULES
from annotations.errors import NotThere
from annotations.models import Annotation, Claim, EvidenceItem, Judgement, Source
from annotations.workflow.assigning import submit
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.projects import end_membership
from tests import factories

pytestmark = pytest.mark.django_db


def people(visibility: str):
    mia = factories.project(visibility=visibility)
    return {
        "mia": mia,
        "ada": factories.member(mia, "ada"),
        "ben": factories.member(mia, "ben"),
        "rosa": factories.member(mia, "rosa", factories.Role.REVIEWER),
        "vera": factories.member(mia, "vera", factories.Role.VIEWER),
    }


def work_of(annotator, article):
    annotation = factories.annotation(annotator, article, 12, 17)
    attach_source(
        NewEvidence(
            key=uuid.uuid4(),
            link=SourceLink("https://amt.example/"),
            annotation=annotation.key,
            claim_key=uuid.uuid4(),
            mention_key=uuid.uuid4(),
        ),
        by=annotator,
    )
    return annotation


@pytest.mark.parametrize(
    ("visibility", "seen_by"),
    [("blind", {"ada", "rosa", "mia"}), ("open", {"ada", "ben", "rosa", "mia", "vera"})],
)
def test_who_sees_adas_open_work(visibility, seen_by):
    all_people = people(visibility)
    work_of(all_people["ada"], factories.article(all_people["mia"]))

    for model in (Annotation, Claim, EvidenceItem, Source):
        seeing = {name for name, member in all_people.items() if visible_to(member, model.objects.all()).exists()}
        assert seeing == seen_by, model


def test_a_viewer_of_a_blind_project_sees_submitted_annotations():
    all_people = people("blind")
    article = factories.article(all_people["mia"])
    work_of(all_people["ada"], article)
    submit(article, by=all_people["ada"])

    assert visible_to(all_people["vera"], Annotation.objects.all()).count() == 1
    assert visible_to(all_people["ben"], Annotation.objects.all()).count() == 0


def test_nothing_of_another_project_is_visible():
    mine, other = people("open"), factories.project("harbour", manager="sam", visibility="open")
    work_of(other, factories.article(other))

    for model in (Annotation, Claim, EvidenceItem, Source):
        assert not visible_to(mine["mia"], model.objects.all()).exists()


def test_every_judgement_has_its_rule():
    assert set(Judgement.__subclasses__()) <= set(_RULES)


def test_a_stranger_and_one_who_left_find_no_project():
    mia = factories.project()
    ada = factories.member(mia, "ada")
    end_membership(ada, by=mia)

    for person in (ada.user, factories.user("sam")):
        assert not projects_of(person).exists()
        with pytest.raises(NotThere):
            membership_of(person, "river")
