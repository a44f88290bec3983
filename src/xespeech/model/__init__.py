"""The parts of X-E-Speech as torch modules, composed in `synthesizer.py`; they read and write no files."""
