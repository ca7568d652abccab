"""The simulated study: scenes, brains with a known ground truth, and miniature models with their training.

Only the pipelines of the simulated study import this room.
"""
