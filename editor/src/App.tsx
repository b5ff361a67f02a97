// The page: what stands around the text, and which dialog is open.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Session } from "./core/session.ts";
import { Refused } from "./core/api.ts";
import { ConflictDialog } from "./dialogs/Conflict.tsx";
import { PublishDialog } from "./dialogs/Publish.tsx";
import { ShortcutsDialog } from "./dialogs/Shortcuts.tsx";
import { PreviewDialog } from "./dialogs/Preview.tsx";
import type { PageData } from "./page.ts";
import { Panel } from "./panel/Panel.tsx";
import { FeatureImage } from "./parts/FeatureImage.tsx";
import { useMedia, useRemembered, useView } from "./parts/hooks.ts";
import { Notices } from "./parts/Notices.tsx";
import { NotesPanel, useNotes } from "./parts/Notes.tsx";
import { usePresence, Others } from "./parts/Presence.tsx";
import { Title } from "./parts/Title.tsx";
import { TopBar } from "./parts/TopBar.tsx";
import { useCards } from "./surface/cards.ts";
import { goToBlock, type SurfaceApi } from "./surface/lexical.ts";
import { Surface } from "./surface/Surface.tsx";

type Open = "publish" | "preview" | "shortcuts" | null;

export function App({ session, page }: { session: Session; page: PageData }) {
  const view = useView(session);
  const { fields, post } = view;
  const isDark = useMedia("(prefers-color-scheme: dark)");
  const isWide = useMedia("(min-width: 64rem)");
  const [remembered, remember] = useRemembered("panel", "open");
  const [isSheetOpen, setSheetOpen] = useState(false);
  const isPanelOpen = isWide ? remembered === "open" : isSheetOpen;
  const [open, setOpen] = useState<Open>(null);
  const [toast, setToast] = useState("");
  const [words, setWords] = useState(0);
  const [tks, setTks] = useState(0);
  const [showsNotes, setShowsNotes] = useState(false);
  const title = useRef<HTMLTextAreaElement | null>(null);
  const api = useRef<SurfaceApi | null>(null);
  const panelButton = useRef<HTMLButtonElement | null>(null);
  const kind = fields.is_page ? "page" : "post";

  const cards = useCards(session.api, page.site, setToast, {
    isPage: fields.is_page,
    visibility: fields.visibility,
    showTitle: fields.show_title_and_feature_image,
  });
  const presence = usePresence(session, post.id);
  const notes = useNotes(fields);

  const keepApi = useCallback((given: SurfaceApi | null) => (api.current = given), []);
  const toTitle = useCallback(() => title.current?.focus(), []);

  const setPanel = useCallback(
    (isOpen: boolean) => {
      if (isWide) remember(isOpen ? "open" : "closed");
      else setSheetOpen(isOpen);
      if (!isOpen) panelButton.current?.focus();
    },
    [isWide],
  );

  const update = useCallback(async () => {
    try {
      const done = await session.act("update");
      setToast(done.status === "published" ? "Updated. Readers see it now." : "Updated.");
    } catch (error) {
      if (error instanceof Refused && Object.keys(error.errors).length) {
        session.showErrors(error.errors);
        setPanel(true);
      }
      setToast((error as Error).message);
    }
  }, [session, setPanel]);

  const actions = useMemo(
    () => ({
      save: () => void session.flush().then((isDone) => setToast(isDone ? "Saved." : "Kept in this browser.")),
      publish: () => setOpen("publish"),
      update: () => void update(),
      preview: () => setOpen("preview"),
      shortcuts: () => setOpen("shortcuts"),
    }),
    [session, update],
  );

  useEffect(() => {
    function press(event: KeyboardEvent): void {
      if (!(event.ctrlKey || event.metaKey)) return;
      const key = event.key.toLowerCase();
      if (key === "s" && !event.shiftKey) actions.save();
      else if (key === "p" && event.shiftKey) post.status === "published" ? actions.update() : actions.publish();
      else if (key === "e" && event.shiftKey) actions.preview();
      else if (event.code === "Period" && event.shiftKey) setPanel(!isPanelOpen);
      else if (event.code === "Slash") actions.shortcuts();
      else return;
      event.preventDefault();
    }
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [actions, isPanelOpen, post.status, setPanel]);

  useEffect(() => {
    document.title = `${fields.title || `New ${kind}`} · ${page.site.title}`;
  }, [fields.title, kind, page.site.title]);

  useEffect(() => {
    if (!toast) return;
    const timer = setTimeout(() => setToast(""), 6000);
    return () => clearTimeout(timer);
  }, [toast]);

  return (
    <div className="ed-page" data-panel={isPanelOpen || undefined}>
      <a className="ed-skip" href="#text" onClick={(event) => { event.preventDefault(); api.current?.focusEditor({ position: "top" }); }}>
        To the text
      </a>
      <TopBar
        session={session}
        view={view}
        page={page}
        actions={actions}
        isPanelOpen={isPanelOpen}
        onPanel={() => setPanel(!isPanelOpen)}
        panelButton={panelButton}
        people={<Others presence={presence} />}
      />
      <main className="ed-main" id="text">
        <h1 className="ed-unseen">{fields.title || `New ${kind}`}</h1>
        <Notices session={session} view={view} />
        <article className="ed-article">
          <FeatureImage session={session} fields={fields} isDark={isDark} />
          <Title
            value={fields.title}
            placeholder={fields.is_page ? "Page title" : "Post title"}
            error={view.errors.title}
            focusRef={title}
            onChange={(value) => session.change({ title: value })}
            onLeave={(withParagraph) => {
              if (withParagraph && !api.current?.editorIsEmpty()) api.current?.insertParagraphAtTop({ focus: true });
              api.current?.focusEditor({ position: "top" });
            }}
          />
          <Surface
            session={session}
            cards={cards}
            isDark={isDark}
            placeholder={`Begin writing your ${kind} …`}
            onApi={keepApi}
            onWords={setWords}
            onTks={setTks}
            onExitAtTop={toTitle}
          />
        </article>
      </main>
      <footer className="ed-foot">
        <span>{words === 1 ? "1 word" : `${words.toLocaleString("en")} words`}</span>
        {tks > 0 && <span className="ed-careful">{tks === 1 ? "1 TK left" : `${tks} TKs left`}</span>}
        <button type="button" className="ed-link" aria-expanded={showsNotes} onClick={() => setShowsNotes(!showsNotes)}>
          {notes.length ? `${notes.length} ${notes.length === 1 ? "note" : "notes"}` : "Notes: none"}
        </button>
        <button type="button" className="ed-link" onClick={actions.shortcuts}>
          Keyboard
        </button>
      </footer>
      {showsNotes && (
        <NotesPanel
          notes={notes}
          onClose={() => setShowsNotes(false)}
          onGo={(block) => {
            if (block === null) title.current?.focus();
            else if (api.current) goToBlock(api.current.editorInstance, block);
          }}
        />
      )}
      <Panel session={session} view={view} page={page} isOpen={isPanelOpen} isSheet={!isWide} onClose={() => setPanel(false)} say={setToast} />
      {view.dispute && <ConflictDialog session={session} view={view} dispute={view.dispute} />}
      {open === "publish" && (
        <PublishDialog session={session} view={view} page={page} notes={notes} onClose={() => setOpen(null)} onErrors={() => { setOpen(null); setPanel(true); }} />
      )}
      {open === "preview" && <PreviewDialog session={session} page={page} onClose={() => setOpen(null)} />}
      {open === "shortcuts" && <ShortcutsDialog onClose={() => setOpen(null)} />}
      <p className="ed-toast" role="status" data-shown={toast ? true : undefined}>
        {toast}
      </p>
    </div>
  );
}
