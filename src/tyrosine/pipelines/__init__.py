"""The seven pipelines: thin nodes over the functions of the other rooms."""
