/** `README.md` of every registry's store: for somebody who finds the folder or bucket and nothing else. */
export const readme = `# A Modelkeep registry

Everything here is plain files: JSON, and the models in the formats they were saved in. Look around as you like, and
change nothing by hand. Nothing is ever rewritten: the tools only add files, and garbage collection removes what
nothing refers to.

- \`models/<name>/log/000000000001.json\` and on: everything that ever happened to a model, one file per change, each
  carrying the SHA-256 of the one before. Versions, aliases such as \`production\`, labels and tags follow from it.
- \`models/<name>/manifests/<sha256>.<id>.json\`: what each version consists of, with the digest of every file.
- \`blobs/sha256/<digest>/<id>\`: the files themselves. \`sha256sum\` of a blob gives the digest in its path, unless the key
  ends in \`.gzip\` or \`.deflate\`: then it is that of the unpacked file.
- \`names/\`: which names are taken. \`index/\`: a list of all versions, made from the logs, and \`changes/\`: what keeps it
  up to date. \`leases/\` and \`condemned/\`: how garbage
  collection and running saves keep out of each other's way. \`registry.json\`: the format, and what a program must know
  to write here.

To get a file without any tool: take the last entry of the log that moved the alias, find the entry that added that
version, and follow its \`placement\`.

\`npx @modelkeep/cli list --store <this place>\` shows it all.
`;

/** `README.md` of a backup. */
export const backupReadme = `# A backup of a Modelkeep registry

Laid out like the registry it was taken from, history for history and byte for byte, and open for reading only:
\`npx @modelkeep/cli list --store <this place>\` shows what is in it. Nothing here is ever rewritten. What was deleted in
the registry stays here until somebody prunes the backup.

- \`npx @modelkeep/cli restore <this place> --store <an empty store>\` brings it back, whole or some models.
- \`npx @modelkeep/cli backup verify <this place>\` reads and proves all of it.
- \`backups/\`: one file for each time the backup was brought up to date. Everything else is as \`spec/registry-log.md\` says.
`;
