"""What the tests of layouts read from a raw folder: responses and RDMs of all subjects together."""

from types import SimpleNamespace

import numpy as np

from tyrosine.studies import layouts


def record(folder, names, regions, subjects="all", hemispheres="both"):
    """One entry for each region and subject, region by region."""
    found = {}
    for subject in layouts.choose_subjects(folder, subjects, regions, hemispheres):
        for one in layouts.read_responses(folder, names, subject, regions, hemispheres):
            entry(found, one).responses = one.responses
            found[one.roi, subject].hemispheres = one.hemispheres
            found[one.roi, subject].channels = one.channels
        for one in layouts.read_distributed_rdms(folder, names, subject, regions, hemispheres):
            entry(found, one).distributed += (one,)
    for one in found.values():
        one.rdm = np.mean([part.rdm for part in one.distributed], axis=0) if one.distributed else None
    order = [roi for rois in regions.values() for roi in rois]
    return sorted(found.values(), key=lambda one: (order.index(one.roi), one.subject))


def entry(found, one):
    return found.setdefault(
        (one.roi, one.subject),
        SimpleNamespace(
            subject=one.subject,
            selectivity=one.selectivity,
            roi=one.roi,
            responses=None,
            distributed=(),
        ),
    )
