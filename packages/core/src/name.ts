import { ModelkeepError } from "./errors.js";

const nameLimit = 200;
const segmentLimit = 240;

const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;
const direction = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const ignorable = /\p{Default_Ignorable_Code_Point}/gu;
const ascii = /^[\u0000-\u007f]*$/u;
const encoder = new TextEncoder();
/** Windows passes over spaces and what follows a dot: `nul .txt` is the device too. */
const deviceName = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)/iu;

/**
 * The name of a model, alias, label or tag, as it was given, or `invalid_name`: NFC text without `/ : @` or control
 * characters, at most 200 bytes of UTF-8, no space at either end.
 */
export function checkName(name: string, what = "model"): string {
  const fault = nameFault(name);
  if (fault !== undefined) {
    throw new ModelkeepError("invalid_name", `The ${what} name ${JSON.stringify(name.slice(0, 80))} ${fault}`, {
      details: { name },
    });
  }
  return name;
}

/**
 * An alias or a label is a name that is not all digits, since those are version numbers.
 * @throws `invalid_name`
 */
export function checkAlias(name: string, what = "alias"): string {
  if (/^\d+$/u.test(name)) {
    throw new ModelkeepError(
      "invalid_name",
      `The ${what} ${JSON.stringify(name)} is all digits: that would read as a version number`,
    );
  }
  return checkName(name, what);
}

function nameFault(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name === "." || name === "..") return "is a path, not a name";
  if (!name.isWellFormed()) return "has half a surrogate pair";
  if (name.normalize("NFC") !== name) return "is not in Unicode normal form C: normalise it first";
  const bad = /[/:@]/u.exec(name);
  if (bad !== null) return `has "${bad[0]}", which separates names, versions and digests`;
  if (control.test(name)) return "has a control character";
  if (direction.test(name)) return "has a character that changes the direction of text";
  if (name.trim() !== name) return "begins or ends with a space";
  if (utf8Length(name) > nameLimit) return `has more than ${nameLimit} bytes of UTF-8`;
  if (foldName(name) === "") return "has no visible character";
  if (utf8Length(nameToSegment(name)) > segmentLimit) return "has too many characters that must be escaped in a key";
  return undefined;
}

/** Two names with one fold can't both exist: NFKC, case folded, invisible characters dropped. */
export function foldName(name: string): string {
  if (ascii.test(name)) return name.toLowerCase();
  // Lower case first, for what has a capital form of its own and another in words: ẞ, ß and SS are one.
  const folded = name.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().normalize("NFKC");
  return folded.replace(ignorable, "");
}

const unsafe = /[%\\<>"|?*\u0000-\u001f]|[. ]$/gu;

/** A name as one segment of a key: itself, with only what is unsafe in file names percent-encoded. */
export function nameToSegment(name: string): string {
  const escaped = name.replace(unsafe, percent);
  return deviceName.test(escaped) ? percent(escaped[0]!) + escaped.slice(1) : escaped;
}

/** The name that a segment stands for, or `undefined` when no name is written like this. */
export function segmentToName(segment: string): string | undefined {
  let name: string;
  try {
    name = decodeURIComponent(segment);
  } catch {
    return undefined;
  }
  return nameFault(name) === undefined && nameToSegment(name) === segment ? name : undefined;
}

export function isDeviceName(segment: string): boolean {
  return deviceName.test(segment);
}

export function hasControlCharacter(text: string): boolean {
  return control.test(text);
}

export function utf8Length(text: string): number {
  return ascii.test(text) ? text.length : encoder.encode(text).length;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
