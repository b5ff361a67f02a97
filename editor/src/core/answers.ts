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
  path: string;
  preview_path: string;
  published_at: string | null;
}

export interface Saved {
  copy_version: number;
  saved_at: string;
}

/**
 * One thing that two people made something else of. `key` names a block of the text, in whose place
 * the merged text has a node of the type `conflict`; it is empty for a whole field.
 */
export interface Conflict {
  field: FieldName;
  key: string;
  base: unknown;
  mine: unknown;
  theirs: unknown;
}

export interface Stale {
  theirs: { fields: Patch; by: string | null; saved_at: string | null; copy_version: number };
  merged: { fields: Patch } | null;
  /** All that could be merged, where something is left to decide. */
  unmerged: { fields: Patch } | null;
  conflicts: Conflict[];
}

export type Done = Pick<Copy, "status" | "copy_version" | "path" | "published_at">;

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
  /** Where it is read, and where it can be previewed. */
  path: string;
  preview: string;
  publishedAt: string | null;
}

export const UNSAVED: Post = { id: null, status: "draft", version: 0, isDirty: false, path: "", preview: "", publishedAt: null };

export function postOf(id: number, copy: Copy): Post {
  return {
    id,
    status: copy.status,
    version: copy.post_version,
    isDirty: copy.is_dirty,
    path: copy.path,
    preview: copy.preview_path,
    publishedAt: copy.published_at,
  };
}

export type { Fields };
