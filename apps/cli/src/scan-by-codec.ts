import { type Codec, type Inspection, isModelkeepError, type PayloadSet } from "@modelkeep/core";
import type { ScanReport } from "@modelkeep/pickle";

/** What a scan says of one file. */
export type FileReport = Pick<ScanReport, "path" | "verdict"> & {
  readonly findings: readonly { readonly message: string }[];
  readonly format: ScanReport["format"] | "keras" | "gguf" | "tfjs";
};

/** Formats that are no pickles and may carry code nonetheless. */
const codecs: readonly { readonly format: "keras" | "gguf" | "tfjs"; readonly load: () => Promise<Codec> }[] = [
  { format: "gguf", load: async () => (await import("@modelkeep/codec-gguf")).ggufCodec() },
  { format: "keras", load: async () => (await import("@modelkeep/codec-keras")).kerasCodec() },
  { format: "tfjs", load: async () => (await import("@modelkeep/codec-tfjs")).tfjsCodec() },
];

/** What a runtime would run when it loads a file, as its codec tells; undefined for a file of other formats. */
export async function scanByCodec(
  payloads: PayloadSet,
  path: string,
  signal: AbortSignal | undefined,
): Promise<FileReport | undefined> {
  const { main } = payloads;
  const head = await main.range(0, Math.min(65_536, main.size));
  for (const { format, load } of codecs) {
    const codec = await load();
    if (codec.sniff!(head, path) === "yes") return inspected(codec, format, payloads, path, signal);
  }
  return undefined;
}

async function inspected(
  codec: Codec,
  format: FileReport["format"],
  payloads: PayloadSet,
  path: string,
  signal: AbortSignal | undefined,
): Promise<FileReport> {
  try {
    const { findings = [] } = await codec.inspect!(payloads, { signal });
    return { path, format, verdict: verdictOf(findings), findings };
  } catch (error) {
    if (!isModelkeepError(error) || error.code === "aborted") throw error;
    const verdict = error.code === "limit_exceeded" ? "limit" : error.code === "unsupported" ? "unknown" : "malformed";
    return { path, format, verdict, findings: [{ message: error.message }] };
  }
}

function verdictOf(findings: NonNullable<Inspection["findings"]>): FileReport["verdict"] {
  const levels = findings.map(({ level }) => level);
  if (levels.includes("danger")) return "dangerous";
  return levels.includes("warning") ? "unknown" : "clean";
}
