/** `/statusz` and `/flagz`: what a component is, how long it has been, and how it was started; for people, or as objects of config.k8s.io. */

export interface ZPage {
  contentType: string;
  text: string;
}

export interface Status {
  component: string;
  startedAtMs: number;
  nowMs: number;
  /** `1.36.4`. */
  version: string;
  paths: readonly string[];
}

const group = "config.k8s.io";
const versions = ["v1beta1", "v1alpha1"];
const warning =
  "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.";

/** Undefined: what is asked for is in no form that there is. */
export function statusz(accept: string, { component, startedAtMs, nowMs, version, paths }: Status): ZPage | undefined {
  const seconds = Math.max(0, Math.floor((nowMs - startedAtMs) / 1000));
  const engine = `node${process.version}`;
  const emulated = version.split(".").slice(0, 2).join(".");
  const all = [...paths].sort();
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const rows = [
    ["Started", unixDate(startedAtMs)],
    ["Up", `${Math.floor(seconds / 3600)} hr ${two((seconds / 60) % 60)} min ${two(seconds % 60)} sec`],
    ["Go version", engine],
    ["Binary version", version],
    ["Emulation version", emulated],
    ["Paths", all.join(" ")],
  ];
  return page(accept, "Statusz", {
    text: `\n${component} statusz\n${warning}\n\n${rows.map((row) => `${row.join("  ")}\n`).join("")}`,
    name: component,
    members: {
      startTime: new Date(startedAtMs).toISOString().replace(/\.\d+Z$/, "Z"),
      uptimeSeconds: seconds,
      goVersion: engine,
      binaryVersion: version,
      emulationVersion: emulated,
      paths: all,
    },
  });
}

export function flagz(accept: string, component: string, flags: Readonly<Record<string, string>>): ZPage | undefined {
  const sorted = Object.keys(flags).sort();
  return page(accept, "Flagz", {
    text: `\n${component} flagz\n${warning}\n${sorted.map((name) => `${name}=${flags[name]}\n`).join("")}`,
    name: component,
    members: { flags: Object.fromEntries(sorted.map((name) => [name, flags[name]])) },
  });
}

/** The first clause that there is a form for. */
function page(accept: string, kind: string, { text, name, members }: { text: string; name: string; members: object }): ZPage | undefined {
  for (const clause of (accept || "*/*").split(",")) {
    const [type = "", ...rest] = clause.split(";").map((part) => part.trim());
    const params = Object.fromEntries(rest.map((part) => part.split("=").map((word) => word.trim())));
    if (type === "text/plain" || type === "*/*" || type === "text/*") return { contentType: "text/plain; charset=utf-8", text };
    if (type === "application/json" && params.as === kind && params.g === group && versions.includes(params.v))
      return {
        contentType: "application/json",
        text: `${JSON.stringify({ kind, apiVersion: `${group}/${params.v}`, metadata: { name }, ...members })}\n`,
      };
  }
  return undefined;
}

/** `Fri Nov 27 23:11:35 UTC 2026` */
function unixDate(ms: number): string {
  const [, week, day, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(new Date(ms).toUTCString())!;
  return `${week} ${month} ${day!.replace(/^0/, " ")} ${time} UTC ${year}`;
}
