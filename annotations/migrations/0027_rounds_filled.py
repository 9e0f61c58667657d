"""Give every project its first round, and put the assignments into it.

In batches, so that it can be stopped and started again; what has a round is left as it is.
"""

from django.db import migrations
from django.db.models import Max

from annotations.models.counters import REBUILD_WORK_COUNTS

BATCH = 20_000


def put_into_rounds(apps, schema_editor):
    Assignment, Project, Round = (apps.get_model("annotations", name) for name in ("Assignment", "Project", "Round"))
    rows = Assignment._base_manager.filter(round__isnull=True)
    for project in Project.objects.order_by("pk"):
        found, _made = Round.objects.get_or_create(
            project=project,
            takes_new=True,
            defaults={"number": 1, "kind": "main", "name": "Main round", "opened_at": project.created_at},
        )
        last = rows.filter(project=project).aggregate(last=Max("pk"))["last"] or 0
        for first in range(0, last + 1, BATCH):
            rows.filter(project=project, pk__gte=first, pk__lt=first + BATCH).update(round=found)
    with schema_editor.connection.cursor() as cursor:
        for statement in REBUILD_WORK_COUNTS:
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0027_rounds")]

    operations = [migrations.RunPython(put_into_rounds, migrations.RunPython.noop)]
