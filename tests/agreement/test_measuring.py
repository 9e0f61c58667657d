"""What is measured: what people handed in of one text, what imported files hold of several, and what is left out."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotations.agreement.measuring import measure
from annotations.models import Region
from annotations.workflow.assigning import submit
from tests import factories
from tests.corpora import annotation, article, imported, lines

pytestmark = pytest.mark.django_db
TEXT = "Fourteen mayors signed. The ministry named nine leaks. Nobody resigned."


@pytest.fixture
def mia():
    return factories.project()


@pytest.fixture
def ada(mia):
    return factories.member(mia, "ada")


@pytest.fixture
def ben(mia):
    return factories.member(mia, "ben")


def marked(by, made, quote: str, label: str = "claim") -> None:
    start = TEXT.index(quote)
    factories.annotation(by, made, start, start + len(quote), label)


def found(mia, measure_name: str, scope: str = "all"):
    runs = measure(mia.project)
    return next(run for run in runs if (run.measure, run.scope) == (measure_name, scope))


def test_what_two_people_handed_in_is_compared(mia, ada, ben):
    made = factories.article(mia, TEXT)
    marked(ada, made, "Fourteen mayors signed")
    marked(ada, made, "nine leaks", "number")
    marked(ben, made, "Fourteen mayors signed")
    for person in (ada, ben):
        submit(made, by=person)

    assert found(mia, "f1_exact").figure.value == pytest.approx(2 / 3)
    assert found(mia, "f1_exact", "label:claim").figure.value == 1
    assert found(mia, "f1_exact", f"pair:{'/'.join(sorted([ada.pseudonym, ben.pseudonym]))}").figure.value == (
        pytest.approx(2 / 3)
    )
    nominal = found(mia, "alpha_nominal").figure
    assert (nominal.n_items, nominal.n_annotators) == (6, 2)  # three sentences, two labels
    assert nominal.value == pytest.approx(1 - (1 / 6) / (2 * 9 * 3 / (12 * 11)))
    assert found(mia, "alpha_u", "label:claim").figure.value == 1


def test_who_marked_nothing_decided_that_there_is_nothing(mia, ada, ben):
    made = factories.article(mia, TEXT)
    marked(ada, made, "nine leaks", "number")
    submit(made, by=ada)
    submit(made, by=ben)

    assert found(mia, "f1_exact").figure.value == 0


def test_what_is_not_handed_in_is_left_out_and_said(mia, ada, ben):
    one, two = factories.article(mia, TEXT), factories.article(mia, TEXT + " Yet.")
    for made in (one, two):
        marked(ada, made, "nine leaks", "number")
        submit(made, by=ada)
    marked(ben, one, "nine leaks", "number")

    run = found(mia, "f1_exact")

    assert (run.figure.value, run.figure.why) == (None, "no_pairs")
    assert run.left_out == {"spans_not_handed_in": 1, "texts_of_one_annotator": 2}


def test_people_of_an_imported_file_count_where_they_marked_something(mia):
    spans = [annotation(TEXT, "nine leaks", annotator=name) for name in ("amber-otter-101", "quiet-heron-204")]
    imported(mia, {"a.jsonl": lines(article("a", TEXT, annotations=spans))})

    run = found(mia, "f1_exact")

    assert (run.figure.value, run.figure.n_annotators, run.left_out) == (1, 2, {})


def test_boilerplate_is_no_part_of_it(mia, ada, ben):
    made = factories.article(mia, TEXT)
    marked(ada, made, "Nobody resigned")
    for person in (ada, ben):
        submit(made, by=person)
    version = made.current_version
    start = TEXT.index("Nobody")
    Region.objects.create(
        project=mia.project, version=version, length=version.length, kind="boilerplate", start=start, end=len(TEXT)
    )

    run = found(mia, "alpha_nominal")

    assert (run.figure.value, run.figure.why, run.figure.n_items) == (None, "no_variation", 2)
    assert run.left_out == {"spans_in_boilerplate": 1}


def test_queries_do_not_grow_with_the_articles(mia, ada, ben, django_assert_max_num_queries):
    for n in range(6):
        made = factories.article(mia, f"{TEXT} {n}")
        marked(ada, made, "nine leaks", "number")
        marked(ben, made, "nine leaks", "number")
        for person in (ada, ben):
            submit(made, by=person)

    with django_assert_max_num_queries(10):
        assert measure(mia.project)


def test_the_command_prints_a_table_or_json(mia, ada, ben):
    made = factories.article(mia, TEXT)
    marked(ada, made, "nine leaks", "number")
    for person in (ada, ben):
        submit(made, by=person)
    table, text = StringIO(), StringIO()

    call_command("measure_agreement", project="river", stdout=table)
    call_command("measure_agreement", project="river", json=True, stdout=text)

    assert "alpha_nominal  sentence   label:number" in table.getvalue()
    runs = json.loads(text.getvalue())["runs"]
    assert {"measure", "unit", "scope", "value", "low", "high", "n_items", "n_annotators", "left_out"} <= set(runs[0])
    with pytest.raises(CommandError, match="nowhere"):
        call_command("measure_agreement", project="nowhere")
