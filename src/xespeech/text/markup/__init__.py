"""Markup of texts: SSML, which is followed, and Markdown and HTML, which are removed."""
