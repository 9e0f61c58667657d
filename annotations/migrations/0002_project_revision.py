

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='revision',
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
    ]
