import { checkPath, foldPath, ModelkeepError } from "@modelkeep/core";

import { ByteReader } from "./byte-reader.js";
import { blockSize, malformed, readAttributes, readHeader, text } from "./tar-header.js";

export interface TarEntry {
  /** Relative, "/"-separated, safe to lay out on any system: `checkPath` holds. */
  readonly path: string;
  /** Where a link leads is not told: nobody here follows one. */
  readonly type: "file" | "folder" | "link" | "device";
  /** 0 but for files. */
  readonly size: number;
  /** Where its bytes begin in the archive. */
  readonly offset: number;
  /** A file's bytes, once, until the next entry is asked for. What is not read is passed over. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface TarOptions {
  /** What errors call the archive. */
  readonly what?: string | undefined;
  /** Entries. Default 100,000. */
  readonly entries?: number | undefined;
  /** Bytes of all files together. Default 1 TiB. */
  readonly bytes?: number | undefined;
}

/** Long names and attributes are kept in memory. */
const longest = 1 << 20;

/**
 * The entries of a tar archive (old, ustar, pax, GNU), in one pass, holding a piece of it at a time. `invalid_path` for one
 * that would leave its folder, that is there twice, or lies below a file or a link; `malformed` or `truncated` for what is no
 * archive or ends early; `unsupported` for sparse files and other rarities; `limit_exceeded` beyond the limits.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  { what = "The archive", entries = 100_000, bytes = 2 ** 40 }: TarOptions = {},
): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new ByteReader(source);
  const places = new Places(what, entries);
  let count = 0;
  let total = 0;
  /** What an entry before says of the next one. */
  let next: { path?: string | undefined; size?: number | undefined } = {};
  const whole = async (size: number): Promise<Uint8Array> => {
    if (size > longest) throw beyond(`${what} has a name or attributes of ${size} bytes`);
    const content = await reader.take(size);
    if (content.length < size || (await reader.skip(padding(size))) < padding(size)) throw cut(what);
    return content;
  };
  try {
    for (;;) {
      const block = await reader.take(blockSize);
      if (block.length < blockSize) throw cut(what);
      if (isZero(block)) break;
      const header = readHeader(block, what);
      if (++count > entries) throw beyond(`${what} has more than ${entries} entries`);
      if (header.flag === "g") {
        if (namesSomething(readAttributes(await whole(header.size), what)))
          throw malformed(`${what} gives all of its entries one name or size`);
        continue;
      }
      if (header.flag === "x") {
        const attributes = readAttributes(await whole(header.size), what);
        if ([...attributes.keys()].some((key) => key.startsWith("GNU.sparse.")))
          throw unsupported(what, "sparse files");
        next = { path: attributes.get("path") ?? next.path, size: sizeIn(attributes, what) ?? next.size };
        continue;
      }
      if (header.flag === "L" || header.flag === "K") {
        const name = text(await whole(header.size), what);
        if (header.flag === "L") next.path = name;
        continue;
      }
      const type = types.get(header.flag);
      if (type === undefined) throw unsupported(what, `entries of the kind ${JSON.stringify(header.flag)}`);
      const size = next.size ?? header.size;
      const path = plainPath(next.path ?? header.name);
      next = {};
      if (type !== "file" && size !== 0) throw malformed(`${what} has a ${type} of ${size} bytes: only files have any`);
      total += size;
      if (total > bytes) throw beyond(`${what} holds more than ${bytes} bytes`);
      // The folder that everything lies in.
      if (type === "folder" && path === "") continue;
      places.add(path, type);
      let left = size;
      let current = true;
      const body = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        while (left > 0) {
          if (!current)
            throw new TypeError(`The bytes of ${path} are read before the next entry is asked for, or never`);
          const piece = await reader.some(left);
          if (piece === undefined) throw cut(what);
          left -= piece.length;
          yield piece;
        }
      };
      yield { path, type, size, offset: reader.position, body: body() };
      current = false;
      const rest = left + padding(size);
      if ((await reader.skip(rest)) < rest) throw cut(what);
    }
    // A second block of zeros and, from most programs, more; also what a compressed stream checks at its end.
    for (let piece; (piece = await reader.some(1 << 20)) !== undefined;)
      if (!isZero(piece)) throw malformed(`Something follows the end of ${what}`);
  } finally {
    await reader.close();
  }
}

const types: ReadonlyMap<string, TarEntry["type"]> = new Map([
  ["0", "file"],
  ["1", "link"],
  ["2", "link"],
  ["3", "device"],
  ["4", "device"],
  ["5", "folder"],
  ["6", "device"],
]);

/** Which paths are taken, so that no entry lies over another one, and none behind a link. */
class Places {
  readonly #taken = new Map<string, TarEntry["type"]>();

  constructor(
    private readonly what: string,
    private readonly most: number,
  ) {}

  add(path: string, type: TarEntry["type"]): void {
    try {
      checkPath(path);
    } catch (cause) {
      throw new ModelkeepError("invalid_path", `${this.what}: ${(cause as Error).message}`, {
        cause,
        details: { path },
      });
    }
    const segments = foldPath(path).split("/");
    for (let length = 1; length < segments.length; length++)
      this.#put(segments.slice(0, length).join("/"), "folder", path);
    this.#put(segments.join("/"), type, path);
  }

  #put(place: string, type: TarEntry["type"], path: string): void {
    const before = this.#taken.get(place);
    if (before !== undefined && !(before === "folder" && type === "folder"))
      throw new ModelkeepError(
        "invalid_path",
        `${this.what} has ${JSON.stringify(path.slice(0, 120))} where it has a ${before} already, on some systems at least`,
        { details: { path } },
      );
    this.#taken.set(place, type);
    if (this.#taken.size > this.most) throw beyond(`${this.what} has more than ${this.most} files and folders`);
  }
}

/** "./a//b/" as "a/b". What leads elsewhere stays, and is refused. */
function plainPath(name: string): string {
  const path = name.split("/").filter((segment) => segment !== "." && segment !== "");
  return name.startsWith("/") ? `/${path.join("/")}` : path.join("/");
}

function namesSomething(attributes: ReadonlyMap<string, string>): boolean {
  return ["path", "size", "linkpath"].some((key) => attributes.has(key));
}

function sizeIn(attributes: ReadonlyMap<string, string>, what: string): number | undefined {
  const size = attributes.get("size");
  if (size === undefined) return undefined;
  if (!/^\d{1,16}$/u.test(size) || !Number.isSafeInteger(Number(size)))
    throw malformed(`${what} has an entry whose size is no number`);
  return Number(size);
}

function padding(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function cut(what: string): ModelkeepError {
  return new ModelkeepError("truncated", `${what} ends before its end`);
}

function beyond(message: string): ModelkeepError {
  return new ModelkeepError("limit_exceeded", message);
}

function unsupported(what: string, kind: string): ModelkeepError {
  return new ModelkeepError("unsupported", `${what} has ${kind}, which are not read`);
}
