"""The page of xespeech as a Hugging Face Space."""

import os

import xespeech
from xespeech.web import launch

launch(
    xespeech.load(os.environ.get("XESPEECH_MODEL")),
    host="0.0.0.0",
    port=int(os.environ.get("GRADIO_SERVER_PORT", "7860")),
)
