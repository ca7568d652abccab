"""The six pipelines: thin nodes over the functions of the other rooms."""
