"""What keeps the libraries below from calling home, set before any of them is imported.

ONNX Runtime writes an identifier of the device and asks for a host of Microsoft, Gradio and Ray count their users, the
Hugging Face hub sends what calls it. Nothing here is for them to know. `tests/test_silence.py` runs the commands where
every attempt is seen. A variable that the user has set stays as it is.
"""

from __future__ import annotations

import os
from typing import Final

VARIABLES: Final = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime from 1.24 on
    "GRADIO_ANALYTICS_ENABLED": "False",
    "RAY_USAGE_STATS_ENABLED": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",  # of transformers and Gradio, too
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "DO_NOT_TRACK": "1",  # whatever else keeps to it
}
"""What is set, unless it is set already. Processes that are started from here inherit it."""


def keep_silent() -> None:
    """Set the variables; a library that was imported before has read its own already."""
    for name, value in VARIABLES.items():
        os.environ.setdefault(name, value)
