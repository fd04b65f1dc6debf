import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";

import { gibibyte } from "./bench.js";
import type { PythonPeer } from "./python-peer.js";

/** What was measured on, in one line. */
export function machineLine(python: PythonPeer | undefined, quick: boolean): string {
  const [first] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  const hardware = `${cpus().length} x ${first?.model.trim() ?? "an unknown processor"}, ${Math.round(totalmem() / gibibyte)} GiB`;
  const peers =
    python === undefined
      ? "no Python"
      : Object.entries(python.modules)
          .map(([name, version]) => `${name} ${version}`)
          .join(", ");
  const load = `load average ${loadavg()[1]!.toFixed(1)} over 5 minutes`;
  const size = quick ? "; quick run: small data, few rounds, figures mean little" : "";
  return `${date}, ${platform()} ${release()} ${arch()}, ${hardware}, Node ${process.versions.node}; ${peers}; ${load}${size}`;
}
