"""Neighbourhoods against rsatoolbox's spheres, and against distances on a mesh that are known."""

import numpy as np
import pytest
from rsatoolbox.util.searchlight import get_volume_searchlight
from scipy.spatial import ConvexHull
from scipy.spatial.distance import cdist

from tyrosine.errors import ParameterError, RDMError
from tyrosine.rsa.neighbourhoods import nearest_on_surface, spheres_in_volume, within_radius_on_surface


def sphere(n=400, radius=100.0, seed=0):
    """A mesh of random points on a sphere."""
    points = np.random.default_rng(seed).normal(size=(n, 3))
    points *= radius / np.linalg.norm(points, axis=1, keepdims=True)
    return points, ConvexHull(points).simplices


def floyd(points, faces):
    """Lengths of the shortest paths along edges, by the method of Floyd and Warshall."""
    lengths = np.full((len(points), len(points)), np.inf)
    for first, second in np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]):
        lengths[first, second] = lengths[second, first] = np.linalg.norm(points[first] - points[second])
    np.fill_diagonal(lengths, 0)
    for middle in range(len(points)):
        np.minimum(lengths, lengths[:, [middle]] + lengths[[middle]], out=lengths)
    return lengths


@pytest.mark.parametrize("vertices", [None, np.random.default_rng(1).permutation(120)[:70]])
@pytest.mark.parametrize("n_nearest", [1, 9, 70])
def test_nearest_channels_are_those_with_the_shortest_paths(n_nearest, vertices):
    points, faces = sphere(120)
    chosen = np.arange(120) if vertices is None else vertices
    lengths = floyd(points, faces)[np.ix_(chosen, chosen)]

    found = nearest_on_surface(points, faces, n_nearest, vertices)

    assert len(found) == len(chosen)
    for row, patch in zip(lengths, found):
        np.testing.assert_array_equal(patch, np.sort(np.argsort(row, kind="stable")[:n_nearest]))


@pytest.mark.parametrize("vertices", [None, np.arange(0, 120, 2)])
def test_channels_within_a_radius_are_those_with_short_paths(vertices):
    points, faces = sphere(120)
    chosen = np.arange(120) if vertices is None else vertices
    lengths = floyd(points, faces)[np.ix_(chosen, chosen)]

    found = within_radius_on_surface(points, faces, 60.0, vertices)

    for row, patch in zip(lengths, found):
        np.testing.assert_array_equal(patch, np.flatnonzero(row <= 60.0))


def test_a_radius_follows_the_surface_and_not_the_air():
    # Two sheets that lie one millimetre from each other and are joined at one end alone.
    length = 20
    lower = np.array([[x, y, 0.0] for x in range(length) for y in range(2)])
    places = np.concatenate([lower, lower + np.array([0, 0, 1.0])])
    faces = []
    for x in range(length - 1):
        for first in (2 * x, 2 * x + 2 * length):
            faces += [[first, first + 1, first + 2], [first + 1, first + 2, first + 3]]
    faces += [[0, 1, 2 * length], [1, 2 * length, 2 * length + 1]]

    far_end = within_radius_on_surface(places, np.array(faces), 3.0)[2 * length - 1]

    assert far_end.max() < 2 * length
    assert cdist(places, places)[2 * length - 1, -1] == 1.0


def test_shortest_paths_on_a_sphere_are_near_great_circles():
    points, faces = sphere(2000)
    angles = np.arccos(np.clip(points @ points.T / 100.0**2, -1, 1)) * 100.0

    found = within_radius_on_surface(points, faces, 30.0)

    share = np.mean([len(patch) / (row <= 30.0).sum() for patch, row in zip(found, angles)])
    assert 0.7 < share <= 1.0
    assert all((row[patch] <= 30.0 + 0.1).all() for patch, row in zip(found, angles))


def test_spheres_are_those_of_rsatoolbox():
    mask = np.random.default_rng(0).random((7, 8, 6)) < 0.7
    centres, expected = get_volume_searchlight(
        mask.astype(int), radius=2.5, threshold=0.0, truncate_at_boundary=True
    )
    voxels = np.flatnonzero(mask)

    found = spheres_in_volume(mask, 5.0, voxel_size=2.0)

    np.testing.assert_array_equal(centres, voxels)
    for patch, wanted in zip(found, expected):
        np.testing.assert_array_equal(voxels[patch], np.sort(wanted))


def test_what_is_no_mesh_is_refused():
    points, faces = sphere(60)
    with pytest.raises(RDMError, match="Faces name vertices that a mesh of 59 vertices has not"):
        within_radius_on_surface(points[:59], faces, 10.0)
    with pytest.raises(RDMError, match="Two channels are of one vertex"):
        nearest_on_surface(points, faces, 2, [3, 3, 4])
    with pytest.raises(ParameterError, match="A patch of 61 of 60 channels"):
        nearest_on_surface(points, faces, 61)
    with pytest.raises(ParameterError, match="A radius of -1"):
        within_radius_on_surface(points, faces, -1.0)
    two = np.concatenate([points, points + 500.0]), np.concatenate([faces, faces + 60])
    with pytest.raises(RDMError, match="connected with fewer than 61 channels"):
        nearest_on_surface(*two, 61)
    with pytest.raises(RDMError, match="three dimensions"):
        spheres_in_volume(np.zeros((3, 3, 3)), 2.0)
