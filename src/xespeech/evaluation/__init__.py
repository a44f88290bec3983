"""Evaluation of speech: measures of single recordings, and reports.

Needs the extra `evaluate`. `score_folder` measures any folder of recordings; `compare` compares a model with the
natural recordings of prepared data. Each measure is a module of this package.
"""

from __future__ import annotations

from xespeech.evaluation.comparison import Choice, Subject, compare, compare_copies
from xespeech.evaluation.judges import Judges, find_judges
from xespeech.evaluation.scoring import score_folder
from xespeech.evaluation.summary import figures

__all__ = ["Choice", "Judges", "Subject", "compare", "compare_copies", "figures", "find_judges", "score_folder"]
