/** Tests that `npm test` runs a seeded fraction of. */
export interface Suite {
  readonly title: string;
  /** What the long run is long in, where its tests do not count it themselves. */
  readonly size?: string;
  /** Test files, or folders of them. */
  readonly files: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const mutations = 200_000;
const soak = process.env["MODELKEEP_SOAK_MINUTES"] ?? "60";
const full = { MODELKEEP_RELIABILITY: "full" };

export const suites: readonly Suite[] = [
  {
    title: "Mutated files give a result or a typed error, in bounded time",
    size: `${mutations.toLocaleString("en")} files for each decoder`,
    files: [
      "packages/codec-json/test/properties.test.ts",
      "packages/codec-msgpack/test/properties.test.ts",
      "packages/codec-safetensors/test/properties.test.ts",
      "packages/codec-gguf/test/properties.test.ts",
      "packages/codec-onnx/test/vectors.test.ts",
      "packages/pickle/test/fuzz.test.ts",
      "packages/registry/test/fuzz.test.ts",
      "packages/codec-keras/test/hostile.test.ts",
      "packages/codec-tfjs/test/hostile.test.ts",
      "packages/flavor-tensorflow/test/hostile.test.ts",
      "packages/flavor-tensorflow/test/tfjs-hostile.test.ts",
    ],
    environment: { ...full, MODELKEEP_FUZZ_RUNS: String(mutations) },
  },
  {
    title: "Changed architectures of Keras convert or end with a typed error",
    files: ["packages/flavor-keras/test/hostile.test.ts"],
    environment: { MODELKEEP_FUZZ_RUNS: "20000" },
  },
  {
    title: "Models that the installed Keras makes predict the same as ONNX",
    files: ["packages/flavor-keras/test/installed-tensorflow.test.ts"],
    environment: full,
  },
  {
    title: "The two protocols of the registry, in every order of their steps",
    size: "every order of the thorough cases",
    files: ["packages/registry/test/protocols"],
    environment: full,
  },
  {
    title: "Many clients on one registry, saving, moving aliases and collecting garbage",
    files: ["packages/registry/test/concurrency.test.ts"],
    environment: full,
  },
  {
    title: "Saves, copies, moves, deletions and holds at random beside garbage collections, every byte watched",
    files: ["packages/registry/test/keep-load.test.ts"],
    environment: full,
  },
  {
    title: "The same in seeded orders of single operations, which find planted mistakes",
    files: ["packages/registry/test/keep-orders.test.ts"],
    environment: full,
  },
  {
    title: "Retention that only grows, moves with a fault at every operation, clocks that lie",
    files: [
      "packages/registry/test/retention.test.ts",
      "packages/registry/test/archive.test.ts",
      "packages/registry/test/clocks.test.ts",
    ],
    environment: full,
  },
  {
    title: "A registry does what a simple model of it does, however its history is read in parts",
    size: "5,000 random runs, 20,000 splits",
    files: ["packages/registry/test/properties.test.ts", "packages/registry/test/fold-splits.test.ts"],
    environment: full,
  },
  {
    title: "A history that is edited, cut, added to, reordered, truncated or forked, against a checkpoint",
    size: "every place of 256 entries, with the chain as it is and computed again",
    files: ["packages/registry/test/audit"],
    environment: full,
  },
  {
    title: "Moves and reads of an alias by several clients, with lost and late answers, are linearizable",
    files: ["packages/registry/test/linearizability.test.ts"],
    environment: full,
  },
  {
    title: "Listings that lag behind, and clocks that jump by years",
    files: ["packages/registry/test/lists-and-clocks.test.ts"],
    environment: full,
  },
  {
    title: "A fault at every operation of the store, under every call of a registry, on each kind of store",
    files: ["packages/registry/test/faults.test.ts", "packages/registry/test/backup-faults.test.ts"],
    environment: full,
  },
  {
    title: "A process that is killed at every call to the file system or to SQLite",
    files: ["packages/registry/test/kill-points.test.ts"],
    environment: full,
  },
  {
    title: "Commands that are killed at any of their calls to the file system, and run again",
    files: ["apps/cli/test/killed.test.ts"],
    environment: full,
  },
  {
    title: "An error, or the end of the process, at each call to the file system",
    files: ["packages/store-fs/test/faults.test.ts", "packages/registry/test/kill.test.ts"],
    environment: full,
  },
  {
    title: "What a power failure may leave of the files, at any moment",
    files: ["packages/store-fs/test/power-loss.test.ts", "packages/registry/test/power-loss.test.ts"],
    environment: full,
  },
  {
    title: "Every bit and byte of an envelope that changes by itself is found",
    files: ["packages/registry/test/bit-rot.test.ts"],
    environment: full,
  },
  {
    title: "A full disk and errors of the disk, under SQLite",
    files: ["packages/store-sqlite/test/faults.test.ts"],
    environment: full,
  },
  {
    title: "Damaged SQLite files: check lists what it can, and passes none that differs",
    size: "5,000 files",
    files: ["packages/registry/test/damaged-sqlite.test.ts"],
    environment: full,
  },
  {
    title: "Writers in processes of their own on one store, and writers that are killed",
    size: "32 writers x 100 increments",
    files: ["packages/store-fs/test/processes.test.ts", "packages/store-sqlite/test/processes.test.ts"],
  },
  {
    title: "Servers that are killed while they predict, and aliases that move under load",
    size: "30 kills for each durability, 2,000 moves",
    files: ["packages/serving/test/crash.test.ts", "packages/serving/test/serve.test.ts"],
    environment: full,
  },
  {
    title: "An S3 service that fails: refused, slow, cut off, committed but not answered",
    size: "every fault at every request, and a real server where one is configured",
    files: ["packages/store-s3/test"],
  },
  {
    title: "64 writers on one bucket of a real S3 server, some of them killed each minute",
    size: `${soak} minutes, where a server is configured`,
    files: ["packages/registry/test/writers.test.ts"],
    environment: { MODELKEEP_SOAK_MINUTES: soak },
  },
  {
    title: "Packages beyond 4 GiB and 65,535 entries, read again by unzip and Python",
    size: "one of each",
    files: ["packages/core/test/zip64.test.ts"],
    environment: { MODELKEEP_LONG_TESTS: "1" },
  },
  {
    title: "A body of 4 GiB through SQLite in bounded memory",
    size: "one",
    files: ["packages/store-sqlite/test/large-body.test.ts"],
    environment: { MODELKEEP_LONG_TESTS: "1" },
  },
  {
    title: "A body of 4 GiB through PostgreSQL in bounded memory",
    size: "one, where a server is configured",
    files: ["packages/store-postgres/test/postgres-store.test.ts"],
    environment: { MODELKEEP_LONG_TESTS: "1" },
  },
];
