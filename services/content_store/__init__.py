"""Where a save of a post goes: this app's own tables, or a Ghost with our tables as its mirror.

`protocol` says what every store can do and what it tells; `native` and `ghost` are the two of them,
`null` stands where there is no blog. `reading` gives what an editor opens.
"""
