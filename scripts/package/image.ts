/** An OCI image of Spoke itself, on Debian: what the distribution provides, what Spoke runs on, and Spoke, a layer each. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type PackedLayer, writeArchive } from "../../src/distro/images/archive.ts";
import { dependencies } from "./dependencies.ts";
import { type Architecture, manifest, run, writePackages, writeProgram } from "./program.ts";

export interface ImageWishes {
  out: string;
  /** As people say it: `localhost/spoke:0.1.0`. */
  tag: string;
  version: string;
  /** Debian's: `bookworm`. */
  suite: string;
  architecture: Architecture;
  say(line: string): void;
}

const home = "usr/lib/spoke";

export function makeImage({ out, tag, version, suite, architecture, say }: ImageWishes): void {
  const folder = mkdtempSync(join(tmpdir(), "spoke-image-"));
  try {
    const [debian, packages, program] = ["debian", "packages", "program"].map((name) => join(folder, name)) as [string, string, string];
    say(`making a Debian ${suite} with ${dependencies.map((each) => each.package).join(", ")}`);
    writeDebian(debian, suite, architecture);
    say("compiling Spoke, fetching what it runs on");
    writePackages(ensured(join(packages, home)), architecture);
    writeProgram(join(program, home), version);
    for (const [link, to] of Object.entries({ "usr/bin/spoke": "../lib/spoke/spoke", "usr/bin/kubectl": "../lib/spoke/spoke" })) {
      ensured(join(program, dirname(link)));
      symlinkSync(to, join(program, link));
    }
    const layers = [debian, packages, program].map((each) => {
      say(`packing ${each.slice(folder.length + 1)}`);
      return packed(each);
    });
    writeArchive(out, {
      names: [tag],
      layers,
      entrypoint: [`/${home}/src/distro/contained/contained.sh`],
      command: ["server"],
      env: ["SPOKE_CONTAINED=1"],
      // containerd's layers cannot lie on those of a container.
      volumes: ["/var/lib/spoke"],
      exposedPorts: ["6443/tcp", "80/tcp", "443/tcp"],
      madeBy: "scripts/package.ts image",
      annotations: {
        "org.opencontainers.image.title": "Spoke",
        "org.opencontainers.image.description": manifest.description,
        "org.opencontainers.image.licenses": manifest.license,
        "org.opencontainers.image.version": version,
      },
    });
    say(`${out}: ${Math.round(statSync(out).size / 1e6)} MB; docker load -i, podman load -i and ctr images import take it`);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function ensured(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** What packages leave behind for their next installation, and the traces of the machine that this one is made on. */
const unneeded = ["var/cache/apt", "var/lib/apt/lists", "var/log", "usr/share/man", "usr/share/locale", "usr/share/info"];
const ofTheMaker = ["etc/hostname", "etc/resolv.conf", "etc/hosts", "etc/machine-id"];

function writeDebian(folder: string, suite: string, architecture: Architecture): void {
  const include = dependencies.map((each) => each.package).join(",");
  run(["debootstrap", "--variant=minbase", `--arch=${architecture}`, `--include=${include}`, suite, folder]);
  const docs = join(folder, "usr/share/doc");
  for (const entry of readdirSync(docs, { recursive: true, withFileTypes: true }))
    if (!entry.isDirectory() && entry.name !== "copyright") rmSync(join(entry.parentPath, entry.name), { force: true });
  for (const path of unneeded) {
    rmSync(join(folder, path), { recursive: true, force: true });
    mkdirSync(join(folder, path), { recursive: true });
  }
  for (const path of ofTheMaker) rmSync(join(folder, path), { force: true });
}

/** Sorted, of no time and no owner but root: the same bytes whenever the files are the same. */
function packed(folder: string): PackedLayer {
  const tar = `${folder}.tar`;
  const same = ["--sort=name", "--mtime=@0", "--numeric-owner", "--exclude=./dev/*", "--exclude=./proc/*", "--exclude=./sys/*"];
  run(["tar", "--create", `--file=${tar}`, `--directory=${folder}`, ...same, "."]);
  const digest = createHash("sha256").update(readFileSync(tar)).digest("hex");
  run(["gzip", "--no-name", "-6", tar]);
  rmSync(folder, { recursive: true });
  return { gzipped: `${tar}.gz`, digest: `sha256:${digest}` };
}
