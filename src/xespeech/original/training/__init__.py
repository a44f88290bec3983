"""The published training."""
