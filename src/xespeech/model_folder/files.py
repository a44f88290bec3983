"""Writing model folders, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from xespeech.architectures import names_architecture
from xespeech.errors import ModelError, UserError
from xespeech.files import sweep, temporary_name
from xespeech.model_folder import integer_graph
from xespeech.model_folder.description import Description
from xespeech.model_folder.equalization import Inputs, peaks_of
from xespeech.model_folder.graphs import Graph, build_graphs
from xespeech.model_folder.onnx_export import export_graph, verify
from xespeech.model_folder.styles import StyleBank
from xespeech.model_folder.weights import HALF, WEIGHTS, Networks, load_networks, network_state, save_networks

ATTRIBUTION = "ATTRIBUTION.md"
_CHECKED = 8  # examples that an integer graph is compared with PyTorch on, and that tell no peaks
_FULL = ("No space left", "File too large", "quota exceeded")
"""In the messages of all writers when the disk is full; only some raise an OSError."""


def write_model_folder(
    folder: Path,
    networks: Networks,
    styles: StyleBank,
    description: Description,
    precision: str = HALF,
    attribution: str = "",
    examples: Mapping[str, Sequence[Inputs]] | None = None,
) -> None:
    """Write everything that speech, conversion and further training need.

    A model folder already there is replaced at the very end.

    Args:
        folder: to write.
        networks: of the model.
        styles, description: of the voices.
        precision: of the stored weights, "fp16" or "fp32".
        attribution: text of ATTRIBUTION.md; empty for none.
        examples: inputs of graphs, whose integer form then rounds by constant scales; others round each frame.

    Raises:
        ModelError: the folder exists and is not a model folder, or cannot be written, or examples are not numbers.
    """
    with replacing_folder(folder) as temporary:
        description.save(temporary)
        styles.save(temporary / "styles.safetensors")
        if attribution:
            (temporary / ATTRIBUTION).write_text(attribution, encoding="utf-8")
        metadata = {"version": description.version, "licence": description.licence, "step": str(description.step)}
        save_networks(temporary / WEIGHTS, networks, precision, metadata)
        stored = load_networks(temporary)  # rounded to 16 bits, as the graphs read them
        for name, graph in build_graphs(stored).items():
            path = temporary / f"{name}.onnx"
            export_graph(graph, path, temporary / WEIGHTS, network_state(stored))
            if name in integer_graph.GRAPHS:
                _write_integers(graph, path, (examples or {}).get(name, ()))
        for path in temporary.glob("*.safetensors"):
            path.chmod(0o644)  # safetensors makes its files readable by the owner alone


def _write_integers(graph: Graph, path: Path, examples: Sequence[Inputs]) -> None:
    """The integer form of a graph, by constant scales if they do for examples that did not make them."""
    integer_path = path.with_suffix(integer_graph.SUFFIX)
    broken = {name for example in examples for name, values in example.items() if not np.isfinite(values).all()}
    if broken:
        raise ModelError(
            f"examples of {path.stem} are not numbers ({', '.join(sorted(broken))}): the weights are damaged."
        )
    if len(examples) > _CHECKED:
        integer_graph.write_integer_graph(path, integer_path, peaks_of(path, examples[_CHECKED:]))
        with suppress(RuntimeError):
            verify(graph, integer_path, integer_graph.TOLERANCE, examples[:_CHECKED])
            return
    integer_graph.write_integer_graph(path, integer_path)
    verify(graph, integer_path, integer_graph.TOLERANCE)


def check_target(folder: Path) -> None:
    """Refuse to overwrite anything but a model folder.

    Raises:
        ModelError: something else is there.
    """
    if folder.exists() and not folder.is_dir():
        raise ModelError(f"{folder} is a file: name a folder for the model.")
    marks = ("config.json", "styles.safetensors")  # other programs write a config.json too
    is_model = all((folder / name).exists() for name in marks) or names_architecture(folder)
    if folder.is_dir() and any(folder.iterdir()) and not is_model:
        raise ModelError(f"{folder} holds something other than a model: name an empty or a new folder.")


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder` that takes its place when the block ends well and vanishes when it does not.

    Raises:
        ModelError: something other than a model is there, or the place cannot be written.
    """
    check_target(folder)
    folder = folder.resolve()
    temporary, old = (temporary_name(folder, word) for word in ("part", "old"))
    sweep(folder.parent)  # of killed exports
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
    except (OSError, RuntimeError, SafetensorError) as error:  # also of the writers of PyTorch and safetensors
        if not isinstance(error, UserError) and any(words in str(error) for words in _FULL):
            raise ModelError(f"{folder} cannot be written, the disk is full: make room or name another.") from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
