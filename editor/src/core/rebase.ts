// Taking over what others changed, and keeping what was typed here in the meantime.
import { blocksOf, withBlocks, type Block } from "../text/document.ts";
import { merged } from "../text/lists.ts";
import { isSame, type FieldName, type Fields } from "./fields.ts";

/**
 * Move what is shown here from one state to another.
 *
 * @param local what is shown now: `from`, and what was changed here since.
 * @param from the state that both sides knew.
 * @param to what it has become elsewhere.
 */
export function rebased(local: Fields, from: Fields, to: Fields): Fields {
  const found: Record<string, unknown> = { ...local };
  for (const name of Object.keys(to) as FieldName[]) {
    if (isSame(name, local[name], from[name])) found[name] = to[name];
    else if (name === "lexical" && !isSame(name, from[name], to[name])) {
      found[name] = mergedText(from.lexical, local.lexical, to.lexical);
    }
  }
  return found as unknown as Fields;
}

function mergedText(base: string | null, mine: string | null, theirs: string | null): string {
  const [was, here, there] = [base, mine, theirs].map((it) => blocksOf(it).map((block) => JSON.stringify(block)));
  const blocks = merged(was!, here!, there!).map((block) => JSON.parse(block) as Block);
  return withBlocks(mine ?? theirs, blocks);
}
