/** `api-resources`: everything that the server serves. */
import type { Command } from "../../command.ts";
import { apiVersionOf } from "../../connect/discovery.ts";
import { CliError, usageError } from "../../failure.ts";
import { bool, list, text } from "../../input/flags.ts";
import { alignRows } from "../../print/tab-writer.ts";

export const command: Command = {
  use: "api-resources [flags]",
  long: "Print the supported API resources on the server.",
  flags: [
    text("api-group", "Limit to resources in the specified API group."),
    bool("cached", "Use the cached list of resources if available."),
    list("categories", "Limit to resources that belong to the specified categories."),
    bool("namespaced", "If false, non-namespaced resources will be returned, otherwise returning namespaced resources by default.", true),
    bool("no-headers", "When using the default or custom-column output format, don't print headers (default print headers)."),
    text("output|o", "Output format. One of: (wide, name)."),
    bool("show-managed-fields", "If true, keep the managedFields when printing objects in JSON or YAML format."),
    text("sort-by", "If non-empty, sort list of resources using specified field, one of 'name' or 'kind'."),
    list("verbs", "Limit to resources that support the specified verbs."),
  ],
  async run(session) {
    const { flags } = session;
    if (session.args.length > 0) throw usageError(`unexpected arguments: [${session.args.join(" ")}]`, session.command);
    const output = flags.text("output");
    if (!["", "wide", "name"].includes(output)) throw new CliError(`--output ${output} is not available`);
    if (!["", "name", "kind"].includes(flags.text("sort-by"))) throw new CliError("--sort-by accepts only name or kind");
    const { found } = flags.bool("cached") ? await session.mapper() : await session.freshMapper();
    const preferred = new Map(found.groups.map((group) => [group.name, group.versions[0]]));
    const chosen = found.resources
      .filter(
        (resource) =>
          resource.version === preferred.get(resource.group) ||
          !found.resources.some(
            (other) => other.group === resource.group && other.name === resource.name && other.version === preferred.get(resource.group),
          ),
      )
      .filter((resource) => resource.verbs.length > 0)
      .filter((resource) => !flags.given("api-group") || resource.group === flags.text("api-group"))
      .filter((resource) => !flags.given("namespaced") || resource.namespaced === flags.bool("namespaced"))
      .filter((resource) => flags.list("verbs").every((verb) => resource.verbs.includes(verb)))
      .filter((resource) => flags.list("categories").every((category) => resource.categories.includes(category)));
    const by = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    const sorted = chosen.sort((a, b) =>
      flags.text("sort-by") === "name"
        ? by(a.name, b.name)
        : flags.text("sort-by") === "kind"
          ? by(a.kind, b.kind)
          : by(a.group, b.group) || by(a.name, b.name),
    );
    if (output === "name") {
      for (const resource of sorted) session.line(resource.group ? `${resource.name}.${resource.group}` : resource.name);
      return;
    }
    const wide = output === "wide";
    const rows = sorted.map((resource) => [
      resource.name,
      resource.shortNames.join(","),
      apiVersionOf(resource),
      String(resource.namespaced),
      resource.kind,
      ...(wide ? [resource.verbs.join(","), resource.categories.join(",")] : []),
    ]);
    const head = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", ...(wide ? ["VERBS", "CATEGORIES"] : [])];
    session.out(alignRows(flags.bool("no-headers") ? rows : [head, ...rows]));
  },
};
