import { type Inspection, isModelkeepError, type PayloadSet } from "@modelkeep/core";
import type { ScanReport } from "@modelkeep/pickle";

/** What a scan says of one file. */
export type FileReport = Pick<ScanReport, "path" | "verdict"> & {
  readonly findings: readonly { readonly message: string }[];
  readonly format: ScanReport["format"] | "keras";
};

/** What Keras would run when it loads a file; undefined for a file that is not one of Keras'. */
export async function scanKeras(
  payloads: PayloadSet,
  path: string,
  signal: AbortSignal | undefined,
): Promise<FileReport | undefined> {
  const { kerasCodec } = await import("@modelkeep/codec-keras");
  const codec = kerasCodec();
  const { main } = payloads;
  if (codec.sniff!(await main.range(0, Math.min(65_536, main.size)), path) !== "yes") return undefined;
  try {
    const { findings = [] } = await codec.inspect!(payloads, signal === undefined ? {} : { signal });
    return { path, format: "keras", verdict: verdictOf(findings), findings };
  } catch (error) {
    if (!isModelkeepError(error) || error.code === "aborted") throw error;
    const verdict = error.code === "limit_exceeded" ? "limit" : error.code === "unsupported" ? "unknown" : "malformed";
    return { path, format: "keras", verdict, findings: [{ message: error.message }] };
  }
}

function verdictOf(findings: NonNullable<Inspection["findings"]>): FileReport["verdict"] {
  const levels = findings.map(({ level }) => level);
  if (levels.includes("danger")) return "dangerous";
  return levels.includes("warning") ? "unknown" : "clean";
}
