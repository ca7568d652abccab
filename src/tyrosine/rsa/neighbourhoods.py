"""Neighbourhoods of a searchlight: the channels around each vertex of a surface, or around each voxel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.rsa.workers import slices

Patches = list[NDArray[np.intp]]
"""Numbers of the channels of each patch, in rising order."""

# Distances that are held at once: 64 MB in float64.
_CHUNK_DISTANCES = 8_000_000


def nearest_on_surface(
    coordinates: ArrayLike,
    faces: ArrayLike,
    n_nearest: int,
    vertices: Sequence[int] | NDArray[np.integer] | None = None,
) -> Patches:
    """The nearest channels of each channel along the edges of a surface mesh.

    Parameters
    ----------
    coordinates : array_like of shape (n_vertices, 3)
        In millimetres.
    faces : array_like of shape (n_faces, 3), int
        Numbers of the three vertices of each triangle.
    n_nearest : int
        Channels of a patch, the centre being one of them. Of channels that are equally far, those with the
        smaller number are taken.
    vertices : sequence of int of length n_channels, optional
        Vertex of each channel; all vertices in their order if not given. Paths lead over any vertex.

    Returns
    -------
    list of ndarray of shape (n_nearest,), int
        A patch for each channel.

    Raises
    ------
    ParameterError
        If there are fewer channels than that.
    RDMError
        If faces or vertices are not those of the mesh, or a part of the mesh has too few channels.

    Notes
    -----
    Distances are the lengths of shortest paths along edges (Dijkstra's algorithm), which are longer than
    geodesic distances across faces.
    """
    places, edges, of_channels = _checked_mesh(coordinates, faces, vertices)
    if not 1 <= n_nearest <= len(of_channels):
        raise ParameterError(
            f"A patch of {n_nearest} of {len(of_channels)} channels cannot be made; choose from 1 to "
            f"{len(of_channels)} channels."
        )
    # Doubled until it is wide enough: far fewer vertices are visited than without a limit.
    limit = edges.data.mean() * (1.0 + np.sqrt(n_nearest * len(places) / len(of_channels)))
    patches: list[NDArray[np.intp]] = [np.empty(0, dtype=np.intp)] * len(of_channels)
    waiting = np.arange(len(of_channels))
    widest = edges.data.sum()
    while len(waiting):
        still = []
        for centres in slices(len(waiting), max(1, _CHUNK_DISTANCES // len(places))):
            chosen = waiting[centres]
            distances = _distances(edges, of_channels[chosen], limit)[:, of_channels]
            for channel, row in zip(chosen, distances):
                reached = np.flatnonzero(np.isfinite(row))
                if len(reached) < n_nearest:
                    still.append(channel)
                else:
                    order = np.argsort(row[reached], kind="stable")[:n_nearest]
                    patches[channel] = np.sort(reached[order])
        if still and limit > widest:
            raise RDMError(
                f"Vertex {of_channels[still[0]]} is connected with fewer than {n_nearest} channels; take "
                "smaller patches, or a mesh in one piece."
            )
        waiting, limit = np.array(still, dtype=np.intp), 2.0 * limit
    return patches


def within_radius_on_surface(
    coordinates: ArrayLike,
    faces: ArrayLike,
    radius: float,
    vertices: Sequence[int] | NDArray[np.integer] | None = None,
) -> Patches:
    """The channels within a radius of each channel along the edges of a surface mesh.

    Parameters
    ----------
    coordinates : array_like of shape (n_vertices, 3)
        In millimetres.
    faces : array_like of shape (n_faces, 3), int
    radius : float
        In millimetres, inclusive. Distances are as for `nearest_on_surface`.
    vertices : sequence of int of length n_channels, optional
        Vertex of each channel; all vertices in their order if not given.

    Returns
    -------
    list of ndarray of int
        A patch for each channel, of at least the channel itself.

    Raises
    ------
    ParameterError
        If the radius is not positive.
    RDMError
        If faces or vertices are not those of the mesh.
    """
    places, edges, of_channels = _checked_mesh(coordinates, faces, vertices)
    _check_radius(radius)
    patches: Patches = []
    for centres in slices(len(of_channels), max(1, _CHUNK_DISTANCES // len(places))):
        distances = _distances(edges, of_channels[centres], radius)[:, of_channels]
        patches += [np.flatnonzero(np.isfinite(row)) for row in distances]
    return patches


def spheres_in_volume(
    mask: NDArray, radius: float, voxel_size: float | tuple[float, float, float] = 1.0
) -> Patches:
    """The voxels of a mask within a radius of each of its voxels.

    Parameters
    ----------
    mask : ndarray of shape (n_x, n_y, n_z)
        What is not zero is a channel; channels are numbered as `numpy.flatnonzero(mask)` lists them.
    radius : float
        In millimetres, inclusive.
    voxel_size : float or tuple of three floats
        In millimetres.

    Returns
    -------
    list of ndarray of int
        A patch for each voxel of the mask, of at least the voxel itself.

    Raises
    ------
    ParameterError
        If the radius or a size is not positive.
    RDMError
        If the mask has not three dimensions, or is empty.
    """
    from scipy.spatial import cKDTree

    inside = np.asarray(mask) != 0
    if inside.ndim != 3 or not inside.any():
        raise RDMError(
            f"A mask of shape {inside.shape} with {int(inside.sum())} voxels has no spheres; expected three "
            "dimensions and at least one voxel."
        )
    sizes = np.broadcast_to(np.asarray(voxel_size, dtype=np.float64), 3)
    _check_radius(radius)
    for size in sizes:
        _check_radius(float(size), "A voxel size")
    tree = cKDTree(np.argwhere(inside) * sizes)
    return [np.array(sorted(found), dtype=np.intp) for found in tree.query_ball_point(tree.data, radius)]


def _check_radius(radius: float, what: str = "A radius") -> None:
    if not (np.isfinite(radius) and radius > 0):
        raise ParameterError(f"{what} of {radius} mm makes no patch; choose a positive number.")


def _checked_mesh(coordinates: ArrayLike, faces: ArrayLike, vertices: ArrayLike | None):
    """Coordinates, the sparse matrix of lengths of edges, and the vertex of each channel."""
    from scipy.sparse import csr_array

    places = np.asarray(coordinates, dtype=np.float64)
    triangles = np.asarray(faces)
    n = len(places)
    if places.ndim != 2 or places.shape[1] != 3 or not np.isfinite(places).all():
        raise RDMError(
            f"Coordinates of shape {places.shape} are no mesh; expected three finite ones a vertex."
        )
    if triangles.ndim != 2 or triangles.shape[1] != 3 or triangles.dtype.kind not in "iu":
        raise RDMError(f"Faces of shape {triangles.shape} are no triangles; expected three vertices a face.")
    chosen = np.arange(n) if vertices is None else np.asarray(vertices)
    for numbers, what in ((triangles, "Faces"), (chosen, "Channels")):
        if numbers.size == 0 or numbers.min() < 0 or numbers.max() >= n:
            raise RDMError(
                f"{what} name vertices that a mesh of {n} vertices has not; take those of one mesh."
            )
    if len(np.unique(chosen)) != len(chosen):
        raise RDMError("Two channels are of one vertex; take each vertex once.")
    pairs = np.sort(
        np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1
    )
    first, second = np.unique(pairs, axis=0).T
    lengths = np.linalg.norm(places[first] - places[second], axis=1)
    if not (lengths > 0).all():
        raise RDMError("Two vertices that an edge connects lie in one place; repair the mesh.")
    return places, csr_array((lengths, (first, second)), shape=(n, n)), chosen.astype(np.intp)


def _distances(edges, centres: NDArray[np.intp], limit: float) -> NDArray[np.float64]:
    from scipy.sparse.csgraph import dijkstra

    return dijkstra(edges, directed=False, indices=centres, limit=limit)
