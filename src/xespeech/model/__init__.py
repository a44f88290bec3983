"""The parts of X-E-Speech as torch modules without input or output of their own, composed in `synthesizer.py`."""
