"""Result tables and RDMs in, matplotlib figures and the report out."""
