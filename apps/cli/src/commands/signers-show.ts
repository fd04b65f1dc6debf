import type { Context } from "../context.js";

export async function run(context: Context): Promise<void> {
  const { output, signal } = context;
  const registry = await context.registry();
  const name = context.arguments[0]!;
  const ring = await registry.signers.show(name, { signal });
  output.result(ring ?? null, () => {
    if (ring === undefined) return `Entries of ${name} need not be signed: actors are what their writers say`;
    const rows = ring.signers.map(({ keyId, actor, admin }) => [
      actor.name,
      actor.email,
      admin ? "administrator" : "",
      keyId.slice(0, 16),
    ]);
    const proposals = ring.proposals.map(({ id, change, actor, agreed }) => {
      const parts = [
        ...change.add.map((signer) => `add ${signer.actor.name} (${signer.keyId.slice(0, 16)})`),
        ...change.remove.map((keyId) => `remove ${keyId.slice(0, 16)}`),
        ...(change.quorum === undefined ? [] : [`quorum ${change.quorum}`]),
        ...(change.off ? ["off"] : []),
      ];
      return `proposed ${id.slice(7, 19)} by ${actor.name}: ${parts.join(", ")}; agreed: ${agreed.map((each) => each.name).join(", ") || "nobody yet"}`;
    });
    return [
      output.table(["name", "e-mail", "", "key"], rows),
      `${ring.quorum} administrator${ring.quorum === 1 ? "" : "s"} must agree to a change`,
      ...proposals,
    ].join("\n");
  });
}
