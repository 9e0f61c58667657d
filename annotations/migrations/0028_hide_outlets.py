"""A project may keep publisher, author and date of its articles from annotators until they hand them in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0025_claim_desk")]

    operations = [
        migrations.AddField(
            model_name="project",
            name="hides_outlets",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="outlets hidden until handed in"
            ),
        ),
    ]
