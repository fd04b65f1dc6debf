import { writeUntilKilled } from "@modelkeep/testkit/node";
import { sqliteStore } from "../src/index.js";

await writeUntilKilled(sqliteStore(process.argv[2]!));
