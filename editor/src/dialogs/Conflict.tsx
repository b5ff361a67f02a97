// Two changed the same: both sides in view, and the person decides. Everything else is merged already.
import { useMemo, useState } from "react";
import type { Conflict } from "../core/answers.ts";
import { LABELS, type Fields } from "../core/fields.ts";
import type { Session } from "../core/session.ts";
import type { Dispute, View } from "../core/view.ts";
import { Dialog } from "../parts/Dialog.tsx";
import { said, Words } from "../parts/Difference.tsx";
import { blocksOf, withBlocks, wordsOf, type Block } from "../text/document.ts";

type Choice = "mine" | "theirs" | "both";

const CONFLICT = "conflict";

function isBlock(conflict: Conflict): boolean {
  return conflict.field === "lexical" && conflict.key !== "";
}

function wordsOfSide(conflict: Conflict, side: "base" | "mine" | "theirs"): string {
  const value = conflict[side];
  if (isBlock(conflict)) return value ? wordsOf(value as Block) : "";
  return said(conflict.field, value);
}

/** Put the chosen blocks where the merge left a place for them, and the chosen values into fields. */
export function decided(dispute: Dispute, choices: Choice[]): Fields {
  const fields: Record<string, unknown> = { ...dispute.merged };
  const blocks = new Map<string, Block[]>();
  dispute.conflicts.forEach((conflict, at) => {
    const choice = choices[at]!;
    if (isBlock(conflict)) {
      const sides = choice === "both" ? [conflict.theirs, conflict.mine] : [conflict[choice]];
      blocks.set(conflict.key, sides.filter((it): it is Block => it !== null && it !== undefined));
    } else fields[conflict.field] = conflict[choice === "theirs" ? "theirs" : "mine"];
  });
  if (blocks.size) {
    const text = fields.lexical as string;
    const children = blocksOf(text).flatMap((block) => (block.type === CONFLICT ? (blocks.get(String(block.key)) ?? []) : [block]));
    fields.lexical = withBlocks(text, children);
  }
  return fields as unknown as Fields;
}

export function ConflictDialog({ session, view, dispute }: { session: Session; view: View; dispute: Dispute }) {
  const [choices, setChoices] = useState<Choice[]>(() => dispute.conflicts.map(() => "mine"));
  const them = dispute.by || "Somebody else";
  const place = useMemo(() => dispute.conflicts.map((it) => (isBlock(it) ? "A part of the text" : LABELS[it.field])), [dispute]);
  const all = (choice: Choice) => setChoices(dispute.conflicts.map(() => choice));

  return (
    <Dialog title={`${them} changed the same as you`} onClose={() => {}} isWide mustDecide>
      <p>
        Nothing is lost: both are here. Choose what to keep{dispute.conflicts.length > 1 ? " of each" : ""}; all else is brought together already.
      </p>
      {dispute.conflicts.length > 1 && (
        <p className="ed-row">
          <button type="button" onClick={() => all("mine")}>
            Mine everywhere
          </button>
          <button type="button" onClick={() => all("theirs")}>
            Theirs everywhere
          </button>
        </p>
      )}
      <ol className="ed-conflicts">
        {dispute.conflicts.map((conflict, at) => (
          <li key={at}>
            <fieldset>
              <legend>{place[at]}</legend>
              {(["mine", "theirs"] as const).map((side) => (
                <label key={side} className="ed-side">
                  <input
                    type="radio"
                    name={`conflict-${at}`}
                    checked={choices[at] === side}
                    onChange={() => setChoices(choices.map((it, index) => (index === at ? side : it)))}
                  />
                  <span>
                    <strong>{side === "mine" ? "Yours" : `${them}’s`}</strong>
                    <span className="ed-said">
                      {conflict[side] === null || conflict[side] === undefined || conflict[side] === "" ? (
                        <em>taken out</em>
                      ) : (
                        <Words before={wordsOfSide(conflict, "base")} after={wordsOfSide(conflict, side)} />
                      )}
                    </span>
                  </span>
                </label>
              ))}
              {isBlock(conflict) && conflict.mine != null && conflict.theirs != null && (
                <label className="ed-side">
                  <input
                    type="radio"
                    name={`conflict-${at}`}
                    checked={choices[at] === "both"}
                    onChange={() => setChoices(choices.map((it, index) => (index === at ? "both" : it)))}
                  />
                  <span>
                    <strong>Both, one after the other</strong>
                  </span>
                </label>
              )}
            </fieldset>
          </li>
        ))}
      </ol>
      <p className="ed-row ed-end">
        <button type="button" className="ed-main-button" disabled={view.sync !== "conflict"} onClick={() => session.settle(decided(dispute, choices))}>
          Go on with this
        </button>
      </p>
    </Dialog>
  );
}
