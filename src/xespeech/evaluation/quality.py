"""Quality by DNSMOS P.835, a network that predicts opinion scores.

Source: C. K. A. Reddy et al., "DNSMOS P.835: a non-intrusive perceptual objective speech quality metric to evaluate
noise suppressors", 2022. The network is the one in the speechmos wheel. It is run here and not through
`speechmos.dnsmos.run`, which computes a second score (P.808) along with it and takes several times as long.

Shapes: S samples.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from xespeech.audio import Audio
from xespeech.evaluation._extra import extra

_SAMPLE_RATE = 16_000
_WINDOW = int(9.01 * _SAMPLE_RATE)
# From the network's raw scores to mean opinion scores (the model's authors; as in speechmos).
_OVERALL = np.poly1d([-0.06766283, 1.11546468, 0.04602535])
_SIGNAL = np.poly1d([-0.08397278, 1.22083953, 0.0052439])
_BACKGROUND = np.poly1d([-0.13166888, 1.60915514, -0.39604546])


class Quality(NamedTuple):
    """Mean opinion scores, 1 bad to 5 excellent: overall (OVRL), speech (SIG) and background (BAK)."""

    overall: float
    signal: float
    background: float


class QualityJudge:
    """DNSMOS on the CPU, one thread.

    Raises:
        UserError: speechmos is not installed.
    """

    def __init__(self) -> None:
        onnxruntime = extra("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        model = Path(extra("speechmos").__file__).parent / "dnsmos_models" / "sig_bak_ovr.onnx"
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    def judge(self, audio: Audio) -> Quality:
        """Scores of a recording; short ones are repeated to fill the network's 9 s, long ones averaged each second."""
        samples = np.clip(audio.resample(_SAMPLE_RATE).samples, -1.0, 1.0)
        while len(samples) < _WINDOW:
            samples = np.concatenate([samples, samples])
        windows = int(len(samples) // _SAMPLE_RATE - _WINDOW / _SAMPLE_RATE) + 1  # as in the authors' code
        starts = [second * _SAMPLE_RATE for second in range(windows)]
        raw = np.array([self._session.run(None, {"input_1": samples[None, s : s + _WINDOW]})[0][0] for s in starts])
        signal, background, overall = raw.T
        return Quality(
            float(_OVERALL(overall).mean()), float(_SIGNAL(signal).mean()), float(_BACKGROUND(background).mean())
        )
