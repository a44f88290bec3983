"""The content encoder as a phone and tone recogniser, for intelligibility in every language."""

from __future__ import annotations

from pathlib import Path

import torch

from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.config import MEL_CONTENT
from xespeech.content.compact import ContentOutput, collapse
from xespeech.content.store import encoder_folder, load_encoder
from xespeech.text.symbols import PHONES


class PhoneRecognizer:
    """Greedy CTC recognition with a trained compact content encoder.

    Args:
        encoder: a run's `encoder/`, a model folder, or the safetensors file in one of them.

    Raises:
        ModelError: there is none, or it is damaged.
    """

    def __init__(self, encoder: str | Path) -> None:
        self.encoder = load_encoder(encoder_folder(Path(encoder)))

    def transcribe(self, audio: Audio) -> list[str]:
        """The phones of a recording."""
        return [PHONES[i] for i in collapse(self._listen(audio).phone_log_probs[0].argmax(-1).tolist())]

    def tones(self, audio: Audio) -> list[str]:
        """The Mandarin tones of a recording, "1" to "5"."""
        return [str(i) for i in collapse(self._listen(audio).tone_log_probs[0].argmax(-1).tolist())]

    @torch.no_grad()
    def _listen(self, audio: Audio) -> ContentOutput:
        mel = log_mel(audio.resample(MEL_CONTENT.sample_rate).samples, MEL_CONTENT)
        output: ContentOutput = self.encoder(torch.from_numpy(mel)[None])
        return output
