

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0002_project_revision'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='article',
            constraint=models.CheckConstraint(condition=models.Q(('url__startswith', 'http://'), ('url__startswith', 'https://'), ('url', ''), _connector='OR'), name='article_url_scheme', violation_error_message='An address begins with http:// or https://.'),
        ),
        migrations.AddConstraint(
            model_name='evidenceitem',
            constraint=models.CheckConstraint(condition=models.Q(('url__startswith', 'http://'), ('url__startswith', 'https://'), ('url', ''), _connector='OR'), name='evidence_item_url_scheme', violation_error_message='An address begins with http:// or https://.'),
        ),
        migrations.AddConstraint(
            model_name='textlink',
            constraint=models.CheckConstraint(condition=models.Q(('url__startswith', 'http://'), ('url__startswith', 'https://'), _connector='OR'), name='text_link_url_scheme', violation_error_message='An address begins with http:// or https://.'),
        ),
        migrations.AlterConstraint(
            model_name='source',
            name='source_url_scheme',
            constraint=models.CheckConstraint(condition=models.Q(('url__startswith', 'http://'), ('url__startswith', 'https://'), _connector='OR'), name='source_url_scheme', violation_error_message='An address begins with http:// or https://.'),
        ),
    ]
