// Ghost's editing surface, tied to a session: what is typed goes there, what changed elsewhere comes
// from there.
import {
  KoenigComposer,
  KoenigEditor,
  TKCountPlugin,
  WordCountPlugin,
} from "@tryghost/koenig-lexical";
import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Session } from "../core/session.ts";
import { isSameText } from "../text/document.ts";
import { useNames, useTouched } from "../parts/hooks.ts";
import { forgetUndo, showText, type SurfaceApi } from "./lexical.ts";
import { FILE_TYPES, uploaderHook } from "./uploads.ts";

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
  const isTouched = useTouched(box);
  useNames(box, "Text");
  // What the editor shows of the session's text: by opening a document it may write it another way,
  // which is no change of anybody's.
  const shown = useRef<{ here: string; there: string | null }>({ here: "", there: initial ?? null });
  const isShowing = useRef(false);
  const uploader = useMemo(() => ({ useFileUpload: uploaderHook(session.api), fileTypes: FILE_TYPES }), [session]);

  useEffect(() => {
    session.onText = (lexical, isOthers) => {
      const editor = api.current?.editorInstance;
      if (!editor) return;
      isShowing.current = true;
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
      isShowing.current = false;
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
      if (isShowing.current) return;
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
