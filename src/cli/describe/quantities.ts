/** Sums of resource requests for node pages: exact integers in thousandths, written in the format they came in. */

const binary: Record<string, bigint> = { Ki: 1n << 10n, Mi: 1n << 20n, Gi: 1n << 30n, Ti: 1n << 40n, Pi: 1n << 50n, Ei: 1n << 60n };
const decimal: Record<string, bigint> = { "": 1n, k: 10n ** 3n, M: 10n ** 6n, G: 10n ** 9n, T: 10n ** 12n, P: 10n ** 15n, E: 10n ** 18n };

export interface Amount {
  milli: bigint;
  binary: boolean;
}

export const zero: Amount = { milli: 0n, binary: false };

export function amount(text: string | number | undefined): Amount {
  const match = /^(-?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?([a-zA-Z]*)$/.exec(String(text ?? "0"));
  if (!match) return zero;
  const [, sign, whole, fraction, exponent, suffix] = match;
  let milli = BigInt(`${whole || "0"}${fraction.padEnd(3, "0").slice(0, 3)}`);
  if (suffix === "m") milli /= 1000n;
  else milli *= binary[suffix] ?? decimal[suffix] ?? 1n;
  if (exponent) milli = BigInt(Math.round(Number(milli) * 10 ** Number(exponent)));
  return { milli: sign ? -milli : milli, binary: suffix in binary };
}

export function add(a: Amount, b: Amount): Amount {
  return { milli: a.milli + b.milli, binary: a.milli === 0n ? b.binary : a.binary };
}

export function amountText({ milli, binary: two }: Amount): string {
  if (milli === 0n) return "0";
  if (milli % 1000n !== 0n) return `${milli}m`;
  const value = milli / 1000n;
  const table = two ? binary : decimal;
  for (const [suffix, factor] of Object.entries(table).reverse())
    if (factor > 1n && value % factor === 0n) return `${value / factor}${suffix}`;
  return String(value);
}

export function percent(part: Amount, whole: Amount): number {
  return whole.milli === 0n ? 0 : Math.trunc((Number(part.milli) / Number(whole.milli)) * 100);
}

type Resources = { requests?: Record<string, string>; limits?: Record<string, string> } | undefined;
interface PodLike {
  // biome-ignore lint/suspicious/noExplicitAny: an object of the server, read field by field
  [field: string]: any;
}

/** What a pod asks for: containers and sidecars together, or the largest init container if that is more. */
export function podAmount(pod: PodLike, field: "requests" | "limits", name: string): Amount {
  const of = (resources: Resources) => amount(resources?.[field]?.[name]);
  const whole = pod.spec?.resources?.[field]?.[name];
  if (whole !== undefined) return amount(whole);
  let running = ((pod.spec?.containers ?? []) as { resources?: Resources }[]).reduce(
    (sum, container) => add(sum, of(container.resources)),
    zero,
  );
  let sidecars = zero;
  let initial = zero;
  for (const container of pod.spec?.initContainers ?? []) {
    const own = of(container.resources);
    if (container.restartPolicy === "Always") {
      sidecars = add(sidecars, own);
      running = add(running, own);
      if (sidecars.milli > initial.milli) initial = sidecars;
    } else {
      const together = add(sidecars, own);
      if (together.milli > initial.milli) initial = together;
    }
  }
  const result = initial.milli > running.milli ? initial : running;
  const overhead = amount(pod.spec?.overhead?.[name]);
  return field === "requests" || result.milli > 0n ? add(result, overhead) : result;
}
