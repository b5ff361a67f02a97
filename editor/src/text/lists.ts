// Comparing and merging lists of texts (blocks of a document, words of a block).

/** One step from one list to another: what both have, what was taken out, what was put in. */
export interface Step {
  kind: "same" | "out" | "in";
  items: string[];
}

// A table of this many cells takes a few milliseconds; what is larger is told as one change.
const MOST_CELLS = 4_000_000;

/** Return, for each place of `one` that has its like in `other`, where that is; in order. */
function matches(one: string[], other: string[]): [number, number][] {
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start++;
  let end = 0;
  while (
    end < one.length - start &&
    end < other.length - start &&
    one[one.length - 1 - end] === other[other.length - 1 - end]
  ) {
    end++;
  }
  const pairs: [number, number][] = [];
  for (let at = 0; at < start; at++) pairs.push([at, at]);
  pairs.push(...middle(one, other, start, one.length - end, other.length - end));
  for (let at = end; at > 0; at--) pairs.push([one.length - at, other.length - at]);
  return pairs;
}

/** The longest common subsequence of the parts that differ, by the usual table. */
function middle(one: string[], other: string[], start: number, oneEnd: number, otherEnd: number): [number, number][] {
  const rows = oneEnd - start;
  const columns = otherEnd - start;
  if (rows <= 0 || columns <= 0 || rows * columns > MOST_CELLS) return [];
  const width = columns + 1;
  const table = new Uint32Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      table[row * width + column] =
        one[start + row] === other[start + column]
          ? table[(row + 1) * width + column + 1]! + 1
          : Math.max(table[(row + 1) * width + column]!, table[row * width + column + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  let row = 0;
  let column = 0;
  while (row < rows && column < columns) {
    if (one[start + row] === other[start + column]) pairs.push([start + row++, start + column++]);
    else if (table[(row + 1) * width + column]! >= table[row * width + column + 1]!) row++;
    else column++;
  }
  return pairs;
}

/** Return the steps that lead from `before` to `after`. */
export function steps(before: string[], after: string[]): Step[] {
  const found: Step[] = [];
  const add = (kind: Step["kind"], items: string[]) => {
    if (!items.length) return;
    const last = found.at(-1);
    if (last?.kind === kind) last.items.push(...items);
    else found.push({ kind, items: [...items] });
  };
  let left = 0;
  let right = 0;
  for (const [one, other] of [...matches(before, after), [before.length, after.length] as [number, number]]) {
    add("out", before.slice(left, one));
    add("in", after.slice(right, other));
    if (one < before.length) add("same", [before[one]!]);
    left = one + 1;
    right = other + 1;
  }
  return found;
}

/**
 * Merge what two made of one list. Where both changed the same place, `mine` is kept: this is for
 * what was typed while an answer was under way, which the person has before her eyes.
 */
export function merged(base: string[], mine: string[], theirs: string[]): string[] {
  const toMine = new Map(matches(base, mine));
  const toTheirs = new Map(matches(base, theirs));
  const out: string[] = [];
  let at = 0;
  let inMine = 0;
  let inTheirs = 0;
  const take = (baseEnd: number, mineEnd: number, theirsEnd: number) => {
    const was = base.slice(at, baseEnd);
    const my = mine.slice(inMine, mineEnd);
    const their = theirs.slice(inTheirs, theirsEnd);
    const untouched = my.length === was.length && my.every((item, index) => item === was[index]);
    out.push(...(untouched ? their : my));
  };
  for (let next = 0; next <= base.length; next++) {
    const isEnd = next === base.length;
    const my = isEnd ? mine.length : toMine.get(next);
    const their = isEnd ? theirs.length : toTheirs.get(next);
    if (my === undefined || their === undefined) continue;
    take(next, my, their);
    if (isEnd) break;
    out.push(base[next]!);
    at = next + 1;
    inMine = my + 1;
    inTheirs = their + 1;
  }
  return out;
}
