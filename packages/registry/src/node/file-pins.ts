import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

import { isDigest, ModelkeepError } from "@modelkeep/core";

import { memoryPins, type Pin, type Pins } from "../pins.js";

/** Which registry the pins are of, and how the file is kept short. */
export interface FilePinsOptions {
  /** Which registry, where one file serves several: the URL of its store, say. */
  readonly of?: string | undefined;
  /** From this many lines on, those that longer histories have overtaken are dropped. Default 1000. */
  readonly compactFrom?: number | undefined;
}

/**
 * Pins in a file that any number of processes share. Whoever sees a longer history appends one line; the longest counts, so nothing that
 * was seen is forgotten whoever writes last. Keep it where the store's writers can't reach it.
 */
export function filePins(path: string, { of = "", compactFrom = 1000 }: FilePinsOptions = {}): Pins {
  mkdirSync(dirname(path), { recursive: true });
  const file = new SharedFile(path, compactFrom);
  const keyed = (model: string) => `${of}\n${model}`;
  return {
    get: (model) => file.get(keyed(model)),
    advance: (model, pin) => file.advance(keyed(model), pin),
  };
}

/** Keys are a registry and a model, parted by a line feed. */
class SharedFile implements Pins {
  readonly #path: string;
  readonly #compactFrom: number;
  readonly #pins = memoryPins();
  readonly #keys = new Set<string>();
  #file = 0;
  #offset = 0;
  #lines = 0;

  constructor(path: string, compactFrom: number) {
    this.#path = path;
    this.#compactFrom = compactFrom;
  }

  get(key: string): Pin | undefined {
    this.#refresh();
    return this.#pins.get(key);
  }

  advance(key: string, pin: Pin): void {
    if (pin.length <= (this.get(key)?.length ?? 0)) return;
    this.#take(key, pin);
    this.#append(lineOf(key, pin));
    if (this.#lines >= this.#compactFrom && this.#lines > 2 * this.#keys.size) this.#compact();
  }

  /** Takes in what came since, of this and other processes. */
  #refresh(): void {
    const descriptor = openIfThere(this.#path);
    if (descriptor === undefined) return;
    try {
      const { ino, size } = fstatSync(descriptor);
      if (ino !== this.#file || size < this.#offset) {
        this.#file = ino;
        this.#offset = 0;
        this.#lines = 0;
      }
      this.#offset = this.#read(descriptor, this.#offset);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Whole lines from an offset on; gives the offset behind the last of them. */
  #read(descriptor: number, offset: number): number {
    const size = fstatSync(descriptor).size - offset;
    if (size <= 0) return offset;
    const bytes = Buffer.alloc(size);
    const text = bytes.subarray(0, readSync(descriptor, bytes, 0, size, offset));
    const end = text.lastIndexOf("\n") + 1;
    for (const line of text.toString("utf8", 0, end).split("\n")) {
      const found = line === "" ? undefined : readLine(line);
      if (found === undefined) continue;
      this.#lines++;
      this.#take(found.key, found.pin);
    }
    return offset + end;
  }

  #take(key: string, pin: Pin): void {
    this.#keys.add(key);
    this.#pins.advance(key, pin);
  }

  /** One write at the end of the file. If it was replaced meanwhile, the line goes into the new one too. */
  #append(text: string): void {
    for (let attempt = 0; attempt < 8; attempt++) {
      const descriptor = openSync(this.#path, "a", 0o600);
      try {
        // The line feed before it ends whatever a process left behind that was cut off while it wrote.
        writeSync(descriptor, `\n${text}\n`);
        if (fstatSync(descriptor).ino === inodeOf(this.#path)) return;
      } finally {
        closeSync(descriptor);
      }
    }
    throw new ModelkeepError("io_error", `${this.#path} is replaced all the time: pins can't be kept in it`);
  }

  /** Writes the file anew with one line for each model. What others append meanwhile is brought over. */
  #compact(): void {
    const lock = `${this.#path}.compacting`;
    if (!takeLock(lock)) return;
    const old = openIfThere(this.#path);
    try {
      if (old === undefined) return;
      const seen = this.#read(old, 0);
      const partial = `${this.#path}.${process.pid}.partial`;
      writeAll(partial, Array.from(this.#keys, (key) => lineOf(key, this.#pins.get(key)!)).join("\n"));
      renameSync(partial, this.#path);
      this.#bringOver(old, seen);
      this.#file = 0;
      this.#refresh();
    } catch (error) {
      // Where a file that others have open can't be replaced, it stays as long as it is.
      if (!["EPERM", "EACCES", "EBUSY"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    } finally {
      if (old !== undefined) closeSync(old);
      rmSync(lock, { force: true });
    }
  }

  #bringOver(old: number, from: number): void {
    const size = fstatSync(old).size - from;
    if (size <= 0) return;
    const bytes = Buffer.alloc(size);
    this.#append(bytes.toString("utf8", 0, readSync(old, bytes, 0, size, from)).trim());
  }
}

function lineOf(key: string, { length, head }: Pin): string {
  const [of, model] = key.split("\n");
  return JSON.stringify({ ...(of !== "" && { of }), model, length, head });
}

/** `undefined` for what a process left that was cut off while it wrote. */
function readLine(line: string): { readonly key: string; readonly pin: Pin } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { of = "", model, length, head } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof of !== "string" || typeof model !== "string" || !Number.isSafeInteger(length) || !isDigest(head))
    return undefined;
  return { key: `${of}\n${model}`, pin: { length: length as number, head } };
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function writeAll(path: string, text: string): void {
  const descriptor = openSync(path, "w", 0o600);
  try {
    writeSync(descriptor, `${text}\n`);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether this process may compact now. A lock that is older than a minute was left by one that is gone. */
function takeLock(path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there !== undefined && Date.now() - there.mtimeMs > 60_000) rmSync(path, { force: true });
  try {
    closeSync(openSync(path, "wx"));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
