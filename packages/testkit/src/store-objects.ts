import { expectEqual, expectError, expectTrue } from "./expect.js";
import { expectAbsent, expectObject, inChunks, noise, readStream, text, type StoreCase } from "./store-case.js";
import { isModelkeepError } from "@modelkeep/core";

/** Put, get, head, delete of single objects. */
export const objectCases: readonly StoreCase[] = [
  {
    name: "nothing is there before it is written",
    async run({ store, prefix }) {
      await expectAbsent(store, `${prefix}nothing`, "before anything was written");
    },
  },
  {
    name: "put tells key, size and time of what it wrote",
    async run({ store, prefix }) {
      const key = `${prefix}models/a/1.json`;
      const info = await store.put(key, text("one"));
      expectEqual([info.key, info.size], [key, 3], "key and size that put tells");
      expectTrue(info.modified instanceof Date && info.modified.getTime() > 0, "put tells no valid modified date");
      await expectObject(store, key, text("one"));
    },
  },
  {
    name: "modified is the same by head, get and list, and does not run backwards",
    async run({ store, prefix }) {
      // Services round the time to seconds in some answers and not in others.
      const tolerance = 1000;
      await store.put(`${prefix}first`, text("1"));
      await store.put(`${prefix}second`, text("2"));
      const times = async (key: string): Promise<number[]> => {
        const found = [(await store.head(key))?.modified, (await store.get(key))?.info.modified];
        for await (const entry of store.list(key)) found.push(entry.modified);
        return found.map((time) => time?.getTime() ?? Number.NaN);
      };
      const [first, second] = [await times(`${prefix}first`), await times(`${prefix}second`)];
      for (const all of [first, second])
        expectTrue(Math.max(...all) - Math.min(...all) <= tolerance, `modified differs: ${all.join(", ")}`);
      expectTrue(second[0]! >= first[0]! - tolerance, `modified ran backwards: ${first[0]}, then ${second[0]}`);
    },
  },
  {
    name: "bodies of every size come back, empty ones too",
    async run({ store, prefix }) {
      const mebibyte = 1 << 20;
      for (const size of [0, 1, 255, 4096, 65_537, mebibyte - 1, mebibyte, mebibyte + 1, 9 * mebibyte + 7]) {
        await store.put(`${prefix}size/${size}`, noise(size));
        await expectObject(store, `${prefix}size/${size}`, noise(size));
      }
    },
  },
  {
    name: "a body that is opened may come in chunks of any size, empty ones too",
    async run({ store, prefix }) {
      const bytes = noise(3_000_000);
      await store.put(`${prefix}tiny`, inChunks(bytes.subarray(0, 999), 1, 0, 2));
      await expectObject(store, `${prefix}tiny`, bytes.subarray(0, 999));
      await store.put(`${prefix}odd`, inChunks(bytes, 1, 700_001, 0, 13), { size: bytes.length });
      await expectObject(store, `${prefix}odd`, bytes);
      await store.put(`${prefix}none`, inChunks(new Uint8Array(0)), { size: 0 });
      await expectObject(store, `${prefix}none`, new Uint8Array(0));
    },
  },
  {
    name: "a body that is opened is opened anew by every put",
    async run({ store, prefix }) {
      let opened = 0;
      const body = inChunks(noise(100), 10);
      const counted = (): AsyncIterable<Uint8Array> => {
        opened++;
        return body();
      };
      await store.put(`${prefix}a`, counted);
      await store.put(`${prefix}b`, counted);
      expectTrue(opened >= 2, `the body was opened ${opened} times by two puts`);
      await expectObject(store, `${prefix}b`, noise(100));
    },
  },
  {
    name: "the caller may change an array as soon as put has returned its promise",
    async run({ store, prefix }) {
      for (const size of [10, 3_000_000]) {
        const bytes = noise(size);
        const writing = store.put(`${prefix}alias/${size}`, bytes);
        bytes.fill(0);
        await writing;
        bytes.fill(1);
        await expectObject(store, `${prefix}alias/${size}`, noise(size));
      }
    },
  },
  {
    name: "a body may take turns with two buffers",
    async run({ store, prefix }) {
      const bytes = noise(4_000_000);
      const buffers = [new Uint8Array(300_000), new Uint8Array(300_000)] as const;
      await store.put(`${prefix}turns`, async function* () {
        for (let start = 0, turn = 0; start < bytes.length; turn++) {
          const buffer = buffers[turn % 2 === 0 ? 0 : 1];
          const chunk = bytes.subarray(start, start + buffer.length);
          buffer.set(chunk);
          yield buffer.subarray(0, chunk.length);
          start += chunk.length;
        }
        for (const buffer of buffers) buffer.fill(0);
      });
      await expectObject(store, `${prefix}turns`, bytes);
    },
  },
  {
    name: "what was read is the reader's own",
    async run({ store, prefix }) {
      await store.put(`${prefix}own`, noise(2_000_000));
      const object = await store.get(`${prefix}own`);
      for await (const chunk of object!.stream()) chunk.fill(0);
      const target = new Uint8Array(2_000_000);
      await object!.readInto(target);
      target.fill(0);
      await expectObject(store, `${prefix}own`, noise(2_000_000));
    },
  },
  {
    name: "put replaces what was there, also by something shorter",
    async run({ store, prefix }) {
      for (const size of [2_500_000, 10, 0, 1_200_000]) {
        await store.put(`${prefix}replaced`, noise(size, size + 1));
        await expectObject(store, `${prefix}replaced`, noise(size, size + 1));
      }
    },
  },
  {
    name: "an object replaced while it is read gives its old bytes or an error, never a mixture",
    async run({ store, prefix }) {
      const [old, fresh] = [noise(3_000_000, 1), noise(3_000_000, 2)];
      await store.put(`${prefix}mixed`, old);
      const object = await store.get(`${prefix}mixed`);
      const chunks = object!.stream()[Symbol.asyncIterator]();
      const first = await chunks.next();
      await store.put(`${prefix}mixed`, fresh);
      try {
        const start = first.done ? 0 : first.value.length;
        let position = start;
        for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
          for (const byte of next.value)
            expectTrue(
              byte === old[position++],
              `byte ${position - 1} of a stream that began before is not of its object`,
            );
        }
        expectEqual(position, old.length, "bytes of a stream that began before");
        expectEqual(
          Array.from((await readStream(object!)).subarray(0, 8)),
          Array.from(old.subarray(0, 8)),
          "old bytes",
        );
      } catch (error) {
        if (!isModelkeepError(error, "conflict") && !isModelkeepError(error, "not_found")) throw error;
      }
      await expectObject(store, `${prefix}mixed`, fresh);
    },
  },
  {
    name: "an object deleted while it is read gives its bytes or not_found",
    async run({ store, prefix }) {
      await store.put(`${prefix}gone`, noise(1000));
      const object = await store.get(`${prefix}gone`);
      await store.delete(`${prefix}gone`);
      try {
        expectEqual((await readStream(object!)).length, 1000, "bytes of a deleted object");
      } catch (error) {
        if (!isModelkeepError(error, "not_found")) throw error;
      }
      await expectAbsent(store, `${prefix}gone`, "after delete");
    },
  },
  {
    name: "delete removes one object, and is no error when there is nothing",
    async run({ store, prefix }) {
      await store.put(`${prefix}d/one`, text("1"));
      await store.put(`${prefix}d/one-more`, text("2"));
      await store.delete(`${prefix}d/one`);
      await expectAbsent(store, `${prefix}d/one`, "after delete");
      await expectObject(store, `${prefix}d/one-more`, text("2"));
      await store.delete(`${prefix}d/one`);
      await store.delete(`${prefix}never/was/there`);
      await store.put(`${prefix}d/one`, text("again"));
      await expectObject(store, `${prefix}d/one`, text("again"));
    },
  },
  {
    name: "put refuses options that the store does not support",
    async run({ store, prefix }) {
      const { supports } = store;
      const key = `${prefix}refused`;
      const put = (options: Parameters<typeof store.put>[2]) => (): Promise<unknown> =>
        store.put(key, text("x"), options);
      await expectError(put({ storageClass: "no such class" }), "unsupported", "an unknown storage class");
      if (supports.retention !== true)
        await expectError(put({ retainUntil: new Date(Date.now() + 1000) }), "unsupported", "retention");
      if (!supports.putIfAbsent) await expectError(put({ if: "absent" }), "unsupported", "a conditional put");
      if (!supports.lateKey) await expectError(() => store.put(() => key, text("x")), "unsupported", "a late key");
      await expectAbsent(store, key, "after put was refused");
    },
  },
];
