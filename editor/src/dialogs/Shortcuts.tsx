// Everything by keyboard, listed.
import { Dialog } from "../parts/Dialog.tsx";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const CTRL = isMac ? "⌘" : "Ctrl";
const ALT = isMac ? "⌥" : "Alt";
const SHIFT = isMac ? "⇧" : "Shift";

const GROUPS: [string, [string[], string][]][] = [
  [
    "The page",
    [
      [[CTRL, "S"], "Save now"],
      [[CTRL, SHIFT, "P"], "Publish, or update"],
      [[CTRL, SHIFT, "E"], "Preview"],
      [[CTRL, SHIFT, "."], "Settings"],
      [[CTRL, "/"], "This list"],
    ],
  ],
  [
    "The text",
    [
      [["/"], "Cards, on an empty line"],
      [["@"], "A link to something of this site"],
      [[CTRL, "Z"], "Undo"],
      [[CTRL, SHIFT, "Z"], "Redo"],
      [[CTRL, "B"], "Bold"],
      [[CTRL, "I"], "Italic"],
      [[CTRL, "U"], "Underline"],
      [[CTRL, "K"], "Link"],
      [[CTRL, ALT, "1 … 6"], "Heading"],
      [[CTRL, "Q"], "Quote"],
      [[CTRL, SHIFT, "K"], "Code"],
      [[CTRL, ALT, "H"], "Highlight"],
    ],
  ],
  [
    "As you type",
    [
      [["## "], "Heading"],
      [["- "], "List"],
      [["1. "], "Numbered list"],
      [["> "], "Quote"],
      [["---"], "Divider"],
      [["```"], "Code card"],
      [["**bold**"], "Bold"],
      [[":bread:"], "Emoji"],
      [["TK"], "To come: counted, and said before publishing"],
    ],
  ],
  [
    "A card",
    [
      [["Enter"], "Leave it, and write on below"],
      [[CTRL, "Enter"], "Change it"],
      [["Esc"], "Done with changing it"],
      [["Delete"], "Take it out"],
    ],
  ],
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose} isWide>
      <div className="ed-shortcuts">
        {GROUPS.map(([name, rows]) => (
          <section key={name}>
            <h3>{name}</h3>
            <dl>
              {rows.map(([keys, what]) => (
                <div key={what + keys.join()}>
                  <dt>
                    {keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
