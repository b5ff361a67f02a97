// Small helpers of the page's parts.
import { useEffect, useState, useSyncExternalStore } from "react";
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
