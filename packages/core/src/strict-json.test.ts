import { describe, expect, test } from "vitest";

import { parseJson } from "./strict-json.js";

const parse = (text: string, nonFinite = true) =>
  parseJson(new TextEncoder().encode(text), { what: "text", nonFinite });

describe("numbers that JSON lacks", () => {
  test("are taken where they are asked for", () => {
    expect(parse('{"a": [NaN, -Infinity, {"b": Infinity}], "c": 1}')).toEqual({
      a: [Number.NaN, -Infinity, { b: Infinity }],
      c: 1,
    });
    expect(parse("NaN")).toBeNaN();
  });

  test("are texts within texts", () => {
    const text = JSON.stringify({ NaN: "NaN, Infinity", "-Infinity": '\\"NaN' });
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  test.each(["-NaN", "[NaNN]", "[Infinit]", "{NaN: 1}", "[1NaN]", "[NaN NaN]", '{"\\u0000NaN": 0}', "nan"])(
    "%s is malformed",
    (text) => {
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: "malformed" }));
    },
  );

  test.each(["[NaN]", "[Infinity]", "[-Infinity]"])("%s is malformed where they are not asked for", (text) => {
    expect(() => parse(text, false)).toThrow(expect.objectContaining({ code: "malformed" }));
  });
});
