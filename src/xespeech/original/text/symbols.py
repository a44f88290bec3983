"""The symbol table of the released checkpoints.

Three tables were laid end to end, Mandarin's, pinyin's and the International Phonetic Alphabet, so some characters
occur twice. The last of them counts, as in the released code.
"""

from __future__ import annotations

from typing import Final

SYMBOLS: Final = (
    "_；：，。！？-“”《》、（）ＢＰ…— "  # padding, then Mandarin punctuation
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz12345"
    "0\u032a"
    ';:,.!?¡—…"«»“” '
    "ɑɐɒæɓʙβɔɕçɗɖðʤəɘɚɛɜɝɞɟʄɡɠɢʛɦɧħɥʜɨɪʝɭɬɫɮʟɱɯɰŋɳɲɴøɵɸθœɶʘɹɺɾɻʀʁɽʂʃʈʧʉʊʋⱱʌɣɤʍχʎʏʑʐʒʔʡʕʢǀǁǂǃˈˌːˑʼʴʰʱʲʷˠˤ˞↓↑→↗↘"
    "'\u0329'ᵻ"
)
"""One character a symbol; its last index is its id. 203 entries, 197 of them distinct."""

SYMBOL_IDS: Final[dict[str, int]] = {symbol: index for index, symbol in enumerate(SYMBOLS)}
PADDING_ID: Final = SYMBOL_IDS["_"]

LANGUAGES: Final = ("zh", "en", "ja")
"""Languages of the released checkpoints; the index is the id. Checkpoints of two languages know the first two."""
