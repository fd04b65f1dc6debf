import { describeError, expectError, expectTrue, rejection, within } from "./expect.js";
import { expectAbsent, expectObject, inChunks, noise, text, type StoreCase } from "./store-case.js";

/** Bodies that fail, lie about their size, or are aborted: all of a body becomes visible, or nothing. */
export const failureCases: readonly StoreCase[] = [
  {
    name: "nothing of a body is visible before its end",
    async run({ store, prefix }) {
      const key = `${prefix}half`;
      let looked = false;
      await store.put(key, async function* () {
        yield noise(1_500_000, 1);
        yield noise(1_500_000, 2);
        await expectAbsent(store, key, "in the middle of its put");
        looked = true;
        yield noise(5, 3);
      });
      expectTrue(looked, "put ended without reading its body");
      expectTrue((await store.head(key))?.size === 3_000_005, "the whole body is not there after put");
    },
  },
  {
    name: "what was there stays readable until it is replaced",
    async run({ store, prefix }) {
      const key = `${prefix}stays`;
      await store.put(key, text("old"));
      await store.put(key, async function* () {
        yield noise(2_000_000);
        await expectObject(store, key, text("old"));
        yield text("end");
      });
      expectTrue((await store.head(key))?.size === 2_000_003, "the new body is not there after put");
    },
  },
  {
    name: "a body that fails half way leaves nothing, and its error is passed on",
    async run({ store, prefix }) {
      for (const before of [0, 10, 3_000_000]) {
        const trouble = new Error("the body failed");
        const key = `${prefix}fails/${before}`;
        const error = await rejection(
          store.put(key, async function* () {
            if (before > 0) yield noise(before);
            await Promise.resolve();
            throw trouble;
          }),
          "a put whose body fails",
        );
        expectTrue(
          error === trouble || (error as Error).cause === trouble,
          `the error of the body was lost: ${describeError(error)}`,
        );
        await expectAbsent(store, key, "after its body failed");
      }
    },
  },
  {
    name: "a body that fails half way leaves what was there",
    async run({ store, prefix }) {
      const key = `${prefix}kept`;
      await store.put(key, text("old"));
      await rejection(
        store.put(key, async function* () {
          yield noise(2_000_000);
          await Promise.resolve();
          throw new Error("the body failed");
        }),
        "a put whose body fails",
      );
      await expectObject(store, key, text("old"));
      await store.put(key, text("new"));
      await expectObject(store, key, text("new"));
    },
  },
  {
    name: "a body of another size than announced is refused, and nothing is written",
    async run({ store, prefix }) {
      const bytes = noise(2_000_000);
      for (const [name, body, size] of [
        ["short", bytes, bytes.length + 1],
        ["long", bytes, bytes.length - 1],
        ["short-stream", inChunks(bytes, 70_000), bytes.length + 1],
        ["long-stream", inChunks(bytes, 70_000), 70_000],
        ["not-empty", text("x"), 0],
        ["empty", inChunks(new Uint8Array(0)), 1],
      ] as const) {
        const key = `${prefix}size/${name}`;
        await expectError(() => store.put(key, body, { size }), "size_mismatch", `a body that is ${name}`);
        await expectAbsent(store, key, "after its size was refused");
      }
    },
  },
  {
    name: "a body that is not read to its end is closed",
    async run({ store, prefix }) {
      for (const reason of ["size_mismatch", "aborted"]) {
        const controller = new AbortController();
        let closed = (): void => undefined;
        const closing = new Promise<void>((resolve) => {
          closed = resolve;
        });
        const body = async function* (): AsyncGenerator<Uint8Array> {
          try {
            for (let turn = 0; turn < 30; turn++) {
              yield noise(100_000, turn);
              if (turn === 5 && reason === "aborted") controller.abort();
            }
          } finally {
            closed();
          }
        };
        const options = reason === "aborted" ? { signal: controller.signal } : { size: 500_000 };
        await expectError(() => store.put(`${prefix}closed`, body, options), reason, "a put that ends before its body");
        await within(5000, closing, `closing the body of a put that ended with ${reason}`);
      }
    },
  },
  {
    name: "a signal that has fired stops every verb before it does anything",
    async run({ store, prefix }) {
      const key = `${prefix}stopped`;
      const signal = AbortSignal.abort();
      let opened = false;
      const body = (): AsyncIterable<Uint8Array> => {
        opened = true;
        return inChunks(text("new"))();
      };
      await store.put(key, text("old"));
      const object = await store.get(key);
      await expectError(() => store.put(key, text("new"), { signal }), "aborted", "put");
      await expectError(() => store.put(key, body, { signal }), "aborted", "put of a body to open");
      await expectError(() => store.delete(key, { signal }), "aborted", "delete");
      await expectError(() => store.head(key, { signal }), "aborted", "head");
      await expectError(() => store.get(key, { signal }), "aborted", "get");
      await expectError(() => drain(store.list(prefix, { signal })), "aborted", "list");
      await expectError(() => drain(object!.stream({ signal })), "aborted", "stream");
      await expectError(() => object!.readInto(new Uint8Array(3), { signal }), "aborted", "readInto");
      expectTrue(!opened, "put opened its body although its signal had fired");
      await expectObject(store, key, text("old"));
    },
  },
  {
    name: "put can be aborted in the middle of its body, also while the body stalls",
    async run({ store, prefix }) {
      for (const stalls of [false, true]) {
        const key = `${prefix}aborted/${stalls ? "stalled" : "running"}`;
        const controller = new AbortController();
        const writing = store.put(
          key,
          async function* () {
            for (let turn = 0; turn < 50; turn++) {
              yield noise(100_000, turn);
              if (turn !== 9) continue;
              controller.abort();
              if (stalls) await new Promise(() => undefined);
            }
          },
          { signal: controller.signal },
        );
        await expectError(writing, "aborted", `a put that is aborted while its body ${stalls ? "stalls" : "runs"}`);
        await expectAbsent(store, key, "after its put was aborted");
      }
    },
  },
  {
    name: "reading and listing can be aborted half way",
    async run({ store, prefix }) {
      await store.put(`${prefix}read/a`, noise(9_000_000));
      await store.put(`${prefix}read/b`, text("b"));
      const object = await store.get(`${prefix}read/a`);
      const abortAtFirst = async (start: (signal: AbortSignal) => AsyncIterable<unknown>): Promise<void> => {
        const controller = new AbortController();
        for await (const _ of start(controller.signal)) controller.abort();
      };
      await expectError(() => abortAtFirst((signal) => object!.stream({ signal })), "aborted", "stream");
      await expectError(() => abortAtFirst((signal) => store.list(`${prefix}read/`, { signal })), "aborted", "list");
    },
  },
  {
    name: "a stream that is left half way costs nothing and can be begun again",
    async run({ store, prefix }) {
      await store.put(`${prefix}left`, noise(3_000_000));
      const object = await store.get(`${prefix}left`);
      for (let turn = 0; turn < 20; turn++) for await (const _ of object!.stream()) break;
      await expectObject(store, `${prefix}left`, noise(3_000_000));
    },
  },
];

async function drain(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of iterable);
}
