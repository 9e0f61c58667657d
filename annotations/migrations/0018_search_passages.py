import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

IN_POSTGRESQL = (
    'ALTER TABLE annotations_searchpassage ADD COLUMN words tsvector NOT NULL',
    # without a list of what is still to be sorted in, which every search would have to go through
    'CREATE INDEX search_passage_words ON annotations_searchpassage USING gin (words) WITH (fastupdate = off)',
)
IN_SQLITE = (
    # `ascii` takes words as they are given: separators are spaces alone, folding is done before
    "CREATE VIRTUAL TABLE annotations_searchwords USING fts5"
    "(words, tokenize = \"ascii tokenchars '_'\", prefix = '2 3', columnsize = 0)",
)


def keep_words(apps, schema_editor):
    """Make the place in which the database keeps the words of a passage."""
    for statement in IN_POSTGRESQL if schema_editor.connection.vendor == 'postgresql' else IN_SQLITE:
        schema_editor.execute(statement)


def drop_words(apps, schema_editor):
    """Take it away again; PostgreSQL's goes with its table."""
    if schema_editor.connection.vendor != 'postgresql':
        schema_editor.execute('DROP TABLE annotations_searchwords')


def note_present_texts(apps, schema_editor):
    """Let workers read the texts that are there already: one row for each project, and no text is touched here."""
    ArticleVersion = apps.get_model('annotations', 'ArticleVersion')
    SearchBacklog = apps.get_model('annotations', 'SearchBacklog')
    rows = ArticleVersion.objects.order_by('project_id').values_list('project_id')
    for project, first, last in rows.annotate(first=models.Min('pk'), last=models.Max('pk')):
        SearchBacklog.objects.create(project_id=project, first=first, last=last)


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0017_comments_and_presence'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchBacklog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.PositiveBigIntegerField()),
                ('last', models.PositiveBigIntegerField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.project')),
            ],
            options={
                'verbose_name': 'texts to be read for search',
                'verbose_name_plural': 'texts to be read for search',
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('last__gte', models.F('first'))), name='search_backlog_range', violation_error_message='A range ends before it starts.')],
            },
        ),
        migrations.CreateModel(
            name='SearchPassage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('n', models.PositiveIntegerField()),
                ('start', models.PositiveIntegerField()),
                ('end', models.PositiveIntegerField()),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.project')),
                ('version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='passages', to='annotations.articleversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version', 'n'), name='search_passage_n', violation_error_message='The text has this passage already.'), models.CheckConstraint(condition=models.Q(('end__gt', models.F('start'))), name='search_passage_span', violation_error_message='A passage ends before it starts.')],
            },
        ),
        migrations.RunPython(keep_words, drop_words),
        migrations.RunPython(note_present_texts, migrations.RunPython.noop),
    ]
