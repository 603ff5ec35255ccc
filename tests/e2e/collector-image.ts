/** An image of a log collector, made from Debian's rsyslog: a stand-in for the ones that a registry would have. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { type ImageFile, writeArchive } from "../../src/distro/images/archive.ts";

const packages = ["rsyslog", "libestr0", "libfastjson4"];

/** Writes the archive below `folder` and answers its path. The image is `name`. */
export function buildCollector(folder: string, name: string): string {
  const debs = join(folder, "debs");
  const unpacked = join(folder, "unpacked");
  mkdirSync(debs, { recursive: true });
  execFileSync("apt-get", ["download", "-q", ...packages], { cwd: debs, stdio: "pipe" });
  for (const deb of readdirSync(debs)) execFileSync("dpkg", ["-x", join(debs, deb), unpacked]);
  const binary = join(unpacked, "usr/sbin/rsyslogd");
  const own = (readdirSync(join(unpacked, "usr/lib"), { recursive: true }) as string[]).filter((file) => /\.so(\.\d+)*$/.test(file));
  const env = { ...process.env, LD_LIBRARY_PATH: own.map((file) => join(unpacked, "usr/lib", file, "..")).join(":") };
  const linked = execFileSync("ldd", [binary], { env, encoding: "utf8" });
  const shared = [...linked.matchAll(/(?:=>\s*)?(\/\S+)\s+\(0x/g)].map(([, path]) => path!).filter((path) => !path.startsWith(unpacked));
  const libraries = own.map((file): ImageFile => ({ path: `/usr/lib/${file}`, from: realpathSync(join(unpacked, "usr/lib", file)) }));
  const archive = join(folder, "collector.tar");
  writeArchive(archive, {
    names: [name],
    layers: [
      [
        { path: "/usr/sbin/rsyslogd", from: binary },
        ...libraries,
        ...[...new Set(shared)].map((path): ImageFile => ({ path, from: realpathSync(path) })),
      ],
    ],
    entrypoint: ["/usr/sbin/rsyslogd"],
    annotations: { "dev.spoke.stand-in": "true" },
  });
  return archive;
}
