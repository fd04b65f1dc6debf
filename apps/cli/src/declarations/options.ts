import type { OptionSpec } from "../command.js";

export const reason: OptionSpec = { type: "string", short: "m", value: "<text>", description: "why, for the history" };
export const expect: OptionSpec = {
  type: "string",
  value: "<version>",
  description: "only if this version is behind the alias now (0: none)",
};
export const limit: OptionSpec = { type: "string", value: "<n>", description: "show at most this many" };
export const runtime: OptionSpec = {
  type: "string",
  value: "<name>",
  choices: ["onnxruntime", "mljs"],
  description: "run it with this runtime: onnxruntime, mljs",
};
export const representation: OptionSpec = { type: "string", value: "<name>", description: "use this representation" };
export const compatibility: OptionSpec = {
  type: "string",
  value: "<policy>",
  choices: ["ignore", "warn", "refuse"],
  description: "when libraries differ from the recorded ones: ignore, warn (default) or refuse",
};
export const attestedBy: OptionSpec = {
  type: "string",
  multiple: true,
  value: "<pub.pem>",
  description: "only what this public key attests (more than once: any of them)",
};
export const roots: OptionSpec = {
  type: "string",
  value: "<chain.pem>",
  description: "only what a certificate attests that leads to one of these roots",
};
export const alias: OptionSpec = {
  type: "string",
  short: "a",
  value: "<name>",
  description: "the alias (default: production)",
};
export const override: OptionSpec = {
  type: "boolean",
  description: "though the alias's policy is not met, where it allows that; needs --reason",
};
