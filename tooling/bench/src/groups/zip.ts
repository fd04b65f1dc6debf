import { closeSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { safetensorsCodec } from "@modelkeep/codec-safetensors";
import { keptBytes, packEnvelope } from "@modelkeep/core";
import { writePackageFile } from "@modelkeep/core/node";
import { openRegistry } from "@modelkeep/registry";
import { fsStore } from "@modelkeep/store-fs";

import { gibibyte, type Group, mebibyte, roundsOf, sizeOf } from "../bench.js";
import { randomTensors } from "../data.js";
import { interleave } from "../measure.js";
import { missingModules } from "../python-peer.js";
import { ratio } from "../row.js";

/** Packages (`*.model.zip`) with 1 GiB stored, against copying the file and taking its CRC. */
export const zip: Group = {
  name: "zip",
  title: "Packages",
  async run(bench) {
    const store = fsStore(join(bench.folder, "registry"));
    const registry = await openRegistry({ store, codecs: [safetensorsCodec()], actor: "bench" });
    await registry.save("large", { model: randomTensors(sizeOf(bench, gibibyte), 4) });
    const envelope = await registry.open("large");
    const source = (await keptBytes(envelope.payloads().main)!.open())!.file!.path;
    const target = join(bench.folder, "package.model.zip");
    const { python } = bench;
    const unverified = async function* (): AsyncGenerator<Uint8Array> {
      yield* piecesOf(source);
    };
    const fresh = (work: () => void | Promise<void> | Promise<number>) => async () => {
      await rm(target, { force: true });
      const start = performance.now();
      return (await work()) ?? performance.now() - start;
    };
    const times = await interleave(roundsOf(bench, 7), {
      copy: fresh(() => copyWithCrc(source, target, false)),
      copySynced: fresh(() => copyWithCrc(source, target, true)),
      writer: fresh(async () => {
        const file = openSync(target, "w");
        for await (const bytes of packEnvelope(envelope, { read: unverified })) writeSync(file, bytes);
        closeSync(file);
      }),
      verified: fresh(() => writePackageFile(target, envelope)),
      python: python && fresh(() => python.time("zip_file", { path: target, source })),
    });
    const lacking = missingModules(python);
    return [
      ratio("package of 1 GiB stored, the writer alone / copy + crc32", times.writer, times.copy, 1.3, "no fsync"),
      ratio("the same / Python's zipfile", times.writer, times.python, 0.7, lacking || "no fsync"),
      ratio("digests verified on the way / copy + crc32", times.verified, times.copySynced, 1.7, "fsync on both sides"),
      ratio("the same / copy + crc32 without fsync", times.verified, times.copy, undefined, "fsync on our side only"),
    ];
  },
};

/** Pieces of a file in one buffer that is used again. */
function* piecesOf(path: string): Generator<Uint8Array> {
  const file = openSync(path, "r");
  const piece = new Uint8Array(mebibyte);
  for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) yield piece.subarray(0, read);
  closeSync(file);
}

function copyWithCrc(from: string, to: string, synced: boolean): void {
  const target = openSync(to, "w");
  let crc = 0;
  for (const bytes of piecesOf(from)) {
    crc = crc32(bytes, crc);
    writeSync(target, bytes);
  }
  if (synced) fsyncSync(target);
  closeSync(target);
}
