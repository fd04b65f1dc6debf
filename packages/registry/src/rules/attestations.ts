import { checkBinding, openNameStatement, type SignedStatement } from "@modelkeep/attest";
import { isDigest } from "@modelkeep/core";

import { type Rules, update, valid, versionIn, VoidChange } from "./rule.js";
import { joined } from "./versions.js";

/** Who vouches for a version. Every reader verifies it here; whose word counts is decided by who asks. */
export const attestationRules: Rules = {
  attested(draft, change, { body, placement }) {
    const record = versionIn(draft, change["version"]);
    if (record.status === "deleted") throw new VoidChange(`version ${record.version} is deleted`);
    const { statement, bundle } = change;
    if (!isDigest(bundle)) throw new VoidChange("has no digest of a bundle");
    const { key, name } = valid(() => {
      const binding = openNameStatement(statement);
      checkBinding(binding, record.manifest, [draft.name, ...draft.formerNames]);
      return binding;
    });
    if (record.attestations.some((each) => each.keyId === key.keyId))
      throw new VoidChange(`version ${record.version} is attested by the key ${key.keyId} already`);
    const attestation = {
      keyId: key.keyId,
      algorithm: key.algorithm,
      publicKey: key.pem,
      name,
      statement: statement as unknown as SignedStatement,
      bundle,
      time: body.time,
      actor: body.actor,
    };
    update(draft, record.version, () => ({
      attestations: [...record.attestations, attestation],
      placement: joined(record.placement, placement),
    }));
  },
};
