// One line of text with emphasis and links, kept as HTML: the caption of a picture.
import { HtmlOutputPlugin, KoenigComposableEditor, KoenigComposer, MINIMAL_NODES, MINIMAL_TRANSFORMERS } from "@tryghost/koenig-lexical";
import { useCallback, useEffect, useRef, useState } from "react";
import { useNames, useTouched } from "../parts/hooks.ts";

const KEPT = new Set(["A", "B", "BR", "CODE", "EM", "I", "MARK", "S", "STRONG", "SUB", "SUP", "U"]);

/** Return the line without the paragraph and the styles that the surface puts around it. */
function cleaned(html: string): string {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const element of [...body.querySelectorAll("*")].reverse()) {
    if (!KEPT.has(element.tagName)) element.replaceWith(...element.childNodes);
    else for (const { name } of [...element.attributes]) if (name !== "href" && name !== "rel") element.removeAttribute(name);
  }
  return body.innerHTML.trim();
}

interface Props {
  html: string;
  onChange: (html: string) => void;
  placeholder: string;
  isDark: boolean;
}

export function Line({ html, onChange, placeholder, isDark }: Props) {
  const box = useRef<HTMLDivElement>(null);
  // Opening a caption writes it another way, and takes the focus; neither is what a person did.
  const isTouched = useTouched(box);
  useNames(box, placeholder);
  const last = useRef(html);
  const [round, setRound] = useState(0);
  const [fileUploader] = useState(() => ({ useFileUpload: () => ({ upload: async () => null }), fileTypes: {} }));

  useEffect(() => {
    if (html === last.current) return;
    last.current = html;
    setRound((it) => it + 1);
  }, [html]);

  useEffect(() => {
    const timer = setTimeout(() => {
      const focused = document.activeElement as HTMLElement | null;
      if (!isTouched.current && box.current?.contains(focused)) focused?.blur();
    });
    return () => clearTimeout(timer);
  }, [round, isTouched]);

  const set = useCallback(
    (made: string) => {
      const line = cleaned(made);
      if (!isTouched.current || line === cleaned(last.current)) return;
      last.current = line;
      onChange(line);
    },
    [onChange, isTouched],
  );

  return (
    <div ref={box} className="ed-line">
      <KoenigComposer key={round} nodes={MINIMAL_NODES} darkMode={isDark} fileUploader={fileUploader} onError={(error) => console.error(error)}>
        <KoenigComposableEditor
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
