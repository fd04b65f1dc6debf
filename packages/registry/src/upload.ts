import {
  digestOf,
  encoded,
  type Encoding,
  measurePayload,
  measuring,
  type PayloadEntry,
  type PayloadSource,
  type Progress,
  throwIfAborted,
} from "@modelkeep/core";

import { blobsOf, condemnedKeys, eachOf, isMoved, withEncoding } from "./blobs.js";
import { attestationKey, blobKey, manifestKey } from "./keys.js";
import { type Lease, readLeases, takeLease } from "./lease.js";
import type { LogContext } from "./log.js";
import type { Placement } from "./entry.js";
import { ulid } from "./ulid.js";

/** A payload to be stored, with how its bytes shall be kept. */
export interface BlobSource extends PayloadSource {
  readonly encoding?: Encoding | undefined;
  readonly level?: number | undefined;
}

export interface UploadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
  /** Whether a payload of this size is likely there already: then it is hashed before it is sent. */
  readonly expects?: ((size: number) => boolean) | undefined;
}

interface Item {
  entry: PayloadEntry;
  key: string | undefined;
  readonly store: () => Promise<string>;
}

/** From this size on a payload is measured while it is written, where the store takes keys late: one pass, not two. */
const singlePass = 8 << 20;
/** A save that moves more than this may outlast half a grace period, and takes a lease first. */
const longUpload = 4 * 2 ** 30;
/** A lease must last this much longer when the entry is written, in milliseconds. */
const margin = 60_000;

/**
 * The bytes of one save on their way into the store. What is there already is used again, under a lease; what is sent gets
 * a key that was never used before. `docs/guides/concurrency-and-crash-safety.md` has the protocol and why it loses nothing.
 */
export class Upload {
  readonly #context: LogContext;
  readonly #options: UploadOptions;
  readonly #items: Item[] = [];
  readonly #begun = performance.now();
  readonly #running: Promise<unknown>[] = [];
  #lease: Lease | undefined;
  /** Of what is measured while it is sent. */
  #sizes: readonly number[] = [];
  #acknowledged = false;
  #done = 0;
  #total = 0;

  constructor(context: LogContext, options: UploadOptions = {}) {
    this.#context = context;
    this.#options = options;
  }

  /** Begins to store payloads, and gives what a manifest must say of each as soon as that is known. */
  async addPayloads(given: readonly BlobSource[]): Promise<PayloadEntry[]> {
    const { store } = this.#context;
    const sources = await Promise.all(given.map(sized));
    this.#total = sources.reduce((sum, source) => sum + (source.size ?? 0), 0);
    const large = sources.filter((source) => this.#isLarge(source));
    const seen =
      large.length === 0 ? new Set<number>() : new Set((await readLeases(store)).flatMap((lease) => lease.sizes));
    const inOnePass = new Set(
      large.filter(({ size }) => size === undefined || !(seen.has(size) || this.#options.expects?.(size) === true)),
    );

    this.#sizes = [...inOnePass].flatMap(({ size }) => size ?? []);

    const measured = new Map<BlobSource, PayloadEntry>();
    for (const source of sources)
      if (!inOnePass.has(source)) measured.set(source, await measurePayload(source, { signal: this.#options.signal }));
    const there = await this.#whatIsThere(measured, [...inOnePass]);

    const items: Item[] = [];
    for (const source of sources) {
      throwIfAborted(this.#options.signal);
      const entry = measured.get(source);
      items.push(
        entry === undefined
          ? await this.#sendInOnePass(source)
          : { entry, key: there.get(source), store: () => this.#send(source, entry) },
      );
    }
    this.#items.push(...items);
    this.#start(eachOf(items, 4, (item) => this.#settle(item)));
    return items.map((item) => item.entry);
  }

  /** Begins to store a manifest, under a key of its own. */
  addManifest(model: string, bytes: Uint8Array): PayloadEntry["digest"] {
    return this.#addDocument("manifest", bytes, (digest, id) => manifestKey(model, digest, id));
  }

  /** The same for what somebody attests. */
  addAttestation(model: string, bytes: Uint8Array): PayloadEntry["digest"] {
    return this.#addDocument("attestation", bytes, (digest, id) => attestationKey(model, digest, id));
  }

  #addDocument(
    role: string,
    bytes: Uint8Array,
    keyOf: (digest: PayloadEntry["digest"], id: string) => string,
  ): PayloadEntry["digest"] {
    const { store, clock, storeClock } = this.#context;
    const digest = digestOf(bytes);
    const send = async () => {
      const key = keyOf(digest, ulid(clock()));
      storeClock?.observe((await store.put(key, bytes, { size: bytes.length, signal: this.#options.signal })).modified);
      return key;
    };
    const about = { path: `${role}.json`, role, mediaType: "application/json" };
    const item: Item = { entry: { ...about, size: bytes.length, digest }, key: undefined, store: send };
    this.#items.push(item);
    this.#start(this.#settle(item));
    return digest;
  }

  /** Leaves the manifest out of what is referred to and looked at: another one is used. */
  dropManifest(): void {
    const index = this.#items.findIndex((item) => item.entry.path === "manifest.json");
    if (index >= 0) this.#items.splice(index, 1);
  }

  get placement(): Placement {
    const keys: Record<string, string[]> = {};
    for (const { entry, key } of this.#items) {
      const list = (keys[entry.digest] ??= []);
      if (key !== undefined && !list.includes(key)) list.push(key);
    }
    return keys;
  }

  /** To be called right before the entry is written: waits for what is on its way; a lease that might not last is renewed, and everything looked at again. */
  async beforeAppend(): Promise<void> {
    await Promise.all(this.#running);
    const long = performance.now() - this.#begun > margin * 5;
    if (this.#lease === undefined ? !long : this.#lease.remaining() > margin) return;
    const before = this.#lease;
    this.#lease = await takeLease(
      this.#context,
      this.#items.map((item) => item.entry.digest),
      this.#sizes,
    );
    await before?.release();
    await this.confirm();
  }

  /** Looks again, at the markers first and then at the keys. Sends anew what is condemned or gone; true if anything was. */
  async confirm(): Promise<boolean> {
    const condemned = await condemnedKeys(this.#context.store);
    const changes = await eachOf(this.#items, 16, async (item) => {
      const { key } = item;
      if (key !== undefined && !condemned.has(key) && (await this.#context.store.head(key)) !== undefined) return false;
      item.key = await item.store();
      return true;
    });
    return changes.includes(true);
  }

  /** To be called once the entry is written and all bytes were seen behind it. */
  acknowledged(): void {
    this.#acknowledged = true;
  }

  /** Gives up the lease, but for one that tells the next attempt of a save that failed what sizes may be there already. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#running);
    if (this.#acknowledged || this.#sizes.length === 0) await this.#lease?.release();
  }

  async #settle(item: Item): Promise<void> {
    if (item.key !== undefined) return;
    item.key = await item.store();
    this.#advance(item.entry.size);
  }

  /** Goes on beside what follows; a failure shows when it is waited for. */
  #start(work: Promise<unknown>): void {
    work.catch(() => undefined);
    this.#running.push(work);
  }

  #isLarge(source: BlobSource): boolean {
    return (
      this.#context.store.supports.lateKey && source.encoding === undefined && (source.size ?? Infinity) >= singlePass
    );
  }

  /** Keys that hold the payloads already and that no collection is after. The lease is there before the markers are looked at. */
  async #whatIsThere(
    measured: ReadonlyMap<BlobSource, PayloadEntry>,
    inOnePass: readonly BlobSource[],
  ): Promise<ReadonlyMap<BlobSource, string>> {
    const { store } = this.#context;
    const found = await eachOf([...measured], 16, async ([source, entry]) => {
      const candidates = await blobsOf(store, entry.digest, source.encoding);
      const keys = candidates.filter((info) => !isMoved(store, info)).map((info) => info.key);
      return { source, digest: entry.digest, keys };
    });
    const candidates = found.filter((each) => each.keys.length > 0);
    if (candidates.length > 0 || inOnePass.length > 0 || this.#total >= longUpload) {
      const digests = candidates.map((each) => each.digest);
      this.#lease = await takeLease(this.#context, digests, this.#sizes);
    }
    const keys = new Map<BlobSource, string>();
    if (candidates.length === 0) return keys;
    const condemned = await condemnedKeys(store);
    await eachOf(candidates, 16, async (each) => {
      for (const key of each.keys)
        if (!condemned.has(key) && (await store.head(key)) !== undefined) {
          keys.set(each.source, key);
          return;
        }
    });
    return keys;
  }

  async #send(source: BlobSource, { digest }: Pick<PayloadEntry, "digest">): Promise<string> {
    const { store, clock } = this.#context;
    const key = blobKey(digest, withEncoding(ulid(clock()), source.encoding));
    const body = source.encoding === undefined ? source.open : encoded(source.open, source.encoding, source.level);
    const size = source.encoding === undefined ? source.size : undefined;
    await store.put(key, body, { size, signal: this.#options.signal });
    return key;
  }

  async #sendInOnePass(source: BlobSource): Promise<Item> {
    const { store, clock } = this.#context;
    const id = ulid(clock());
    const advance = (bytes: number) => this.#advance(bytes);
    const measured = measuring(source);
    async function* open(): AsyncIterable<Uint8Array> {
      for await (const bytes of measured.source.open()) {
        advance(bytes.length);
        yield bytes;
      }
    }
    const late = () => blobKey(measured.result().digest, id);
    const { key } = await store.put(late, () => open(), { size: source.size, signal: this.#options.signal });
    const entry = measured.result();
    return { entry, key, store: () => this.#send(source, entry) };
  }

  #advance(bytes: number): void {
    this.#done += bytes;
    this.#options.progress?.({ done: this.#done, total: Math.max(this.#total, this.#done) });
  }
}

/** A source of unknown size is read as far as a small one may go: if it ends there, it is held in memory. */
async function sized(source: BlobSource): Promise<BlobSource> {
  if (source.size !== undefined) return source;
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of source.open()) {
    pieces.push(bytes.slice());
    size += bytes.length;
    if (size >= singlePass) return source;
  }
  async function* open(): AsyncIterable<Uint8Array> {
    yield* pieces;
  }
  return { ...source, size, open };
}
