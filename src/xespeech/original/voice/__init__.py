"""The published model speaks and converts."""
