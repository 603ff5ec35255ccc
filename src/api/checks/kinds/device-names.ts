/** Names of drivers, pools, and what devices have. */
import { checkCIdentifier, checkDns1123Subdomain } from "#codec/mod.ts";
import type { Problems } from "../problems.ts";

export function driverName(text: string, path: string, problems: Problems): void {
  if (text.length > 63) problems.tooLong(path, 63);
  problems.invalids(path, text, checkDns1123Subdomain(text.toLowerCase()));
}

export function poolName(text: string, path: string, problems: Problems): void {
  if (text.length > 253) problems.tooLong(path, 253);
  for (const part of text.split("/")) problems.invalids(path, part, checkDns1123Subdomain(part));
}

/** `model` or `gpu.example.com/model`. */
export function deviceKey(text: string, path: string, problems: Problems): void {
  const [first = "", second, more] = text.split("/");
  if (second === undefined) identifier(first, path, problems);
  else if (more === undefined) {
    if (first === "") problems.invalid(path, "", "the domain must not be empty");
    else driverName(first, path, problems);
    if (second === "") problems.invalid(path, "", "the name must not be empty");
    else identifier(second, path, problems);
  }
}

/** `gpu.example.com/model`. */
export function deviceFullKey(text: string, path: string, problems: Problems): void {
  deviceKey(text, path, problems);
  if (!text.includes("/")) problems.invalid(path, text, "a fully qualified name must be a domain and a name separated by a slash");
}

function identifier(text: string, path: string, problems: Problems): void {
  if (text.length > 32) problems.tooLong(path, 32);
  problems.invalids(path, text, checkCIdentifier(text));
}
