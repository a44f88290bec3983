"""The page on a loopback port, and a real browser that looks at it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from visitor import PATIENCE, Browser, until

import xespeech
from syllables import syllables

pytest.importorskip("gradio", reason="the page needs gradio: pip install -e '.[ui]' -c constraints.txt")
webdriver = pytest.importorskip("selenium.webdriver", reason="pip install -e '.[dev]' -c constraints.txt")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def page_voice(tiny_voice: Path) -> xespeech.Voice:
    """The model behind the page."""
    return xespeech.load(tiny_voice)


@pytest.fixture(scope="session")
def address(tiny_voice: Path) -> Iterator[str]:
    """A server with the page, as `xespeech serve --ui` has it."""
    import uvicorn

    from xespeech.server import Settings, create_app
    from xespeech.web import serve

    app = serve(create_app(Settings(tiny_voice, workers=1, live=0, max_characters=300, max_seconds=20)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = server.force_exit = True  # the browser's open page would keep it
    thread.join(20)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Headless Chromium with a microphone that hears syllables."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("the page is tested in Chromium: apt-get install chromium chromium-driver")
    heard = tmp_path_factory.mktemp("microphone") / "heard.wav"
    soundfile.write(heard, syllables(5.0, 48_000), 48_000)
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (
        "headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", "disable-dev-shm-usage", "use-fake-device-for-media-stream",
        "use-fake-ui-for-media-stream", f"use-file-for-fake-audio-capture={heard}",
        f"user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):  # fmt: skip
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    browser.set_page_load_timeout(PATIENCE)
    browser.set_script_timeout(PATIENCE)
    yield Browser(browser)
    browser.quit()
