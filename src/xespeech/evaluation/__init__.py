"""How well speech was made: every measure works on one recording by itself, and together they make a report.

Needs the extra `evaluate`. `score_folder` measures any folder of recordings; `compare` puts a model beside the natural
recordings of prepared data. The measures themselves are modules of this package, one each.
"""

from __future__ import annotations

from xespeech.evaluation.comparison import Choice, Subject, compare, compare_copies
from xespeech.evaluation.judges import Judges, find_judges
from xespeech.evaluation.scoring import score_folder
from xespeech.evaluation.summary import figures

__all__ = ["Choice", "Judges", "Subject", "compare", "compare_copies", "figures", "find_judges", "score_folder"]
