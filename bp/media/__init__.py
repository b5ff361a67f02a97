"""What answers under `/content/`: images in every size, recordings, files."""

from bp.media.routes import blueprint, install

__all__ = ["blueprint", "install"]
