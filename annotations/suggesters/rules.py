"""The words and patterns by which the built-in suggester goes. A change here is a new version of the tool.

Everything repeated is bounded, so that no text makes a pattern slow.
"""

from __future__ import annotations

import re

NAME_OF_TOOL = "claim-workbench/english"
VERSION = "1"
TOOL = f"{NAME_OF_TOOL} {VERSION}"

KINDS = ("quotation", "speaker", "attribution_cue", "number", "date", "place")
"""What is proposed. The label of each is chosen at the start; one of the same key, or name, is guessed."""

LEFT_OUT = frozenset({"headline", "byline", "date_line", "citation_marker", "boilerplate"})
"""Zones in which nothing is proposed."""

# --- quotations: between marks of one kind, in one paragraph, of so many words at least
QUOTES = re.compile(r"“[^“”]{2,2000}”|„[^„“”]{2,2000}[“”]|«[^«»]{2,2000}»|\"[^\"]{2,2000}\"")
LEAST_WORDS_OF_QUOTE = 3

# --- attribution: a speaker beside a verb of saying, or after "according to"
VERBS = (
    "said|says|say|told|tells|wrote|writes|write|added|adds|asked|asks|announced|announces|argued|argues|claimed|"
    "claims|claiming|confirmed|confirms|declared|denied|denies|disputed|explained|explains|insisted|insists|noted|"
    "notes|reported|reports|replied|stated|states|stressed|suggested|warned|warns|tweeted|acknowledged|admitted"
)
NAME = r"[^\W\d_a-z][\w’'-]{1,30}(?: (?:of|de|van|von|al-|the)(?= [^\W\d_a-z]))?"
NAMES = rf"{NAME}(?: {NAME}){{0,4}}"
ROLE = r"(?:[Tt]he|[Aa]n?|[Ii]ts|[Hh]is|[Hh]er|[Tt]heir|[Oo]ne|[Tt]wo)(?: [\w’'-]{1,20}){1,3}"
PRONOUN = r"(?:[Hh]e|[Ss]he|[Tt]hey)"
SPEAKER = rf"(?:{NAMES}|{ROLE}|{PRONOUN}|One)"
APPOSITION = r"(?:, [^,.;“”\"]{2,60},)?"
BEFORE = re.compile(
    rf"(?<!\w)(?P<speaker>{SPEAKER})(?P<more>{APPOSITION})(?: (?:also|has|have|had|later))? (?P<cue>{VERBS})(?!\w)"
)
AFTER = re.compile(rf"[”\"»],? (?P<cue>{VERBS}) (?P<speaker>{NAMES}|{ROLE}|{PRONOUN})(?!\w)")
ACCORDING = re.compile(rf"(?<!\w)(?P<cue>[Aa]ccording to) (?P<speaker>{NAMES}|{ROLE})(?!\w)")
NO_SPEAKERS = frozenset(
    [
        "i",
        "we",
        "you",
        "nobody",
        "it",
        "that",
        "this",
        "there",
        "which",
        "who",
        "what",
        "these",
        "those",
        "letter",
        "but",
        "and",
        "when",
        "if",
        "as",
        "in",
        "on",
    ]
)
ENDS_SPEAKER = re.compile(
    r" (?:who|which|that|in|on|at|by|for|with|to|and|from|after|had|has|was|were|is|are)(?: .*)?$"
)

# --- numbers: a quantity with its qualifier and its unit
WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    "nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|a dozen|dozens"
)
QUALIFIER = (
    "about|around|nearly|almost|more than|less than|fewer than|over|under|up to|at least|at most|roughly|"
    "approximately|some|only|just over|just under|between"
)
FIGURE = r"\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,4})?|\d{1,12}(?:\.\d{1,4})?"
UNIT = (
    r"%|per ?cent(?:age points)?|(?:cubic |square )?(?:met(?:re|er)s?|kilomet(?:re|er)s?|miles?|feet|lit(?:re|er)s?)"
    r"(?: of \w{2,20})?(?: (?:per|a) \w{2,10})?|(?:dollars|euros|pounds|crowns|cents)(?: a \w{2,10})?|"
    r"(?!(?:and|or|of|in|on|at|to|for|from|was|were|is|are|had|has|have|as|by|that|who|which|but|with|not|when|"
    r"after|before|percent|people)\b)[a-z]{3,20}s\b|people|men|women|children"
)
NUMBER = re.compile(
    rf"(?<![\w.,:/’'-])(?:(?:{QUALIFIER}) )?(?:[$€£])?(?:{FIGURE}|(?:{WORDS})(?:-(?:{WORDS}|one))?)"
    rf"(?:(?: and | to |[–-])(?:{FIGURE}))?(?: (?:hundred|thousand|million|billion|trillion))?"
    rf"(?:-[a-z]{{3,10}}(?:-old)?|(?: ?(?:{UNIT})))?(?![\w’]|[.,:/]\d|-\w)",
    re.IGNORECASE,
)

# --- dates: absolute or relative
MONTH = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan\\.|Feb\\.|Mar\\.|Apr\\.|Jun\\.|Jul\\.|Aug\\.|Sept?\\.|Oct\\.|Nov\\.|Dec\\."
)
DAY = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
PART = "(?: (?:morning|afternoon|evening|night))?"
YEAR = r"(?:1[5-9]|20)\d{2}"
DATE = re.compile(
    rf"(?<![\w.,-])(?:(?:(?:{DAY}),? )?(?:(?:{MONTH}) \d{{1,2}}(?:st|nd|rd|th)?(?:,? {YEAR})?"
    rf"(?: to (?:{MONTH}) \d{{1,2}})?|"
    rf"\d{{1,2}}(?:st|nd|rd|th)? (?:{MONTH})(?:,? {YEAR})?)|(?:{MONTH}) {YEAR}|"
    rf"(?<=[Ii]n )(?:{MONTH})|(?:{DAY}){PART}|{YEAR}-\d{{2}}-\d{{2}}|{YEAR}s?|"
    rf"(?:[Ll]ast|[Nn]ext|[Tt]his) (?:week|month|year|spring|summer|autumn|winter|{DAY}|{MONTH})|"
    rf"[Yy]esterday|[Tt]omorrow|[Tt]oday|the \d{{1,2}}(?:st|nd|rd|th)(?! (?:century|time|anniversary)))(?![\w-]|[.,]\d)"
)

# --- places: a name after a word of place, before one, or in a list after "of"
KIND_OF_PLACE = (
    "valley|dam|river|reservoir|range|lake|island|islands|street|lane|bridge|county|province|peninsula|desert|"
    "Valley|Dam|River|Reservoir|Range|Lake|Island|Islands|Street|Lane|Bridge|County|Province|Peninsula|Desert"
)
PLACE_NAME = rf"[^\W\d_a-z][\w’-]{{1,30}}(?: (?!(?:{MONTH}|{DAY})\b)[^\W\d_a-z][\w’-]{{1,30}}){{0,3}}"
PLACES = (
    re.compile(rf"(?<!\w)(?:in|In|near|outside|across|throughout|from) (?P<place>{PLACE_NAME})"),
    re.compile(rf"(?<!\w)(?:[Mm]ayors?|city|town|village|capital|people|market) (?:of|in) (?P<place>{PLACE_NAME})"),
    re.compile(rf"(?<!\w)(?P<place>{PLACE_NAME} (?:{KIND_OF_PLACE}))(?!\w)"),
)
LISTED = re.compile(rf"(?:,| and) (?P<place>{PLACE_NAME})")
NO_PLACES = re.compile(rf"(?:{MONTH}|{DAY}|The|This|That|These|Its|His|Her|Our|It|He|She|If|But|And|In|At)\b")
