"""Direct calls of Hugging Face, which features are held against."""

from PIL import Image

TOLERANCE = 1e-4


def pixels(processor, path):
    with Image.open(path) as image:
        return processor(images=image.convert("RGB"), return_tensors="pt")["pixel_values"]
