"""Ridge from features of images to responses, its scores on held-out images, and their tests."""
