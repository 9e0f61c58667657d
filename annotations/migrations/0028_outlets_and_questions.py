"""A project may hide outlets until work is handed in, and is revealed once; questions to its managers, whose answers may become guidelines."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0027_rounds_required")]

    operations = [
        migrations.AddField(
            model_name="project",
            name="hides_outlets",
            field=models.BooleanField(db_default=False, default=False, verbose_name="outlets hidden until handed in"),
        ),
        migrations.AddField(
            model_name="project",
            name="revealed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="revealed"),
        ),
        migrations.AddField(
            model_name="project",
            name="overlaps",
            field=models.CharField(
                choices=[
                    ("any", "spans of one person may overlap"),
                    ("other_labels", "only spans with different labels may overlap"),
                    ("none", "spans of one person never overlap"),
                ],
                db_default="any",
                default="any",
                max_length=12,
                verbose_name="overlapping spans",
            ),
        ),
        migrations.AddField(
            model_name="assignment",
            name="in_before_reveal",
            field=models.BooleanField(
                db_default=False, default=False, editable=False, verbose_name="handed in before the reveal"
            ),
        ),
        migrations.AddField(
            model_name="guidelinesversion",
            name="announcement",
            field=models.TextField(blank=True, default="", db_default="", verbose_name="announced to all members"),
        ),
        migrations.AddField(
            model_name="membership",
            name="guidelines_read",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="commentthread",
            name="is_question",
            field=models.BooleanField(db_default=False, default=False, verbose_name="asks the managers"),
        ),
        migrations.AddField(
            model_name="commentthread",
            name="announced_in",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="annotations.guidelinesversion",
                verbose_name="became an example in",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(("overlaps__in", ["any", "other_labels", "none"])),
                name="project_overlaps",
                violation_error_message="overlaps is none of: any, other_labels, none.",
            ),
        ),
    ]
