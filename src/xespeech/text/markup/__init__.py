"""Markup around a text: what it says about the reading, and what is left when it is taken away."""
