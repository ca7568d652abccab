"""Columns, labels and schemas of the tables of the catalog."""
