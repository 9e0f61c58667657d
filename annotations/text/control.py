"""Control characters: what no name of a file, licence or other single line may hold."""

from __future__ import annotations

import re

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""C0 and C1, and halves of surrogate pairs, which no database stores."""
