import type { Compression } from "../decompress/decompress.js";
import type { Memory } from "../input.js";
import { asMemory, type ReadPickleOptions, type StreamResult } from "../read.js";
import { FileScan, type ScannedFormat } from "./file-scan.js";
import type { ScanFinding, ScannedGlobal, Verdict } from "./finding.js";

/** How much a scan reads before it gives up. */
export type ScanOptions = Pick<ReadPickleOptions, "limits" | "signal">;

/** What a scan makes of a file. */
export interface ScanReport {
  readonly path: string;
  readonly verdict: Verdict;
  readonly findings: readonly ScanFinding[];
  /** Every name the file asks for, known ones included. */
  readonly globals: readonly ScannedGlobal[];
  /** What was found to scan; undefined when the file is nothing that a scan knows. */
  readonly format: ScannedFormat | undefined;
}

/**
 * Says what a file would do if Python loaded it, by its content whatever its name: pickles and joblib files, compressed
 * or not, several in a row, in ZIP archives (PyTorch, .npz), in arrays of objects. Trouble is a verdict, not an error.
 */
export function scanBytes(source: Memory | ArrayBuffer, path: string, options: ScanOptions = {}): ScanReport {
  return scanWithValue(source, path, options).report;
}

/** The scan, and what the first pickle of the file would be. */
export function scanWithValue(
  source: Memory | ArrayBuffer,
  path: string,
  options: ReadPickleOptions,
): {
  readonly report: ScanReport;
  readonly result: StreamResult | undefined;
  readonly compression: Compression | undefined;
} {
  const scan = new FileScan(options);
  let format: ScannedFormat | undefined;
  try {
    format = scan.file(asMemory(source), path);
  } catch (error) {
    scan.trouble(error);
  }
  const report = { path, verdict: scan.verdict, findings: scan.findings, globals: scan.globals, format };
  return { report, result: scan.first, compression: scan.compression };
}

/** `scanBytes` for something that is opened first, such as a payload. */
export async function scanFile(
  file: { readonly path: string; buffer(options?: { signal?: AbortSignal | undefined }): Promise<ArrayBuffer> },
  options: ScanOptions = {},
): Promise<ScanReport> {
  const buffer = await file.buffer({ signal: options.signal });
  return scanBytes(buffer, file.path, options);
}
