// What changed between two states of a post, to be read by a person: words struck out and put in.
import { useMemo } from "react";
import { changes, LABELS, type FieldName, type Fields, type TagRef } from "../core/fields.ts";
import { linesOf } from "../text/document.ts";
import { steps, type Step } from "../text/lists.ts";

const WORDS = /\s+|[^\s\p{L}\p{N}]|[\p{L}\p{N}]+/gu;
const AROUND = 12;

function wordSteps(before: string, after: string): Step[] {
  return steps(before.match(WORDS) ?? [], after.match(WORDS) ?? []);
}

/** Words that stayed, shortened to what stands around the changes. */
function shortened(items: string[], isFirst: boolean, isLast: boolean): string {
  if (items.length <= 2 * AROUND) return items.join("");
  const head = isFirst ? "" : items.slice(0, AROUND).join("");
  const tail = isLast ? "" : items.slice(-AROUND).join("");
  return `${head} … ${tail}`;
}

export function Words({ before, after }: { before: string; after: string }) {
  const found = useMemo(() => wordSteps(before, after), [before, after]);
  return (
    <>
      {found.map((step, at) =>
        step.kind === "same" ? (
          <span key={at}>{shortened(step.items, at === 0, at === found.length - 1)}</span>
        ) : step.kind === "out" ? (
          <del key={at}>{step.items.join("")}</del>
        ) : (
          <ins key={at}>{step.items.join("")}</ins>
        ),
      )}
    </>
  );
}

/** Return pairs of lines that became one another; a line alone was put in or taken out. */
function changedLines(before: string[], after: string[]): [string, string][] {
  const pairs: [string, string][] = [];
  const found = steps(before, after);
  for (let at = 0; at < found.length; at++) {
    const [step, next] = [found[at]!, found[at + 1]];
    if (step.kind === "same") continue;
    const out = step.kind === "out" ? step.items : [];
    const put = step.kind === "in" ? step.items : next?.kind === "in" ? next.items : [];
    if (step.kind === "out" && next?.kind === "in") at++;
    for (let line = 0; line < Math.max(out.length, put.length); line++) pairs.push([out[line] ?? "", put[line] ?? ""]);
  }
  return pairs;
}

/** Say the value of a field in words. */
export function said(name: FieldName, value: unknown): string {
  if (value === null || value === undefined || value === "") return "";
  if (name === "tags") return (value as TagRef[]).map((tag) => tag.name).join(", ");
  if (name === "lexical") return linesOf(value as string).join("\n");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

export function Difference({ before, after }: { before: Fields; after: Fields }) {
  const names = Object.keys(changes(before, after)) as FieldName[];
  if (!names.length) return <p className="ed-soft">Nothing differs.</p>;
  return (
    <dl className="ed-difference">
      {names.map((name) => (
        <div key={name}>
          <dt>{LABELS[name]}</dt>
          {name === "lexical" ? (
            changedLines(linesOf(before.lexical), linesOf(after.lexical)).map(([one, other], at) => (
              <dd key={at}>
                <Words before={one} after={other} />
              </dd>
            ))
          ) : (
            <dd>
              <Words before={said(name, before[name])} after={said(name, after[name])} />
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}
