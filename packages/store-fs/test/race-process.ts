import { joinRace } from "@modelkeep/testkit/node";
import { fsStore } from "../src/index.js";

await joinRace(fsStore(process.argv[2]!));
