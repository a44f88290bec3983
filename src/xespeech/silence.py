"""Environment variables that switch off the telemetry of libraries, set before any of them is imported.

ONNX Runtime writes an identifier of the device and contacts a host of Microsoft, Gradio and Ray count their users, the
Hugging Face client sends its caller. `tests/test_silence.py` runs the commands where
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
    "DO_NOT_TRACK": "1",  # others that honour it
}
"""Set unless they are set already; child processes inherit them."""


def keep_silent() -> None:
    """Set the variables; libraries that are already imported have read theirs."""
    for name, value in VARIABLES.items():
        os.environ.setdefault(name, value)
