// The tabs of one browser that show the same document: they type into one text, and save one after
// the other, so that a person never meets herself as somebody else.
import type { Fields, Patch } from "./fields.ts";

export type Message =
  | { kind: "typed"; fields: Patch }
  | { kind: "saved"; version: number; fields: Fields }
  | { kind: "moved"; to: string }
  | { kind: "published" };

const supported = typeof BroadcastChannel === "function";

export class Tabs {
  #channel: BroadcastChannel | null = null;
  #key: string;
  #hear: (message: Message) => void;

  constructor(key: string, hear: (message: Message) => void) {
    this.#key = key;
    this.#hear = hear;
    this.#listen();
  }

  #listen(): void {
    this.#channel?.close();
    if (!supported) return;
    this.#channel = new BroadcastChannel(`editor ${this.#key}`);
    this.#channel.onmessage = (event: MessageEvent<Message>) => this.#hear(event.data);
  }

  tell(message: Message): void {
    this.#channel?.postMessage(message);
  }

  /** Speak of the document under another key from now on. */
  follow(key: string): void {
    this.#key = key;
    this.#listen();
  }

  /** Do something while no other tab does it for this document. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    if (!navigator.locks) return work();
    return navigator.locks.request(`editor save ${this.#key}`, work) as Promise<T>;
  }

  close(): void {
    this.#channel?.close();
    this.#channel = null;
  }
}

/** Say, as long as the tab lives, that it has a document open. */
export function hold(key: string): void {
  void navigator.locks?.request(`editor open ${key}`, { mode: "shared" }, () => new Promise(() => {}));
}

/** Return the documents that living tabs have open. */
export async function openElsewhere(): Promise<Set<string>> {
  const found = await navigator.locks?.query();
  const prefix = "editor open ";
  return new Set(
    (found?.held ?? []).map((lock) => lock.name ?? "").filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
  );
}
