from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0014_suggestions_decided_by_each'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='shortcuts',
            field=models.JSONField(blank=True, default=dict, editable=False, verbose_name='own keys on the article page'),
        ),
    ]
