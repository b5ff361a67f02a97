from datetime import UTC, datetime

import pytest

from services.media.paths import MediaKind, Rendition, kind_of, new_path, path_in, split_rendition

NOW = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/content/images/2026/11/loaf.jpg", MediaKind.IMAGE),
        ("/content/images/wordpress/2013/05/ça va (1)@2x.jpg", MediaKind.IMAGE),
        ("/content/media/2026/11/a.mp3", MediaKind.MEDIA),
        ("/content/files/a.pdf", MediaKind.FILE),
        ("/content/images/", None),
        ("/content/images", None),
        ("/content/themes/a.css", None),
        ("/content/images//a.jpg", None),
        ("/content/images/../../etc/passwd", None),
        ("/content/images/a/./b.jpg", None),
        ("/content/images/a/..", None),
        ("/content/images/.htaccess", None),
        ("/content/images/..\\..\\secret", None),
        ("/content/images/a\0.jpg", None),
        ("/content/images/a\n.jpg", None),
        ("/content/images/a\u202egpj.exe", None),
        ("/content/images/\udcff.jpg", None),
        ("/content/images/" + "a" * 256, None),
        ("/content/images/" + "a/" * 600 + "b", None),
        ("/etc/passwd", None),
        ("content/images/a.jpg", None),
        ("", None),
    ],
)
def test_which_paths_there_can_be(path: str, kind: MediaKind | None) -> None:
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    ("path", "original", "rendition"),
    [
        ("/content/images/2026/11/a.jpg", "/content/images/2026/11/a.jpg", None),
        ("/content/images/size/w600/2026/11/a.jpg", "2026/11/a.jpg", Rendition(600)),
        ("/content/images/size/h600/a.jpg", "a.jpg", Rendition(None, 600)),
        ("/content/images/size/w256h256/a.jpg", "a.jpg", Rendition(256, 256)),
        (
            "/content/images/size/w600/format/webp/a.jpg",
            "a.jpg",
            Rendition(600, None, "webp"),
        ),
        ("/content/images/format/avif/a.jpg", "a.jpg", Rendition(None, None, "avif")),
        ("/content/images/size/huge/a.jpg", "a.jpg", Rendition(0)),
        ("/content/images/size/w600/../a.jpg", "../a.jpg", Rendition(600)),
        ("/content/media/size/w600/a.mp4", "/content/media/size/w600/a.mp4", None),
    ],
)
def test_a_size_in_a_path(path: str, original: str, rendition: Rendition | None) -> None:
    full = original if original.startswith("/") else f"/content/images/{original}"
    assert split_rendition(path) == (full, rendition)


def test_only_some_sizes_are_made() -> None:
    allowed = [Rendition(600), Rendition(None, 600), Rendition(256, 256), Rendition(1200, 630)]
    allowed += [Rendition(600, None, "avif"), Rendition(None, None, "webp")]
    assert all(it.is_allowed for it in allowed)
    refused = [Rendition(0), Rendition(601), Rendition(None, 601), Rendition(600, 1000)]
    refused += [Rendition(600, None, "tiff"), Rendition(None, None, None), Rendition(99999)]
    assert not any(it.is_allowed for it in refused)


def test_all_renditions_of_an_image_together_are_few() -> None:
    sides = [None, *range(1, 2500)]
    widths = sum(Rendition(side).is_allowed for side in sides)
    heights = sum(Rendition(None, side).is_allowed for side in sides)
    crops = sum(Rendition(w, h).is_allowed for w in range(1, 2401) for h in (30, 256, 600, 630))
    assert widths + heights + crops < 60


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Photo One.JPG", "Photo-One.jpg"),
        ("C:\\Users\\Ada\\crème brûlée.jpeg", "creme-brulee.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("日本.png", "image.jpg"),
        ("", "image.jpg"),
        (".htaccess", "htaccess.jpg"),
        ("a" * 500 + ".jpg", "a" * 100 + ".jpg"),
        ('"><script>alert(1)</script>.jpg', "script.jpg"),
    ],
)
def test_the_path_of_an_upload(name: str, made: str) -> None:
    path = new_path(MediaKind.IMAGE, name, "jpg", NOW, 0)
    assert path == f"/content/images/2026/11/{made}"
    assert kind_of(path) is MediaKind.IMAGE


def test_a_second_file_of_a_name_is_numbered_as_ghost_does() -> None:
    path = new_path(MediaKind.FILE, "menu.pdf", "pdf", NOW, 1)
    assert path == "/content/files/2026/11/menu-1.pdf"


def test_the_path_that_an_address_means() -> None:
    bases = ["https://coop.example", "http://ghost.internal:2368/blog"]
    path = "/content/images/2026/11/a b.jpg"
    assert path_in("/content/images/2026/11/a%20b.jpg", bases) == path
    assert path_in("__GHOST_URL__/content/images/2026/11/a%20b.jpg", bases) == path
    assert path_in("https://coop.example/content/images/size/w600/2026/11/a b.jpg?v=1") is None
    assert path_in("https://coop.example/content/images/size/w600/2026/11/a b.jpg?v=1", bases) == (
        path
    )
    assert path_in("http://ghost.internal:2368/blog/content/files/a.pdf", bases) == (
        "/content/files/a.pdf"
    )
    assert path_in("https://elsewhere.example/content/images/2026/11/a.jpg", bases) is None
    assert path_in("https://coop.example.evil/content/images/2026/11/a.jpg", bases) is None
    assert path_in("data:image/png;base64,AAAA", bases) is None
    assert path_in("/content/images/../secret", bases) is None
