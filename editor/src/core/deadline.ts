/** Does something a while after the last call, and no later than a longer while after the first. */
export class Deadline {
  #timer = 0;
  #first = 0;
  readonly #after: number;
  readonly #latest: number;

  constructor(after: number, latest: number) {
    this.#after = after;
    this.#latest = latest;
  }

  start(work: () => void, least = 0): void {
    const now = performance.now();
    if (!this.#timer) this.#first = now;
    clearTimeout(this.#timer);
    const wait = Math.max(least, Math.min(this.#after, this.#first + this.#latest - now), 0);
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      work();
    }, wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }
}
