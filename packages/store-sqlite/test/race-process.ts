import { joinRace } from "@modelkeep/testkit/node";
import { sqliteStore } from "../src/index.js";

const store = sqliteStore(process.argv[2]!);
await joinRace(store);
await store[Symbol.asyncDispose]?.();
