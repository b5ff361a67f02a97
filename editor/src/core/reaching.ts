// Asking until somebody answers, as the page does while it opens a document.
import { Refused, Unreachable, type Api } from "./api.ts";
import type { Saved } from "./answers.ts";
import type { Entry } from "./journal.ts";

const LONGEST_WAIT = 30_000;

/** Ask until there is an answer; `tell` hears each time why there is none yet. */
export async function untilReached<T>(ask: () => Promise<T>, tell: (sentence: string) => void): Promise<T> {
  for (let wait = 1000; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      tell(error.message);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/**
 * Send what was under way when a tab ended, as the very same request: it may have been done, and is
 * then answered as it was the first time.
 */
export async function replayed(api: Api, path: string, entry: Entry, tell: (sentence: string) => void): Promise<Entry> {
  const { pending } = entry;
  try {
    const saved = await untilReached(() => api.send<Saved>("PUT", path, pending), tell);
    return { ...entry, base: saved.copy_version, pending: null };
  } catch (error) {
    if (error instanceof Refused) return { ...entry, pending: null };
    throw error;
  }
}
