import type { ListEntry, Store } from "@modelkeep/core";
import { memoryStore } from "../src/index.js";

/** One promise broken, and the case that must notice. */
export interface Breakage {
  readonly what: string;
  readonly noticedBy: string;
  readonly open: () => Store;
}

type Change = (good: Store) => Partial<Store>;

export function broken(what: string, noticedBy: string, change: Change): Breakage {
  return {
    what,
    noticedBy,
    open() {
      const good = memoryStore();
      return { ...good, ...change(good) };
    },
  };
}

export async function readAll(body: Parameters<Store["put"]>[1]): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  if (body instanceof Uint8Array) chunks.push(body);
  else for await (const chunk of body()) chunks.push(chunk);
  return chunks;
}

export async function entries(list: AsyncIterable<ListEntry>): Promise<ListEntry[]> {
  const all: ListEntry[] = [];
  for await (const entry of list) all.push(entry);
  return all;
}

export const pass = (chunks: readonly Uint8Array[]) =>
  async function* (): AsyncGenerator<Uint8Array> {
    yield* chunks;
  };

export const late = (key: string | (() => string)): string => (typeof key === "string" ? key : key());

/** Options but for some. */
export function without<O extends object, K extends keyof O>(
  options: O | undefined,
  ...names: readonly K[]
): Omit<O, K> {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([name]) => !names.includes(name as K))) as Omit<O, K>;
}
