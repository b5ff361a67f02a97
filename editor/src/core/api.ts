// Every request of the page: JSON in and out, the form's token along, and errors told apart by what
// is to be done about them.

/** Nobody answered, or only something on the way there: try again later. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

/** The session has ended: the person has to sign in again. */
export class SignedOut extends Error {
  override name = "SignedOut";
}

/** The server understood and declined; the message is its sentence. */
export class Refused extends Error {
  override name = "Refused";
  readonly status: number;
  readonly errors: Record<string, string>;
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    super(typeof body.error === "string" && body.error ? body.error : `The server answered ${status}.`);
    this.status = status;
    this.body = body;
    this.errors = (body.errors as Record<string, string> | undefined) ?? {};
  }
}

export interface Identity {
  token: string;
  person: string;
  name: string;
}

const SECONDS = 20;

export class Api {
  #token: string;
  readonly person: string;

  /** `person` is whom the page was made for; nobody else's session is used from here. */
  constructor(identity: Identity) {
    this.#token = identity.token;
    this.person = identity.person;
  }

  get token(): string {
    return this.#token;
  }

  get<T>(path: string, options: { seconds?: number; signal?: AbortSignal } = {}): Promise<T> {
    return this.#send<T>("GET", path, undefined, options);
  }

  /** Send JSON; with `keepalive` the request outlives the page (64 KB at most, so browsers say). */
  send<T>(
    method: "POST" | "PUT" | "DELETE",
    path: string,
    body: unknown = {},
    options: { keepalive?: boolean; seconds?: number } = {},
  ): Promise<T> {
    return this.#send<T>(method, path, JSON.stringify(body), options);
  }

  /** Ask who is signed in now, and take the token of that session. */
  async renew(): Promise<Identity> {
    const identity = await this.#once<Identity>("GET", "/admin/editor/identity", undefined, {});
    if (identity.person === this.person) this.#token = identity.token;
    return identity;
  }

  async #send<T>(method: string, path: string, body: string | undefined, options: SendOptions): Promise<T> {
    try {
      return await this.#once<T>(method, path, body, options);
    } catch (error) {
      // Somebody who signed in again in another tab has another token.
      if (!(error instanceof Refused && error.status === 403 && method !== "GET")) throw error;
      const before = this.#token;
      const identity = await this.renew();
      if (identity.person !== this.person) throw new SignedOut(`You are signed in as ${identity.name} now.`);
      if (this.#token === before) throw error;
      return this.#once<T>(method, path, body, options);
    }
  }

  async #once<T>(method: string, path: string, body: string | undefined, options: SendOptions): Promise<T> {
    const timeout = AbortSignal.timeout((options.seconds ?? SECONDS) * 1000);
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(path, {
        method,
        headers: {
          Accept: "application/json",
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...(method === "GET" ? {} : { "X-CSRF-Token": this.#token }),
        },
        credentials: "same-origin",
        redirect: "error",
        cache: "no-store",
        signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
        ...(body === undefined ? {} : { body }),
        ...(options.keepalive ? { keepalive: true } : {}),
      });
      text = await answer.text();
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new Unreachable("There is no connection to the server.");
    }
    if (answer.status === 401) throw new SignedOut("You are signed out.");
    if (answer.status === 429 || answer.status >= 500) {
      throw new Unreachable(sentenceOf(text) ?? "The server cannot answer right now.");
    }
    const found = parsed(text);
    if (!answer.ok) throw new Refused(answer.status, (found as Record<string, unknown> | null) ?? {});
    if (found === null && text !== "") throw new Unreachable("The answer was none of this site's.");
    return found as T;
  }
}

interface SendOptions {
  keepalive?: boolean;
  seconds?: number;
  signal?: AbortSignal;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function sentenceOf(text: string): string | null {
  const found = parsed(text) as { error?: unknown } | null;
  return typeof found?.error === "string" ? found.error : null;
}
