import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0027_rounds_filled'),
    ]

    operations = [
        migrations.AlterField(
            model_name='assignment',
            name='round',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='annotations.round'),
        ),
    ]
