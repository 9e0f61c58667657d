"""How answers are read from German texts: numbers, dates, names, places, lists and quotations of news, by rules.

German writes every noun with a capital letter, so that a name is told by its title, by having two parts, or by what
stands before it. What slips through is looked at by a person, as every answer is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .rules import Bounds, Rules, joined

LEAST_ITEMS = 3
LEAST_WORDS_OF_QUOTE = 3
_UPPER = r"[^\W\d_a-zäöüßàâéèêëíìîñóòôúùû]"
_WORD = rf"{_UPPER}[\w’'-]{{1,40}}"

_NO_CUES = frozenset(
    re.findall(
        r"\w+",
        "wer was wann wo wie viel viele wem wen wessen welche welcher welches welchem welchen warum wieso "
        "weshalb woher "
        "wohin hat habe haben hatte hatten ist sind war waren wird werden wurde wurden worden sein gewesen der die das "
        "des dem den ein eine einer eines einem einen und oder in im ins an am auf aus bei beim mit nach seit "
        "von vom vor "
        "zu zum zur fur uber unter um es er sie ihr ihre sich dass ob als auch noch schon menschen leute "
        "personen denn gab "
        "who whom what which when where why how many much did does do were is are has have had been the of to "
        "by for from",
    )
)

# --- numbers
_QUALIFIER = (
    r"(?:mehr als|weniger als|nicht mehr als|nicht weniger als|bis zu|mindestens|wenigstens|höchstens|maximal|"
    r"über|unter|"
    r"rund|etwa|ungefähr|circa|ca\.|knapp|gut|fast|nahezu|beinahe|zwischen|schätzungsweise|insgesamt|nur|lediglich)"
)
_DIGITS = r"\d{1,3}(?:[. ]\d{3}){1,4}(?:,\d{1,4})?|\d{1,12}(?:,\d{1,4})?"
_PARTS = (
    "ein|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|sechzehn|siebzehn|zwanzig|dreißig|dreissig|vierzig|"
    "fünfzig|sechzig|siebzig|achtzig|neunzig|hundert|tausend"
)
_SPELT = rf"(?!ein\b)(?:{_PARTS})(?:{_PARTS}|und){{0,9}}"
_SCALE = r"(?:Millionen|Million|Milliarden|Milliarde|Billionen|Tausend|Hundert|Dutzend|Mio\.?|Mrd\.?|Tsd\.?)"
_ROUGH = r"(?:Dutzende|Hunderte|Tausende|Zehntausende|Hunderttausende)n?"
_NUMBER = re.compile(
    rf"(?<![\w.,:/§’'-])(?:(?i:{_QUALIFIER}) ){{0,2}}"
    rf"(?:(?:(?:{_DIGITS})|(?i:{_SPELT}|anderthalb|(?:zwei|drei|vier)einhalb|eine (?:halbe )?(?={_SCALE}\b)|"
    rf"ein (?={_SCALE}\b)))"
    rf"(?: ?{_SCALE}(?!\w))?|(?i:mehrere|einige) (?i:hundert|tausend|dutzend)|(?i:{_ROUGH}))"
    rf"(?: oder mehr| oder weniger)?"
    rf"(?: ?%| (?!(?:Uhr|Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b)"
    rf"(?:[a-zäöüß]{{4,24}}(?:e|en|er) )?{_UPPER}[\w-]{{2,40}})?"
    rf"(?!\w|[.,:/]\d|\. {_UPPER}| ?Uhr)"
)
_NO_NUMBER_BEFORE = re.compile(r"(?:§|Nr\.?|Nummer|Seite|Artikel|Absatz|Paragraf|Jahr|Jahres|Tel\.?) ?$", re.IGNORECASE)
_ONLY_ONE = re.compile(r"(?:eins?|eine[rnms]?)\b", re.IGNORECASE)
_RANGE = re.compile(
    r"(?:-? ?(?:bis|[–-])(?: (?:vielleicht|womöglich|möglicherweise|sogar))?(?: (?:mehr als|über|zu|rund|"
    r"etwa))? ?| oder | und )",
    re.IGNORECASE,
)

# --- dates
_MONTH = r"(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)"
_DAY = r"(?:Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonnabend|Sonntag)"
_YEAR = r"(?:1[5-9]|20)\d{2}"
_DATE = re.compile(
    rf"(?<![\w.,-])(?:(?:{_DAY},? (?:de[mnr] )?)?\d{{1,2}}\. ?(?:bis|und|"
    rf"[–-]) ?(?:zum )?\d{{1,2}}\. {_MONTH}(?: {_YEAR})?|"
    rf"(?:{_DAY},? (?:de[mnr] )?)?\d{{1,2}}\. {_MONTH}(?: {_YEAR})?|\d{{1,2}}\.\d{{1,2}}\.(?:{_YEAR}|\d\d)?|"
    rf"{_MONTH} {_YEAR}|(?<=[Ii]m ){_MONTH}|{_YEAR}-\d{{2}}-\d{{2}}|{_DAY}(?:morgen|vormittag|mittag|"
    r"nachmittag|abend|nacht)?|"
    rf"(?<=[Jj]ahr ){_YEAR}|(?<=[Jj]ahre ){_YEAR}|(?<=[Ss]eit ){_YEAR}|(?<=[Ii]n ){_YEAR}|(?<=von ){_YEAR}|"
    rf"(?:Anfang|Mitte|Ende) (?:{_MONTH}(?: {_YEAR})?|{_YEAR})|{_YEAR}(?= (?:wurde|war|hatte|gebaut|fertig|"
    r"eröffnet|begann))|"
    rf"(?:[Vv]ergangene[nrs]?|[Ll]etzte[nrs]?|[Nn]ächste[nrs]?|[Kk]ommende[nrs]?|[Dd]iese[nrs]?) "
    rf"(?:Woche|Monat|Jahr|Frühjahr|Sommer|Herbst|Winter|{_DAY}|{_MONTH})|"
    rf"[Vv]orgestern|[Gg]estern|[Hh]eute|[Üü]bermorgen)(?![\w-]|[.,]\d)"
)

# --- names and places
_TITLE = re.compile(
    r"(?:\w*(?:minister|meister|präsident|sprecher|direktor|leiter|chef|richter|ingenieur|professor|senator|botschafter|kanzler|"
    r"kommissar|anwalt|sekretär|vorsitzender?|abgeordneter?|könig|fürst|bischof|trainer|autor|forscher)(?:in|s|innen|en|n)?|"
    r"\w*(?:anwältin|vorsitzende|abgeordnete|landrat|landrats|landrätin|stadtrat|stadträtin|ärztin|arzt|bäuerin|bauer)|"
    r"dr\.|prof\.|herrn?|frau|papst|königin)\Z",
    re.IGNORECASE,
)
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "der die das des dem den ein eine einer eines einem einen und oder aber auch als am an auf aus bei "
        "beim bis da dann "
        "daher damit danach darauf dass demnach denn deshalb dennoch doch dort durch er es erst etwa für gegen "
        "gestern heute "
        "morgen hier ihr ihre ihren ihrer im in ins ist ja jede jeder jedes jetzt kein keine man mehr mit nach "
        "nachdem nicht "
        "niemand noch nun nur ob obwohl rund schon sehr seit sein seine seinen seiner sie sind so sondern sowie statt "
        "trotz um unter über viele vom von vor wann war waren was wegen weil wenn wer wie wir wird wo zu zudem zum zur "
        "zwar zwischen allerdings angehängt rechnet dies diese dieser dieses mein unser ich laut",
    )
)
_NO_NAMES = re.compile(rf"(?:{_MONTH}|{_DAY}\w*|Uhr|Prozent|Euro|Meter|Liter|Millionen|Milliarden)\Z")
_NAMES = re.compile(rf"(?<![\w-]){_WORD}(?: (?:(?:von|van|zu|de|der|al-|of)(?: der| den)? )?{_WORD}){{0,5}}")
_NO_PLACES = frozenset(
    re.findall(
        r"\w+",
        "Angaben Ansicht Auffassung Aussage Aussagen Bedarf Beginn Betrieb Bewegung Dauer Ende Einklang "
        "Einzelheiten Erwartung "
        "Folge Form Frage Gefahr Gegenwart Gesprächen Haft Hand Hinsicht Höhe Informationen Kraft Kreisen Lage "
        "Meinung Not "
        "Ordnung Protest Rechnung Redaktionsschluss Richtung Sicht Sicherheit Stand Teilen Verbindung "
        "Verhandlungen Wahrheit "
        "Wasser Wirklichkeit Zeit Zeiten Zukunft Zusammenhang Zweifel Nacht Tag Tagen Wochen Monaten Jahren "
        "Stunden Minuten "
        "Menschen Personen Brand Bau Arbeit Abstimmung Berichten Medienberichten Behörden Regierungskreisen",
    )
)
_NOUN_ENDING = re.compile(r"(?:ung|ungen|heit|heiten|keit|keiten|schaft|schaften|tion|tionen|ität|nis|ismus)\Z")
_PLACE_NAME = rf"{_WORD}(?: (?:am |an der |ob der |im )?{_UPPER}\w{{1,40}}(?![\w-])){{0,3}}"
_PLACES = (
    re.compile(
        r"(?<!\w)(?:[Ii]n|[Aa]us|[Nn]ahe|[Nn]ach|[Bb]ei|oberhalb von|unterhalb von|nahe bei|"
        rf"unweit von) (?P<place>{_PLACE_NAME})"
    ),
    re.compile(
        rf"(?<!\w)(?:Bürgermeister(?:in)?|Stadt|Dorf|Gemeinde|Ort|Kreis|Landkreis|Provinz|Region|Bezirk|Insel|Fluss|Hafen)"
        rf"(?: von)? (?P<place>{_WORD}(?: {_WORD})?)"
    ),
    re.compile(
        rf"(?<![\w-])(?P<place>{_UPPER}\w+(?:-{_UPPER}\w+)*-(?:Staudamm|Stausee|Damm|Talsperre|Tal|Fluss|See|Brücke|Straße|Insel|"
        rf"Halbinsel|Gebirge|Hafen|Platz|Provinz|Kanal))(?!\w)"
    ),
)
_LISTED = re.compile(rf"(?:, | und | sowie )(?P<place>{_WORD}(?: {_WORD})?)")
_ITEM = rf"(?:(?:[Dd]er|[Dd]ie|[Dd]as) )?{_WORD}(?: {_WORD}){{0,3}}"
_LIST = re.compile(rf"{_ITEM}(?:(?:, (?:und )?| und | sowie ){_ITEM}){{{LEAST_ITEMS - 1},40}}")

# --- quotations, and who says what
_QUOTES = re.compile(r"„[^„“”]{2,2000}[“”]|»[^«»]{2,2000}«|«[^«»]{2,2000}»|“[^“”]{2,2000}”|\"[^\"]{2,2000}\"")
_VERBS = (
    r"(?:sagte|sagten|sagt|erklärte|erklärten|erklärt|berichtete|berichteten|berichtet|meldete|meldet|schrieb|schreibt|schrieben|"
    r"betonte|betont|behauptete|behauptet|forderte|forderten|fordern|fordert|warnte|warnten|warnt|kritisierte|kritisiert|bestätigte|"
    r"bestätigt|dementierte|dementiert|bestritt|bestreitet|zitiert|zitierte|teilte|teilten|spricht von|"
    r"sprach von|gab an|kündigte|"
    r"räumte|verlangte|verlangt|antwortete|entgegnete|nannte|schätzt|schätzte)"
)
_SPEAKER = (
    r"(?:(?:[Dd]er|[Dd]ie|[Dd]as|[Dd]es|[Dd]em|[Ee]in|[Ee]iner?|[Ee]ines|[Ii]hre?|[Ss]eine?) )?"
    rf"{_WORD}(?: (?:von |van )?{_WORD}){{0,3}}"
)
_SAID = (
    re.compile(rf"(?<!\w)[Ll]aut (?P<speaker>{_SPEAKER})"),
    re.compile(
        r"(?<!\w)[Nn]ach (?:(?:eigenen )?Angaben|Darstellung|Aussagen?|Auskunft|Informationen|Einschätzung|"
        r"Schätzung(?:en)?)"
        rf"(?: von)? (?P<speaker>{_SPEAKER})"
    ),
    re.compile(rf"(?<![\w-])(?P<speaker>{_SPEAKER}) zufolge(?!\w)"),
    re.compile(rf"[“”»«\"],? (?:so|{_VERBS}) (?P<speaker>{_SPEAKER}|er|sie)(?!\w)"),
    re.compile(rf"(?<![\w-])(?P<speaker>{_SPEAKER}|[Ee]r|[Ss]ie) (?:hat |habe |haben )?{_VERBS}(?!\w)"),
    re.compile(rf"(?<!\w){_VERBS} (?P<speaker>{_SPEAKER})(?!\w)"),
)
_HEARSAY = re.compile(r"(?<!\w)(?:[Dd]emnach|[Dd]emzufolge|[Aa]ngeblich|hieß es|heißt es)(?!\w)")


def _numbers(part: str) -> Iterable[Bounds]:
    dates = [match.span() for match in _DATE.finditer(part)]
    found = []
    for match in _NUMBER.finditer(part):
        if any(start < match.end() and match.start() < end for start, end in dates):
            continue
        if _NO_NUMBER_BEFORE.search(part, 0, match.start()) or (
            _ONLY_ONE.fullmatch(match[0].split(" ")[0]) and " " not in match[0]
        ):
            continue
        found.append(match.span())
    return joined(found, part, _RANGE)


def _names(part: str) -> Iterator[Bounds]:
    """Yield names of two words and more, or of one behind a title; titles and first words are no part of them."""
    for match in _NAMES.finditer(part):
        words = [(match.start() + word.start(), word[0]) for word in re.finditer(r"\S+", match[0])]
        has_title = False
        while words and (_TITLE.match(words[0][1]) or words[0][1].casefold() in _FUNCTION_WORDS):
            has_title = has_title or bool(_TITLE.match(words[0][1]))
            words = words[1:]
        if not words or any(_NO_NAMES.match(word) for _start, word in words):
            continue
        if len(words) > 1 or has_title:
            yield words[0][0], match.end()


def _places(part: str) -> Iterator[Bounds]:
    for pattern in _PLACES:
        for match in pattern.finditer(part):
            if not _is_place(match["place"]):
                continue
            yield match.span("place")
            listed, at = [], match.end("place")
            while (following := _LISTED.match(part, at)) and _is_place(following["place"]):
                listed.append(following.span("place"))
                at = following.end()
            if len(listed) >= 2:
                yield from listed


def _is_place(name: str) -> bool:
    first = name.split(" ")[0]
    return not (first in _NO_PLACES or _NO_NAMES.match(first) or _NOUN_ENDING.search(first) or _TITLE.match(first))


def _lists(part: str) -> Iterator[Bounds]:
    for match in _LIST.finditer(part):
        start = match.start()
        words = match[0].split(" ")
        while len(words) > 1 and (
            _TITLE.match(words[0])
            or (words[0].casefold() in _FUNCTION_WORDS and words[0].casefold() not in ("der", "die", "das"))
        ):
            start += len(words[0]) + 1
            words = words[1:]
        yield start, match.end()


def _quotes(part: str) -> Iterator[Bounds]:
    for match in _QUOTES.finditer(part):
        if len(match[0].split()) >= LEAST_WORDS_OF_QUOTE:
            yield match.span()


def _speaker(sentence: str) -> str | None:
    outside = _QUOTES.sub(lambda match: f"{match[0][0]}{' ' * (len(match[0]) - 2)}{match[0][-1]}", sentence)
    for pattern in _SAID:
        for match in pattern.finditer(outside):
            speaker = match["speaker"]
            if speaker.casefold() not in _FUNCTION_WORDS or speaker.casefold() in ("er", "sie"):
                return speaker
    return "" if _HEARSAY.search(outside) else None


GERMAN = Rules(
    find={
        "number": _numbers,
        "date": lambda part: [match.span() for match in _DATE.finditer(part)],
        "name": _names,
        "place": _places,
        "set": _lists,
        "quote": _quotes,
    },
    negated=re.compile(
        r"\b(?:nicht|nie|niemals|niemand|kein\w*|weder|ohne|bestritt\w*|bestreite\w*|dementier\w*|verweiger\w*|"
        r"abgelehnt|lehnte\w* .*\bab)\b",
        re.IGNORECASE,
    ),
    is_open=re.compile(
        r"\b(?:ob|falls|unklar|ungewiss|würden?|könnten?|sollen?|dürften?|vielleicht|möglicherweise|womöglich|vermutlich|wohl|geplant|"
        r"plan\w{0,3}|Entwurf|(?:nicht|noch nicht) (?:klar|bekannt|sicher))\b",
        re.IGNORECASE,
    ),
    speaker=_speaker,
    endings=re.compile(r"(?:ungen|ung|erten|erte|ten|tet|te|en|er|es|et|em|e|n|t|s)\Z"),
    no_cues=_NO_CUES,
    answers=("ja", "nein", "nicht sicher"),
    joins_words=True,
)
