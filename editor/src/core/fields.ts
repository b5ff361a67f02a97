// A post as the editor holds it: all that may be changed, under the names that the server uses
// (`PostEdit` in services/content_store/protocol.py).

export interface TagRef {
  id: number | null;
  name: string;
}

export type Visibility = "public" | "members" | "paid" | "tiers";
export type Status = "draft" | "scheduled" | "published" | "sent";

export interface Fields {
  title: string;
  lexical: string | null;
  slug: string;
  is_page: boolean;
  published_at: string | null;
  visibility: Visibility;
  tier_ids: number[];
  tags: TagRef[];
  author_ids: number[];
  featured: boolean;
  feature_image: string | null;
  feature_image_alt: string | null;
  feature_image_caption: string | null;
  show_title_and_feature_image: boolean;
  custom_excerpt: string | null;
  meta_title: string | null;
  meta_description: string | null;
  og_image: string | null;
  og_title: string | null;
  og_description: string | null;
  twitter_image: string | null;
  twitter_title: string | null;
  twitter_description: string | null;
  canonical_url: string | null;
  codeinjection_head: string | null;
  codeinjection_foot: string | null;
  custom_template: string | null;
  email_subject: string | null;
  email_only: boolean;
}

export type FieldName = keyof Fields;
export type Patch = Partial<Fields>;

export const EMPTY: Fields = {
  title: "",
  lexical: null,
  slug: "",
  is_page: false,
  published_at: null,
  visibility: "public",
  tier_ids: [],
  tags: [],
  author_ids: [],
  featured: false,
  feature_image: null,
  feature_image_alt: null,
  feature_image_caption: null,
  show_title_and_feature_image: true,
  custom_excerpt: null,
  meta_title: null,
  meta_description: null,
  og_image: null,
  og_title: null,
  og_description: null,
  twitter_image: null,
  twitter_title: null,
  twitter_description: null,
  canonical_url: null,
  codeinjection_head: null,
  codeinjection_foot: null,
  custom_template: null,
  email_subject: null,
  email_only: false,
};

/** What each field is called where a person reads of it. */
export const LABELS: Record<FieldName, string> = {
  title: "Title",
  lexical: "Text",
  slug: "Address",
  is_page: "Kind",
  published_at: "Publish date",
  visibility: "Who may read it",
  tier_ids: "Tiers",
  tags: "Tags",
  author_ids: "Authors",
  featured: "Featured",
  feature_image: "Feature image",
  feature_image_alt: "Alternative text of the feature image",
  feature_image_caption: "Caption of the feature image",
  show_title_and_feature_image: "Title and feature image shown",
  custom_excerpt: "Excerpt",
  meta_title: "Title in search results",
  meta_description: "Description in search results",
  og_image: "Picture when shared",
  og_title: "Title when shared",
  og_description: "Description when shared",
  twitter_image: "Picture on X",
  twitter_title: "Title on X",
  twitter_description: "Description on X",
  canonical_url: "Canonical address",
  codeinjection_head: "Code in the head",
  codeinjection_foot: "Code at the foot",
  custom_template: "Template",
  email_subject: "Subject of the e-mail",
  email_only: "Sent by e-mail only",
};

const NAMES = Object.keys(EMPTY) as FieldName[];

/** Whether two values of one field say the same. A tag made by its name gets an id when it is saved. */
export function isSame(name: FieldName, one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (name === "tags") {
    const names = (tags: unknown) => (tags as TagRef[]).map((tag) => tag.name).join("\n");
    return names(one) === names(other);
  }
  if (name === "published_at" && one && other) {
    return Date.parse(one as string) === Date.parse(other as string);
  }
  if (Array.isArray(one)) return JSON.stringify(one) === JSON.stringify(other);
  return false;
}

/** Return what `now` has otherwise than `before`. */
export function changes(before: Fields, now: Fields): Patch {
  const found: Record<string, unknown> = {};
  for (const name of NAMES) {
    if (!isSame(name, before[name], now[name])) found[name] = now[name];
  }
  return found as Patch;
}

export function isEmpty(patch: Patch): boolean {
  return Object.keys(patch).length === 0;
}

/** Take what a server sent, and what it left out from an empty post. */
export function whole(given: Patch): Fields {
  return { ...EMPTY, ...given };
}
