"""The mark of the house as SVG: a rose between two ash leaves, in colours for paper and dark."""

LEAFLET = "M0 0C-4-3-4.6-10 0-15C4.6-10 4-3 0 0Z"
PETAL = "M0-3C-9-6-10.5-15-5-18C-2-19.5-1-17.5 0-16.5C1-17.5 2-19.5 5-18C10.5-15 9-6 0-3Z"


def _leaf(side: int) -> str:
    """Return an ash leaf that leans to the left (-1) or the right (1)."""
    places = [(x, turn) for x in (14, 22, 30) for turn in (38, 142)] + [(36, 90)]
    leaflets = "".join(
        f'<path d="{LEAFLET}" transform="translate({x} 0) rotate({turn}) scale(.8)"/>'
        for x, turn in places
    )
    stalk = '<path d="M8-.8L38-.5L38 .5L8 .8Z"/>'
    flip = f"scale({side} 1) rotate(-22)"
    return f'<g transform="translate(48 36) {flip}">{stalk}{leaflets}</g>'


def _rose() -> str:
    """Return five petals around an eye."""
    petals = "".join(f'<path d="{PETAL}" transform="rotate({72 * k})"/>' for k in range(5))
    eye = '<circle r="4.2" fill="#de9834"/>'
    return f'<g transform="translate(48 34)"><g fill="#b8344c">{petals}</g>{eye}</g>'


def logo() -> str:
    """Return the whole mark, 96 by 64."""
    leaves = f'<g fill="#3e7856">{_leaf(-1)}{_leaf(1)}</g>'
    name = "<title>Rose Ash</title>"
    size = 'viewBox="0 0 96 64" width="96" height="64" role="img"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{name}{leaves}{_rose()}</svg>\n'


LOGO = logo()
