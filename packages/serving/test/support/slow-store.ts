import { ModelkeepError, type Store } from "@modelkeep/core";

/** A store whose puts wait until they are let go, or fail while it is broken. */
export interface SlowStore extends Store {
  broken: boolean;
  /** Lets puts through from now on. */
  open(): void;
  close(): void;
  readonly puts: readonly string[];
}

export function slowStore(store: Store): SlowStore {
  let gate: Promise<void> | undefined;
  let open: () => void = () => undefined;
  const puts: string[] = [];
  return {
    name: "slow",
    supports: store.supports,
    broken: false,
    puts,
    close() {
      gate = new Promise((resolve) => (open = resolve));
    },
    open() {
      gate = undefined;
      open();
    },
    head: (key, options) => store.head(key, options),
    get: (key, options) => store.get(key, options),
    async put(key, body, options) {
      await gate;
      if (this.broken) throw new ModelkeepError("io_error", "The disk is full");
      puts.push(String(key));
      return store.put(key, body, options);
    },
    delete: (key, options) => store.delete(key, options),
    list: (prefix, options) => store.list(prefix, options),
  };
}
