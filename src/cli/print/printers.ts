/** The `-o` formats that print whole objects. */

import type { GoTemplateError } from "#codec/go-template.ts";
import { displayKind } from "../connect/discovery.ts";
import type { Session } from "../connect/session.ts";
import { CliError } from "../failure.ts";
import { bool, type Flag, text } from "../input/flags.ts";
import type { KObject } from "./values.ts";

export type ObjectPrinter = (object: KObject) => string;

export const templateFlags: Flag[] = [
  bool(
    "allow-missing-template-keys",
    "If true, fields and map keys that a template names and the object lacks print nothing instead of failing.",
    true,
  ),
  text("template", "Template text, or with -o=go-template-file the path of a template file."),
  bool("show-managed-fields", "If true, keep the managedFields when printing objects in JSON or YAML format."),
];

export const outputFormats =
  "json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file";

export const outputFlag = text("output|o", `Output format. One of: (${outputFormats}).`);

/** Flags of every command that prints the object it changed. */
export const printFlags: Flag[] = [outputFlag, ...templateFlags];

const objectFormats = [
  "go-template",
  "go-template-file",
  "json",
  "jsonpath",
  "jsonpath-as-json",
  "jsonpath-file",
  "kyaml",
  "name",
  "template",
  "templatefile",
  "yaml",
];
const withArgument = ["jsonpath-as-json", "jsonpath-file", "jsonpath", "go-template-file", "go-template", "templatefile", "template"];

/** Splits `jsonpath={.x}` into format and argument. */
export function splitFormat(session: Session): { format: string; argument: string } {
  const value = session.flags.has("output") ? session.flags.text("output") : "";
  const template = session.flags.has("template") ? session.flags.text("template") : "";
  if (value === "" && template !== "") return { format: "go-template", argument: template };
  for (const format of [...withArgument, "custom-columns-file", "custom-columns"]) {
    if (value === format) return { format, argument: template };
    // Where --template is given, no template is read from the format: it names no printer then.
    const split = value.startsWith(`${format}=`) && (template === "" || format.startsWith("custom-columns"));
    if (split) return { format, argument: value.slice(format.length + 1) };
  }
  return { format: value, argument: "" };
}

export function unknownFormat(format: string, more: string[] = []): CliError {
  return new CliError(
    `unable to match a printer suitable for the output format ${JSON.stringify(format)}, allowed formats are: ${[...objectFormats, ...more].sort().join(",")}`,
  );
}

/**
 * The printer for -o, or undefined when no format that prints objects was asked for. `typed`: as JSON, members stand in the order of
 * their declarations, as upstream prints what it made or changed itself.
 */
export async function objectPrinter(
  session: Session,
  more: string[] = [],
  how: { typed?: boolean } = {},
): Promise<ObjectPrinter | undefined> {
  const { format, argument } = splitFormat(session);
  if (format === "") return undefined;
  const allowMissingKeys = session.flags.bool("allow-missing-template-keys");
  const strip = session.flags.bool("show-managed-fields") ? (object: KObject) => object : withoutManagedFields;
  let count = 0;
  switch (format.toLowerCase()) {
    case "json":
      return jsonPrinter(strip, how.typed === true);
    case "yaml": {
      const { writeYaml } = await import("#codec/yaml-writer.ts");
      return (object) => (count++ > 0 ? "---\n" : "") + writeYaml(strip(object));
    }
    case "kyaml": {
      const { writeKyaml } = await import("./kyaml.ts");
      return (object) => `---\n${writeKyaml(strip(object))}\n`;
    }
    case "name":
      return namePrinter;
    case "jsonpath":
    case "jsonpath-as-json":
    case "jsonpath-file": {
      if (argument === "") throw new CliError("template format specified but no template given");
      const { jsonPath } = await import("#codec/json-path.ts");
      const template = format === "jsonpath-file" ? await readTemplate(session, argument) : argument;
      let path: ReturnType<typeof jsonPath>;
      try {
        path = jsonPath(template, { allowMissingKeys, json: format === "jsonpath-as-json" });
      } catch (error) {
        throw new CliError(`error parsing jsonpath ${template}, ${(error as Error).message}`);
      }
      return (object) => {
        try {
          return path(object);
        } catch (error) {
          throw new CliError(
            `error executing jsonpath ${JSON.stringify(template)}: Error executing template: ${(error as Error).message}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${template}\n\tobject given to jsonpath engine was:\n\t\t${JSON.stringify(object)}\n\n`,
          );
        }
      };
    }
    case "go-template":
    case "go-template-file":
    case "template":
    case "templatefile": {
      if (argument === "") throw new CliError("template format specified but no template given");
      return templatePrinter(session, /file$/.test(format) ? await readTemplate(session, argument) : argument);
    }
    default:
      throw unknownFormat(session.flags.text("output"), more);
  }
}

async function templatePrinter(session: Session, template: string): Promise<ObjectPrinter> {
  const { goPrint, goTemplate } = await import("#codec/go-template.ts");
  const { goJson } = await import("#codec/go-json.ts");
  let run: ReturnType<typeof goTemplate>;
  try {
    run = goTemplate(template, { allowMissingKeys: session.flags.bool("allow-missing-template-keys") });
  } catch (error) {
    throw new CliError(`error parsing template ${template}, ${(error as Error).message}`);
  }
  return (object) => {
    try {
      return run(object);
    } catch (error) {
      const { message, written = "" } = error as GoTemplateError;
      // Upstream's help for whoever wrote it stands among the output.
      session.out(
        `${written}Error executing template: ${message}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${template}\n\traw data was:\n\t\t${goJson(object)}\n\tobject given to template engine was:\n\t\t${goPrint(object)}\n\n`,
      );
      throw new CliError(`error executing template ${JSON.stringify(template)}: ${message}`);
    }
  };
}

async function jsonPrinter(strip: (object: KObject) => KObject, typed: boolean): Promise<ObjectPrinter> {
  const { goJson } = await import("#codec/go-json.ts");
  if (!typed) return (object) => `${goJson(strip(object), "    ")}\n`;
  const { inDeclaredOrder } = await import("./declared-order.ts");
  return (object) => `${goJson(inDeclaredOrder(strip(object)), "    ", { keepOrder: true })}\n`;
}

export async function readTemplate(session: Session, file: string): Promise<string> {
  const { readFileSync } = await import("node:fs");
  const { resolve } = await import("node:path");
  try {
    return readFileSync(resolve(session.io.cwd, file), "utf8");
  } catch {
    throw new CliError(`error reading template ${file}, open ${file}: no such file or directory`);
  }
}

export function namePrinter(object: KObject): string {
  if (isList(object))
    return (object.items as KObject[]).map((item) => namePrinter({ ...item, apiVersion: item.apiVersion ?? object.apiVersion })).join("");
  return `${objectName(object)}\n`;
}

/** `deployment.apps/web`. */
export function objectName(object: KObject): string {
  const [group] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : [""];
  return `${displayKind({ kind: object.kind, group })}/${object.metadata?.name ?? ""}`;
}

export function isList(object: KObject): boolean {
  return Array.isArray(object.items) && object.kind.endsWith("List");
}

export function withoutManagedFields(object: KObject): KObject {
  if (isList(object)) return { ...object, items: (object.items as KObject[]).map(withoutManagedFields) };
  if (!object.metadata?.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Prints what a command did: the object in the format of -o, or `kind/name operation`. */
export async function outcomePrinter(
  session: Session,
  options: { dryRun?: "none" | "client" | "server"; typed?: boolean } = {},
): Promise<(object: KObject, operation: string) => void> {
  const printer = await objectPrinter(session, [], options);
  const dryRun = options.dryRun ?? session.dryRun();
  const suffix = dryRun === "client" ? " (dry run)" : dryRun === "server" ? " (server dry run)" : "";
  return (object, operation) => session.out(printer ? printer(object) : `${objectName(object)} ${operation}${suffix}\n`);
}
