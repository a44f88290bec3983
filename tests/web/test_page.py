"""The page in a real browser: type, choose, click, listen, upload; what is wrong is told in a sentence."""

from __future__ import annotations

import io
import time
import urllib.request
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from visitor import Browser, until

import xespeech
from xespeech.audio import Audio

# From now on, the page's players are remembered when they play.
LISTEN = """
window.heard = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function() { window.heard.push(this); return play.call(this); };
"""
# Seconds and loudest sample of what the last player played, decoded by the browser.
DECODE = """
const done = arguments[arguments.length - 1];
fetch(window.heard.at(-1).currentSrc).then(answer => answer.arrayBuffer())
    .then(data => new OfflineAudioContext(1, 1, 24000).decodeAudioData(data))
    .then(sound => done([sound.duration, Math.max(...sound.getChannelData(0).map(Math.abs))]), e => done(String(e)));
"""


@pytest.fixture(scope="module")
def browser(chromium: Browser, address: str) -> Browser:
    chromium.open(address)
    return chromium


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Three seconds of a buzz that pauses."""
    time = np.arange(72_000) / 24_000
    buzz = 0.2 * (150 * time % 1 - 0.5) * (np.sin(2 * np.pi * 1.5 * time) > -0.5) + 0.001
    return Audio(buzz.astype(np.float32), 24_000).save(tmp_path / "buzz.flac")


def fetch(address: str) -> bytes:
    with urllib.request.urlopen(address) as answer:
        return answer.read()


def test_what_is_typed_is_heard(browser: Browser, page_voice: xespeech.Voice) -> None:
    box = browser.shown("textarea")
    box.clear()
    box.send_keys("Good evening!")
    browser.choose("Voice", "mei (Japanese)")
    browser.choose("Emotion", "happy")
    browser.click("#speak")
    address = browser.result("speak")
    samples, rate = soundfile.read(io.BytesIO(fetch(address)), dtype="float32")
    expected = page_voice.speak("Good evening!", voice="mei", emotion="happy")
    assert rate == expected.sample_rate
    np.testing.assert_allclose(samples, expected.samples, atol=1e-4)

    browser.run(LISTEN)
    browser.click("#speak-audio button[aria-label=Play]")
    until(lambda: browser.run("return window.heard.at(-1).ended"))
    duration, peak = browser.driver.execute_async_script(DECODE)
    assert duration == pytest.approx(expected.duration, abs=0.01)
    assert peak == pytest.approx(np.abs(expected.samples).max(), abs=0.01)

    timings = until(lambda: browser.find("#speak-timings").text)
    assert timings.startswith(f"{expected.duration:.2f} s made in ")
    picture = until(lambda: browser.find("#speak-picture img").get_attribute("src"))
    assert fetch(picture).startswith(b"\x89PNG")


def test_unreadable_upload_is_told_by_its_name(browser: Browser, tmp_path: Path) -> None:
    browser.tab("Convert")
    (tmp_path / "noise.wav").write_bytes(b"this is no recording" * 100)
    browser.upload("#convert-source", tmp_path / "noise.wav")
    until(lambda: browser.find("#convert-source audio"))
    browser.click("#convert")
    told = browser.shown("[data-testid=toast-body]").text
    assert "noise.wav is not audio that can be read" in told
    assert "/" not in told.replace("noise.wav", "")
    browser.click("[data-testid=toast-close]")
    browser.click("#convert-source button[aria-label='Clear']")


def test_an_upload_is_converted(browser: Browser, recording: Path) -> None:
    browser.tab("Convert")
    browser.upload("#convert-source", recording)
    until(lambda: browser.find("#convert-source audio"))
    browser.click("#convert")
    samples, rate = soundfile.read(io.BytesIO(fetch(browser.result("convert"))))
    assert len(samples) / rate == pytest.approx(3, abs=0.05)
    assert np.abs(samples).max() > 0.01


def test_a_microphone_is_a_reference(browser: Browser) -> None:
    browser.tab("Speak")
    browser.click("#speak-recording > button")
    browser.click("#speak-reference button[aria-label='Record audio']")
    browser.click("#speak-reference .record-button")
    time.sleep(1.5)
    before = browser.result("speak")
    browser.click("#speak-reference .stop-button")
    until(lambda: browser.find("#speak-reference audio"))
    browser.click("#speak")
    until(lambda: browser.result("speak") != before)


def test_two_settings_are_compared(browser: Browser) -> None:
    browser.tab("Compare")
    browser.click("#compare")
    first, second = (fetch(browser.result(f"compare-{side}")) for side in "ab")
    assert first == second  # the same settings on both sides, to begin with


def test_lines_become_recordings(browser: Browser) -> None:
    browser.tab("Batch")
    browser.click("#batch")
    archive = until(lambda: browser.find("#batch-zip a[download]").get_attribute("href"))
    with zipfile.ZipFile(io.BytesIO(fetch(archive))) as bundle:
        assert bundle.namelist() == ["001.wav", "002.wav", "003.wav"]
        assert all(soundfile.info(io.BytesIO(bundle.read(name))).duration > 0.2 for name in bundle.namelist())
    assert "001.wav" in browser.find("#batch-table").text


def test_nothing_but_the_server_is_asked(browser: Browser, address: str) -> None:
    elsewhere = {url for url in browser.requests() if not url.startswith((address, "data:", "blob:", "chrome"))}
    assert not elsewhere


def test_fits_a_phone(browser: Browser, address: str) -> None:
    browser.open(address, width=360, height=740)
    for tab in ("Speak", "Convert", "Compare", "Batch"):
        browser.tab(tab)
        assert browser.run("return document.documentElement.scrollWidth") <= 360, tab
