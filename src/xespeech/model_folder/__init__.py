"""Model folders: what they hold, how they are read, and how a training run becomes one."""

from __future__ import annotations

from xespeech.model_folder.description import Description, VoiceInfo

__all__ = ["Description", "VoiceInfo"]
