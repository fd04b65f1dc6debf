import fc from "fast-check";
import { expect, test } from "vitest";
import { fileNameToSegment, segmentToFileName } from "./file-name.js";

test("a segment is its own file name, but for what cannot be one", () => {
  for (const name of ["000000000042.json", "credit scorer", "a%2Fb", "100%", "~", "a:b?", "\u{1f600}", "^", "^zz"])
    expect(segmentToFileName(name, false, false)).toBe(name);
  expect(segmentToFileName("^2e", false, false)).toBe("^5e2e");
  expect(segmentToFileName(".tmp", true, false)).toBe("^2etmp");
  expect(segmentToFileName(".tmp", false, false)).toBe(".tmp");
});

test("on Windows, what is special there is escaped", () => {
  expect(segmentToFileName("a:b?", false, true)).toBe("a^3ab^3f");
  expect(segmentToFileName("name.", false, true)).toBe("name^2e");
  expect(segmentToFileName("CON", false, true)).toBe("^43ON");
  expect(segmentToFileName("nul.txt", false, true)).toBe("^6eul.txt");
  expect(segmentToFileName("console", false, true)).toBe("console");
});

test("every segment has one file name, and no other has the same", () => {
  const segment = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
    fc.string({ unit: fc.constantFrom("^", "2", "e", ".", "t", "m", "p", "C", "O", "N", " ", ":"), minLength: 1 }),
  );
  fc.assert(
    fc.property(segment, fc.boolean(), fc.boolean(), (segment, isFirst, onWindows) => {
      const name = segmentToFileName(segment, isFirst, onWindows);
      expect(fileNameToSegment(name, isFirst, onWindows)).toBe(segment);
      expect(isFirst && name === ".tmp").toBe(false);
    }),
  );
});

test("files that the store did not write are no segments", () => {
  expect(fileNameToSegment("^41bc", false, false)).toBeUndefined();
  expect(fileNameToSegment(".tmp", true, false)).toBeUndefined();
});

test("a name that becomes too long is refused", () => {
  expect(() => segmentToFileName(`${"x".repeat(252)}^2e`, false, false)).toThrow(/too long/);
});
