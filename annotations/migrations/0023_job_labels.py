from django.db import migrations, models


def rename_jobs(apps, schema_editor):
    """Call the jobs that merged labels imports, as which a release before this can show them."""
    schema_editor.execute("UPDATE annotations_job SET kind = 'import' WHERE kind = 'labels'")
    if schema_editor.connection.vendor == "postgresql":  # the table is altered next, with no check left to make
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0022_read_titles'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='job', name='job_kind'),
        migrations.RunPython(migrations.RunPython.noop, rename_jobs),
        migrations.AlterField(
            model_name='job',
            name='kind',
            field=models.CharField(choices=[('import', 'import'), ('export', 'export'), ('undo', 'undoing of an import'), ('suggest', 'suggestions'), ('zones', 'zones in many articles'), ('agreement', 'agreement'), ('reuse', 'shared passages'), ('labels', 'merging of labels')], max_length=10, verbose_name='kind'),
        ),
        migrations.AddConstraint(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['import', 'export', 'undo', 'suggest', 'zones', 'agreement', 'reuse', 'labels'])), name='job_kind', violation_error_message='kind is none of: import, export, undo, suggest, zones, agreement, reuse, labels.'),
        ),
    ]
