import { writeUntilKilled } from "@modelkeep/testkit/node";
import { fsStore } from "../src/index.js";

await writeUntilKilled(fsStore(process.argv[2]!));
