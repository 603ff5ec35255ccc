/** `spoke etcd`: this program's own store behind etcd's API, in the place of upstream's etcd, as one member. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createLog, Lifetime, systemClock, systemRandom } from "#base/mod.ts";
import type { FlagTable, FlagValues } from "#codec/mod.ts";
import { createSqliteStore, serveEtcd } from "#store/mod.ts";
import { type FixedFlags, readCommandLine } from "../components/command-line.ts";
import { readNamed } from "../components/serving-certificate.ts";
import { untilAsked } from "../components/until-asked.ts";

const table = {
  "advertise-client-urls": ["list", undefined],
  "cert-file": ["file", undefined],
  "client-cert-auth": ["bool", false],
  "data-dir": ["text", "default.etcd"],
  "key-file": ["file", undefined],
  "listen-client-urls": ["list", ["http://localhost:2379"]],
  "log-level": ["text", "info"],
  name: ["text", "default"],
  "trusted-ca-file": ["file", undefined],
  "unsafe-no-fsync": ["bool", false],
  v: ["int", 0],
} as const satisfies FlagTable;

const alone = "this server is one member, which has no peers";
const fixed: FixedFlags = {
  "initial-cluster-state": { takes: ["new"], why: alone },
  "enable-v2": { takes: ["false"], why: "there is no v2 API here" },
};

/** Of peers. Harnesses always say them; a member that has no peers opens no port for them and tells nobody of one, so only their form is checked. */
const peerFlags = {
  "initial-advertise-peer-urls": ["list", undefined],
  "initial-cluster": ["text", undefined],
  "listen-peer-urls": ["list", undefined],
} as const satisfies FlagTable;

/** EX_IOERR of sysexits. */
const ioErrorExitCode = 74;

export async function command(words: string[]): Promise<number> {
  // Of a cluster's own etcd; the store itself takes no words.
  if (["members", "remove", "reset"].includes(words[0] ?? "")) return (await import("../etcd/members-command.ts")).command(words);
  const flags = readCommandLine(words, {
    name: "etcd",
    about:
      "This program's own store behind etcd's API, in the place of upstream's etcd, as one member. --listen-peer-urls and --initial-advertise-peer-urls are taken for compatibility: one member has no peers, so no port is opened for them. --initial-cluster may name this member alone.",
    table: { ...table, ...peerFlags },
    fixed,
    refused: {},
  });
  checkPeers(flags);
  const levels = ["debug", "info", "warn", "error"] as const;
  const level = levels.find((one) => one === flags["log-level"]);
  if (!level) throw new Error(`--log-level=${flags["log-level"]}: there are ${levels.join(", ")}`);
  const log = createLog({ level: flags.v >= 4 ? "debug" : level });
  const signal = untilAsked(log);
  const lifetime = new Lifetime({ log });
  const folder = flags["data-dir"];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "state.db");
  const store = await createSqliteStore({
    file,
    clock: systemClock,
    ...(flags["unsafe-no-fsync"] ? { unsafe: true } : {}),
    onFailure(error) {
      log.error("this process ends: its store cannot be written", { error: error.message });
      process.exit(ioErrorExitCode);
    },
  });
  lifetime.add(() => store.close());
  const urls = flags["listen-client-urls"];
  if (
    urls.some((url) => url.startsWith("http:")) &&
    (flags["cert-file"] || flags["key-file"] || flags["trusted-ca-file"] || flags["client-cert-auth"])
  )
    log.warn("a client URL is http: there, certificates are not used", { urls });
  try {
    for (const url of urls) {
      const { protocol, hostname, port } = new URL(url);
      const server = await serveEtcd({
        store,
        clock: systemClock,
        random: systemRandom,
        host: hostname.replace(/^\[|\]$/g, ""),
        port: Number(port || 2379),
        name: flags.name,
        clientUrls: flags["advertise-client-urls"] ?? urls,
        size: () => statSync(file).size,
        ...tlsOf(protocol, flags),
      });
      lifetime.add(() => server.close());
    }
    log.info("ready to serve client requests", { urls });
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  } finally {
    await lifetime.close();
  }
  return 0;
}

type PeerFlags = Pick<FlagValues<typeof table & typeof peerFlags>, "name" | keyof typeof peerFlags>;

function checkPeers(flags: PeerFlags): void {
  for (const flag of ["listen-peer-urls", "initial-advertise-peer-urls"] as const)
    for (const url of flags[flag] ?? [])
      if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) throw new Error(`--${flag}=${url}: this is no http or https URL`);
  const members = (flags["initial-cluster"] ?? "").split(",").filter((member) => member !== "");
  if (members.length > 1) throw new Error(`--initial-cluster: ${alone}`);
  if (members[0] && !members[0].startsWith(`${flags.name}=`))
    throw new Error(`--initial-cluster: couldn't find local name ${JSON.stringify(flags.name)} in the initial cluster configuration`);
}

type Flags = Pick<ReturnType<typeof readCommandLine<typeof table>>, "cert-file" | "key-file" | "trusted-ca-file" | "client-cert-auth">;

function tlsOf(protocol: string, flags: Flags): { tls?: { cert: string; key: string; ca?: string } } {
  if (protocol === "http:") return {};
  if (protocol !== "https:") throw new Error(`--listen-client-urls: there are http and https, and not ${protocol}`);
  const [cert, key, ca] = [flags["cert-file"], flags["key-file"], flags["trusted-ca-file"]];
  if (!cert || !key) throw new Error("--cert-file and --key-file are needed for https");
  if (flags["client-cert-auth"] && !ca) throw new Error("--client-cert-auth needs --trusted-ca-file");
  // As etcd: an authority alone asks for certificates already.
  const asked = ca ? { ca: readNamed("trusted-ca-file", ca) } : {};
  return { tls: { cert: readNamed("cert-file", cert), key: readNamed("key-file", key), ...asked } };
}
