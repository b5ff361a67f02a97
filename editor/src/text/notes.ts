// What stands in the way of readers who do not see the page as the writer does: pictures without a
// text, headings out of order, links that do not say where they lead (WCAG 2.2: 1.1.1, 1.3.1, 2.4.4).
import type { Fields } from "../core/fields.ts";
import { blocksOf, wordsOf, type Block } from "./document.ts";

export interface Note {
  code: string;
  sentence: string;
  /** The block that it is about; null for what stands above the text. */
  block: number | null;
}

const EMPTY_LINKS = new Set([
  "click here",
  "click",
  "here",
  "link",
  "this link",
  "this",
  "more",
  "read more",
  "read on",
  "learn more",
  "see more",
  "details",
  "continue",
  "go",
  "page",
]);

const LONGEST_ALT = 191;

export function notesOf(fields: Fields): Note[] {
  const notes: Note[] = [];
  if (fields.feature_image && !fields.feature_image_alt?.trim()) {
    notes.push({ code: "alt", sentence: "The feature image has no alternative text.", block: null });
  }
  let level = 1;
  blocksOf(fields.lexical).forEach((block, at) => {
    const add = (code: string, sentence: string) => notes.push({ code, sentence, block: at });
    level = heading(block, level, add);
    card(block, add);
    links(block, add);
  });
  return notes;
}

type Add = (code: string, sentence: string) => void;

function heading(block: Block, before: number, add: Add): number {
  if (block.type !== "extended-heading" && block.type !== "heading") return before;
  const level = Number(String(block.tag).slice(1));
  const words = wordsOf(block).trim();
  if (!words) {
    add("empty-heading", "This heading is empty.");
    return before;
  }
  if (level === 1) add("heading-order", `“${words}” is a first heading, and the title is one already; make it a second.`);
  else if (level > before + 1) {
    add("heading-order", `“${words}” is a heading of level ${level} right below one of level ${before}; make it level ${before + 1}.`);
  }
  return level;
}

function card(block: Block, add: Add): void {
  const alt = String(block.alt ?? "").trim();
  if (block.type === "image" && block.src && !alt) add("alt", "This picture has no alternative text.");
  if (block.type === "image" && alt.length > LONGEST_ALT) add("alt", "The alternative text of this picture is very long; tell the rest in the caption.");
  if (block.type === "gallery") {
    const images = (block.images as { alt?: string }[] | undefined) ?? [];
    const without = images.filter((image) => !image.alt?.trim()).length;
    if (without) add("alt", `${without} of the ${images.length} pictures of this gallery ${without === 1 ? "has" : "have"} no alternative text.`);
  }
  if (block.type === "button" && !String(block.buttonText ?? "").trim()) add("button", "This button says nothing.");
  if (block.type === "button" && !block.buttonUrl) add("button", "This button leads nowhere.");
  if (block.type === "video" && block.src && !String(block.caption ?? "").trim()) {
    add("caption", "This film has no caption; say in a sentence what is seen and heard.");
  }
  if (block.type === "toggle" && !plainWords(block.heading)) add("empty-heading", "This toggle has no heading, so nobody knows what it opens.");
}

function plainWords(html: unknown): string {
  return String(html ?? "")
    .replaceAll(/<[^>]*>/g, "")
    .trim();
}

function links(block: Block, add: Add): void {
  for (const child of block.children ?? []) {
    if (child.type === "link") {
      const words = wordsOf(child).trim();
      const plain = words.toLowerCase().replaceAll(/[^\p{L}\p{N} ]/gu, "").trim();
      if (!words) add("link-text", "There is a link without a text.");
      else if (EMPTY_LINKS.has(plain)) add("link-text", `The link “${words}” does not say where it leads.`);
      else if (/^(https?:\/\/|www\.)\S{30,}$/.test(words)) add("link-text", `The link “${words.slice(0, 40)}…” is an address; give it words.`);
    } else links(child, add);
  }
}
