import { writeSync } from "node:fs";

import { tasks } from "./support/kill-tasks.js";
import { Fuse, type Kind, killedStore } from "./support/killed-store.js";

/** Does one task, and is killed by its own hand after so many calls of it; says what was acknowledged, and how many there are. */
const [kind, folder, name, after] = process.argv.slice(2) as [Kind, string, string, string];
const fuse = new Fuse();
const task = tasks.find((each) => each.name === name)!;
await task.run((place) => killedStore(kind, `${folder}/${place}`, fuse), {
  begin: () => fuse.light(Number(after)),
  end: () => writeSync(1, `acknowledged ${fuse.calls}\n`),
});
process.exit(0);
