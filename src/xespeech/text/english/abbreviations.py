"""Abbreviations, titles and initials: how they are said, and whether their period ends the sentence."""

from __future__ import annotations

import re
from functools import cache

from xespeech.text.characters import LATIN
from xespeech.text.english.quantities import unit_name
from xespeech.text.rules import Rule, any_of, words_of
from xespeech.text.tables import read_pairs, read_rows, read_words

_LAST_WORD = re.compile(rf"(?:^|(?P<before>\S+)(?P<blank>\s+)|[^{LATIN}\d.'])(?P<word>[{LATIN}']+(?:\.[{LATIN}]+)*)\.$")
_STARTERS = read_words(__package__, "starters.txt")
_ROWS = read_rows(__package__, "abbreviations.tsv")
_AFTER_HALF = words_of(__package__, "time")
_BOOKS = read_pairs(__package__, "bible_books.tsv")
_STREETS = "Wall|Main|High|Elm|Oak|Market|Fleet|Bourbon|Oxford|Baker|Downing|Canal|Broad|State|Church|Park|Front|Water"
# "I" with a verb is no Roman numeral.
_PRONOUN = (
    r"I\s(?:am|was|will|would|won't|have|haven't|had|do|don't|did|didn't|can|can't|cannot|could|couldn't|shall|should|must|may|might"
    r"|think|thought|know|knew|want|need|love|like|hate|mean|guess|hope|wish|said|say|see|saw|went|got|just|never|really|always)\b"
)
# A letter behind these is no initial: We need Plan B. Then ...
_LETTERED = read_words(__package__, "lettered.txt")
# Starters of sentences that are family names, too: Samuel L. Read.
_SURNAMES = read_words(__package__, "surname_starters.txt")
_BEHIND_TITLE = r"(?=\s+(?:[A-Z]\.|[A-Z][a-zÀ-ÿ']))"


def rows(place: str) -> dict[str, str]:
    """Abbreviations that stand in a place, and how they are said."""
    return {row["written"]: row["spoken"] for row in _ROWS if row["place"] == place}


@cache
def _ends() -> dict[tuple[str, bool], str]:
    """Whether a period behind an abbreviation may end a sentence, by its spelling and whether a number follows."""
    ends: dict[tuple[str, bool], str] = {}
    for row in _ROWS:
        written, end = row["written"], row["ends"]
        if row["ends"] == "number":
            for spelling in {written, written.lower(), written.upper()} - {*_PLAIN_WORDS.split("|")}:
                ends[spelling, True] = "never"
        else:
            ends.setdefault((written, False), end)
            ends.setdefault((written, True), end)
    return ends


@cache
def _marked_names() -> re.Pattern[str]:
    names = any_of([row["name"] for row in read_rows(__package__, "marked_names.tsv")])
    return re.compile(rf"\b(?:{names})(?=\s+[a-z]|'s\b|’s\b|,)")


def is_marked_name(text: str, end: int) -> bool:
    """Whether the mark before an index belongs to a name that the sentence goes on behind: Yahoo! is."""
    return any(name.end() == end for name in _marked_names().finditer(text, max(0, end - 20), end + 20))


def ends_sentence(text: str, following: str) -> bool:
    """Whether the period at the end of a text ends a sentence, where `following` comes behind it.

    Abbreviations and initials do not, unless the next word is one that sentences begin with.
    """
    following = following.lstrip("\"'“”‘’([ \t")
    first = re.match(rf"[{LATIN}]+(?:'[a-z]+)?", following)
    is_number = bool(
        re.match(rf"[#(]?\d|[A-Z]+\d+[A-Z\d]*\b|[B-HJ-Z]\b(?!['’])|(?!{_PRONOUN})[IVXLC]+\b(?!')", following)
    )
    if following.startswith((",", ";", ":", "&", "/", "+", "=", "-", "–", "—", "@")):
        return False
    if following[:1].islower() and not following.startswith(("iPhone", "iPad", "eBay")):
        return False
    found = _LAST_WORD.search(text[-60:])
    if found is None:
        return True
    if is_number and found["word"] in ("oz", "Sun"):
        return False
    if text.endswith("reg.") and following[:1] in "$€£":
        return False
    if re.search(r"\b[A-Z],? (?:and|or) [A-Z]\.$", text) and first and first[0] not in ("Co",):
        return True
    word, before = found["word"].lstrip("'"), found["before"] or ""
    starts = first is not None and first[0] in _STARTERS
    if re.fullmatch("[AaPp]\\.[Mm]", word):
        return not (is_number or re.match(rf"(?:{_AFTER_HALF})\b", following))
    if len(word) == 1 and (word.isupper() or word in "vcpbdr") and word != "I":
        if word == "v":
            return not (first or is_number)
        if word in "cpbdr":
            return not is_number
        is_name = before[:1].isupper() and before not in _LETTERED and (first is None or first[0] in _SURNAMES)
        return starts and not is_name and (first is None or len(first[0]) > 1)
    if re.fullmatch(rf"(?:[{LATIN}]\.)+[{LATIN}]{{1,2}}|Ph|P\.S|pp|al|Dr", word) and word not in ("Dr",):
        if word.lower() in ("e.g", "i.e", "ph"):
            return False
        if word == "pp":
            return not is_number
        return starts or not following
    if before[-1:].isdigit() and unit_name(word.lower()):
        return not is_number
    end = _ends().get((word, is_number)) or ("starter" if re.fullmatch(_MONTHS, word) else "")
    if end == "never":
        return False
    if end == "starter" or (end == "capital" and not first):
        return starts or (not first and not is_number)
    return True


_MONTHS = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Mon|Tues?|Weds?|Thu(?:rs?)?|Fri|Sat"


def _period(match: re.Match[str]) -> str:
    """The period that was written where it also ends the sentence."""
    if not match[0].endswith("."):
        return ""
    following = match.string[match.end() :].removeprefix(")")
    return "." if not following.strip(" \"')]”’") or ends_sentence(match.string[: match.end()], following) else ""


_NUMBERED = {written.lower(): spoken for written, spoken in rows("number").items()}
_PLAIN_WORDS = "cat|conf|app|art|arts|tab|ex|reg|div|stat"  # in small letters: Open the app. 2. Tap it.


_CHAT = {
    spelling: row["spoken"].capitalize() if spelling[0].isupper() and row["written"][0].islower() else row["spoken"]
    for row in read_rows(__package__, "chat.tsv")
    for spelling in dict.fromkeys((row["written"], row["written"][0].upper() + row["written"][1:]))
}


def _say_initials(match: re.Match[str]) -> str:
    return " ".join(char.upper() for char in match[0] if char.isalpha()) + _period(match)


RULES = [
    Rule(
        "titles and saints that no blank follows",
        rf"(?<![\w&.])(?P<word>St|{any_of([*rows('title'), *rows('name')])})\.(?=[A-Z][a-z]|[A-Z]\.)",
        r"\g<word>. ",
        "Mr.Smith of St.Louis",
        "mister Smith of Saint Louis",
        needs="ABCDFGHILMPRS",
    ),
    Rule(
        "names with a mark", _marked_names(), lambda match: match[0][:-1], "Yahoo! is old.", "Yahoo is old.", needs="!?"
    ),
    Rule("e.g.", r"\b[Ee]\.\s?g\.,?", "for example,", "fruit, e.g. pears", "fruit, for example, pears", needs="."),
    Rule("i.e.", r"\b[Ii]\.\s?e\.,?", "that is,", "fruit, i.e. pears", "fruit, that is, pears", needs="."),
    Rule(
        "et al.",
        r"\bet\sal\b\.?",
        lambda match: "et al" + _period(match),
        "Smith et al. (2020) say so.",
        "Smith et al (twenty twenty) say so.",
        needs="",
    ),
    Rule(
        "doctor of philosophy",
        r"\b(Ph\.?\s?D)(s?)\b(\.?)",
        lambda match: "P H D" + ("'s" if match[2] else "") + (_period(match) if match[3] else ""),
        "a Ph.D. thesis",
        "a P H D thesis",
        needs="P",
    ),
    Rule(
        "cases of law", r"(?<=[A-Z]\w)(\w*)\sv\.?(?=\s[A-Z])", r"\1 versus", "Roe v. Wade", "Roe versus Wade", needs=""
    ),
    Rule(
        "streets",
        rf"(?:(?<=\d(?:st|nd|rd|th)\s)|\b(?P<known>(?:{_STREETS})\s)|\b(?P<number>\d+\s(?:[NSEW]\.?\s)?(?:[A-Z][a-z]+\s){{1,2}})"
        r"|(?P<name>[A-Z][a-z]+\s)(?=St\b\.?(?:\W|$)(?!\s?[A-Z])))St\b\.?",
        lambda match: f"{match['known'] or match['number'] or match['name'] or ''}street{_period(match)}",
        "on Wall St. and 5th St",
        "on Wall street and fifth street",
        needs="S",
    ),
    Rule(
        "drives",
        r"(?:(?P<number>\b\d+\s(?:[A-Z][a-z]+\s){1,2})|(?P<name>[A-Z][a-z]+\s)(?=Dr\b\.?(?:,|\s[a-z]|$)))Dr\b\.?",
        lambda match: f"{match['number'] or match['name']}drive{_period(match)}",
        "at 12 Oak Dr. and on Elm Dr.",
        "at twelve Oak drive and on Elm drive.",
        needs="D",
    ),
    Rule("saints", r"\bS(?:t|t\.|aint)(?=\s+[A-Z][a-z])", "Saint", "in St. Louis", "in Saint Louis", needs="S"),
    Rule(
        "streets in lower case",
        r"(?<=\w\s)[Ss]t\.(?=\W|$)",
        lambda match: "street" + _period(match),
        "a busy st. nearby",
        "a busy street nearby",
        needs=".",
    ),
    Rule(
        "pages",
        r"(?<![\w&])(?:(?P<many>pp\.?)|p\.)\s?(?=\d)",
        lambda match: "pages " if match["many"] else "page ",
        "p. 5 and pp. 6-7",
        "page five and pages six to seven",
    ),
    Rule(
        "books of the Bible",
        rf"\b(?P<book>{'|'.join(_BOOKS)})\.\s?(?=\d{{1,3}}:\d)",
        lambda match: _BOOKS[match["book"]] + " ",
        "Rev. 22:21",
        "Revelation twenty two twenty one",
        needs=":",
    ),
    Rule(
        "before a number",
        rf"\b(?!(?:{_PLAIN_WORDS})\.)(?i:(?P<word>{any_of(_NUMBERED)}))(?P<period>\.)\s*(?=[#(]?\d|[IVXLC]+\b|[A-Z]\b|[A-Z]+\d|(?<=[Ss][Cc]\.\s)[ivx]+\b)",
        lambda match: _NUMBERED[match["word"].lower()] + " ",
        "See Ch. 3, Sec. 2 and No. 5, Apt. 5, Ste. 200.",
        "See chapter three, section two and number five, apartment five, suite two hundred.",
        needs=".",
    ),
    Rule(
        "regular prices", r"\b[Rr]eg\.(?=\s?[$€£])", "regular", "reg. $39", "regular thirty nine dollars", needs="$£€"
    ),
    Rule(
        "rooms without a period",
        r"\b(?P<word>Apt|Ste|Rm|Bldg|rm|apt|ste|bldg)\s(?=#?\d|[A-Z]\d?\b)",
        lambda match: _NUMBERED[match["word"].lower()] + " ",
        "Apt #4C, rm 214",
        "apartment number four C, room two fourteen",
        needs="",
    ),
    Rule(
        "limits",
        rf"(?<![\d\w])(?<!\d\s)(?i:(?P<word>{any_of(rows('limit'))}))\.\s*(?=[$€£]?\d)",
        lambda match: rows("limit")[match["word"].capitalize()] + " ",
        "Max. 5 people, min. 2",
        "maximum five people, minimum two",
    ),
    Rule(
        "floors",
        r"(?<=\d(?:st|nd|rd|th)\s)Fl\b\.?",
        "floor",
        "on the 34th Fl.",
        "on the thirty fourth floor",
        needs="F",
    ),
    Rule("secretaries", r"\bSec\.(?=\sof\b)", "Secretary", "Sec. of State", "Secretary of State", needs="S"),
    Rule(
        "years of a life",
        r"(?:(?<=\()|^)(?P<word>[bdr])\.\s?(?=\d{3,4}\b)|\b(?P<about>c)\.\s?(?=\d{3,4}\b)",
        lambda match: "circa " if match["about"] else {"b": "born ", "d": "died ", "r": "reigned "}[match["word"]],
        "Ann (b. 1950) and a vase of c. 1850",
        "Ann (born nineteen fifty) and a vase of circa eighteen fifty",
    ),
    Rule("numero", r"№\s?", "number ", "№ 5", "number five", needs="№"),
    Rule("sections", r"§§\s?", "sections ", "§§ 5-7", "sections five to seven", needs="§"),
    Rule("a section", r"§\s?", "section ", "§ 5", "section five", needs="§"),
    Rule(
        "titles",
        rf"(?<![&\w])(?P<word>{any_of(rows('title'))})\b(?:\.{_BEHIND_TITLE}|(?<!Gen)\.(?=\s+[A-Z]\b)|{_BEHIND_TITLE}|\.(?=\s*$|,|\sand\s[MD]rs?\b))",
        lambda match: rows("title")[match["word"]],
        "Dr. Smith, Mrs Lee and Gen. Grant",
        "doctor Smith, missus Lee and general Grant",
        needs="ACDGHILMPRS",
    ),
    Rule(
        "before a name",
        rf"\b(?P<word>{any_of(rows('name'))})\.(?=\s+[A-Z])",
        lambda match: rows("name")[match["word"]],
        "We fly to Ft. Worth and Mt. Fuji.",
        "We fly to fort Worth and mount Fuji.",
        needs="ABFMPRS",
    ),
    Rule(
        "states",
        rf"(?:(?<=,\s)|(?<=\b[DRI]-)|(?<=\band\s)|(?<=\bin\s)|(?<=\bnear\s))(?P<word>{any_of(rows('state'))})\.",
        lambda match: rows("state")[match["word"]] + _period(match),
        "Boston, Mass. is old.",
        "Boston, Massachusetts is old.",
        needs="ACDGIKLMNOPQTVW",
    ),
    Rule(
        "behind a name",
        rf"(?P<comma>(?:[\w)],?|^)\s)(?P<word>{any_of(rows('behind'))})(?:\.|(?<=[JS]r)\b|(?<=Inc)\b|(?<=Ltd)\b|(?<=Blvd)\b|(?<=Ave)\b|(?<=Rd)\b|(?<=Pkwy)\b|(?<=Hwy)\b|(?<=Ln)\b|(?<=Expy)\b)",
        lambda match: match["comma"] + rows("behind")[match["word"]] + _period(match),
        "Apple Inc. and Martin Luther King Jr. on Elm Rd.",
        "Apple incorporated and Martin Luther King junior on Elm road.",
        needs="",
    ),
    Rule(
        "wherever they stand",
        rf"\b(?P<word>{any_of(rows('always'))})\.",
        lambda match: rows("always")[match["word"]] + _period(match),
        "pears, apples, etc.",
        "pears, apples, et cetera.",
        needs=".",
    ),
    Rule("versus", r"(?<=\s)vs(?=\s)", "versus", "cats vs dogs", "cats versus dogs", needs=""),
    Rule(
        "corners of the compass in addresses",
        r"(?:(?<=\d\s)(?P<letter>[NSEW])\.?|\b(?P<one>[NSEW])\.?(?=\s\d+(?:st|nd|rd|th)\s[A-Za-z&])"
        r"|\b(?P<two>[NS][EW]))\s(?=(?:[A-Z][a-z]|\d))",
        lambda match: rows("corner")[match["letter"] or match["one"] or match["two"]] + " ",
        "12 N. Oak Lane",
        "twelve North Oak Lane",
        needs="0123456789NS",
    ),
    Rule("without", r"\bw/o\b", "without", "tea w/o milk", "tea without milk", needs="/"),
    Rule(
        "by volume and weight",
        r"\b(?P<first>[wv])/(?P<second>[wv])\b",
        lambda m: {"w": "weight", "v": "volume"}[m[1]] + " per " + {"w": "weight", "v": "volume"}[m[2]],
        "5% w/v",
        "five percent weight per volume",
        needs="/",
    ),
    Rule("each", r"(?<=\d\s)ea\b\.?", "each", "$15 ea.", "fifteen dollars each"),
    Rule("with", r"\bw/\s?(?=\w)", "with ", "tea w/ milk", "tea with milk", needs="/"),
    Rule("care of", r"\bc/o\b", "care of", "c/o Ann", "care of Ann", needs="/"),
    Rule("not applicable", r"\b[Nn]/[Aa]\b", "N A", "Price: n/a", "Price: N A", needs="/"),
    Rule("because", r"\bb/c\b", "because", "b/c it rains", "because it rains", needs="/"),
    Rule(
        "short forms of messages",
        rf"(?<![\w.@#/'&-])(?<!\d\s)(?P<word>{any_of(_CHAT)})(?![\w@'&/-]|\.\w)",
        lambda match: _CHAT[match["word"]],
        "pls confirm the appt for tmrw",
        "please confirm the appointment for tomorrow",
        needs="",
    ),
]

INITIALS = [
    Rule(
        "initials and letters with periods",
        rf"\b(?:(?:[A-Za-z]\.(?:\s(?=[A-Z]\.))?){{2,}}(?![{LATIN}])|[A-Z](?:\.[A-Z])+\b\.?)",
        _say_initials,
        "J.R.R. Tolkien of the U.S. Army, A.I. and J. K. Rowling",
        "J R R Tolkien of the U S Army, A I and J K Rowling",
        needs="",
    ),
    Rule(
        "one initial",
        r"\b(?P<letter>[A-Z])\.(?=\s+[A-Za-z])",
        lambda match: match["letter"] + _period(match),
        "George W. Bush and E. coli",
        "George W Bush and E coli",
        needs="",
    ),
]
