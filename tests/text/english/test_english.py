from __future__ import annotations

import pytest

from xespeech.text import phonemize
from xespeech.text.english.normalization import normalize_english
from xespeech.text.english.web import say_web_address


def said(text: str) -> str:
    """Sounds without stress, words as one string."""
    return "".join(phonemize(text, "en").phones)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("It cost $5.50.", "It cost five dollars and fifty cents."),
        ("$1, $0.01 and €20", "one dollar, one cent and twenty euros"),
        (
            "$1.5 million, £20m and $20-30",
            "one point five million dollars, twenty million pounds and twenty to thirty dollars",
        ),
        (
            "In 1999, 2005 and 2024; the 1990s",
            "In nineteen ninety nine, two thousand five and twenty twenty four; the nineteen nineties",
        ),
        ("from 1990-95", "from nineteen ninety to nineteen ninety five"),
        ("On March 3rd, 2024", "On March third, twenty twenty four"),
        ("03/14/2024 and 2024-03-14", "March fourteenth, twenty twenty four and March fourteenth, twenty twenty four"),
        ("Jan. 5", "January fifth"),
        ("3:30pm, 9:05 and 12:00", "three thirty P M, nine oh five and twelve o'clock"),
        ("10:30-11:00", "ten thirty to eleven o'clock"),
        ("3 p.m. and 5am", "three P M and five A M"),
        (
            "10 km, 1 kg, 20°C, 100% and 60 mph",
            "ten kilometers, one kilogram, twenty degrees Celsius, one hundred percent and sixty miles per hour",
        ),
        ("6'2\" tall, 2 m² wide", "six foot two tall, two square meters wide"),
        ("1st, 21st and 100th", "first, twenty first and one hundredth"),
        (
            "10,000 and 1,234,567",
            "ten thousand and one million two hundred thirty four thousand five hundred sixty seven",
        ),
        ("0.5, -3 and 007", "zero point five, minus three and zero zero seven"),
        ("1/2, 3/4 and 2 1/2 cups", "one half, three quarters and two and a half cups"),
        ("Call 555-1234", "Call five five five, one two three four"),
        ("Henry VIII in World War II", "Henry the eighth in World War two"),
        ("version 3.11.2", "version three point eleven point two"),
        ("2+2=4 & 3 x 4", "two plus two equals four and three times four"),
        ("AT&T, C++ and C#", "A T and T, C plus plus and C sharp"),
        ("Dr. Smith of St. Paul St. vs. Mrs. Lee", "doctor Smith of Saint Paul street versus missus Lee"),
        ("e.g. pears, i.e. fruit, etc.", "for example, pears, that is, fruit, et cetera."),
        ("the U.S. economy", "the U S economy"),
        ("No. 5, #1", "number five, number one"),
        ("on 4 July 1776, 10am-5pm", "on the fourth of July, seventeen seventy six, ten A M to five P M"),
        ("$9.99/month", "nine dollars and ninety nine cents per month"),
        ("B2B, MP3 and COVID-19", "B two B, MP three and COVID nineteen"),
    ],
)
def test_numbers_and_abbreviations_are_said_in_words(written: str, spoken: str) -> None:
    assert normalize_english(written).replace(" ,", ",").replace(" ;", ";").replace(" .", ".") == spoken


def test_web_addresses_are_spelled_out() -> None:
    assert say_web_address("https://www.example.com/a1/") == "www dot example dot com slash a one"
    assert said("Mail me@example.org.") == said("Mail me at example dot org.")


def test_homographs_follow_their_part_of_speech() -> None:
    assert "ɹid" in said("I will read the book.")
    assert "ɹɛd" in said("I have read the book.")
    assert said("They record a record.").count("ɹɛkɚd") == 1


@pytest.mark.parametrize(
    ("acronym", "spelling"), [("GPU", "g p u"), ("GPUs", "g p u z"), ("HTTP", "h t t p"), ("US", "u s"), ("IT", "i t")]
)
def test_acronyms_are_spelled(acronym: str, spelling: str) -> None:
    expected = said(spelling.replace("z", "")) + "z" * ("z" in spelling)
    assert said(f"Use {acronym} now.")[3 : 3 + len(expected)] == expected


def test_acronyms_that_are_words_are_said_as_words() -> None:
    assert said("NASA") == "næsə"
    assert said("WE ARE GOING HOME") == said("we are going home")


def test_names_in_camel_case_are_split() -> None:
    assert said("OpenAI") == said("open A I")
    assert said("iPhone") == said("i phone")


def test_apostrophes_hyphens_and_accents() -> None:
    assert said("the fox’s well-known café") == said("the fox's well known café")
    assert said("Zorbfox's") == said("Zorbfox") + "ɪz"
    assert said("naïve") == said("naive")


def test_articles_follow_the_next_sound_and_letters_stay_letters() -> None:
    assert said("the apple").startswith("ði")
    assert said("the pear").startswith("ðə")
    assert said("a pear").startswith("ə")
    assert said("plan A") == said("plan") + "eɪ"
    assert said("b r i a n") == "biɑɹaɪeɪɛn"


def test_stress_sits_on_vowels_and_not_on_grammatical_words() -> None:
    phonemes = phonemize("What are you looking at?", "en")
    assert phonemes.ipa == "w ˈʌ t ɑ ɹ j u l ˈʊ k ɪ ŋ ˈæ t ?"
    assert phonemize("about time", "en").ipa == "ə b ˈa ʊ t t ˈa ɪ m"
