"""Which models an answer depends on, what else differs between its sides, and what untrained twins reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tyrosine.parameters.measures import DUAL_BOOTSTRAP, TRIPLE_BOOTSTRAP
from tyrosine.report.sentences import HIGHER, UNDEFINED, Row, Sides, Terms, number, verdict
from tyrosine.tables.columns import EVERY_REGION, PAIR

Robustness = Mapping[tuple[str, str, str], Row]
"""Rows of `contrast_robustness` by contrast, ROI and method."""


def robustness_by_row(table: pd.DataFrame | None, labels: Mapping[str, str]) -> Robustness:
    """Turn the table into a mapping, which is empty if there is no table.

    Parameters
    ----------
    table : DataFrame, optional
        As the catalog has `contrast_robustness`.
    labels : mapping of str to str
        What the models are called.

    Returns
    -------
    mapping
        Models are named by their labels, in the columns that name models.
    """
    if table is None:
        return {}
    rows = {}
    for row in table.to_dict("records"):
        for column in ("lowest_without", "highest_without", "best_a", "best_b", "depends_on"):
            row[column] = joined([labels.get(model, model) for model in row[column].split()])
        pairs = [pair.split(" - ") for pair in row["pairs_otherwise"].split(", ") if pair]
        row["pairs_otherwise"] = joined(
            [" against ".join(labels.get(model, model) for model in pair) for pair in pairs]
        )
        rows[row["contrast"], row["roi"], row["method"]] = row
    return rows


def joined(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def name_sides(row: Row, labels: Mapping[str, str]) -> tuple[Sides, Sides]:
    """What the sides of a contrast are called: in short, and with all of their models.

    Parameters
    ----------
    row : mapping
        A row of `contrasts`.
    labels : mapping of str to str
        What the models are called.

    Returns
    -------
    short, whole : Sides
        A side of one model is called by this model, not by its kind: one model stands for no kind. Both are
        the two models where each side has one.
    """
    models = [[labels.get(model, model) for model in row[f"models_{side}"].split()] for side in "ab"]
    kinds = [row["label_a"], row["label_b"]]
    if [len(side) for side in models] == [1, 1]:
        two = Sides(models[0][0], models[1][0], two_models=True)
        return two, two
    whole = [
        f"{side[0]} (the only one for {kind})"
        if len(side) == 1 and kinds[1]
        else f"{kind} ({', '.join(side)})"
        if side
        else kind
        for side, kind in zip(models, kinds)
    ]
    short = [side[0] if len(side) == 1 and kinds[1] else kind for side, kind in zip(models, kinds)]
    return Sides(short[0], short[1]), Sides(whole[0], whole[1])


def tell_robustness(found: Row | None, row: Row, sides: Sides, terms: Terms) -> list[str]:
    """Say which models an answer depends on, and what else differs between its sides.

    Parameters
    ----------
    found : mapping, optional
        The row of `robustness_by_row` for the answer, if there is one.
    row : mapping
        The row of `contrasts` that makes the headline.
    sides : Sides
    terms : Terms

    Returns
    -------
    list of str
        A sentence or two each.
    """
    if found is None or found["undefined"]:
        return []
    told = []
    what = f"{'difference in' if sides.b else 'mean'} {terms.measure}"
    if sides.two_models:
        told.append(
            f"Two models are compared, one for {row['label_a']} and one for {row['label_b']}; two models say "
            "nothing of two kinds of models."
        )
    elif found["n_pairs"] > 1:
        told.append(_pairs(found, sides))
        if found["lowest_without"]:
            told.append(
                f"If one model at a time is left out, the {what} is {number(found['lowest'])} (without "
                f"{found['lowest_without']}) to {number(found['highest'])} (without "
                f"{found['highest_without']})."
            )
        if found["best_undefined"]:
            told.append(f"The best models are not compared: {found['best_undefined']}.")
        else:
            against = f" against {found['best_b']}" if found["best_b"] else ""
            interval = ""
            if not pd.isna(found["best_lower"]):
                ends = f"[{number(found['best_lower'])}, {number(found['best_upper'])}]"
                interval = f", {terms.interval} {ends} over subjects"
            told.append(
                f"Best {'against best' if sides.b else 'model'}, chosen on other stimuli and subjects "
                f"({found['best_a']}{against}): {what} {number(found['best'])}{interval}."
            )
    if found["also_differs"]:
        told.append(f"Between the sides also differ: {found['also_differs']}.")
    return told


def _pairs(found: Row, sides: Sides) -> str:
    agree, n_pairs = found["n_pairs_agree"], found["n_pairs"]
    what = "models have a similarity of the sign of their mean"
    if sides.b:
        what = "pairs of models of the two sides agree in direction with the mean difference"
    but = f"; otherwise: {found['pairs_otherwise']}" if found["pairs_otherwise"] else ""
    return f"{agree} of {n_pairs} {what}{but}."


class Twins:
    """How trained models do against their untrained twins, from the pairs of `contrasts`.

    Parameters
    ----------
    contrasts : DataFrame
        As the catalog has it.
    twins : mapping of str to str
        The trained model of each untrained twin.
    labels : mapping of str to str
        What the models are called.
    """

    def __init__(self, contrasts: pd.DataFrame, twins: Mapping[str, str], labels: Mapping[str, str]) -> None:
        pairs = contrasts[(contrasts["kind"] == PAIR) & contrasts["models_b"].isin(list(twins))]
        self._labels = labels
        self._rows: dict[str, list[dict[str, Any]]] = {
            str(model): rows.to_dict("records") for model, rows in pairs.groupby("models_a", sort=False)
        }

    def clause(self, row: Row, max_q: float) -> str:
        """Say for how many models of a group the trained one is above its twin, by the test of this row.

        Parameters
        ----------
        row : mapping
            The row of `contrasts` that makes the headline of a group.
        max_q : float

        Returns
        -------
        str
            Such as ``3 of 4 are above their untrained twins (not ViT-MAE)``; empty if none has a twin.
        """
        found = self._verdicts(row, max_q, row["roi"])
        if not found:
            return ""
        others = [self._labels.get(model, model) for model, said in found.items() if said != [HIGHER]]
        but = f" (not {joined(others)})" if others else ""
        are = "is above its untrained twin" if len(found) == 1 else "are above their untrained twins"
        return f"{len(found) - len(others)} of {len(found)} {are}{but}"

    def by_region(self, row: Row, max_q: float) -> str:
        """Say in how many regions each trained model of a group is above its twin, by this row's test."""
        found = self._verdicts(row, max_q, None)
        told = [
            f"{self._labels.get(model, model)} in {said.count(HIGHER)} of {len(said)}"
            for model, said in found.items()
            if said
        ]
        return f"Above its untrained twin, by region: {', '.join(told)}." if told else ""

    def _verdicts(self, row: Row, max_q: float, roi: str | None) -> dict[str, list[str]]:
        """Verdicts of trained against untrained, of one ROI or of all single regions."""
        two = Sides("trained", "untrained")
        # Two models are no sample of models.
        test = DUAL_BOOTSTRAP if row["test"] == TRIPLE_BOOTSTRAP else row["test"]
        found = {}
        for model in row["models_a"].split():
            said = [
                verdict(one, two, max_q)
                for one in self._rows.get(model, ())
                if (one["method"], one["test"]) == (row["method"], test)
                and (one["roi"] == roi if roi else one["roi"] != EVERY_REGION)
            ]
            said = [one for one in said if one != UNDEFINED]
            if said:
                found[model] = said
        return found
