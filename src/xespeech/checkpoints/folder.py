"""A model folder is written whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xespeech.checkpoints.description import Description
from xespeech.checkpoints.graphs import build_graphs
from xespeech.checkpoints.onnx_export import export_graph
from xespeech.checkpoints.weights import save_synthesizer
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.store import save_encoder
from xespeech.errors import ModelError
from xespeech.inference.styles import StyleBank
from xespeech.model.synthesizer import Synthesizer


def write_model_folder(
    folder: Path,
    synthesizer: Synthesizer,
    encoder: CompactContentEncoder,
    styles: StyleBank,
    description: Description,
    half: bool = True,
    onnx_only: bool = False,
) -> None:
    """Write everything that speaking and converting need; a model folder already there is replaced at the very end.

    Args:
        folder: to write.
        synthesizer, encoder: the networks.
        styles, description: of the voices.
        half: store the weights of the ONNX graphs as float16.
        onnx_only: leave out the safetensors of the networks, which only the torch engine and fine-tuning read.

    Raises:
        ModelError: the folder exists and is not a model folder, or cannot be written.
    """
    with replacing_folder(folder) as temporary:
        description.save(temporary)
        styles.save(temporary / "styles.safetensors")
        if not onnx_only:
            metadata = {"version": description.version, "licence": description.licence, "step": str(description.step)}
            save_synthesizer(synthesizer, temporary / "model.safetensors", metadata)
            save_encoder(encoder, temporary, description.step)
        (temporary / "onnx").mkdir()
        for name, graph in build_graphs(synthesizer, encoder).items():
            export_graph(graph, temporary / "onnx" / f"{name}.onnx", half)
        for path in temporary.glob("*.safetensors"):
            path.chmod(0o644)  # safetensors lets nobody but the owner read its files


def check_target(folder: Path) -> None:
    """Refuse a place where a model folder must not be put.

    Raises:
        ModelError: something else is there.
    """
    if folder.exists() and not folder.is_dir():
        raise ModelError(f"{folder} is a file: name a folder for the model.")
    marks = ("config.json", "styles.safetensors")  # other programs write a config.json too
    if folder.is_dir() and any(folder.iterdir()) and not all((folder / name).exists() for name in marks):
        raise ModelError(f"{folder} holds something other than a model: name an empty or a new folder.")


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder` that takes its place when the block ends well and vanishes when it does not.

    Raises:
        ModelError: something other than a model is there, or the place cannot be written.
    """
    check_target(folder)
    folder = folder.resolve()
    temporary, old = (folder.with_name(f".{os.getpid()}.{word}.{folder.name}") for word in ("part", "old"))
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        raise ModelError(f"{folder} cannot be written: {error.strerror}.") from error
    try:
        yield temporary
        replaces = folder.exists()
        if replaces:
            folder.rename(old)
        try:
            temporary.rename(folder)
        except BaseException:
            if replaces:
                old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
