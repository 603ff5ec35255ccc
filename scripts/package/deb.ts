/** A Debian package: the program below /usr/lib/spoke, a unit that nobody has enabled yet, and the machine's file to write on. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unitText } from "../../src/distro/boot.ts";
import { defaultCluster, usualConfigFile } from "../../src/distro/roles/yaml-file.ts";
import { dependsLine } from "./dependencies.ts";
import { type Architecture, manifest, run, writePackages, writeProgram } from "./program.ts";

export interface DebWishes {
  out: string;
  version: string;
  architecture: Architecture;
  say(line: string): void;
}

const home = "usr/lib/spoke";
const scripts = ["postinst", "prerm", "postrm"];
const here = join(import.meta.dirname, "debian");

export function makeDeb({ out, version, architecture, say }: DebWishes): void {
  const folder = mkdtempSync(join(tmpdir(), "spoke-deb-"));
  chmodSync(folder, 0o755);
  try {
    say("compiling Spoke, fetching what it runs on");
    writeProgram(join(folder, home), version);
    writePackages(join(folder, home), architecture);
    const put = (path: string, text: string, mode = 0o644) => {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text, { mode });
    };
    const link = (path: string, to: string) => {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      symlinkSync(to, join(folder, path));
    };
    link("usr/bin/spoke", "../lib/spoke/spoke");
    link(`${home}/bin/kubectl`, "../spoke");
    put("usr/lib/systemd/system/spoke.service", unit());
    put(usualConfigFile.slice(1), readFileSync(join(here, "config.yaml"), "utf8"));
    put("usr/share/doc/spoke/copyright", copyright());
    put("DEBIAN/conffiles", `${usualConfigFile}\n`);
    put("DEBIAN/md5sums", sumsOf(folder));
    put("DEBIAN/control", control({ version, architecture, kilobytes: kilobytesOf(join(folder, "usr")) }));
    for (const name of scripts) {
      copyFileSync(join(here, name), join(folder, "DEBIAN", name));
      chmodSync(join(folder, "DEBIAN", name), 0o755);
    }
    say("packing");
    run(["dpkg-deb", "--root-owner-group", "-Zxz", "-z3", "--build", folder, out]);
    say(`${out}: ${Math.round(statSync(out).size / 1e6)} MB; apt install ${out}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** It makes this machine what its file says, where there is no cluster yet. */
function unit(): string {
  const run = `/run/spoke/${defaultCluster}`;
  const state = `/var/lib/spoke/${defaultCluster}`;
  const place = { cluster: defaultCluster, state, run, logs: `${state}/logs`, pki: `${state}/pki`, cache: "/var/cache/spoke" };
  return unitText(
    place,
    { name: defaultCluster },
    {},
    {
      spoke: ["/usr/bin/spoke"],
      keeper: `/${home}/src/distro/keeper.sh`,
      from: `Of the package spoke. systemctl enable --now spoke makes of this machine what ${usualConfigFile} says.`,
    },
  );
}

export function control({ version, architecture, kilobytes }: { version: string; architecture: Architecture; kilobytes: number }): string {
  return `Package: spoke
Version: ${version}
Architecture: ${architecture}
Maintainer: The authors of Spoke <spoke@localhost>
Section: admin
Priority: optional
Installed-Size: ${kilobytes}
Depends: ${dependsLine()}
Description: Kubernetes v1.36 in one small program
 API server, scheduler, controllers, kubelet, service proxy, DNS, ingress
 and kubectl, written in TypeScript, running real containers through
 containerd; with the Node that it runs on.
`;
}

function copyright(): string {
  const part = (files: string, license: string) => `\nFiles: ${files}\nCopyright: its authors\nLicense: ${license}\n`;
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: spoke
${part("*", "Apache-2.0")}${part(`${home}/node_modules/*`, "as each says in its folder, in LICENSE or package.json")}
License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.
Comment: ${manifest.description}
`;
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** Conffiles have theirs in dpkg's own list. */
function sumsOf(folder: string): string {
  const sum = (file: string) => createHash("md5").update(readFileSync(file)).digest("hex");
  return filesBelow(join(folder, "usr"))
    .map((file) => `${sum(file)}  ${file.slice(folder.length + 1)}\n`)
    .join("");
}

const kilobytesOf = (folder: string): number => filesBelow(folder).reduce((sum, file) => sum + Math.ceil(statSync(file).size / 1024), 0);
