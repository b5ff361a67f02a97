"""A Transistor podcast player, which knows the member who listens."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote_plus

from lexical.cards.base import Card, Properties
from lexical.html_tree import escape_attribute
from lexical.options import Options
from lexical.visibility import EVERYONE

_ADDRESS: Final = "https://partner.transistor.fm/ghost/embed/%7Buuid%7D"
_FRAME: Final = '<iframe width="100%" height="370" frameborder="no" scrolling="no" seamless=""'
_SCRIPT: Final = r"""<script>(function initTransistorEmbed() {
        const script = document.currentScript;
        if (!script) {
            return;
        }

        const el = script.parentElement.querySelector('iframe[data-src]');
        if (!el) {
            return;
        }

        // Set src with background color detection
        const baseSrc = el.getAttribute('data-src');

        function colorToRgb(color) {
            const canvas = document.createElement('canvas');
            canvas.width = 1;
            canvas.height = 1;
            const ctx = canvas.getContext('2d');
            ctx.fillStyle = color;
            ctx.fillRect(0, 0, 1, 1);
            const [r, g, b, a] = ctx.getImageData(0, 0, 1, 1).data;
            return {r, g, b, a};
        }

        let node = el.parentElement;
        let bg;
        while (node) {
            bg = window.getComputedStyle(node).backgroundColor;
            if (bg && bg !== 'transparent') {
                const {a} = colorToRgb(bg);
                if (a > 0) {
                    break;
                }
            }
            node = node.parentElement;
        }

        if (!node || !bg || bg === 'transparent') {
            el.src = baseSrc;
        } else {
            const {r, g, b, a} = colorToRgb(bg);
            if (a === 0) {
                el.src = baseSrc;
            } else {
                const hex = [r, g, b].map(c => c.toString(16).padStart(2, '0')).join('');
                const u = new URL(baseSrc);
                u.searchParams.set('background', hex);
                el.src = u.toString();
            }
        }

        // Listen for resize messages from the Transistor iframe
        window.addEventListener('message', (event) => {
            const isMessageFromValidSource = (
                event.source === el.contentWindow &&
                event.origin === 'https://partner.transistor.fm'
            );
            if (!isMessageFromValidSource) {
                return;
            }

            const isDataValid = (
                !!event.data &&
                typeof event.data === 'object' &&
                !Array.isArray(event.data) &&
                'type' in event.data &&
                event.data.type === 'resize' &&
                'height' in event.data &&
                typeof event.data.height === 'number' &&
                Number.isSafeInteger(event.data.height) &&
                event.data.height >= 1
            );
            if (!isDataValid) {
                return;
            }

            el.style.height = event.data.height + 'px';
        });
    })()</script>"""


def _render(_properties: Properties, options: Options) -> str:
    address = _ADDRESS
    if options.site_uuid:
        address += f"?ctx={quote_plus(options.site_uuid, safe='*')}"
    address = escape_attribute(address)
    return (
        f'{_FRAME} title="Transistor podcasts" data-src="{address}" data-kg-transistor-embed="">'
        f'</iframe>{_SCRIPT}<noscript>{_FRAME} src="{address}"></iframe></noscript>'
    )


CARD = Card(
    type="transistor",
    properties={
        "accentColor": "",
        "backgroundColor": "",
        # The player needs a member, so visitors who are none do not get it.
        "visibility": {
            "web": {"nonMember": False, "memberSegment": EVERYONE},
            "email": {"memberSegment": EVERYONE},
        },
    },
    render=_render,
    gated=True,
)
