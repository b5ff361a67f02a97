// The part of Lexical's editor that we touch. Koenig brings its own copy, which exports no types,
// so what is used of it is named here: all public API but `_nodes` and `_commands`, the registries
// in which an editor keeps its node classes and commands.
import { blocksOf, type Block } from "../text/document.ts";
import { steps } from "../text/lists.ts";

interface LexicalNode {
  getKey(): string;
  remove(): void;
  insertBefore(node: LexicalNode): void;
  append(...nodes: LexicalNode[]): void;
  getChildren(): LexicalNode[];
  getLatest(): LexicalNode;
  selectStart?(): void;
}

interface EditorState {
  toJSON(): { root: Block & { children: Block[] } };
  _nodeMap: Map<string, LexicalNode>;
}

export interface LexicalEditor {
  update(work: () => void, options?: { tag?: string | string[]; discrete?: boolean }): void;
  getEditorState(): EditorState;
  setEditorState(state: EditorState, options?: { tag?: string }): void;
  parseEditorState(json: string): EditorState;
  getElementByKey(key: string): HTMLElement | null;
  getRootElement(): HTMLElement | null;
  focus(): void;
  dispatchCommand(command: object, payload: unknown): boolean;
  _nodes: Map<string, { klass: { importJSON(json: Block): LexicalNode } }>;
  _commands: Map<{ type?: string } | undefined, unknown>;
}

export interface SurfaceApi {
  editorInstance: LexicalEditor;
  serialize(): string;
  editorIsEmpty(): boolean;
  focusEditor(options?: { position?: "top" | "bottom" }): void;
  blurEditor(): void;
  insertParagraphAtTop(options?: { focus?: boolean }): void;
  insertParagraphAtBottom(options?: { focus?: boolean }): void;
  insertFiles(files: File[]): void;
  lastNodeIsDecorator(): boolean;
}

// `collaboration` keeps the focus where it is.
const FROM_ELSEWHERE = ["collaboration", "history-merge"];

function nodeOf(editor: LexicalEditor, block: Block): LexicalNode {
  const known = editor._nodes.get(block.type);
  if (!known) throw new Error(`There is no node of the type ${block.type}.`);
  const node = known.klass.importJSON(block);
  for (const child of block.children ?? []) node.append(nodeOf(editor, child));
  return node;
}

const PARAGRAPH: Block = { type: "paragraph", version: 1, children: [], direction: null, format: "", indent: 0 };

/**
 * Let an editor show another text: only the blocks that differ are replaced, so that the caret stays
 * where it is in all others.
 */
export function showText(editor: LexicalEditor, lexical: string | null): void {
  const now = editor.getEditorState().toJSON().root.children.map((block) => JSON.stringify(block));
  const blocks = blocksOf(lexical);
  const wanted = (blocks.length ? blocks : [PARAGRAPH]).map((block) => JSON.stringify(block));
  editor.update(
    () => {
      const root = editor.getEditorState()._nodeMap.get("root")!.getLatest();
      const children = root.getChildren();
      let at = 0;
      for (const step of steps(now, wanted)) {
        if (step.kind === "same") at += step.items.length;
        else if (step.kind === "out") for (const _ of step.items) children[at++]?.remove();
        else {
          for (const item of step.items) {
            const node = nodeOf(editor, JSON.parse(item) as Block);
            const before = children[at];
            if (before) before.insertBefore(node);
            else root.append(node);
          }
        }
      }
    },
    { tag: FROM_ELSEWHERE, discrete: true },
  );
}

/** Undo steps back through whole texts; what others wrote is not to go with it. */
export function forgetUndo(editor: LexicalEditor): void {
  for (const command of editor._commands.keys()) {
    if (command?.type === "CLEAR_HISTORY_COMMAND") editor.dispatchCommand(command, undefined);
  }
}

/** Bring a block into view and put the caret to it. */
export function goToBlock(editor: LexicalEditor, index: number): void {
  const root = editor.getEditorState()._nodeMap.get("root");
  let key: string | undefined;
  editor.update(() => {
    const block = root?.getLatest().getChildren()[index];
    key = block?.getKey();
    block?.selectStart?.();
  });
  const element = key === undefined ? null : editor.getElementByKey(key);
  element?.scrollIntoView({ block: "center", behavior: "instant" });
  if (element?.dataset.lexicalDecorator) element.querySelector<HTMLElement>("[data-kg-card]")?.click();
  else editor.focus();
}
