import { ModelkeepError } from "@modelkeep/core";

/** The folder in the store's root that holds what is being written. */
export const temporaryFolder = ".tmp";

const windows = process.platform === "win32";
const windowsDevice = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?=\.|$)/i;

/**
 * The file name of a key's segment: the segment itself, but for what cannot be a name here. Such characters become "^"
 * and their code in two hexadecimal digits; so does a "^" that would look like one of these.
 */
export function segmentToFileName(segment: string, isFirst: boolean, onWindows = windows): string {
  if (isPlain(segment, isFirst, onWindows)) return segment;
  let name = segment.replace(/\^(?=[0-9a-f]{2})/g, escape);
  if (isFirst && name.toLowerCase() === temporaryFolder) name = escape(".") + name.slice(1);
  if (onWindows) {
    name = name.replace(/[<>:"|?*]/g, escape).replace(/[. ]$/, escape);
    if (windowsDevice.test(name)) name = escape(name[0]!) + name.slice(1);
  }
  if (name.length > 85 && new TextEncoder().encode(name).length > 255)
    throw new ModelkeepError("invalid_key", `[fs] The segment ${JSON.stringify(segment)} makes too long a file name`);
  return name;
}

/** The segment of a file name, or undefined for a file that the store did not write. */
export function fileNameToSegment(name: string, isFirst: boolean, onWindows = windows): string | undefined {
  if (isPlain(name, isFirst, onWindows)) return name;
  const segment = name.replace(/\^([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  try {
    return segmentToFileName(segment, isFirst, onWindows) === name ? segment : undefined;
  } catch {
    // Only a name that is too long: not one of ours.
    return undefined;
  }
}

/** Most names need no further look. */
function isPlain(name: string, isFirst: boolean, onWindows: boolean): boolean {
  return !onWindows && !isFirst && !name.includes("^");
}

function escape(character: string): string {
  return `^${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
