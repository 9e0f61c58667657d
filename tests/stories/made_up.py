"""Four articles on one made-up letter and one on another matter: whom they took it from and what they say is known."""

from __future__ import annotations

from datetime import UTC, datetime

from annotations.models import Article, Membership
from annotations.reuse.finding import start_finding
from tests import factories
from tests.reuse.test_finding import done

WIRE = (
    "Fourteen mayors signed the letter on Tuesday, and it asks the minister Ilse Brandt to halt the work at the "
    "Brenik dam until the cracks near Oskahaven have been measured again by somebody from outside."
)
TEXTS = {
    "wire": f"The mayors of Arlo, Benna and Corvo protest.\n\n{WIRE}\n\nThe letter has been sent. Up to 900 moved out.",
    "copy": f"Our paper had it first.\n\n{WIRE}\n\nThe letter has not been sent yet. At least 400 moved out.",
    "third": f"From a wire.\n\n{WIRE}\n\nThe mayors of Arlo and Benna did not answer. 900 moved out, the paper said.",
    "other": "In March people saw Ilse Brandt open a road from Arlo to Benna. She said nothing of any letter.",
    "far": "The price of bread rose again in the north, bakers said, and nobody there knows when that will end.",
}
DAYS = {"wire": 3, "copy": 5, "third": 4}


def tell(mia: Membership) -> dict[str, Article]:
    """Write them, and find what they share."""
    made = {
        name: factories.article(
            mia,
            text=text,
            title=f"The {name} article",
            external_id=name,
            publisher={"wire": "Wire", "copy": "Courier", "third": "Courier"}.get(name, ""),
            published_at=datetime(2024, 5, DAYS[name], tzinfo=UTC) if name in DAYS else None,
        )
        for name, text in TEXTS.items()
    }
    done(start_finding(mia))
    return made
