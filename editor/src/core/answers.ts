// What the server answers about a post (bp/post, bp/editor): the shapes, in one place.
import type { FieldName, Fields, Patch, Status } from "./fields.ts";

export interface Copy {
  copy_version: number;
  post_version: number;
  status: Status;
  is_dirty: boolean;
  fields: Patch;
  saved_at: string | null;
  saved_by: string | null;
}

export interface Saved {
  copy_version: number;
  saved_at: string;
}

/** One thing that two people made something else of. `key` names the block, for the text. */
export interface Conflict {
  field: FieldName;
  key: string | null;
  base: unknown;
  mine: unknown;
  theirs: unknown;
}

export interface Stale {
  theirs: { fields: Patch; by: string | null; saved_at: string | null; copy_version: number };
  base: { fields: Patch };
  merged: { fields: Patch } | null;
  conflicts: Conflict[];
}

export interface Done {
  status: Status;
  version: number;
  copy_version: number;
  path: string;
  published_at: string | null;
}

export interface Check {
  level: "error" | "warning";
  code: string;
  sentence: string;
  where: string | number | null;
}

export interface Editing {
  client: string;
  name: string;
  since: string;
}

export interface Presence {
  lock: (Editing & { is_me: boolean }) | null;
  others: Editing[];
}

/** A post's state without its fields. */
export interface Post {
  id: number | null;
  status: Status;
  version: number;
  isDirty: boolean;
  path: string;
}

export type { Fields };
