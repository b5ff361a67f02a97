// What the server says of the page as it makes it: in one script element, as JSON.
import type { Identity } from "./core/api.ts";
import type { Patch } from "./core/fields.ts";

export interface Choice {
  id: number;
  name: string;
}

export interface Site {
  title: string;
  description: string;
  url: string;
  zone: string;
  icon: string | null;
  accent: string | null;
  /** Whether publishing can send a newsletter. */
  sends: boolean;
}

export interface PageData {
  id: number | null;
  isPage: boolean;
  identity: Identity;
  site: Site;
  may: { publish: boolean; remove: boolean; choose_authors: boolean; inject: boolean; feature: boolean };
  authors: Choice[];
  tiers: Choice[];
  newsletters: (Choice & { slug: string })[];
  templates: { name: string; label: string }[];
  fresh: Patch;
}

export function pageData(): PageData {
  const element = document.getElementById("editor-data");
  if (!element?.textContent) throw new Error("The page came without its data.");
  return JSON.parse(element.textContent) as PageData;
}
