import { checkPaths, collect, collectPayloads, memoryPayloads } from "@modelkeep/core";

import { type CodecCase, decodeFiles, encodedFiles, expectSame, filesOf, roundTrip } from "./codec-case.js";
import { arraysIn, differenceOf, snapshotOf } from "./codec-difference.js";
import { foreignFiles } from "./codec-foreign-files.js";
import { expectBytes, expectEqual, expectError, expectTrue } from "./expect.js";

/** What goes in comes out, and nothing else is touched. */
export const basicCases: readonly CodecCase[] = [
  {
    name: "the codec says what it is called",
    async run({ codec, samples }) {
      expectTrue(
        /^[a-z0-9][a-z0-9-]*$/u.test(codec.name),
        `the name ${JSON.stringify(codec.name)} is no lower-case word`,
      );
      expectTrue(
        /^[a-z]+\/[a-z0-9.+-]+$/u.test(codec.mediaType),
        `${JSON.stringify(codec.mediaType)} is no media type`,
      );
      expectTrue(codec.extensions.length > 0, "it has no extension");
      for (const extension of codec.extensions)
        expectTrue(/^\.[a-z0-9.]+$/u.test(extension), `${JSON.stringify(extension)} is no extension with its dot`);
      expectTrue(samples.length > 0, "the suite was given no samples");
    },
  },
  {
    name: "accepts its models, and nothing that is none",
    async run({ codec, samples }) {
      for (const { name, model } of samples) expectTrue(codec.accepts(model), `it does not accept ${name}`);
      for (const other of [
        undefined,
        null,
        true,
        1,
        "model",
        Symbol("model"),
        {},
        [],
        new Map(),
        () => 1,
        new Uint8Array(1),
      ])
        expectTrue(!codec.accepts(other), `it accepts ${describeValue(other)}`);
    },
  },
  {
    name: "every sample comes back as it was",
    async run(context) {
      for (const { name, model } of context.samples)
        expectSame(context, await roundTrip(context.codec, model), model, name);
    },
  },
  {
    name: "the same model gives the same bytes, also once it has been read back",
    async run({ codec, samples }) {
      for (const { name, model } of samples) {
        const files = await encodedFiles(codec, model);
        const again = [await encodedFiles(codec, model), await encodedFiles(codec, await roundTrip(codec, model))];
        for (const others of again) {
          expectEqual(
            others.map(({ path }) => path),
            files.map(({ path }) => path),
            `${name}: files`,
          );
          for (const [index, file] of files.entries())
            expectBytes(others[index]!.bytes, file.bytes, `${name}: ${file.path}`);
        }
      }
    },
  },
  {
    name: "payloads have proper paths, true sizes, and open as often as needed",
    async run({ codec, samples }) {
      for (const { name, model } of samples) {
        const sources = await codec.encode(model, { stem: "folder/stem" });
        checkPaths(sources.map(({ path }) => path));
        const main = sources[0];
        expectTrue(main !== undefined, `${name}: no payload`);
        const wanted = codec.extensions.map((extension) => `folder/stem${extension}`);
        // A format that is a folder of files is called after the stem as a whole: "folder/stem/saved_model.pb".
        const inFolder = sources.length > 1 && sources.every(({ path }) => path.startsWith("folder/stem/"));
        expectTrue(
          inFolder || wanted.includes(main.path),
          `${name}: the main payload is ${main.path}, not ${wanted.join(" or ")}`,
        );
        const plain = (await codec.encode(model))[0]?.path;
        expectEqual(plain, `model${main.path.slice("folder/stem".length)}`, `${name}: the path without a stem`);
        for (const { path, size, open } of sources) {
          const [first, second] = await Promise.all([collect(open()), collect(open())]);
          expectBytes(second, first, `${name}: ${path} opened twice at once`);
          if (size !== undefined) expectEqual(first.length, size, `${name}: size of ${path}`);
        }
        const again = await codec.decode(memoryPayloads(await filesOf(sources)));
        expectTrue(codec.accepts(again), `${name}: what was read from ${main.path} is not accepted`);
      }
    },
  },
  {
    name: "the model is not changed by encoding it",
    async run({ codec, samples }) {
      for (const { name, model, before } of samples) {
        await encodedFiles(codec, model);
        expectEqual(differenceOf(snapshotOf(model), before), undefined, `${name}: change by encode`);
      }
    },
  },
  {
    name: "what is read belongs to its reader: two decodes share nothing, and the file stays as it is",
    async run(context) {
      const { codec, samples } = context;
      for (const { name, model } of samples) {
        const files = await encodedFiles(codec, model);
        const copies = files.map(({ bytes }) => new Uint8Array(bytes));
        const payloads = memoryPayloads(files);
        const [first, second] = [await codec.decode(payloads), await codec.decode(payloads)];
        for (const array of arraysIn(first))
          new Uint8Array(array.buffer, array.byteOffset, array.byteLength).fill(0xa5);
        expectSame(context, second, model, `${name}: decoded a second time, after the first result was changed`);
        for (const [index, file] of files.entries()) expectBytes(file.bytes, copies[index]!, `${name}: ${file.path}`);
      }
    },
  },
  {
    name: "recognises its own files by content, and no others",
    async run({ codec, samples, related }) {
      if (codec.sniff === undefined) return;
      for (const { name, model } of samples) {
        const head = (await encodedFiles(codec, model))[0]!.bytes.subarray(0, 65_536);
        expectEqual(codec.sniff(head), "yes", `${name}: sniff of its own file without a path`);
        expectEqual(codec.sniff(head, "upload.tmp"), "yes", `${name}: sniff of its own file under another name`);
        for (let length = 0; length < Math.min(head.length, 64); length++) codec.sniff(head.subarray(0, length));
      }
      const own = new Set([codec.name, ...related]);
      for (const { format, bytes } of foreignFiles) {
        const misleading = `model${codec.extensions[0]}`;
        expectTrue(own.has(format) || codec.sniff(bytes) !== "yes", `it takes ${format} for its own`);
        expectTrue(
          own.has(format) || codec.sniff(bytes, misleading) !== "yes",
          `it takes ${format} for its own by its name`,
        );
      }
    },
  },
  {
    name: "inspect tells what is in it, in plain values",
    async run({ codec, samples }) {
      for (const { name, model } of samples) {
        const inspection = await codec.inspect?.(await collectPayloads(await codec.encode(model)));
        if (inspection === undefined) return;
        expectTrue(/^\S[^\n]*$/u.test(inspection.summary), `${name}: the summary is no line of text`);
        const plain: unknown = JSON.parse(JSON.stringify(inspection));
        expectEqual(
          differenceOf(snapshotOf(inspection), plain),
          undefined,
          `${name}: what JSON loses of the inspection`,
        );
      }
    },
  },
  {
    name: "a signal that has fired ends decode and inspect",
    async run({ codec, samples }) {
      const files = await encodedFiles(codec, samples[0]!.model);
      const signal = AbortSignal.abort();
      await expectError(() => codec.decode(memoryPayloads(files), { signal }), "aborted", "decode");
      const inspect = async () => codec.inspect?.(memoryPayloads(files), { signal });
      if (codec.inspect) await expectError(inspect, "aborted", "inspect");
      await decodeFiles(codec, files);
    },
  },
];

function describeValue(value: unknown): string {
  return `${typeof value} ${Object.prototype.toString.call(value)} ${JSON.stringify(value) ?? ""}`.trim();
}
