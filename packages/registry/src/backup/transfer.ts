import {
  type Body,
  type ByteSource,
  collect,
  type Digest,
  digestHex,
  isModelkeepError,
  ModelkeepError,
  type Progress,
  type Store,
} from "@modelkeep/core";

import { encodingOfKey } from "../blobs.js";
import { blobPrefix, modelsPrefix } from "../keys.js";
import { checkedBytes } from "./checked-bytes.js";

export interface TransferOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** Why bytes could not be brought over: they are gone at the source, or are not what they should be. */
export interface Lost {
  readonly key: string;
  readonly digest: Digest;
  readonly code: string;
  readonly message: string;
}

const attempts = 5;

/** Objects on their way from one store to another, under the same keys. Nothing that is there is ever written over. */
export class Transfer {
  readonly from: Store;
  readonly to: Store;
  readonly signal: AbortSignal | undefined;
  /** Objects that were not there before, and their bytes. */
  objects = 0;
  bytes = 0;
  readonly #progress: ((progress: Progress) => void) | undefined;
  /** Bytes that were told of, of objects under way too. */
  #done = 0;
  /** Keys that are known to be at the target. */
  readonly #there = new Set<string>();

  constructor(from: Store, to: Store, { signal, progress }: TransferOptions = {}) {
    this.from = from;
    this.to = to;
    this.signal = signal;
    this.#progress = progress;
  }

  get calls(): { readonly signal?: AbortSignal | undefined } {
    return { signal: this.signal };
  }

  /** Brings over a blob or a manifest, held to its digest on the way. `size` is that of the plain bytes. */
  async place(key: string, digest: Digest, size: number | undefined): Promise<Lost | undefined> {
    if (this.#there.has(key)) return undefined;
    if (!isPlaceOf(key, digest))
      return { key, digest, code: "damaged_log", message: `${JSON.stringify(key)} is no place for ${digest}` };
    if ((await this.to.head(key, this.calls)) === undefined) {
      const lost = await this.#bring(key, digest, size);
      if (lost !== undefined) return lost;
    }
    this.#there.add(key);
    return undefined;
  }

  async #bring(key: string, digest: Digest, size: number | undefined): Promise<Lost | undefined> {
    const object = await this.from.get(key, this.calls);
    if (object === undefined)
      return { key, digest, code: "not_found", message: `[${this.from.name}] ${key} is missing` };
    const name = encodingOfKey(key);
    if (name !== undefined && size === undefined)
      return { key, digest, code: "damaged_log", message: `No entry says how many bytes ${key} unpacks to` };
    const encoding = name === undefined ? undefined : { name, size: size! };
    try {
      const body = checkedBytes(object, { digest, encoding, signal: this.signal });
      await this.put(key, body, object.info.size);
      return undefined;
    } catch (error) {
      if (!isModelkeepError(error) || !isDamage(error.code)) throw error;
      return { key, digest, code: error.code, message: `[${this.from.name}] ${error.message}` };
    }
  }

  /** Puts a small object, or finds the same there. Another one there is a `conflict`. */
  async putSame(key: string, bytes: Uint8Array): Promise<void> {
    if (await this.put(key, bytes, bytes.length)) return;
    const there = await this.to.get(key, this.calls);
    const found = there === undefined ? undefined : await collect(there.stream());
    if (found === undefined || !sameBytes(found, bytes)) throw goneApart(this, key);
  }

  /** Small objects under a prefix that are written once and are the same for ever. */
  async putAllSame(prefix: string): Promise<void> {
    for await (const { key } of this.from.list(prefix, this.calls)) {
      const object = await this.from.get(key, this.calls);
      if (object !== undefined && (await this.to.head(key, this.calls)) === undefined)
        await this.putSame(key, await collect(object.stream(this.calls)));
    }
  }

  /** True if it was not there. An outcome that is not known is found out. */
  async put(key: string, body: Body, size: number): Promise<boolean> {
    let told = 0;
    const tell = (bytes: number) => {
      this.#done += bytes - told;
      told = bytes;
      this.#progress?.({ done: this.#done });
    };
    const watched = body instanceof Uint8Array ? body : () => counted(body, tell);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.to.put(key, watched, { if: "absent", size, ...this.calls });
        break;
      } catch (error) {
        if (isModelkeepError(error, "already_exists")) {
          // After an answer that was lost, what is there is this one's.
          if (attempt === 1) {
            tell(0);
            return false;
          }
          break;
        }
        if (!isModelkeepError(error, "unknown_outcome") || attempt === attempts) throw error;
      }
    }
    this.objects++;
    this.bytes += size;
    tell(size);
    return true;
  }
}

/** Tells how many bytes have passed, each time that the body is opened. */
async function* counted(body: ByteSource, tell: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let passed = 0;
  for await (const piece of body()) {
    yield piece;
    tell((passed += piece.length));
  }
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

export function goneApart({ from, to }: Pick<Transfer, "from" | "to">, what: string): ModelkeepError {
  return new ModelkeepError(
    "conflict",
    `${what} is another one in [${from.name}] than in [${to.name}]: the two have gone different ways, or the history of one was rewritten. Nothing was written over; single versions can be copied`,
    { details: { key: what } },
  );
}

/** Whether an error says that bytes are not what they should be, or not there: other errors are the store's. */
export function isDamage(code: string): boolean {
  return ["digest_mismatch", "size_mismatch", "malformed", "truncated", "not_found"].includes(code);
}

/** Blobs, manifests and attestations carry their digest in their key. A log that names any other key must not be able to have it written. */
export function isPlaceOf(key: string, digest: Digest): boolean {
  if (key.startsWith(blobPrefix(digest))) return !key.slice(blobPrefix(digest).length).includes("/");
  const [, folder, file, ...rest] = key.slice(modelsPrefix.length).split("/");
  return (
    key.startsWith(modelsPrefix) &&
    rest.length === 0 &&
    (folder === "manifests" || folder === "attestations") &&
    file?.startsWith(`${digestHex(digest)}.`) === true &&
    file.endsWith(".json")
  );
}
