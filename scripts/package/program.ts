/** The folder that is installed: the launcher, the compiled program, and the packages that it runs on, for one architecture. */
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { compiledImports, compiledSources } from "./compile.ts";

/** Debian's name of an architecture and npm's. */
export const architectures = { amd64: "x64", arm64: "arm64" } as const;
export type Architecture = keyof typeof architectures;

export const root = join(import.meta.dirname, "../..");

interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  type: string;
  engines: Record<string, string>;
  imports: Record<string, string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}

export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

/** `0.1.0+git202611280945.9aba76a`: of a commit that is no release, later ones are greater; what is not committed adds nothing. */
export function versionHere(): string {
  const { status, stdout } = spawnSync("git", ["show", "-s", "--abbrev=7", "--date=format:%Y%m%d%H%M", "--format=%cd.%h"], {
    cwd: root,
    encoding: "utf8",
  });
  return status === 0 ? `${manifest.version}+git${stdout.trim()}` : manifest.version;
}

/** Writes the program without its packages. */
export function writeProgram(folder: string, version: string, more: object = {}): void {
  rmSync(folder, { recursive: true, force: true });
  for (const { path, bytes, isExecutable } of compiledSources(root)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), bytes, { mode: isExecutable ? 0o755 : 0o644 });
  }
  const { name, description, license, type, engines, imports, dependencies, optionalDependencies } = manifest;
  const own = { name, version, description, license, type, engines, imports: compiledImports(imports), dependencies, optionalDependencies };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ ...own, ...more }, undefined, 2)}\n`);
  for (const file of ["spoke", "LICENSE"]) copyFileSync(join(root, file), join(folder, file));
  cpSync(join(root, "examples"), join(folder, "examples"), { recursive: true });
}

/** Fetches the locked packages that the program needs when it runs; among them Node, for the architecture that is asked for. */
export function writePackages(folder: string, architecture: Architecture): void {
  const cpu = architectures[architecture];
  const aside = join(folder, ".packages");
  mkdirSync(aside, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(root, file), join(aside, file));
  const which = ["--omit=dev", "--os=linux", `--cpu=${cpu}`, "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  run(["npm", "install", "--no-save", "--loglevel=error", ...which], aside);
  rmSync(join(folder, "node_modules"), { recursive: true, force: true });
  cpSync(join(aside, "node_modules"), join(folder, "node_modules"), { recursive: true, verbatimSymlinks: true });
  rmSync(aside, { recursive: true });
  const node = join(folder, "node_modules", `node-linux-${cpu}`);
  for (const entry of readdirSync(node))
    if (!["bin", "LICENSE", "package.json"].includes(entry)) rmSync(join(node, entry), { recursive: true });
  for (const entry of [".bin", ".package-lock.json"]) rmSync(join(folder, "node_modules", entry), { recursive: true, force: true });
}

export function run(argv: string[], cwd = root, env: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr, error } = spawnSync(argv[0]!, argv.slice(1), {
    cwd,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`${argv.join(" ")}: ${error ? error.message : `exit ${status}`}\n${`${stdout}${stderr}`.slice(-3000)}`);
  return stdout;
}
