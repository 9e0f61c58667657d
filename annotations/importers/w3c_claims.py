"""Claims and shared passages in Web Annotations as we write them: linking and assessing, a claim under our prefix.

Such annotations of other tools say nothing of ours; they are read as all annotations are.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from annotations.importers.records import ImportedRecord
from annotations.importers.web_annotation import OURS, Pointed, listed, pointed, said_by, uuid_in

NAME = "w3c"
Row = dict[str, Any]


def claim_in(given: Row, file: str, line: int | None) -> ImportedRecord | None:
    """Return the claim that an annotation gives evidence for, or a verdict on; None for any other annotation."""
    about = given.get("workbench:claim")
    if not isinstance(about, dict):
        return None
    said = said_by(given)
    common = {name: said[name] for name in ("annotator", "created_at", "updated_at") if said.get(name)}
    names = ("key", "text", "claimant", "claim_date", "claim_type", "check_worthiness", "evidence_cutoff")
    claim: Row = {name: about.get(name) for name in names} | common
    own = {"key": uuid_in(given.get("id")), **common}
    if given.get("motivation") == "assessing":
        claim["verdicts"] = [own | {"value": given.get("workbench:value"), "rationale": _text(given, "describing")}]
    else:
        item = own | {"stance": given.get("workbench:stance"), "note": _text(given, "commenting")}
        claim["evidence_sets"] = [{"n": given.get("workbench:set", 1), "items": [item | _pointer(given)]}]
    return ImportedRecord("claim", claim, file, line)


def passage_in(given: Row, file: str, line: int | None) -> ImportedRecord | None:
    """Return the passages of two articles that an annotation links; None where it does something else."""
    bodies, targets = listed(given.get("body")), listed(given.get("target"))
    if given.get("motivation") != "linking" or len(bodies) != 1 or len(targets) != 1:
        return None
    ends = [_end(pointed(each)) for each in (targets[0], bodies[0]) if isinstance(each, dict)]
    if len(ends) != 2 or None in ends:
        return None
    return ImportedRecord("passage", {"found_by": NAME, "one": ends[0], "other": ends[1]}, file, line)


def _end(place: Pointed) -> Row | None:
    passage = place.passage or {}
    start, end = passage.get("start"), passage.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        return None
    article = place.target.get("workbench:article") or unquote(place.source.removeprefix(f"{OURS}article:"))
    words = passage.get("quote", "")
    if not isinstance(article, str) or not isinstance(words, str):
        return None
    return {"article": article, "start": start, "end": end, "words": words}


def _pointer(given: Row) -> Row:
    place = pointed(listed(given["target"])[0])
    end = _end(place)
    quote = {"quote": given.get("workbench:quote", "")}
    if end is None:
        return {"url": place.source} | quote
    return {"passage": {name: end[name] for name in ("article", "start", "end")}} | quote


def _text(given: Row, purpose: str) -> str:
    bodies = [each for each in listed(given.get("body")) if isinstance(each, dict) and each.get("purpose") == purpose]
    return "\n".join(str(each.get("value", "")) for each in bodies)
