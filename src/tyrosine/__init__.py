"""Cross-modal representational alignment of pretrained models and human visual cortex."""

__version__ = "0.1.0"
