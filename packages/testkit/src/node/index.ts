export * from "./kill-while-writing.js";
export * from "./race-between-processes.js";
