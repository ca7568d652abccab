"""Typed datasets of the catalog, and the validators that it names."""
