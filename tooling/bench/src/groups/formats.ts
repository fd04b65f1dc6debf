import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { msgpackCodec } from "@modelkeep/codec-msgpack";
import { safetensorsCodec } from "@modelkeep/codec-safetensors";
import { isTensor, type ModelState } from "@modelkeep/core";
import { filePayloads } from "@modelkeep/core/node";
import { openRegistry } from "@modelkeep/registry";
import { decodeTensors, type TensorFile } from "@modelkeep/safetensors";
import { fsStore } from "@modelkeep/store-fs";

import { type Bench, type Group, roundsOf, sizeOf } from "../bench.js";
import { bytesOf, randomTensors, timedSave, writtenFiles } from "../data.js";
import { inFreshProcess } from "../fresh-process.js";
import { interleave, median, medianCall } from "../measure.js";
import { missingModules } from "../python-peer.js";
import { ratio, type Row } from "../row.js";

const size = 200_000_000;
const safetensors = safetensorsCodec();
const msgpack = msgpackCodec();

/** What a format costs beyond writing and reading its bytes. */
export const formats: Group = {
  name: "formats",
  title: "Formats",
  async run(bench) {
    const rows: Row[] = [];
    for (const count of [1, 1000]) rows.push(...(await overhead(bench, count)));
    return [...rows, ...(await freshLoads(bench))];
  },
};

async function overhead(bench: Bench, count: number): Promise<Row[]> {
  const model = randomTensors(sizeOf(bench, size), count);
  const bytes = bytesOf(model);
  const state = stateOf(model);
  const path = (name: string) => join(bench.folder, `${count}.${name}`);
  const safetensorsFiles = await writtenFiles(path("safetensors"), await safetensors.encode(model));
  const msgpackFiles = await writtenFiles(path("msgpack"), await msgpack.encode(state));
  const lacking = missingModules(bench.python, "joblib", "numpy");
  const lackingReference = missingModules(bench.python, "joblib", "numpy", "safetensors");
  const python = lacking === "" ? bench.python : undefined;
  const reference = lackingReference === "" ? python : undefined;
  await python?.call("arrays", { size: bytes.length, count });
  const rounds = roundsOf(bench, 11);
  const saved = await interleave(rounds, {
    raw: () => timedSave([path("raw")], () => writeFileSync(path("raw"), bytes)),
    safetensors: () =>
      timedSave(
        safetensorsFiles,
        async () => void (await writtenFiles(path("safetensors"), await safetensors.encode(model))),
      ),
    msgpack: () =>
      timedSave(msgpackFiles, async () => void (await writtenFiles(path("msgpack"), await msgpack.encode(state)))),
    joblib: python && (() => timedSave([path("joblib")], () => python.time("dump_arrays", { path: path("joblib") }))),
    reference:
      reference &&
      (() => timedSave([path("reference")], () => reference.time("save_safetensors", { path: path("reference") }))),
  });
  const loaded = await interleave(rounds, {
    raw: () => void readFileSync(path("raw")),
    safetensors: async () => void (await safetensors.decode(await filePayloads(safetensorsFiles))),
    msgpack: async () => void (await msgpack.decode(await filePayloads(msgpackFiles))),
    joblib: python && (() => python.time("load", { path: path("joblib") })),
    reference: reference && (() => reference.time("load_safetensors", { path: path("reference") })),
  });
  const what = `200 MB in ${count === 1 ? "one array" : `${count.toLocaleString("en")} arrays`}`;
  const decoded = await safetensors.decode(await filePayloads(safetensorsFiles));
  const packed = await msgpack.decode(await filePayloads(msgpackFiles));
  const rows = [
    ratio(`safetensors save, ${what} / raw write`, saved.safetensors, saved.raw, 1.1, "no fsync, no digest"),
    ratio(
      `safetensors load, ${what} / raw read`,
      loaded.safetensors,
      loaded.raw,
      1.1,
      viewsNote(decoded as TensorFile),
    ),
    ratio(`msgpack save, ${what} / raw write`, saved.msgpack, saved.raw, undefined),
    ratio(
      `msgpack load, ${what} / raw read`,
      loaded.msgpack,
      loaded.raw,
      1.1,
      viewsNote(packed.state as unknown as TensorFile),
    ),
    ratio(
      `safetensors save, ${what} / Python's safetensors`,
      saved.safetensors,
      saved.reference,
      undefined,
      lackingReference,
    ),
    ratio(
      `safetensors load, ${what} / Python's safetensors`,
      loaded.safetensors,
      loaded.reference,
      undefined,
      lackingReference,
    ),
    ratio(`safetensors save, ${what} / Python's joblib.dump`, saved.safetensors, saved.joblib, undefined, lacking),
    ratio(`safetensors load, ${what} / Python's joblib.load`, loaded.safetensors, loaded.joblib, undefined, lacking),
  ];
  if (count === 1) return rows;
  const file = readFileSync(safetensorsFiles[0]!).buffer;
  const decoding = await medianCall(50, () => decodeTensors(file));
  return [
    ...rows,
    { what: "decoding 1,000 tensors", goal: 5, measured: decoding, unit: "ms", note: "header and views" },
  ];
}

/** The arrays as a state: a record of tensors. */
function stateOf({ tensors }: TensorFile): ModelState {
  return { flavor: "bench", type: "arrays", version: 1, state: { tensors: Object.fromEntries(tensors) } };
}

function viewsNote({ tensors }: { readonly tensors: object }): string {
  const all = tensors instanceof Map ? [...tensors.values()] : Object.values(tensors);
  const buffers = new Set(
    all.flatMap((each) => (isTensor(each) && ArrayBuffer.isView(each.data) ? each.data.buffer : [])),
  );
  return `tensors: ${all.length}, buffers: ${buffers.size}`;
}

async function freshLoads(bench: Bench): Promise<Row[]> {
  const folder = join(bench.folder, "registry");
  const file = join(bench.folder, "1.joblib");
  const registry = await openRegistry({ store: fsStore(folder), codecs: [safetensors], actor: "bench" });
  await registry.save("arrays", { model: randomTensors(sizeOf(bench, size), 1) });
  const lacking = missingModules(bench.python, "joblib", "numpy");
  const python = lacking === "" ? bench.python : undefined;
  const verified: number[] = [];
  const joblib: number[] = [];
  const ordinary: number[] = [];
  for (let round = 0; round < roundsOf(bench, 15); round++) {
    verified.push(await inFreshProcess("load", { folder, reference: "arrays" }));
    if (python === undefined) continue;
    joblib.push(python.timeFresh("load", { path: file }));
    ordinary.push(python.timeFresh("load", { path: file }, { NUMPY_MADVISE_HUGEPAGE: "0" }));
  }
  const of = (times: readonly number[]) => (times.length === 0 ? undefined : median(times));
  const what = "verified load of 200 MB in a fresh process / Python's unverified joblib.load in one";
  const range = joblib.map(Math.round).toSorted((a, b) => a - b);
  const note = `starts and imports not counted on either side; joblib's from ${range[0]} to ${range.at(-1)} ms, as it gets huge pages or not`;
  return [
    ratio(what, median(verified), of(joblib), 1.25, lacking === "" ? note : lacking),
    ratio("the same / joblib.load with pages of the ordinary size", median(verified), of(ordinary), 1.25, lacking),
  ];
}
