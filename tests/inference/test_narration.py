"""Texts of any length with prosody, pauses, voices and timestamps, spoken by the tiny model."""

from __future__ import annotations

import threading
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xespeech
from lateness import lateness
from xespeech.audio import Audio
from xespeech.errors import TextError, UserError
from xespeech.inference.narration import PARAGRAPH_PAUSE, SENTENCE_PAUSE

RATE = 24_000


@pytest.fixture(scope="module")
def voice(tiny_voice: Path) -> xespeech.Voice:
    """The tiny model."""
    return xespeech.load(tiny_voice)


def test_words_are_timed(voice: xespeech.Voice) -> None:
    (sentence,) = voice.narrate("Dr. Smith paid $5.50 for [[təˈmeɪtoʊ]] soup.")
    assert [word.text for word in sentence.words] == ["Dr", "Smith", "paid", "$5.50", "for", "[[təˈmeɪtoʊ]]", "soup"]
    assert [sentence.text[word.first : word.stop] for word in sentence.words] == [word.text for word in sentence.words]
    times = [moment for word in sentence.words for moment in (word.start, word.end)]
    assert times == sorted(times)
    assert 0 < times[0] < times[-1] < sentence.duration
    for word in sentence.words:
        assert (word.phones[0].start, word.phones[-1].end) == (word.start, word.end)
        assert all(left.end == right.start for left, right in zip(word.phones, word.phones[1:], strict=False))
    assert " ".join(phone.phone for phone in sentence.words[1].phones) == "s m ˈɪ θ"


def test_a_passage_sounds_the_same_wherever_the_telling_begins(voice: xespeech.Voice) -> None:
    text = "One. Two.\n\nThree.\n\nFour."
    whole = list(voice.narrate(text, seed=3))
    assert [(sentence.text, sentence.passage) for sentence in whole] == [
        ("One.", 0),
        ("Two.", 0),
        ("Three.", 1),
        ("Four.", 2),
    ]
    assert [sentence.pause for sentence in whole] == [SENTENCE_PAUSE, PARAGRAPH_PAUSE, PARAGRAPH_PAUSE, 0.0]
    later = list(voice.narrate(text, seed=3, first=1))
    for expected, found in zip(whole[2:], later, strict=True):
        np.testing.assert_array_equal(expected.samples, found.samples)
    joined = np.concatenate([sentence.samples for sentence in whole])
    np.testing.assert_array_equal(joined, voice.speak(text, seed=3).samples)


def test_joins_do_not_click(voice: xespeech.Voice) -> None:
    for sentence in voice.narrate("One. Two. Three!"):
        spoken = sentence.samples[: len(sentence.samples) - round(sentence.pause * RATE)]
        assert np.abs(spoken[[0, -1]]).max() < 1e-3 * np.abs(spoken).max()


def test_prosody_of_words(voice: xespeech.Voice) -> None:
    plain, slow = (
        next(iter(voice.narrate(f"<speak>I really {text} it.</speak>", noise=0)))
        for text in ("mean", '<prosody rate="50%" volume="+6dB">mean</prosody>')
    )
    lengths = [[word.end - word.start for word in sentence.words] for sentence in (plain, slow)]
    assert lengths[1][2] == pytest.approx(2 * lengths[0][2], rel=0.2)
    assert lengths[1][:2] == pytest.approx(lengths[0][:2])

    def level(sentence, index):
        word = sentence.words[index]
        return np.sqrt(np.mean(sentence.samples[round(word.start * RATE) : round(word.end * RATE)] ** 2))

    louder = level(slow, 2) / level(slow, 0) / (level(plain, 2) / level(plain, 0))
    assert 1.4 < louder < 2.8  # 6 dB


def test_pitch_of_words(voice: xespeech.Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    sound = voice.engine.sound

    def listen(latent, style, log_pitch, voicing):
        used.append(log_pitch)
        return sound(latent, style, log_pitch, voicing)

    monkeypatch.setattr(voice.engine, "sound", listen)
    voice.speak("I mean it.", noise=0)
    voice.speak('<speak>I <prosody pitch="+2st">mean</prosody> it.</speak>', noise=0)
    shift = np.unique(np.round(12 / np.log(2) * (used[1] - used[0]), 3))
    assert set(shift) == {0.0, 2.0}


def test_voices_and_emotions_of_a_document(voice: xespeech.Voice) -> None:
    document = '<speak>Hi. <voice name="mei" emotion="happy">Hi.</voice> <p emotion="happy">Hi.</p></speak>'
    first, second, third = (sentence.samples for sentence in voice.narrate(document, noise=0))
    np.testing.assert_array_equal(first[:100], voice.speak("Hi.", noise=0).samples[:100])
    assert not np.array_equal(first[:2000], second[:2000])
    assert not np.array_equal(second[:2000], third[:2000])


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ('<speak>Hi.\n <voice name="mai">Hi.</voice></speak>', "SSML, line 2, column 2: .* did you mean mei"),
        ('<speak><p emotion="hapy">Hi.</p></speak>', "SSML, line 1, column 8: .* did you mean happy"),
        ('<speak><p emotion="happy" intensity="9">Hi.</p></speak>', "line 1, column 8: the intensity 9"),
        ("<speak> <break/> </speak>", "nothing that can be spoken"),
    ],
)
def test_mistakes_in_a_document_raise_before_anything_is_said(
    voice: xespeech.Voice, document: str, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        voice.stream(document)


def test_lexicon(voice: xespeech.Voice, tmp_path: Path) -> None:
    (tmp_path / "own.tsv").write_text("GIF\t[[dʒɪf]]\n", "utf-8")
    (sentence,) = voice.narrate("A GIF.", lexicon=tmp_path / "own.tsv")
    assert [phone.phone for phone in sentence.words[1].phones] == ["dʒ", "ɪ", "f"]
    assert sentence.words[1].text == "GIF"
    with pytest.raises(TextError, match="No such file"):
        voice.stream("A GIF.", lexicon=tmp_path / "missing.tsv")


def test_a_text_in_blocks_is_the_same_text(voice: xespeech.Voice) -> None:
    text = "One. Two.\n\nThree has a few more words.\n \nFour."
    whole = [(sentence.text, sentence.passage) for sentence in voice.narrate(text)]
    for size in (1, 2, 7):
        blocks = (text[start : start + size] for start in range(0, len(text), size))
        assert [(sentence.text, sentence.passage) for sentence in voice.narrate(blocks)] == whole


def test_time_and_memory_do_not_grow_with_the_text() -> None:
    from xespeech.text.script import lines, read_plain

    def passages(count: int):
        block = "A sentence of a book. And one more, with a few words.\n\n" * 100
        return (line for passage in read_plain(block for _ in range(count)) for line in lines(passage))

    seconds, peaks = [], []
    for count in (3, 30):  # 17,000 and 170,000 characters
        tracemalloc.start()
        started = time.process_time()
        assert sum(1 for _ in passages(count)) == 200 * count
        seconds.append(time.process_time() - started)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert seconds[1] < 25 * seconds[0]
    assert peaks[1] < 1.5 * peaks[0] + 100_000


def test_a_paragraph_without_end_is_cut() -> None:
    from xespeech.text.passages import LONGEST_PARAGRAPH
    from xespeech.text.script import read_plain

    for unit in ("A sentence of a book. ", "今天天气很好。", "word ", "线"):
        text = (unit * 40_000)[:40_000]
        passages = list(read_plain(text))
        assert all(len(passage.text) <= LONGEST_PARAGRAPH for passage in passages)
        assert "".join(passage.text for passage in passages) == text
        assert {passage.paragraph for passage in passages} == {0}


def test_threads_share_a_voice(voice: xespeech.Voice) -> None:
    texts = ["Hello there.", "你好，世界。", "こんにちは。", "It is 5 o'clock."] * 2
    alone = [voice.speak(text, seed=1).samples for text in texts]
    together: list[np.ndarray | None] = [None] * len(texts)

    def speak(index: int) -> None:
        together[index] = voice.speak(texts[index], seed=1).samples

    threads = [threading.Thread(target=speak, args=(index,)) for index in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for expected, found in zip(alone, together, strict=True):
        np.testing.assert_array_equal(expected, found)


AWKWARD = "a I ' 5 今日 ー っ 。 …!\u0301\u200d🙂<&[{}]- \n$%"
"""Characters that mean something to some part of the front ends."""


@settings(max_examples=40, deadline=None)
@given(text=st.one_of(st.text(max_size=30), st.text(st.sampled_from(AWKWARD), max_size=30)))
def test_any_string_is_spoken_or_refused(voice: xespeech.Voice, text: str) -> None:
    try:
        audio = voice.speak(text)
    except UserError:
        return
    assert np.isfinite(audio.samples).all()
    assert audio.duration > 0


def test_two_sentences_at_once_are_those_of_one_thread_in_order() -> None:
    text = "One is short. The second sentence is a good deal longer than the first. Three. Four is last."
    alone, together = (xespeech.load(threads=threads) for threads in (1, 2))
    expected, found = (list(voice.narrate(text)) for voice in (alone, together))
    assert [sentence.text for sentence in found] == [sentence.text for sentence in expected]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.samples, other.samples, atol=1e-4)


def test_what_was_read_before_a_book_broke_off_is_spoken() -> None:
    def book():
        yield "The first line is here.\n\nThe second too.\n\nAnd a third.\n\n"
        raise OSError("the disk is gone")

    said: list[str] = []
    with pytest.raises(OSError, match="the disk is gone"):
        said.extend(sentence.text for sentence in xespeech.load(threads=2).narrate(book()))
    assert said[:1] == ["The first line is here."]


def test_markup_is_spoken_only_where_it_is_plain(voice: xespeech.Voice) -> None:
    texts = [next(voice.stream("## *Hello*", markup=markup)).text for markup in ("auto", "plain")]
    assert texts == ["Hello", "## *Hello*"]
    with pytest.raises(TextError, match="choose the markup plain"):
        voice.speak("```\nprint()\n```")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Please close the window before you leave, and put the glass on the table."),
        ("zh", "昨天晚上下了一场大雨，孩子们在公园里玩得很开心。"),
        ("ja", "昨日は友達と映画を見ました、母は台所で料理をしています。"),
    ],
)
def test_times_of_the_default_voice_are_those_of_its_sounds(language: str, text: str) -> None:
    (sentence,) = xespeech.load().narrate(text, language=language)
    phones = [phone for word in sentence.words for phone in word.phones]
    names, boundaries = [], [phones[0].start]
    for phone in phones:
        if phone.start > boundaries[-1]:  # a pause
            names.append(",")
            boundaries.append(phone.start)
        names.append(phone.phone.strip("ˈˌ12345LH"))
        boundaries.append(phone.end)
    assert abs(lateness(names, boundaries, Audio(sentence.samples, sentence.sample_rate))) <= 0.04
