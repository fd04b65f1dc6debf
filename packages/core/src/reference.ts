import { type Digest, isDigest } from "./digest.js";
import { ModelkeepError } from "./errors.js";
import { checkName } from "./name.js";

/** What stands after the "@": a version number, a digest, or an alias or label (an alias first). */
export type Selector =
  | { readonly kind: "version"; readonly version: number }
  | { readonly kind: "digest"; readonly digest: Digest }
  | { readonly kind: "name"; readonly name: string };

/** `credit-scorer@production`, taken apart. */
export interface Reference {
  readonly name: string;
  /** Absent when only the model is named. */
  readonly selector?: Selector;
}

/**
 * `credit-scorer@production`, `@3`, `@v2.1`, `@sha256:…`, or the bare name; else `invalid_reference`.
 * @throws `invalid_name`, `invalid_reference` or `invalid_digest`, by the part that is wrong
 */
export function parseReference(text: string): Reference {
  const at = text.indexOf("@");
  const name = at < 0 ? text : text.slice(0, at);
  try {
    checkName(name);
    return at < 0 ? { name } : { name, selector: parseSelector(text.slice(at + 1)) };
  } catch (cause) {
    throw new ModelkeepError(
      "invalid_reference",
      `${JSON.stringify(text.slice(0, 120))} is no reference: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/**
 * Reads what stands behind the `@` of a reference: a version, a digest, or the name of an alias or label.
 * @throws `invalid_digest`, `invalid_reference` or `invalid_name` where it is none of them
 */
export function parseSelector(text: string): Selector {
  if (text.startsWith("sha256:")) {
    if (isDigest(text)) return { kind: "digest", digest: text };
    throw new ModelkeepError("invalid_digest", `after "sha256:" come 64 lower-case hexadecimal digits`);
  }
  if (/^\d+$/u.test(text)) {
    const version = Number(text);
    if (version >= 1 && Number.isSafeInteger(version) && String(version) === text) return { kind: "version", version };
    throw new ModelkeepError(
      "invalid_reference",
      `a version is a whole number from 1 on, without leading zeros, not ${text.slice(0, 40)}`,
    );
  }
  return { kind: "name", name: checkName(text, "alias or label") };
}
