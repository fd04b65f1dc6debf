import { expectBytes, expectEqual, expectError, expectTrue, rejection } from "./expect.js";
import { expectAbsent, expectObject, inChunks, noise, readStream, text, type StoreCase } from "./store-case.js";
import { incrementRace } from "./store-race.js";

/** Put-if-absent and late keys, for stores that support them. */
export const conditionCases: readonly StoreCase[] = [
  {
    name: "put if absent writes once, and leaves what is there",
    async run({ store, prefix }) {
      if (!store.supports.putIfAbsent) return;
      const key = `${prefix}log/000000000001.json`;
      await store.put(key, text("first"), { if: "absent" });
      for (const body of [text("second"), inChunks(noise(2_000_000), 300_000), text("first")])
        await expectError(() => store.put(key, body, { if: "absent" }), "already_exists", "a second put if absent");
      await expectObject(store, key, text("first"));
    },
  },
  {
    name: "put if absent does not overwrite what an ordinary put wrote, and writes again after delete",
    async run({ store, prefix }) {
      if (!store.supports.putIfAbsent) return;
      const key = `${prefix}plain`;
      await store.put(key, new Uint8Array(0));
      await expectError(
        () => store.put(key, text("x"), { if: "absent" }),
        "already_exists",
        "put over an empty object",
      );
      await expectObject(store, key, new Uint8Array(0));
      await store.delete(key);
      await store.put(key, text("again"), { if: "absent" });
      await expectObject(store, key, text("again"));
    },
  },
  {
    name: "a put if absent that fails reserves nothing",
    async run({ store, prefix }) {
      if (!store.supports.putIfAbsent) return;
      const key = `${prefix}failed`;
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield noise(1_500_000);
        await Promise.resolve();
        throw new Error("the body failed");
      };
      await rejection(store.put(key, failing, { if: "absent" }), "a put whose body fails");
      await expectError(() => store.put(key, text("x"), { if: "absent", size: 2 }), "size_mismatch", "a wrong size");
      await store.put(key, text("good"), { if: "absent" });
      await expectObject(store, key, text("good"));
    },
  },
  {
    name: "of many puts if absent of large bodies one wins, and its bytes are whole",
    async run({ store, prefix }) {
      if (!store.supports.putIfAbsent) return;
      const key = `${prefix}one`;
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, writer) =>
          store.put(key, inChunks(noise(2_200_000, writer + 1), 100_000), { if: "absent" }),
        ),
      );
      const winners = outcomes.flatMap(({ status }, writer) => (status === "fulfilled" ? [writer] : []));
      expectEqual(winners.length, 1, "writers that were told they had won");
      for (const outcome of outcomes)
        if (outcome.status === "rejected")
          await expectError(Promise.reject(outcome.reason as Error), "already_exists", "a writer that lost");
      await expectObject(store, key, noise(2_200_000, winners[0]! + 1));
    },
  },
  {
    name: "ordinary puts of one key side by side leave one of the bodies whole",
    async run({ store, prefix }) {
      const bodies = Array.from({ length: 8 }, (_, writer) => noise(1_300_000 + writer, writer + 1));
      await Promise.all(bodies.map((body) => store.put(`${prefix}last`, inChunks(body, 90_000))));
      const object = await store.get(`${prefix}last`);
      expectBytes(await readStream(object!), bodies[object!.info.size - 1_300_000]!, "the body that was left");
    },
  },
  {
    name: "a late key is asked for after the end of the body",
    async run({ store, prefix }) {
      if (!store.supports.lateKey) return;
      for (const size of [0, 10, 3_000_000]) {
        let ended = false;
        const key = `${prefix}late/${size}`;
        const info = await store.put(
          () => {
            expectTrue(ended, "the key was asked for before the body had ended");
            return key;
          },
          async function* () {
            yield* inChunks(noise(size), 250_000)();
            ended = true;
          },
        );
        expectEqual([info.key, info.size], [key, size], "key and size that put tells");
        await expectObject(store, key, noise(size));
      }
    },
  },
  {
    name: "a late key is never asked for when the body fails, and its own error is passed on",
    async run({ store, prefix }) {
      if (!store.supports.lateKey) return;
      let asked = false;
      const key = (): string => {
        asked = true;
        return `${prefix}unasked`;
      };
      await expectError(
        () => store.put(key, inChunks(noise(500), 100), { size: 499 }),
        "size_mismatch",
        "a wrong size",
      );
      expectTrue(!asked, "the key was asked for although the body was refused");
      const trouble = new Error("no key");
      const error = await rejection(
        store.put(() => {
          throw trouble;
        }, noise(2_000_000)),
        "a put whose key fails",
      );
      expectTrue(error === trouble || (error as Error).cause === trouble, "the error of the key function was lost");
      await expectAbsent(store, `${prefix}unasked`, "after its body was refused");
    },
  },
  {
    name: "a late key that exists is refused with if absent, and replaced without",
    async run({ store, prefix }) {
      if (!store.supports.lateKey) return;
      const key = `${prefix}taken`;
      await store.put(key, text("first"));
      if (store.supports.putIfAbsent) {
        for (const size of [10, 2_000_000])
          await expectError(() => store.put(() => key, noise(size), { if: "absent" }), "already_exists", "a taken key");
        await expectObject(store, key, text("first"));
        await store.put(() => `${key}-not`, text("free"), { if: "absent" });
        await expectObject(store, `${key}-not`, text("free"));
      }
      await store.put(() => key, text("second"));
      await expectObject(store, key, text("second"));
    },
  },
  {
    name: "no increment is lost in a race of put if absent",
    async run({ store, prefix, race }) {
      if (!store.supports.putIfAbsent) return;
      await incrementRace(store, { prefix: `${prefix}race/`, ...race });
    },
  },
];
