"""Every format of annotation tools and datasets, through the database: in, out, in again, out again."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_job
from annotations.jobs.starting import start_export
from annotations.models import (
    Annotation,
    Article,
    ArticleLabel,
    Claim,
    EvidenceItem,
    Job,
    JobProblem,
    Project,
    QuoteLink,
    Relation,
    Sentence,
    Suggestion,
    Verdict,
)
from tests.conftest import BASE_DIR
from tests.corpora import KINDS, counts, exported, imported
from tests.factories import project
from tests.importers import inputs

pytestmark = pytest.mark.django_db
SAMPLES = BASE_DIR / "fixtures" / "samples"
MODELS = (Article, Annotation, Relation, ArticleLabel, Suggestion, Sentence, Claim, EvidenceItem, Verdict, QuoteLink)


def files_of(*names: str) -> dict[str, bytes]:
    return {Path(name).name: (SAMPLES / name).read_bytes() for name in names}


def rows_in(of: Project) -> dict[str, int]:
    found = {model.__name__: model.objects for model in MODELS}
    made = {
        name: (rows.filter(version__article__project=of) if name == "Sentence" else rows.filter(project=of)).count()
        for name, rows in found.items()
    }
    return {name: n for name, n in made.items() if n}


def problems_of(job: Job) -> list[str]:
    return [f"{row.line} {row.field}: {row.message}" for row in JobProblem.objects.filter(job=job)]


SAMPLE_ROWS = [
    ("doccano", ["doccano.jsonl"], {"Article": 2, "Annotation": 5, "Relation": 1, "ArticleLabel": 2}, 0),
    (
        "label-studio",
        ["label-studio.json"],
        {"Article": 2, "Annotation": 3, "Relation": 1, "ArticleLabel": 1, "Suggestion": 1},
        1,
    ),
    ("conll", ["conll.conll"], {"Article": 2, "Annotation": 3, "Sentence": 3}, 1),
    ("conll", ["treebank.conllu"], {"Article": 1, "Sentence": 2}, 1),
    (
        "brat",
        ["brat/ferry.txt", "brat/ferry.ann", "brat/annotation.conf"],
        {"Article": 1, "Annotation": 8, "Relation": 4},
        1,
    ),
    ("webanno-tsv", ["webanno-tsv/crossing.tsv"], {"Article": 1, "Annotation": 5, "Relation": 1, "Sentence": 2}, 0),
    (
        "uima-xmi",
        ["uima-xmi/harbour.xmi", "uima-xmi/TypeSystem.xml"],
        {"Article": 1, "Annotation": 3, "Relation": 1, "Sentence": 2},
        2,
    ),
    ("w3c", ["w3c/tide.html", "w3c/tide.jsonld"], {"Article": 1, "Annotation": 2, "ArticleLabel": 1}, 0),
    (
        "fever",
        ["fever/claims.jsonl", "fever/pages.jsonl"],
        {"Article": 1, "Sentence": 2, "Claim": 3, "EvidenceItem": 4, "Verdict": 3},
        0,
    ),
    ("averitec", ["averitec.json"], {"Claim": 2, "EvidenceItem": 3, "Verdict": 2}, 0),
    ("claimreview", ["claimreview.jsonld"], {"Claim": 2, "EvidenceItem": 2, "Verdict": 2}, 0),
    (
        "scifact",
        ["scifact/claims.jsonl", "scifact/corpus.jsonl"],
        {"Article": 2, "Sentence": 4, "Claim": 3, "EvidenceItem": 3, "Verdict": 2},
        0,
    ),
    ("passim", ["passim/articles.jsonl", "passim/passages.jsonl"], {"Article": 3, "QuoteLink": 2}, 0),
]


@pytest.mark.parametrize(("name", "paths", "expected", "n_problems"), SAMPLE_ROWS)
def test_a_sample_is_guessed_and_gives_its_rows_and_nothing_new_the_second_time(name, paths, expected, n_problems):
    mia = project(name)

    first = imported(mia, files_of(*paths))
    again = imported(mia, files_of(*paths))

    assert rows_in(mia.project) == expected, problems_of(first)
    assert len(problems_of(first)) == n_problems, problems_of(first)
    assert counts(again)[1:3] == (0, 0)


@pytest.mark.parametrize(("name", "paths"), [row[:2] for row in SAMPLE_ROWS if row[0] != "w3c"])
def test_a_sample_exported_and_read_again_exports_the_same(name, paths):
    mia = project(name)
    imported(mia, files_of(*paths))
    suffix = {"doccano": "jsonl", "label-studio": "json", "averitec": "json", "claimreview": "jsonld"}.get(name, "zip")

    first = exported(mia, format=name)

    copy = project(f"{name}-copy")
    job = imported(copy, {f"{name}.{suffix}": first})
    assert counts(job)[4] == 0, problems_of(job)
    again = exported(copy, format=name)
    # the feed of a newsroom begins with its name, which is the project's
    assert contents(again.replace(f"{copy.project.name}".encode(), mia.project.name.encode())) == contents(first)


def contents(data: bytes) -> dict[str, bytes] | bytes:
    """Return what is in a file; the times of an import are no part of what a sample says."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    return data


@pytest.mark.parametrize(("label", "key"), [("SUPPORTS", "supported"), ("NOT ENOUGH INFO", "not_enough_evidence")])
def test_a_word_of_fever_becomes_the_value_that_the_scale_maps_to_it(label, key):
    mia = project()

    imported(mia, files_of("fever/claims.jsonl"))

    values = {row.value.key for row in Verdict.objects.filter(claim__metadata__fever__id__in=[1, 3])}
    assert key in values, label


def test_a_verdict_that_the_scale_has_no_word_for_is_named_and_the_claim_kept():
    mia = project()
    data = (SAMPLES / "averitec.json").read_bytes().replace(b'"Refuted"', b'"Conflicting Evidence/Cherrypicking"')
    scale = mia.project.verdict_scales.get()
    scale.values.filter(key="conflicting_evidence").delete()

    job = imported(mia, {"averitec.json": data})

    assert Claim.objects.filter(project=mia.project).count() == 2
    [problem] = problems_of(job)
    assert "averitec" in problem


def test_annotators_of_a_file_become_members_that_stay_apart():
    mia = project()

    imported(mia, files_of("doccano.jsonl"))

    rows = Annotation.objects.filter(project=mia.project)
    assert set(rows.values_list("created_by__pseudonym", flat=True)) == {"ada", "ben"}


def test_an_export_says_what_its_format_lost():
    mia = project()
    imported(mia, files_of("label-studio.json"))
    job = start_export(mia, format="doccano")
    run_job(job.pk, KINDS, owner=owner_name())
    job.refresh_from_db()

    assert "1 suggestion." in job.message
    assert "1 note, " in job.message


def test_work_of_a_second_annotator_in_another_file_is_added_to_the_same_article():
    mia = project()
    rows = [json.loads(line) for line in (SAMPLES / "doccano.jsonl").read_text().splitlines()]
    ada, ben = (json.dumps(row).encode() for row in rows[:2])

    imported(mia, {"ada.jsonl": ada})
    second = imported(mia, {"ben.jsonl": ben})

    assert counts(second)[3] == 1
    assert Annotation.objects.filter(project=mia.project).count() == 4


# Files that nobody here wrote

REAL = [
    ("doccano", ["doccano/relation_extraction/example.jsonl"], {"Article": 1, "Annotation": 4, "Relation": 3}),
    ("doccano", ["doccano/sequence_labeling/example.jsonl"], {"Article": 2, "Annotation": 1}),
    ("doccano", ["doccano/sequence_labeling/example_overlapping.jsonl"], {"Article": 1, "Annotation": 2}),
    ("conll", ["doccano/sequence_labeling/labeling.invalid.conll"], {"Article": 1, "Annotation": 5, "Sentence": 3}),
    (
        "label-studio",
        [
            "label-studio/csv_test_colliding_keys.json",
            "label-studio/csv_test_colliding_keys_mixed.json",
            "label-studio/csv_test_history.json",
        ],
        {"Article": 4, "ArticleLabel": 3},
    ),
    (
        "fever",
        ["fever/paper_dev.first300.jsonl"],
        {"Claim": 300, "EvidenceItem": 421, "Verdict": 300},
    ),
    ("conll", ["ud-pud/chinese.first100.conllu"], {"Article": 41, "Sentence": 100}),
    ("conll", ["gum-wikinews/conllu/GUM_news_nasa.conllu"], {"Article": 1, "Sentence": 50}),
]


@pytest.mark.parametrize(("name", "paths", "expected"), REAL)
def test_a_real_file_gives_the_rows_of_its_note_and_comes_back(name, paths, expected):
    folder = inputs.SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the shared data are not on this machine")
    mia = project(name)

    imported(mia, {Path(path).name: (folder / path).read_bytes() for path in paths})

    assert rows_in(mia.project) == expected
    first = exported(mia, format=name)
    copy = project(f"{name}-copy")
    suffix = {"doccano": "jsonl", "label-studio": "json"}.get(name, "zip")
    imported(copy, {f"{name}.{suffix}": first})
    assert rows_in(copy.project) == expected
    assert contents(exported(copy, format=name)) == contents(first)
