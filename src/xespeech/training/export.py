"""A training run becomes a model folder.

Shapes: B batch, P mel frames (100/s), M mel channels, G style channels.
"""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from xespeech.audio.mel import log_mel
from xespeech.config import ModelConfig
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.store import encoder_folder, load_encoder, load_live_encoder
from xespeech.data.pack import Pack, Row
from xespeech.data.speeds import original_speaker
from xespeech.errors import DataError, ModelError, UnknownNameError, brief
from xespeech.model.layers import length_mask
from xespeech.model.synthesizer import Synthesizer
from xespeech.model_folder.description import NEUTRAL, Description, VoiceInfo, network_config
from xespeech.model_folder.equalization import Inputs
from xespeech.model_folder.files import check_target, write_model_folder
from xespeech.model_folder.styles import STRONGEST, StyleBank, windows
from xespeech.model_folder.weights import HALF, PRECISIONS, Networks
from xespeech.progress import Progress, silent, track
from xespeech.text import LANGUAGES, PHONES
from xespeech.training.attribution import UNKNOWN_LICENCE, Credit, credit_of, write_attribution
from xespeech.training.batch import padded
from xespeech.training.checkpoint import read_checkpoint, read_run
from xespeech.training.examples import speech_examples
from xespeech.training.start import Sources, joined, sources_of

MOST_RECORDINGS = 64
"""Recordings that a style is the mean of, at most."""
_Key = TypeVar("_Key")
_FEW = 4  # recordings of a speaker for the mean of all
_WINDOWS_OF_RECORDING = 3
_FEW_VOICED = 20  # pitch frames (0.2 s): of fewer, a spread says nothing
_BATCH = 16
_REFERENCES = 40  # speakers whose voices are lent in examples


@dataclass(frozen=True)
class ExportOptions:
    """Options of an export.

    Attributes:
        licence: of the weights.
        credits: licence and maker of the recordings, by voice or by a pattern of voices such as "an4-*".
        default_voice: used when none is given; None for the most recorded voice.
        precision: of the stored weights, "fp16" or "fp32".
        voices: speakers, or patterns of them such as "aishell-*", that become voices.
        live_content_encoder: a run of recipes/live-content-encoder.yaml; None for the one beside the content encoder,
            if there is one.
    """

    licence: str = UNKNOWN_LICENCE
    credits: dict[str, Credit] = field(default_factory=dict)
    default_voice: str | None = None
    precision: str = HALF
    voices: tuple[str, ...] = ("*",)
    live_content_encoder: Path | None = None

    def __post_init__(self) -> None:
        UnknownNameError.check("precision", self.precision, PRECISIONS)


def export_run(run: Path, folder: Path, options: ExportOptions, progress: Progress = silent) -> Description:
    """Write the model folder of a run: averaged weights, content encoder, styles of voices and emotions, ONNX graphs.

    `ATTRIBUTION.md` in it lists the training recordings, their licences and makers.

    Args:
        run: folder with `checkpoint.pt` and `recipe.json`.
        folder: model folder to write; a model already there is replaced at the very end.
        options: licences, voices and precision.
        progress: of the work.

    Raises:
        ModelError: the run is incomplete or damaged, or something other than a model is in the folder.
        DataError: the run's data is no longer there.
        UnknownNameError: there is no such default voice, or no speaker that a pattern of `voices` fits.
    """
    check_target(folder)
    recipe = read_run(run)
    home = encoder_folder(Path(recipe["content_encoder"]))
    encoder = load_encoder(home)
    live = _live_encoder(encoder, home, options.live_content_encoder)
    state, synthesizer = read_checkpoint(run), Synthesizer(network_config(ModelConfig, recipe["model"])).eval()
    fill(synthesizer, "synthesizer", state["averaged"], run)
    packs = [Pack(path, progress=progress) for path in recipe["data"]]
    chosen = choose_speakers([row.speaker for pack in packs for row in pack.rows if row.subset == "train"], options)
    styles, seconds, languages = collect_styles(synthesizer, packs, chosen, progress)
    names = sorted(styles, key=lambda name: -seconds[name])
    if options.default_voice is not None and options.default_voice not in styles:
        raise UnknownNameError("voice", options.default_voice, styles)
    description = Description(
        model=synthesizer.config,
        content=encoder.config,
        voices=tuple(
            VoiceInfo(name, languages[name], tuple(styles[name]), credit_of(name, options.credits).licence)
            for name in names
        ),
        default_voice=options.default_voice or names[0],
        phone_frequencies=phone_frequencies(packs),
        licence=options.licence,
        step=state["step"],
        version=version("xespeech"),
        pitch_ranges=pitch_ranges(packs, chosen, progress),
    )
    vectors = {(name, emotion): styles[name][emotion] for name in names for emotion in styles[name]}
    bank = StyleBank(vectors, style_of_all(synthesizer, packs, progress))
    attribution = _attribution(run, packs, options)
    examples = _examples(synthesizer, packs, bank, progress)
    with progress("writing and checking the ONNX graphs"):
        networks = Networks(synthesizer, encoder, live)
        write_model_folder(folder, networks, bank, description, options.precision, attribution, examples)
    return description


def _examples(
    synthesizer: Synthesizer, packs: Sequence[Pack], bank: StyleBank, progress: Progress
) -> dict[str, list[Inputs]]:
    """Speech of the training data in the styles of all voices with all emotions, and of others as references."""
    speakers = list(_recordings(packs, lambda row: row.speaker).values())
    lenders = speakers[:: -(-len(speakers) // _REFERENCES)]
    styles = [bank.of_reference(_mean_style(synthesizer, items[:1]).astype(np.float32)) for items in lenders]
    emotions = sorted({emotion for voice in bank.voices for emotion in bank.emotions(voice)})
    styles += [bank.lookup(voice, None) for voice in bank.voices]
    for voice, emotion in product(bank.voices, emotions):
        with suppress(UnknownNameError):  # an emotion of voices that never spoke plainly cannot be carried to others
            styles.append(bank.lookup(voice, emotion, STRONGEST))
    few = [item for items in speakers for item in items[:: -(-len(items) // _FEW)]]
    return speech_examples(synthesizer, few, styles, progress)


def _live_encoder(encoder: CompactContentEncoder, home: Path, run: Path | None) -> CompactContentEncoder | None:
    """The encoder for live conversion that was distilled from an encoder, of a run or model or else from beside it.

    Raises:
        ModelError: there is none, or it was distilled from another one.
    """
    if run is None:
        return load_live_encoder(home)
    folder = encoder_folder(run)
    live = load_live_encoder(folder) or load_encoder(folder)
    if live.config.lookahead is None:
        raise ModelError(
            f"{run} holds no content encoder for live conversion: name a run of recipes/live-content-encoder.yaml."
        )
    heads = live.phone_head.weight, encoder.phone_head.weight  # the same but for rounding to 16 bits
    if heads[0].shape != heads[1].shape or not torch.allclose(*heads, rtol=1e-2, atol=1e-3):
        raise ModelError(
            f"{run} was distilled from another content encoder: train recipes/live-content-encoder.yaml with "
            f"--content-encoder {home}."
        )
    return live


def _attribution(run: Path, packs: Sequence[Pack], options: ExportOptions) -> str:
    """The attribution file: recordings of the run and of those that it began from, sources of models before them."""
    begun = [run] if options.live_content_encoder is None else [run, options.live_content_encoder]
    earlier = Sources(**joined(map(sources_of, begun)))
    there, lost = list(packs), list[str]()
    own = {str(pack.folder) for pack in packs}
    for folder in dict.fromkeys(folder for folder in earlier.data if folder not in own):
        try:
            there.append(Pack(folder))
        except DataError:
            lost.append(f"| {Path(folder).name}, no longer there | | | {UNKNOWN_LICENCE} | |")
    rows = [row for pack in there for row in pack.rows if row.subset == "train"]
    return write_attribution(rows, options.credits, options.licence, [*lost, *earlier.attribution])


def fill(network: nn.Module, name: str, averaged: dict[str, Tensor], run: Path) -> None:
    """Give a network its averaged weights, "NAME.parameter" in a run's checkpoint.

    Raises:
        ModelError: they are those of another network.
    """
    prefix = f"{name}."
    try:
        network.load_state_dict({k.removeprefix(prefix): v for k, v in averaged.items() if k.startswith(prefix)})
    except RuntimeError as error:
        raise ModelError(f"the weights of {run} do not fit its recipe.json ({brief(error)}): train again.") from error


def choose_speakers(speakers: Iterable[str], options: ExportOptions) -> frozenset[str]:
    """Speakers that are exported as voices, without copies at other speeds.

    Raises:
        UnknownNameError: there is none that a pattern fits.
    """
    people = {speaker for speaker in speakers if speaker == original_speaker(speaker)}
    chosen = set[str]()
    for pattern in options.voices:
        fit = fnmatch.filter(people, pattern)
        if people and not fit:
            raise UnknownNameError("speaker", pattern, sorted(people))
        chosen.update(fit)
    return frozenset(chosen)


def collect_styles(
    synthesizer: Synthesizer,
    packs: Sequence[Pack],
    speakers: Container[str],
    progress: Progress = silent,
) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, float], dict[str, tuple[str, ...]]]:
    """A style [G] for every emotion of some speakers of the training recordings.

    Args:
        synthesizer: with the style encoder.
        packs: with the recordings.
        speakers: to include.
        progress: of the work.

    Returns:
        By speaker: mean style by emotion (neutral first, then the most recorded), seconds recorded, languages.
    """
    groups = _recordings(packs, lambda row: (row.speaker, row.style), speakers)
    generator = np.random.default_rng(0)
    styles: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
    seconds: dict[str, float] = defaultdict(float)
    languages: dict[str, set[str]] = defaultdict(set)
    order = sorted(groups, key=lambda key: (key[0], key[1] != NEUTRAL, -sum(row.n_frames for _, row in groups[key])))
    for speaker, emotion in track(order, "styles of the voices", progress):
        items = groups[speaker, emotion]
        seconds[speaker] += sum(row.audio[1] for _, row in items) / synthesizer.config.mel.sample_rate
        languages[speaker].update(row.language for _, row in items)
        chosen = generator.permutation(len(items))[:MOST_RECORDINGS]
        styles[speaker][emotion] = _mean_style(synthesizer, [items[i] for i in sorted(chosen)])
    return (
        dict(styles),
        dict(seconds),
        {speaker: tuple(sorted(spoken & set(LANGUAGES), key=LANGUAGES.index)) for speaker, spoken in languages.items()},
    )


def _recordings(
    packs: Sequence[Pack], key: Callable[[Row], _Key], speakers: Container[str] | None = None
) -> dict[_Key, list[tuple[Pack, Row]]]:
    """The training recordings, of all or some speakers, by a key."""
    groups: dict[_Key, list[tuple[Pack, Row]]] = defaultdict(list)
    for pack in packs:
        for row in pack.rows:
            if row.subset == "train" and (speakers is None or row.speaker in speakers):
                groups[key(row)].append((pack, row))
    return groups


def pitch_ranges(packs: Sequence[Pack], speakers: Container[str], progress: Progress = silent) -> dict[str, float]:
    """Spread of the log-pitch in each emotion, over that of plain recordings of the same speakers (geometric mean).

    Args:
        packs: with the recordings.
        speakers: to include; those without plain recordings do not count.
        progress: of the work.
    """
    spreads: dict[str, dict[str, float]] = defaultdict(dict)
    groups = _recordings(packs, lambda row: (row.speaker, row.style), speakers)
    emotional = {speaker for speaker, style in groups if style != NEUTRAL}
    wanted = {key: items for key, items in groups.items() if key[0] in emotional}
    for (speaker, style), items in track(wanted.items(), "pitch of the emotions", progress):
        few = items[:: -(-len(items) // MOST_RECORDINGS)]
        pitches = [np.asarray(pack.pitch(row)) for pack, row in few]
        found = [float(np.log(hertz[hertz > 0]).std()) for hertz in pitches if (hertz > 0).sum() >= _FEW_VOICED]
        if found:
            spreads[style][speaker] = float(np.mean(found))
    plain = spreads.pop(NEUTRAL, {})
    ranges = {}
    for emotion, spread_of in sorted(spreads.items()):
        ratios = [np.log(spread / plain[speaker]) for speaker, spread in spread_of.items() if plain.get(speaker)]
        if ratios:
            ranges[emotion] = float(f"{np.exp(np.mean(ratios)):.3g}")
    return ranges


def style_of_all(synthesizer: Synthesizer, packs: Sequence[Pack], progress: Progress = silent) -> np.ndarray:
    """Mean style [G] of all speakers of the training recordings, each by a few of them."""
    speakers = list(_recordings(packs, lambda row: row.speaker).values())
    few = [
        _mean_style(synthesizer, items[:: -(-len(items) // _FEW)])
        for items in track(speakers, "mean style of all speakers", progress)
    ]
    return np.stack(few).mean(axis=0).astype(np.float32)


def _mean_style(synthesizer: Synthesizer, items: Sequence[tuple[Pack, Row]]) -> np.ndarray:
    """Mean style [G] over recordings, in windows as for references."""
    config = synthesizer.config.mel
    pieces, weights = [], []
    for pack, row in items:
        of_recording = windows(log_mel(pack.audio(row), config), _WINDOWS_OF_RECORDING)
        pieces += of_recording
        weights += [1 / len(of_recording)] * len(of_recording)
    total = np.zeros(synthesizer.config.style_channels)
    for first in range(0, len(pieces), _BATCH):
        mel, lengths = padded(pieces[first : first + _BATCH])
        factor = synthesizer.config.frame_factor
        mask = length_mask(lengths // factor, mel.shape[1] // factor)
        with torch.inference_mode():
            found = synthesizer.style_encoder(mel, mask).double().numpy()
        total += np.array(weights[first : first + _BATCH]) @ found
    return total / len(items)


def phone_frequencies(packs: Sequence[Pack]) -> dict[str, list[float]]:
    """Relative frequency of every phone in the texts of each language, every phone seen at least once."""
    counts: dict[str, np.ndarray] = defaultdict(lambda: np.ones(len(PHONES)))
    for pack in packs:
        for row in pack.rows:
            if row.n_symbols:
                symbols = pack.symbols(row)
                for identity in np.unique(symbols[:, 2]):
                    phones = symbols[symbols[:, 2] == identity, 0]
                    counts[LANGUAGES[identity]] += np.bincount(phones, minlength=len(PHONES))
    return {language: [float(f"{f:.3g}") for f in n / n.sum()] for language, n in sorted(counts.items())}
