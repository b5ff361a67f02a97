// What Koenig's cards ask of the site: embeds and bookmarks, links of our own, snippets.
import { useEffect, useMemo, useRef, useState } from "react";
import type { Api } from "../core/api.ts";
import type { Visibility } from "../core/fields.ts";
import type { Site } from "../page.ts";

interface SnippetRow {
  id: number;
  name: string;
  folder: string | null;
  mode: "synced" | "detached";
  value: string;
}

interface LinkGroup {
  label: string;
  items: { title: string; url: string; visibility: string; published_at: string | null; metaText?: string }[];
}

interface Look {
  snippets: { name: string; value: string; id: number }[];
  say: (sentence: string) => void;
  reloadSnippets: () => void;
}

const VISIBILITIES: Record<string, string> = { members: "Members", paid: "Paying members", tiers: "Some tiers" };

function links(api: Api, zone: string) {
  let latest: AbortController | null = null;
  const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: zone });
  return async (term?: string): Promise<LinkGroup[] | undefined> => {
    latest?.abort();
    const mine = (latest = new AbortController());
    try {
      const groups = await api.get<LinkGroup[]>(`/admin/links/search?q=${encodeURIComponent(term ?? "")}`, { signal: mine.signal });
      for (const group of groups) {
        if (!term) group.label = "Latest posts";
        for (const item of group.items) {
          const kept = VISIBILITIES[item.visibility];
          item.metaText = [item.published_at && day.format(new Date(item.published_at)), kept].filter(Boolean).join(" · ");
        }
      }
      return groups;
    } catch {
      // An earlier search that a later one took the place of says nothing at all.
      return mine.signal.aborted ? undefined : [];
    }
  };
}

function config(api: Api, site: Site, look: Look, post: { isPage: boolean; visibility: Visibility; showTitle: boolean }) {
  return {
    siteUrl: site.url,
    siteTitle: site.title,
    siteDescription: site.description,
    membersEnabled: true,
    stripeEnabled: site.sends,
    renderLabels: site.sends,
    visibilitySettings: site.sends ? "web and email" : "web only",
    unsplash: null,
    klipy: null,
    pinturaConfig: null,
    image: { allowedWidths: ["regular", "wide", "full"] },
    feature: {},
    post: {
      visibility: post.visibility,
      displayName: post.isPage ? "page" : "post",
      isPage: post.isPage,
      showTitleAndFeatureImage: post.showTitle,
    },
    searchLinks: links(api, site.zone),
    fetchAutocompleteLinks: async () => [
      { label: "Home page", value: `${site.url}/` },
      { label: "Sign up", value: `${site.url}/#/portal/signup` },
      { label: "Sign in", value: `${site.url}/#/portal/signin` },
    ],
    fetchLabels: async () => [],
    fetchEmbed: async (url: string, { type }: { type?: string } = {}) => {
      const asked = new URLSearchParams({ url });
      if (type) asked.set("type", type);
      try {
        return await api.get<object>(`/admin/embeds?${asked}`, { seconds: 30 });
      } catch (error) {
        look.say((error as Error).message);
        throw error;
      }
    },
    snippets: look.snippets,
    createSnippet: async ({ name, value }: { name: string; value: string }) => {
      try {
        await api.send("POST", "/admin/snippets/", { name, value });
        look.say(`“${name}” is among the snippets now.`);
        look.reloadSnippets();
      } catch (error) {
        look.say((error as Error).message);
      }
    },
  };
}

/** The configuration of the cards, made anew when the post's access or the snippets change. */
export function useCards(
  api: Api,
  site: Site,
  say: (sentence: string) => void,
  post: { isPage: boolean; visibility: Visibility; showTitle: boolean },
): object {
  const [snippets, setSnippets] = useState<Look["snippets"]>([]);
  const [round, setRound] = useState(0);
  const speak = useRef(say);
  speak.current = say;
  useEffect(() => {
    const stop = new AbortController();
    api
      .get<SnippetRow[]>("/admin/snippets/for-editor", { signal: stop.signal })
      .then((rows) => setSnippets(rows.map(({ id, name, folder, value, mode }) => ({ id, value, name: `${folder ? `${folder} / ` : ""}${name}${mode === "synced" ? " ⟳" : ""}` }))))
      // Without a library there are none to offer; writing goes on.
      .catch(() => {});
    return () => stop.abort();
  }, [api, round]);
  return useMemo(
    () => config(api, site, { snippets, say: (sentence) => speak.current(sentence), reloadSnippets: () => setRound((it) => it + 1) }, post),
    [api, site, snippets, post.isPage, post.visibility, post.showTitle],
  );
}
