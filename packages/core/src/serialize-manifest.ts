import { compareCodePoints } from "./code-points.js";
import { ModelkeepError } from "./errors.js";
import type { Manifest } from "./manifest.js";

/** What people look for first comes first; other fields follow in code-point order. */
const order = `format name version created trained author description licence tags metrics parameters crossValidation
  pipeline signature inputs outputs data source environment requirements lineage samples representations path role type
  codec codecVersion flavor dtype shape mediaType size digest encoding chunks payloads content`.split(/\s+/u);
const rank = new Map(order.map((key, index) => [key, index]));
const width = 110;
/** Deep enough for every manifest that can be read again. */
const deepest = 64;

/**
 * The manifest as its bytes: JSON in UTF-8, indented by two spaces, short lists on one line, a newline at the end. Two
 * equal manifests give equal bytes, whatever the order of their fields.
 */
export function serializeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${write(manifest, "", 1)}\n`);
}

function write(value: unknown, indent: string, depth: number): string {
  if (depth > deepest) throw fault(`is nested deeper than ${deepest}`);
  if (typeof value === "number" && !Number.isFinite(value)) throw fault(`has the number ${value}, which JSON lacks`);
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return list(value, indent, depth);
  if (typeof value === "object") return record(value, indent, depth);
  throw fault(`has a ${typeof value}, which JSON lacks`);
}

function list(values: readonly unknown[], indent: string, depth: number): string {
  const inner = `${indent}  `;
  const items = values.map((item) => write(item, inner, depth + 1));
  const line = `[${items.join(", ")}]`;
  const short =
    line.length + indent.length <= width && values.every((item) => typeof item !== "object" || item === null);
  return short ? line : `[\n${items.map((item) => inner + item).join(",\n")}\n${indent}]`;
}

function record(value: object, indent: string, depth: number): string {
  const inner = `${indent}  `;
  const entries = Object.entries(value).filter((entry) => entry[1] !== undefined);
  if (entries.some(([key]) => key === "__proto__")) throw fault('has the key "__proto__"');
  entries.sort(([a], [b]) => (rank.get(a) ?? order.length) - (rank.get(b) ?? order.length) || compareCodePoints(a, b));
  const fields = entries.map(([key, item]) => `${inner}${quote(key)}: ${write(item, inner, depth + 1)}`);
  return fields.length === 0 ? "{}" : `{\n${fields.join(",\n")}\n${indent}}`;
}

function quote(text: string): string {
  if (!text.isWellFormed()) throw fault(`has half a surrogate pair in ${JSON.stringify(text.slice(0, 60))}`);
  return JSON.stringify(text);
}

function fault(message: string): ModelkeepError {
  return new ModelkeepError("invalid_manifest", `The manifest ${message}`);
}
