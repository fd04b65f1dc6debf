import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { checkKey } from "./key.js";
import { checkName, foldName, nameToSegment, segmentToName } from "./name.js";
import { checkPath, checkPaths, foldPath } from "./path.js";

const accepted = (check: (text: string) => unknown) => (text: string) => {
  try {
    check(text);
    return true;
  } catch {
    return false;
  }
};
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.stringMatching(/^[ -~]{1,20}$/u),
);
const names = text.filter(accepted((name) => checkName(name)));
const paths = text.filter(accepted(checkPath));

describe("names", () => {
  it("come back from their segments, which are safe in keys and differ when they do", () => {
    fc.assert(
      fc.property(names, names, (name, other) => {
        const segment = nameToSegment(name);
        expect(segmentToName(segment)).toBe(name);
        expect(checkKey(`models/${segment}/log`)).toContain(segment);
        expect(segment).not.toMatch(/[/\\:@<>"|?*]/u);
        expect(nameToSegment(other) === segment).toBe(other === name);
      }),
    );
  });

  it("fold once: case and compatibility forms make no difference, folding again changes nothing", () => {
    fc.assert(
      fc.property(names, (name) => {
        const folded = foldName(name);
        expect(foldName(folded)).toBe(folded);
        expect(foldName(name.normalize("NFKC"))).toBe(folded);
        expect(foldName(name.normalize("NFD"))).toBe(folded);
      }),
    );
    const everything = Array.from({ length: 0x11_0000 }, (_, code) => String.fromCodePoint(code));
    expect(everything.filter((character) => foldName(foldName(character)) !== foldName(character))).toEqual([]);
    expect(foldName("Straße")).toBe(foldName("STRASSE"));
    expect(foldName("STRAẞE")).toBe(foldName("STRASSE"));
    expect(foldName("ﬁt")).toBe(foldName("FIT"));
    expect(foldName("a\u200bb")).toBe("ab");
  });
});

describe("paths", () => {
  it("that are accepted stay where they are put, on any system", () => {
    fc.assert(
      fc.property(paths, (path) => {
        const url = new URL(path.split("/").map(encodeURIComponent).join("/"), "file:///envelope/");
        expect(url.pathname.startsWith("/envelope/")).toBe(true);
        expect(path).not.toMatch(/^\/|\\|(^|\/)\.{1,2}(\/|$)|^[a-z]:|\0/iu);
        expect(path.normalize("NFC")).toBe(path);
      }),
    );
  });

  it("meet when their folds do", () => {
    fc.assert(
      fc.property(paths, (path) => {
        expect(accepted(() => checkPaths([path, path]))("")).toBe(false);
        const upper = path.toUpperCase().normalize("NFC");
        const collide =
          !accepted(checkPath)(upper) ||
          foldPath(upper) !== foldPath(path) ||
          !accepted(() => checkPaths([path, upper]))("");
        expect(collide).toBe(true);
        expect(accepted(() => checkPaths([path, `${path}/inner`]))("")).toBe(false);
      }),
    );
  });
});
