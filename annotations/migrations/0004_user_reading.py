"""Keep with an account how a person has the text of articles set, and what is folded away."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0003_decisions_made_by_job")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="reading",
            field=models.JSONField(
                blank=True, default=dict, editable=False, verbose_name="how articles are set and folded"
            ),
        ),
    ]
