// What was typed, kept in this browser (IndexedDB) before anything else happens to it.
//
// One entry a document: what differs from the text that the server has, and the request that was
// under way, so that after a crash it can be sent once more as the very same one.
import type { Patch } from "./fields.ts";

export interface PendingSave {
  client: string;
  seq: number;
  base: number;
  fields: Patch;
}

export interface Entry {
  /** `post:ID`, or `new:CLIENT` for what the server does not know yet. */
  key: string;
  /** Whose it is: somebody else at this browser is never shown it. */
  person: string;
  /** The version that `fields` differ from; 0 before there is any. */
  base: number;
  fields: Patch;
  pending: PendingSave | null;
  title: string;
  /** When it was typed, in milliseconds. */
  at: number;
}

const NAME = "editor";
const STORE = "documents";

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("The browser's storage failed."));
  });
}

export class Journal {
  #database: Promise<IDBDatabase> | null = null;

  #open(): Promise<IDBDatabase> {
    this.#database ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
      request.onsuccess = () => {
        // Storage can be taken away (the browser's data were cleared): the next write opens it anew.
        request.result.onclose = () => (this.#database = null);
        resolve(request.result);
      };
      request.onerror = () => {
        this.#database = null;
        reject(request.error ?? new Error("The browser's storage cannot be used."));
      };
    });
    return this.#database;
  }

  /** Keep an entry; it is safe from the end of the tab once this resolves. */
  async put(entry: Entry): Promise<void> {
    await this.#write((store) => store.put(entry));
  }

  async drop(key: string): Promise<void> {
    await this.#write((store) => store.delete(key));
  }

  async get(key: string): Promise<Entry | null> {
    const store = (await this.#open()).transaction(STORE).objectStore(STORE);
    return ((await done(store.get(key))) as Entry | undefined) ?? null;
  }

  /** Return the entries of a person, the newest first. */
  async of(person: string): Promise<Entry[]> {
    const store = (await this.#open()).transaction(STORE).objectStore(STORE);
    const all = (await done(store.getAll())) as Entry[];
    return all.filter((entry) => entry.person === person).sort((one, other) => other.at - one.at);
  }

  /** Keep an entry under another key, in one transaction: it is never under neither. */
  async move(from: string, entry: Entry): Promise<void> {
    await this.#write((store) => {
      store.delete(from);
      return store.put(entry);
    });
  }

  async #write(change: (store: IDBObjectStore) => IDBRequest): Promise<void> {
    const database = await this.#open();
    await new Promise<void>((resolve, reject) => {
      const transaction = database.transaction(STORE, "readwrite");
      transaction.oncomplete = () => resolve();
      transaction.onabort = transaction.onerror = () =>
        reject(transaction.error ?? new Error("The browser's storage failed."));
      change(transaction.objectStore(STORE));
    });
  }
}
