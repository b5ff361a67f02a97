// New texts that never reached the server, from tabs that are gone: offered where a new one is begun.
import { useEffect, useState } from "react";
import type { Api } from "../core/api.ts";
import type { Entry, Journal } from "../core/journal.ts";
import { openElsewhere } from "../core/tabs.ts";
import { linesOf } from "../text/document.ts";

const PREFIX = "new:";

export function Orphans({ journal, api, own }: { journal: Journal; api: Api; own: string }) {
  const [found, setFound] = useState<Entry[]>([]);

  useEffect(() => {
    async function look(): Promise<void> {
      const [entries, open] = await Promise.all([journal.of(api.person), openElsewhere()]);
      setFound(entries.filter((it) => it.key.startsWith(PREFIX) && it.key !== own && !open.has(it.key)));
    }
    void look().catch(() => {});
  }, [journal, api, own]);

  function open(entry: Entry): void {
    // The tab goes on as the one that wrote it.
    sessionStorage.setItem("editor creation", entry.key.slice(PREFIX.length));
    location.reload();
  }

  async function drop(entry: Entry): Promise<void> {
    await journal.drop(entry.key);
    setFound(found.filter((it) => it.key !== entry.key));
  }

  if (!found.length) return null;
  return (
    <aside className="ed-orphans" aria-label="Texts that were not sent">
      <h2>Not sent yet</h2>
      <p>This browser kept what was being written when a tab closed.</p>
      <ul>
        {found.map((entry) => (
          <li key={entry.key}>
            <span>{entry.title || linesOf(entry.fields.lexical ?? null).join(" ").slice(0, 60) || "Untitled"}</span>{" "}
            <button type="button" className="ed-link" onClick={() => open(entry)}>
              Go on with it
            </button>{" "}
            <button type="button" className="ed-link" onClick={() => void drop(entry)}>
              Throw it away
            </button>
          </li>
        ))}
      </ul>
    </aside>
  );
}
