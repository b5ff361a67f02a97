// One document being edited: what is shown, what the server has, and how the one becomes the other.
//
// Whatever is typed goes into the journal first (IndexedDB), then to the other tabs, then to the
// server: one request at a time for each document in this browser, repeated as the very same one
// until it is answered. What others saved in the meantime is merged in.
import { Refused, SignedOut, Unreachable } from "./api.ts";
import { postOf, UNSAVED, type Copy, type Done, type Saved, type Stale } from "./answers.ts";
import { Deadline } from "./deadline.ts";
import { changes, EMPTY, isEmpty, isSame, whole, type FieldName, type Fields, type Patch } from "./fields.ts";
import type { Api } from "./api.ts";
import type { Entry, Journal, PendingSave } from "./journal.ts";
import { replayed, untilReached } from "./reaching.ts";
import { rebased } from "./rebase.ts";
import { Tabs, hold, openElsewhere, type Message } from "./tabs.ts";
import { Unsaved, type Beginning, type Notice, type Sync, type View } from "./view.ts";

const JOURNAL_AFTER = 80;
const JOURNAL_LATEST = 250;
const SAVE_AFTER = 600;
const SAVE_LATEST = 1400;
const KEEPALIVE_BYTES = 60_000;
const LONGEST_WAIT = 30_000;

export class Session {
  readonly api: Api;
  readonly journal: Journal;
  /** Names this page; the server knows a request of it that comes twice. */
  readonly client = crypto.randomUUID();
  readonly tabs: Tabs;
  #view: View;
  #listeners = new Set<() => void>();
  #base: { version: number; fields: Fields };
  #pending: PendingSave | null = null;
  /** What was shown when the pending request was made. */
  #pendingWhole: Fields = EMPTY;
  #seq = 0;
  #creation: string;
  #key: string;
  #journalled = true;
  #journalTimer = new Deadline(JOURNAL_AFTER, JOURNAL_LATEST);
  #saveTimer = new Deadline(SAVE_AFTER, SAVE_LATEST);
  #retry = 0;
  #attempts = 0;
  #untold: Patch = {};
  #running: Promise<void> | null = null;
  /** Called when the text changed otherwise than by typing into it. */
  onText: (lexical: string | null, isOthers: boolean) => void = () => {};

  constructor(options: Beginning) {
    this.api = options.api;
    this.journal = options.journal;
    this.#creation = options.creation;
    this.#key = options.id === null ? `new:${options.creation}` : `post:${options.id}`;
    const fields = { ...EMPTY, is_page: options.isPage, ...options.fresh };
    this.#base = { version: 0, fields };
    this.#view = {
      fields,
      saved: fields,
      post: { ...UNSAVED, id: options.id },
      sync: "opening",
      sentence: "",
      errors: {},
      savedAt: null,
      dispute: null,
      notice: null,
      isKept: true,
    };
    this.tabs = new Tabs(this.#key, (message) => this.#hear(message));
  }

  // What is shown.

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  view = (): View => this.#view;

  get key(): string {
    return this.#key;
  }

  #show(changed: Partial<View>): void {
    this.#view = { ...this.#view, ...changed };
    for (const listener of this.#listeners) listener();
  }

  #take(fields: Fields, more: Partial<View> = {}, isOthers = false): void {
    const text = this.#view.fields.lexical;
    this.#show({ fields, ...more });
    if (fields.lexical !== text) this.onText(fields.lexical, isOthers);
  }

  // Opening.

  /** Read the document and what this browser kept of it; resolves once it can be shown. */
  async open(): Promise<void> {
    const tell = (sentence: string) => this.#show({ sentence });
    const isOpenElsewhere = (await openElsewhere()).has(this.#key);
    hold(this.#key);
    let entry = await this.#kept();
    const { id } = this.#view.post;
    const read = () => untilReached(() => this.api.get<Copy>(`${this.#path()}copy`), tell);
    let before = this.#base.fields;
    if (id !== null) {
      let copy = await read();
      before = whole(copy.fields);
      if (entry?.pending && !isOpenElsewhere) {
        entry = await replayed(this.api, `${this.#path()}copy`, entry, tell);
        copy = await read();
      }
      this.#base = { version: copy.copy_version, fields: whole(copy.fields) };
      this.#show({ post: postOf(id, copy), savedAt: copy.saved_at });
    }
    const saved = this.#base.fields;
    const fields = { ...saved, ...entry?.fields };
    const isSaved = isEmpty(changes(saved, fields));
    const isRescued = entry !== null && !isOpenElsewhere && !isEmpty(changes(before, fields));
    const notice: Notice | null = isRescued ? { kind: "rescued", by: null, at: entry!.at, before, after: fields } : null;
    this.#show({ fields: isSaved ? saved : fields, saved, sync: isSaved ? "clean" : "typing", notice });
    if (!entry || isOpenElsewhere) return;
    if (isSaved) {
      void this.journal.drop(this.#key).catch(() => {});
      return;
    }
    if (entry.base !== this.#base.version) {
      // It was typed onto an older text: the server still has that one, and merges.
      this.#pending = { client: this.client, seq: ++this.#seq, base: entry.base, fields: entry.fields };
      this.#pendingWhole = fields;
    }
    this.#saveSoon();
  }

  async #kept(): Promise<Entry | null> {
    try {
      const entry = await this.journal.get(this.#key);
      return entry?.person === this.api.person ? entry : null;
    } catch {
      this.#show({ isKept: false });
      return null;
    }
  }

  #path(): string {
    return `/admin/posts/${this.#view.post.id}/`;
  }

  // Typing.

  change(patch: Patch): void {
    const real = Object.entries(patch).filter(([name, value]) => !isSame(name as FieldName, this.#view.fields[name as FieldName], value));
    if (!real.length) return;
    const changed = Object.fromEntries(real) as Patch;
    const errors = { ...this.#view.errors };
    for (const [name] of real) delete errors[name];
    const fields = { ...this.#view.fields, ...changed };
    this.#untold = { ...this.#untold, ...changed };
    this.#journalled = false;
    this.#show({ fields, errors, sync: this.#syncAfterTyping() });
    this.#journalTimer.start(() => void this.keep());
    this.#saveSoon();
  }

  #syncAfterTyping(): Sync {
    const { sync } = this.#view;
    return sync === "clean" || sync === "refused" ? "typing" : sync;
  }

  get hasUnsaved(): boolean {
    return this.#pending !== null || !isEmpty(changes(this.#base.fields, this.#view.fields));
  }

  /** Whether closing the tab now could lose something. */
  get isAtRisk(): boolean {
    return this.hasUnsaved && (!this.#journalled || !this.#view.isKept);
  }

  /** Keep what is shown in this browser, and tell the other tabs. */
  async keep(): Promise<void> {
    this.#journalTimer.stop();
    const told = this.#untold;
    this.#untold = {};
    if (!isEmpty(told)) this.tabs.tell({ kind: "typed", fields: told });
    const fields = this.#view.fields;
    const entry: Entry = {
      key: this.#key,
      person: this.api.person,
      base: this.#base.version,
      fields: changes(this.#base.fields, fields),
      pending: this.#pending,
      title: fields.title,
      at: Date.now(),
    };
    try {
      if (isEmpty(entry.fields) && !entry.pending) await this.journal.drop(this.#key);
      else await this.journal.put(entry);
      if (this.#view.fields === fields) this.#journalled = true;
      if (!this.#view.isKept) this.#show({ isKept: true });
    } catch {
      if (this.#view.isKept) this.#show({ isKept: false });
    }
  }

  /** The page is being hidden or left: hurry. */
  leave(): void {
    if (!this.#journalled) void this.keep();
    if (!this.hasUnsaved || this.#view.post.id === null || this.#running) return;
    const pending = this.#prepare();
    if (JSON.stringify(pending).length < KEEPALIVE_BYTES) {
      void this.keep();
      void this.#saveNow({ keepalive: true });
    }
  }

  // Saving.

  #saveSoon(): void {
    const { sync } = this.#view;
    if (sync !== "typing" && sync !== "saving") return;
    this.#saveTimer.start(() => void this.#saveNow());
  }

  /** Save all that is shown; resolves once the server has it, or with what stands in the way. */
  async flush(): Promise<boolean> {
    for (let round = 0; round < 5 && this.hasUnsaved; round++) {
      await this.#saveNow();
      if (this.#view.sync !== "typing" && this.#view.sync !== "saving") break;
    }
    return !this.hasUnsaved;
  }

  /** Try again now (the connection is back, somebody signed in). */
  async again(): Promise<void> {
    clearTimeout(this.#retry);
    this.#attempts = 0;
    if (this.#view.sync === "signed-out") {
      try {
        const identity = await this.api.renew();
        if (identity.person !== this.api.person) {
          this.#show({ sentence: `You are signed in as ${identity.name} now; this was opened by somebody else.` });
          return;
        }
        this.#show({ sync: "typing", sentence: "" });
      } catch {
        this.#waitFor("signed-out");
        return;
      }
    }
    if (this.hasUnsaved) await this.#saveNow();
    else if (this.#view.sync === "typing" || this.#view.sync === "waiting") this.#show({ sync: "clean", sentence: "" });
  }

  async #saveNow(options: { keepalive?: boolean } = {}): Promise<void> {
    this.#saveTimer.stop();
    clearTimeout(this.#retry);
    // One at a time here, and among the tabs; what is typed meanwhile goes with the next one.
    if (this.#running) return this.#running;
    this.#running = this.tabs.alone(() => this.#save(options)).finally(() => (this.#running = null));
    await this.#running;
    if (this.#view.sync !== "typing" && this.#view.sync !== "saving") return;
    if (this.hasUnsaved) this.#saveSoon();
    else this.#show({ sync: "clean", sentence: "" });
  }

  #prepare(): PendingSave {
    if (!this.#pending) {
      const { fields } = this.#view;
      this.#pending = {
        client: this.client,
        seq: ++this.#seq,
        base: this.#base.version,
        fields: changes(this.#base.fields, fields),
      };
      this.#pendingWhole = fields;
    }
    return this.#pending;
  }

  async #save(options: { keepalive?: boolean }): Promise<void> {
    if (!this.hasUnsaved || this.#view.sync === "conflict") return;
    try {
      if (this.#view.post.id === null) await this.#create();
      const pending = this.#prepare();
      if (isEmpty(pending.fields)) {
        this.#pending = null;
        return;
      }
      if (!options.keepalive) await this.keep();
      this.#show({ sync: "saving" });
      const saved = await this.api.send<Saved>("PUT", `${this.#path()}copy`, pending, options);
      this.#acknowledged(saved);
    } catch (error) {
      await this.#failed(error);
    }
  }

  async #create(): Promise<void> {
    const made = await this.api.send<{ id: number; path: string }>("POST", "/admin/posts/", {
      is_page: this.#view.fields.is_page,
      client: this.#creation,
    });
    const from = this.#key;
    const copy = await this.api.get<Copy>(`/admin/posts/${made.id}/copy`);
    const fields = whole(copy.fields);
    const local = rebased(this.#view.fields, this.#base.fields, fields);
    this.#base = { version: copy.copy_version, fields };
    this.#key = `post:${made.id}`;
    this.#take(local, {
      saved: fields,
      post: postOf(made.id, copy),
    });
    const entry = { key: this.#key, person: this.api.person, base: copy.copy_version, fields: changes(fields, local), pending: null, title: local.title, at: Date.now() };
    await this.journal.move(from, entry).catch(() => {});
    hold(this.#key);
    this.tabs.tell({ kind: "moved", to: this.#key });
    this.tabs.follow(this.#key);
    history.replaceState(history.state, "", `/admin/posts/${made.id}/`);
  }

  #acknowledged(saved: Saved): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = null;
    this.#attempts = 0;
    const fields = { ...this.#base.fields, ...pending.fields };
    this.#base = { version: saved.copy_version, fields };
    const clean = !this.hasUnsaved;
    this.#show({
      saved: fields,
      savedAt: saved.saved_at,
      sync: clean ? "clean" : "typing",
      sentence: "",
      errors: {},
      post: { ...this.#view.post, isDirty: true },
    });
    this.tabs.tell({ kind: "saved", version: saved.copy_version, fields });
    void this.keep();
  }

  async #failed(error: unknown): Promise<void> {
    if (error instanceof SignedOut) this.#waitFor("signed-out", error.message);
    else if (error instanceof Refused) this.#refused(error);
    else if (error instanceof Unreachable) this.#waitFor("waiting", error.message);
    else {
      console.error(error);
      this.#waitFor("waiting", "Something went wrong here.");
    }
  }

  #waitFor(sync: "waiting" | "signed-out", sentence?: string): void {
    this.#show({ sync, ...(sentence === undefined ? {} : { sentence }) });
    const wait = Math.min(1000 * 2 ** this.#attempts++, LONGEST_WAIT);
    this.#retry = window.setTimeout(() => void (sync === "waiting" ? this.#saveNow() : this.again()), wait + Math.random() * 300);
  }

  #refused(error: Refused): void {
    const pending = this.#pending;
    this.#pending = null;
    if (error.status === 412 && pending) this.#stale(error.body as unknown as Stale);
    else if (error.status === 404) this.#show({ sync: "gone", sentence: "This was deleted elsewhere. What you wrote is kept in this browser." });
    else this.#show({ sync: "refused", sentence: error.message, errors: error.errors });
    void this.keep();
  }

  // Meeting others.

  /** Somebody else saved first: take theirs, keep mine, ask where both changed the same. */
  #stale(stale: Stale): void {
    const theirs = whole(stale.theirs.fields);
    const before = this.#view.fields;
    const base = { version: stale.theirs.copy_version, fields: theirs };
    if (!stale.conflicts.length && stale.merged) {
      const fields = rebased(before, this.#pendingWhole, whole(stale.merged.fields));
      this.#base = base;
      const isNews = !isEmpty(changes(before, fields));
      const notice: Notice = { kind: "merged", by: stale.theirs.by, at: Date.now(), before, after: fields };
      this.#take(fields, { saved: theirs, sync: "typing", ...(isNews ? { notice } : {}) }, true);
      if (this.hasUnsaved) this.#saveSoon();
      else this.#show({ sync: "clean" });
      return;
    }
    this.#show({
      sync: "conflict",
      dispute: {
        theirs,
        by: stale.theirs.by,
        version: stale.theirs.copy_version,
        merged: whole((stale.unmerged ?? stale.merged)?.fields ?? theirs),
        conflicts: stale.conflicts,
      },
    });
  }

  /** The person has decided what becomes of both. */
  settle(fields: Fields): void {
    const { dispute } = this.#view;
    if (!dispute) return;
    this.#base = { version: dispute.version, fields: dispute.theirs };
    this.#pending = null;
    this.#journalled = false;
    this.#take(rebased(this.#view.fields, this.#pendingWhole, fields), { saved: dispute.theirs, dispute: null, sync: "typing" }, true);
    void this.keep();
    if (this.hasUnsaved) void this.#saveNow();
    else this.#show({ sync: "clean" });
  }

  showErrors(errors: Record<string, string>): void {
    this.#show({ errors });
  }

  dismiss(): void {
    this.#show({ notice: null });
  }

  /** Go back to what was there before something was rescued or merged. */
  revert(): void {
    const { notice } = this.#view;
    if (!notice) return;
    this.#show({ notice: null });
    const text = this.#view.fields.lexical;
    this.change(changes(this.#view.fields, notice.before));
    if (this.#view.fields.lexical !== text) this.onText(this.#view.fields.lexical, false);
  }

  #hear(message: Message): void {
    if (this.#view.sync === "opening") return;
    if (message.kind === "typed") {
      this.#take({ ...this.#view.fields, ...message.fields }, { sync: this.#syncAfterTyping() });
      // Whoever typed saves; should that tab end before it does, this one will.
      if (this.#view.sync === "typing") this.#saveTimer.start(() => void this.#saveNow(), 2 * SAVE_LATEST);
    } else if (message.kind === "saved") {
      if (message.version <= this.#base.version) return;
      const fields = rebased(this.#view.fields, this.#base.fields, message.fields);
      this.#base = { version: message.version, fields: message.fields };
      this.#pending = null;
      this.#take(fields, { saved: message.fields, sync: this.hasUnsaved ? "typing" : "clean", sentence: "", dispute: null });
    } else if (message.kind === "published") void this.reload();
  }

  // What is done with a post.

  /** Save, then let the server do something with the saved text. */
  async act(action: "publish" | "update" | "unpublish" | "discard", more: Record<string, unknown> = {}): Promise<Done> {
    if (action !== "discard" && !(await this.flush())) throw new Unsaved(this.#view);
    let done: Done;
    try {
      done = await this.api.send<Done>("POST", `${this.#path()}${action}`, { copy_version: this.#base.version, ...more }, { seconds: 60 });
    } catch (error) {
      if (error instanceof Refused && error.status === 412) {
        this.#pendingWhole = this.#view.fields;
        this.#stale(error.body as unknown as Stale);
      }
      throw error;
    }
    await this.reload({ discard: action === "discard" });
    this.tabs.tell({ kind: "published" });
    return done;
  }

  /** Go on with what is shown as a new document: the one that it was is gone. */
  startOver(): void {
    void this.journal.drop(this.#key).catch(() => {});
    const { fields } = this.#view;
    this.#creation = crypto.randomUUID();
    this.#key = `new:${this.#creation}`;
    this.#base = { version: 0, fields: { ...EMPTY, is_page: fields.is_page } };
    this.#pending = null;
    this.#show({ post: UNSAVED, saved: this.#base.fields, sync: "typing" });
    this.tabs.follow(this.#key);
    hold(this.#key);
    void this.keep();
    this.#saveSoon();
  }

  async remove(): Promise<void> {
    if (this.#view.post.id !== null) await this.api.send("DELETE", this.#path());
    this.#pending = null;
    this.#base = { ...this.#base, fields: this.#view.fields };
    this.#journalled = true;
    await this.journal.drop(this.#key).catch(() => {});
  }

  /** Take what the server has now, and keep what was typed since. */
  async reload({ discard = false } = {}): Promise<void> {
    const copy = await this.api.get<Copy>(`${this.#path()}copy`);
    const saved = whole(copy.fields);
    const fields = discard ? saved : rebased(this.#view.fields, this.#base.fields, saved);
    this.#base = { version: copy.copy_version, fields: saved };
    if (discard) this.#pending = null;
    this.#take(fields, {
      saved,
      savedAt: copy.saved_at,
      errors: {},
      post: postOf(this.#view.post.id!, copy),
      sync: isEmpty(changes(saved, fields)) ? "clean" : "typing",
    });
    void this.keep();
  }
}
