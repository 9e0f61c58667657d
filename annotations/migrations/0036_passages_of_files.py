import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0035_quotations'),
    ]

    operations = [
        migrations.AddField(
            model_name='quotelink',
            name='created_by_job',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotations.job'),
        ),
    ]
