import { isModelkeepError, type Store } from "@modelkeep/core";
import { expectEqual, expectTrue } from "./expect.js";
import { readStream, text, type RaceSize } from "./store-case.js";

/** How hard writers race, and where. */
export interface RaceOptions extends RaceSize {
  readonly prefix: string;
}

/**
 * Writers count together: each increment is an entry `<prefix>000000000042` with the next free number, taken by
 * put-if-absent and signed with an id of its own. In the end every number must be there, and every id once.
 */
export async function incrementRace(store: Store, { prefix, writers, increments }: RaceOptions): Promise<void> {
  const names = Array.from({ length: writers }, (_, index) => `writer-${index}`);
  await Promise.all(names.map((writer) => runWriter(store, { prefix, writer, increments })));
  await checkRace(store, { prefix, writers: names, increments });
}

/** One writer of the race: for stores that several processes share, each runs some writers and one checks at the end. */
export async function runWriter(
  store: Store,
  { prefix, writer, increments }: { readonly prefix: string; readonly writer: string; readonly increments: number },
): Promise<void> {
  let next = 1;
  for (let turn = 0; turn < increments; turn++) {
    const id = `${writer}:${turn}`;
    for (let lost = 0; !(await take(store, entryKey(prefix, next), id)); lost++) {
      // Whoever lost steps back for a random while, longer each time, and then looks for the end.
      await pause(Math.random() * Math.min(4 * 2 ** lost, 256));
      for await (const { key } of store.list(prefix, { after: entryKey(prefix, next - 1) }))
        next = Number(key.slice(prefix.length)) + 1;
    }
    next++;
  }
}

/** Throws when an increment was lost, doubled, or a number left out. */
export async function checkRace(
  store: Store,
  options: { readonly prefix: string; readonly writers: readonly string[]; readonly increments: number },
): Promise<void> {
  const { prefix, writers, increments } = options;
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  const total = writers.length * increments;
  expectEqual(keys.length, total, "entries after the race: one per increment");
  const missing = keys.findIndex((key, index) => key !== entryKey(prefix, index + 1));
  expectTrue(missing < 0, `the number ${missing + 1} was left out in the race`);
  const ids = await Promise.all(keys.map((key) => readText(store, key)));
  const found = new Set(ids);
  const lost = writers.flatMap((writer) =>
    Array.from({ length: increments }, (_, turn) => `${writer}:${turn}`).filter((id) => !found.has(id)),
  );
  expectTrue(lost.length === 0, `${lost.length} of ${total} increments were lost in the race, such as ${lost[0]}`);
}

/** Whether the entry is ours. An outcome that is not known is read before it is tried again. */
async function take(store: Store, key: string, id: string): Promise<boolean> {
  try {
    await store.put(key, text(id), { if: "absent" });
    return true;
  } catch (error) {
    if (isModelkeepError(error, "already_exists")) return false;
    if (!isModelkeepError(error, "unknown_outcome")) throw error;
    const found = await store.head(key);
    return found === undefined ? take(store, key, id) : (await readText(store, key)) === id;
  }
}

async function readText(store: Store, key: string): Promise<string> {
  const object = await store.get(key);
  expectTrue(object !== undefined, `${key} was listed, but is not there`);
  return new TextDecoder().decode(await readStream(object));
}

function entryKey(prefix: string, number: number): string {
  return `${prefix}${String(number).padStart(12, "0")}`;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
