import type { Envelope, Inspection, Signature } from "@modelkeep/core";

import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import { foldsText } from "../folds.js";
import { inFile } from "../in-file.js";
import { openPath } from "../open-path.js";
import { treeLines } from "../object-tree.js";
import { counted, formatBytes, formatTime, type Output } from "../output.js";
import { specText } from "../spec-text.js";

/** Says what is in files and packages from the few ranges that tell; nothing of them is run. */
export async function run(context: Context): Promise<number> {
  const { codecs } = await context.plugins();
  const { output } = context;
  const results: unknown[] = [];
  let code: number = exitCodes.ok;
  for (const path of context.arguments) {
    const opened = await inFile(path, openPath(path, codecs, context.identities));
    if (opened.kind === "envelope") {
      const { envelope, form } = opened;
      results.push({ path, form, digest: envelope.digest, manifest: envelope.manifest });
      output.line(describeEnvelope(path, envelope, output));
      continue;
    }
    const { codec, payloads } = opened;
    const inspected = codec?.inspect?.(payloads, { signal: context.signal });
    const inspection: Inspection = (inspected && (await inFile(path, inspected))) ?? {
      summary: codec === undefined ? "a format that no codec here knows" : `a ${codec.name} file`,
    };
    results.push({ path, size: payloads.main.size, codec: codec?.name, ...inspection });
    output.line(describeInspection(path, payloads.main.size, codec?.name, inspection, output));
    if (inspection.findings?.some(({ level }) => level === "danger")) code = exitCodes.negative;
  }
  if (output.json) output.result(context.arguments.length === 1 ? results[0] : results, "");
  return code;
}

function describeInspection(
  path: string,
  size: number,
  codec: string | undefined,
  inspection: Inspection,
  output: Output,
): string {
  const lines = [`${output.style("bold", path)}  ${codec ?? "unknown"}, ${formatBytes(size)}: ${inspection.summary}`];
  for (const { level, message, offset } of inspection.findings ?? []) {
    const colour = level === "danger" ? "red" : level === "warning" ? "yellow" : "dim";
    lines.push(`  ${output.style(colour, level)}  ${message}${offset === undefined ? "" : ` (at byte ${offset})`}`);
  }
  if (inspection.signature !== undefined) lines.push(...signatureLines(inspection.signature));
  if (inspection.parameters !== undefined) lines.push(`  parameters  ${inspection.parameters.toLocaleString("en")}`);
  if (inspection.operators !== undefined && inspection.operators.length > 0) {
    lines.push(
      `  operators   ${inspection.operators.map(({ name, domain, count }) => `${domain ? `${domain}.` : ""}${name} x ${count}`).join(", ")}`,
    );
  }
  const { tree, globals, layers, keys, ...details } = inspection.details ?? {};
  const told = Object.entries(details).flatMap(([key, value]) => {
    const text = detailText(value);
    return text === "" ? [] : [[key, text] as const];
  });
  const width = Math.max(11, ...told.map(([key]) => key.length));
  for (const [key, text] of told) lines.push(`  ${key.padEnd(width)} ${text}`);
  if (Array.isArray(layers)) lines.push(...layerLines(layers as readonly Layer[]));
  if (typeof keys === "object" && keys !== null)
    lines.push(`  keys        ${Object.keys(keys).length} with what else the file tells (--json lists them)`);
  if (Array.isArray(globals)) lines.push(`  names       ${globals.length} that the file asks for (--json lists them)`);
  if (tree !== undefined) lines.push("  contents", ...treeLines(tree).map((line) => `    ${line}`));
  // An object tree has the arrays in their places.
  const tensors = tree === undefined ? (inspection.tensors ?? []) : [];
  for (const { name, dtype, shape } of tensors.slice(0, 12))
    lines.push(`  tensor      ${name} ${dtype}[${shape.join(", ")}]`);
  if (tensors.length > 12) lines.push(`  and ${tensors.length - 12} more tensors (--json lists them)`);
  return lines.join("\n");
}

export function describeEnvelope(path: string, { manifest, digest }: Envelope, output: Output): string {
  const size = manifest.payloads.reduce((sum, payload) => sum + payload.size, 0);
  const lines = [
    `${output.style("bold", path)}  envelope${manifest.name === undefined ? "" : ` of ${manifest.name}`}, ${counted(manifest.payloads.length, "file")}, ${formatBytes(size)}`,
    `  digest      ${digest}`,
    `  created     ${formatTime(manifest.created)}${manifest.author === undefined ? "" : ` by ${manifest.author.name}`}`,
  ];
  if (manifest.trained !== undefined) lines.push(`  trained     ${manifest.trained}`);
  if (manifest.description !== undefined) lines.push(`  description ${manifest.description}`);
  for (const { name, codec, flavor, payloads } of manifest.representations)
    lines.push(`  model       ${name}: ${codec}${flavor === undefined ? "" : ` (${flavor})`}, ${payloads.join(", ")}`);
  const modelFiles = new Set(manifest.representations.flatMap(({ payloads }) => payloads));
  for (const { path, role, size: bytes } of manifest.payloads)
    if (!modelFiles.has(path) && role !== "samples") lines.push(`  ${role.padEnd(11)} ${path}, ${formatBytes(bytes)}`);
  if (manifest.signature !== undefined) lines.push(...signatureLines(manifest.signature));
  const metrics = Object.entries(manifest.metrics ?? {});
  if (metrics.length > 0) lines.push(`  metrics     ${metrics.map(([name, value]) => `${name} ${value}`).join(", ")}`);
  for (const [name, scores] of Object.entries(manifest.crossValidation ?? {}))
    lines.push(`  folds       ${name} ${foldsText(scores)}`);
  if (manifest.samples !== undefined)
    lines.push(
      `  samples     ${manifest.samples.rows} rows${manifest.samples.bound === 0 ? ", exact" : `, bound ${manifest.samples.bound}`}`,
    );
  return lines.join("\n");
}

function signatureLines({ inputs, outputs }: Signature): string[] {
  return [
    ...inputs.map((each) => `  input       ${specText(each)}`),
    ...outputs.map((each) => `  output      ${specText(each)}`),
  ];
}

interface Layer {
  readonly name: string;
  readonly class: string;
  readonly shape?: unknown;
}

function layerLines(layers: readonly Layer[]): string[] {
  const lines = layers
    .slice(0, 24)
    .map(
      (layer) =>
        `  layer       ${layer.name} ${layer.class}${layer.shape === undefined ? "" : ` of ${JSON.stringify(layer.shape)}`}`,
    );
  return layers.length > 24 ? [...lines, `  and ${layers.length - 24} more layers (--json lists them)`] : lines;
}

function detailText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.entries(value)
      .map(([key, each]) => `${key} ${detailText(each)}`)
      .join(", ");
  return Array.isArray(value) ? value.map(detailText).join(" ") : String(value);
}
