"""The development set: whole prompts, so that no text is both trained on and tested."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence

from xespeech.data.manifest import Utterance

_SHARE = 0.03
_LEAST = 8  # utterances of a speaker with enough of them
_ENOUGH = 200


def development_set(utterances: Sequence[Utterance]) -> set[str]:
    """Ids of the utterances to keep out of training.

    About 3 % of the utterances, at least 8 of every speaker with 200 or more; smaller speakers share one quota. All
    readings of a chosen text go together, of all speakers. Speakers with a single recording stay in training, and so
    does every text that they read. The choice depends on the texts alone, not on their order.
    """
    clips = Counter(utterance.speaker for utterance in utterances)
    prompts: dict[str, list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        prompts[prompt_key(utterance)].append(utterance)

    def group(utterance: Utterance) -> str | None:
        return utterance.speaker if clips[utterance.speaker] >= _ENOUGH else None

    quota: Counter[str | None] = Counter()
    for speaker, count in clips.items():
        if count >= _ENOUGH:
            quota[speaker] = max(_LEAST, round(_SHARE * count))
    quota[None] = round(_SHARE * sum(count for count in clips.values() if 1 < count < _ENOUGH))

    chosen: set[str] = set()
    wanted = quota.copy()
    for key in sorted(prompts, key=lambda key: hashlib.sha1(key.encode()).digest()):
        readings = prompts[key]
        counts = Counter(group(utterance) for utterance in readings)
        if any(clips[utterance.speaker] == 1 for utterance in readings):
            continue
        # a prompt that one speaker needs may exceed the quota of others who read it, but not double it
        needed = any(count <= wanted[name] for name, count in counts.items())
        if needed and all(count <= wanted[name] + quota[name] for name, count in counts.items()):
            chosen.update(utterance.id for utterance in readings)
            wanted.subtract(counts)
    return chosen


def prompt_key(utterance: Utterance) -> str:
    """Key that recordings of one text share; every recording without text has a different one."""
    text = unicodedata.normalize("NFKC", utterance.text).casefold()
    return "".join(character for character in text if character.isalnum()) or f"\0{utterance.id}"
