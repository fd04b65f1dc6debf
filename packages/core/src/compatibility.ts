import { ModelkeepError } from "./errors.js";
import type { Manifest } from "./manifest.js";
import { parseVersion, satisfies, type Version } from "./version.js";

/** What is running, or installed. */
export interface CurrentEnvironment {
  readonly runtime?: { readonly name: string; readonly version: string };
  readonly platform?: string;
  /** Installed libraries; one that is not in here is not installed. */
  readonly libraries?: Readonly<Record<string, string>>;
}

/** A library, or the runtime itself, that is not the one that was recorded. */
export interface Mismatch {
  /** "runtime", or the library's name. */
  readonly name: string;
  readonly recorded: string;
  /** Absent when it is not installed. */
  readonly current?: string;
  /**
   * "incompatible": another major version (below 1.0: another minor one), or a requirement is not met. "different":
   * older or newer within what semantic versioning calls compatible. "missing": not installed. "unknown": a version
   * that can't be read.
   */
  readonly kind: "incompatible" | "different" | "missing" | "unknown";
  /** For people. */
  readonly message: string;
}

/** What to do when libraries are not those that a model was made with: nothing, tell, or refuse with `incompatible`. */
export type CompatibilityPolicy = "ignore" | "warn" | "refuse";

/**
 * Compares what a manifest recorded with what is running, before a byte of the model is read: the runtime, the libraries
 * that one representation needs (or, without its name, those of the whole environment), and the npm requirements.
 * Libraries of another language (listed as requirements from PyPI, or recorded under another runtime) are compared only
 * where the current environment lists them.
 */
export function compareEnvironment(
  manifest: Pick<Manifest, "environment" | "representations" | "requirements">,
  current: CurrentEnvironment,
  options: { readonly representation?: string } = {},
): Mismatch[] {
  const mismatches: Mismatch[] = [];
  const recorded = manifest.environment?.runtime;
  if (recorded !== undefined && current.runtime?.name === recorded.name)
    mismatches.push(
      ...compare("runtime", `${recorded.name} ${recorded.version}`, recorded.version, current.runtime.version),
    );
  const representation = manifest.representations.find((each) => each.name === options.representation);
  const whole = options.representation === undefined;
  const libraries = representation?.libraries ?? (whole ? manifest.environment?.libraries : undefined);
  const elsewhere = new Set(manifest.requirements?.flatMap((each) => (each.ecosystem === "npm" ? [] : [each.name])));
  const running = current.runtime?.name;
  const otherRuntime = whole && recorded !== undefined && running !== undefined && recorded.name !== running;
  for (const [name, version] of Object.entries(libraries ?? {})) {
    const installed = own(current.libraries, name);
    if (installed === undefined && (otherRuntime || elsewhere.has(name))) continue;
    mismatches.push(...compare(name, `${name} ${version}`, version, installed));
  }
  for (const { ecosystem, name, version } of manifest.requirements ?? []) {
    if (ecosystem !== "npm" || own(libraries, name) !== undefined) continue;
    mismatches.push(...require(name, version, own(current.libraries, name)));
  }
  return mismatches;
}

/** Acts on mismatches: "refuse" throws `incompatible` for all but "different" ones, "warn" hands them to `warn`. */
export function applyPolicy(
  mismatches: readonly Mismatch[],
  policy: CompatibilityPolicy = "warn",
  warn: (mismatch: Mismatch) => void = () => {},
): void {
  if (policy === "ignore") return;
  const grave = mismatches.filter((each) => each.kind !== "different");
  if (policy === "refuse" && grave.length > 0) {
    throw new ModelkeepError(
      "incompatible",
      `The model was made with other versions than are running: ${grave.map((each) => each.message).join("; ")}. Install those, or choose the policy "warn"`,
      { details: { mismatches } },
    );
  }
  for (const each of mismatches) warn(each);
}

function compare(name: string, what: string, recorded: string, current: string | undefined): Mismatch[] {
  if (recorded === current) return [];
  if (current === undefined) return [{ name, recorded, kind: "missing", message: `${what} is not installed` }];
  const kind = kindOf(parseVersion(recorded), parseVersion(current));
  if (kind === undefined) return [];
  return [{ name, recorded, current, kind, message: `${what} was recorded, ${current} is running` }];
}

/** By semantic versioning 2.0.0: the leftmost number that is not 0 must be the same. */
function kindOf(recorded: Version | undefined, current: Version | undefined): Mismatch["kind"] | undefined {
  if (recorded === undefined || current === undefined) return "unknown";
  const same = (at: 0 | 1 | 2) => recorded.numbers[at] === current.numbers[at];
  if (same(0) && same(1) && same(2) && recorded.prerelease === current.prerelease) return undefined;
  if (!same(0)) return "incompatible";
  if (recorded.numbers[0] > 0) return "different";
  return same(1) && recorded.numbers[1] > 0 ? "different" : "incompatible";
}

function require(name: string, range: string, current: string | undefined): Mismatch[] {
  const what = `${name} ${range}`;
  if (current === undefined)
    return [{ name, recorded: range, kind: "missing", message: `${what} is required and not installed` }];
  const met = satisfies(current, range);
  if (met === true) return [];
  const kind = met === undefined ? "unknown" : "incompatible";
  return [{ name, recorded: range, current, kind, message: `${what} is required, ${current} is installed` }];
}

function own(record: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
