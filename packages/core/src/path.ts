import { ModelkeepError } from "./errors.js";
import { foldName, hasControlCharacter, isDeviceName, utf8Length } from "./name.js";

/** A payload's path as it was given, or `invalid_path`: relative, "/"-separated, safe to lay out on any system. */
export function checkPath(path: string): string {
  const fault = pathFault(path);
  if (fault !== undefined) throw invalid(path, fault);
  return path;
}

/** What stands behind the last "/" of a path. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Each path alone, and all together: no two may meet on a file system that folds case or Unicode forms, or be file and folder at once.
 * @throws `invalid_path`
 */
export function checkPaths(paths: Iterable<string>): void {
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const path of paths) {
    checkPath(path);
    const segments = foldPath(path).split("/");
    const folded = segments.join("/");
    const other = files.get(folded) ?? folders.get(folded);
    if (other === path) throw invalid(path, "is there twice");
    if (other !== undefined) throw invalid(path, `would be the same file as ${JSON.stringify(other)} on some systems`);
    files.set(folded, path);
    for (let length = 1; length < segments.length; length++) {
      const folder = segments.slice(0, length).join("/");
      const file = files.get(folder);
      if (file !== undefined) throw invalid(path, `lies below ${JSON.stringify(file)}, which is a file`);
      folders.set(folder, path);
    }
  }
}

/** Equal for paths that one file system or another would not keep apart. */
export function foldPath(path: string): string {
  return path.split("/").map(foldName).join("/");
}

function pathFault(path: string): string | undefined {
  if (path === "") return "is empty";
  if (path.includes("\0")) return "has a NUL character";
  if (path.includes("\\")) return 'has a backslash: segments are parted by "/"';
  if (path.startsWith("/")) return "is absolute";
  if (/^[a-z]:/iu.test(path)) return "begins with a drive letter";
  if (!path.isWellFormed()) return "has half a surrogate pair";
  if (path.normalize("NFC") !== path) return "is not in Unicode normal form C";
  if (hasControlCharacter(path)) return "has a control character";
  if (utf8Length(path) > 800) return "has more than 800 bytes";
  for (const segment of path.split("/")) {
    if (segment === "") return "has an empty segment";
    if (segment === "..") return 'leaves the envelope by ".."';
    if (segment === ".") return 'has the segment "."';
    if (/[<>:"|?*]/u.test(segment)) return `has a character that Windows does not allow in ${JSON.stringify(segment)}`;
    if (/[. ]$/u.test(segment)) return `has a segment that ends in a dot or space: ${JSON.stringify(segment)}`;
    if (isDeviceName(segment)) return `has ${JSON.stringify(segment)}, the name of a device on Windows`;
    if (foldName(segment) === "") return "has a segment without a visible character";
    if (utf8Length(segment) > 240) return "has a segment of more than 240 bytes";
  }
  return undefined;
}

function invalid(path: string, fault: string): ModelkeepError {
  return new ModelkeepError("invalid_path", `The path ${JSON.stringify(path.slice(0, 120))} ${fault}`, {
    details: { path },
  });
}
