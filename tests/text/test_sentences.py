from __future__ import annotations

import time

import pytest

from xespeech.errors import TextError
from xespeech.text import split_sentences
from xespeech.text.sentences import LONGEST_SENTENCE


def test_abbreviations_initials_and_decimals_do_not_end_a_sentence() -> None:
    text = 'Dr. Smith met J. K. Rowling in the U.S. economy. He paid 3.5 dollars, e.g. "Yes." She left... Did she?'
    assert split_sentences(text) == [
        "Dr. Smith met J. K. Rowling in the U.S. economy.",
        'He paid 3.5 dollars, e.g. "Yes."',
        "She left...",
        "Did she?",
    ]


def test_chinese_and_japanese_need_no_blanks() -> None:
    assert split_sentences("今天好。“是的！”他说。然后呢?走吧") == ["今天好。", "“是的！”", "他说。", "然后呢?", "走吧"]
    assert split_sentences("はい。「え？」そう。") == ["はい。", "「え？」", "そう。"]


def test_line_breaks_end_sentences_unless_prose_is_wrapped() -> None:
    wrapped = "This is a line of hard wrapped prose that goes on and on until here\nand then it continues."
    assert split_sentences(wrapped) == [wrapped]
    assert split_sentences("Shopping list\nMilk\n\n***\nBread") == ["Shopping list", "Milk", "Bread"]


def work_of_cutting(text: str) -> float:
    """Seconds of this thread's processor time, whoever else is at work."""
    taken = []
    for _ in range(3):
        start = time.thread_time()
        split_sentences(text)
        taken.append(time.thread_time() - start)
    return min(taken)


@pytest.mark.parametrize(
    "unit",
    ["a", "word ", "Hello there. ", "今天天气好。", "今天天气好", "1", "a.b.", '"a." ', "{a1}", "(", "-", "\n", "."],
)
def test_a_hundred_thousand_characters_are_cut_at_once(unit: str) -> None:
    text = (unit * 100_000)[:100_000] + "x"
    sentences = split_sentences(text)
    assert work_of_cutting(text) < 12 * work_of_cutting(text[-20_000:])  # five times as much text; 25 were quadratic
    assert max(map(len, sentences)) <= LONGEST_SENTENCE
    if unit.strip().isalnum():
        assert "".join(sentences).replace(" ", "") == text.replace(" ", "")


def test_position_of_an_unreadable_character_is_in_the_whole_text() -> None:
    with pytest.raises(TextError, match="character 14 of the text"):
        split_sentences("One. Two. Or Ж.")


@pytest.mark.parametrize("text", ["", " \n", "...", "🙂🙂"])
def test_nothing_to_speak_is_refused(text: str) -> None:
    with pytest.raises(TextError, match="at least one word"):
        split_sentences(text)
