"""How well speech was made: every measure works on one recording by itself, and together they make a report.

Needs the extra `evaluate`. `score_folder` measures any folder of recordings; `compare` (and `xespeech evaluate`) puts a
model beside the natural recordings of a prepared data folder. `encoder.examine` judges a content encoder alone.
"""

from __future__ import annotations

from xespeech.evaluation.comparison import compare
from xespeech.evaluation.distortion import mel_cepstral_distortion
from xespeech.evaluation.intelligibility import Errors, WordRecognizer, phone_errors, tone_errors, word_errors
from xespeech.evaluation.pitch import pitch_statistics
from xespeech.evaluation.quality import Quality, QualityJudge
from xespeech.evaluation.recognizer import load_recognizer
from xespeech.evaluation.report import write_report
from xespeech.evaluation.samples import Sample
from xespeech.evaluation.scoring import Scorer, Scores, score_all, score_folder
from xespeech.evaluation.speaker import SpeakerEncoder, similarity
from xespeech.evaluation.summary import figures

__all__ = [
    "Errors",
    "Quality",
    "QualityJudge",
    "Sample",
    "Scorer",
    "Scores",
    "SpeakerEncoder",
    "WordRecognizer",
    "compare",
    "figures",
    "load_recognizer",
    "mel_cepstral_distortion",
    "phone_errors",
    "pitch_statistics",
    "score_all",
    "score_folder",
    "similarity",
    "tone_errors",
    "word_errors",
    "write_report",
]
