// A Lexical document as JSON: its blocks, and what they say in words.

export interface Block {
  type: string;
  children?: Block[];
  [key: string]: unknown;
}

interface Whole {
  root: Block & { children: Block[] };
}

const ROOT = { direction: null, format: "", indent: 0, type: "root", version: 1 };

/** Return the top blocks of a document; none where there is no text. */
export function blocksOf(lexical: string | null): Block[] {
  if (!lexical) return [];
  try {
    return (JSON.parse(lexical) as Whole).root.children;
  } catch {
    return [];
  }
}

/** Return a document of these blocks, with all else as `like` has it. */
export function withBlocks(like: string | null, blocks: Block[]): string {
  let whole: Record<string, unknown> = {};
  try {
    whole = like ? (JSON.parse(like) as Record<string, unknown>) : {};
  } catch {
    // What cannot be read has nothing to keep.
  }
  const root = (whole.root as Record<string, unknown> | undefined) ?? ROOT;
  return JSON.stringify({ ...whole, root: { ...root, children: blocks } });
}

/** What a card is called where a person reads of it. */
export const CARD_NAMES: Record<string, string> = {
  audio: "Audio",
  bookmark: "Bookmark",
  button: "Button",
  "call-to-action": "Call to action",
  callout: "Callout",
  codeblock: "Code",
  email: "E-mail content",
  "email-cta": "E-mail call to action",
  embed: "Embed",
  file: "File",
  gallery: "Gallery",
  header: "Header",
  horizontalrule: "Divider",
  html: "HTML",
  image: "Picture",
  markdown: "Markdown",
  paywall: "Public preview ends here",
  product: "Product",
  signup: "Sign-up",
  toggle: "Toggle",
  transistor: "Transistor",
  video: "Video",
};

const TEXTS = [
  "calloutText",
  "heading",
  "content",
  "header",
  "subheader",
  "textValue",
  "html",
  "markdown",
  "code",
  "title",
  "productTitle",
  "productDescription",
  "buttonText",
  "fileTitle",
  "alt",
  "caption",
  "url",
];

function plain(html: string): string {
  if (!html.includes("<") && !html.includes("&")) return html;
  return new DOMParser().parseFromString(html.replaceAll(/<(br|\/p|\/li|\/h\d)\b/g, " <$1"), "text/html").documentElement.textContent ?? "";
}

/** Return what a block says, in one line of plain text. */
export function wordsOf(block: Block): string {
  if (typeof block.text === "string") return block.text;
  if (block.type === "linebreak") return " ";
  if (block.children) return block.children.map(wordsOf).join(isList(block) ? " · " : "");
  const name = CARD_NAMES[block.type] ?? block.type;
  const said = TEXTS.map((key) => block[key])
    .filter((value): value is string => typeof value === "string" && value.trim() !== "")
    .map((value) => plain(value).trim());
  return said.length ? `${name}: ${said.join(" · ")}` : name;
}

function isList(block: Block): boolean {
  return block.type === "list";
}

/** Return the words of a document, a line a block. */
export function linesOf(lexical: string | null): string[] {
  return blocksOf(lexical).map(wordsOf);
}

export function isBlank(lexical: string | null): boolean {
  return blocksOf(lexical).every((block) => block.children !== undefined && wordsOf(block).trim() === "");
}

/** Whether two texts have the same blocks. */
export function isSameText(one: string | null, other: string | null): boolean {
  return one === other || JSON.stringify(blocksOf(one)) === JSON.stringify(blocksOf(other));
}
