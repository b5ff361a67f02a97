"""Small real apps on the same base and database: account, cart, events, market.

They are what development and tests run against, and examples for those who write the real ones:
each gives its fragments to the others, has a page or two of its own, and asks the other domains
through their contracts. `base` is what they share, `platform` starts all of them with the blog.
"""
