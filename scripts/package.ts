/** Makes what people install: `image` (OCI), `deb` and `npm`. None of it is needed to run a checkout. */
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeDeb } from "./package/deb.ts";
import { makeImage } from "./package/image.ts";
import { makeTarball } from "./package/npm.ts";
import { type Architecture, architectures, root, versionHere } from "./package/program.ts";

const usage = `usage: npm run package -- image | deb | npm [options]

  --out FILE        where it goes (build/spoke-VERSION-…)
  --version VERSION what it is called (that of package.json, with the commit)
  --arch ARCH       amd64 or arm64 (this machine's); an image is of this machine's
  --suite SUITE     image: Debian's (bookworm)
  --tag NAME        image: its name (localhost/spoke:VERSION)
`;

const options = {
  out: { type: "string" },
  version: { type: "string" },
  arch: { type: "string", default: process.arch === "arm64" ? "arm64" : "amd64" },
  suite: { type: "string", default: "bookworm" },
  tag: { type: "string" },
} as const;

function main(words: string[]): void {
  const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true });
  const [what] = positionals;
  const { version = versionHere(), arch: architecture, suite } = values;
  if (!isArchitecture(architecture)) throw new Error(`--arch ${architecture}: ${Object.keys(architectures).join(" or ")} is needed`);
  const file = (end: string) => {
    const out = resolve(values.out ?? join(root, "build", `spoke-${version}${end}`));
    mkdirSync(dirname(out), { recursive: true });
    return out;
  };
  const say = (line: string) => console.log(line);
  switch (what) {
    case "image": {
      const { tag = `localhost/spoke:${version.replace("+", "-")}` } = values;
      return makeImage({ out: file(`-${architecture}.oci.tar`), tag, version, suite, architecture, say });
    }
    case "deb":
      return makeDeb({ out: file(`-${architecture}.deb`), version, architecture, say });
    case "npm":
      return makeTarball({ out: file(".tgz"), version, say });
    default:
      throw new Error(usage);
  }
}

const isArchitecture = (word: string): word is Architecture => Object.hasOwn(architectures, word);

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`package: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
