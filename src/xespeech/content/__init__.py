"""Content encoders: waveform to features of the words without the voice. Needs torch; inference uses the graph."""
