"""The site's actor in the fediverse: what it told of posts, and who follows.

`sql` keeps it on our own tables, `null` keeps nothing, `documents` writes ActivityStreams, and
`reflection` has every change of a post told in the transaction that makes it. Delivery to
followers and the inbox are not here.
"""
