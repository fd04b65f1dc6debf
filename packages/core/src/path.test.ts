import { describe, expect, it } from "vitest";

import { isModelkeepError } from "./errors.js";
import { checkName } from "./name.js";
import { checkPath, checkPaths } from "./path.js";

function messageOf(action: () => unknown, code: string): string {
  try {
    action();
  } catch (error) {
    if (isModelkeepError(error, code)) return error.message;
    throw error;
  }
  return "accepted";
}

/** What is wrong with each of these paths, in words of its own. */
const faults: readonly (readonly [sentence: string, ...paths: readonly string[]])[] = [
  ["is empty", ""],
  ['leaves the envelope by ".."', "..", "../evil.bin", "a/../../evil.bin", "a/.."],
  ["is absolute", "/etc/passwd", "//host/share"],
  ["begins with a drive letter", "C:evil.bin", "c:/evil.bin", "Z:"],
  ["has a NUL character", "evil.bin\0.txt", "a/\0"],
  ['has a backslash: segments are parted by "/"', "..\\evil.bin", "\\\\host\\share", "a\\b"],
  ["the name of a device on Windows", "NUL", "a/con", "aux.txt", "Com1.tar.gz", "lpt9", "COM¹", "conin$", "CONOUT$.log", "nul .txt"],
  ["has a character that Windows does not allow", "ab:c", "what?", "a/*", "a<b", "a>b", "a|b", 'a"b'],
  ["has a segment that ends in a dot or space", "evil.", "a /b", "a/b "],
  ['has the segment "."', ".", "./a", "a/./b"],
  ["has an empty segment", "a//b", "a/"],
  ["is not in Unicode normal form C", "e\u0301.bin"],
  ["has half a surrogate pair", "a\ud83d"],
  ["has a control character", "a\nb", "a\u007f", "a\u2028b"],
  ["has a segment without a visible character", "a/\u200b"],
  ["has a segment of more than 240 bytes", "é".repeat(121)],
  ["has more than 800 bytes", Array.from({ length: 9 }, () => "x".repeat(100)).join("/")],
]; // prettier-ignore

describe("a path is refused", () => {
  it.each(faults.flatMap(([sentence, ...paths]) => paths.map((path) => [path, sentence] as const)))(
    "%j: it %s",
    (path, sentence) => {
      const message = messageOf(() => checkPath(path), "invalid_path");
      expect(faults.map(([each]) => each).filter((each) => message.includes(each))).toEqual([sentence]);
      expect(message).toContain(JSON.stringify(path.slice(0, 120)));
    },
  );

  it.each([
    [["model.bin", "model.bin"], '"model.bin" is there twice'],
    [["model.bin", "MODEL.bin"], '"MODEL.bin" would be the same file as "model.bin" on some systems'],
    [["straße", "STRASSE"], '"STRASSE" would be the same file as "straße" on some systems'],
    [["\ufb01le", "file"], '"file" would be the same file as "\ufb01le" on some systems'],
    [["a\u200bb", "ab"], '"ab" would be the same file as "a\u200bb" on some systems'],
    [["a", "A/b"], '"A/b" lies below "a", which is a file'],
    [["A/b", "a"], '"a" would be the same file as "A/b" on some systems'],
  ])("together with another: %j", (paths, sentence) => {
    expect(messageOf(() => checkPaths(paths), "invalid_path")).toContain(sentence);
  });

  it("but not for what only looks like it", () => {
    const good = [
      "a..b",
      "..a",
      "console",
      "nul-1",
      "com",
      "com10",
      "auxiliary.txt",
      "a b",
      ".hidden",
      "größe 😀.json",
    ];
    for (const path of good) expect(checkPath(path)).toBe(path);
    expect(() => checkPaths([...good, "deep/er/path", "deep/other"])).not.toThrow();
  });
});

it.each([
  ["", "is empty"],
  ["..", "is a path, not a name"],
  ["a/b", 'has "/"'],
  ["a:b", 'has ":"'],
  ["a@1", 'has "@"'],
  ["a\u0000", "has a control character"],
  ["e\u0301", "is not in Unicode normal form C"],
  [" a", "begins or ends with a space"],
  ["a\u202eb", "changes the direction of text"],
  ["\u200b", "has no visible character"],
  ["é".repeat(101), "has more than 200 bytes of UTF-8"],
  ["\ud83d", "has half a surrogate pair"],
])("the name %j is refused: it %s", (name, sentence) => {
  expect(messageOf(() => checkName(name), "invalid_name")).toContain(sentence);
});
