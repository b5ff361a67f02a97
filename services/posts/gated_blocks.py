"""Blocks inside a document that Ghost shows to some readers only, and what is left without them.

Ghost writes such a block between two comments, `<!--kg-gated-block:begin nonMember:false …-->` and
`<!--kg-gated-block:end-->`; its own front end leaves out what the reader may not see
(kg-default-nodes, `utils/visibility`). Pages here are the same for everybody, so only what is for
everybody stays.
"""

import re

from lexical.snippets import without_comments

_BLOCK = re.compile(
    r"<!--kg-gated-block:begin\b(?P<who>.*?)-->(?P<block>.*?)<!--kg-gated-block:end\s*-->",
    re.DOTALL,
)
_FOR_EVERYBODY = re.compile(r"\bnonMember:\s*true\b")
_UNCLOSED = re.compile(r"<!--kg-gated-block:begin\b.*", re.DOTALL)


def for_everybody(html: str) -> str:
    """Return `html` without the blocks that not everybody may see, and without anybody's marks.

    A block that is never closed takes all that follows with it: rather too little than too much.
    The marks of synced snippets are for those who write, so they go as well.
    """
    html = without_comments(html)
    if "kg-gated-block" not in html:
        return html
    kept = _BLOCK.sub(
        lambda match: match["block"] if _FOR_EVERYBODY.search(match["who"]) else "", html
    )
    return _UNCLOSED.sub("", kept)
