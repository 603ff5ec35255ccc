/** Zones as a Corefile names them: a name, a range of addresses for its reverse names, a port behind either. Pure. */
import { formatAddress, parseRange } from "#base/mod.ts";
import { labelsOf, plainName } from "../message.ts";

/** The plain names that a word stands for: one, or several for a range that ends within a label. Undefined: it is no zone. */
export function zonesOf(word: string): string[] | undefined {
  if (word.includes("/")) return reverseZones(word);
  const name = plainName(word);
  return labelsOf(name) && /^[^\s:"{}]*$/.test(name) ? [name] : undefined;
}

function reverseZones(word: string): string[] | undefined {
  const range = parseRange(word);
  if (!range) return undefined;
  const [width, step, base] = range.family === "IPv4" ? [32, 8, 10] : [128, 4, 16];
  const kept = Math.ceil(range.bits / step) * step;
  const count = 2 ** (kept - range.bits);
  return Array.from({ length: count }, (_, i) => {
    const value = (range.first >> BigInt(width - kept)) + BigInt(i);
    const labels: string[] = [];
    for (let at = 0; at < kept / step; at++) labels.push(((value >> BigInt(at * step)) & BigInt(2 ** step - 1)).toString(base));
    return [...labels, range.family === "IPv4" ? "in-addr.arpa" : "ip6.arpa"].join(".");
  });
}

/** The address that a reverse name stands for. */
export function addressOfReverse(name: string): string | undefined {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (v4) return v4.slice(1).reverse().join(".");
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
  if (!v6) return undefined;
  return formatAddress({ family: "IPv6", value: BigInt(`0x${v6[1]!.replaceAll(".", "").split("").reverse().join("")}`) });
}

export interface ServerKey {
  zones: string[];
  port: number;
}

export const plainPort = 53;

/** Throws an Error that says what is wrong with it. */
export function serverKey(word: string): ServerKey {
  const scheme = /^([a-z0-9+]+):\/\//.exec(word)?.[1];
  if (scheme && scheme !== "dns") throw new Error(`'${word}': servers of ${scheme}:// are not there; dns:// is`);
  const rest = scheme ? word.slice(scheme.length + 3) : word;
  const [, zone, number] = /^(.*?)(?::(\d+))?$/.exec(rest)!;
  const port = number === undefined ? plainPort : Number(number);
  if (port < 1 || port > 65_535) throw new Error(`'${word}': ${number} is no port`);
  const zones = zone === "" && number === undefined ? undefined : zonesOf(zone === "" ? "." : zone!);
  if (!zones) throw new Error(`'${word}' is no zone`);
  return { zones, port };
}
