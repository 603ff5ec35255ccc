/** `spoke envtest DIR`: a folder with kube-apiserver, etcd and kubectl, as controller-runtime's envtest takes it (KUBEBUILDER_ASSETS). */
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readOptions } from "../options.ts";

/** What stands for each of upstream's programs. */
const programs = { "kube-apiserver": "apiserver", etcd: "etcd", kubectl: "kubectl" } as const;

export async function command(words: string[]): Promise<number> {
  const { positionals } = readOptions(words, {
    name: "envtest",
    words: "DIR",
    mostWords: 1,
    about:
      "Writes kube-apiserver, etcd and kubectl into a folder, each of which starts this program's own: set KUBEBUILDER_ASSETS to it, and tests that use envtest run on Spoke.",
  });
  const [folder] = positionals;
  if (!folder) throw new Error("which folder? spoke envtest DIR");
  const spoke = process.env.SPOKE_COMMAND;
  if (!spoke) throw new Error("this program does not know how it was started: run it by its script, ./spoke");
  const path = resolve(folder);
  mkdirSync(path, { recursive: true });
  for (const [name, ours] of Object.entries(programs)) {
    const file = join(path, name);
    writeFileSync(`${file}.new`, `#!/bin/sh\nexec ${quoted(resolve(spoke))} ${ours} "$@"\n`);
    chmodSync(`${file}.new`, 0o755);
    renameSync(`${file}.new`, file);
  }
  process.stdout.write(`export KUBEBUILDER_ASSETS=${quoted(path)}\n`);
  return 0;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
