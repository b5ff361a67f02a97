"""How fast documents are rendered; run it with `python -m benchmarks.lexical`."""
