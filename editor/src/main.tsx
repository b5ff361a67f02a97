// Where the page begins: its data, its session, and what happens as it is left.
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { Api, SignedOut } from "./core/api.ts";
import { Journal } from "./core/journal.ts";
import { Session } from "./core/session.ts";
import { Orphans } from "./parts/Orphans.tsx";
import { pageData } from "./page.ts";
import "./style/page.css";
import "./style/panel.css";
import "./style/surface.css";

/** The name of what this tab is about to create; a tab that is loaded again goes on with it. */
function creation(): string {
  const kept = sessionStorage.getItem("editor creation");
  const found = kept ?? crypto.randomUUID();
  sessionStorage.setItem("editor creation", found);
  return found;
}

async function start(): Promise<void> {
  const page = pageData();
  const box = document.getElementById("editor")!;
  const api = new Api(page.identity);
  const journal = new Journal();
  const session = new Session({ api, journal, id: page.id, creation: page.id === null ? creation() : "", isPage: page.isPage, fresh: page.fresh });

  const forget = session.subscribe(() => {
    if (session.view().post.id === null) return;
    // It is created: the next new one is another.
    sessionStorage.removeItem("editor creation");
    forget();
  });

  addEventListener("beforeunload", (event) => {
    session.leave();
    if (session.isAtRisk) event.preventDefault();
  });
  addEventListener("pagehide", () => session.leave());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") session.leave();
    else if (session.view().sync === "signed-out") void session.again();
  });
  addEventListener("focus", () => {
    if (session.view().sync === "signed-out") void session.again();
  });
  addEventListener("online", () => void session.again());

  const opening = document.getElementById("editor-opening");
  const tell = session.subscribe(() => {
    if (opening && session.view().sentence) opening.textContent = `${session.view().sentence} Trying again …`;
  });
  try {
    await session.open();
  } catch (error) {
    if (opening) opening.textContent = error instanceof SignedOut ? "You are signed out. Sign in in another tab, then load this page again." : (error as Error).message;
    return;
  }
  tell();
  createRoot(box).render(
    <>
      <App session={session} page={page} />
      {page.id === null && <Orphans journal={journal} api={api} own={session.key} />}
    </>,
  );
}

void start();
