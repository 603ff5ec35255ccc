/** Where a node's rules for Services are kept: nftables, or iptables as upstream's proxy writes it. Only one of them has any. */
import { type Family, familyOf } from "#base/mod.ts";
import { foundIn, type Ruleset, removeScript, replaceScript, restoreScript, type Tables, tableFamilies, transaction } from "#linux/mod.ts";
import { type CompileOptions, compile } from "./compile.ts";
import { compileIptables } from "./iptables/compile.ts";
import { isProxyChain } from "./iptables/names.ts";
import type { ServiceTable } from "./service-table.ts";

export type ProxyMode = "nftables" | "iptables";

/** Runs a tool in the node's network namespace with this text as its input; rejects with what it said. */
export type Run = (command: string, args: readonly string[], input?: string) => Promise<string>;

export interface Backend {
  /** Brings the kernel to what the table asks for, as one transaction. After a failure the next one replaces everything. */
  apply(table: ServiceTable): Promise<void>;
}

export interface BackendOptions extends CompileOptions {
  run: Run;
  /** Name of the table of nftables. */
  table: string;
}

export function backendOf(mode: ProxyMode, options: BackendOptions): Backend {
  return mode === "iptables" ? iptables(options) : nftables(options);
}

function nftables({ run, table, ...options }: BackendOptions): Backend {
  const family = familyOf(options.podRange);
  let standing: Ruleset | undefined;
  let isAlone = false;
  return {
    async apply(services) {
      const rules = compile(services, options);
      const script = transaction(table, standing, rules);
      // What the kernel holds after a failure is unknown.
      standing = undefined;
      if (script) await run("nft", ["-f", "-"], script);
      standing = rules;
      // Of the other mode's rules, which an earlier life left: after ours stand, so that no Service is without.
      if (!isAlone) await withoutIptables(run, family);
      isAlone = true;
    },
  };
}

function iptables({ run, table, ...options }: BackendOptions): Backend {
  const family = familyOf(options.podRange);
  let standing: Tables | undefined;
  return {
    async apply(services) {
      const rules = compileIptables(services, options);
      const before = standing;
      standing = undefined;
      const script = before ? restoreScript(before, rules) : replaceScript(await found(run, family), rules);
      if (script) await restore(run, family, script);
      const at = `${tableFamilies[family]} ${table}`;
      if (!before) await run("nft", ["-f", "-"], `add table ${at}\ndelete table ${at}\n`);
      standing = rules;
    },
  };
}

const tools = { IPv4: "iptables", IPv6: "ip6tables" } as const;
const found = async (run: Run, family: Family) => foundIn(await run(`${tools[family]}-save`, []), isProxyChain);
const restore = (run: Run, family: Family, script: string) => run(`${tools[family]}-restore`, ["--noflush", "--wait", "5"], script);

async function withoutIptables(run: Run, family: Family): Promise<void> {
  let there: Awaited<ReturnType<typeof found>>;
  try {
    there = await found(run, family);
  } catch {
    return; // without the tool there are no rules of its making
  }
  if (there.nat.chains.size + there.filter.chains.size > 0) await restore(run, family, removeScript(there));
}
