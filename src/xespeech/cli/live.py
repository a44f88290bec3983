"""`xespeech live`: live voice conversion of a microphone."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from xespeech.cli.shared import (
    ModelOption,
    PrecisionOption,
    ProviderOption,
    ThreadsOption,
    check_speaker,
    with_options,
)
from xespeech.errors import UserError
from xespeech.inference.options import DEFAULT_DELAY, DELAY_HELP, ConversionOptions

if TYPE_CHECKING:
    import numpy as np

    from xespeech.inference.live import LiveConverter

_BLOCKS_AHEAD = 2
"""Blocks of silence that are played first, as a buffer. A block that is late nevertheless is concealed, and the rest
of the stream is delayed by as much."""


@with_options(ConversionOptions, "content")
def live(
    *,
    options: dict[str, Any],
    input_device: Annotated[
        str | None, typer.Option("--input-device", help="Microphone, by its number or a part of its name.")
    ] = None,
    output_device: Annotated[
        str | None, typer.Option("--output-device", help="Loudspeaker, by its number or a part of its name.")
    ] = None,
    list_devices: Annotated[bool, typer.Option("--list-devices", help="List the sound devices and stop.")] = False,
    delay: Annotated[Literal["high", "normal", "low"], typer.Option(help=DELAY_HELP)] = DEFAULT_DELAY,
    seconds: Annotated[float | None, typer.Option(min=0, help="Stop after this long; else with Ctrl-C.")] = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    provider: ProviderOption = "cpu",
    precision: PrecisionOption = None,
) -> None:
    """Convert a microphone to another voice while you speak. Wear headphones: loudspeakers cause an echo.

    The new voice is a name from `xespeech voices` or any recording (--reference).
    """
    try:
        import sounddevice
    except OSError as error:
        raise UserError(
            "sounddevice finds no PortAudio: install it, on Debian with `apt install libportaudio2`."
        ) from error
    if list_devices:
        return typer.echo(str(sounddevice.query_devices()))
    check_speaker(options)

    import numpy as np

    import xespeech

    settings = ConversionOptions(**options)
    synthesizer = xespeech.load(model, threads=threads, provider=provider, precision=precision)
    converter = synthesizer.live(settings, delay)
    synthesizer.live(settings, delay).push(np.zeros(synthesizer.sample_rate, np.float32))  # opens all graphs
    devices = tuple(int(name) if name and name.isdigit() else name for name in (input_device, output_device))
    line = _Line(converter, synthesizer.sample_rate)
    buffer = 1000 * _BLOCKS_AHEAD * converter.block / synthesizer.sample_rate
    latency = f"{converter.latency * 1000:.0f} ms latency and {buffer:.0f} ms of buffer"
    typer.echo(f"{latency}, besides that of the sound devices; Ctrl-C ends it")
    try:
        with sounddevice.Stream(
            samplerate=synthesizer.sample_rate,
            blocksize=converter.block,
            device=devices,
            channels=1,
            dtype="float32",
            callback=line.exchange,
        ):
            line.run(seconds)
    except sounddevice.PortAudioError as error:
        raise UserError(f"the sound devices cannot be used ({error}): choose others from --list-devices.") from error
    except KeyboardInterrupt:
        pass
    typer.echo(f"{line.seconds:.1f} s converted, {line.late} times too late")


class _Line:
    """Queues between the sound devices, which cannot wait, and the converter.

    Args:
        converter: of the microphone's samples.
        sample_rate: Hz.
    """

    def __init__(self, converter: LiveConverter, sample_rate: int) -> None:
        import numpy as np

        from xespeech.inference.level import Concealment

        self._converter, self._rate = converter, sample_rate
        self._recorded: queue.Queue[np.ndarray] = queue.Queue()
        self._converted: queue.Queue[np.ndarray] = queue.Queue()
        self._rest = np.zeros(_BLOCKS_AHEAD * converter.block, np.float32)
        self._concealment = Concealment(sample_rate)
        self.late, self.seconds = 0, 0.0

    def exchange(self, recorded: np.ndarray, played: np.ndarray, n_frames: int, time: Any, status: Any) -> None:
        """Take a block of the microphone's samples [S, 1] and fill one for the loudspeaker."""
        import numpy as np

        self._recorded.put(recorded[:, 0].copy())
        while len(self._rest) < n_frames and not self._converted.empty():
            self._rest = np.concatenate([self._rest, self._converted.get_nowait()])
        n_ready = min(n_frames, len(self._rest))
        played[:, 0] = self._concealment.play(self._rest[:n_ready], n_frames)
        self._rest = self._rest[n_ready:]
        self.late += n_ready < n_frames and self.seconds > 2 * self._converter.latency

    def run(self, seconds: float | None) -> None:
        """Convert until so many seconds are done, or until interrupted."""
        while seconds is None or self.seconds < seconds:
            samples = self._recorded.get()
            self.seconds += len(samples) / self._rate
            self._converted.put(self._converter.push(samples))
