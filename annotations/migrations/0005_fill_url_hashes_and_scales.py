"""Fill what 0004 brought for the rows that are there: hashes of canonical addresses, and the usual verdict scale."""

from django.db import migrations

from annotations.text.urls import canonical_url, url_sha256

BATCH = 500
VALUES = (
    ("supported", "Supported", 5, {"fever": "SUPPORTS", "averitec": "Supported", "scifact": "SUPPORT"}),
    ("refuted", "Refuted", 1, {"fever": "REFUTES", "averitec": "Refuted", "scifact": "CONTRADICT"}),
    ("not_enough_evidence", "Not Enough Evidence", None, {"fever": "NOT ENOUGH INFO", "averitec": "Not Enough Evidence"}),
    ("conflicting_evidence", "Conflicting Evidence", None, {"averitec": "Conflicting Evidence/Cherrypicking"}),
)


def fill_url_hashes(apps, schema_editor):
    """Batch by batch from where it was stopped: only rows without a hash are looked at."""
    Article = apps.get_model("annotations", "Article")
    last = 0
    while True:
        rows = list(Article.objects.filter(pk__gt=last, url_sha256__isnull=True).exclude(url="").order_by("pk")[:BATCH])
        if not rows:
            return
        for row in rows:
            row.url_sha256 = url_sha256(canonical_url(row.url))
        Article.objects.bulk_update(rows, ["url_sha256"])
        last = rows[-1].pk


def give_scales(apps, schema_editor):
    Project, Scale = apps.get_model("annotations", "Project"), apps.get_model("annotations", "VerdictScale")
    Value = apps.get_model("annotations", "VerdictValue")
    for project in Project.objects.filter(verdict_scales__isnull=True).order_by("pk"):
        scale = Scale.objects.create(project=project, name="Four values", version=1)
        Value.objects.bulk_create(
            Value(project=project, scale=scale, key=key, name=name, position=position, rating=rating, maps=maps)
            for position, (key, name, rating, maps) in enumerate(VALUES)
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("annotations", "0004_relations_suggestions_verdicts")]

    operations = [
        migrations.RunPython(fill_url_hashes, migrations.RunPython.noop),
        migrations.RunPython(give_scales, migrations.RunPython.noop),
    ]
