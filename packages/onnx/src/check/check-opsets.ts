import type { OnnxOperatorSet } from "../model.js";
import { knownOpsets } from "../opsets.js";
import type { Faults } from "./faults.js";

/** Versions by domain, "" for ai.onnx. */
export function checkOpsets(list: readonly OnnxOperatorSet[], where: string, faults: Faults): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const { domain = "", version = 0 } of list) {
    const home = domain === "ai.onnx" ? "" : domain;
    // The same twice says nothing new: skl2onnx writes it.
    if ((opsets.get(home) ?? version) !== version)
      faults.add(where, `imports ${domain || "ai.onnx"} twice, by different versions`);
    opsets.set(home, version);
    const known = knownOpsets.get(home || "ai.onnx");
    if (version < 1) faults.add(where, `imports version ${version} of ${domain || "ai.onnx"}`);
    else if (known !== undefined && version > known)
      faults.add(where, `imports ${domain || "ai.onnx"} ${version}; the newest known here is ${known}`);
  }
  return opsets;
}
