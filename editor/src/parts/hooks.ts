// Small helpers of the page's parts.
import { useEffect, useRef, useState, useSyncExternalStore, type MutableRefObject, type RefObject } from "react";
import type { Session } from "../core/session.ts";
import type { View } from "../core/view.ts";

export function useView(session: Session): View {
  return useSyncExternalStore(session.subscribe, session.view);
}

export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const hear = () => setMatches(list.matches);
    list.addEventListener("change", hear);
    return () => list.removeEventListener("change", hear);
  }, [query]);
  return matches;
}

/** A value that this browser remembers, such as whether the panel is open. */
export function useRemembered(name: string, otherwise: string): [string, (value: string) => void] {
  const key = `editor ${name}`;
  const [value, setValue] = useState(() => {
    try {
      return localStorage.getItem(key) ?? otherwise;
    } catch {
      return otherwise;
    }
  });
  return [
    value,
    (made) => {
      setValue(made);
      try {
        localStorage.setItem(key, made);
      } catch {
        // Without storage it is remembered as long as the page lives.
      }
    },
  ];
}

const TOUCHES = ["beforeinput", "keydown", "pointerdown", "drop", "paste", "cut"] as const;

/** Whether a person has done anything within an element yet. */
export function useTouched(box: RefObject<HTMLElement>): MutableRefObject<boolean> {
  const isTouched = useRef(false);
  useEffect(() => {
    const element = box.current!;
    const touch = () => (isTouched.current = true);
    for (const name of TOUCHES) element.addEventListener(name, touch, { capture: true });
    return () => {
      for (const name of TOUCHES) element.removeEventListener(name, touch, { capture: true });
    };
  }, [box]);
  return isTouched;
}

/** Give every editable part within an element a name: the surface draws them without any. */
export function useNames(box: RefObject<HTMLElement>, ofFirst: string): void {
  useEffect(() => {
    const element = box.current!;
    function name(): void {
      const parts = element.querySelectorAll<HTMLElement>("[contenteditable=true]:not([aria-label])");
      for (const part of parts) {
        const isFirst = part === element.querySelector("[contenteditable=true]");
        const hint = part.closest("[data-kg=editor]")?.parentElement?.textContent?.trim();
        part.setAttribute("aria-label", isFirst ? ofFirst : hint && hint.length < 60 && !part.textContent ? hint : "Text of a card");
        part.setAttribute("aria-multiline", "true");
      }
    }
    name();
    const observer = new MutationObserver(name);
    observer.observe(element, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [box, ofFirst]);
}
