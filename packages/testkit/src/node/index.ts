export { type FaultProxy, faultProxy, type RequestTrouble, requestTroubles } from "./fault-proxy.js";
export { type FaultSuiteOptions, storeFaultSuite } from "./fault-suite.js";
export * from "./kill-while-writing.js";
export * from "./race-between-processes.js";
export { readVectors } from "./read-vectors.js";
