import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import { counted } from "../output.js";
import { describePreview } from "./retention-preview.js";

export async function run({ arguments: given, options, output, registry: open, signal }: Context): Promise<number> {
  const registry = await open({ writes: true });
  const names = given.length === 0 ? undefined : given;
  if (!options.flag("yes")) {
    const preview = await registry.retention.preview({ names, signal });
    output.result(preview, () => `${describePreview(preview, output)}\nNothing was changed: --yes does it`);
    return exitCodes.ok;
  }
  const applied = await registry.retention.apply({ names, signal });
  const { deleted, archived, failed } = applied;
  output.result(applied, () =>
    [
      ...deleted.map(({ reference, reasons }) => `deleted  ${reference}: ${reasons.join("; ")}`),
      ...archived.map(({ reference, to, reasons }) => `moved    ${reference} to ${to!}: ${reasons.join("; ")}`),
      ...failed.map(({ reference, message }) => `${output.style("red", "failed")}   ${reference}: ${message}`),
      `${counted(deleted.length, "version")} deleted, ${archived.length} moved${failed.length > 0 ? `, ${failed.length} failed` : ""}; modelkeep gc frees the space`,
    ].join("\n"),
  );
  return failed.length === 0 ? exitCodes.ok : exitCodes.negative;
}
