"""`xespeech prepare`: preparation of training data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from xespeech.cli.shared import bundled, with_workers
from xespeech.machine import usable_cores
from xespeech.processes import Workers

app = typer.Typer(add_completion=False, no_args_is_help=True)

_Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the prepared data.", show_default=False)]
_Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes; all cores by default.")]
_Whisper = Annotated[str, typer.Option(help="Whisper: a size, a folder or a name on the hub.")]

# Corpora with special layouts, and their descriptions.
_CORPORA = {
    "vctk": "VCTK 0.92 (wav48_silence_trimmed, txt) or 0.80: 110 English speakers.",
    "aishell3": "AISHELL-3 (train and test with content.txt): 218 Mandarin speakers.",
    "jvs": "JVS (parallel100 and nonpara30 of jvs001 to jvs100): 100 Japanese speakers.",
    "esd": "ESD (speakers 0001 to 0020): five emotions in Mandarin and English.",
    "aishell": "AISHELL-1 (wav, transcript): 400 Mandarin speakers.",
    "librispeech": "LibriSpeech, whole or a part of it: English books.",
    "an4": "AN4 (etc, wav): English spelling, numbers and commands.",
    "audio-cmn": "audio-cmn (hsk, syllabs): Mandarin words and syllables.",
    "tofugu": "Tofugu's vocabulary (lib/ogg): Japanese words by a man and a woman.",
}


def _workers(jobs: int | None, ray: str | None = None) -> Workers:
    return Workers(jobs or usable_cores(), ray)


_with_workers = with_workers(_Jobs, _workers)


def _print(report: Any) -> None:
    from rich.console import Console

    report.print(Console())


@app.command()
@_with_workers
def folder(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with metadata.csv and the recordings, or a tar of one.")
    ],
    out: _Out,
    language: Annotated[
        str | None, typer.Option(help="Language of recordings without one in the metadata: en, zh, ja or another.")
    ] = None,
    speaker: Annotated[str | None, typer.Option(help="Speaker of recordings without one in the metadata.")] = None,
    *,
    workers: Workers,
) -> None:
    """Prepare a folder of recordings listed in metadata.csv.

    The list has the columns file|language|speaker|style|text, or is one of LJSpeech's kind: id|text|normalised with the
    recordings in wavs/; further columns are reading, phones (as spoken) and group (same sentence and timing).
    Recordings without text are kept for the parts of training that need none, as are those in other languages than en,
    zh and ja. The folder is only read. A stopped run continues where it was.
    """
    from xespeech.data.folder import prepare_folder

    _print(prepare_folder(directory, out, language=language, speaker=speaker, workers=workers))


@app.command()
@_with_workers
def pairs(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with NAME.wav and NAME.txt, at any depth.")],
    out: _Out,
    language: Annotated[str, typer.Option(help="Language of the recordings: en, zh or ja.", show_default=False)],
    speaker: Annotated[str, typer.Option(help="Name of the speaker.", show_default=False)],
    *,
    workers: Workers,
) -> None:
    """Prepare one speaker's recordings that have their texts beside them, such as dataset-voice-kathleen."""
    from xespeech.data.corpora import prepare_pairs

    _print(prepare_pairs(directory, out, language=language, speaker=speaker, workers=workers))


@app.command("hts-japanese")
@_with_workers
def hts_japanese(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with .htsvoice files and sentences.csv.")],
    out: _Out,
    hours: Annotated[float, typer.Option(help="Hours of speech in all, about.")] = 2.0,
    seed: Annotated[int, typer.Option(help="Seed of the distribution of the sentences over the voices.")] = 0,
    *,
    workers: Workers,
) -> None:
    """Speak Japanese sentences with HTS voices and prepare the recordings: emotional speech with text."""
    from xespeech.data.hts_japanese import prepare_hts_japanese

    _print(prepare_hts_japanese(directory, out, hours=hours, seed=seed, workers=workers))


@app.command()
@_with_workers
def kokoro(
    sentences: Annotated[
        list[Path],
        typer.Argument(help="Text files, a sentence a line; en.txt, zh.txt and ja.txt give the language."),
    ],
    out: _Out,
    hours: Annotated[float, typer.Option(help="Hours of speech in all, about; the languages have equal parts.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the choice of sentences and voices.")] = 0,
    in_step: Annotated[
        float, typer.Option(help="Part of the sentences that a blend of voices speaks too, with the same timing.")
    ] = 0.5,
    whisper: _Whisper = "base",
    most_wrong: Annotated[
        float, typer.Option(help="Part of the phones that it may recognise differently; 1 for no check.")
    ] = 0.15,
    *,
    workers: Workers,
) -> None:
    """Have Kokoro speak sentences in five trilingual voices and thirty blends of them, and prepare the recordings.

    It speaks phones of this library, which are stored with the recordings. Recordings that Whisper recognises wrongly
    are left out and counted. The
    same seed gives the same recordings; more hours add to them. A stopped run continues where it was.
    """
    from xespeech.data.kokoro import Lesson, prepare_kokoro

    lesson = Lesson(hours, seed, in_step, whisper, most_wrong)
    _print(prepare_kokoro(sentences, out, lesson, workers=workers))


@app.command()
@_with_workers
def features(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A prepared folder.")],
    out: _Out,
    content_encoder: Annotated[
        str,
        typer.Option(
            help="A trained content encoder, `default` (of the bundled voice), a Whisper's folder (transformers, "
            "faster-whisper) or its name on the hub.",
            show_default=False,
        ),
    ],
    *,
    workers: Workers,
) -> None:
    """Compute the content features of prepared recordings, on many machines if need be.

    `xespeech train --content-encoder OUT` uses them. A stopped run continues where it was.
    """
    from xespeech.data.features import prepare_features

    _print(prepare_features(directory, out, bundled(content_encoder), workers=workers))


@app.command()
def speeds(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A prepared folder.")],
    out: _Out,
    factor: Annotated[
        list[float], typer.Option(help="Speed: 1.15 is faster and higher; repeat for several.", show_default=False)
    ],
    share: Annotated[float, typer.Option(help="Part of the recordings that is copied at each speed.")] = 1.0,
    jobs: _Jobs = None,
) -> None:
    """Copy prepared recordings at other speeds, as speakers with other voices: NAME@1.15.

    Training on them besides the originals gives every language more voices. The development set is not copied.
    """
    from xespeech.data.speeds import prepare_speeds

    _print(prepare_speeds(directory, out, factor, share=share, workers=_workers(jobs)))


@app.command()
@_with_workers
def denoise(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A prepared folder.")],
    out: _Out,
    most: Annotated[
        float, typer.Option(help="dB by which noise is lowered at most; from 100 on without limit.")
    ] = 100.0,
    *,
    workers: Workers,
) -> None:
    """Copy prepared recordings without background noise, steady or not, by DeepFilterNet 3.

    Models that are trained on them speak without the noise of the room. A stopped run continues where it was.
    """
    from xespeech.data.derived import prepare_denoised

    _print(prepare_denoised(directory, out, most, workers=workers))


@app.command()
@_with_workers
def transcribe(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A prepared folder.")],
    out: _Out,
    whisper: _Whisper = "base",
    sure: Annotated[float, typer.Option(help="Mean probability of its words that a transcript must have.")] = 0.8,
    *,
    workers: Workers,
) -> None:
    """Transcribe prepared recordings without text by Whisper, where its confidence is high.

    Only recordings in en, zh and ja are transcribed. Others are listed and kept without text. A stopped
    run continues where it was.
    """
    from xespeech.data.transcripts import prepare_transcripts

    _print(prepare_transcripts(directory, out, whisper, sure, workers=workers))


def _corpus(name: str) -> Callable[..., None]:
    """The command that prepares one corpus."""

    @_with_workers
    def command(
        directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that the corpus was unpacked to.")],
        out: _Out,
        *,
        workers: Workers,
    ) -> None:
        from xespeech.data.corpora import prepare_corpus

        _print(prepare_corpus(name, directory, out, workers=workers))

    return command


for _name, _help in _CORPORA.items():
    app.command(_name, help=_help)(_corpus(_name))
