/** `/healthz` and its like as upstream answers them: `ok`, or which check failed; `?verbose` lists all. Pure but for the checks. */

export interface HealthCheck {
  name: string;
  /** Throws when it fails. */
  check(): void | Promise<void>;
}

export interface HealthAnswer {
  code: 200 | 500;
  text: string;
}

export async function healthOf(path: string, checks: readonly HealthCheck[], query: URLSearchParams): Promise<HealthAnswer> {
  const excluded = new Set(query.getAll("exclude"));
  const lines: string[] = [];
  let failed = false;
  for (const { name, check } of [{ name: "ping", check() {} }, ...checks]) {
    if (excluded.has(name)) {
      lines.push(`[+]${name} excluded: ok`);
      continue;
    }
    try {
      await check();
      lines.push(`[+]${name} ok`);
    } catch {
      // Why it fails is for the log: the port may be open to many.
      failed = true;
      lines.push(`[-]${name} failed: reason withheld`);
    }
  }
  const what = path.replace(/^\//, "");
  if (failed) return { code: 500, text: `${lines.join("\n")}\n${what} check failed\n` };
  return { code: 200, text: query.has("verbose") ? `${lines.join("\n")}\n${what} check passed\n` : "ok" };
}
