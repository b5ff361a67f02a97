// Ghost's editing surface, tied to a session: what is typed goes there, what changed elsewhere comes
// from there.
import {
  KoenigComposableEditor,
  KoenigComposer,
  KoenigEditor,
  HtmlOutputPlugin,
  MINIMAL_NODES,
  MINIMAL_TRANSFORMERS,
  TKCountPlugin,
  WordCountPlugin,
} from "@tryghost/koenig-lexical";
import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Session } from "../core/session.ts";
import { isSameText } from "../text/document.ts";
import { forgetUndo, showText, type SurfaceApi } from "./lexical.ts";
import { FILE_TYPES, uploaderHook } from "./uploads.ts";

const TOUCHES = ["beforeinput", "keydown", "pointerdown", "drop", "paste", "cut"] as const;

interface Props {
  session: Session;
  cards: object;
  isDark: boolean;
  placeholder: string;
  onApi: (api: SurfaceApi | null) => void;
  onWords: (count: number) => void;
  onTks: (count: number) => void;
  onExitAtTop: () => void;
}

export const Surface = memo(function Surface({ session, cards, isDark, placeholder, onApi, onWords, onTks, onExitAtTop }: Props) {
  const [initial] = useState(() => session.view().fields.lexical ?? undefined);
  const box = useRef<HTMLDivElement>(null);
  const api = useRef<SurfaceApi | null>(null);
  const isTouched = useRef(false);
  // What the editor shows of the session's text: by opening a document it may write it another way,
  // which is no change of anybody's.
  const shown = useRef<{ here: string; there: string | null }>({ here: "", there: initial ?? null });
  const uploader = useMemo(() => ({ useFileUpload: uploaderHook(session.api), fileTypes: FILE_TYPES }), [session]);

  useEffect(() => {
    const touch = () => (isTouched.current = true);
    const element = box.current!;
    for (const name of TOUCHES) element.addEventListener(name, touch, { capture: true });
    return () => {
      for (const name of TOUCHES) element.removeEventListener(name, touch, { capture: true });
    };
  }, []);

  useEffect(() => {
    session.onText = (lexical, isOthers) => {
      const editor = api.current?.editorInstance;
      if (!editor) return;
      if (!isSameText(api.current!.serialize(), lexical)) {
        try {
          showText(editor, lexical);
        } catch (error) {
          console.error(error);
          editor.setEditorState(editor.parseEditorState(lexical ?? ""), { tag: "history-merge" });
        }
        if (isOthers) forgetUndo(editor);
      }
      shown.current = { here: api.current!.serialize(), there: lexical };
    };
    return () => {
      session.onText = () => {};
    };
  }, [session]);

  const register = useCallback(
    (given: SurfaceApi | null) => {
      api.current = given;
      if (given) shown.current.here = given.serialize();
      onApi(given);
    },
    [onApi],
  );

  const change = useCallback(
    (state: object) => {
      const here = JSON.stringify(state);
      if (!isTouched.current) shown.current.here = here;
      session.change({ lexical: here === shown.current.here ? shown.current.there : here });
    },
    [session],
  );

  return (
    <div ref={box} className="ed-surface">
      <KoenigComposer
        initialEditorState={initial}
        fileUploader={uploader}
        cardConfig={cards}
        darkMode={isDark}
        isTKEnabled
        onError={(error) => console.error(error)}
      >
        <KoenigEditor onChange={change} registerAPI={register} placeholderText={placeholder} cursorDidExitAtTop={onExitAtTop}>
          <WordCountPlugin onChange={onWords} />
          <TKCountPlugin onChange={onTks} />
        </KoenigEditor>
      </KoenigComposer>
    </div>
  );
});

/** One line of text with emphasis and links, as HTML: the caption of a picture. */
export function Line({ html, onChange, placeholder, isDark }: { html: string; onChange: (html: string) => void; placeholder: string; isDark: boolean }) {
  const last = useRef(html);
  const [round, setRound] = useState(0);
  const hasFocus = useRef(false);
  useEffect(() => {
    if (html !== last.current) {
      last.current = html;
      setRound((it) => it + 1);
    }
  }, [html]);
  const [fileUploader] = useState(() => ({ useFileUpload: () => ({ upload: async () => null }), fileTypes: {} }));
  const set = useCallback(
    (made: string) => {
      // Opening a caption writes it another way; only what a person does counts.
      if (!hasFocus.current || made === last.current) return;
      last.current = made;
      onChange(made);
    },
    [onChange],
  );
  return (
    <div className="ed-line" onFocus={() => (hasFocus.current = true)} onBlur={() => window.setTimeout(() => (hasFocus.current = false), 100)}>
      <KoenigComposer key={round} nodes={MINIMAL_NODES} darkMode={isDark} fileUploader={fileUploader} onError={(error) => console.error(error)}>
        <KoenigComposableEditor
          className="koenig-lexical-caption"
          isDragEnabled={false}
          isSnippetsEnabled={false}
          markdownTransformers={MINIMAL_TRANSFORMERS}
          placeholderText={placeholder}
          placeholderClassName="ed-line-placeholder"
          singleParagraph
        >
          <HtmlOutputPlugin html={html} setHtml={set} />
        </KoenigComposableEditor>
      </KoenigComposer>
    </div>
  );
}
