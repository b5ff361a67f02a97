// What a session begins with, and what it shows of itself.
import type { Conflict, Post } from "./answers.ts";
import type { Api } from "./api.ts";
import type { Fields, Patch } from "./fields.ts";
import type { Journal } from "./journal.ts";

/** What a session begins with. */
export interface Beginning {
  api: Api;
  journal: Journal;
  id: number | null;
  /** Names what is to be created, so that it is created once. */
  creation: string;
  isPage: boolean;
  fresh: Patch;
}

/** How it stands with what was typed. */
export type Sync = "opening" | "clean" | "typing" | "saving" | "waiting" | "signed-out" | "conflict" | "refused" | "gone";

export interface Dispute {
  theirs: Fields;
  by: string | null;
  version: number;
  merged: Fields;
  conflicts: Conflict[];
}

export interface Notice {
  kind: "rescued" | "merged";
  by: string | null;
  at: number;
  before: Fields;
  after: Fields;
}

export interface View {
  fields: Fields;
  saved: Fields;
  post: Post;
  sync: Sync;
  /** Why it waits, or was refused. */
  sentence: string;
  errors: Record<string, string>;
  savedAt: string | null;
  dispute: Dispute | null;
  notice: Notice | null;
  /** Whether this browser keeps what is typed. */
  isKept: boolean;
}

/** Sentences about fields that have no place of their own on the page. */
export function aboutText(errors: Record<string, string>): string[] {
  return errors.lexical ? [errors.lexical] : [];
}

/** What was typed could not be saved, so nothing was done with it. */
export class Unsaved extends Error {
  constructor(view: View) {
    super(view.sentence || "What you wrote could not be saved yet, so nothing was done with it.");
  }
}
