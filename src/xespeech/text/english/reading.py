"""English words as sounds with stress, by lexicon, part-of-speech tagger and letter-to-sound model."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache, lru_cache

from xespeech.text.characters import LATIN, latin_base
from xespeech.text.english.heteronyms import heteronym
from xespeech.text.english.models import english_models
from xespeech.text.phonemes import Reading
from xespeech.text.tables import read_pairs, read_words

_DIPHTHONGS = {"aɪ": ("a", "ɪ"), "aʊ": ("a", "ʊ"), "eɪ": ("e", "ɪ"), "oʊ": ("o", "ʊ"), "ɔɪ": ("ɔ", "ɪ")}
_VOWELS = frozenset("aeiouæɑɔəɚɛɪʊʌ")
_TOKEN = re.compile(rf"[{LATIN}]+(?:['-][{LATIN}]+)*'?|[,.…?!]")
_CASE_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACRONYM = re.compile(r"([A-Z]{2,})('?s)?$")

# Short words in capitals that Chinese reads as words.
_WORDS_IN_MANDARIN = read_words(__package__, "words_in_mandarin.txt")
# Read as letters although the lexicon holds a word of the same spelling.
_SPELLED_OUT = read_words(__package__, "spelled.txt")
_BEGINNINGS_AND_ENDINGS = read_words(__package__, "onsets.txt")
# Written without vowels and said as sounds.
_INTERJECTIONS = read_pairs(__package__, "interjections.tsv")
# Corrections of the lexicon, in its notation.
_CORRECTIONS = read_pairs(__package__, "pronunciations.tsv")
_WEAK_BEFORE_VOWEL = {"the": ["ð", "i"], "to": ["t", "u"]}
# Grammatical words: without stress unless a pause follows.
_UNSTRESSED = read_words(__package__, "unstressed.txt")
# No article stands before these.
_AFTER_LETTER = read_words(__package__, "after_letter.txt")
_LONGEST_WORD = 40


_lock = threading.Lock()  # the taggers keep state while they work


def read_english(text: str) -> list[Reading]:
    """Sounds of words and pauses (``, . … ? !``); numbers and symbols must be words already."""
    with _lock:
        return _read(_TOKEN.findall(text))


def read_latin_in_mandarin(text: str) -> list[Reading]:
    """As above, between Han characters, where two or three capitals alone are letters: APP, IFS, MU."""
    tokens = _TOKEN.findall(text)
    words = [token for token in tokens if token[0].isalpha()]
    if len(words) != 1 or not re.fullmatch("[A-Z]{2,3}", words[0]) or words[0] in _WORDS_IN_MANDARIN:
        return read_english(text)
    with _lock:
        sounds = [pair for phone in _spell(words[0]) for pair in _split_phone(phone)]
    return [Reading(" ".join(token), sounds) if token[0].isalpha() else Reading("", [(token, "")]) for token in tokens]


def _read(tokens: list[str]) -> list[Reading]:
    if _is_shouted(tokens):
        tokens = [token.lower() for token in tokens]
    parts = [part for token in tokens for part in _split_token(token)]
    if not parts:
        return []
    tags = list(english_models().tag(parts))
    sounds: list[list[str]] = []
    for index, part in enumerate(parts):
        after = parts[index + 1 : index + 2]
        if part in ("a", "A") and _is_letter_a(parts, index):
            sounds.append(_spell("a"))
        else:
            phones = heteronym(parts, tags, index) or _read_part(part, tags[index])
            is_last = not after or not after[0][0].isalpha()
            is_unstressed = _is_function_word(part, tags[index]) and not is_last
            sounds.append([phone.lstrip("ˈˌ") for phone in phones] if is_unstressed else phones)
    for index, part in enumerate(parts[:-1]):
        if part.lower() in _WEAK_BEFORE_VOWEL and sounds[index + 1][0].lstrip("ˈˌ")[0] in _VOWELS:
            sounds[index] = _WEAK_BEFORE_VOWEL[part.lower()]
    return [
        Reading(_as_spoken(part), [pair for phone in word for pair in _split_phone(phone)])
        for part, word in zip(parts, sounds, strict=True)
    ]


def _as_spoken(part: str) -> str:
    """A word with blanks between letters that are spelled: ``TVs`` → ``T Vs``; a pause is empty."""
    if not part[0].isalpha():
        return ""
    letters = _spelled_letters(part)
    return " ".join(letters) + part[len(letters) :] if letters else part


def _is_letter_a(parts: list[str], index: int) -> bool:
    """The letter and not the article: among letters, at the end of a clause, a capital inside one, or before a verb."""
    part, before = parts[index], parts[index - 1] if index else ""
    after, second = [*parts[index + 1 : index + 3], "", ""][:2]
    neighbours = [word for word in (before, after) if len(word) == 1 and word.isalpha() and word not in "IaA"]
    is_last = not after or not after[0].isalpha()
    is_letter = part == "A" and (before[:1].isalpha() or after in ("I", "A"))
    is_subject = after in _AFTER_LETTER or (after in ("greater", "less") and second == "than")
    return bool(neighbours) or is_last or is_letter or is_subject


def _is_function_word(part: str, tag: str) -> bool:
    word = part.lower()
    return word in _UNSTRESSED and not _ACRONYM.match(part) and not (word == "that" and tag == "DT")


def _is_shouted(tokens: list[str]) -> bool:
    """Whether a text in capitals is prose in capitals, and not a row of acronyms."""
    words = [token for token in tokens if len(token) > 1]
    if len(words) < 2 or not all(word.isupper() for word in words):
        return False
    known = sum(word not in _SPELLED_OUT and _lookup(word.lower()) is not None for word in words)
    return 2 * known > len(words)


def _split_token(token: str) -> list[str]:
    """A token as the words that are looked up: ``OpenAI`` → ``Open``, ``AI``; ``well-known`` → ``well``, ``known``."""
    token = token.removesuffix("'") if token[:1].isalpha() else token
    if len(token) == 1 or _lookup(token.lower()) is not None:
        return [token]
    words = []
    for word in token.split("-"):
        if _ACRONYM.match(word) or word.lower().startswith(("mc", "mac")) or _lookup(word.lower()) is not None:
            words.append(word)
        else:
            words += [piece for piece in _CASE_CHANGE.split(word) if piece]
    return [word[start : start + _LONGEST_WORD] for word in words for start in range(0, len(word), _LONGEST_WORD)]


def _read_part(part: str, tag: str) -> list[str]:
    if not part[0].isalpha():
        return [part]
    letters = _spelled_letters(part)
    if letters:
        return _spell(letters) + (["z"] if letters != part else [])
    if len(part) == 1 and part not in ("a", "A", "I"):
        return _spell(part)
    word = part.lower()
    if word in _INTERJECTIONS:
        return _INTERJECTIONS[word].split()
    return _lookup(word, tag) or _possessive(word, tag) or _acronyms(part) or _guess(word)


def _acronyms(part: str) -> list[str] | None:
    """Several of an acronym that is a word: GIFs."""
    acronym = _ACRONYM.match(part)
    phones = _lookup(acronym[1].lower()) if acronym and acronym[2] else None
    return None if phones is None else [*phones, *_s_behind(phones[-1])]


def _spelled_letters(part: str) -> str:
    """The letters of an acronym that is read one by one, without its plural or possessive; empty for other words."""
    acronym = _ACRONYM.match(part)
    if acronym is None or (len(part) > 1 and part[1:].islower()):
        return ""
    word = acronym[1].lower()
    is_known = _lookup(part.lower()) is not None or _lookup(word) is not None
    is_spelled = acronym[1] in _SPELLED_OUT or (not is_known and _is_spelled(acronym[1]))
    return acronym[1] if is_spelled else ""


def _is_spelled(acronym: str) -> bool:
    """Whether letters that the lexicon does not hold are no word: few, or none that English could say."""
    parts = re.match("([^aeiouy]*)[aeiouy].*?([^aeiouy]*)$", acronym.lower())
    if len(acronym) <= 4 or parts is None:
        return True
    begins, ends = parts[1], f"-{parts[2]}"
    return bool(begins and begins not in _BEGINNINGS_AND_ENDINGS) or (
        len(ends) > 1 and ends not in _BEGINNINGS_AND_ENDINGS
    )


def _spell(letters: str) -> list[str]:
    plain = "".join(latin_base(letter) or letter for letter in letters).lower()
    return [phone for letter in plain for phone in english_models().lookup(letter, "gruut:letter") or ()]


def _lookup(word: str, tag: str = "") -> list[str] | None:
    """Phones of a lower-case word from the lexicon, by part of speech where it is a homograph."""
    if word in _CORRECTIONS:
        return _CORRECTIONS[word].split()
    for spelling in dict.fromkeys((word, _plain(word))):
        found = english_models().lookup(spelling, f"gruut:{_lexicon_tag(tag)}" if tag else None)
        if found:
            return list(found)
    return None


def _lexicon_tag(tag: str) -> str:
    """Penn Treebank tag → the coarser tags of the lexicon; a participle is read like the past tense."""
    if tag in ("VBD", "VBN"):
        return "VBD"
    return tag[:2] if tag[:2] in ("VB", "NN", "JJ", "RB") else tag


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    """Without accents: naïve → naive."""
    if word.isascii():
        return word
    word = unicodedata.normalize("NFC", word)
    return "".join(char if char in "'-" else latin_base(char) for char in word).lower()


def _possessive(word: str, tag: str) -> list[str] | None:
    base, apostrophe, ending = word.rpartition("'")
    if not apostrophe or ending != "s":
        return None
    phones = _spell(base) if len(base) == 1 else _lookup(base, tag) or _guess(base)
    return [*phones, *_s_behind(phones[-1])] if phones else None


def _s_behind(phone: str) -> list[str]:
    """The sound of an s that is added behind a phone."""
    last = phone.replace("͡", "")
    if last in ("s", "z", "ʃ", "ʒ", "tʃ", "dʒ"):
        return ["ɪ", "z"]
    return ["s" if last in ("p", "t", "k", "f", "θ") else "z"]


@lru_cache(maxsize=4096)
def _guess(word: str) -> list[str]:
    word = re.sub("[^a-z]", "", _plain(word))
    is_guessed = len(word) > 5 or re.search("[aeiouy]", word)
    return (english_models().guess(word) if is_guessed else []) or _spell(word)


@cache
def _split_phone(phone: str) -> tuple[tuple[str, str], ...]:
    """One phone of the lexicon → phones and marks of the inventory: ``ˈaɪ`` → ``a`` with stress, ``ɪ``."""
    mark = phone[0] if phone[0] in "ˈˌ" else ""
    sound = phone.lstrip("ˈˌ").replace("͡", "")
    first, *rest = _DIPHTHONGS.get(sound, (sound,))
    return ((first, mark), *((other, "") for other in rest))
