"""Setting projects up: starters, members and their roles, guidelines, label sets, articles and their metadata."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.models import Annotation, Article, Assignment, Membership, Publisher
from annotations.workflow.accounts import issue_token, revoke_token, token_of
from annotations.workflow.articles import MetadataChange, NewArticle, add_article, edit_article, set_metadata
from annotations.workflow.assigning import assign, reopen, submit
from annotations.workflow.projects import (
    NewLabel,
    NewProject,
    add_member,
    change_project,
    change_role,
    create_project,
    current_guidelines,
    current_labels,
    end_membership,
    publish_guidelines,
    revise_label_set,
    starters,
    write_label_set,
)
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return factories.project()


def test_a_new_project_has_its_starter_labels_and_guidelines(mia):
    labels = current_labels(mia.project)

    assert [label.name for label in labels][:3] == ["Claim", "Quotation", "Speaker"]
    assert len(labels) == 10
    assert "## Claim" in current_guidelines(mia.project).text
    assert mia.role == Membership.Role.MANAGER


def test_two_projects_of_one_name_get_different_addresses(mia):
    again = create_project(NewProject(name="River"), user=mia.user)

    assert again.project.slug.startswith("river-")


def test_pseudonyms_do_not_count_people(mia):
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")

    assert "ada" not in ada.pseudonym
    assert ada.pseudonym != ben.pseudonym
    assert ada.pseudonym.split("-")[0].isalpha()


@pytest.mark.parametrize("act", ["add", "role", "end", "guidelines", "labels", "article", "metadata"])
@pytest.mark.parametrize("role", ["annotator", "reviewer", "viewer"])
def test_only_a_manager_sets_a_project_up(mia, act, role):
    member = factories.member(mia, "ada", role)
    acts = {
        "add": lambda: add_member(factories.user("sam"), "annotator", by=member),
        "role": lambda: change_role(member, "manager", by=member),
        "end": lambda: end_membership(mia, by=member),
        "guidelines": lambda: publish_guidelines("neu", by=member),
        "labels": lambda: revise_label_set([NewLabel("claim", "Claim")], by=member),
        "article": lambda: add_article(NewArticle("Titel", "Text"), by=member),
        "metadata": lambda: set_metadata(Article.objects.all(), MetadataChange(language="de"), by=member),
    }

    with pytest.raises(Forbidden):
        acts[act]()


def test_the_last_manager_stays(mia):
    with pytest.raises(Refused) as first:
        end_membership(mia, by=mia)
    with pytest.raises(Refused) as second:
        change_role(mia, "viewer", by=mia)

    assert {first.value.code, second.value.code} == {"last_manager"}


def test_who_left_may_nothing_and_comes_back_as_the_same_annotator(mia):
    ada = factories.member(mia, "ada")
    made = factories.annotation(ada, factories.article(mia), 12, 17)
    ended = end_membership(ada, by=mia)

    with pytest.raises(Forbidden):
        factories.annotation(ended, factories.article(mia), 12, 17)
    back = add_member(ada.user, "annotator", by=mia)

    assert (back.pk, back.pseudonym) == (ada.pk, ada.pseudonym)
    assert Annotation.objects.get(pk=made.pk).created_by == back


def test_guidelines_are_versioned_and_the_same_words_make_no_version(mia):
    first = current_guidelines(mia.project)

    second = publish_guidelines("Neue Regeln.", by=mia)
    third = publish_guidelines("Neue Regeln.", by=mia)

    assert (first.version, second.version, third.version) == (1, 2, 2)


def test_a_revised_label_set_leaves_earlier_annotations_their_label(mia):
    ada = factories.member(mia, "ada")
    article = factories.article(mia)
    made = factories.annotation(ada, article, 12, 17, "number")

    revise_label_set([NewLabel("claim", "Behauptung", parent=None), NewLabel("figure", "Zahl", shortcut="2")], by=mia)

    assert Annotation.objects.get(pk=made.pk).label.label_set.version == 1
    assert factories.annotation(ada, article, 0, 5, "figure").label.label_set.version == 2
    with pytest.raises(Refused, match="“number” is no label"):
        factories.annotation(ada, article, 0, 5, "number")


@pytest.mark.parametrize(
    ("labels", "field"),
    [
        ([NewLabel("Claim!", "Claim")], "labels.0.key"),
        ([NewLabel("claim", "Claim", color="red")], "labels.0.color"),
        ([NewLabel("claim", "Claim"), NewLabel("claim", "Again")], "labels.1"),
        ([NewLabel("claim", "Claim", parent="gone")], "labels.0.parent"),
        ([NewLabel("claim", "Claim", parent="fact"), NewLabel("fact", "Fact", parent="claim")], "labels.0.parent"),
    ],
)
def test_a_wrong_label_is_refused_by_place_and_changes_nothing(mia, labels, field):
    with pytest.raises(Refused) as refusal:
        revise_label_set(labels, by=mia)

    assert refusal.value.field == field
    assert len(current_labels(mia.project)) == 10


def test_two_long_addresses_that_differ_at_their_end_are_two_articles(mia):
    start = "https://example.org/" + "a" * 600

    first, second = (factories.article(mia, url=f"{start}/{end}", external_id="") for end in ("rain", "sun"))

    assert first.external_id != second.external_id
    assert {len(first.external_id), len(second.external_id)} == {500}


def test_an_address_that_the_project_has_is_refused_by_its_field(mia):
    factories.article(mia, url="https://example.org/rain", external_id="")

    with pytest.raises(Refused) as refusal:
        factories.article(mia, url="https://example.org/rain#top", external_id="")

    assert (refusal.value.code, refusal.value.field) == ("external_id_taken", "url")


def test_a_pasted_text_is_frozen_with_its_line_ends_made_one(mia):
    article = factories.article(mia, "Titel\r\n\r\nEin Satz.\rNoch einer.")

    assert article.current_version.text == "Titel\n\nEin Satz.\nNoch einer."
    assert article.current_version.normaliser == "workbench-lines/1"


@pytest.mark.parametrize(("text", "code"), [("", "text_empty"), ("  \n ", "text_empty"), ("a\x00b", "nul")])
def test_an_unusable_text_is_refused(mia, text, code):
    with pytest.raises(Refused) as refusal:
        factories.article(mia, text)

    assert refusal.value.code == code


def test_a_day_is_not_made_into_a_time(mia):
    article = factories.article(mia, published_at=date(2024, 2, 29))

    assert article.published_at == datetime(2024, 2, 29, tzinfo=UTC)
    assert article.published_precision == "day"


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_time_that_cannot_be_read_back_is_refused(mia, written):
    article = factories.article(mia)
    moment = datetime.fromisoformat(written)

    with pytest.raises(Refused) as refusal:
        edit_article(article, MetadataChange(published_at=moment), by=mia, base_revision=1)

    assert (refusal.value.code, refusal.value.field) == ("date_range", "published_at")
    assert Article.objects.get().published_at is None


def test_metadata_is_set_for_many_articles_in_one_act(mia, django_assert_max_num_queries):
    for _each in range(3):
        factories.article(mia)

    with django_assert_max_num_queries(11):
        count = set_metadata(Article.objects.all(), MetadataChange(publisher="Tern Wire", language="de"), by=mia)

    assert count == 3
    assert set(Article.objects.values_list("publisher__name", "language")) == {("Tern Wire", "de")}
    assert Publisher.objects.count() == 1


def test_setting_metadata_leaves_other_projects_alone(mia):
    other = factories.project("harbour", manager="sam")
    foreign = factories.article(other)
    factories.article(mia)

    set_metadata(Article.objects.all(), MetadataChange(language="de"), by=mia)

    foreign.refresh_from_db()
    assert foreign.language == ""


def test_the_second_of_two_editors_gets_a_conflict(mia):
    article = factories.article(mia)
    edit_article(article, MetadataChange(title="Erster Titel"), by=mia, base_revision=1)

    with pytest.raises(Conflict) as conflict:
        edit_article(article, MetadataChange(title="Zweiter Titel"), by=mia, base_revision=1)

    assert conflict.value.current.title == "Erster Titel"


def test_assigning_twice_gives_one_assignment(mia):
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    articles = [factories.article(mia), factories.article(mia)]

    assert assign(articles, [ada, ben], by=mia) == 4
    assert assign(articles, [ada, ben], by=mia) == 0
    assert Assignment.objects.count() == 4


def test_submitting_and_reopening_keep_the_time_of_submission(mia):
    ada = factories.member(mia, "ada")
    article = factories.article(mia)

    submitted = submit(article, by=ada)
    reopened = reopen(article, by=ada)

    assert submitted.state == "submitted"
    assert reopened.state == "open"
    assert reopened.submitted_at == submitted.submitted_at


def test_a_key_opens_the_api_until_it_ends_or_is_revoked(mia):
    in_a_day = timezone.now() + timedelta(days=1)
    token, secret = issue_token(mia.user, "script", expires_at=in_a_day)

    assert token_of(secret).pk == token.pk
    assert bytes(token.digest).hex() not in secret
    revoke_token(token, user=mia.user)
    assert token_of(secret) is None
    assert token_of("cw_made-up") is None


def test_a_key_of_somebody_deactivated_opens_nothing(mia):
    ada = factories.member(mia, "ada")
    _token, secret = issue_token(ada.user, "script", expires_at=timezone.now() + timedelta(days=1))
    ada.user.is_active = False
    ada.user.save(update_fields=["is_active"])

    assert token_of(secret) is None


def test_a_key_is_bound_only_to_a_project_one_is_in(mia):
    sam = factories.user("sam")

    with pytest.raises(NotThere):
        issue_token(sam, "script", expires_at=timezone.now() + timedelta(days=1), project=mia.project)


def test_the_second_of_two_managers_who_set_the_project_up_gets_a_conflict(mia):
    change_project(mia.project, {"name": "Der Fluss"}, by=mia, base_revision=1)

    with pytest.raises(Conflict) as conflict:
        change_project(mia.project, {"name": "Der Bach"}, by=mia, base_revision=1)

    assert conflict.value.current.name == "Der Fluss"


@pytest.mark.parametrize("key", sorted(starters()))
def test_the_labels_of_every_starter_keep_to_the_rules(mia, key):
    starter = starters()[key]

    checked = write_label_set(mia.project, starter.name, starter.labels, version=2)

    keys = checked.labels.order_by("position").values_list("key", flat=True)
    assert list(keys) == [each.key for each in starter.labels]
