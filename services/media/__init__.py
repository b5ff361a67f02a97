"""Media: uploads checked and stored, renditions made on demand, Ghost's files fetched once.

`library.open_library` makes what others call; `reader.dimensions` knows how large images are.
"""

from services.media.library import MediaLibrary, open_library
from services.media.paths import MediaKind
from services.media.reader import dimensions
from services.media.rows import Dimensions, Imported, StoredMedia

__all__ = [
    "Dimensions",
    "Imported",
    "MediaKind",
    "MediaLibrary",
    "StoredMedia",
    "dimensions",
    "open_library",
]
