import { isModelkeepError } from "@modelkeep/core";
import { describe, expect, it } from "vitest";

import { type EntryBody, type Placement, readEntry, writeEntry } from "./entry.js";
import { foldAll } from "./fold.js";

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;
const encoder = new TextEncoder();

function body(number: number, previous: EntryBody["previous"], rest: Partial<EntryBody>): EntryBody {
  return {
    format: "modelkeep.log/1",
    model: "m",
    number,
    id: "01KJMMA2G06Q9ZKH5FZW6300HV",
    kind: "version",
    critical: true,
    previous,
    time: `2026-03-01T12:00:0${number}.000Z`,
    actor: { name: "Ada" },
    change: {},
    ...rest,
  };
}

const version = (number: number) => ({
  version: number,
  manifest: digest("a"),
  content: digest("b"),
  summary: { created: "2026-03-01T12:00:00.000Z", size: 1 },
  payloads: [],
});

function log(...changes: readonly Partial<EntryBody>[]) {
  let previous: EntryBody["previous"] = null;
  return changes.map((change, index) => {
    const { entry, bytes } = writeEntry(body(index + 1, previous, change), {});
    previous = entry.digest;
    return { entry, bytes };
  });
}

/** For what is wrong with an entry besides its checksum. */
function unsummed(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/,\n"checksum":"[^"]*"/u, "");
}

describe("an entry", () => {
  it("is read as it was written", () => {
    const { entry, bytes } = log({ change: version(1) })[0]!;
    expect(readEntry(bytes, "m/1")).toEqual(entry);
  });

  it("shows every flipped bit of what it says, by itself", () => {
    const placement = { [digest("c")]: ["blobs/sha256/c/1"] } as Placement;
    const { bytes } = writeEntry(body(1, null, { change: version(1) }), placement);
    const whole = readEntry(bytes, "m/1");
    const read = (changed: Uint8Array): unknown => {
      try {
        return readEntry(changed, "m/1");
      } catch (error) {
        return isModelkeepError(error) ? error.code : error;
      }
    };
    for (let at = 0; at < bytes.length * 8; at++) {
      const changed = bytes.slice();
      changed[at >> 3]! ^= 1 << (at & 7);
      // What has no effect is white space, and the name of the checksum.
      expect([whole, "damaged_log", "unknown_format_version"], `bit ${at}`).toContainEqual(read(changed));
    }
  });

  it("of earlier days has no checksum", () => {
    const { entry, bytes } = log({ change: version(1) })[0]!;
    expect(readEntry(encoder.encode(unsummed(bytes)), "m/1")).toEqual(entry);
  });

  it.each([
    ["cut off", (text: string) => text.slice(0, -3)],
    ["with a line feed in front", (text: string) => `\n${text}`],
    ["on one line", (text: string) => text.replace("\n", "")],
    ["indented", (text: string) => JSON.stringify(JSON.parse(text), undefined, 2)],
    ["with two bodies", (text: string) => text.replace('"placement"', '"body":{},"placement"')],
    ["with a prototype", (text: string) => text.replace('"change":{', '"change":{"__proto__":{},')],
    ["of another format", (text: string) => text.replace("log/1", "log/2")],
    ["with a number as text", (text: string) => text.replace('"number":1', '"number":"1"')],
    [
      "with a placement of numbers",
      (text: string) => text.replace('"placement":{}', `"placement":{"${digest("a")}":[1]}`),
    ],
    ["without a time", (text: string) => text.replace("2026-03-01T12", "2026-03-51T12")],
  ])("%s is refused", (_, change) => {
    const text = unsummed(log({ change: version(1) })[0]!.bytes);
    const wrong = encoder.encode(change(text));
    expect(wrong).not.toEqual(encoder.encode(text));
    expect(() => readEntry(wrong, "m/1")).toThrow(/m\/1/u);
  });
});

describe("a log", () => {
  const tail = { kind: "tag", critical: false, change: { set: { a: "1" } } };

  it("of entries that were left out, swapped, doubled or moved is damaged", () => {
    const entries = log({ change: version(1) }, tail, tail).map(({ entry }) => entry);
    const [a, b, c] = entries as [(typeof entries)[0], (typeof entries)[0], (typeof entries)[0]];
    for (const wrong of [[b], [a, c], [a, a], [b, a, c], [a, b, b]])
      expect(() => foldAll("m", wrong)).toThrow(expect.objectContaining({ code: "damaged_log" }));
    expect(() => foldAll("other", entries)).toThrow(expect.objectContaining({ code: "damaged_log" }));
    expect(foldAll("m", [a, b])).toMatchObject({ length: 2 });
  });

  it("that goes back in time is damaged", () => {
    const entries = log({ change: version(1) }, { ...tail, time: "2026-02-01T00:00:00.000Z" });
    expect(() =>
      foldAll(
        "m",
        entries.map(({ entry }) => entry),
      ),
    ).toThrow(/older/u);
  });

  it("keeps void entries out, and reports them", () => {
    const alias = (change: EntryBody["change"]) => ({ kind: "alias", change });
    const record = foldAll(
      "m",
      log(
        { change: version(1) },
        { change: version(3) },
        alias({ alias: "live", version: 2 }),
        alias({ alias: "live", version: 1, expect: 7 }),
        alias({ alias: "17", version: 1 }),
        {
          kind: "batch",
          change: {
            changes: [
              { kind: "alias", critical: true, change: { alias: "live", version: 1 } },
              { kind: "alias", critical: true, change: { alias: "x", version: 9 } },
            ],
          },
        },
        { kind: "status", change: { version: 1, status: "gone" } },
        { kind: "verified", critical: false, change: { version: 1, manifest: digest("f"), ok: true } },
      ).map(({ entry }) => entry),
    );
    expect(record.voids.map((each) => each.number)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(record.versions.size).toBe(1);
    expect(record.aliases.size).toBe(0);
  });

  it("with an unknown kind goes on, and is read-only if the kind is critical", () => {
    const next = (critical: boolean) => log({ change: version(1) }, { kind: "gate", critical, change: { x: 1 } }, tail);
    const open = foldAll(
      "m",
      next(false).map(({ entry }) => entry),
    );
    expect(open).toMatchObject({ skipped: [{ number: 2, kind: "gate" }], tags: { a: "1" } });
    expect(
      foldAll(
        "m",
        next(true).map(({ entry }) => entry),
      ).readOnly,
    ).toMatch(/"gate"/u);
    const inside = log({
      kind: "batch",
      critical: false,
      change: { changes: [{ kind: "gate", critical: true, change: {} }] },
    });
    expect(foldAll("m", [inside[0]!.entry]).readOnly).toMatch(/"gate"/u);
  });
});
