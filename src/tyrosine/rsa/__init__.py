"""Representational similarity analysis: RDMs, their comparison and their clusters."""
