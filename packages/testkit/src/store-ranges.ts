import { expectBytes, expectEqual, expectTrue, expectTypeError } from "./expect.js";
import { noise, readStream, type StoreCase } from "./store-case.js";

const size = 2_500_000;

/** Ranges and `readInto`: every edge, and pieces that cross whatever the store cuts objects into. */
export const rangeCases: readonly StoreCase[] = [
  {
    name: "a range is what lies from start to before end, cut at the end of the object",
    async run({ store, prefix }) {
      const key = `${prefix}range`;
      const bytes = noise(size);
      await store.put(key, bytes);
      for (const [start, end] of [
        [0, size],
        [0, undefined],
        [0, 1],
        [1, 2],
        [size - 1, size],
        [size - 1, undefined],
        [size - 5, size + 5],
        [1_048_575, 1_048_577],
        [1_048_576, 2_097_152],
        [1000, 2_400_001],
        [7, 7],
        [size, size + 1],
        [size, undefined],
        [size + 1000, undefined],
        [size + 1000, size + 2000],
      ] as const) {
        const object = await store.get(key, { range: end === undefined ? { start } : { start, end } });
        const expected = bytes.subarray(start, end);
        const what = `range ${start} to ${end ?? "the end"}`;
        expectEqual(object?.info.size, size, `size of the whole object with ${what}`);
        expectBytes(await readStream(object!), expected, `stream of ${what}`);
        const target = new Uint8Array(expected.length + 2);
        expectEqual(await object!.readInto(target), expected.length, `bytes that readInto tells of ${what}`);
        expectBytes(target.subarray(0, expected.length), expected, `readInto of ${what}`);
        expectEqual([...target.subarray(expected.length)], [0, 0], `bytes of the target beyond ${what}`);
      }
    },
  },
  {
    name: "an empty object has empty ranges",
    async run({ store, prefix }) {
      await store.put(`${prefix}empty`, new Uint8Array(0));
      for (const range of [{ start: 0 }, { start: 0, end: 10 }, { start: 5 }]) {
        const object = await store.get(`${prefix}empty`, { range });
        expectEqual((await readStream(object!)).length, 0, "stream of an empty object");
        expectEqual(await object!.readInto(new Uint8Array(4)), 0, "bytes that readInto tells of an empty object");
      }
    },
  },
  {
    name: "a range of something that is absent is absent",
    async run({ store, prefix }) {
      const object = await store.get(`${prefix}absent`, { range: { start: 0, end: 1 } });
      expectTrue(object === undefined, "get with a range found something where nothing was written");
    },
  },
  {
    name: "a range that is no range is misuse",
    async run({ store, prefix }) {
      await store.put(`${prefix}misuse`, noise(10));
      for (const range of [
        { start: -1 },
        { start: 1.5 },
        { start: 0, end: -1 },
        { start: Number.NaN },
        { start: 4, end: 3 },
      ])
        await expectTypeError(
          async () => readStream((await store.get(`${prefix}misuse`, { range }))!),
          `the range ${JSON.stringify(range)}`,
        );
    },
  },
  {
    name: "readInto starts at its offset, within the range that was asked for",
    async run({ store, prefix }) {
      const bytes = noise(size);
      await store.put(`${prefix}offset`, bytes);
      const whole = await store.get(`${prefix}offset`);
      const part = await store.get(`${prefix}offset`, { range: { start: 1000, end: 2000 } });
      for (const [object, content, offset, length] of [
        [whole, bytes, 0, 10],
        [whole, bytes, 999_999, 1_100_000],
        [whole, bytes, size - 3, 10],
        [whole, bytes, size, 10],
        [whole, bytes, size + 10, 10],
        [whole, bytes, 5, 0],
        [part, bytes.subarray(1000, 2000), 0, 5000],
        [part, bytes.subarray(1000, 2000), 999, 5000],
        [part, bytes.subarray(1000, 2000), 1000, 5000],
      ] as const) {
        const target = new Uint8Array(length).fill(7);
        const expected = content.subarray(offset, offset + length);
        const what = `readInto of ${length} bytes at ${offset}`;
        expectEqual(await object!.readInto(target, { offset }), expected.length, `bytes told by ${what}`);
        expectBytes(target.subarray(0, expected.length), expected, what);
        expectTrue(
          target.subarray(expected.length).every((byte) => byte === 7),
          `${what} wrote beyond what it told`,
        );
      }
    },
  },
  {
    name: "readInto tells in order how much of the target is final",
    async run({ store, prefix }) {
      const bytes = noise(9_000_000);
      await store.put(`${prefix}progress`, bytes);
      const object = await store.get(`${prefix}progress`);
      const target = new Uint8Array(bytes.length);
      let last = 0;
      await object!.readInto(target, {
        progress(filled) {
          expectTrue(filled >= last && filled <= bytes.length, `progress told ${filled} after ${last}`);
          expectBytes(
            target.subarray(last, filled),
            bytes.subarray(last, filled),
            `bytes told to be final at ${filled}`,
          );
          last = filled;
        },
      });
      expectEqual(last, bytes.length, "progress told at the end");
    },
  },
  {
    name: "readInto fills a part of a larger buffer and touches nothing else",
    async run({ store, prefix }) {
      const bytes = noise(100_000);
      await store.put(`${prefix}part`, bytes);
      const buffer = new ArrayBuffer(bytes.length + 64);
      const object = await store.get(`${prefix}part`);
      await object!.readInto(new Uint8Array(buffer, 32, bytes.length));
      expectBytes(new Uint8Array(buffer, 32, bytes.length), bytes, "the part that was to be filled");
      const around = [...new Uint8Array(buffer, 0, 32), ...new Uint8Array(buffer, 32 + bytes.length)];
      expectTrue(
        around.every((byte) => byte === 0),
        "readInto wrote outside its target",
      );
    },
  },
  {
    name: "many reads of one object go together",
    async run({ store, prefix }) {
      const bytes = noise(size);
      await store.put(`${prefix}together`, bytes);
      const object = await store.get(`${prefix}together`);
      await Promise.all(
        Array.from({ length: 16 }, async (_, turn) => {
          const target = new Uint8Array(200_000);
          await object!.readInto(target, { offset: turn * 100_000 });
          expectBytes(target, bytes.subarray(turn * 100_000, turn * 100_000 + 200_000), `reader ${turn}`);
        }),
      );
    },
  },
];
