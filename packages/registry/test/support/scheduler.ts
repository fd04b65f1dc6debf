import type { Store } from "@modelkeep/core";

/** Numbers that look random and follow from a seed (mulberry32, public domain, Tommy Ettinger). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Lets one of all waiting operations go at a time, in an order that follows from the seed. Clients have priorities that
 * change now and then, so that one may stand still while another goes a long way: rare orders come up often.
 */
export class Scheduler {
  readonly #waiting: { readonly client: number; readonly go: () => void }[] = [];
  readonly #priorities = new Map<number, number>();
  readonly #next: () => number;
  #running = true;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  turn(client: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ client, go: resolve }));
  }

  /** Runs tasks to their end. */
  async run<T>(tasks: readonly (() => Promise<T>)[]): Promise<PromiseSettledResult<T>[]> {
    const all = Promise.allSettled(tasks.map((task) => task()));
    const done = all.finally(() => (this.#running = false));
    while (this.#running) {
      // Everything that can go on without a turn does so first.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#next() < 0.1) this.#priorities.clear();
      const first = Math.max(...this.#waiting.map(({ client }) => this.#priority(client)));
      const ready = this.#waiting.filter(({ client }) => this.#priority(client) === first);
      const chosen = ready[Math.floor(this.#next() * ready.length)];
      if (chosen === undefined) continue;
      this.#waiting.splice(this.#waiting.indexOf(chosen), 1);
      chosen.go();
    }
    return done;
  }

  #priority(client: number): number {
    const known = this.#priorities.get(client) ?? this.#next();
    this.#priorities.set(client, known);
    return known;
  }

  /** A store whose operations wait for the client's turn before they happen, and before they are answered. */
  store(store: Store, client: number): Store {
    const take = async <T>(work: () => Promise<T>): Promise<T> => {
      await this.turn(client);
      const result = await work();
      await this.turn(client);
      return result;
    };
    return {
      name: store.name,
      supports: store.supports,
      head: (key, options) => take(() => store.head(key, options)),
      get: (key, options) => take(() => store.get(key, options)),
      put: (key, body, options) => take(() => store.put(key, body, options)),
      delete: (key, options) => take(() => store.delete(key, options)),
      list: async function* (this: Scheduler, ...args: Parameters<Store["list"]>) {
        await this.turn(client);
        yield* store.list(...args);
        await this.turn(client);
      }.bind(this),
    };
  }
}
