"""Waveform to content features: what is said, without who says it. Needs torch; the runtime uses the exported graph."""
