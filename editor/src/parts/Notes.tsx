// Notes beside the text: what would keep some readers out, and the way to each place.
import { useDeferredValue, useMemo } from "react";
import type { Fields } from "../core/fields.ts";
import { notesOf, type Note } from "../text/notes.ts";
import { Icon } from "./Icon.tsx";

export function useNotes(fields: Fields): Note[] {
  const { lexical, feature_image, feature_image_alt } = useDeferredValue(fields);
  return useMemo(() => notesOf(fields), [lexical, feature_image, feature_image_alt]);
}

export function NotesPanel({ notes, onGo, onClose }: { notes: Note[]; onGo: (block: number | null) => void; onClose: () => void }) {
  return (
    <section className="ed-notes" aria-label="Notes">
      <header>
        <h2>Notes</h2>
        <button type="button" className="ed-quiet ed-round" aria-label="Close the notes" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {notes.length === 0 ? (
        <p className="ed-soft">Nothing here would keep anybody out: pictures have texts, headings are in order, links say where they lead.</p>
      ) : (
        <ul>
          {notes.map((note, at) => (
            <li key={at}>
              <button type="button" className="ed-link" onClick={() => onGo(note.block)}>
                {note.sentence}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
