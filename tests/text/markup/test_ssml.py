"""SSML: what each element does, which mistakes are found where, and that nothing else can come out."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xespeech.errors import TextError, UserError
from xespeech.text.markup.ssml import is_ssml, read_ssml
from xespeech.text.passages import Passage
from xespeech.text.prosody import Prosody
from xespeech.text.script import Line, Reading, lines, read_line, read_passages


def all_lines(body: str, attributes: str = "") -> list[Line]:
    """Lines of a document."""
    return [line for passage in read_ssml(f"<speak{attributes}>{body}</speak>") for line in lines(passage)]


def only(body: str, attributes: str = "") -> Reading:
    """The only line of a document, read."""
    (line,) = all_lines(body, attributes)
    return read_line(line)


def ipa(text: str, language: str | None = None) -> str:
    return read_line(Line(Passage(text), text), language).phonemes.ipa


def prosody_of(word: str, reading: Reading) -> Prosody:
    """How a word of a line is said."""
    own = next(own for own in reading.phonemes.words if own.text == word)
    assert len(set(reading.prosody[own.first : own.stop])) == 1
    return reading.prosody[own.first]


def test_breaks_end_lines_with_a_pause_of_their_own() -> None:
    body = 'One <break time="500ms"/> two <break time="1.5s"/><break strength="strong"/> three. Four.'
    assert [(line.text, line.passage.pause) for line in all_lines(body)] == [
        ("One", 0.5), ("two", 2.25), ("three.", None), ("Four.", None)
    ]  # fmt: skip
    assert [(line.text, line.passage.pause) for line in all_lines('<break time="2s"/>One')] == [
        ("", 2.0),
        ("One", None),
    ]
    assert [line.text for line in all_lines('No<break strength="none"/>thing')] == ["Nothing"]


def test_prosody_holds_for_its_words_in_one_line() -> None:
    reading = only(
        'I <prosody rate="slow" pitch="+2st" volume="-6dB">really <emphasis>do</emphasis></prosody> mean it.'
    )
    assert reading.phonemes.ipa == ipa("I really do mean it.")
    assert prosody_of("I", reading) == Prosody()
    assert prosody_of("really", reading) == Prosody(0.8, 2.0, -6.0)
    assert prosody_of("do", reading) == Prosody(0.8 * 0.92, 3.0, -4.5)
    assert prosody_of("mean", reading) == Prosody()


def test_prosody_reaches_numbers_that_are_read_as_several_words() -> None:
    reading = only('It costs <prosody rate="200%">$5.50</prosody> now.')
    assert {word.text: prosody_of(word.text, reading).speed for word in reading.phonemes.words} == {
        "It": 1.0, "costs": 1.0, "five": 2.0, "dollars": 2.0, "and": 2.0, "fifty": 2.0, "cents": 2.0, "now": 1.0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("attribute", "prosody"),
    [
        ('rate="x-slow"', Prosody(0.6)),
        ('rate="150%"', Prosody(1.5)),
        ('rate="+20%"', Prosody(1.2)),
        ('rate="-20%"', Prosody(0.8)),
        ('rate="1.5"', Prosody(1.5)),
        ('pitch="high"', Prosody(pitch=2.0)),
        ('pitch="-3st"', Prosody(pitch=-3.0)),
        ('pitch="+100%"', Prosody(pitch=12.0)),
        ('volume="loud"', Prosody(volume=4.0)),
        ('volume="silent"', Prosody(volume=-100.0)),
        ('volume="+3.5dB"', Prosody(volume=3.5)),
    ],
)
def test_values_of_prosody(attribute: str, prosody: Prosody) -> None:
    assert prosody_of("word", only(f"A <prosody {attribute}>word</prosody>."))[:] == pytest.approx(prosody[:])


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('A <phoneme ph="təˈmɑtoʊ">tomato</phoneme>.', "A [[təˈmɑtoʊ]]."),
        ('<phoneme alphabet="x-pinyin" ph="hang2 zhang3">行长</phoneme>来了。', "{hang2 zhang3}来了。"),
        ('<sub alias="World Wide Web Consortium">W3C</sub> rules.', "World Wide Web Consortium rules."),
        ('Spell <say-as interpret-as="characters">cat</say-as>.', "Spell C A T."),
        ('Dial <say-as interpret-as="telephone">555-0123</say-as>.', "Dial 5 5 5, 0 1 2 3."),
        ('The <say-as interpret-as="ordinal">22</say-as> time.', "The 22nd time."),
        ('On <say-as interpret-as="date" format="mdy">3/4/2024</say-as>.', "On March 4th, 2024."),
        ('在<say-as interpret-as="date" format="ymd">2024-3-4</say-as>。', "在2024年3月4日。"),
        ('A <say-as interpret-as="cardinal">12</say-as>.', "A 12."),
    ],
)
def test_readings(body: str, text: str) -> None:
    assert only(body).phonemes.ipa == ipa(text)


def test_what_is_shown_is_what_was_written() -> None:
    (line,) = all_lines('  The <sub alias="World Wide Web Consortium">W3C</sub>\n  says  so. ')
    assert line.text == "The W3C says so."
    reading = read_line(line, with_spans=True)
    assert [line.text[start:stop] for start, stop in reading.spans] == ["The", *["W3C"] * 4, "says", "so"]


def test_languages() -> None:
    reading = only('I love <lang xml:lang="ja-JP">東京</lang>.', ' xml:lang="en-US"')
    assert set(reading.phonemes.languages[-8:-1]) == {"ja"}
    assert reading.phonemes.languages[0] == "en"
    assert reading.phonemes.phones[-1] == "."
    assert set(only("東京", ' xml:lang="ja"').phonemes.languages) == {"ja"}
    assert set(only("東京", ' xml:lang="cmn-CN"').phonemes.languages) == {"zh"}


def test_voices_and_emotions() -> None:
    body = 'Me. <voice name="mei" emotion="happy" intensity="0.5">You, <p emotion="angry">Hey!</p></voice> Me again.'
    found = [(line.text, line.passage.voice, line.passage.emotion, line.passage.intensity) for line in all_lines(body)]
    assert found == [
        ("Me.", None, None, None),
        ("You,", "mei", "happy", 0.5),
        ("Hey!", "mei", "angry", 0.5),
        ("Me again.", None, None, None),
    ]
    assert all_lines("<p>One.</p><p>Two.</p>")[1].passage.paragraph == 1


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("<speak>\n  <audio src='a'/></speak>", "line 2, column 3: <audio> is not supported"),
        ("<speak>a <prosody rate='quick'>b</prosody></speak>", "line 1, column 10: the rate 'quick'"),
        ("<speak><prosody contour='a'>b</prosody></speak>", "<prosody> has no attribute contour"),
        ("<speak><prosody pitch='100Hz'>b</prosody></speak>", "the pitch '100Hz'"),
        ("<speak><prosody volume='11'>b</prosody></speak>", "the volume '11'"),
        ("<speak><break time='5'/></speak>", "the time '5'"),
        ("<speak><break time='1e9s'/></speak>", "the time '1e9s'"),
        ("<speak><break strength='hard'/></speak>", "unknown strength 'hard'"),
        ("<speak><emphasis level='stron'>b</emphasis></speak>", "did you mean strong"),
        ("<speak><phoneme>b</phoneme></speak>", "<phoneme> needs the attribute ph"),
        ("<speak><phoneme ph='☺'>b</phoneme></speak>", "☺"),
        ("<speak><phoneme alphabet='x-sampa' ph='a'>b</phoneme></speak>", "the alphabet 'x-sampa'"),
        ("<speak>ab<say-as interpret-as='date' format='mdy'>1/2</say-as></speak>", "column 54: '1/2' is not a date"),
        ("<speak><say-as interpret-as='ordinal'>x</say-as></speak>", "'x' is not an ordinal"),
        ("<speak><sub alias='a'><p>b</p></sub></speak>", "<sub> holds text only"),
        ("<speak><lang xml:lang='fr'>b</lang></speak>", "unknown language 'fr'"),
        ("<speak emotion='happy' intensity='very'>b</speak>", "the intensity 'very'"),
        ("<speak><speak>b</speak></speak>", "one is enough"),
        ("<speak>a <b</speak>", "line 1"),
        ("<speak>a\nb", "line 2, column 2"),
        ("<speak>a &nbsp; b</speak>", "column 10"),
        ("<speak>one <p>Ж</p></speak>", "line 1, column 15: .*cyrillic"),
        ("<!DOCTYPE speak [<!ENTITY b 'c'>]><speak>&b;</speak>", "entities are refused"),
    ],
)  # fmt: skip
def test_mistakes_are_one_sentence_with_line_and_column(document: str, sentence: str) -> None:
    with pytest.raises(TextError, match=sentence) as caught:
        read_ssml(document)
    assert str(caught.value).startswith("SSML, line")


@pytest.mark.parametrize("name", ["p", "s", 'prosody rate="90%"', 'voice name="mei"'])
def test_elements_are_not_nested_without_end(name: str) -> None:
    inside = f"<{name}>" * 98 + "Hello." + f"</{name.split()[0]}>" * 98
    assert read_ssml(f"<speak>{inside}</speak>")[0].text == "Hello."
    with pytest.raises(TextError, match=r"column \d+: <\w+> stands inside 100 others"):
        read_ssml("<speak>" + f"<{name}>" * 10_000)


def test_what_is_ssml() -> None:
    assert is_ssml('<?xml version="1.0"?>\n<!-- mine -->\n<speak version="1.1">a</speak>')
    assert is_ssml('<!DOCTYPE speak PUBLIC "a" "b"><speak>a</speak>')
    assert not is_ssml("a < b, he speaks")
    assert next(read_passages("a <speak>")).text == "a <speak>"


TEXTS = st.one_of(
    st.sampled_from(["Hello there. ", "你好。", "東京", " ", "5%", "\n", "&amp;"]), st.text("ab1 .<&é東か☺", max_size=6)
)
ATTRIBUTES = st.sampled_from(
    ["", ' rate="fast"', ' rate="x"', ' pitch="+1st"', ' volume="-3dB"', ' emotion="happy"', ' xml:lang="ja"',
     ' xml:lang="fr"', ' name="mei"', ' time="10ms"', ' level="strong"', ' ph="a"', ' interpret-as="characters"',
     ' alias="b c"', " broken"]
)  # fmt: skip
NAMES = st.sampled_from(
    ["speak", "p", "s", "break", "prosody", "emphasis", "phoneme", "say-as", "sub", "lang", "voice", "x"]
)


def _element(parts: tuple[str, str, list[str], bool]) -> str:
    name, attributes, content, is_open = parts
    return f"<{name}{attributes}>{''.join(content)}" + ("" if is_open else f"</{name}>")


@pytest.mark.parametrize(
    "body",
    ['<say-as interpret-as="characters">.</say-as>', '<sub alias="">x</sub>', "<p>...</p>", '<sub alias="!">x</sub>.'],
)
def test_what_says_nothing_is_passed_over(body: str) -> None:
    with pytest.raises(TextError, match="SSML, line 1, column 1: the document has nothing that can be spoken"):
        read_ssml(f"<speak>{body}</speak>")
    (passage,) = read_ssml(f"<speak><p>Hello.</p><p>{body}</p></speak>")
    assert passage.text == "Hello."
    passages = read_ssml(f'<speak><p>Hello.</p><p>{body}<break time="1s"/></p></speak>')
    assert "".join(passage.text for passage in passages) == "Hello."
    assert sum(passage.pause or 0 for passage in passages) == 1


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        TEXTS,
        lambda inner: st.tuples(
            NAMES, ATTRIBUTES, st.lists(inner, max_size=3), st.integers(0, 30).map(lambda n: n == 0)
        ).map(_element),
        max_leaves=8,
    )
)
def test_any_document_is_lines_or_an_error(body: str) -> None:
    try:
        passages = read_ssml(f"<speak>{body}</speak>")
    except UserError as error:
        if not str(error).startswith("SSML, line"):
            raise
        return
    for passage in passages:
        assert passage.text == " ".join(passage.text.split(" ")).replace("\n", " ")
        for own in (*passage.replacements, *passage.stretches):
            assert 0 <= own.start <= own.stop <= len(passage.text)
        for line in lines(passage):
            assert line.text in passage.text
            if line.text:
                reading = read_line(line, with_spans=True)
                assert len(reading.spans) == len(reading.phonemes.words)
                assert all(0 <= start <= stop <= len(line.text) for start, stop in reading.spans)


def test_a_long_document_takes_linear_time() -> None:
    line = 'A line of a <emphasis>long</emphasis> document, <sub alias="number">no.</sub> 1.\n'

    def seconds(count: int) -> float:
        document = f"<speak>{line * count}</speak>"
        started = time.process_time()
        spoken = [own for passage in read_ssml(document) for own in lines(passage)]
        took = time.process_time() - started
        assert [(len(own.passage.stretches), len(own.passage.replacements)) for own in spoken] == [(1, 1)] * count
        return took

    short, long = (min(seconds(count) for _ in range(3)) for count in (600, 4800))  # the least disturbed of each
    assert long < 24 * short  # 8 where time is linear, 64 where it is quadratic
