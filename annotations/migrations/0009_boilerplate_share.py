from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0005_undone_chunks_by_stage'),
    ]

    operations = [
        migrations.AddField(
            model_name='quotelink',
            name='boilerplate_share',
            field=models.FloatField(blank=True, null=True, verbose_name='share of boilerplate'),
        ),
    ]
