"""RSA without RDMs: similarities, their bootstrap and their permutation test from the patterns themselves."""
