"""What a file is, by its first bytes and never by its name.

The signatures are those of the formats' own specifications (JFIF/Exif, PNG, GIF89a, RIFF, ISO/IEC
14496-12, Matroska, Ogg, ID3, FLAC, PDF, ZIP and OpenDocument/OOXML on top of it), in the spirit of
the WHATWG MIME Sniffing standard. Whether the rest of the file keeps what its beginning promises
is looked at elsewhere (`structure`, `images`, `svg`).
"""

import re
from dataclasses import dataclass
from typing import Final

from services.media.paths import MediaKind

# How many first bytes are enough to tell every type.
HEAD_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class MediaType:
    """A type of file.

    `extensions`: the first is given to new files unless their name has another of them.
    `kinds`: what it may be uploaded as. `inline`: a browser may show it on an address of ours; all
    else is only offered for saving.
    """

    content_type: str
    extensions: tuple[str, ...]
    kinds: frozenset[MediaKind]
    inline: bool = False

    def extension_for(self, name: str) -> str:
        """Return the extension (without a dot) of a file of this type that is called `name`."""
        given = extension_of(name)
        if given in self.extensions or (self is UNKNOWN and given and given not in _KNOWN):
            return given
        return self.extensions[0]


def extension_of(name: str) -> str:
    """Return the extension of a name, in lower case without its dot; empty when it has none."""
    _, dot, extension = name.rpartition(".")
    return extension.lower() if dot and re.fullmatch(r"[A-Za-z0-9]{1,10}", extension) else ""


_PICTURE = frozenset({MediaKind.IMAGE, MediaKind.FILE})
_RECORDING = frozenset({MediaKind.MEDIA, MediaKind.FILE})
_FILE = frozenset({MediaKind.FILE})
_NEVER: Final[frozenset[MediaKind]] = frozenset()

JPEG = MediaType("image/jpeg", ("jpg", "jpeg"), _PICTURE, inline=True)
PNG = MediaType("image/png", ("png",), _PICTURE, inline=True)
GIF = MediaType("image/gif", ("gif",), _PICTURE, inline=True)
WEBP = MediaType("image/webp", ("webp",), _PICTURE, inline=True)
AVIF = MediaType("image/avif", ("avif",), _PICTURE, inline=True)
SVG = MediaType("image/svg+xml", ("svg",), _PICTURE, inline=True)
HEIC = MediaType("image/heic", ("heic",), _FILE)
ICO = MediaType("image/x-icon", ("ico",), _FILE, inline=True)
TIFF = MediaType("image/tiff", ("tif", "tiff"), _FILE)

MP4 = MediaType("video/mp4", ("mp4", "m4v"), _RECORDING, inline=True)
QUICKTIME = MediaType("video/quicktime", ("mov",), _RECORDING, inline=True)
WEBM = MediaType("video/webm", ("webm",), _RECORDING, inline=True)
OGG_VIDEO = MediaType("video/ogg", ("ogv",), _RECORDING, inline=True)
M4A = MediaType("audio/mp4", ("m4a", "m4b"), _RECORDING, inline=True)
MP3 = MediaType("audio/mpeg", ("mp3",), _RECORDING, inline=True)
OGG = MediaType("audio/ogg", ("ogg", "oga", "opus"), _RECORDING, inline=True)
WAV = MediaType("audio/wav", ("wav",), _RECORDING, inline=True)
FLAC = MediaType("audio/flac", ("flac",), _RECORDING, inline=True)
MATROSKA = MediaType("video/x-matroska", ("mkv",), _FILE)

PDF = MediaType("application/pdf", ("pdf",), _FILE, inline=True)
ZIP = MediaType("application/zip", ("zip",), _FILE)
EPUB = MediaType("application/epub+zip", ("epub",), _FILE)
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
ODT = MediaType(_OPEN_DOCUMENT + "text", ("odt",), _FILE)
ODS = MediaType(_OPEN_DOCUMENT + "spreadsheet", ("ods",), _FILE)
ODP = MediaType(_OPEN_DOCUMENT + "presentation", ("odp",), _FILE)
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
DOCX = MediaType(_OPEN_XML + "wordprocessingml.document", ("docx",), _FILE)
XLSX = MediaType(_OPEN_XML + "spreadsheetml.sheet", ("xlsx",), _FILE)
PPTX = MediaType(_OPEN_XML + "presentationml.presentation", ("pptx",), _FILE)
OLE = MediaType("application/x-ole-storage", ("doc", "xls", "ppt", "msg"), _FILE)
RTF = MediaType("application/rtf", ("rtf",), _FILE)
GZIP = MediaType("application/gzip", ("gz", "tgz"), _FILE)
SEVEN_ZIP = MediaType("application/x-7z-compressed", ("7z",), _FILE)
WOFF2 = MediaType("font/woff2", ("woff2",), _FILE)

TEXT = MediaType("text/plain; charset=utf-8", ("txt", "md", "log", "srt"), _FILE, inline=True)
CSV = MediaType("text/csv; charset=utf-8", ("csv",), _FILE, inline=True)
JSON = MediaType("application/json", ("json", "geojson"), _FILE, inline=True)
VTT = MediaType("text/vtt; charset=utf-8", ("vtt",), _FILE, inline=True)
CALENDAR = MediaType("text/calendar; charset=utf-8", ("ics",), _FILE)
CONTACT = MediaType("text/vcard; charset=utf-8", ("vcf",), _FILE)
HTML = MediaType("text/html; charset=utf-8", ("html", "htm"), _FILE)
XML = MediaType("application/xml", ("xml", "gpx", "kml"), _FILE)
SCRIPT = MediaType("text/javascript; charset=utf-8", ("js", "mjs"), _FILE)
STYLE = MediaType("text/css; charset=utf-8", ("css",), _FILE)

UNKNOWN = MediaType("application/octet-stream", ("bin",), _FILE)
PROGRAM = MediaType("application/x-executable", ("exe",), _NEVER)

_BY_NAME_IF_TEXT: Final = (CSV, JSON, VTT, CALENDAR, CONTACT, SCRIPT, STYLE)

# The types that are known from their bytes: a name that promises one of them must hold it.
_BY_SIGNATURE: Final = (
    *(JPEG, PNG, GIF, WEBP, AVIF, SVG, HEIC, TIFF),
    *(MP4, QUICKTIME, WEBM, OGG_VIDEO, M4A, MP3, OGG, WAV, FLAC, MATROSKA),
    *(PDF, ZIP, EPUB, ODT, ODS, ODP, DOCX, XLSX, PPTX, RTF, GZIP, SEVEN_ZIP, WOFF2),
)
PROMISES: Final = {extension: it for it in _BY_SIGNATURE for extension in it.extensions}

_KNOWN: Final = frozenset(
    extension
    for it in (*_BY_SIGNATURE, *_BY_NAME_IF_TEXT, ICO, OLE, TEXT, HTML, XML, PROGRAM)
    for extension in it.extensions
)

BY_CONTENT_TYPE: Final = {
    it.content_type: it for it in (*_BY_SIGNATURE, *_BY_NAME_IF_TEXT, ICO, OLE, TEXT, HTML, XML)
}

_PLAIN: Final = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"\0\0\1\0", ICO),
    (b"ID3", MP3),
    (b"fLaC", FLAC),
    (b"%PDF-", PDF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"{\\rtf", RTF),
    (b"\x1f\x8b", GZIP),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (b"wOF2", WOFF2),
    # What a computer would run: Windows, Linux, macOS (four byte orders, fat), Java, scripts.
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"\xfe\xed\xfa\xce", PROGRAM),
    (b"\xfe\xed\xfa\xcf", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"#!", PROGRAM),
)

_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
_M4A_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P "})
_MP4_BRANDS: Final = frozenset(
    {b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash"}
    | {b"M4V ", b"M4VP", b"mmp4", b"MSNV", b"3gp4", b"3gp5", b"3gp6", b"f4v "}
)

# Possessive and atomic, so that no sequence of comments makes the search for an end exponential.
_SVG_ROOT: Final = re.compile(
    rb"(?>\s++|<\?xml[^>]*+>|<!--.*?-->|<!DOCTYPE\s++svg[^>\[]*+(?:\[[^\]]*+\]\s*+)?+>)*+"
    rb"<(?:\w++:)?+svg[\s/>]",
    re.DOTALL | re.IGNORECASE,
)
# The tags by which the MIME Sniffing standard knows HTML, and what would run as a script in it.
_HTML: Final = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p|img"
    rb"|svg|object|embed|form|meta|link|base|frameset)(?=[\s/>])|<!--|<\?php",
    re.IGNORECASE,
)
_MP3_FRAME: Final = re.compile(rb"\xff[\xe2-\xe7\xf2-\xff]")


def sniff(head: bytes, name: str) -> MediaType:
    """Tell the type of a file.

    Args:
        head: its first `HEAD_BYTES` bytes, or all of it when it is shorter.
        name: decides only between kinds of plain text and of old office documents, which their
            bytes do not tell apart.
    """
    for signature, found in _PLAIN:
        if head.startswith(signature):
            return found
    if head[4:8] == b"ftyp":
        return _sniff_iso(head)
    if head.startswith(b"RIFF"):
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12], UNKNOWN)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return WEBM if b"\x42\x82\x84webm" in head[:128] else MATROSKA
    if head.startswith(b"OggS"):
        return _sniff_ogg(head)
    if head.startswith(b"PK\3\4"):
        return _sniff_zip(head)
    if _is_mp3(head):
        return MP3
    return _sniff_text(head, name)


def _sniff_iso(head: bytes) -> MediaType:
    """Tell by the brands of the `ftyp` box (ISO/IEC 14496-12), the major one first."""
    size = min(int.from_bytes(head[:4], "big"), 512)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size, 4))]
    if brands[0] == b"qt  ":
        return QUICKTIME
    for known, found in ((_AVIF_BRANDS, AVIF), (_HEIC_BRANDS, HEIC), (_M4A_BRANDS, M4A)):
        if brands[0] in known and not (found is HEIC and _AVIF_BRANDS & set(brands)):
            return found
    if _AVIF_BRANDS & set(brands):
        return AVIF
    return MP4 if _MP4_BRANDS & set(brands) else UNKNOWN


def _sniff_ogg(head: bytes) -> MediaType:
    first_pages = head[:512]
    if b"\x80theora" in first_pages or b"OVP80" in first_pages:
        return OGG_VIDEO
    known = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
    return OGG if any(codec in first_pages for codec in known) else UNKNOWN


def _sniff_zip(head: bytes) -> MediaType:
    """Tell what stands in a ZIP: OpenDocument and EPUB begin with a stored `mimetype`."""
    if head[30:38] == b"mimetype":
        for found in (EPUB, ODT, ODS, ODP):
            if head[38:].startswith(found.content_type.encode() + b"PK"):
                return found
    if b"[Content_Types].xml" in head:
        for folder, found in ((b"word/", DOCX), (b"xl/", XLSX), (b"ppt/", PPTX)):
            if folder in head:
                return found
    return ZIP


def _is_mp3(head: bytes) -> bool:
    """Whether MPEG audio frames begin here: two headers of layer III that agree, a frame apart."""
    if not _MP3_FRAME.match(head) or len(head) < 4:
        return False
    following = _mp3_frame_length(head[:4])
    return following > 0 and head[following : following + 2] == head[:2]


def _mp3_frame_length(header: bytes) -> int:
    """Return the length of a layer III frame in bytes (ISO/IEC 11172-3, 13818-3); 0 for none."""
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rate, sampling, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer != 1 or rate in {0, 15} or sampling == 3:
        return 0
    one = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    two = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
    kilobits = (one if version == 3 else two)[rate - 1]
    hertz = (44100, 48000, 32000)[sampling] // {3: 1, 2: 2, 0: 4}[version]
    return (144 if version == 3 else 72) * kilobits * 1000 // hertz + padding


def _sniff_text(head: bytes, name: str) -> MediaType:
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = text.decode("utf-16", "replace").encode()
    if _SVG_ROOT.match(text):
        return SVG
    if b"\0" in text or not _is_utf8(text):
        return UNKNOWN
    # A browser that guessed would look at the beginning; a markup tag anywhere in it is enough.
    if _HTML.search(text[:4096]):
        return HTML
    if text.lstrip().startswith(b"<"):
        return XML
    extension = extension_of(name)
    return next((it for it in _BY_NAME_IF_TEXT if extension in it.extensions), TEXT)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        # The head may end inside a character.
        return len(text) >= HEAD_BYTES - 3 and error.start >= len(text) - 3
    return True
