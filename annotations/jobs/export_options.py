"""What can be asked of an export besides its format and filter, checked when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from annotations.errors import Refused
from annotations.text.control import CONTROL

LAYERS = ("all", "gold", "annotators")
PARTS = ("train", "dev", "test")
LICENCE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """`layer`: "gold" for what was adjudicated, "annotators" for what each annotator did, "all" for both.

    `split` gives the shares of PARTS in per cent, as "80/10/10"; empty means none. `seed` makes it repeatable.
    `with_files` asks for what was captured of sources too, byte for byte.
    """

    layer: str = "all"
    submitted_only: bool = False
    licence: str = ""
    split: str = ""
    seed: int = 0
    with_files: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> ExportOptions:
        """Check the options among the parameters of an export. Raises `Refused`."""
        options = cls(**{name: given[name] for name in cls.__slots__ if given.get(name) is not None})
        if options.layer not in LAYERS:
            message = _("“%(given)s” is no layer that can be exported. Choose one of: %(all)s.")
            values = {"given": str(options.layer)[:40], "all": ", ".join(LAYERS)}
            raise Refused("layer_unknown", message % values, field="layer")
        if len(options.licence) > LICENCE_LENGTH or CONTROL.search(options.licence):
            message = _("A licence is one line of at most %(most)s characters.") % {"most": LICENCE_LENGTH}
            raise Refused("licence_invalid", message, field="licence")
        options.shares()
        return options

    def shares(self) -> tuple[int, ...]:
        """Return the per cent of each of PARTS; () where nothing is split. Raises `Refused`."""
        if not self.split:
            return ()
        found = re.fullmatch(r"(\d{1,3})/(\d{1,3})/(\d{1,3})", self.split, re.ASCII)
        shares = tuple(int(share) for share in found.groups()) if found else ()
        if sum(shares) != 100:
            message = _("Write the shares of train, dev and test in per cent, such as 80/10/10.")
            raise Refused("split_invalid", message, field="split")
        return shares

    def as_parameters(self) -> dict[str, Any]:
        """Return the options as a job keeps them."""
        return asdict(self)

    @property
    def narrows(self) -> bool:
        """Tell whether some of the judgements on the articles stay out."""
        return self.layer != "all" or self.submitted_only
