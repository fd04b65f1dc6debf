import { isModelkeepError } from "@modelkeep/core";

import { type Compression, compressionOf } from "../decompress/decompress.js";
import { checkDepth } from "../depth.js";
import type { Memory } from "../input.js";
import { resolveLimits } from "../limits.js";
import { isNpy, readNpy } from "../npy.js";
import { NumpyArray } from "../numpy-array.js";
import {
  headOf,
  isZip,
  openStream,
  type PickleStream,
  type ReadPickleOptions,
  runStream,
  type StreamResult,
} from "../read.js";
import { PickleGlobal, PickleObject } from "../value.js";
import { findZipEnd, type ZipEntry, zipEntries } from "../zip.js";
import { type ScanFinding, type ScannedGlobal, type Verdict, worst } from "./finding.js";
import { ScanningPolicy } from "./scanning-policy.js";

/** What a scan knows how to look into. */
export type ScannedFormat = "pickle" | "npy" | "zip";

const mostStreams = 100;
const deepest = 4;

/** One file on its way through the scan. */
export class FileScan {
  readonly findings: ScanFinding[] = [];
  readonly globals: ScannedGlobal[] = [];
  #archiveDamaged = false;
  /** The archive is only what a file is when read from its end. */
  #polyglot = false;

  /** What the first pickle leaves. */
  first: StreamResult | undefined;
  compression: Compression | undefined;

  constructor(private readonly options: ReadPickleOptions) {}

  get verdict(): Verdict {
    // A damaged archive is not one that loaders agree on, whatever else is in it.
    return this.#archiveDamaged ? "malformed" : worst(this.findings.map((finding) => finding.verdict));
  }

  trouble(error: unknown, within?: string): void {
    if (!isModelkeepError(error)) throw error;
    if (error.code === "aborted") throw error;
    const verdict = error.code === "limit_exceeded" ? "limit" : "malformed";
    const { offset } = error.details as { offset?: number };
    this.#add({ verdict, kind: "stream", message: error.message, ...(offset === undefined ? {} : { offset }) }, within);
  }

  file(memory: Memory, path: string): ScannedFormat | undefined {
    const head = headOf(memory);
    if (isZip(head)) {
      this.#archive(memory);
      return "zip";
    }
    if (isNpy(head)) {
      this.#npy(memory);
      return "npy";
    }
    const stream = openStream(memory, this.options);
    this.compression = stream.compression;
    // joblib 0.9 keeps the bare bytes of an array in such a file.
    if (stream.compression === "zfile" && /_\d+\.npy\.z$/.test(path)) return "npy";
    const ended = this.#streams(stream, undefined, 0);
    if (stream.trailing > 0) this.#trailing(stream.trailing, "the compressed data");
    const recognised = ended || this.findings.some((finding) => finding.verdict !== "malformed") || stream.compression;
    return recognised ? "pickle" : undefined;
  }

  /** Every pickle of a stream, one after the other. Says whether the first one ends as it should. */
  #streams(stream: PickleStream, within: string | undefined, depth: number, references = false): boolean {
    let start = 0;
    let torch = references;
    for (let index = 0; index < mostStreams; index++) {
      const policy = new ScanningPolicy(torch);
      const place = index === 0 ? within : join(within, `the pickle at byte ${start}`);
      try {
        const result = runStream(stream, policy, this.options, start, () => new NumpyArray());
        this.#keep(policy, place, depth);
        this.first ??= result;
        checkDepth(result.value, resolveLimits(this.options.limits).depth);
        // The first pickle of PyTorch's old format is this number; later ones refer to tensors behind them.
        if (result.value === 119547037146038801333356n) torch = true;
        start += result.size;
        if (result.trailing === 0) return true;
        if (torch && index > 3) return true;
      } catch (error) {
        if (index === 0) {
          this.#keep(policy, place, depth);
          this.trouble(error, place);
          return false;
        }
        // What follows a pickle need not be one; it counts when it asks for something.
        if (policy.findings.some((finding) => finding.verdict === "dangerous" || finding.verdict === "unknown"))
          this.#keep(policy, place, depth);
        else this.#trailing(stream.memory.byteLength - start, "the pickle");
        this.#hiddenArchive(stream.memory, within);
        return true;
      }
    }
    this.#add({ verdict: "limit", kind: "stream", message: `Holds more than ${mostStreams} pickles in a row` }, within);
    return true;
  }

  #keep(policy: ScanningPolicy, within: string | undefined, depth: number): void {
    for (const finding of policy.findings) this.#add(finding, within);
    this.globals.push(...policy.globals);
    if (depth >= deepest) return;
    for (const bytes of policy.payloads) {
      if (bytes[0] !== 0x80 && compressionOf(bytes) === undefined) continue;
      const place = join(within, "bytes given to a call");
      try {
        this.#streams(openStream(bytes, this.options), place, depth + 1);
      } catch (error) {
        this.trouble(error, place);
      }
    }
  }

  #trailing(count: number, what: string): void {
    const message = `${count} bytes follow ${what}: Python ignores them, another reader may not`;
    this.#add({ verdict: "clean", kind: "trailing", message });
  }

  /** A file can be a pickle from its start and an archive from its end. */
  #hiddenArchive(memory: Memory, within: string | undefined): void {
    if (findZipEnd(memory) === undefined) return;
    this.#polyglot = true;
    this.#add(
      { verdict: "unknown", kind: "archive", message: "Is a ZIP archive as well, if read from its end" },
      within,
    );
    try {
      this.#archive(memory, within);
    } catch (error) {
      this.trouble(error, within);
    }
  }

  #archive(memory: Memory, within?: string): void {
    const entries = zipEntries(memory);
    const torch = entries.some((entry) => /(^|\/)data\.pkl$/.test(entry.name));
    let scanned = 0;
    for (const entry of entries) {
      const place = join(within, entry.name);
      try {
        if (this.#archived(entry, place, torch)) scanned++;
      } catch (error) {
        this.trouble(error, place);
        scanned++;
      }
    }
    if (scanned === 0)
      this.#add(
        { verdict: "malformed", kind: "archive", message: "The ZIP archive holds neither pickles nor arrays" },
        within,
      );
  }

  /** Whether there was something to scan. */
  #archived(entry: ZipEntry, place: string, torch: boolean): boolean {
    const head = entry.head();
    const npy = isNpy(head);
    const named = /\.(pkl|pickle|joblib|pt|pth|bin)$/i.test(entry.name);
    const binary = head[0] === 0x80 && head[1] !== undefined && head[1] <= 5;
    const text = head.length > 0 && /^[cip(\]})IFSVNL]/.test(String.fromCharCode(head[0] as number));
    if (named && !binary && !text && compressionOf(head) === undefined) {
      this.#archiveTrouble(`${entry.name} of the ZIP archive is not a pickle`, place);
      return true;
    }
    if (!npy && !named && !binary && !text) return false;
    const { memory, damaged } = entry.content(resolveLimits(this.options.limits));
    if (damaged) {
      if (!this.#polyglot) this.#archiveDamaged = true;
      this.#archiveTrouble(
        `${entry.name} of the ZIP archive has a wrong checksum: some loaders do not look at it`,
        place,
      );
    }
    if (npy) {
      this.#npy(memory, place);
      return true;
    }
    if (!named && !binary) return this.#perhaps(memory, place);
    this.#streams(openStream(memory, this.options), place, 0, torch);
    return true;
  }

  /** Text in an archive that could be a pickle of protocol 0: it is one when it runs to its end, and asks for something. */
  #perhaps(memory: Memory, place: string): boolean {
    const trial = new FileScan(this.options);
    const ended = trial.#streams({ memory, compression: undefined, trailing: 0 }, place, 0);
    if (!ended || trial.globals.length === 0) return false;
    this.findings.push(...trial.findings);
    this.globals.push(...trial.globals);
    return true;
  }

  #archiveTrouble(message: string, within: string): void {
    this.#add({ verdict: "malformed", kind: "archive", message }, within);
  }

  /** An array file: only arrays of objects hold a pickle. */
  #npy(memory: Memory, within?: string): void {
    readNpy(memory, (input) => {
      const rest = input.takeMemory(input.remaining);
      this.#streams({ memory: rest, compression: undefined, trailing: 0 }, within, 0);
      return new PickleObject(new PickleGlobal("numpy", "ndarray", "class"));
    });
  }

  #add(finding: ScanFinding, within?: string): void {
    this.findings.push(within === undefined ? finding : { ...finding, within });
  }
}

function join(outer: string | undefined, inner: string): string {
  return outer === undefined ? inner : `${outer}: ${inner}`;
}
