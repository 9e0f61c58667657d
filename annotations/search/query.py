"""What a person looks for in the texts, read once into a small tree; `matching.py` writes it for either database.

Words stand side by side where all are wanted; `OR`, `NOT` (or a minus), brackets, "phrases" and word* are known. The
words themselves are those of `text/words.py`: who writes case, accents or punctuation finds the same as who does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from django.utils.translation import gettext as _

from annotations.errors import Refused
from annotations.text.passages import LONGEST_PHRASE
from annotations.text.words import words

LONGEST_QUERY = 500
MOST_TERMS = 20
DEEPEST = 10
MOST_SPELLED = 40
"""Ways in which the words of one phrase are written, at most."""
SHORTEST_BEGINNING = 2
"""Letters that must stand before a `*`: of one letter alone half of all words begin with it."""
FIELD = "text"

_TOKEN = re.compile(r'"[^"]*"?\*?|[()]|[^\s()"]+')
_MINUS = re.compile(r'(?:(?<=[\s(])|^)-(?=[("])')
_QUOTES = str.maketrans("“”„«»", '"""""')


@dataclass(frozen=True, slots=True)
class Term:
    """Words in a row; the last may be the beginning of a word only."""

    words: tuple[str, ...]
    is_beginning: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Articles that hold every one of `wanted` and none of `unwanted`."""

    wanted: tuple[Node, ...]
    unwanted: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """Articles that hold at least one."""

    parts: tuple[Node, ...]


Node = Term | All | Either


def parse(query: str) -> Node:
    """Read what is looked for. Raises `Refused` with a sentence that says what to write instead.

    >>> parse('Ärzte OR "drei Tage"')
    Either(parts=(Term(words=('arzte',), is_beginning=False), Term(words=('drei', 'tage'), is_beginning=False)))
    """
    if len(query) > LONGEST_QUERY or _has_unstorable(query):
        raise _refused(_("Write at most %(most)s characters.") % {"most": LONGEST_QUERY})
    plain = _MINUS.sub("NOT ", query.translate(_QUOTES))
    return _Reader(_TOKEN.findall(plain)).whole()


def with_spellings(node: Node, same: Mapping[str, Sequence[str]]) -> Node:
    """Return what is looked for with every spelling of each word; of a phrase at most MOST_SPELLED ways.

    >>> with_spellings(parse("uigure"), {"uigure": ("uigure", "uygure")}).parts[1].words
    ('uygure',)
    """
    match node:
        case Term():
            ways = [same.get(word, (word,)) for word in node.words]
            if node.is_beginning:
                ways[-1] = (node.words[-1],)
            terms = [Term(tuple(way), node.is_beginning) for way in islice(product(*ways), MOST_SPELLED)]
            own = [term for term in terms if term.words != node.words]
            return Either((node, *own)) if own else node
        case Either():
            return Either(tuple(with_spellings(part, same) for part in node.parts))
        case All():
            wanted = tuple(with_spellings(part, same) for part in node.wanted)
            return All(wanted, tuple(with_spellings(part, same) for part in node.unwanted))


def wanted_terms(node: Node) -> Iterator[Term]:
    """Yield the words and phrases that a found text may hold: what a snippet shows.

    >>> [term.words for term in wanted_terms(parse("eins (zwei OR drei) -vier"))]
    [('eins',), ('zwei',), ('drei',)]
    """
    match node:
        case Term():
            yield node
        case All():
            for part in node.wanted:
                yield from wanted_terms(part)
        case Either():
            for part in node.parts:
                yield from wanted_terms(part)


class _Reader:
    """Reads parts from the left: alternatives of conjunctions of terms, brackets and what is not wanted."""

    def __init__(self, parts: list[str]) -> None:
        self._parts = parts
        self._place = 0
        self._n_terms = 0

    def whole(self) -> Node:
        """Read everything."""
        node = self._either(0)
        if self._next is not None:
            raise _refused(_("A “)” stands there without its “(”."))
        return node

    @property
    def _next(self) -> str | None:
        return self._parts[self._place] if self._place < len(self._parts) else None

    def _either(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise _refused(_("There are too many brackets within brackets."))
        parts = [self._all(depth)]
        while self._next == "OR":
            self._place += 1
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self, depth: int) -> Node:
        before = self._parts[self._place - 1] if self._place else None
        wanted: list[Node] = []
        unwanted: list[Node] = []
        while self._next not in (None, ")", "OR"):
            if self._next == "AND":
                self._place += 1
                if not wanted or self._next in (None, ")", "OR", "AND"):
                    raise _refused(_("“%(word)s” stands between two things that are looked for.") % {"word": "AND"})
                continue
            is_unwanted = self._takes_not()
            node = self._one(depth)
            if node is not None:
                (unwanted if is_unwanted else wanted).append(node)
        if not wanted and not unwanted and "OR" in (self._next, before):
            raise _refused(_("“%(word)s” stands between two things that are looked for.") % {"word": "OR"})
        if not wanted:
            raise _refused(
                _("Say what the texts should hold, not only what they should not.")
                if unwanted
                else _("Write at least one word to look for.")
            )
        return wanted[0] if len(wanted) == 1 and not unwanted else All(tuple(wanted), tuple(unwanted))

    def _takes_not(self) -> bool:
        part = self._next or ""
        if part == "NOT":
            self._place += 1
            if self._next in (None, ")", "AND", "OR", "NOT"):
                raise _refused(_("After “NOT” stands what the texts should not hold."))
            return True
        if part == "-" or not part.startswith("-"):
            return False
        self._parts[self._place] = part[1:]
        return True

    def _one(self, depth: int) -> Node | None:
        """Read a bracket, a phrase or a word; None for signs that are no word."""
        part = self._next or ""
        self._place += 1
        if part != "(":
            return self._term(part)
        node = self._either(depth + 1)
        if self._next != ")":
            raise _refused(_("A “(” stands there without its “)”."))
        self._place += 1
        return node

    def _term(self, part: str) -> Term | None:
        found = tuple(word.folded for word in words(part))
        is_beginning = part.endswith("*") and bool(found)
        if not found:
            return None
        self._n_terms += 1
        if self._n_terms > MOST_TERMS:
            raise _refused(_("Look for at most %(most)s words and phrases at once.") % {"most": MOST_TERMS})
        if len(found) > LONGEST_PHRASE:
            raise _refused(_("A phrase has at most %(most)s words.") % {"most": LONGEST_PHRASE})
        if is_beginning and len(found[-1]) < SHORTEST_BEGINNING and found[-1].isascii():
            raise _refused(_("Write at least %(least)s letters before a “*”.") % {"least": SHORTEST_BEGINNING})
        return Term(found, is_beginning)


def _has_unstorable(query: str) -> bool:
    return any(sign == "\x00" or "\ud800" <= sign <= "\udfff" for sign in query)


def _refused(message: str) -> Refused:
    return Refused("search_query", message, field=FIELD)
