export * from "./check-store.js";
export type { RaceSize, StoreCase, StoreContext } from "./store-case.js";
export { checkRace, incrementRace, runWriter, type RaceOptions } from "./store-race.js";
export * from "./store-suite.js";
export * from "./suite.js";
