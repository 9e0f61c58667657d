import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0016_zones_by_hand'),
    ]

    operations = [
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('version_number', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('stored_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('text', models.TextField(blank=True, verbose_name='text')),
            ],
            options={
                'verbose_name': 'comment',
                'verbose_name_plural': 'comments',
                'ordering': ['thread_id', 'created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='CommentMention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_at', models.DateTimeField(blank=True, null=True, verbose_name='read')),
            ],
            options={
                'verbose_name': 'mention in a comment',
                'verbose_name_plural': 'mentions in comments',
            },
        ),
        migrations.CreateModel(
            name='CommentThread',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('length', models.PositiveIntegerField()),
                ('version_number', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('stored_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ('resolved_at', models.DateTimeField(blank=True, null=True, verbose_name='resolved')),
            ],
            options={
                'verbose_name': 'comment thread',
                'verbose_name_plural': 'comment threads',
                'ordering': ['version_id', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tab', models.UUIDField(unique=True)),
                ('until', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='removedrow',
            name='removed_row_kind',
        ),
        migrations.AlterField(
            model_name='removedrow',
            name='kind',
            field=models.CharField(choices=[('article', 'article'), ('annotation', 'annotation'), ('relation', 'relation'), ('article_label', 'label on an article'), ('suggestion', 'suggestion'), ('region', 'region'), ('thread', 'comment thread'), ('comment', 'comment')], max_length=13),
        ),
        migrations.AddConstraint(
            model_name='removedrow',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['article', 'annotation', 'relation', 'article_label', 'suggestion', 'region', 'thread', 'comment'])), name='removed_row_kind', violation_error_message='kind is none of: article, annotation, relation, article_label, suggestion, region, thread, comment.'),
        ),
        migrations.AddField(
            model_name='comment',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.membership'),
        ),
        migrations.AddField(
            model_name='comment',
            name='created_by_job',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.job'),
        ),
        migrations.AddField(
            model_name='comment',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.project'),
        ),
        migrations.AddField(
            model_name='commentmention',
            name='comment',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='mentions', to='annotations.comment'),
        ),
        migrations.AddField(
            model_name='commentmention',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comment_mentions', to='annotations.membership'),
        ),
        migrations.AddField(
            model_name='commentmention',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.project'),
        ),
        migrations.AddField(
            model_name='commentthread',
            name='annotation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='threads', to='annotations.annotation'),
        ),
        migrations.AddField(
            model_name='commentthread',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.membership'),
        ),
        migrations.AddField(
            model_name='commentthread',
            name='created_by_job',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.job'),
        ),
        migrations.AddField(
            model_name='commentthread',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.project'),
        ),
        migrations.AddField(
            model_name='commentthread',
            name='resolved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.membership'),
        ),
        migrations.AddField(
            model_name='commentthread',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='threads', to='annotations.articleversion'),
        ),
        migrations.AddField(
            model_name='comment',
            name='thread',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='annotations.commentthread'),
        ),
        migrations.AddField(
            model_name='presence',
            name='article',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.article'),
        ),
        migrations.AddField(
            model_name='presence',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.membership'),
        ),
        migrations.AddField(
            model_name='presence',
            name='project',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.project'),
        ),
        migrations.AddConstraint(
            model_name='commentmention',
            constraint=models.UniqueConstraint(fields=('comment', 'member'), name='comment_mention_once', violation_error_message='A comment calls a person once.'),
        ),
        migrations.AddIndex(
            model_name='commentthread',
            index=models.Index(fields=['project', 'stored_at', 'id'], name='comment_thread_by_stored'),
        ),
        migrations.AddConstraint(
            model_name='commentthread',
            constraint=models.UniqueConstraint(fields=('project', 'key'), name='comment_thread_key', violation_error_message='A thread has this key already.'),
        ),
        migrations.AddConstraint(
            model_name='commentthread',
            constraint=models.UniqueConstraint(fields=('id', 'project'), name='comment_thread_in_project', violation_error_message='One row a thread.'),
        ),
        migrations.AddConstraint(
            model_name='commentthread',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('resolved_at__isnull', True), ('resolved_by__isnull', True)), models.Q(('resolved_at__isnull', False), ('resolved_by__isnull', False)), _connector='OR'), name='comment_thread_resolved', violation_error_message='A resolved thread says when and by whom.'),
        ),
        migrations.AddConstraint(
            model_name='commentthread',
            constraint=models.CheckConstraint(condition=models.Q(('version_number__gte', 1)), name='comment_thread_version', violation_error_message='Versions count from 1.'),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(fields=['project', 'stored_at', 'id'], name='comment_by_stored'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.UniqueConstraint(fields=('project', 'key'), name='comment_key', violation_error_message='A comment has this key already.'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.UniqueConstraint(fields=('id', 'project'), name='comment_in_project', violation_error_message='One row a comment.'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), models.Q(('text', ''), _negated=True)), models.Q(('text', ''), ('withdrawn_at__isnull', False)), _connector='OR'), name='comment_words', violation_error_message='A comment has words until it is removed.'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(('version_number__gte', 1)), name='comment_version_positive', violation_error_message='Versions count from 1.'),
        ),
    ]
