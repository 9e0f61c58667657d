"""Decisions about shared passages, and places of quotations, name the import that brought them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0002_settle_claims_and_count_differences"),
    ]

    operations = [
        migrations.AddField(
            model_name="quotationmatch",
            name="created_by_job",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="annotations.job",
            ),
        ),
        migrations.AddField(
            model_name="quotedecision",
            name="created_by_job",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="annotations.job",
            ),
        ),
    ]
