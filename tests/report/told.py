"""What a sentence of the report says: its direction, its numbers and its evidence, whatever its words."""

import re
from typing import NamedTuple

_NUMBER = r"-?\d+\.?\d*"
_DIRECTIONS = {
    r"^No answer to whether": "undefined",
    r"^No evidence": "no evidence",
    r"is better for (?P<first>.+?) than for (?P<second>.+?):": "better",
    r"is worse for (?P<first>.+?) than for (?P<second>.+?):": "worse",
    r"aligns better with": "better",
    r"aligns worse with": "worse",
    r"^Whether .* depends on (?P<first>.+?):": "depends on {first}",
    r"is above chance for (?P<first>.+?):": "above chance",
    r"^(By region|Another|For new).*?: better": "better",
    r": worse": "worse",
    r": no evidence": "no evidence",
}
_EFFECT = re.compile(rf"(difference in|mean) (.+?) ({_NUMBER}), (\d+ %) CI \[({_NUMBER}), ({_NUMBER})\]")
_TEST = re.compile(
    r"\((one-sided )?(bootstrap|t-test|Wilcoxon)[^()]*?, (\d+) subjects?(?:, (\d+) stimul(?:i|us))?[^()]*\)"
)


class Told(NamedTuple):
    """What a sentence says; None or empty for what it does not say."""

    direction: str
    measure: str = ""
    estimate: float | None = None
    interval: tuple[float, float] | None = None
    level: str = ""
    p: str = ""
    q: str = ""
    test: str = ""
    one_sided: bool = False
    n_subjects: int | None = None
    n_stimuli: int | None = None


def told(sentence):
    """Direction, numbers and evidence of a sentence on a contrast or a group."""
    direction = next(
        name.format(**match.groupdict())
        for pattern, name in _DIRECTIONS.items()
        if (match := re.search(pattern, sentence))
    )
    effect, test = _EFFECT.search(sentence), _TEST.search(sentence)
    found = {name: re.search(rf"\b{name} ([=<] {_NUMBER})", sentence) for name in "pq"}
    return Told(
        direction,
        **({} if effect is None else {
            "measure": effect[2],
            "estimate": float(effect[3]),
            "level": effect[4],
            "interval": (float(effect[5]), float(effect[6])),
        }),
        **{name: "" if match is None else match[1].removeprefix("= ") for name, match in found.items()},
        **({} if test is None else {
            "one_sided": bool(test[1]),
            "test": test[2],
            "n_subjects": int(test[3]),
            "n_stimuli": test[4] and int(test[4]),
        }),
    )  # fmt: skip
