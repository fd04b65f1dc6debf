export * from "./race-between-processes.js";
