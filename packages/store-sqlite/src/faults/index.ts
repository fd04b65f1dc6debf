export * from "./intercepted.js";
