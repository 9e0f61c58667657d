"""Agreement on questions about articles, and how far each two people agree on a text of a run."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0005_undone_chunks_by_stage"),
    ]

    operations = [
        migrations.AddField(
            model_name="agreementfigure",
            name="question",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="agreementrun",
            name="questions",
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="agreementtext",
            name="of_pairs",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.CreateModel(
            name="AgreementAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("question", models.PositiveIntegerField()),
                ("n_people", models.PositiveIntegerField()),
                ("apart", models.FloatField(blank=True, null=True)),
                ("answers", models.JSONField(blank=True, default=dict)),
                (
                    "text",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="annotations.agreementtext",
                    ),
                ),
            ],
            options={
                "verbose_name": "answers to a question, as measured",
                "verbose_name_plural": "answers to questions, as measured",
                "ordering": ["text_id", "question"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("text", "question"),
                        name="agreement_answer_once",
                        violation_error_message="One row a text and question.",
                    )
                ],
            },
        ),
    ]
