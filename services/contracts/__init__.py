"""How one domain asks another, in process: Protocols and frozen DTOs, one module a domain.

Every method takes first where it works: a read an `AsyncConnection`, a write the caller's
`UnitOfWork`, so that what several domains do for one request is one transaction. Only its owner
commits it. Who asks for many things asks once: methods in the plural take any number.
"""
