/** A Corefile as servers: which zones at which port, and what answers there. Pure; what is wrong is thrown as CorefileError. */

import { messageOf } from "#base/mod.ts";
import { type Directive, parseCorefile, type ServerBlock } from "./corefile/parse.ts";
import { CorefileError } from "./corefile/tokens.ts";
import { serverKey } from "./corefile/zones.ts";
import { dotted } from "./message.ts";
import type { NamesOptions } from "./names.ts";
import { autopath } from "./plugins/autopath.ts";
import { cache } from "./plugins/cache.ts";
import { errors } from "./plugins/errors.ts";
import { forward } from "./plugins/forward.ts";
import { hosts } from "./plugins/hosts.ts";
import { kubernetes } from "./plugins/kubernetes.ts";
import { log } from "./plugins/log.ts";
import { loop } from "./plugins/loop.ts";
import type { Context, Link, Plugin } from "./plugins/plugin.ts";
import { health, loadbalance, prometheus, ready, reload } from "./plugins/process.ts";
import { rewrite } from "./plugins/rewrite.ts";
import type { ServerSettings } from "./plugins/server-settings.ts";
import { template } from "./plugins/template.ts";

/** In the order in which they are asked, whatever the order of their lines: upstream's. */
const plugins: readonly Plugin[] = [
  reload,
  ready,
  health,
  prometheus,
  errors,
  log,
  loadbalance,
  cache,
  rewrite,
  autopath,
  template,
  hosts,
  kubernetes,
  loop,
  forward,
];

/** Those of upstream that are not here: told apart from mistakes in writing. */
const upstreams = new Set(
  (
    "root metadata geoip cancel tls proxyproto quic grpc_server https https3 timeouts multisocket nsid bufsize bind debug trace pprof dnstap " +
    "local dns64 acl any chaos tsig header dnssec minimal transfer route53 azure clouddns k8s_external file auto secondary etcd grpc erratic " +
    "whoami on sign view nomad"
  ).split(" "),
);

export interface ServerConfiguration {
  zones: readonly string[];
  port: number;
  /** From the first that is asked to the last. */
  links: readonly { name: string; link: Link }[];
  settings: ServerSettings;
  /** Of all plugins of the block, those without a link too. */
  plugins: readonly string[];
}

export interface Configuration {
  servers: readonly ServerConfiguration[];
  names: readonly NamesOptions[];
}

export interface Sources {
  /** Other keys of the ConfigMap. */
  files: ReadonlyMap<string, string>;
  /** What `/etc/resolv.conf` names. */
  resolvers: readonly string[];
}

/** As a pod has it. */
const podHosts = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";

export function readConfiguration(text: string, { files, resolvers }: Sources): Configuration {
  const readFile = (path: string) => files.get(path.replace(/^\.\//, "")) ?? (path === "/etc/hosts" ? podHosts : undefined);
  const blocks = parseCorefile(text, files);
  if (blocks.length === 0) throw new CorefileError({ file: "Corefile", line: 1 }, "no server: '. { … }' is one");
  const names: NamesOptions[] = [];
  const taken = new Set<string>();
  const servers = blocks.flatMap((block) => serversOf(block, { readFile, resolvers }, { names, taken }));
  return { servers, names };
}

function serversOf(
  block: ServerBlock,
  sources: Pick<Context, "readFile" | "resolvers">,
  { names, taken }: { names: NamesOptions[]; taken: Set<string> },
): ServerConfiguration[] {
  const byPort = new Map<number, string[]>();
  for (const key of block.keys) {
    const { zones, port } = keyOf(block, key);
    for (const zone of zones) {
      const place = `dns://${dotted(zone)}:${port}`;
      if (taken.has(place)) throw new CorefileError(block, `cannot serve ${place} - it is already defined`);
      taken.add(place);
    }
    byPort.set(port, [...(byPort.get(port) ?? []), ...zones]);
  }
  const zones = [...byPort.values()].flat();
  const context: Context = { ...sources, zones, siblings: block.directives };
  const links: { name: string; link: Link }[] = [];
  const found: string[] = [];
  let settings: ServerSettings = {};
  const lines = linesOf(block);
  for (const plugin of plugins) {
    const own = lines.get(plugin.name);
    if (!own) continue;
    if (own.length > 1 && !plugin.several)
      throw new CorefileError(own[1]!, `plugin/${plugin.name}: this plugin can only be used once per Server Block`);
    const made = plugin.read(own, context);
    found.push(plugin.name);
    settings = { ...settings, ...made.settings };
    if (made.link) links.push({ name: plugin.name, link: made.link });
    if (made.names) names.push(made.names);
  }
  return [...byPort].map(([port, each]) => ({ zones: each, port, links, settings, plugins: found }));
}

function keyOf(block: ServerBlock, key: string) {
  try {
    return serverKey(key);
  } catch (error) {
    throw new CorefileError(block, messageOf(error));
  }
}

function linesOf({ directives }: ServerBlock): Map<string, Directive[]> {
  const lines = new Map<string, Directive[]>();
  const known = new Set(plugins.map(({ name }) => name));
  for (const line of directives) {
    if (!known.has(line.name))
      throw new CorefileError(line, upstreams.has(line.name) ? `plugin '${line.name}' is not there` : `Unknown directive '${line.name}'`);
    lines.set(line.name, [...(lines.get(line.name) ?? []), line]);
  }
  return lines;
}
