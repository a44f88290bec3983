"""How a stretch of text is to be said: relative speed, pitch and volume."""

from __future__ import annotations

from typing import NamedTuple


class Prosody(NamedTuple):
    """Relative to natural prosody.

    Attributes:
        speed: factor; 2 is twice as fast.
        pitch: semitones.
        volume: decibels.
    """

    speed: float = 1.0
    pitch: float = 0.0
    volume: float = 0.0

    def inside(self, outer: Prosody) -> Prosody:
        """Both together: this one within a stretch that is said like `outer`."""
        return Prosody(self.speed * outer.speed, self.pitch + outer.pitch, self.volume + outer.volume)


NATURAL = Prosody()
