"""What a link can be shown as: a frame (oEmbed) or a card with title and picture (Open Graph).

`protocol` says what a look-up gives; `own` looks by itself, `ghost` lets Ghost look.
"""
