"""The web page, in Gradio: controls with defaults and help, in columns that stack on a phone.

It loads nothing from other hosts: no telemetry, fonts or scripts; and it keeps no history.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware

from xespeech.audio.io import SUFFIXES
from xespeech.inference import Voice
from xespeech.inference.options import ConversionOptions, SpeechOptions, StyleOptions, describe
from xespeech.web.controls import NAMES, STYLE, chosen, control, controls_of, named
from xespeech.web.guard import Guard, GuardedBlocks, Store
from xespeech.web.speakers import ModelSpeaker, ServedSpeaker, Speaker
from xespeech.web.studio import Limits, Studio, Style

TITLE = "xespeech"
_SPEECH = describe(SpeechOptions)
_SAMPLE = "Hello! This voice speaks three languages. 今天天气真好。明日はいい天気です。"
_LINES = "Good morning!\n早上好！\nおはようございます。"
_CSS = """
.narrow { max-width: 1100px; margin: 0 auto !important; }
footer { display: none !important; }
@media (max-width: 600px) {  /* all tabs in a row on a phone */
    .narrow { padding: 8px !important; }
    .tab-container button { padding: 0 10px !important; }
}
"""
_SETTINGS: dict[str, Any] = {
    "theme": gr.themes.Default(
        primary_hue="indigo",
        font=["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ),
    "css": _CSS,
    "show_error": True,
    "footer_links": [],
    "run_history": False,
    "ssr_mode": False,
    "enable_monitoring": False,
    "pwa": False,
}

_TURNS: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 2}


def build(voice: Voice | Speaker, limits: Limits = Limits()) -> GuardedBlocks:
    """The page of a model, ready to be mounted or launched.

    Args:
        voice: a model or a `Speaker`.
        limits: of each request.
    """
    speaker = ModelSpeaker(voice, limits.upload_seconds) if isinstance(voice, Voice) else voice
    store = Store(Path(get_upload_folder()), limits.stored_bytes)  # so that Gradio deletes old files
    studio = Studio(speaker, store.folder, limits, store.make_room)
    with GuardedBlocks(
        title=TITLE, analytics_enabled=False, delete_cache=(600, 3600), elem_classes="narrow", fill_width=True
    ) as page:
        page.store = store
        gr.Markdown(
            f"# {TITLE}\nSpeech in English, Mandarin and Japanese with the voice and the emotion of any recording. "
            "Nothing you type or upload is kept."
        )
        with gr.Tab("Speak"):
            _speak_tab(studio)
        with gr.Tab("Convert"):
            _convert_tab(studio)
        with gr.Tab("Compare"):
            _compare_tab(studio)
        with gr.Tab("Batch"):
            _batch_tab(studio)
        gr.Markdown(
            "Use your own voice, or one whose owner agreed. What is made here is synthetic, and the files say so in "
            "their metadata; say so too wherever people could take it for real."
        )
    page.queue(max_size=limits.waiting)
    return page


def mount(app: FastAPI, voice: Voice | Speaker, path: str = "/", limits: Limits = Limits(), **settings: Any) -> FastAPI:
    """Serve the page of a model at a path of an application.

    Args:
        app: to mount it on; routes added before take precedence.
        voice: the model.
        path: where, such as "/" or "/ui".
        limits: of each request.
        settings: further ones of gradio.mount_gradio_app, such as auth.
    """
    page = build(voice, limits)
    guard = Middleware(Guard, store=page.store, upload_bytes=limits.upload_bytes)
    gr.mount_gradio_app(
        app, page, path, max_file_size=limits.upload_bytes, app_kwargs={"middleware": [guard]}, **_SETTINGS, **settings
    )
    page.has_launched = True  # or Gradio skips its check of paths
    return app


def serve(app: FastAPI) -> FastAPI:
    """Add the page to an application of `xespeech.server.create_app`, at /ui; / redirects there.

    It uses the workers and limits of the server. If that has API keys, each is a password of the page.
    """
    service = app.state.service
    settings = service.settings
    limits = Limits(
        settings.max_characters, settings.max_upload, settings.max_seconds, settings.max_stored, waiting=settings.queue
    )
    login: dict[str, Any] = {}
    if settings.api_keys:
        login = {
            "auth": lambda name, password: _is_key(password, settings.api_keys),
            "auth_message": "Any name will do; the password is an API key of this server.",
        }
    app.add_api_route("/", lambda: RedirectResponse("/ui"), include_in_schema=False)
    return mount(app, ServedSpeaker(service), "/ui", limits, **login)


def _is_key(password: str, keys: tuple[str, ...]) -> bool:
    matches = [hmac.compare_digest(password.encode(), key.encode()) for key in keys]
    return any(matches)


def launch(voice: Voice, limits: Limits = Limits(), host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve the page alone until interrupted, as a Space does.

    Args:
        voice: the model.
        limits: of each request.
        host: address to listen on.
        port: port to listen on.
    """
    logging.getLogger("xespeech.text").setLevel(logging.ERROR)  # its warnings quote what visitors wrote
    app = mount(FastAPI(openapi_url=None), voice, "/", limits)
    uvicorn.run(app, host=host, port=port, access_log=False, timeout_graceful_shutdown=5)


def _speak_tab(studio: Studio) -> None:
    with gr.Row():
        with gr.Column(min_width=320):
            text = _text_box(studio, _SAMPLE)
            with gr.Accordion("How it is read", open=False, elem_id="speak-reading"):
                reading = gr.HTML(elem_id="speak-words")
            controls, more = _option_controls(studio, "speak", SpeechOptions)
            button = gr.Button("Speak", variant="primary", elem_id="speak")
        with gr.Column(min_width=320):
            outputs = _players("speak")

    @named("text", *STYLE, *more, "suffix")
    def speak(text, *settings):
        return studio.speak(text, *_choice(more, settings))

    @named("text", "language", "markup")
    def read(text, *values):
        return studio.read(text, chosen({name: more[name] for name in ("language", "markup")}, list(values)))

    button.click(speak, [text, *controls], outputs, api_name="speak", **_TURNS)
    language, markup = more["language"], more["markup"]
    changes = [text.blur, language.change, markup.change]
    gr.on(changes, read, [text, language, markup], reading, api_name="read", show_progress="hidden", **_TURNS)


def _convert_tab(studio: Studio) -> None:
    with gr.Row():
        with gr.Column(min_width=320):
            source = _recording("Source: the recording to say again, its words and timing stay", "convert-source")
            controls, more = _option_controls(studio, "convert", ConversionOptions)
            button = gr.Button("Convert", variant="primary", elem_id="convert")
        with gr.Column(min_width=320):
            outputs = _players("convert")

    @named("source", *STYLE, *more, "suffix")
    def convert(source, *settings):
        return studio.convert(source, *_choice(more, settings))

    button.click(convert, [source, *controls], outputs, api_name="convert", **_TURNS)


def _compare_tab(studio: Studio) -> None:
    text = _text_box(studio, _SAMPLE.split(" 今")[0])
    button = gr.Button("Speak both", variant="primary", elem_id="compare", render=False)
    inputs: list[Any] = [text]
    outputs: list[Any] = []
    with gr.Row():
        for side in ("A", "B"):
            with gr.Column(min_width=320):
                gr.Markdown(f"### {side}")
                inputs += [*_style_controls(studio, f"compare-{side.lower()}"), control("speed", _SPEECH["speed"])]
                outputs += _players(f"compare-{side.lower()}")
    button.render()

    def compare(text, *settings):
        takes: list[Any] = []
        for *style, speed in (settings[:5], settings[5:]):
            takes += studio.speak(text, Style(*style), {"speed": speed}, ".wav")
        return takes

    button.click(compare, inputs, outputs, api_name="compare", **_TURNS)


def _batch_tab(studio: Studio) -> None:
    limits = studio.limits
    with gr.Row():
        with gr.Column(min_width=320):
            lines = gr.Textbox(
                _LINES,
                lines=5,
                label="Lines",
                info=f"One text on each line becomes one recording; {limits.lines} lines at most.",
                elem_id="batch-lines",
            )
            file = gr.File(label="Or a text file (UTF-8), one text on each line", file_types=[".txt"])
            controls, more = _option_controls(studio, "batch", SpeechOptions)
            with gr.Row():
                button = gr.Button("Speak all", variant="primary", elem_id="batch")
                stop = gr.Button("Stop")
        with gr.Column(min_width=320):
            table = gr.Dataframe(
                headers=["file", "seconds", "text"],
                label="Recordings",
                interactive=False,
                wrap=True,
                elem_id="batch-table",
            )
            bundle = gr.File(label="All recordings (zip)", interactive=False, elem_id="batch-zip")

    @named("lines", "file", *STYLE, *more, "suffix")
    def speak_all(lines, file, *settings):
        yield from studio.batch(lines, file, *_choice(more, settings))

    running = button.click(speak_all, [lines, file, *controls], [table, bundle], api_name="batch", **_TURNS)
    stop.click(None, cancels=[running], api_visibility="private")


def _text_box(studio: Studio, text: str) -> gr.Textbox:
    return gr.Textbox(
        text,
        lines=4,
        max_lines=12,
        label="Text",
        info=f"English, Mandarin, Japanese or a mixture; {studio.limits.characters:,} characters at most.",
    )


def _style_controls(studio: Studio, name: str) -> tuple[gr.Dropdown, gr.Audio, gr.Dropdown, gr.Slider]:
    """Voice, reference, emotion and intensity."""
    default = studio.speaker.voice.default_voice
    voices = [
        (f"{info.name} ({', '.join(NAMES[code] for code in info.languages)})", info.name)
        for info in studio.speaker.voice.voices
    ]
    voice = gr.Dropdown(
        voices,
        value=default,
        label="Voice",
        info="Who speaks; every voice speaks all three languages.",
        visible=bool(voices),
    )
    title = "Or the voice of a recording" if voices else "The voice of a recording"
    with gr.Accordion(title, open=not voices, elem_id=f"{name}-recording"):
        label = "Reference: a few seconds; its voice and emotion replace the named voice's"
        reference = _recording(label, f"{name}-reference")
    emotion = gr.Dropdown(
        _emotion_choices(studio, default),
        value="",
        label="Emotion",
        info="Carried over from other voices where this one was never recorded with it.",
        visible=bool(voices),
    )
    with gr.Column(visible=bool(voices)):
        intensity = control("intensity", _SPEECH["intensity"])
    voice.change(
        lambda name: gr.Dropdown(_emotion_choices(studio, name), value=""),
        voice,
        emotion,
        show_progress="hidden",
        api_visibility="private",
    )
    return voice, reference, emotion, intensity


def _option_controls(studio: Studio, name: str, kind: type[StyleOptions]) -> tuple[list[Any], dict[str, Any]]:
    """All controls of a tab, for `_choice`; and those of further options by name."""
    style = _style_controls(studio, name)
    with gr.Accordion("More", open=False):
        more = controls_of(kind, studio.speaker.voice.architecture)
        suffix = gr.Dropdown(
            list(SUFFIXES), value=".wav", label="Format", info="Of the file to listen to and download."
        )
    return [*style, *more.values(), suffix], more


def _choice(more: dict[str, Any], settings: Sequence[Any]) -> tuple[Style, dict[str, Any], str]:
    """Style, further options and suffix from the values of `_option_controls`."""
    voice, reference, emotion, intensity, *values, suffix = settings
    return Style(voice, reference, emotion, intensity), chosen(more, values), suffix


def _recording(label: str, name: str) -> gr.Audio:
    """A recording that is uploaded or made; its value is a path."""
    return gr.Audio(label=label, sources=["upload", "microphone"], type="filepath", buttons=[], elem_id=name)


def _emotion_choices(studio: Studio, voice: str | None) -> list[tuple[str, str]]:
    return [("plain, or the reference's own", ""), *((name, name) for name in studio.emotions(voice))]


def _players(name: str) -> list[Any]:
    """Player, picture and timings."""
    return [
        gr.Audio(label="Result", type="filepath", interactive=False, buttons=["download"], elem_id=f"{name}-audio"),
        gr.Image(
            label="Waveform, spectrogram and pitch",
            show_label=False,  # it would cover the picture
            type="filepath",
            interactive=False,
            buttons=[],
            elem_id=f"{name}-picture",
        ),
        gr.Markdown(elem_id=f"{name}-timings"),
    ]
