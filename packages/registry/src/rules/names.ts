import { checkName } from "@modelkeep/core";

import { type Rules, valid, VoidChange } from "./rule.js";

export const nameRules: Rules = {
  renamed(draft, change) {
    draft.renamedTo = valid(() => checkName(change["to"] as string));
  },

  renamed_from(draft, change, { body }, { former }) {
    if (body.number !== 1) throw new VoidChange("only the first entry can take over another model's history");
    if (
      former === undefined ||
      former.name !== change["from"] ||
      former.head !== change["head"] ||
      former.renamedTo !== draft.name
    )
      throw new VoidChange("the history that it takes over is not the one that was left");
    const { name, length, head, time } = draft;
    const names = [...former.formerNames, former.name];
    Object.assign(draft, former, { name, length, head, time, formerNames: names, renamedTo: undefined });
    draft.versions = new Map(former.versions);
    draft.aliases = new Map(former.aliases);
    draft.routes = new Map(former.routes);
    draft.labels = new Map(former.labels);
    draft.policies = new Map(former.policies);
    draft.voids = [];
    draft.skipped = [];
  },
};
