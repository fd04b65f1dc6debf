import { checkAlias } from "@modelkeep/core";

import { passGate, passRemovalGate } from "./gates.js";
import { optionalText, type Rules, valid, versionIn, VoidChange } from "./rule.js";

export const aliasRules: Rules = {
  alias(draft, change, entry) {
    const { body } = entry;
    const name = valid(() => checkAlias(change["alias"] as string));
    const target = change["version"];
    const before = draft.aliases.get(name);
    const now = before?.version ?? null;
    if (change["expect"] !== undefined && change["expect"] !== now)
      throw new VoidChange(
        `the alias "${name}" ${now === null ? "is not set" : `points at version ${now}`}, not at ${JSON.stringify(change["expect"])}`,
      );
    if (target !== null) {
      const record = versionIn(draft, target);
      if (record.status === "deleted" || record.status === "archived")
        throw new VoidChange(`version ${record.version} is ${record.status}`);
      passGate(draft, name, record, change, entry);
    } else if (now === null) throw new VoidChange(`the alias "${name}" is not set`);
    else passRemovalGate(draft, name, change, entry);
    const version = target === null ? undefined : (target as number);
    const reason = optionalText(change["reason"], "reason");
    const move = {
      version,
      time: body.time,
      ...(body.storeTime !== undefined && { storeTime: body.storeTime }),
      actor: body.actor,
      action: typeof change["action"] === "string" ? change["action"] : "set",
      reason,
      entry: body.number,
    };
    // Where the alias points now is where every request goes: a rollback is one entry.
    draft.routes.delete(name);
    draft.aliases.set(name, { name, version, moves: [...(before?.moves ?? []), move] });
  },
};
