/** A tarball for `npm install -g`: the compiled program; npm brings its packages, by the versions of our lock file. */
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manifest, root, run, writeProgram } from "./program.ts";

export interface NpmWishes {
  out: string;
  version: string;
  say(line: string): void;
}

/** Our kubectl has a name of its own: npm would put `kubectl` in the place of the one that is there. */
const bin = { spoke: "spoke", "spoke-kubectl": "spoke" };
const files = ["spoke", "src", "examples", "npm-shrinkwrap.json"];

export function makeTarball({ out, version, say }: NpmWishes): void {
  const folder = mkdtempSync(join(tmpdir(), "spoke-npm-"));
  try {
    say("compiling Spoke");
    const program = join(folder, "spoke");
    writeProgram(program, version, { bin, files, os: ["linux"], cpu: ["x64", "arm64"] });
    copyFileSync(join(root, "README.md"), join(program, "README.md"));
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;
    writeFileSync(join(program, "npm-shrinkwrap.json"), `${JSON.stringify(shrinkwrap(lock, version), undefined, 2)}\n`);
    const [packed] = JSON.parse(run(["npm", "pack", "--json", "--ignore-scripts", `--pack-destination=${folder}`], program)) as {
      filename: string;
    }[];
    renameSync(join(folder, packed!.filename), out);
    say(`${out}: ${(statSync(out).size / 1e6).toFixed(1)} MB; npm install -g ${out}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Lock {
  name: string;
  version: string;
  lockfileVersion: number;
  packages: Record<string, { dev?: boolean; [key: string]: unknown }>;
}

/** The lock file without what only a checkout needs. */
export function shrinkwrap({ lockfileVersion, packages }: Lock, version: string): Lock {
  const { name, license, engines, dependencies, optionalDependencies } = manifest;
  const own = { name, version, license, engines, dependencies, optionalDependencies, bin };
  const others = Object.entries(packages).filter(([path, { dev }]) => path !== "" && !dev);
  return { name, version, lockfileVersion, packages: { "": own, ...Object.fromEntries(others) } };
}
