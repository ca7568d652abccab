"""Tables of similarities and resamples in, tables of tests, intervals and contrasts out."""
