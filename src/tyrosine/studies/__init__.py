"""Where stimuli and brain data come from: one module a layout of the raw folder."""
