/** The order of API versions by age and stability. */

/** v2 before v1, v1 before v1beta2, v1beta2 before v1beta1 and v1alpha1; other names last, by the alphabet. */
export function newestFirst(a: string, b: string): number {
  const [left, right] = [versionParts(a), versionParts(b)];
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0;
  for (const [i, part] of left.entries()) if (part !== right[i]) return right[i]! - part;
  return 0;
}

function versionParts(version: string): [number, number, number] | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (!match) return undefined;
  const stage = match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0;
  return [stage, Number(match[1]), Number(match[3] ?? 0)];
}
