"""All rules by which numbers, signs and abbreviations are written out, in the order in which they apply."""

from __future__ import annotations

from xespeech.text.mandarin.dates import DATES
from xespeech.text.mandarin.identifiers import IDENTIFIERS
from xespeech.text.mandarin.quantities import QUANTITIES
from xespeech.text.mandarin.signs import SIGNS

RULES = (*DATES, *IDENTIFIERS, *QUANTITIES, *SIGNS)
