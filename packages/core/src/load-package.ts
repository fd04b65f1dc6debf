import { ModelkeepError } from "./errors.js";

/**
 * What `load` imports: a package that only some users need, and that may have been left out. `area` begins the sentence: "gcs".
 * @throws `missing_package`, which says how to install it; other trouble of the import as it is
 */
export async function loadPackage<T>(
  area: string,
  name: string,
  load: () => Promise<T>,
  { install = name }: { readonly install?: string } = {},
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ModelkeepError("missing_package", `[${area}] This needs the package ${name}: npm install ${install}`, {
      cause,
      details: { package: name },
    });
  }
}
