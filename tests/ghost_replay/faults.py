"""How a replayed Ghost misbehaves: faults that hit the next requests, and objects that poison a
page."""

import random
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["status", "html", "cut", "drop", "stall"]
PoisonKind = Literal["500", "cut", "type"]


@dataclass(slots=True)
class Fault:
    """One way to fail.

    ``kind``: ``status`` answers with ``status`` (and ``Retry-After``), ``html`` with a web page,
    ``cut`` with half of the JSON as if it were whole, ``drop`` closes the connection in the middle
    of the answer, ``stall`` waits ``seconds`` before it goes on. (A Ghost that is not there at all:
    ``ReplayGhost.stop``.) ``times``: how many requests it hits (None: all until it is taken away).
    ``probability``: of hitting each. ``path``: only those whose path contains it; ``method``: only
    this one. ``after_effect``: the request is carried out all the same, only its answer is lost; so
    it is with ``cut``, ``drop`` and ``stall`` anyway.
    """

    kind: FaultKind
    status: int = 500
    retry_after: str | None = None
    seconds: float = 0.0
    times: int | None = 1
    probability: float = 1.0
    path: str = ""
    method: str | None = None
    after_effect: bool = False


@dataclass(slots=True)
class Misbehaviour:
    """All that is wrong with the server at the moment; ``latency`` is seconds before each
    answer."""

    seed: int
    latency: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    poisoned: dict[str, PoisonKind] = field(default_factory=dict)
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def strike(self, method: str, path: str) -> Fault | None:
        """Return the fault that hits this request, if any, and count it."""
        for fault in self.faults:
            if fault.path not in path or fault.method not in {None, method}:
                continue
            if fault.times == 0 or self._random.random() >= fault.probability:
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None
