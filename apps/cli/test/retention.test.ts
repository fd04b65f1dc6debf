import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { commandLine } from "./run.js";

const { folder, run } = commandLine();

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run([...args, "--quiet"]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

beforeAll(async () => {
  writeFileSync(join(folder, "modelkeep.json"), JSON.stringify({ archives: { cold: "./cold" } }));
  for (const text of ["one", "two", "three"]) {
    writeFileSync(join(folder, "weights.bin"), text.repeat(100));
    await succeed("save", "wine", "weights.bin");
  }
}, 60_000);

describe("keep and delete", () => {
  test("a policy is set, shown, previewed and applied", async () => {
    expect(
      await succeed("retention", "set", "wine", "--keep-last", "2", "--keep-years", "10", "--delete-rest"),
    ).toContain("wine: keeps every version for 10 years, the newest 2; deletes the rest");
    const shown = await succeed("retention", "show", "wine");
    expect(shown).toContain("every version is kept for 10 years");
    expect(await succeed("retention", "preview")).toContain("1 model: 0 versions to delete, 0 to move, 3 kept");
    const later = await succeed("retention", "preview", "wine", "--at", "2050-01-01");
    expect(later).toMatch(/wine@1 +delete +300 B +every promise of it has ended/u);
    expect(await succeed("retention", "apply", "--yes")).toContain("0 versions deleted");
    const { code, stderr } = await run(["delete", "wine@1", "--reason", "old"]);
    expect([code, stderr]).toEqual([4, expect.stringContaining("version 1 cannot be deleted: every version is kept")]);
    expect((await run(["retention", "set", "wine"])).code).toBe(2);
    expect((await run(["retention", "set", "--keep-last", "2"])).code).toBe(2);
    expect((await run(["retention", "set", "wine", "--keep-last", "many"])).stderr).toContain(
      "--keep-last is a number",
    );
    expect(await succeed("retention", "set", "--all", "--none")).toContain("wine: no policy");
  });

  test("holds and tombstones are seen", async () => {
    writeFileSync(join(folder, "weights.bin"), "other");
    await succeed("save", "beer", "weights.bin");
    writeFileSync(join(folder, "weights.bin"), "another");
    await succeed("save", "beer", "weights.bin");
    await succeed("hold", "beer@1", "case-17", "--reason", "subpoena");
    expect((await run(["hold", "beer", "case-18"])).code).toBe(2);
    expect(await succeed("list", "beer")).toMatch(/active, held/u);
    expect(await succeed("show", "beer@1")).toMatch(/hold +case-17: subpoena \(Tester,/u);
    expect(await run(["delete", "beer@1", "--reason", "old"])).toMatchObject({ code: 4 });
    await succeed("release", "beer@1", "case-17");
    expect((await run(["delete", "beer@1"])).stderr).toContain("--reason");
    await succeed("delete", "beer@1", "--reason", "wrong data");
    expect(await succeed("show", "beer@1")).toMatch(/status +deleted: wrong data/u);
    expect(await succeed("gc", "--grace", "0")).toContain("Removed 1 object");
    expect(await run(["pull", "beer@1"])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("by Tester: wrong data") as string,
    });
    await succeed("delete", "beer", "--model", "--reason", "no longer made");
    expect(await succeed("list")).toContain("beer (deleted)");
    expect((await run(["save", "beer", "weights.bin"])).stderr).toContain("A name is never used again");
    await succeed("check");
  });

  test("files go to an archive of the configuration and come back", async () => {
    expect(await succeed("archive", "wine@1", "--to", "cold")).toContain("its files are in cold");
    expect(await succeed("list", "wine")).toContain("archived (cold)");
    await succeed("gc", "--grace", "0");
    await succeed("pull", "wine@1", "out");
    expect((await run(["archive", "wine@2", "--to", "colder"])).stderr).toContain("there are: cold");
    const { code, stderr } = await run(["pull", "wine@1", "out2", "--store", join(folder, "models")], { folder: "/" });
    expect([code, stderr]).toEqual([7, expect.stringContaining('lies in the archive "cold", which is not open')]);
    expect(await succeed("restore-from-archive", "wine@1")).toContain("back, and active");
    expect(await succeed("check", "--read")).toContain("no faults");
  });
});
