"""Kedro on Dask: `kedro run --runner tyrosine.runners.DaskRunner`."""

from tyrosine.runners.dask_runner import DaskRunner

__all__ = ["DaskRunner"]
