import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** Waits for the word, hashes the same 16 MiB again and again, says so. */
const program = `
const { createHash } = require("node:crypto");
const { parentPort, workerData: size } = require("node:worker_threads");
const bytes = new Uint8Array(16 << 20);
parentPort.once("message", () => {
  const sha256 = createHash("sha256");
  for (let done = 0; done < size; done += bytes.length) sha256.update(bytes);
  parentPort.postMessage(sha256.digest("hex"));
});
parentPort.postMessage("ready");
`;

/** Milliseconds in which several threads, each with its share in memory, hash `size` bytes: the most that processors give. */
export async function hashOnThreads(size: number, threads: number): Promise<number> {
  const workers = Array.from(
    { length: threads },
    () => new Worker(program, { eval: true, workerData: size / threads }),
  );
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const start = performance.now();
  await Promise.all(
    workers.map((worker) => {
      worker.postMessage("go", []);
      return once(worker, "message");
    }),
  );
  const milliseconds = performance.now() - start;
  await Promise.all(workers.map((worker) => worker.terminate()));
  return milliseconds;
}
