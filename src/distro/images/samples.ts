/** Stand-ins for the few images that examples and tests use, made from what is installed here, for machines without internet. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "#linux/mod.ts";
import { pauseImage } from "../containerd.ts";
import { type ImageFile, type ImageSpec, writeArchive } from "./archive.ts";

export interface Sample {
  /** File name in the cache. */
  file: string;
  names: string[];
  /** What it is made from, for people. */
  from: string;
  spec(): Promise<ImageSpec>;
}

const annotations = { "dev.spoke.stand-in": "true" };
const here = import.meta.dirname;

export const samples: Sample[] = [
  {
    file: "pause.tar",
    names: [pauseImage],
    from: "Debian's catatonit",
    spec: async () => ({
      names: [pauseImage],
      layers: [[{ path: "/pause", from: need("catatonit") }]],
      entrypoint: ["/pause", "-P"],
      annotations,
    }),
  },
  {
    file: "busybox.tar",
    names: ["docker.io/library/busybox:1.36", "docker.io/library/busybox:latest"],
    from: "Debian's busybox-static",
    spec: async () => ({
      names: ["docker.io/library/busybox:1.36", "docker.io/library/busybox:latest"],
      layers: [await busybox()],
      command: ["sh"],
      annotations,
    }),
  },
  {
    file: "node-hello.tar",
    names: ["gcr.io/google-samples/node-hello:1.0"],
    from: "the pinned Node, Debian's busybox-static and a small server",
    spec: async () => ({
      names: ["gcr.io/google-samples/node-hello:1.0"],
      layers: [await busybox(), await nodeBinary(), [{ path: "/server.js", from: join(here, "node-hello.cjs"), mode: 0o644 }]],
      command: ["/usr/local/bin/node", "/server.js"],
      exposedPorts: ["8080/tcp"],
      annotations,
    }),
  },
];

/** Archives in `folder`, made when missing or when what they are made from has changed. */
export async function buildSamples(folder: string, said: (line: string) => void = () => {}): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const sample of samples) {
    const file = join(folder, sample.file);
    const spec = await sample.spec();
    const mark = fingerprint(spec);
    if (!existsSync(file) || !existsSync(`${file}.made-of`) || readFileSync(`${file}.made-of`, "utf8") !== mark) {
      rmSync(`${file}.made-of`, { force: true });
      writeArchive(file, spec);
      writeFileSync(`${file}.made-of`, mark);
      said(`made a stand-in for ${sample.names.join(", ")} from ${sample.from}`);
    }
    files.push(file);
  }
  return files;
}

/** Changes when any input does: sizes and times of files, not their content, so that asking costs nothing. */
function fingerprint(spec: ImageSpec): string {
  const inputs = spec.layers.flat().map((file) => {
    if (!("from" in file)) return file;
    const { size, mtimeMs } = statSync(file.from);
    return { ...file, size, mtimeMs };
  });
  return createHash("sha256")
    .update(JSON.stringify([3, spec, inputs]))
    .digest("hex");
}

async function busybox(): Promise<ImageFile[]> {
  const binary = need("busybox");
  const applets = (await run([binary, "--list"])).split("\n").filter((name) => name !== "" && name !== "busybox");
  return [
    { path: "/bin/busybox", from: binary },
    ...applets.sort().map((name): ImageFile => ({ path: `/bin/${name}`, link: "busybox" })),
    {
      path: "/etc/passwd",
      text: "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n",
    },
    { path: "/etc/group", text: "root:x:0:\ndaemon:x:1:\nnobody:x:65534:\n" },
    { path: "/etc/nsswitch.conf", text: "hosts: files dns\n" },
    { path: "/root", folder: true, mode: 0o700 },
    { path: "/home", folder: true },
    { path: "/tmp", folder: true, mode: 0o1777 },
    { path: "/var/www", folder: true },
    { path: "/usr/bin/env", link: "/bin/env" },
  ];
}

/** The Node that Spoke runs on, with the shared libraries that it is linked to here. */
async function nodeBinary(): Promise<ImageFile[]> {
  const binary = realpathSync(process.execPath);
  const libraries = (await run(["ldd", binary])).split("\n").flatMap((line) => /(?:=>\s*)?(\/\S+)\s+\(0x/.exec(line)?.[1] ?? []);
  const resolver = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"].flatMap((name) => {
    const beside = libraries.find((library) => library.includes("libc.so"))?.replace(/[^/]+$/, name);
    return beside && existsSync(beside) ? [beside] : [];
  });
  return [
    ...[...new Set([...libraries, ...resolver])].sort().map((library): ImageFile => ({ path: library, from: realpathSync(library) })),
    { path: "/usr/local/bin/node", from: binary },
    { path: "/usr/bin/curl", from: join(here, "curl.cjs") },
  ];
}

function need(command: string): string {
  for (const folder of ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"]) {
    if (existsSync(join(folder, command))) return realpathSync(join(folder, command));
  }
  const packageName = command === "busybox" ? "busybox-static" : command;
  throw new Error(`${command} is not installed here: the sample images are made from it: apt-get install ${packageName}`);
}
