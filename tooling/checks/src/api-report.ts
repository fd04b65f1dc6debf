import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type IConfigFile,
} from "@microsoft/api-extractor";
import { firstDifference, interfaceOf, reportedPackages } from "./report-text.js";
import { root, workspacePackages, type WorkspacePackage } from "./workspace.js";

/** One entry point of a package, and the file in `api/` that shows all that it exports. */
interface EntryPoint {
  readonly package: WorkspacePackage;
  /** "core.api.md", "core.node.api.md" for `@modelkeep/core/node`. */
  readonly report: string;
  readonly declarations: string;
}

const folder = join(root, "api");

/** Compares what the built packages export with what `api/` says. */
export async function apiReportFaults(): Promise<readonly string[]> {
  const reports = writtenReports();
  const stale = existsSync(folder) ? readdirSync(folder).filter((name) => !reports.has(name)) : [];
  return [
    ...[...reports].flatMap(([name, text]) => {
      const path = join(folder, name);
      const known = existsSync(path) ? readFileSync(path, "utf8").replaceAll("\r\n", "\n") : "";
      return known === text ? [] : [`api/${name} is not what the package exports now, ${firstDifference(known, text)}`];
    }),
    ...stale.map((name) => `api/${name} belongs to no entry point.`),
  ].map((fault) => `${fault}\nIf the change is meant: npm run api, and a changeset that tells users of it.`);
}

/** Brings `api/` up to date. */
export function writeApiReports(): void {
  const reports = writtenReports();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, text] of reports) writeFileSync(join(folder, name), text);
}

function writtenReports(): ReadonlyMap<string, string> {
  const scratch = mkdtempSync(join(tmpdir(), "api-"));
  try {
    const entries = entryPoints();
    const configs = entries.map((entry) => configure(entry, scratch));
    const compilerState = CompilerState.create(configs[0]!, {
      additionalEntryPoints: entries.map(({ declarations }) => declarations),
    });
    return new Map(
      entries.map(({ package: { manifest }, report }, index) => {
        Extractor.invoke(configs[index]!, {
          localBuild: true,
          compilerState,
          messageCallback: (message) => (message.handled = message.logLevel !== ExtractorLogLevel.Error),
        });
        const name = report.split(".")[1] === "api" ? manifest.name : `${manifest.name}/${report.split(".")[1]}`;
        const text = interfaceOf(readFileSync(join(scratch, report), "utf8"));
        return [report, `# What \`${name}\` exports\n\nWritten by \`npm run api\`.\n\n\`\`\`ts\n${text}\n\`\`\`\n`];
      }),
    );
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function entryPoints(): readonly EntryPoint[] {
  return workspacePackages()
    .filter(({ manifest }) => reportedPackages.includes(manifest.name))
    .flatMap((item) =>
      Object.entries(item.manifest.exports ?? {}).flatMap(([subpath, target]) => {
        if (typeof target === "string") return [];
        const name = [item.directory.split("/")[1], ...subpath.split("/").slice(1)].join(".");
        return [{ package: item, report: `${name}.api.md`, declarations: join(root, item.directory, target.types) }];
      }),
    );
}

function configure({ package: item, report, declarations }: EntryPoint, scratch: string): ExtractorConfig {
  const configObject: IConfigFile = {
    projectFolder: join(root, item.directory),
    mainEntryPointFilePath: declarations,
    compiler: {
      overrideTsconfig: {
        // The extractor finds AbortSignal and URL only where they are plain declarations, as in the library for browsers.
        compilerOptions: {
          target: "es2022",
          lib: ["es2023", "esnext.disposable", "dom"],
          module: "nodenext",
          types: ["node"],
          strict: true,
          skipLibCheck: true,
        },
        files: [declarations],
      },
    },
    apiReport: {
      enabled: true,
      reportFileName: report,
      reportFolder: scratch,
      reportTempFolder: join(scratch, "temp"),
      includeForgottenExports: true,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    newlineKind: "lf",
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
    },
  };
  return ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, item.directory, "package.json"),
  });
}
