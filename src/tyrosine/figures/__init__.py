"""Plot functions: result tables, RDMs and the view of a study in, matplotlib figures out."""
