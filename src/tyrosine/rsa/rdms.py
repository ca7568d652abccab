"""RDMs that carry their labels: how they are made, checked, aligned and selected.

Subjects may have seen different stimuli. Their RDMs are over the union of these, with NaN for every pair of
which a subject did not see both, so that one object holds them all. Where the union is much larger than what
one subject saw, most of it is NaN, and memory is wasted: with 10 000 of 73 000 stimuli a subject, 98 %.
Numbers are read by `over` and `of_subject`, which never return NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import RDMError
from tyrosine.labelled import RDMs
from tyrosine.rsa.dissimilarity import condense
from tyrosine.rsa.without_rdms.labelled import LabelledPatterns, RDMsOrPatterns
from tyrosine.wording import first_three

STIMULUS_ID = "stimulus_id"


def label_rdms(
    dissimilarities: NDArray,
    stimulus_ids: Sequence[str],
    rdm_descriptors: Mapping[str, Sequence],
    measure: str,
) -> RDMs:
    """RDMs with the names of their stimuli and of themselves.

    Parameters
    ----------
    dissimilarities : ndarray of shape (n_rdms, n_pairs)
    stimulus_ids : sequence of str
        In the order of rows and columns.
    rdm_descriptors : mapping of str to sequence of length n_rdms
        Such as subject and ROI, or model and layer.
    measure : str
        Name of the distance.

    Returns
    -------
    rsatoolbox.rdm.RDMs

    Raises
    ------
    RDMError
        If the number of pairs does not belong to that many stimuli, or a stimulus is named twice.
    """
    ids = [str(stimulus_id) for stimulus_id in stimulus_ids]
    twice = (
        sorted({stimulus_id for stimulus_id in ids if ids.count(stimulus_id) > 1})
        if len(set(ids)) < len(ids)
        else []
    )
    if twice:
        raise RDMError(f"Stimulus {twice[0]} is listed twice; an RDM has one row a stimulus.")
    expected = len(ids) * (len(ids) - 1) // 2
    if dissimilarities.ndim != 2 or dissimilarities.shape[1] != expected:
        raise RDMError(
            f"RDMs over {len(ids)} stimuli have {expected} pairs, got an array of shape "
            f"{dissimilarities.shape}; check that stimuli and RDMs belong together."
        )
    import rsatoolbox

    return rsatoolbox.rdm.RDMs(
        np.asarray(dissimilarities, dtype=np.float64),
        dissimilarity_measure=measure,
        rdm_descriptors={key: list(values) for key, values in rdm_descriptors.items()},
        pattern_descriptors={STIMULUS_ID: ids},
    )


def condense_checked(square: NDArray, name: str, n_stimuli: int | None = None) -> NDArray[np.float64]:
    """Condense a square RDM after checking that it is one.

    Parameters
    ----------
    square : ndarray of shape (n_stimuli, n_stimuli)
    name : str
        What the RDM is and where it comes from, for the message.
    n_stimuli : int, optional
        The number of stimuli it must have.

    Returns
    -------
    ndarray of shape (n_pairs,), float64

    Raises
    ------
    RDMError
        If it is not square, not of that size, not numeric, has NaN, is not symmetric, has a diagonal
        that is not zero, or a negative dissimilarity.
    """
    if square.ndim != 2 or square.shape[0] != square.shape[1]:
        raise RDMError(
            f"{name} is not square but has shape {square.shape}; expected one row and column a stimulus."
        )
    if n_stimuli is not None and len(square) != n_stimuli:
        raise RDMError(
            f"{name} has {len(square)} rows for {n_stimuli} stimuli; images and RDMs must be of one study."
        )
    if square.dtype.kind not in "fiu":
        raise RDMError(f"{name} holds values of type {square.dtype}; expected numbers.")
    square = square.astype(np.float64)
    if not np.isfinite(square).all():
        row, column = (int(i[0]) for i in np.nonzero(~np.isfinite(square)))
        raise RDMError(f"{name} is not finite, first at row {row}, column {column}; get an intact copy.")
    scale = max(float(np.abs(square).max()), np.finfo(np.float64).tiny)
    if np.abs(np.diag(square)).max() > 1e-5 * scale:
        row = int(np.abs(np.diag(square)).argmax())
        raise RDMError(
            f"{name} has {square[row, row]:.3g} on its diagonal at row {row}; expected zero, "
            "the dissimilarity of a stimulus to itself (is it a similarity matrix?)."
        )
    asymmetry = np.abs(square - square.T)
    if asymmetry.max() > 1e-5 * scale:
        row, column = divmod(int(asymmetry.argmax()), len(square))
        raise RDMError(
            f"{name} is not symmetric: {square[row, column]:.6g} at row {row}, column {column}, "
            f"but {square[column, row]:.6g} across the diagonal; get an intact copy."
        )
    return check_condensed(condense(square), name)


def check_condensed(rdm: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Refuse condensed dissimilarities that are not finite or are negative beyond rounding.

    Raises
    ------
    RDMError
    """
    if not np.isfinite(rdm).all():
        raise RDMError(f"{name} has NaN or infinite dissimilarities; compute it again or get an intact copy.")
    if rdm.size and rdm.min() < -1e-6 * max(1.0, float(np.abs(rdm).max())):
        raise RDMError(
            f"{name} has a negative dissimilarity ({rdm.min():.3g}); dissimilarities are zero or larger."
        )
    return np.maximum(rdm, 0.0)


def condense_distributed(rdm: NDArray, name: str, n_stimuli: int) -> NDArray[np.float64]:
    """An RDM from a file, condensed if it is not already, after the checks of `condense_checked`."""
    if rdm.ndim == 1:
        return check_condensed(rdm.astype(np.float64), name)
    return condense_checked(rdm, name, n_stimuli)


def stimulus_ids(rdms: RDMsOrPatterns) -> list[str]:
    """Names of the stimuli of `rdms`, in the order of rows."""
    if isinstance(rdms, LabelledPatterns):
        return list(rdms.stimulus_ids)
    return [str(stimulus_id) for stimulus_id in rdms.pattern_descriptors[STIMULUS_ID]]


def check_same_stimuli(rdms: RDMsOrPatterns, ids: Sequence[str]) -> None:
    """Refuse RDMs whose stimuli are not those of `ids`, in whatever order.

    Raises
    ------
    RDMError
    """
    have, want = stimulus_ids(rdms), [str(stimulus_id) for stimulus_id in ids]
    if have != want and (len(set(have)) != len(have) or sorted(have) != sorted(want)):
        raise RDMError(
            f"RDMs over different stimuli cannot be compared: one has {_listed(have, want)}, the other "
            f"{_listed(want, have)}; run all pipelines on the same study (kedro run)."
        )


def align(rdms: RDMs, ids: Sequence[str]) -> NDArray[np.float64]:
    """Dissimilarities of `rdms` with rows and columns in the order of `ids`.

    Parameters
    ----------
    rdms : rsatoolbox.rdm.RDMs
        With the pattern descriptor `stimulus_id`.
    ids : sequence of str
        The same stimuli, in the wanted order.

    Returns
    -------
    ndarray of shape (n_rdms, n_pairs), float64

    Raises
    ------
    RDMError
        If the stimuli are not the same.
    """
    have, want = stimulus_ids(rdms), [str(stimulus_id) for stimulus_id in ids]
    if have == want:
        return rdms.dissimilarities
    check_same_stimuli(rdms, want)
    return rdms.dissimilarities[:, _pairs(have, want)]


def _pairs(have: Sequence[str], want: Sequence[str]) -> NDArray[np.intp]:
    """Where each pair of the stimuli `want` lies in a condensed RDM over the stimuli `have`."""
    position = {stimulus_id: row for row, stimulus_id in enumerate(have)}
    order = np.array([position[stimulus_id] for stimulus_id in want], dtype=np.intp)
    rows, columns = np.triu_indices(len(want), k=1)
    first, second = np.minimum(order[rows], order[columns]), np.maximum(order[rows], order[columns])
    return first * (2 * len(have) - first - 1) // 2 + (second - first - 1)


def spread(rdm: NDArray[np.float64], ids: Sequence[str], union: Sequence[str]) -> NDArray[np.float64]:
    """A condensed RDM over more stimuli, with NaN for every pair of which one is new.

    Parameters
    ----------
    rdm : ndarray of shape (n_pairs,)
        Over the stimuli `ids`.
    ids : sequence of str
    union : sequence of str
        All of `ids`, in any order, and others.

    Returns
    -------
    ndarray of shape (n_union_pairs,), float64
    """
    if list(ids) == list(union):
        return rdm
    wider = np.full(len(union) * (len(union) - 1) // 2, np.nan)
    wider[_pairs(union, ids)] = rdm
    return wider


def seen_stimuli(rdms: RDMsOrPatterns) -> NDArray[np.bool_]:
    """Which stimuli each RDM is over: those that have a dissimilarity to another one.

    Returns
    -------
    ndarray of shape (n_rdms, n_stimuli), bool
    """
    if isinstance(rdms, LabelledPatterns):
        return rdms.seen
    there = ~np.isnan(rdms.dissimilarities)
    seen = np.ones((len(there), rdms.n_cond), dtype=bool)
    if there.all():
        return seen
    rows, columns = np.triu_indices(rdms.n_cond, k=1)
    for own, pairs in zip(seen, there):
        if not pairs.all():
            own[:] = np.bincount(rows[pairs], minlength=len(own)) + np.bincount(
                columns[pairs], minlength=len(own)
            )
    return seen


def of_subject(rdms: RDMs, row: int) -> tuple[NDArray[np.float64], list[str]]:
    """One RDM over the stimuli that its subject saw.

    Parameters
    ----------
    rdms : rsatoolbox.rdm.RDMs
    row : int

    Returns
    -------
    rdm : ndarray of shape (n_pairs,), float64
        Without NaN.
    ids : list of str
        The stimuli, in the order of `rdms`.
    """
    ids = shared_stimuli(rdms, [row])
    return over(rdms, ids, [row])[0], ids


def shared_stimuli(rdms: RDMs, rows: Sequence[int] | NDArray[np.intp] | None = None) -> list[str]:
    """Stimuli that these RDMs are all over, in the order of `rdms`; all RDMs count if no rows are given."""
    seen = seen_stimuli(rdms)
    chosen = seen if rows is None else seen[np.asarray(rows)]
    names = stimulus_ids(rdms)
    return [names[place] for place in np.flatnonzero(chosen.all(axis=0))]


def over(
    rdms: RDMs, ids: Sequence[str], rows: Sequence[int] | NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """Dissimilarities of some of the RDMs over some of their stimuli.

    Parameters
    ----------
    rdms : rsatoolbox.rdm.RDMs
    ids : sequence of str
        The wanted stimuli, in the wanted order.
    rows : sequence of int, optional
        The wanted RDMs, all if not given.

    Returns
    -------
    ndarray of shape (n_rdms, n_pairs), float64
        Finite.

    Raises
    ------
    RDMError
        If the RDMs lack a stimulus, or one of them has no dissimilarities of it.
    """
    have, want = stimulus_ids(rdms), [str(stimulus_id) for stimulus_id in ids]
    there = set(have)
    lacking = [stimulus_id for stimulus_id in want if stimulus_id not in there]
    if lacking:
        raise RDMError(
            f"The RDMs are not over the stimuli {first_three(lacking)}; run all pipelines on the same study "
            "(kedro run)."
        )
    chosen = rdms.dissimilarities
    if rows is not None and list(rows) != list(range(len(chosen))):
        chosen = chosen[np.asarray(rows, dtype=np.intp)]
    if have != want:
        chosen = chosen[:, _pairs(have, want)]
    if np.isnan(chosen).any():
        raise RDMError(
            "An RDM was asked for stimuli that its subject did not see; ask for those that subjects share."
        )
    return chosen


def _listed(ids: list[str], others: list[str]) -> str:
    only = [stimulus_id for stimulus_id in ids if stimulus_id not in set(others)]
    twice = " (a stimulus twice)" if len(set(ids)) < len(ids) else ""
    return f"{len(ids)} stimuli" + (f" ({first_three(only)} only there)" if only else twice)


def at_reported_layer(rdms: RDMs) -> RDMs:
    """The RDMs of each model's reported layer.

    Parameters
    ----------
    rdms : rsatoolbox.rdm.RDMs
        With the boolean rdm descriptor `reported`.

    Returns
    -------
    rsatoolbox.rdm.RDMs
        One RDM a model, in the order of `rdms`.
    """
    chosen = [row for row, reported in enumerate(rdms.rdm_descriptors["reported"]) if reported]
    keys = [key for key in rdms.rdm_descriptors if key != "index"]
    return label_rdms(
        rdms.dissimilarities[chosen],
        stimulus_ids(rdms),
        {key: [rdms.rdm_descriptors[key][row] for row in chosen] for key in keys},
        rdms.dissimilarity_measure,
    )


def concatenate(parts: Sequence[RDMs]) -> RDMs:
    """All RDMs of `parts`, over the stimuli of the first, in its order.

    Raises
    ------
    RDMError
        If the stimuli differ.
    """
    first = parts[0]
    ids = stimulus_ids(first)
    keys = [key for key in first.rdm_descriptors if key != "index"]
    return label_rdms(
        np.concatenate([align(part, ids) for part in parts]),
        ids,
        {key: [value for part in parts for value in part.rdm_descriptors[key]] for key in keys},
        first.dissimilarity_measure,
    )


def find_rdm(brain_rdms: RDMs, subject: int, roi: str) -> int:
    """Row of the RDM of that subject and ROI."""
    pairs = zip(brain_rdms.rdm_descriptors["subject"], brain_rdms.rdm_descriptors["roi"])
    return list(pairs).index((subject, roi))
