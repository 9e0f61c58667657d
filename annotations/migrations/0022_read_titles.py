from django.db import migrations, models


def note_present_titles(apps, schema_editor):
    """Let workers read the titles of texts that are there already: one row for each project, and no text is read again."""
    ArticleVersion = apps.get_model('annotations', 'ArticleVersion')
    SearchBacklog = apps.get_model('annotations', 'SearchBacklog')
    rows = ArticleVersion.objects.order_by('project_id').values_list('project_id')
    for project, first, last in rows.annotate(first=models.Min('pk'), last=models.Max('pk')):
        SearchBacklog.objects.create(project_id=project, first=first, last=last)


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0021_passage_reuse'),
    ]

    operations = [
        migrations.RunPython(note_present_titles, migrations.RunPython.noop),
    ]
