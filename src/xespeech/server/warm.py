"""What every worker needs, loaded once: workers are forked from a process that has imported this module.

A new worker is then ready in a fraction of a second, and the dictionaries of all languages are in memory only once.
"""

from __future__ import annotations

import gc
import importlib

for _name in ("onnxruntime", "soundfile", "soxr", "xespeech.inference", "xespeech.server.worker"):
    importlib.import_module(_name)


def _load_dictionaries() -> None:
    from xespeech.text import phonemize

    for text, language in (("Ready at 10.", "en"), ("准备好了。", "zh"), ("準備できました。", "ja")):
        phonemize(text, language)


_load_dictionaries()
gc.freeze()  # collections in a worker do not touch, and so not copy, what it shares with the others
